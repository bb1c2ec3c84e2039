"""Who votes what: the tasks of one document joined, and each annotator's label of every actor in it.

An annotator votes on (actor, target) once it marked the actor at all; the label is the one that its statements make
together. An actor it did not mark is unknown to it, which is no vote, and not a vote for the absent class.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from stance.annotation.records import Annotation, Document, Statement
from stance.labels import LabelSet

Pair = tuple[str, str]
"""(actor, target)"""

UNNAMED = "unknown"
"""The reader's annotator where an export names none: not one person."""


class Vote(NamedTuple):
    """One annotator's label of one actor towards one target."""

    annotation: Annotation
    label: str


def join_tasks(documents: Iterable[Document], refuse: Callable[[Document], None]) -> list[list[Document]]:
    """The tasks of each document and default target together, in the order in which they came.

    What has another text than the first task of its document id goes to `refuse`: its annotators read something else.
    """
    joined: dict[tuple[str, str | None], list[Document]] = {}
    texts: dict[str, str] = {}
    for document in documents:
        if texts.setdefault(document.document_id, document.text) != document.text:
            refuse(document)
            continue
        joined.setdefault((document.document_id, document.target), []).append(document)
    return list(joined.values())


def merge(tasks: Sequence[Document]) -> Document:
    """One document with the annotations of all its `tasks`, otherwise the first."""
    if len(tasks) == 1:
        return tasks[0]
    annotations = tuple(annotation for task in tasks for annotation in task.annotations)
    blind = {task.blind for task in tasks}
    return msgspec.structs.replace(tasks[0], annotations=annotations, blind=blind.pop() if len(blind) == 1 else None)


def submitted(document: Document) -> list[Annotation]:
    """The last annotation that each annotator submitted, since doing a task again replaces what was said before.

    Ground truth stands beside what the same person said as an annotator. Whoever is not named counts each time.
    """
    last = {
        (one.annotator if one.annotator != UNNAMED else number, one.ground_truth): one
        for number, one in enumerate(document.completed)
    }
    return list(last.values())


def read_votes(document: Document, label_set: LabelSet) -> dict[Pair, list[Vote]]:
    """The votes on every (actor, target) somebody spoke of, ground truth among them.

    Marked actors are spoken of with the default target, statements with their own. An annotator whose statements make
    no class of the set has no vote.
    """
    annotations = submitted(document)
    said = [_said(document, annotation) for annotation in annotations]
    found: dict[Pair, list[Vote]] = {}
    for annotation, stances in zip(annotations, said, strict=True):
        if document.target is not None:
            found |= {(mention.actor, document.target): [] for mention in annotation.mentions}
        found |= {pair: [] for pair in stances}
    for annotation, stances in zip(annotations, said, strict=True):
        marked = {mention.actor for mention in annotation.mentions}
        marked.update(statement.holder for statement in annotation.statements)
        for pair, votes in found.items():
            if pair[0] in marked and (label := label_set.derive(stances.get(pair, ()))) is not None:
                votes.append(Vote(annotation, label))
    return found


def _said(document: Document, annotation: Annotation) -> dict[Pair, list[str]]:
    """The stances of an annotation's statements by whom they are of and what they are on."""
    said: dict[Pair, list[str]] = {}
    for statement in annotation.statements:
        target = statement.target or document.target
        if target is not None:
            said.setdefault((statement.holder, target), []).append(statement.stance)
    return said


def statements_of(document: Document, annotation: Annotation, pair: Pair) -> list[Statement]:
    """The statements of `annotation` on `pair`."""
    actor, target = pair
    return [s for s in annotation.statements if s.holder == actor and (s.target or document.target) == target]


def judges_of(votes: list[Vote]) -> list[Vote]:
    """Those who decide: ground truth where there is any, else everybody."""
    return [vote for vote in votes if vote.annotation.ground_truth] or votes


def crowd_of(votes: list[Vote]) -> list[Vote]:
    """The annotators proper: everybody but ground truth, unless there is nothing else."""
    return [vote for vote in votes if not vote.annotation.ground_truth] or votes


def shares_of(votes: list[Vote], label_set: LabelSet) -> tuple[float, ...]:
    """How the annotators' votes are divided over the classes of the set."""
    crowd = crowd_of(votes)
    counts = Counter(vote.label for vote in crowd)
    return tuple(counts[name] / len(crowd) for name in label_set.classes)


def majority(labels: Iterable[str | None]) -> str | None:
    """The most frequent of `labels`, None where two are or there is none."""
    ranked = Counter(labels).most_common(2)
    return ranked[0][0] if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]) else None
