"""Pushing to a real server: what is there afterwards, whatever happened on the way."""

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from stance.annotation.document_lines import GivenActor
from stance.annotation.labelling_configuration import Screen
from stance.errors import LabelStudioError
from stance.labelling import pushing
from stance.labelling.arrivals import Arrival
from stance.labelling.client import Server, connect
from stance.labelling.project import create_project
from stance.labelling.pushing import Outcome, Push
from stance.labelling.spool import Spool
from stance.labels import MAIN
from tests.labelling.proxy import Cable
from tests.labelling.small import arrival, article, form, registries, suggester

pytestmark = pytest.mark.label_studio


def arrivals(count: int) -> list[Arrival]:
    return [arrival(f"d{number}", article(number), title=f"عنوان {number}") for number in range(count)]


class World:
    """A project on a server that a test pushes to, through `server`, as often as it likes."""

    def __init__(self, server: Server, project: int, folder: Any) -> None:
        self.server, self.project = server, project
        self.actors, self.targets = registries(folder)
        self.form = form(self.actors, self.targets)
        self.told: list[tuple[str, int, int | None]] = []

    def push(
        self, given: Sequence[Arrival], *, version: str = "oracle/3", share: float = 0.3, through: Server | None = None
    ) -> Outcome:
        made = suggester(self.actors, self.targets, version)
        self.told.clear()
        with Spool() as spool:
            for one in given:
                spool.add(one)
            push = Push(through or self.server, self.project, self.form, made, share=share)
            return push.run(spool, lambda *told: self.told.append(told))

    def tasks(self) -> list[Any]:
        asked = {"project": self.project, "page_size": 500, "fields": "all"}
        token = {"Authorization": f"Token {self.server.secret}"}
        answer = httpx.get(f"{self.server.url}/api/tasks", params=asked, headers=token)  # type: ignore[arg-type]
        return [SimpleNamespace(**task) for task in answer.raise_for_status().json()["tasks"]]

    def by_name(self) -> dict[str, Any]:
        found = self.tasks()
        names = Counter(task.data["document_id"] for task in found)
        assert set(names.values()) <= {1}, names
        return {task.data["document_id"]: task for task in found}


@pytest.fixture
def world(label_studio, title, tmp_path) -> World:
    server = connect(label_studio.url, label_studio.users[0].token)
    actors, targets = registries(tmp_path)
    project = create_project(server, title, Screen(MAIN, actors, targets, "1.0"))
    return World(server, project.id, tmp_path)


@pytest.fixture
def cable(label_studio):
    made = Cable(label_studio.port)
    yield made
    made.close()


@pytest.fixture
def through(cable, label_studio) -> Server:
    """The server at the other end of the cable, given up on soon."""
    server = connect(cable.url, label_studio.users[0].token)
    server.pauses = (0.05, 0.1)
    return server


def results(task: Any) -> list[Any]:
    return [prediction["result"] for prediction in task.predictions]


def test_a_repeat_adds_what_is_new_changes_what_changed_and_doubles_nothing(world):
    first = world.push(arrivals(6))
    assert (len(first.added), len(first.updated), len(first.unchanged)) == (6, 0, 0)
    held = world.by_name()
    blind = {name for name, task in held.items() if task.data["blind"]}
    assert blind
    assert first.blind == len(blind) < 6
    for name, task in held.items():
        (prediction,) = task.predictions
        marked = [item["value"]["labels"][0] for item in prediction["result"] if item["type"] == "labels"]
        assert marked == ["Actor", "Actor"] + ([] if name in blind else ["Statement", "Statement"])
        assert (prediction["model_version"], prediction["score"]) == ("oracle/3", None if name in blind else 0.75)
    # Label Studio shows annotators the suggestions of this version only.
    assert world.server.sdk.projects.get(world.project).model_version == "oracle/3"

    again = world.push(arrivals(6))
    assert (len(again.added), len(again.updated), len(again.unchanged)) == (0, 0, 6)
    assert {name: task.updated_at for name, task in world.by_name().items()} == {
        name: task.updated_at for name, task in held.items()
    }

    changed = arrivals(7)
    changed[1] = msgspec.structs.replace(changed[1], document=msgspec.structs.replace(changed[1].document, title="آخر"))
    changed[2] = arrival("d2", "ورفض الجيش بقاء القوات.", title="عنوان 2")
    third = world.push(changed)
    assert third.added == {("d6", "t1")}
    assert third.updated == {("d1", "t1"), ("d2", "t1")}
    assert len(third.unchanged) == 4
    now = world.by_name()
    assert now["d1"].data["title"] == "آخر"
    assert now["d2"].data["text"] == "ورفض الجيش بقاء القوات."
    (prediction,) = now["d2"].predictions
    assert prediction["id"] == held["d2"].predictions[0]["id"]
    assert [item["value"]["text"] for item in prediction["result"] if item.get("from_name") == "actor"] == ["الجيش"]
    assert now["d3"].updated_at == held["d3"].updated_at


def test_other_commands_fields_stay_and_another_model_takes_over(world):
    world.push(arrivals(3), share=0.0)
    held = world.by_name()
    sdk = world.server.sdk
    sdk.tasks.update(str(held["d1"].id), data={**held["d1"].data, "queue_rank": 4})
    outcome = world.push(arrivals(2), version="oracle/4", share=0.0)
    assert len(outcome.updated) == 2
    assert outcome.outdated == 1  # the third task still has the other version's
    now = world.by_name()
    assert now["d1"].data["queue_rank"] == 4
    assert [one["model_version"] for one in now["d1"].predictions] == ["oracle/4"]
    assert sdk.projects.get(world.project).model_version == "oracle/4"


def test_what_somebody_has_begun_is_left_alone(world, label_studio):
    world.push(arrivals(4), share=0.0)
    held = world.by_name()
    second = connect(label_studio.url, label_studio.users[1].token)
    for name, cancelled in (("d0", False), ("d1", False), ("d2", True)):
        second.sdk.annotations.create(
            held[name].id,
            result=results(held[name])[0],
            parent_prediction=held[name].predictions[0]["id"],
            was_cancelled=cancelled,
            lead_time=3.0,
        )
    held = world.by_name()
    given = [
        arrival("d0", "نص آخر عن الحكومة.", title="عنوان 0"),
        arrival("d1", article(1), title="عنوان جديد"),
        arrival("d2", "نص آخر عن الحزب.", title="عنوان 2"),
        arrival("d3", article(3), title="عنوان 3"),
    ]
    outcome = world.push(given, version="oracle/4", share=1.0)
    now = world.by_name()
    assert outcome.left == {("d0", "t1"): held["d0"].id, ("d2", "t1"): held["d2"].id}
    assert outcome.updated == {("d1", "t1"), ("d3", "t1")}
    for name in ("d0", "d1", "d2"):
        assert now[name].annotations == held[name].annotations
        assert now[name].predictions == held[name].predictions
        assert now[name].data["text"] == held[name].data["text"]
    assert now["d1"].data == {**held["d1"].data, "title": "عنوان جديد"}
    # Blind or not is for ever: a later share is that of new tasks.
    assert now["d3"].data["blind"] is False


def test_a_draft_is_work_too(world, label_studio):
    world.push(arrivals(1), share=0.0)
    task = world.by_name()["d0"]
    answer = httpx.post(
        f"{label_studio.url}/api/tasks/{task.id}/drafts",
        json={"result": results(task)[0], "lead_time": 1.0},
        headers={"Authorization": f"Token {label_studio.users[1].token}"},
    )
    answer.raise_for_status()
    outcome = world.push([arrival("d0", "نص آخر عن الحكومة.")], share=0.0)
    assert outcome.left == {("d0", "t1"): task.id}
    assert world.by_name()["d0"].data["text"] == article(0)


def test_a_task_deleted_on_the_server_is_added_again(world):
    world.push(arrivals(3))
    world.server.sdk.tasks.delete(str(world.by_name()["d1"].id))
    outcome = world.push(arrivals(3))
    assert outcome.added == {("d1", "t1")}
    assert sorted(world.by_name()) == ["d0", "d1", "d2"]


def test_a_task_deleted_between_look_and_change_is_added_again(world, monkeypatch):
    world.push(arrivals(3))
    gone = str(world.by_name()["d1"].id)
    update = Push._update

    def delete_first(push, key, now, task):
        if str(now.id) == gone:
            world.server.sdk.tasks.delete(gone)
        update(push, key, now, task)

    monkeypatch.setattr(Push, "_update", delete_first)
    outcome = world.push([arrival(f"d{number}", article(number), title="آخر") for number in range(3)])
    assert outcome.added == {("d1", "t1")}
    assert {task.data["title"] for task in world.by_name().values()} == {"آخر"}


def test_a_prediction_deleted_or_doubled_by_hand_is_one_again(world):
    world.push(arrivals(3), share=0.0)
    held = world.by_name()
    sdk = world.server.sdk
    sdk.predictions.delete(held["d0"].predictions[0]["id"])
    sdk.predictions.create(task=held["d1"].id, result=[], model_version="other")
    outcome = world.push(arrivals(3), share=0.0)
    assert outcome.updated == {("d0", "t1"), ("d1", "t1")}
    assert [results(task) for _, task in sorted(world.by_name().items())] == [
        results(task) for _, task in sorted(held.items())
    ]


def test_doubles_go_the_later_and_unlabelled_ones_first(world, label_studio):
    world.push(arrivals(3), share=0.0)
    held = world.by_name()
    # What another push, which looked at the same time, would have added.
    copies = [{"data": held[name].data, "predictions": []} for name in ("d0", "d1", "d1", "d2")]
    imported = world.server.sdk.projects.import_tasks(world.project, request=copies, return_task_ids=True)
    second = connect(label_studio.url, label_studio.users[1].token)
    kept = imported.task_ids[2]  # the third "d1", which somebody labelled
    second.sdk.annotations.create(kept, result=[], was_cancelled=False)
    for task in (held["d2"].id, imported.task_ids[3]):
        second.sdk.annotations.create(task, result=[], was_cancelled=False)
    outcome = world.push(arrivals(3), share=0.0)
    assert outcome.removed == 3
    assert outcome.doubled == {("d2", "t1"): [held["d2"].id, imported.task_ids[3]]}
    left = sorted((task.data["document_id"], task.id) for task in world.tasks())
    assert left == [("d0", held["d0"].id), ("d1", kept), ("d2", held["d2"].id), ("d2", imported.task_ids[3])]


def test_a_task_made_by_hand_is_never_deleted(world):
    world.push(arrivals(1))
    (task,) = world.tasks()
    by_hand = {name: value for name, value in task.data.items() if name != "pushed"}
    world.server.sdk.projects.import_tasks(world.project, request=[{"data": by_hand}])
    outcome = world.push(arrivals(1))
    assert outcome.removed == 0
    assert len(world.tasks()) == 2


def test_a_document_that_fails_is_named_and_the_others_are_pushed(world):
    given = arrivals(2)
    given[0] = msgspec.structs.replace(given[0], actors=(GivenActor("nobody", ((0, 4),)),))
    outcome = world.push(given, share=0.0)
    assert outcome.failed.keys() == {("d0", "t1")}
    assert outcome.failed["d0", "t1"].startswith("expected an actor of the registry, found 'nobody'")
    assert outcome.added == {("d1", "t1")}


@pytest.mark.parametrize("before", [True, False], ids=["unheard", "unanswered"])
def test_a_server_that_goes_away_ends_in_one_line_and_a_repeat_completes(world, cable, through, monkeypatch, before):
    monkeypatch.setattr(pushing, "TOGETHER", 4)
    cable.cut_at(f"POST /api/projects/{world.project}/import".encode(), before=before, skip=1)
    with pytest.raises(LabelStudioError) as error:
        world.push(arrivals(12), through=through)
    assert cable.cuts == 1
    assert "\n" not in str(error.value)
    assert "the same line continues." in str(error.value)
    # The second import was done, or not at all.
    assert len(world.by_name()) == (4 if before else 8)
    cable.mend()
    world.push(arrivals(12), through=through)
    assert len(world.by_name()) == 12


def test_a_hiccup_is_waited_for_and_what_was_stored_is_not_stored_again(world, cable, through, monkeypatch):
    monkeypatch.setattr(pushing, "TOGETHER", 4)
    through.pauses = (0.2,) * 30
    trigger = f"POST /api/projects/{world.project}/import".encode()
    cable.cut_at(trigger, skip=1, then=lambda: (time.sleep(0.3), cable.mend())[0])
    outcome = world.push(arrivals(12), through=through)
    assert cable.cuts == 1
    assert len(world.by_name()) == 12
    assert len(outcome.added | outcome.unchanged) == 12


def test_a_server_that_goes_away_while_tasks_change_leaves_whole_tasks(world, cable, through):
    world.push(arrivals(6), share=0.0)
    changed = [arrival(f"d{number}", f"ورفض الجيش بقاء القوات رقم {number}.") for number in range(6)]
    cable.cut_at(b"PATCH /api/tasks/", skip=2)
    with pytest.raises(LabelStudioError):
        world.push(changed, share=0.0, through=through)
    assert {len(task.predictions) for task in world.by_name().values()} == {1}
    cable.mend()
    outcome = world.push(changed, share=0.0, through=through)
    # The third change was done, its answer lost.
    assert len(outcome.updated) == 3
    assert [task.data["text"] for _, task in sorted(world.by_name().items())] == [one.document.text for one in changed]


def test_progress_ends_where_it_should(world):
    world.push(arrivals(3))
    pushed = [told for told in world.told if told[0] == "pushing"]
    assert pushed == [("pushing", 0, 3), ("pushing", 3, 3)]


def test_a_database_that_is_locked_for_a_while_costs_a_look_more(world, label_studio, monkeypatch):
    """As while somebody else exports: SQLite lets one write at a time, and the server gives up on it."""
    world.push(arrivals(2), share=0.0)
    locked = sqlite3.connect(label_studio.folder / "label_studio.sqlite3", isolation_level=None, timeout=60)
    statuses = []
    stumble = Push._stumble

    def unlock_then_stumble(push, error):
        statuses.append(error.status)
        locked.execute("ROLLBACK")
        stumble(push, error)

    monkeypatch.setattr(Push, "_stumble", unlock_then_stumble)
    locked.execute("BEGIN IMMEDIATE")
    outcome = world.push([arrival(f"d{number}", article(number), title="آخر") for number in range(2)], share=0.0)
    locked.close()
    assert statuses == [500]
    assert len(outcome.updated) == 2
    assert {task.data["title"] for task in world.by_name().values()} == {"آخر"}
