"""`stance label queue` on exports: a trained model's doubts, its run's held-out predictions, and every refusal."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from stance.__main__ import main
from stance.annotation.records import Annotation, Document
from stance.annotation.writer import write_export
from tests.doubles import documents
from tests.labelling.trained import COUNT, Trained, train

CHAMPION = "models:/actor-stance@champion"


@pytest.fixture(scope="module")
def trained(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    shutil.copyfile(migrated, folder / "mlflow.db")
    return train(folder)


@pytest.fixture(autouse=True)
def _store(trained: Trained, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", trained.uri)
    monkeypatch.chdir(tmp_path)


def fresh(count: int, first: int = 100) -> list[Document]:
    """Documents that no model has seen, numbered from `first`, without annotations."""
    made = documents(first + count, seed=7)[first:]
    return [msgspec.structs.replace(document, annotations=()) for document in made]


def queued(export: Path, trained: Trained, *flags: str) -> list[dict[str, str]]:
    out = export.with_suffix(".csv")
    assert main(["label", "queue", str(export), "--out", str(out), *trained.sources, *flags]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def relabelled(document: Document, stance: str) -> Document:
    """All its statements with another stance."""
    (entry,) = document.annotations
    statements = tuple(msgspec.structs.replace(one, stance=stance) for one in entry.statements)
    return msgspec.structs.replace(document, annotations=(msgspec.structs.replace(entry, statements=statements),))


def written(path: Path, given: Sequence[Document]) -> Path:
    write_export(path, given)
    return path


def test_open_tasks_come_by_the_models_doubt(trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    export = written(tmp_path / "export.json", [*documents(4), *fresh(5)])
    rows = queued(export, trained, "--model", CHAMPION, "--by", "uncertainty", "--limit", "3")
    scores = [float(row["score"]) for row in rows]
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert {row["document_id"] for row in rows} <= {f"d{number}" for number in range(100, 105)}
    assert all(row["reason"].startswith("unsure of ") and row["target"] == "t1" for row in rows)
    shown = capsys.readouterr().out
    assert shown.startswith("5 tasks are open, 4 labelled, 0 skipped.\n")
    assert shown.endswith("3 tasks: 3 new, 0 to look at again.\n")


def test_a_folder_of_weights_does_where_no_run_is_needed(trained: Trained, tmp_path: Path) -> None:
    export = written(tmp_path / "export.json", fresh(3))
    by_name = queued(export, trained, "--model", CHAMPION, "--by", "uncertainty")
    by_folder = queued(export, trained, "--model", str(trained.folder / "network"), "--by", "uncertainty")
    assert by_folder == by_name


def test_labels_are_doubted_by_what_held_them_out(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    marked = documents(COUNT)
    wrong = {"favor": "against", "against": "favor", "ambivalent": "favor"}
    found = next(one for one in marked if len({s.stance for s in one.annotations[0].statements}) == 1)
    stance = found.annotations[0].statements[0].stance
    changed = [relabelled(one, wrong[stance]) if one is found else one for one in marked]
    export = written(tmp_path / "export.json", changed)
    for uri in (CHAMPION, f"runs:/{trained.run_id}", "models:/actor-stance/1"):
        rows = queued(export, trained, "--model", uri, "--by", "label-error")
        assert [row["document_id"] for row in rows] == [found.document_id]
        assert rows[0]["reason"].startswith("label in doubt: ")
        assert float(rows[0]["score"]) == pytest.approx(0.98, abs=1e-4)
    told = f"{len(trained.dataset)} labels are judged out of fold, 0 by a model that never saw them, 0 not at all"
    assert told in capsys.readouterr().out


def test_what_was_labelled_later_is_judged_by_the_model_itself(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    later = documents(103, seed=7)[100:]
    export = written(tmp_path / "export.json", [*documents(COUNT), *later])
    queued(export, trained, "--model", CHAMPION, "--by", "label-error")
    told = f"{len(trained.dataset)} labels are judged out of fold, 9 by a model that never saw them, 0 not at all"
    assert told in capsys.readouterr().out


def test_mixed_goes_on_without_doubted_labels(trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    export = written(tmp_path / "export.json", [*documents(4), *fresh(3)])
    rows = queued(export, trained, "--model", str(trained.folder / "network"), "--by", "mixed")
    assert len(rows) == 3
    assert "No label is held in doubt: Expected a model that a run logged" in capsys.readouterr().out


def test_diversity_needs_no_model(trained: Trained, tmp_path: Path) -> None:
    export = written(tmp_path / "export.json", [*documents(4), *fresh(3)])
    assert len(queued(export, trained, "--by", "diversity")) == 3


def test_tasks_on_an_unknown_target_come_last(trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    targets = tmp_path / "targets.yaml"
    entry = "- {{id: {0}, wording: {{ar: وجود {0}}}, poles: {{favor: {{ar: بقاء {0}}}, against: {{ar: خروج {0}}}}}}}\n"
    targets.write_text("targets:\n" + entry.format("t1") + entry.format("t2"), "utf-8")
    first, second = fresh(2)
    export = written(tmp_path / "export.json", [msgspec.structs.replace(first, target="t2"), second])
    out = tmp_path / "queue.csv"
    flags = ["--model", CHAMPION, "--by", "uncertainty", "--actors", str(trained.folder / "actors.yaml")]
    assert main(["label", "queue", str(export), "--out", str(out), *flags, "--targets", str(targets)]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["target"], row["reason"] == "no actor found") for row in rows] == [("t1", False), ("t2", True)]
    assert "1 tasks are on a target that the model does not know; they come last." in capsys.readouterr().out


def test_nothing_open_is_said(trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    skipped = [
        msgspec.structs.replace(one, annotations=(Annotation("a", "amal", (), (), cancelled=True),)) for one in fresh(2)
    ]
    export = written(tmp_path / "export.json", [*documents(3), *skipped])
    assert queued(export, trained, "--model", CHAMPION, "--by", "uncertainty") == []
    shown = capsys.readouterr().out
    assert "0 tasks are open, 3 labelled, 2 skipped." in shown
    assert "Nothing is to be labelled." in shown


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (
            ["export.json"],
            "Expected --out FILE.csv with an export, found none. Without an export a project's tasks are queued.",
        ),
        (
            ["export.json", "--out", "queue.csv"],
            "Expected --model URI to queue by uncertainty, found none. Name one (models:/actor-stance@champion), or "
            "queue --by diversity, which needs none.",
        ),
        (
            ["export.json", "--out", "queue.txt", "--by", "diversity"],
            "Expected a file that ends in .csv for the queue, found queue.txt.",
        ),
        (
            ["none.json", "--out", "queue.csv", "--by", "diversity"],
            "none.json: no such file. Name a Label Studio JSON export.",
        ),
        (
            ["export.json", "--out", "queue.csv", "--by", "label-error", "--model", "NETWORK"],
            "Expected a model that a run logged (models:/… or runs:/…), found NETWORK, of which nothing says what it "
            "learned from. Name the model by its run, or queue by another way: --by uncertainty.",
        ),
        (
            ["export.json", "--out", "queue.csv", "--model", "nowhere"],
            "Expected a folder, models:/NAME@alias or runs:/RUN as the model, found 'nowhere'.",
        ),
    ],
)
def test_what_is_asked_for_wrongly_is_said(
    trained: Trained, flags: list[str], error: str, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    written(tmp_path / "export.json", [*documents(2), *fresh(1)])
    network = str(trained.folder / "network")
    given = [network if flag == "NETWORK" else flag for flag in flags]
    assert main(["label", "queue", *given, *trained.sources]) == 2
    assert capsys.readouterr().err == f"stance: {error.replace('NETWORK', network)}\n"
    assert not (tmp_path / "queue.csv").exists()


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_limit_is_a_number(limit: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["label", "queue", "--limit", limit])
    assert f"expected a number of 1 or more, found {limit}" in capsys.readouterr().err
