"""Documents → tasks on a server, so that a repeat adds what is missing, changes what changed, and doubles nothing.

Label Studio knows neither unique keys nor transactions over several requests, so a push compares, acts, and looks
again until nothing is left to do. An import is one transaction of the server: whatever cuts a push off, each task is
there whole or not at all. Two pushes at once may both add a document; each then finds the doubles in its last look and
removes the later ones, by a rule that makes both keep the same task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from stance.errors import LabelStudioError
from stance.labelling.arrivals import Arrival
from stance.labelling.blindness import choose_blind
from stance.labelling.client import Server
from stance.labelling.holdings import (
    Held,
    Key,
    content_digest,
    is_started,
    kept_data,
    read_holdings,
    read_tasks,
    text_digest,
)
from stance.labelling.spool import Spool
from stance.labelling.suggestions import Suggests
from stance.labelling.tasks import Form

TOGETHER = 50
"""Tasks of one import, and documents that a model reads at once."""
ROUNDS = 4
"""How often a push looks whether all is there."""
_TRIPS = 3  # tasks in a row that the server may fail at before it counts as broken

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass
class Outcome:
    """What a push did, by (document, target).

    `left` are tasks whose text changed after somebody had labelled them, `failed` what was found wrong with documents
    that were passed over, `doubled` documents of which more than one task is labelled, so that none was removed.
    """

    added: set[Key] = field(default_factory=set)
    updated: set[Key] = field(default_factory=set)
    unchanged: set[Key] = field(default_factory=set)
    left: dict[Key, int] = field(default_factory=dict)
    failed: dict[Key, str] = field(default_factory=dict)
    doubled: dict[Key, list[int]] = field(default_factory=dict)
    removed: int = 0
    blind: int = 0
    unknown_target: int = 0
    outdated: int = 0


class _Todo(Enum):
    ADD = auto()
    UPDATE = auto()


class Push:
    """One push of the documents in `spool` to `project`; `share` of the new ones without the model's stances."""

    def __init__(self, server: Server, project: int, form: Form, suggester: Suggests, *, share: float) -> None:
        self.server, self.project, self.form, self.suggester, self.share = server, project, form, suggester, share
        self.outcome = Outcome()
        self._trips = 0
        self._unsettled = False

    def run(self, spool: Spool, progress: Progress) -> Outcome:
        """Push until a look at the server finds nothing to do; raises LabelStudioError."""
        for again in range(1, ROUNDS + 1):
            held = read_holdings(self.server, self.project, lambda done: progress("looking at its tasks", done, None))
            blind = self._blind(spool, held)
            self._trips, self._unsettled = 0, False
            self._remove_doubles(spool, held)
            todo = self._todo(spool, held, blind)
            if not todo and not self._unsettled:
                self._finish(spool, held, blind)
                return self.outcome
            try:
                self._do(spool, todo, held, blind, progress)
            except LabelStudioError as error:
                # What may or may not have been stored, the next look tells.
                if not error.reached or again == ROUNDS or (error.status is not None and error.status < 500):
                    raise
        raise LabelStudioError(
            f"Expected project {self.project} to hold what was pushed, found {len(todo)} tasks that somebody else "
            "keeps changing. Wait until the other push is done, and run the same line again."
        )

    def _blind(self, spool: Spool, held: dict[Key, list[Held]]) -> dict[str, bool]:
        known = {key[0]: bool(task.blind) for key, tasks in held.items() for task in tasks if task.blind is not None}
        return choose_blind(list(dict.fromkeys(key[0] for key in spool.keys)), known, self.share, spool.texts)

    def _todo(self, spool: Spool, held: dict[Key, list[Held]], blind: dict[str, bool]) -> list[tuple[int, _Todo]]:
        """The documents (by number) that the server does not hold as they are."""
        todo, done = [], self.outcome.added | self.outcome.updated
        for number, key in enumerate(spool.keys):
            if key in self.outcome.failed:
                continue
            tasks = held.get(key)
            if not tasks:
                todo.append((number, _Todo.ADD))
            elif not self._is_there(spool[number], tasks[0], blind[key[0]]):
                todo.append((number, _Todo.UPDATE))
            elif key not in done:
                self.outcome.unchanged.add(key)
        return todo

    def _is_there(self, arrival: Arrival, task: Held, blind: bool) -> bool:
        data = self._data(arrival, blind)
        if task.started and task.text != text_digest(data):
            self.outcome.left[arrival.key] = task.id
            return True
        same = task.content == content_digest(data)
        if task.started:
            return same
        suggested = task.predictions == 1 and task.versions in ("", self.suggester.version)
        return same and suggested and task.pushed == data["pushed"]

    def _data(self, arrival: Arrival, blind: bool) -> dict[str, Any]:
        return self.form.data(arrival, blind=blind, identity=self.suggester.identity)

    def _do(
        self,
        spool: Spool,
        todo: Sequence[tuple[int, _Todo]],
        held: dict[Key, list[Held]],
        blind: dict[str, bool],
        progress: Progress,
    ) -> None:
        done = 0
        progress("pushing", done, len(todo))
        for start in range(0, len(todo), TOGETHER):
            part = todo[start : start + TOGETHER]
            tasks = self._made([spool[number] for number, _ in part], blind)
            wanted = [(spool.keys[number], what) for number, what in part]
            self._add([(key, tasks[key]) for key, what in wanted if what is _Todo.ADD and key in tasks])
            changing = {held[key][0].id: key for key, what in wanted if what is _Todo.UPDATE and key in tasks}
            # One that is missing was deleted meanwhile; the next look adds it again.
            for number, now in read_tasks(self.server, self.project, list(changing)).items():
                self._update(changing[number], now, tasks[changing[number]])
            done += len(part)
            progress("pushing", done, len(todo))

    def _made(self, arrivals: Sequence[Arrival], blind: dict[str, bool]) -> dict[Key, dict[str, Any]]:
        """The tasks of `arrivals`, with their predictions; those that are not as they should be are noted as failed."""
        spared = [blind[arrival.document.document_id] for arrival in arrivals]
        suggestions = self.suggester.suggest(arrivals, spared)
        tasks = [
            self.form.task(arrival.document, self._data(arrival, hidden), suggestion)
            for arrival, hidden, suggestion in zip(arrivals, spared, suggestions, strict=True)
        ]
        problems = self.form.problems(tasks, [suggestion.annotation for suggestion in suggestions])
        made = {}
        for arrival, task, problem in zip(arrivals, tasks, problems, strict=True):
            if problem is None:
                made[arrival.key] = task
            else:
                self.outcome.failed[arrival.key] = problem
        return made

    def _add(self, tasks: Sequence[tuple[Key, dict[str, Any]]]) -> None:
        if not tasks:
            return
        imported: Any = [task for _, task in tasks]
        self.server.call_once(
            f"store {len(tasks)} tasks", self.server.sdk.projects.import_tasks, self.project, request=imported
        )
        self.outcome.added |= {key for key, _ in tasks}

    def _update(self, key: Key, now: Any, task: dict[str, Any]) -> None:
        """Bring one task up to date: the prediction first, since the data say what it was made from."""
        sdk, name = self.server.sdk, f"task {now.id}"
        try:
            if text_digest(now.data) != text_digest(task["data"]):
                # Nobody's work may lose its text: look at the last moment.
                now = self.server.call(f"show {name}", sdk.tasks.get, str(now.id))
                if is_started(now):
                    return  # the next look reports it
            started = is_started(now)
            if not started:
                self._suggest(now, task["predictions"][0])
            data = kept_data(now.data, task["data"], started=started)
            self.server.call(f"change {name}", sdk.tasks.update, str(now.id), data=data)
        except LabelStudioError as error:
            self._stumble(error)
            return
        self._trips = 0
        self.outcome.updated.add(key)

    def _suggest(self, task: Any, prediction: dict[str, Any]) -> None:
        """Make `prediction` the task's only one, in the place of one that is there: it never has two, nor none."""
        sdk, what = self.server.sdk, f"suggest for task {task.id}"
        there = [_plain(one) for one in task.predictions]
        if not there:
            self.server.call_once(what, sdk.predictions.create, task=task.id, **prediction)
        elif any(there[0].get(name) != value for name, value in prediction.items()):
            self.server.call(what, sdk.predictions.update, there[0]["id"], task=task.id, **prediction)
        for other in there[1:]:
            self.server.call(f"drop a prediction of task {task.id}", sdk.predictions.delete, other["id"])

    def _remove_doubles(self, spool: Spool, held: dict[Key, list[Held]]) -> None:
        """Leave one task of each key in `held`: the one somebody has begun, else the oldest; others are deleted.

        Only tasks that a push made are, and only after one more look at them.
        """
        self.outcome.doubled.clear()
        for key in spool.keys:
            tasks = held.get(key, [])
            if len(tasks) < 2:
                continue
            ordered = sorted(tasks, key=lambda task: (not task.started, task.id))
            kept = [ordered[0]]
            for task in ordered[1:]:
                if task.started or task.pushed is None or not self._delete(task):
                    kept.append(task)
            held[key] = kept
            if len(kept) > 1:
                self.outcome.doubled[key] = [task.id for task in kept]

    def _delete(self, task: Held) -> bool:
        sdk = self.server.sdk
        try:
            if is_started(self.server.call(f"show task {task.id}", sdk.tasks.get, str(task.id))):
                return False
            self.server.call(f"delete task {task.id}, a double", sdk.tasks.delete, str(task.id))
        except LabelStudioError as error:
            self._stumble(error)
            return error.status == 404  # the other push came first
        self.outcome.removed += 1
        return True

    def _stumble(self, error: LabelStudioError) -> None:
        """Let pass what the next look takes up again: a task that was deleted (404), a locked database (500)."""
        if error.status not in (404, 500):
            raise error
        self._trips += error.status == 500
        self._unsettled |= error.status == 500
        if self._trips > _TRIPS:
            raise error

    def _finish(self, spool: Spool, held: dict[Key, list[Held]], blind: dict[str, bool]) -> None:
        """Have Label Studio show these suggestions, and count what was pushed."""
        outcome, version = self.outcome, self.suggester.version
        pushed = [(key, held[key][0]) for key in spool.keys if key in held]
        outcome.unchanged -= outcome.added | outcome.updated
        outcome.blind = sum(blind[key[0]] for key, _ in pushed)
        outcome.unknown_target = sum(self.suggester.judges and not self.suggester.knows(key[1]) for key, _ in pushed)
        outcome.outdated = sum(
            bool(task.versions) and task.versions != version and not task.started
            for tasks in held.values()
            for task in tasks
        )
        sdk = self.server.sdk
        project = self.server.call(f"show project {self.project}", sdk.projects.get, self.project)
        backends = self.server.call("list its ML backends", sdk.ml.list, project=self.project)
        live = project.model_version in {backend.title for backend in backends}
        suggested = any(task.versions == version for _, task in pushed)
        if suggested and not live and project.model_version != version:
            # Of all predictions, annotators are shown those of this version only.
            self.server.call("show these suggestions", sdk.projects.update, self.project, model_version=version)


def _plain(prediction: Any) -> dict[str, Any]:
    found: dict[str, Any] = prediction if isinstance(prediction, dict) else prediction.dict()
    return found
