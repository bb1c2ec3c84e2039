"""`stance import` as a user runs it."""

import json
from pathlib import Path

import pytest

from stance.__main__ import main
from stance.annotation.export import read_export
from stance.annotation.importers import NAMES, read_source
from stance.annotation.problems import Report
from stance.annotation.registry import read_targets
from stance.data.examples import build_dataset
from stance.labels import label_set
from tests.annotation.importers.sources import mawqif, tweet, write_all


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_all(tmp_path_factory.mktemp("sources"))


def test_there_are_invented_rows_of_every_data_set(sources: dict[str, Path]) -> None:
    assert sorted(sources) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_imported_survives_the_export(name: str, sources: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "made" / f"{name}.json"
    assert main(["import", name, str(sources[name]), "--out", str(out)]) == 0
    imported, source = read_source(name, sources[name])
    assert not source.problems
    for kind, part in {"": imported, **imported.beside}.items():
        path = out.with_suffix(f".{kind}.json") if kind else out
        registry = read_targets(path.with_suffix(".targets.yaml"))
        assert registry == part.targets
        labels = label_set(part.label_set)
        report = Report()
        read = build_dataset(
            read_export(path, label_set=labels, actors=None, targets=registry.ids(), report=report), labels
        )
        before = build_dataset(part.documents, labels)
        assert [str(problem) for problem in report.problems] == []
        assert len(read) == len(before) > 9
        for one, other in zip(read.examples, before.examples, strict=True):
            assert (one.id, one.label, one.soft, one.mentions) == (other.id, other.label, other.soft, other.mentions)
            assert [(s.start, s.end, s.stance) for s in one.statements] == [
                (s.start, s.end, s.stance) for s in other.statements
            ]
        for name_, document in read.documents.items():
            was = before.documents[name_]
            fields = ("text", "target", "split", "language", "published", "source", "url")
            assert [getattr(document, field) for field in fields] == [getattr(was, field) for field in fields]
            assert [a.score for a in document.annotations] == [a.score for a in was.annotations]
            assert document.page == (was.page or name_)


def test_it_ends_with_counts_and_says_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tweet(1, stance="Favor"), tweet(2, stance="?"), tweet(3, stance="Against"), tweet(4, stance="Against")]
    folder = mawqif(tmp_path / "mawqif", rows, [tweet(5)])
    out = tmp_path / "m.json"
    assert main(["import", "mawqif", str(folder), "--out", str(out)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == (
        f"{out}: 3 documents with 3 examples (1 favor, 2 against, 0 none) of label set favor-against-none;"
    )
    assert lines[1] == f"  3 targets in {tmp_path}/m.targets.yaml"
    assert f"{tmp_path}/m.unlabelled.jsonl: 1 documents without label, to be predicted" in lines
    assert "Not imported, since records have no place for it: against_reason, favor_reason, none_reason" in lines
    assert "Train on it: stance train experiment=mawqif" in lines
    assert lines[-1] == "5 rows read, 4 imported, 1 left out"
    expected = "expected a stance among Favor, Against, None, nothing, found '?'."
    assert said.err == f"{folder}/train.csv, line 3: {expected}\n"


def test_of_many_problems_the_first_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = mawqif(tmp_path / "mawqif", [tweet(1), *(tweet(number, text="") for number in range(2, 30))])
    assert main(["import", "mawqif", str(folder), "--out", str(tmp_path / "m.json")]) == 0
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 21
    assert said.err.splitlines()[-1] == "… and 8 more."
    assert said.out.splitlines()[-1] == "29 rows read, 1 imported, 28 left out"


def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    sources: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "ans", str(sources["mawqif"]), "--out", str(tmp_path / "ans.json")]) == 2
    assert capsys.readouterr().err == (
        f"stance: {sources['mawqif']}/train.csv: expected the columns s1, s2, stance, missing ['s1', 's2'].\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_told(
    sources: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "ans.json"
    assert main(["import", "ans", str(sources["ans"]), "--out", str(out)]) == 2
    assert capsys.readouterr().err.startswith(f"stance: Expected a file that can be written at {out}, found: [Errno ")


def test_the_lines_to_predict_hold_no_label(sources: dict[str, Path], tmp_path: Path) -> None:
    assert main(["import", "mawqif", str(sources["mawqif"]), "--out", str(tmp_path / "m.json")]) == 0
    (line,) = (tmp_path / "m.unlabelled.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)) == ["actors", "document_id", "language", "target", "text"]
