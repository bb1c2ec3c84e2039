"""What several annotators said of the same documents, as columns that figures are made from.

A unit is one (document, actor, target). An annotator that did not mark the actor has no value there: what nobody
marked is unknown, not `none`. How far annotators marked the same actors is counted apart. Ground truth is no
annotator's, and is left out where there is anything else; so is all but the last annotation of one person.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stance.annotation.matching import match_statements
from stance.annotation.records import Annotation, Document, Statement
from stance.annotation.votes import crowd_of, merge, read_votes, submitted
from stance.labels import Channel, LabelSet

BLIND, SUGGESTED, UNKNOWN = 1, 0, -1

Names = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """V votes on U units, P pairs of annotators in one document, M matched statements; all as numbers.

    `documents`, `actors`, `targets` and `annotators` name what the columns count from 0. `page` [documents] is the
    page a document was cut from, drawn together in a bootstrap. `vote_blind` is BLIND, SUGGESTED or UNKNOWN; labels are
    places in the label set's classes. `pair_marks` [P, 4] are the actors both marked, those each marked, added, and the
    same of statements; `same_stance` and `same_channel` [M, 2] what the two said of a matched statement, `same_weight`
    [M] what makes each statement count once, however many annotators marked it.
    """

    documents: Names
    actors: Names
    targets: Names
    annotators: Names
    page: np.ndarray
    unit_document: np.ndarray
    unit_actor: np.ndarray
    unit_target: np.ndarray
    vote_unit: np.ndarray
    vote_annotator: np.ndarray
    vote_label: np.ndarray
    vote_blind: np.ndarray
    pair_document: np.ndarray
    pair_marks: np.ndarray
    same_document: np.ndarray
    same_stance: np.ndarray
    same_channel: np.ndarray
    same_weight: np.ndarray
    annotations: int
    left_out: dict[str, int]


def tabulate(documents: Iterable[Sequence[Document]], label_set: LabelSet) -> Table:
    """The table of `documents`, each given as its tasks (see votes.join_tasks)."""
    work = _Work(label_set)
    for tasks in documents:
        work.add(tasks)
    return work.table()


def people_of(document: Document) -> list[Annotation]:
    """The annotations that are compared, by the annotator's name."""
    found = submitted(document)
    return sorted([one for one in found if not one.ground_truth] or found, key=lambda one: one.annotator)


class _Numbers(dict[str, int]):
    """Names in the order in which they are met."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self)
        return self[name]


class _Work:
    """The columns while they grow."""

    def __init__(self, label_set: LabelSet) -> None:
        self.label_set = label_set
        self.place = {name: number for number, name in enumerate(label_set.classes)}
        self.channel = {channel: number for number, channel in enumerate(Channel)}
        self.documents: list[str] = []
        self.actors, self.targets, self.annotators, self.pages = _Numbers(), _Numbers(), _Numbers(), _Numbers()
        self.page: list[int] = []
        self.units: list[tuple[int, int, int]] = []
        self.votes: list[tuple[int, int, int, int]] = []
        self.pairs: list[tuple[int, int, int, int, int]] = []
        self.same: list[tuple[int, int, int, int, int]] = []
        self.weights: list[float] = []
        self.annotations = 0
        self.left_out = dict.fromkeys(("cancelled", "replaced by a later one", "ground truth"), 0)

    def add(self, tasks: Sequence[Document]) -> None:
        document = merge(tasks)
        people = people_of(document)
        here = len(self.documents)
        self.documents.append(document.document_id)
        self.page.append(self.pages[document.page or document.document_id])
        self._count(document, people)
        self._add_votes(tasks, document, here)
        self._add_marks(document, people, here)

    def _add_marks(self, document: Document, people: list[Annotation], here: int) -> None:
        marked = [_actors(one) for one in people]
        found: list[tuple[Statement, Statement]] = []
        for (first, ours), (second, theirs) in combinations(zip(people, marked, strict=True), 2):
            same = match_statements(document, first.statements, second.statements)
            said = len(first.statements) + len(second.statements)
            self.pairs.append((here, len(ours & theirs), len(ours) + len(theirs), len(same), said))
            found += same
        # A statement of m annotators makes m(m-1)/2 pairs: each is weighted by 1/(m-1), as alpha weights a unit's.
        times = Counter(id(one) for pair in found for one in pair)
        for one, other in found:
            stances = self.place[one.stance], self.place[other.stance]
            self.same.append((here, *stances, self.channel[one.channel], self.channel[other.channel]))
            self.weights.append(2 / (times[id(one)] + times[id(other)]))

    def _count(self, document: Document, people: list[Annotation]) -> None:
        last = submitted(document)
        self.annotations += len(people)
        self.left_out["cancelled"] += len(document.annotations) - len(document.completed)
        self.left_out["replaced by a later one"] += len(document.completed) - len(last)
        self.left_out["ground truth"] += len(last) - len(people)

    def _add_votes(self, tasks: Sequence[Document], document: Document, here: int) -> None:
        blind = {
            id(one): UNKNOWN if task.blind is None else int(task.blind) for task in tasks for one in task.annotations
        }
        for (actor, target), votes in read_votes(document, self.label_set).items():
            unit = len(self.units)
            if votes:
                self.units.append((here, self.actors[actor], self.targets[target]))
            for annotation, label in crowd_of(votes):
                person = self.annotators[annotation.annotator]
                self.votes.append((unit, person, self.place[label], blind[id(annotation)]))

    def table(self) -> Table:
        units, votes = _columns(self.units, 3), _columns(self.votes, 4)
        pairs, same = _columns(self.pairs, 5), _columns(self.same, 5)
        return Table(
            documents=tuple(self.documents),
            actors=tuple(self.actors),
            targets=tuple(self.targets),
            annotators=tuple(self.annotators),
            page=np.array(self.page, np.int64),
            unit_document=units[:, 0],
            unit_actor=units[:, 1],
            unit_target=units[:, 2],
            vote_unit=votes[:, 0],
            vote_annotator=votes[:, 1],
            vote_label=votes[:, 2],
            vote_blind=votes[:, 3],
            pair_document=pairs[:, 0],
            pair_marks=pairs[:, 1:],
            same_document=same[:, 0],
            same_stance=same[:, 1:3],
            same_channel=same[:, 3:],
            same_weight=np.array(self.weights, float),
            annotations=self.annotations,
            left_out=self.left_out,
        )


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(len(rows), width)


def _actors(annotation: Annotation) -> set[str]:
    """Whom an annotation marked, as a mention or a holder."""
    return {one.actor for one in annotation.mentions} | {one.holder for one in annotation.statements}
