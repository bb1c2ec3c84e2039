import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stance.__main__ import main
from stance.labels import LABEL_SETS

ROOT = Path(__file__).parents[2]
CORPUS = "labels/corpus/export.json"
NO_EXPORT = "none.json: no such file. Name a Label Studio JSON export."
NO_REGISTRY = "none.yaml: no such registry file. Name one that exists."
REGISTRIES = ["--actors", "labels/corpus/actors.yaml", "--targets", "labels/targets.yaml"]


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


def stance(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "stance", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """The corpus's first task, with a stance that the label set does not know."""
    task = json.loads((ROOT / CORPUS).read_text("utf-8"))[0]
    stances = [
        item for entry in task["annotations"] for item in entry["result"] if item.get("from_name") == "stance"
    ]  # fmt: skip
    stances[0]["value"]["choices"] = ["hesitant"]
    path = tmp_path / "broken.json"
    path.write_text(json.dumps([task], ensure_ascii=False), "utf-8")
    return str(path)


def test_corpus_passes_the_strict_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "check", CORPUS, *REGISTRIES, "--strict"]) == 0
    shown = capsys.readouterr()
    assert "0 problems: 0 dropped, 0 repaired, 0 noted" in shown.out.splitlines()
    assert shown.err == ""


def test_broken_export_is_reported_and_fails_the_strict_check(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "check", broken, *REGISTRIES]) == 0
    lenient = capsys.readouterr().out
    assert main(["label", "check", broken, *REGISTRIES, "--strict"]) == 2
    assert capsys.readouterr().out == lenient
    first = lenient.splitlines()[0]
    assert first.startswith(f"{broken}: task 1, ")
    assert "unknown stance: expected favor or against or ambivalent, found 'hesitant'" in first
    assert "  1 × unknown stance" in lenient.splitlines()


def test_check_refuses_actors_out_of_the_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = tmp_path / "actors.yaml"
    registry.write_text("actors: [{id: nobody, kind: person, name: {ar: لا أحد}}]", "utf-8")
    assert main(["label", "check", CORPUS, "--actors", str(registry), "--strict"]) == 2
    assert "0 mentions, 0 statements" in capsys.readouterr().out


def test_configuration_is_shown_as_yaml_without_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--cfg", "job", "split=temporal", "--strict", "seed=4"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["split"]["strategy"], shown["seed"], shown["data"]["strict"]) == ("temporal", 4, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["seed=4", "--cfg", "job", "split=temporal"],
        ["--cfg", "job", "seed=4", "split=temporal"],
        ["seed=4", "split=temporal", "--cfg", "job"],
    ],
)
def test_overrides_may_stand_around_flags(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *arguments]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["split"]["strategy"], shown["seed"]) == ("temporal", 4)


def test_configuration_is_shown_by_the_command_as_typed() -> None:
    done = stance("train", "--cfg", "job")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(yaml.safe_load(done.stdout)) >= {"data", "split", "target", "model", "encoder", "trainer", "tracking"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "trainer.max_epoch=3"],
            "Expected a known configuration key, found 'trainer.max_epoch'. Did you mean trainer.max_epochs? "
            "`stance train --cfg job` shows them all.",
        ),
        (["train", "model=majority", "data.export=none.json"], NO_EXPORT),
        (["label", "check", "none.json"], NO_EXPORT),
        (
            ["label", "check", CORPUS, "--label-set", "stances"],
            f"Expected a label set among {', '.join(LABEL_SETS)}, found 'stances'.",
        ),
        (["label", "check", CORPUS, "--targets", "none.yaml"], NO_REGISTRY),
        (
            ["import", "mystery", "none", "--out", "none.json"],
            "Expected a data set among issuepositions, mawqif, newsmtsc, arabicstancex, unifiedfc, ans, "
            "found 'mystery'.",
        ),
        (
            ["import", "issuepositions", "none", "--out", "none.json"],
            "none/coded_units.csv: no such file. Name the folder that holds coded_units.csv and topics.yml.",
        ),
    ],
)  # fmt: skip
def test_mistakes_end_with_one_message(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err == f"stance: {message}\n"
    assert not (ROOT / "none.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "trainer.max_epochs=many"],
        ["train", "split.folds=1", "model=majority", "baselines=[]"],
        ["label", "check", "labels/guidelines.md"],
        ["train", "--unheard"],
        ["label", "check", "one.json", "two.json"],
        ["label"],
        ["trian"],
    ],
)
def test_mistakes_print_no_traceback(arguments: list[str]) -> None:
    done = stance(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert "stance" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "stance train model=tfidf_logreg split=temporal"),
        (["train"], "stance train trainer.max_epochs=4 seed=1"),
        (["import"], "stance import issuepositions FOLDER --out data/issuepositions.json"),
        (["label", "check"], "stance label check export.json"),
    ],
)
def test_help_shows_a_command_to_copy(arguments: list[str], command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def test_training_commands_in_the_help_compose(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    lines = [line.strip().split("   ")[0].split() for line in capsys.readouterr().out.splitlines()]
    commands = [words[1:] for words in lines if words[:2] == ["stance", "train"]]
    assert len(commands) > 4
    for words in commands:
        assert main([*words, "--cfg", "job"]) == 0, words


def test_imported_data_set_passes_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "doc_id,sentence,actor,topic,text,majority,coder_1\n"
    (tmp_path / "coded_units.csv").write_text(header + "a1,3,AP,Fields,De **partij** wil velden.,L,L\n", "utf-8")
    topic = {"label": {"nl": "Velden"}, "description": {"nl": "Alles over velden"}}
    (tmp_path / "topics.yml").write_text(
        yaml.safe_dump({"Fields": {**topic, "positive": topic, "negative": topic}}), "utf-8"
    )
    out = tmp_path / "made" / "set.json"
    assert main(["import", "issuepositions", str(tmp_path), "--out", str(out)]) == 0
    targets = str(out.with_name("set.targets.yaml"))
    check = ["label", "check", str(out), "--label-set", "issuepositions", "--targets", targets, "--strict"]
    assert main(check) == 0
    # One coder and the published majority, each with a mention and a statement.
    assert "2 mentions, 2 statements" in capsys.readouterr().out


def test_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("stance.commands.composition.compose_train", interrupted)
    assert main(["train"]) == 130
    message = "stance: interrupted. `stance train … ckpt=last` continues a training.\n"
    assert capsys.readouterr().err == message
