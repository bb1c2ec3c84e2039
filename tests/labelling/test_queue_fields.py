"""A queue on a real server: fields that sort as numbers, a tab that shows them, and what leaves."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from stance.__main__ import main
from stance.annotation.labelling_configuration import Screen, guideline_version
from stance.annotation.writer import write_export
from stance.errors import LabelStudioError
from stance.labelling.client import Server, connect
from stance.labelling.project import create_project
from stance.labelling.pulling import pull
from stance.labelling.queue_fields import Standing, read_standing, write_queue
from stance.labelling.queueing import Queued
from stance.labels import MAIN
from tests.doubles import documents
from tests.labelling.proxy import Cable
from tests.labelling.servers import LabelStudio
from tests.labelling.small import registries


def test_an_export_without_fields_has_an_empty_queue(tmp_path: Path) -> None:
    write_export(tmp_path / "export.json", documents(3))
    assert read_standing(tmp_path / "export.json") == Standing(frozenset(), frozenset())


def test_what_was_touched_since_it_was_queued_is_checked(tmp_path: Path) -> None:
    queued = {"queue_rank": 1, "queue_since": "2031-05-02T10:00:00+00:00"}
    before, after = "2031-05-02T09:59:59.5Z", "2031-05-02T10:00:01.5Z"
    tasks = [
        {"id": 1, "data": queued, "annotations": [{"updated_at": before}]},
        {"id": 2, "data": queued, "annotations": [{"updated_at": before}, {"updated_at": after}]},
        {"id": 3, "data": {"queue_checked": True}, "annotations": [{"updated_at": before}]},
        {"id": 4, "data": {"queue_rank": None}, "annotations": [{"updated_at": after}]},
        {"id": 5, "data": {**queued, "queue_since": "yesterday"}},
        {"id": "six", "data": queued},
    ]
    path = tmp_path / "export.json"
    path.write_bytes(msgspec.json.encode(tasks))
    found = read_standing(path)
    assert (found.queued, found.checked) == ({"1", "2"}, {"2", "3"})
    assert found.touched["2"].isoformat() == "2031-05-02T10:00:01.500000+00:00"
    assert found.touched.keys() == {"1", "2", "3", "4"}


class World:
    """A project with fourteen tasks, its snapshots, and what a browser would see of it."""

    def __init__(self, label_studio: LabelStudio, title: str, folder: Path) -> None:
        self.server: Server = connect(label_studio.url, label_studio.users[0].token)
        actors, targets = registries(folder)
        self.screen = Screen(MAIN, actors, targets, guideline_version())
        self.folder = folder
        self.project = create_project(self.server, title, self.screen)
        data = [{"data": {"text": one.text, "document_id": one.document_id, "target": "t1"}} for one in documents(14)]
        self.server.sdk.projects.import_tasks(id=self.project.id, request=data)  # type: ignore[arg-type]
        self.tasks = sorted(str(task.id) for task in self.server.sdk.tasks.list(project=self.project.id))
        self.browser = httpx.Client(
            base_url=label_studio.url, headers={"Authorization": f"Token {label_studio.users[0].token}"}, timeout=60
        )

    def standing(self) -> Standing:
        path = self.folder / "snapshot.json"
        path.unlink(missing_ok=True)
        return read_standing(pull(self.server, self.project, path, screen=self.screen).path)

    def stands(self) -> tuple[set[str], set[str]]:
        """Those queued, and those checked."""
        found = self.standing()
        return set(found.queued), set(found.checked)

    def write(self, tasks: Sequence[str], *, again: bool = False) -> Any:
        queue = [Queued(task, "d", "t1", 1 - place / 100, "unsure of gov", again) for place, task in enumerate(tasks)]
        return write_queue(self.server, self.project.id, queue, self.standing())

    def data(self, task: str) -> dict[str, Any]:
        return dict(self.server.sdk.tasks.get(task).data)

    def tab(self) -> Any:
        (tab,) = [tab for tab in self.server.sdk.views.list(project=self.project.id) if tab.data["title"] == "Queue"]
        return tab

    def shown(self) -> list[str]:
        """The tasks of the tab, as the Data Manager lists them."""
        query = {"project": self.project.id, "view": self.tab().id, "page_size": 100}
        return [str(task["id"]) for task in self.browser.get("/api/tasks", params=query).json()["tasks"]]


@pytest.fixture
def world(label_studio: LabelStudio, title: str, tmp_path: Path) -> World:
    return World(label_studio, title, tmp_path)


@pytest.mark.label_studio
def test_the_tab_shows_the_queue_in_its_order_as_numbers(world: World) -> None:
    order = random.Random(3).sample(world.tasks, 12)
    written = world.write(order)
    assert (written.placed, written.cleared, written.gone) == (12, 0, 0)
    assert world.shown() == order
    columns = world.browser.get("/api/dm/columns", params={"project": world.project.id}).json()["columns"]
    assert {"queue_rank", "queue_score", "queue_reason"} <= {column["id"] for column in columns}
    held = world.data(order[1])
    assert (held["queue_rank"], held["queue_score"], held["queue_reason"]) == (2, 0.99, "unsure of gov")
    assert (held["document_id"][0], held["target"], bool(held["text"])) == ("d", "t1", True)
    # What "Label Tasks As Displayed" asks for.
    asked = {"id": "next_task", "project": world.project.id, "tabID": world.tab().id}
    given = world.browser.post("/api/dm/actions", params=asked, json={"ordering": world.tab().data["ordering"]})
    assert str(given.json()["id"]) == order[0]
    # What a tab does not hide it shows, and all columns there are would push the queue's own off the screen.
    known = {f"tasks:{'data.' * (column.get('parent') == 'data')}{column['id']}" for column in columns}
    seen = [name for name in known if name not in world.tab().data["hiddenColumns"]["explore"]]
    assert {"tasks:id", "tasks:data.queue_rank", "tasks:data.queue_score", "tasks:data.queue_reason"} <= set(seen)
    assert len(seen) <= 8, seen
    # On PostgreSQL only this makes 10 come after 2.
    assert world.tab().data["columnsDisplayType"]["tasks:data.queue_rank"] == "Number"


@pytest.mark.label_studio
def test_another_queue_takes_the_place_of_the_first(world: World) -> None:
    first, second = world.tasks[:5], world.tasks[4:8][::-1]
    world.write(first)
    before = world.tab().id
    written = world.write(second)
    assert (written.placed, written.cleared, written.gone) == (4, 4, 0)
    assert world.shown() == second
    assert world.tab().id == before
    assert not any(name.startswith("queue_") for name in world.data(first[0]))
    assert world.standing().queued == frozenset(second)


@pytest.mark.label_studio
def test_a_task_deleted_meanwhile_is_counted_and_the_rest_is_queued(world: World) -> None:
    standing = world.standing()
    world.server.sdk.tasks.delete(world.tasks[0])
    queue = [Queued(task, "d", "t1", 0.5, "unsure of gov") for task in world.tasks[:3]]
    written = write_queue(world.server, world.project.id, queue, standing)
    assert (written.placed, written.gone) == (2, 1)
    assert world.shown() == world.tasks[1:3]


@pytest.mark.label_studio
def test_what_was_looked_at_again_stays_known(world: World) -> None:
    task, other = world.tasks[:2]
    for name in (task, other):
        world.server.sdk.annotations.create(id=int(name), result=[])
    world.write([task, other], again=True)
    assert world.stands() == ({task, other}, set())
    (annotation,) = world.server.sdk.annotations.list(id=int(task))
    world.server.sdk.annotations.update(id=annotation.id, result=[])
    assert world.standing().checked == {task}
    world.write([other], again=True)
    assert world.data(task)["queue_checked"] is True
    assert world.stands() == ({other}, {task})
    # A queue that holds it again, for another reason, does not make it forgotten.
    world.write([task])
    assert world.standing().checked == {task}


@pytest.mark.label_studio
def test_a_label_that_the_queue_brought_is_not_confirmed_by_that(world: World) -> None:
    world.write(world.tasks[:1])
    world.server.sdk.annotations.create(id=int(world.tasks[0]), result=[])
    assert world.stands() == ({world.tasks[0]}, set())


@pytest.mark.label_studio
def test_the_command_queues_what_is_open_and_lets_go_of_what_was_done(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", world.server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", world.server.secret)
    actors, targets = world.folder / "actors.yaml", world.folder / "targets.yaml"
    sources = ["--actors", str(actors), "--targets", str(targets)]
    line = ["label", "queue", "--project", str(world.project.id), "--by", "diversity", "--limit", "4", *sources]
    assert main(line) == 0
    first = world.shown()
    told = capsys.readouterr()
    assert len(first) == 4
    assert "14 tasks are open, 0 labelled, 0 skipped.\n4 tasks queued, 0 left the queue.\n" in told.out
    assert f'in the tab "Queue" with "Label Tasks As Displayed": {world.server.address(world.project.id)}\n' in told.out
    assert told.err == ""
    world.server.sdk.annotations.create(id=int(first[0]), result=[])
    world.server.sdk.annotations.create(id=int(first[1]), result=[], was_cancelled=True)
    assert main(line) == 0
    second = world.shown()
    assert len(second) == 4
    assert not {first[0], first[1]} & set(second)
    assert not any(name.startswith("queue_") for task in first[:2] for name in world.data(task))
    told = capsys.readouterr()
    assert "12 tasks are open, 1 labelled, 1 skipped." in told.out
    assert world.server.secret not in told.out + told.err


@pytest.mark.label_studio
def test_a_server_that_goes_away_is_one_line_and_a_repeat_completes(label_studio: LabelStudio, world: World) -> None:
    standing = world.standing()
    queue = [Queued(task, "d", "t1", 0.5, "unsure of gov") for task in world.tasks[:6]]
    cable = Cable(label_studio.port)
    through = connect(cable.url, label_studio.users[0].token)
    through.pauses = (0.05,)

    def cut_at_half(done: int, total: int) -> None:
        if done == 3:
            cable.cut()

    with pytest.raises(LabelStudioError, match=r"^Expected Label Studio at .* to show task \d+, found "):
        write_queue(through, world.project.id, queue, standing, cut_at_half)
    cable.close()
    halfway = world.standing()
    assert halfway.queued == set(world.tasks[:3])
    write_queue(world.server, world.project.id, queue[::-1], halfway)
    assert world.shown() == world.tasks[:6][::-1]
