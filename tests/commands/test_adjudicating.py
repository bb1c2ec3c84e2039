"""`stance label agreement` and `stance label adjudicate` as a person runs them."""

import json
from pathlib import Path

import pytest

from stance.__main__ import main
from stance.annotation.records import Document
from stance.annotation.writer import write_export
from tests.annotation.marking import by, labelled, names, says, task

LABELS = ("favor", "against", "none", "favor", "ambivalent", "none")


@pytest.fixture
def exports(tmp_path: Path) -> tuple[str, str]:
    """Two annotators' projects of twelve documents; they differ on one actor of the first."""
    paths = tmp_path / "lina.json", tmp_path / "sami.json"
    for path, person in zip(paths, ("lina@example.org", "sami@example.org"), strict=True):
        said = [list(LABELS) for _ in range(12)]
        if person.startswith("sami"):
            said[0][0] = "against"
        write_export(path, [task(f"d{number}", labelled(person, *labels)) for number, labels in enumerate(said)])
    return str(paths[0]), str(paths[1])


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main(["label", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_agreement_is_printed_and_written(
    exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, figures = tmp_path / "new" / "a.html", tmp_path / "a.json"
    status, out, _ = run("agreement", *exports, "--html", str(page), "--json", str(figures), capsys=capsys)
    assert status == 0
    assert "12 documents, 24 annotations by 2 annotators" in out
    assert "72 actors in documents: 72 that two annotators or more marked, 1 of them disputed; 0 that one" in out
    measured = json.loads(figures.read_text("utf-8"))
    (whole, *_) = measured["overall"]
    assert (whole["units"], whole["pages"], measured["disputed"]) == (72, 12, 1)
    assert f"{whole['nominal']['value']:.3f} [" in out
    assert "lina@example.org – sami@example.org" in out
    assert page.read_text("utf-8").count("<article>") == 1


def test_agreement_needs_two_annotators_of_one_document(
    exports: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run("agreement", exports[0], capsys=capsys)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == (
        "stance: Expected actors that two annotators marked in one document, found none: 12 annotations of 12 "
        "documents by lina@example.org. Name the exports of all annotators' projects; documents are the same where "
        "document_id, target and text are."
    )


def test_gold_and_the_tasks_of_conflicts_are_written(
    exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, tasks = tmp_path / "gold.json", tmp_path / "conflicts.json"
    status, out, _ = run("adjudicate", *exports, "--out", str(gold), "--conflicts", str(tasks), capsys=capsys)
    assert status == 0
    assert out.splitlines() == [
        f"71 labels settled, in 12 documents: {gold}",
        "  71 unanimous",
        "1 in conflict, in 1 documents, left out of gold",
        f"Tasks to import into Label Studio: {tasks}",
        f"Train on it: stance train data=export data.export={gold}",
    ]
    (one,) = json.loads(tasks.read_text("utf-8"))
    assert (one["data"]["document_id"], one["data"]["adjudication"]) == ("d0", True)
    assert [prediction["model_version"] for prediction in one["predictions"]] == [
        "lina@example.org",
        "sami@example.org",
        "to be settled",
    ]


def test_line_that_trains_names_what_the_export_was_read_with(
    exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from stance.commands.composition import compose_train

    targets = tmp_path / "targets.yaml"
    target = {"id": "troops", "wording": {"en": "troops"}, "poles": {"L": {"en": "l"}, "R": {"en": "r"}}}
    targets.write_text(json.dumps({"targets": [target]}), "utf-8")
    both = tmp_path / "both.json"
    write_export(both, [task("d", by("coder", says("a", "L")))])
    gold = tmp_path / "gold.json"
    options = ["--label-set", "issuepositions", "--targets", str(targets), "--out", str(gold)]
    _, out, _ = run("adjudicate", str(both), *options, capsys=capsys)
    last = out.splitlines()[-1]
    assert last == (
        f"Train on it: stance train data=export data.export={gold} target.registry={targets} "
        "data.label_set=issuepositions"
    )
    settings = compose_train(last.split()[5:]).settings
    assert (settings.data.export, settings.data.label_set) == (str(gold), "issuepositions")


def test_ground_truth_from_a_third_export_settles_the_conflict(
    exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = tmp_path / "third.json"
    write_export(third, [task("d0", by("third@example.org", names("actor 0"), ground_truth=True))])
    gold = tmp_path / "gold.json"
    status, out, _ = run("adjudicate", *exports, str(third), "--out", str(gold), "--method", "mace", capsys=capsys)
    assert status == 0
    assert "  1 ground-truth" in out
    assert "0 in conflict, in 0 documents" in out
    (settled,) = [
        entry for entry in json.loads(gold.read_text("utf-8"))[0]["data"]["gold"] if entry["actor"] == "actor 0"
    ]
    assert (settled["label"], settled["source"], settled["probabilities"]) == ("none", "ground-truth", [0, 0, 0, 1])


def test_texts_that_differ_and_annotators_without_address_are_warned_of(
    exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    write_export(other, [task("d0", labelled("7", "favor"), text="نص آخر تماما"), task("d1", labelled("7", "favor"))])
    _, _, err = run("agreement", *exports, str(other), capsys=capsys)
    assert err.splitlines()[-2:] == [
        "stance: 1 tasks left out, whose text differs from another task's of the same document: d0 …",
        "stance: some annotators are numbers, the same person in every export only if all are of one server",
    ]


def mistakes(folder: Path, export: str) -> list[tuple[list[str], str]]:
    nowhere = str(folder / "lina.json" / "below")
    return [
        (["agreement", "none.json"], "stance: none.json: no such file. Name a Label Studio JSON export."),
        (
            ["adjudicate", export, "--out", export],
            f"stance: Expected another file than the exports that are read for the gold, found --out {export}.",
        ),
        (["adjudicate", export, "--out", nowhere], "stance: Expected a file that can be written at"),
        (["agreement", export, "--label-set", "stances"], "stance: Expected a label set among"),
    ]


def test_mistakes_end_in_one_line(exports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, expected in mistakes(tmp_path, exports[0]):
        status, _, err = run(*arguments, capsys=capsys)
        assert status == 2
        assert err.splitlines()[-1].startswith(expected)
        assert "Traceback" not in err


def test_nothing_labelled_is_nothing_to_settle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = [Document("d", "1", "نص")]
    write_export(tmp_path / "empty.json", empty)
    status, _, err = run("adjudicate", str(tmp_path / "empty.json"), "--out", str(tmp_path / "g.json"), capsys=capsys)
    assert (status, (tmp_path / "g.json").exists()) == (2, False)
    assert err.splitlines()[-1] == (
        "stance: Expected actors that somebody labelled, found none. stance label check lists what is wrong."
    )
