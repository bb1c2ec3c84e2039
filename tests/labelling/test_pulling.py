"""Pulling from a real server: everything, whole or not at all; and what an export is called."""

import hashlib
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import Screen
from stance.annotation.problems import Report
from stance.errors import LabelStudioError
from stance.labelling.client import Server, connect
from stance.labelling.project import create_project
from stance.labelling.pulling import Pulled, about_path, default_path, earlier, pull
from stance.labelling.pushing import Push
from stance.labelling.spool import Spool
from stance.labels import MAIN
from tests.labelling.proxy import Cable
from tests.labelling.small import arrival, article, form, registries, suggester

NOON = time.struct_time((2031, 5, 2, 12, 7, 59, 4, 122, 0))


@pytest.mark.parametrize(
    ("title", "name"),
    [("Corpus", "Corpus"), ("مشروع ١ / ب", "مشروع-١-ب"), ("../..", "project-7"), ("a.b:c", "a.b-c")],
)
def test_an_export_is_named_after_its_project_and_the_time(title, name):
    project = SimpleNamespace(id=7, title=title)
    assert default_path(project, NOON) == Path("exports") / f"{name}-20310502T1207.json"


def test_what_a_pull_is_compared_with_is_its_own_place_and_the_newest_of_its_project(tmp_path):
    names = ("A-20310501T0000.json", "A-20310502T0000.json", "A-20310502T0000-2.json", "A-20310502T0000.about.json")
    for name in (*names, "A-B-20310601T0000.json", "mine.json"):
        (tmp_path / name).touch()
    assert earlier(tmp_path / "A-20310503T0000.json") == [tmp_path / "A-20310502T0000-2.json"]
    assert earlier(tmp_path / "A-20310502T0000-2.json") == [
        tmp_path / "A-20310502T0000-2.json",
        tmp_path / "A-20310502T0000.json",
    ]
    assert earlier(tmp_path / "mine.json") == [tmp_path / "mine.json"]
    assert earlier(tmp_path / "other.json") == []


def annotate(server: Server, task: int, result: list[Any], **fields: Any) -> None:
    server.sdk.annotations.create(task, result=result, **fields)


@pytest.fixture
def screen(tmp_path) -> Screen:
    return Screen(MAIN, *registries(tmp_path), "1.0")


@pytest.fixture
def pushed(label_studio, title, screen):
    """A project of eight articles, with what was meant for each: its arrival and its prediction."""
    server = connect(label_studio.url, label_studio.users[0].token)
    project = create_project(server, title, screen)
    made = suggester(screen.actors, screen.targets)
    given = [arrival(f"d{number}", article(number), title="ع", source="وكالة") for number in range(8)]
    with Spool() as spool:
        for one in given:
            spool.add(one)
        push = Push(server, project.id, form(screen.actors, screen.targets), made, share=0.3)
        outcome = push.run(spool, lambda *told: None)
    assert len(outcome.added) == 8
    return SimpleNamespace(server=server, project=server.project(project.id), given=given, suggester=made)


def tasks(pushed) -> dict[str, Any]:
    found = pushed.server.sdk.tasks.list(project=pushed.project.id, page_size=100, fields="all")
    return {task.data["document_id"]: task for task in found}


def read(path: Path, screen: Screen):
    report = Report()
    allowed = {"actors": screen.actors.ids(), "targets": screen.targets.ids()}
    documents = list(read_export(path, label_set=MAIN, report=report, **allowed))
    return {document.document_id: document for document in documents}, report


@pytest.mark.label_studio
def test_the_reader_finds_exactly_what_was_pushed(pushed, screen, tmp_path):
    pulled = pull(pushed.server, pushed.project, tmp_path / "out.json", screen=screen)
    assert pulled.new
    documents, report = read(pulled.path, screen)
    assert set(report.counts) == {"task without annotation"}
    blind = [documents[one.key[0]].blind for one in pushed.given]
    assert set(blind) == {True, False}
    suggestions = pushed.suggester.suggest(pushed.given, blind)
    for one, hidden, suggestion in zip(pushed.given, blind, suggestions, strict=True):
        meant = suggestion.annotation
        found = documents[one.key[0]]
        assert (found.text, found.title, found.source) == (one.document.text, "ع", "وكالة")
        assert (found.target, found.guidelines, found.page, found.blind) == ("t1", "1.0", one.key[0], hidden)
        (prediction,) = found.predictions
        assert prediction.mentions == meant.mentions
        assert prediction.statements == meant.statements
        assert (prediction.annotator, prediction.score) == ("oracle/3", meant.score)


@pytest.mark.label_studio
def test_everything_that_was_done_is_pulled_and_compared_with_the_suggestion(pushed, screen, tmp_path, label_studio):
    held = tasks(pushed)
    seen = next(task for task in held.values() if not task.data["blind"])
    blind = next(task for task in held.values() if task.data["blind"])
    second = connect(label_studio.url, label_studio.users[1].token)
    result = seen.predictions[0].result
    number = seen.predictions[0].id
    changed = json.loads(json.dumps(result, default=str))
    stances = [item for item in changed if item.get("from_name") == "stance"]
    stances[0]["value"]["choices"] = ["favor"]
    annotate(pushed.server, seen.id, result, parent_prediction=number, was_cancelled=False)
    annotate(second, seen.id, changed, parent_prediction=number, was_cancelled=False, ground_truth=True)
    annotate(second, blind.id, [], was_cancelled=True)
    drafted = next(
        task for name, task in held.items() if name not in (seen.data["document_id"], blind.data["document_id"])
    )
    httpx.post(
        f"{label_studio.url}/api/tasks/{drafted.id}/drafts",
        json={"result": result, "lead_time": 1.0},
        headers={"Authorization": f"Token {label_studio.users[1].token}"},
    ).raise_for_status()

    pulled = pull(pushed.server, pushed.project, tmp_path / "out.json", screen=screen)
    documents, _ = read(pulled.path, screen)
    made = documents[seen.data["document_id"]].annotations
    assert [one.annotator for one in made] == [user.email for user in label_studio.users]
    assert [one.ground_truth for one in made] == [False, True]
    assert [one.cancelled for one in documents[blind.data["document_id"]].annotations] == [True]
    assert len(documents[drafted.data["document_id"]].drafts) == 1
    keeping = pulled.keeping
    assert (keeping.annotations, keeping.others) == (2, 0)
    assert keeping.fields["stance"] == {"kept": 3, "changed": 1}
    assert keeping.fields["actor"] == {"kept": 4}

    about = json.loads(about_path(pulled.path).read_text())
    assert about["sha256"] == hashlib.sha256(pulled.path.read_bytes()).hexdigest() == pulled.digest
    assert about["server"]["version"].startswith("1.")
    assert about["guidelines"] == {"1.0": 8}
    assert about["counts"] | {"mentions": 0, "statements": 0, "blind": 0} == {
        "tasks": 8,
        "documents": 8,
        "blind": 0,
        "annotations": 2,
        "ground_truth": 1,
        "cancelled": 1,
        "drafts": 1,
        "predictions": 8,
        "mentions": 0,
        "statements": 0,
        "annotators": 2,
    }
    assert about["suggestions"]["fields"]["stance"] == {"kept": 3, "changed": 1}


@pytest.mark.label_studio
def test_a_pull_of_the_same_is_said_to_be_the_same(pushed, screen, tmp_path):
    first = pull(pushed.server, pushed.project, tmp_path / "P-20310501T0000.json", screen=screen)
    again = pull(pushed.server, pushed.project, tmp_path / "P-20310502T0000.json", screen=screen)
    assert (again.path, again.new, again.digest) == (first.path, False, first.digest)
    assert sorted(path.name for path in tmp_path.glob("P-*")) == ["P-20310501T0000.about.json", "P-20310501T0000.json"]
    annotate(pushed.server, next(iter(tasks(pushed).values())).id, [], was_cancelled=False)
    third = pull(pushed.server, pushed.project, tmp_path / "P-20310502T0000.json", screen=screen)
    assert (third.path.name, third.new) == ("P-20310502T0000.json", True)
    # Snapshots are for pulling, and would fill the server's disk.
    assert not pushed.server.sdk.projects.exports.list(pushed.project.id)


@pytest.fixture
def cable(label_studio):
    made = Cable(label_studio.port)
    yield made
    made.close()


@pytest.fixture
def through(cable, label_studio) -> Server:
    server = connect(cable.url, label_studio.users[0].token)
    server.pauses = (0.05, 0.1)
    return server


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.label_studio
def test_a_server_that_goes_away_leaves_the_file_that_was_there_and_a_repeat_completes(
    pushed, screen, tmp_path, cable, through
):
    out = tmp_path / "out.json"
    out.write_text("[]")
    project = pushed.project
    # Cut in the middle of the download, and at the request for the snapshot.
    cable.cut_at(f"/api/projects/{project.id}/exports/".encode(), skip=1, before=True)
    for _ in range(2):
        with pytest.raises(LabelStudioError) as error:
            pull(through, project, out, screen=screen)
        assert "\n" not in str(error.value)
        assert "the same line continues." in str(error.value)
        assert out.read_text() == "[]"
        assert not hidden(tmp_path)
        cable.mend()
        cable.cut_at(f"POST /api/projects/{project.id}/exports/".encode(), before=True)
    assert cable.cuts == 2
    cable.mend()
    cable.cut_at(b"never")
    assert pull(through, project, out, screen=screen).new
    assert len(read(out, screen)[0]) == 8


@pytest.mark.label_studio
@pytest.mark.parametrize("heard", [0, 4000])
def test_a_download_that_breaks_off_is_begun_again(pushed, screen, tmp_path, cable, through, heard):
    through.pauses = (0.1,) * 30
    cable.cut_at(b"/download?exportType=JSON", heard=heard, then=cable.mend)
    pulled: Pulled = pull(through, pushed.project, tmp_path / "out.json", screen=screen)
    assert cable.cuts == 1
    assert len(read(pulled.path, screen)[0]) == 8


@pytest.mark.label_studio
def test_a_snapshot_whose_answer_was_lost_is_found_by_its_name(pushed, screen, tmp_path, cable, through):
    through.pauses = (0.1,) * 30
    project = pushed.project
    cable.cut_at(f"POST /api/projects/{project.id}/exports/".encode(), then=cable.mend)
    pulled: Pulled = pull(through, project, tmp_path / "out.json", screen=screen)
    assert cable.cuts == 1
    assert len(read(pulled.path, screen)[0]) == 8
    assert not pushed.server.sdk.projects.exports.list(project.id)
