"""`stance compare` on files of predictions, and the files that it writes from runs."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from stance.__main__ import main
from stance.evaluation.run_comparison import Contender, compare_runs
from stance.evaluation.scored_file import read_scored, shortened, write_scored
from stance.labels import LabelSet
from tests.commands.finished_runs import trained
from tests.evaluation.invented import certain, invented

FIRST, SECOND, THIRD = invented(90, seed=1, skill=0.3), invented(90, seed=2), invented(90, seed=3)


@pytest.fixture(autouse=True)
def no_store(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)


def write(folder: str, **scored) -> str:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, one in scored.items():
        write_scored(one, Path(folder) / f"{name.replace('_seed_', '-seed-')}.parquet")
    return folder


def compare(capsys, *words) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


def refused(capsys, *words) -> str:
    assert main(["compare", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err.removeprefix("stance: ").rstrip("\n")


def names(shown: str) -> list[str]:
    """The first cells of the table of scores, in their order."""
    table = shown.split("┏")[1]
    return [line.split("│")[1].strip() for line in table.splitlines() if line.startswith("│")]


def model(name: str, seed: int = 0, **params: str) -> dict:
    return {
        "tags": {"stance.model": name, "stance.seed": str(seed)},
        "params": {"model.name": name, **{key.replace("_", "."): value for key, value in params.items()}},
    }


def test_runs_that_were_kept_print_the_same_from_their_files(client, capsys, monkeypatch):
    runs = [
        trained(client, name, scored, **model(name))
        for name, scored in (("tfidf_logreg", FIRST), ("actor_network", SECOND), ("majority", THIRD))
    ]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path('store/mlflow.db').absolute()}")
    shown = compare(capsys, *runs, "--out", "runs.md", "--keep", "kept/predictions")
    assert (
        "Kept in kept/predictions: tfidf_logreg.parquet, actor_network.parquet, majority.parquet. "
        "`stance compare kept/predictions` needs no store.\n"
    ) in shown
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    again = compare(capsys, "kept/predictions", "--out", "files.md")
    assert "Logged" not in again
    assert Path("files.md").read_text("utf-8") == "".join(
        line for line in Path("runs.md").read_text("utf-8").splitlines(keepends=True) if "Model differs" not in line
    )
    # Ids, labels and probabilities, nothing else.
    table = parquet.read_table("kept/predictions/actor_network.parquet")
    always = ["id", "document_id", "actor", "target", "cluster", "gold"]
    assert table.column_names == [*always, "p_favor", "p_against", "p_ambivalent", "p_none"]
    assert {str(table.schema.field(name).type) for name in table.column_names[6:]} == {"float"}
    stored = parquet.read_metadata("kept/predictions/majority.parquet").row_group(0).column(0)
    assert stored.compression == "ZSTD"


def test_files_need_no_mlflow_and_leave_nothing_behind(tmp_path):
    write("predictions", tfidf_logreg=FIRST, other=SECOND)
    code = (
        "import sys; from stance.__main__ import main; main(['compare', 'predictions']); "
        "print([name for name in ('mlflow', 'torch', 'hydra') if name in sys.modules])"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root}, capture_output=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"
    assert os.listdir(tmp_path) == ["predictions"]
    assert sorted(os.listdir("predictions")) == ["other.parquet", "tfidf_logreg.parquet"]


def test_the_reference_is_the_linear_model_of_a_folder_or_what_is_named_first(capsys):
    write("a", actor_network=SECOND, tfidf_logreg=FIRST, majority=THIRD)
    assert names(compare(capsys, "a")) == ["tfidf_logreg", "actor_network", "majority"]
    assert names(compare(capsys, "a/majority.parquet", "a/actor_network.parquet")) == ["majority", "actor_network"]
    write("b", zero=FIRST, one=SECOND)
    assert names(compare(capsys, "b")) == ["one", "zero"]
    write("c", tfidf_logreg=THIRD)
    assert names(compare(capsys, "c", "a")) == ["c/tfidf_logreg", "a/tfidf_logreg", "actor_network", "majority"]


def test_seeds_are_taken_together_by_their_names(capsys):
    write("a", tfidf_logreg=FIRST, net_seed_0=SECOND, net_seed_1=THIRD)
    shown = compare(capsys, "a", "--out", "a.md")
    assert "net is better than tfidf_logreg by +0." in shown
    assert "Not every configuration has the same seeds" in shown
    standing = compare_runs([Contender("net", (SECOND, THIRD))]).standings[0]
    found, spread = standing.scores["f_avg"], standing.seeds["f_avg"]
    (row, _) = [line for line in Path("a.md").read_text("utf-8").splitlines() if line.startswith("| net |")]
    assert f"| {found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}] |" in row
    assert f"| 2 | {spread.mean:.3f} ± {spread.deviation:.3f} " in row
    alone = compare(capsys, "a/net-seed-0.parquet", "a/net-seed-1.parquet")
    assert "Holm" not in alone
    assert "Not every" not in alone


def test_a_name_cannot_steer_the_terminal(capsys):
    write("a", **{"x\x1b[2J": FIRST, "y": SECOND})
    assert "\x1b[2J" not in compare(capsys, "a")


def test_what_cannot_be_compared_is_refused_as_runs_are(capsys):
    gold = np.where(np.arange(90) == 3, (FIRST.gold + 1) % 4, FIRST.gold)
    sides = LabelSet("sides", ("f", "a", "m", "n"), averaged=("f", "a"))
    write("a", a=FIRST, fewer=FIRST.take(range(80)), other=replace(FIRST, gold=gold))
    write("a", sides=replace(FIRST, label_set=sides))
    assert refused(capsys, "a/a.parquet", "a/fewer.parquet") == (
        "'a' and 'fewer' cannot be compared: expected the same examples, found 90 and 80 with 80 in common (the first "
        "that only one scored: 'e80'). Train both on the same split of the same data (same `split`, `target` and "
        "`data` settings)."
    )
    assert "expected the same gold, found 1 examples that differ" in refused(capsys, "a/a.parquet", "a/other.parquet")
    assert "expected one label set, found 'stance' and 'sides'" in refused(capsys, "a/a.parquet", "a/sides.parquet")


def test_what_is_no_predictions_is_refused(capsys, tmp_path):
    write("a", net=FIRST, net_seed_1=SECOND)
    assert refused(capsys, "a") == (
        "Expected net as one file, or as one for each seed, found a/net-seed-1.parquet and a/net.parquet. Remove one, "
        "or rename it."
    )
    assert refused(capsys, "a/net.parquet", "a/../a/net.parquet") == (
        f"Expected different files, found {tmp_path}/a/net.parquet twice."
    )
    assert refused(capsys, "a/nit.parquet", "a/net.parquet") == (
        "Expected predictions at a/nit.parquet, found no such file or folder. Runs go by their ids."
    )
    Path("empty").mkdir()
    assert refused(capsys, "empty") == (
        "Expected predictions in empty, found no .parquet file. `stance compare RUN RUN --keep empty` writes those of "
        "runs."
    )
    Path("a/text.parquet").write_text("no")
    assert "a/text.parquet: expected a table of scored examples, found another file" in refused(
        capsys, "a/text.parquet"
    )


def test_runs_and_files_do_not_mix(capsys):
    write("a", net=FIRST)
    assert refused(capsys, "3f2a91bc", "a/net.parquet", "a") == (
        "Expected runs, or files of predictions, found both: 3f2a91bc and a/net.parquet, a. Keep the runs' predictions "
        "as files too (stance compare RUN RUN --keep FOLDER), and compare the files."
    )
    assert refused(capsys, "a", "--keep", "b") == (
        "Expected runs whose predictions --keep b writes, found files already: a. Leave --keep out."
    )
    assert not Path("b").exists()


@pytest.fixture
def kept(client, capsys, monkeypatch):
    """Keeps runs of the given (model's columns, scored) and returns what lies in the folder, by name."""

    def keep(*runs):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path('store/mlflow.db').absolute()}")
        ids = [trained(client, f"run {place}", scored, **columns) for place, (columns, scored) in enumerate(runs)]
        code = main(["compare", *ids, "--keep", "kept"])
        error = capsys.readouterr().err
        found = {path.name: read_scored(path) for path in sorted(Path("kept").rglob("*"))} if not code else {}
        return found, error

    return keep


def test_runs_that_differ_in_their_seed_are_seeds_of_a_file_each(kept):
    net = model("actor_network", encoder_layers="8")
    again = model("actor_network", seed=3, encoder_layers="8")
    files, _ = kept((model("majority"), FIRST), (net, SECOND), (again, THIRD))
    assert list(files) == ["actor_network-seed-0.parquet", "actor_network-seed-3.parquet", "majority.parquet"]
    assert (files["actor_network-seed-3.parquet"].predicted == THIRD.predicted).all()


def test_settings_that_differ_stand_in_the_names(kept):
    runs = [(model("net", seed, trainer_lr=lr), FIRST) for lr in ("0.1", "0.2") for seed in (0, 1)]
    files, _ = kept(*runs, (model("../../majority"), SECOND))
    assert list(files) == [
        "majority.parquet",
        *(f"net_lr=0.{lr}-seed-{seed}.parquet" for lr in (1, 2) for seed in (0, 1)),
    ]


def test_a_run_twice_is_refused_and_nothing_is_written(client, kept):
    files, error = kept((model("net"), FIRST), (model("net"), SECOND))
    assert files == {}
    assert error.startswith(
        "stance: Expected a run for each file of predictions, found several for net-seed-0.parquet, the last "
    )
    assert error.endswith("(run 1). Leave one out: they differ in neither settings nor seed.\n")
    assert not Path("kept").exists()
    assert not client.search_runs(["0", "1"], "tags.`stance.kind` = 'comparison'")


def test_seeds_answer_together_as_they_did(kept):
    # Rounded, the first seed ties and the second does not, so that their mean would answer otherwise.
    def close(*row):
        return replace(certain("fa", "fa"), probabilities=np.array([row, (0.1, 0.7, 0.1, 0.1)]))

    first, second = close(0.50004, 0.49996, 0, 0), close(0.49997, 0.50003, 0, 0)
    together = Contender("net", (first, second)).pooled.predicted.tolist()
    rounded = Contender("net", (shortened(first), shortened(second))).pooled.predicted.tolist()
    assert (together, rounded) == ([0, 1], [1, 1])
    files, _ = kept((model("net", 0), first), (model("net", 1), second))
    assert Contender("net", tuple(files.values())).pooled.predicted.tolist() == together
    assert files["net-seed-0.parquet"].probabilities.tolist() == first.probabilities.tolist()


def test_help_names_files_and_the_folder(capsys):
    with pytest.raises(SystemExit):
        main(["compare", "--help"])
    shown = capsys.readouterr().out
    assert "stance compare experiments/001-issuepositions/predictions " in shown
    assert "--keep FOLDER" in shown
