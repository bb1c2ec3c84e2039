"""What a project on the server holds already, as far as a push needs to know it: some hundred bytes a task."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.data.cache import key_of
from stance.labelling.client import Server
from stance.labelling.tasks import PUSHED

Key = tuple[str, str]
PAGE = 200
"""Tasks of one answer."""

# Model versions and drafts are told to whom has them as columns, as the Data Manager does; these others cost time.
_COSTLY = "annotations_results predictions_results predictions_score annotators annotations_ids avg_lead_time"
_HIDDEN = {tab: [f"tasks:{name}" for name in (*_COSTLY.split(), "completed_at")] for tab in ("explore", "labeling")}

# Whose change is none of the document's: how a task was first labelled stays with it.
_OF_THE_TASK = frozenset({"guidelines", "blind", PUSHED})
_OF_THE_DOCUMENT = frozenset(
    {
        "text",
        "document_id",
        "title",
        "source",
        "source_name",
        "url",
        "published",
        "language",
        "target",
        "target_wording",
        "split",
        "page",
        "page_map",
    }
)
OWN = _OF_THE_DOCUMENT | _OF_THE_TASK
"""The fields of a task's data that a push writes; all others (a queue's) are left as they are."""


@dataclass(frozen=True, slots=True)
class Held:
    """A task on the server. `started` says that somebody labelled or skipped it, or left a draft.

    `text` and `content` are digests, of the text and of all that is the document's. `predictions` is their number and
    `versions` the model versions that the server names ("" where it names none).
    """

    id: int
    started: bool
    blind: bool | None
    pushed: str | None
    text: str
    content: str
    predictions: int
    versions: str


def text_digest(data: Mapping[str, Any]) -> str:
    """Of a task's text."""
    return key_of([data.get("text")])[:16]


def content_digest(data: Mapping[str, Any]) -> str:
    """Of what a task's data says of its document."""
    return key_of([{name: data[name] for name in sorted(_OF_THE_DOCUMENT) if data.get(name) is not None}])[:16]


def kept_data(old: Mapping[str, Any], new: Mapping[str, Any], *, started: bool) -> dict[str, Any]:
    """A task's data once `new` is pushed over `old`: other commands' fields stay, a started task's own do too."""
    stays = {name: value for name, value in old.items() if name not in OWN or (started and name in _OF_THE_TASK)}
    return {**new, **stays}


def is_started(task: Any) -> bool:
    """Whether anybody has worked on a task as the server tells of it, in a list or alone."""
    counted = (task.total_annotations or 0) + (task.cancelled_annotations or 0)
    # A list tells of the drafts of all, a task alone of the user's own too.
    return bool(counted or any(getattr(task, name, None) for name in ("annotations", "drafts", "draft_exists")))


def read_holdings(
    server: Server, project: int, progress: Callable[[int], None] = lambda done: None
) -> dict[Key, list[Held]]:
    """The tasks of a project by key, each key's in the order of their ids; tasks without document id are left out."""
    found: dict[Key, list[Held]] = defaultdict(list)
    for number, task in enumerate(_tasks(server, project), 1):
        data = task.data
        if data.get("document_id"):
            key = (str(data["document_id"]), str(data.get("target") or ""))
            found[key].append(_held(task, data))
        if not number % PAGE:
            progress(number)
    return found


def read_tasks(server: Server, project: int, ids: Sequence[int]) -> dict[int, Any]:
    """The tasks of these ids in full, those that are still there: at once, a tenth of the time of one by one."""
    if not ids:
        return {}
    chosen = json.dumps({"selectedItems": {"all": False, "included": list(ids)}})
    page: Any = server.call(
        f"show {len(ids)} tasks",
        server.sdk.tasks.list,
        project=project,
        query=chosen,
        page=1,
        page_size=len(ids),
        fields="all",
    )
    return {task.id: task for task in page.items or []}


def _held(task: Any, data: Mapping[str, Any]) -> Held:
    return Held(
        id=task.id,
        started=is_started(task),
        blind=data.get("blind"),
        pushed=data.get(PUSHED),
        text=text_digest(data),
        content=content_digest(data),
        predictions=task.total_predictions or 0,
        versions=str(task.predictions_model_versions or ""),
    )


def _tasks(server: Server, project: int) -> Iterator[Any]:
    last = 0
    while True:
        # By id, not by page: a task that is deleted meanwhile would shift the pages, and one would be missed.
        beyond = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
        filters = {"conjunction": "and", "items": [beyond]}
        query = json.dumps({"filters": filters, "ordering": ["tasks:id"], "hiddenColumns": _HIDDEN})
        page: Any = server.call(
            f"list its tasks behind {last}",
            server.sdk.tasks.list,
            project=project,
            query=query,
            page=1,
            page_size=PAGE,
            fields="task_only",
        )
        items = page.items or []
        yield from items
        if len(items) < PAGE:
            return
        last = max(task.id for task in items)
