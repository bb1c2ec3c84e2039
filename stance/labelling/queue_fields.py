"""A queue on the server: fields of its tasks, and a tab of the Data Manager that shows them in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stance.annotation.streaming import CHUNK, read_objects
from stance.errors import LabelStudioError
from stance.labelling.client import Server
from stance.labelling.queueing import Queued

RANK, SCORE, REASON, SINCE, CHECKED = "queue_rank", "queue_score", "queue_reason", "queue_since", "queue_checked"
TAB = "Queue"
_PLACE = (RANK, SCORE, REASON, SINCE)
# What a tab shows unless it is told not to, and what nobody chooses a task by: with it the queue's own columns lie
# beyond the screen's edge.
_OF_TASKS = [
    "inner_id",
    "completed_at",
    "cancelled_annotations",
    "total_predictions",
    "annotators",
    "annotations_results",
    "annotations_ids",
    "predictions_score",
    "predictions_model_versions",
    "predictions_results",
    "file_upload",
    "storage_filename",
    "created_at",
    "updated_at",
    "updated_by",
    "avg_lead_time",
    "draft_exists",
]
_OF_DATA = [
    "text",
    "document_id",
    "source",
    "source_name",
    "published",
    "language",
    "page",
    "guidelines",
    "blind",
    "target_wording",
    "pushed",
]
_BESIDE_A_TASK = ("target", SCORE, REASON)


class _Annotation(msgspec.Struct):
    updated_at: datetime | None = None


class _Data(msgspec.Struct):
    queue_rank: Any = None
    queue_since: datetime | None = None
    queue_checked: Any = None


class _Task(msgspec.Struct):
    id: int
    data: _Data
    annotations: list[_Annotation] = []


@dataclass(frozen=True)
class Standing:
    """How tasks stand in the queue that is on the server.

    `queued` are the ids of those in it; `checked` of those that were queued to be looked at again, now or before, and
    were: whatever a model thinks of their labels, a person has confirmed them. `touched` is when annotations of a task
    were last changed, by the server's clock.
    """

    queued: frozenset[str]
    checked: frozenset[str]
    touched: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What was done: tasks that stand in the queue, that left it, and that were gone from the server."""

    placed: int
    cleared: int
    gone: int


def read_standing(snapshot: Path) -> Standing:
    """From an export of the project; an export without such fields has an empty queue."""
    decoder = msgspec.json.Decoder(_Task)
    queued, checked = set(), set()
    touched: dict[str, datetime] = {}
    for _, raw in read_objects(snapshot, CHUNK):
        try:
            task = decoder.decode(raw)
        except msgspec.ValidationError:  # not one of ours
            continue
        name, data = str(task.id), task.data
        times = [entry.updated_at for entry in task.annotations if entry.updated_at is not None]
        if times:
            touched[name] = max(times)
        if data.queue_rank is not None:
            queued.add(name)
        if data.queue_checked or (data.queue_since is not None and times and max(times) > data.queue_since):
            checked.add(name)
    return Standing(frozenset(queued), frozenset(checked), touched)


def write_queue(
    server: Server,
    project: int,
    queue: Sequence[Queued],
    standing: Standing,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Written:
    """Put `queue` in the place of the one that `standing` tells of, and show it in the tab; a repeat completes it.

    `progress` is told how many of how many tasks are done.
    """
    fields: dict[str, dict[str, Any]] = {name: {} for name in sorted(standing.queued - {one.task for one in queue})}
    cleared = len(fields)
    for rank, one in enumerate(queue, 1):
        fields[one.task] = {RANK: rank, SCORE: one.score, REASON: one.reason}
        if one.again and one.task in standing.touched:
            # Who changes its annotations after this has looked at them again.
            fields[one.task][SINCE] = standing.touched[one.task].isoformat()
    gone = set()
    for done, (task, given) in enumerate(fields.items(), 1):
        if not _write(server, task, given, checked=task in standing.checked):
            gone.add(task)
        progress(done, len(fields))
    _show_tab(server, project)
    return Written(len(queue) - len(gone & {one.task for one in queue}), cleared, len(gone))


def _write(server: Server, task: str, fields: Mapping[str, Any], *, checked: bool) -> bool:
    """Give `task` exactly these queue fields; False where it is not on the server any more."""
    try:
        # Read again: since the snapshot a push may have changed the rest.
        held = dict(server.call(f"show task {task}", server.sdk.tasks.get, task).data)
        data = {name: value for name, value in held.items() if name not in _PLACE} | dict(fields)
        if checked:
            data[CHECKED] = True
        if data != held:
            server.call(f"update task {task}", server.sdk.tasks.update, task, data=data)
    except LabelStudioError as error:
        if error.status == 404:
            return False
        raise
    return True


def _show_tab(server: Server, project: int) -> None:
    """A tab with the queued tasks in their order; one that is there is left as its users have it."""
    tabs = server.call("list its tabs", server.sdk.views.list, project=project)
    if any((tab.data or {}).get("title") == TAB for tab in tabs):
        return
    rank = f"tasks:data.{RANK}"
    hidden = [f"tasks:{name}" for name in _OF_TASKS] + _data_columns(_OF_DATA)
    server.call(
        "make a tab",
        server.sdk.views.create,
        project=project,
        data={
            "title": TAB,
            "type": "list",
            "target": "tasks",
            "ordering": [rank],
            # A server on PostgreSQL would sort them as texts otherwise, 10 before 2.
            "columnsDisplayType": {rank: "Number", f"tasks:data.{SCORE}": "Number"},
            "hiddenColumns": {"explore": hidden, "labeling": hidden + _data_columns(_BESIDE_A_TASK)},
            "filters": {
                "conjunction": "and",
                "items": [{"filter": f"filter:{rank}", "operator": "empty", "type": "Number", "value": False}],
            },
        },
    )


def _data_columns(names: Iterable[str]) -> list[str]:
    return [f"tasks:data.{name}" for name in names]
