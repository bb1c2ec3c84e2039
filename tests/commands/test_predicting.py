"""`stance predict`: every form of input, kills, doubles, empty results, other label sets, Ray."""

import io
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from stance import load_model
from stance.__main__ import main
from stance.annotation.records import Document
from stance.annotation.writer import write_export
from stance.commands.part_store import locked
from stance.commands.part_threads import predict_in_threads
from stance.errors import DataError
from stance.evaluation.predictions import HEAD, TAIL, read_predictions
from stance.labels import ISSUEPOSITIONS, MAIN
from stance.models import parts
from stance.models.actor_network import ActorNetworkModel, NetworkPlan
from stance.models.predictor import Article, add_registries
from stance.settings import DataSettings, EncoderSettings, NetworkSettings, TrainerSettings
from tests.doubles import TARGETS, documents, tiny_encoder, write_registries

ROOT = Path(__file__).parents[2]
COUNT = 300
PAGE = "عنوان عن القوات\n\nقالت الحكومة يوم الثلاثاء إن القوات الأجنبية باقية في البلاد حتى إشعار آخر.\n"


def stored(folder: Path, labels=MAIN) -> Path:
    """A network as it begins, with its registries."""
    actors, targets = write_registries(folder)
    texts = [document.text for document in documents(COUNT)] + [TARGETS.describe("t1", "ar")]
    plan = NetworkPlan(
        NetworkSettings(lexical=0.0, actor_memory=False),
        EncoderSettings(name=str(tiny_encoder(folder / "encoder", texts)), prefix="", frozen_layers=1),
        DataSettings(max_tokens=96),
        TrainerSettings(token_budget=512, threads=1),
    )
    model = ActorNetworkModel(plan, labels, TARGETS)
    if model.network.derivation is not None:
        # Before it learns, it sees a statement hardly anywhere.
        torch.nn.init.constant_(model.network.statements.there.bias, 2.0)
    model.save(folder / "network")
    add_registries(folder / "network", targets=targets, actors=str(actors))
    return folder / "network"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("model"))


def lines(path: Path, found: list[Document]) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        for one in found:
            fields = {name: getattr(one, name) for name in ("document_id", "text", "published", "source", "target")}
            stream.write(json.dumps(fields, ensure_ascii=False) + "\n")
    return path


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lines(tmp_path_factory.mktemp("articles") / "articles.jsonl", documents(COUNT))


@pytest.fixture(scope="module")
def undisturbed(model: Path, articles: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    output = tmp_path_factory.mktemp("undisturbed") / "out.jsonl"
    assert main(predict(model, articles, output)) == 0
    return output.read_bytes()


def predict(model: Path, *rest: object) -> list[str]:
    *inputs, output = map(str, rest)
    return ["predict", "--model", str(model), *inputs, "--output", output]


def test_rows_show_where_the_text_says_it(model, articles, tmp_path, capsys):
    assert main([*predict(model, articles, tmp_path / "o.parquet"), "--documents", str(tmp_path / "d.jsonl")]) == 0
    rows = read_predictions(tmp_path / "o.parquet")
    written = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text("utf-8").splitlines()]
    assert [one["document_id"] for one in written] == [one.document_id for one in documents(COUNT)]
    texts = {one["document_id"]: one["text"] for one in written}
    assert len(rows) == 3 * COUNT
    evidence = 0
    for row in rows.to_dict("records"):
        text = texts[row["document_id"]]
        assert row["mentions"]
        assert abs(sum(row[f"p_{name}"] for name in MAIN.classes) - 1) < 1e-6
        for item in row["evidence"]:
            evidence += 1
            assert text[item["start"] : item["end"]] == item["text"]
    assert evidence > 100
    assert set(rows["model"]) == {load_model(str(model)).version}
    assert capsys.readouterr().out.startswith(f"{COUNT} articles, {3 * COUNT} stances by actor_network/")


def test_pages_exports_lines_and_streams_are_one_input(model, tmp_path, monkeypatch):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.txt").write_text(PAGE, "utf-8")
    first = documents(3)
    write_export(tmp_path / "export.json", first[:1])
    more = lines(tmp_path / "more.jsonl", first[1:2])
    stream = lines(tmp_path / "stream.jsonl", first[2:])
    with stream.open("rb") as opened:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(opened))
        inputs = [tmp_path / "pages", tmp_path / "export.json", more, "-"]
        assert main(predict(model, *inputs, tmp_path / "o.csv")) == 0
    rows = read_predictions(tmp_path / "o.csv")
    page = str(tmp_path / "pages" / "one.txt")
    assert list(dict.fromkeys(rows["document_id"])) == [f"{page}#1", "d0", "d1", "d2"]
    assert rows["page"].tolist()[0] == page


def test_a_page_may_come_by_standard_input(model, tmp_path, monkeypatch):
    (tmp_path / "one.txt").write_text(PAGE, "utf-8")
    with (tmp_path / "one.txt").open("rb") as opened:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(opened))
        assert main(predict(model, "-", tmp_path / "o.jsonl")) == 0
    assert read_predictions(tmp_path / "o.jsonl")["actor"].tolist() == ["gov"]


def test_a_killed_prediction_goes_on_and_ends_like_an_undisturbed_one(model, articles, tmp_path, undisturbed):
    output, folder = tmp_path / "out.jsonl", tmp_path / "out.jsonl.parts"
    line = [sys.executable, "-m", "stance", *predict(model, articles, output)]
    chance = random.Random()
    finished: dict[Path, int] = {}
    for kill in (1, 2):
        process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while len(list(folder.glob("*.part"))) < len(finished) + 1 and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.random() / 20)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not output.exists(), f"kill {kill} came too late to tell anything"
        assert all(path.stat().st_ino == inode for path, inode in finished.items())
        finished = {path: path.stat().st_ino for path in folder.glob("*.part")}
        assert finished
    assert main(line[3:]) == 0
    assert output.read_bytes() == undisturbed
    assert all(path.stat().st_ino == inode for path, inode in finished.items())


def test_a_repeat_predicts_only_what_is_new(model, tmp_path, monkeypatch, undisturbed):
    found = documents(COUNT)
    path = lines(tmp_path / "a.jsonl", [*found[:100], *found[101:]])
    assert main(predict(model, path, tmp_path / "o.jsonl")) == 0
    counted: list[int] = []
    whole = parts.predict_part
    monkeypatch.setattr(parts, "predict_part", lambda model, part: counted.append(len(part)) or whole(model, part))
    assert main(predict(model, path, tmp_path / "o.jsonl")) == 0
    assert counted == []
    lines(path, found)
    assert main(predict(model, path, tmp_path / "o.jsonl")) == 0
    assert 1 <= sum(counted) < COUNT / 2
    assert (tmp_path / "o.jsonl").read_bytes() == undisturbed


def test_another_registry_begins_anew_and_says_so(model, tmp_path, capsys):
    path = lines(tmp_path / "a.jsonl", documents(2))
    assert main(predict(model, path, tmp_path / "o.jsonl")) == 0
    capsys.readouterr()
    registry = tmp_path / "actors.yaml"
    registry.write_text(json.dumps({"actors": [{"id": "x", "kind": "party", "name": {"ar": "القوات"}}]}), "utf-8")
    assert main([*predict(model, path, tmp_path / "o.jsonl"), "--actors", str(registry)]) == 0
    assert capsys.readouterr().err == (
        f"stance: {tmp_path / 'o.jsonl'}.parts held parts of another model, registry or option: begun anew\n"
    )
    assert set(read_predictions(tmp_path / "o.jsonl")["actor"]) == {"x"}


def test_a_second_text_under_one_id_is_refused_and_a_second_target_is_not(model, tmp_path, capsys):
    one, other = documents(2)
    path = tmp_path / "a.jsonl"
    rows = [{"document_id": "1", "text": text} for text in (one.text, one.text, other.text)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert main(predict(model, path, tmp_path / "o.jsonl")) == 1
    assert capsys.readouterr().err == (
        "stance: passed over: Document '1': expected one text, found a second one. Give each document an id of its "
        "own.\n"
    )
    found = read_predictions(tmp_path / "o.jsonl")
    assert found["actor"].tolist() == [one.annotations[0].mentions[n].actor for n in range(3)]


def test_what_cannot_be_read_is_named_and_the_rest_is_done(model, tmp_path, capsys):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (pages / "good.txt").write_text(PAGE, "utf-8")
    (tmp_path / "empty").mkdir()
    cut = lines(tmp_path / "cut.jsonl", documents(2))
    cut.write_bytes(cut.read_bytes()[:-40])
    strange = tmp_path / "strange.jsonl"
    strange.write_text('{"document_id": "s", "text": "قالت الحكومة", "target": "t9"}\n', "utf-8")
    inputs = [pages, tmp_path / "empty", tmp_path / "none.txt", tmp_path / "none.json", cut, strange]
    assert main(predict(model, *inputs, tmp_path / "o.jsonl")) == 1
    told = capsys.readouterr().err.splitlines()
    for named, line in zip(
        ["binary.txt", "empty", "none.txt", "none.json", "cut.jsonl, line 2", "'s'"], told, strict=True
    ):
        assert line.startswith("stance: passed over: ")
        assert named in line
    assert set(read_predictions(tmp_path / "o.jsonl")["document_id"]) == {f"{pages / 'good.txt'}#1", "d0"}


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_no_stance_at_all_is_a_file_with_the_columns(ending, model, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"document_id": "1", "text": "لا أحد هنا."}\n', "utf-8")
    output = tmp_path / f"o.{ending}"
    assert main(predict(model, path, output)) == 0
    rows = read_predictions(output)
    probabilities = [] if ending == "jsonl" else [f"p_{name}" for name in MAIN.classes]
    assert list(rows.columns) == [*HEAD, *probabilities, *TAIL]
    assert len(rows) == 0


def test_a_model_of_another_label_set_has_that_sets_columns(tmp_path):
    path = tmp_path / "a.jsonl"
    row = {"document_id": "1", "text": "قالت الحكومة نعم.", "actors": [{"actor": "author"}]}
    path.write_text(json.dumps(row), "utf-8")
    model = stored(tmp_path, ISSUEPOSITIONS)
    assert main(predict(model, path, tmp_path / "o.parquet")) == 0
    (found,) = read_predictions(tmp_path / "o.parquet").to_dict("records")
    assert [name for name in found if name.startswith("p_")] == ["p_L", "p_N", "p_R"]
    assert found["stance"] in ISSUEPOSITIONS.classes
    assert found["actor"] == "author"


def test_copies_of_a_story_are_one_cluster(model, tmp_path):
    one, other = documents(2)
    copy = Document("copy", "9", one.text + " نعم.", target="t1")
    path = lines(tmp_path / "a.jsonl", [one, other, copy])
    assert main(predict(model, path, tmp_path / "o.parquet")) == 0
    rows = read_predictions(tmp_path / "o.parquet")
    assert dict(zip(rows["document_id"], rows["cluster"], strict=True)) == {"d0": "d0", "d1": "d1", "copy": "d0"}
    assert not rows["abstained"].any()


def test_rows_abstain_that_would_break_the_risk_and_a_risk_that_cannot_be_kept_is_told_first(model, tmp_path, capsys):
    path = lines(tmp_path / "a.jsonl", documents(4))
    assert main(predict(model, path, tmp_path / "all.parquet")) == 0
    surest = read_predictions(tmp_path / "all.parquet")[[f"p_{name}" for name in MAIN.classes]].max(axis=1)
    cut = float(surest.median())
    careful = tmp_path / "careful"
    shutil.copytree(model, careful)
    described = json.loads((careful / "network.json").read_text("utf-8"))
    described["calibration"]["thresholds"] = [[0.99, 0.1], [cut, 0.3], [0.2, 0.6]]
    (careful / "network.json").write_text(json.dumps(described), "utf-8")
    assert main([*predict(careful, path, tmp_path / "o.parquet"), "--risk", "0.3"]) == 0
    assert read_predictions(tmp_path / "o.parquet")["abstained"].tolist() == (surest < cut).tolist()
    capsys.readouterr()
    assert main([*predict(careful, path, tmp_path / "p.parquet"), "--risk", "0.05"]) == 2
    assert (
        "Expected a risk that the model can keep, found 0.05; the smallest that its held-out examples show is 0.10. "
        "Allow more, or leave --risk out."
    ) in capsys.readouterr().err
    assert not (tmp_path / "p.parquet").exists()


def test_python_gets_what_the_command_writes(model, articles, tmp_path, undisturbed):
    given = [json.loads(line) for line in articles.read_text("utf-8").splitlines()]
    found = load_model(str(model)).predict(given)
    (tmp_path / "o.jsonl").write_bytes(undisturbed)
    assert found.to_dict("records") == read_predictions(tmp_path / "o.jsonl").to_dict("records")
    assert load_model(str(model)).predict(["قالت الحكومة نعم."])["actor"].tolist() == ["gov"]
    assert load_model(str(model)).predict([]).columns.tolist()[:3] == ["document_id", "actor", "target"]


def test_a_document_is_held_against_the_target_as_its_own_language_words_it(model, tmp_path):
    worded = tmp_path / "worded"
    shutil.copytree(model, worded)
    targets = json.loads((worded / "targets.yaml").read_text("utf-8"))
    # Other words that the tiny tokenizer knows.
    (target,) = targets["targets"]
    for wording in (target["wording"], *target["poles"].values()):
        wording["en"] = "قالت الحكومة"
    (worded / "targets.yaml").write_text(json.dumps(targets), "utf-8")
    said = [{"document_id": name, "text": "قالت الحكومة نعم.", "language": name} for name in ("ar", "en")]
    rows = load_model(str(worded)).predict(said).set_index("document_id")
    assert rows.loc["ar", "p_favor"] != rows.loc["en", "p_favor"]
    said[1].pop("language")
    assert load_model(str(worded)).predict(said)["p_favor"].nunique() == 1


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([{"text": "ب"}], "Document 0: expected a text, or .* found Object missing required field `document_id`"),
        ([{"document_id": "1", "text": "ب", "target": "t9"}], "Document '1': expected a target among t1, found 't9'"),
    ],
)
def test_python_is_told_what_is_wrong(documents, message, model):
    with pytest.raises(DataError, match=message):
        load_model(str(model)).predict(documents)


def test_parts_come_back_from_threads_as_they_are_made_alone(model):
    predictor = load_model(str(model)).predictor
    found = [Article(one.document_id, one.text) for one in documents(9)]
    jobs = [(str(first), found[first : first + 2]) for first in range(0, 9, 2)]
    before = torch.get_num_threads()
    packed = dict(predict_in_threads(iter(jobs), predictor))
    assert packed == {digest: parts.pack(parts.predict_part(predictor, part)) for digest, part in jobs}
    assert list(predict_in_threads(iter(()), predictor)) == []
    jobs[3] = ("3", [Article("9", " ")])
    with pytest.raises(DataError, match="expected a text, found none"):
        list(predict_in_threads(iter(jobs), predictor))
    assert torch.get_num_threads() == before


def test_rows_of_many_parts_are_written_together(model, articles, tmp_path, monkeypatch):
    from pyarrow import parquet

    monkeypatch.setattr("stance.commands.predicting._TOGETHER", 250)
    assert main(predict(model, articles, tmp_path / "o.parquet")) == 0
    with parquet.ParquetFile(tmp_path / "o.parquet") as file:
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert [size for size in sizes if size] == [250] * 3 + [150]


def test_two_commands_do_not_write_one_file(model, articles, tmp_path, capsys):
    with locked(tmp_path / "o.jsonl"):
        assert main(predict(model, articles, tmp_path / "o.jsonl")) == 2
    assert "found another `stance predict` that writes it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "m", "a.jsonl"], "Expected a file to write, found none. Name one: --output stances.parquet"),
        (
            ["--model", "m", "a.jsonl", "--output", "a.txt"],
            "Expected a predictions file ending in .parquet, .csv, .jsonl",
        ),
        (
            ["--actors-only", "a.txt", "--output", "a.csv"],
            "Expected --model beside --output, found --actors-only. Leave one of them out.",
        ),
    ],
)
def test_mistakes_are_told_before_anything_is_read(words, message, capsys):
    assert main(["predict", *words]) == 2
    assert message in capsys.readouterr().err


def test_ray_gives_the_same_results(model, articles, tmp_path, undisturbed, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run(
        [sys.executable, "-m", "stance", *predict(model, articles, tmp_path / "o.jsonl"), "--engine", "ray"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "o.jsonl").read_bytes() == undisturbed
