"""The queue of a project: which of its tasks to label next, or to look at again, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from stance.annotation.records import Document
from stance.data.near_duplicates import cluster
from stance.labelling.blindness import similar
from stance.labelling.ranking import by_task, copies_last, document_vectors, farthest_first, uncertainty
from stance.labelling.suspects import Suspect
from stance.labels import LabelSet

if TYPE_CHECKING:
    import pandas

AGAIN_EVERY = 5
"""In a mixed queue every so many places hold a labelled task to look at again, while there are any."""

_NAMED = 3  # actors that a reason names


class Queued(msgspec.Struct, frozen=True):
    """A task of the queue, `again` where it is labelled already.

    `reason` names actors and never a stance: tasks that are labelled blind have one too. `score` is 0 to 1: how unsure
    the model is, how unlike the text is, their product (mixed), or one minus the probability of the label it has.
    """

    task: str
    document_id: str
    target: str | None
    score: float
    reason: str
    again: bool = False


@dataclass(frozen=True)
class Tasks:
    """A project's tasks by what may be asked of them: `open` ones, `labelled` ones, and a count of those `skipped`.

    `clusters` maps each task's id to its cluster of near-duplicates.
    """

    open: tuple[Document, ...]
    labelled: tuple[Document, ...]
    clusters: dict[str, str]
    skipped: int = 0


@dataclass(frozen=True)
class Doubts:
    """How unsure a model is of each open task [T], and whom it is least sure of."""

    scores: np.ndarray
    actors: tuple[tuple[str, ...], ...] = field(repr=False)


def sort_out(documents: Sequence[Document]) -> Tasks:
    """Which tasks are open: those that nobody submitted. Skipped ones are neither open nor labelled."""
    pairs = similar((document.task_id, document.text) for document in documents)
    clusters = cluster([document.task_id for document in documents], pairs)
    labelled = tuple(document for document in documents if document.completed)
    unlabelled = tuple(document for document in documents if not document.annotations)
    return Tasks(unlabelled, labelled, clusters, len(documents) - len(labelled) - len(unlabelled))


def doubts(tasks: Sequence[Document], frame: "pandas.DataFrame", labels: LabelSet) -> Doubts:
    """From predictions whose `document_id` is the task's id; a task in which no actor was found is not doubted."""
    place = {document.task_id: number for number, document in enumerate(tasks)}
    if not len(frame):
        return Doubts(np.zeros(len(tasks)), ((),) * len(tasks))
    rows = frame[[f"p_{name}" for name in labels.classes]].to_numpy(dtype=float)
    unsure = uncertainty(rows)
    owners = np.array([place[name] for name in frame["document_id"]])
    named: list[list[str]] = [[] for _ in tasks]
    for example in np.argsort(-unsure, kind="stable"):
        named[owners[example]].append(str(frame["actor"].iloc[example]))
    return Doubts(by_task(unsure, owners, len(tasks)), tuple(map(tuple, named)))


def rank(
    tasks: Tasks, by: str, limit: int, *, doubted: Doubts | None = None, suspected: Sequence[Suspect] = ()
) -> list[Queued]:
    """At most `limit` tasks, the first to label first; near-duplicates of a task stand behind all others.

    `doubted` belongs to the open tasks ("uncertainty", "mixed"), `suspected` to the labelled ones ("label-error",
    "mixed").
    """
    if by == "label-error":
        return _again(tasks, suspected)[:limit]
    if by == "uncertainty":
        new = _unsure(tasks, _given(doubted))
    else:
        new = _spread(tasks, limit, doubted if by == "mixed" else None)
    known = [tasks.clusters[document.task_id] for document in tasks.labelled]
    ordered = copies_last(range(len(new)), [tasks.clusters[one.task] for one in new], known)
    queue = [new[place] for place in ordered]
    return (_interleaved(queue, _again(tasks, suspected)) if by == "mixed" else queue)[:limit]


def _unsure(tasks: Tasks, doubted: Doubts) -> list[Queued]:
    order = np.argsort(-doubted.scores, kind="stable")
    return [_queued(tasks.open[i], doubted.scores[i], _unsure_of(doubted.actors[i])) for i in order]


def _spread(tasks: Tasks, limit: int, doubted: Doubts | None) -> list[Queued]:
    vectors = document_vectors([document.text for document in (*tasks.open, *tasks.labelled)])
    count = len(tasks.open)
    weights = None if doubted is None else doubted.scores
    # More than are wanted, since near-duplicates fall behind.
    order, gains = farthest_first(vectors[:count], vectors[count:], 2 * limit, weights)
    unlike = "unlike what is labelled or queued"
    reasons = [unlike if doubted is None else f"{_unsure_of(doubted.actors[i])}; {unlike}" for i in order]
    return [_queued(tasks.open[i], gain, why) for i, gain, why in zip(order, gains, reasons, strict=True)]


def _again(tasks: Tasks, suspected: Sequence[Suspect]) -> list[Queued]:
    """Labelled tasks with a doubtful label, each once, the most doubtful first."""
    by_key = {(document.document_id, document.target): document for document in reversed(tasks.labelled)}
    by_id = {document.document_id: document for document in reversed(tasks.labelled)}
    found: dict[str, Queued] = {}
    for suspect in suspected:
        example = suspect.example
        document = by_key.get((example.document_id, example.target)) or by_id[example.document_id]
        if document.task_id not in found:
            found[document.task_id] = _queued(document, suspect.doubt, f"label in doubt: {example.actor}", again=True)
    return list(found.values())


def _interleaved(queue: Sequence[Queued], again: Sequence[Queued]) -> list[Queued]:
    new, old = list(reversed(queue)), list(reversed(again))
    merged: list[Queued] = []
    while new or old:
        turn = old if old and (not new or len(merged) % AGAIN_EVERY == AGAIN_EVERY - 1) else new
        merged.append(turn.pop())
    return merged


def _queued(document: Document, score: float, reason: str, *, again: bool = False) -> Queued:
    return Queued(document.task_id, document.document_id, document.target, round(float(score), 4), reason, again)


def _unsure_of(actors: Sequence[str]) -> str:
    if not actors:
        return "no actor found"
    rest = len(actors) - _NAMED
    return f"unsure of {', '.join(actors[:_NAMED])}{f' and {rest} more' if rest > 0 else ''}"


def _given(doubted: Doubts | None) -> Doubts:
    if doubted is None:
        raise ValueError("A queue by uncertainty needs what a model doubts.")
    return doubted
