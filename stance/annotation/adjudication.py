"""One label for each (document, actor, target), with what settled it; what cannot be settled is a conflict.

Ground truth goes first, whatever the method: what somebody settled is not put to the vote. Where all annotators agree,
so does gold. Else a majority decides, or a model of the annotators where it is sure enough; a label that nobody gave is
never gold, since no statement would show it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
import numpy as np

from stance.annotation.agreement_table import people_of
from stance.annotation.crowd import Votes, dawid_skene, mace
from stance.annotation.disputes import Dispute, DisputedDocument
from stance.annotation.records import Document, Gold
from stance.annotation.votes import Pair, Vote, crowd_of, majority, merge, read_votes, shares_of
from stance.labels import LabelSet

SURE = 0.8
"""The least posterior at which a model settles a dispute; below it stays a conflict."""

GROUND_TRUTH, UNANIMOUS, SINGLE = "ground-truth", "unanimous", "single"
"""Sources of a label beside the methods: `single` is one annotator's word."""


class Method(StrEnum):
    """What decides where annotators disagree and there is no ground truth; `GROUND_TRUTH` settles nothing else."""

    GROUND_TRUTH = "ground-truth"
    MAJORITY = "majority"
    DAWID_SKENE = "dawid-skene"
    MACE = "mace"


@dataclass
class Adjudication:
    """The documents, each with its gold; how many labels each source settled; and what is in conflict.

    `unsettled` counts units that are neither gold nor in conflict: what nobody disputes, by ground truth alone.
    """

    documents: list[Document] = field(default_factory=list)
    sources: Counter[str] = field(default_factory=Counter)
    conflicts: list[DisputedDocument] = field(default_factory=list)
    unsettled: int = 0


Units = list[tuple[int, Pair, list[Vote]]]
"""Every unit that has votes: its document's number, actor and target, and the votes."""


def adjudicate(documents: Iterable[Sequence[Document]], label_set: LabelSet, method: Method) -> Adjudication:
    """Settle the labels of `documents`, each given as its tasks (see votes.join_tasks).

    Raises ConfigurationError where a model's library is missing.
    """
    merged = [merge(tasks) for tasks in documents]
    units: Units = [
        (number, pair, votes)
        for number, document in enumerate(merged)
        for pair, votes in read_votes(document, label_set).items()
        if votes
    ]
    posterior = _posterior(units, label_set, method)
    result = Adjudication()
    gold: list[list[Gold]] = [[] for _ in merged]
    disputes: dict[int, list[Dispute]] = {}
    for place, (number, pair, votes) in enumerate(units):
        known = None if posterior is None else posterior[place]
        settled = _settle(votes, label_set, method, known)
        if settled is not None:
            label, source = settled
            gold[number].append(Gold(*pair, label, source, _probabilities(votes, label_set, known)))
            result.sources[source] += 1
        elif len({vote.label for vote in votes}) > 1:
            said = sorted((vote.annotation.annotator, vote.label) for vote in votes)
            disputes.setdefault(number, []).append(Dispute(*pair, tuple(said)))
        else:
            result.unsettled += 1
    result.documents = [
        msgspec.structs.replace(document, gold=tuple(gold[number])) for number, document in enumerate(merged)
    ]
    result.conflicts = [
        DisputedDocument(merged[number], tuple(people_of(merged[number])), tuple(found))
        for number, found in disputes.items()
    ]
    return result


def _settle(
    votes: list[Vote], label_set: LabelSet, method: Method, posterior: np.ndarray | None
) -> tuple[str, str] | None:
    """The label of one unit and what settled it; None where nothing does."""
    truth = [vote.label for vote in votes if vote.annotation.ground_truth]
    if truth:
        label = majority(truth)
        return None if label is None else (label, GROUND_TRUTH)
    if method is Method.GROUND_TRUTH:
        return None
    if len({vote.label for vote in votes}) == 1:
        return votes[0].label, UNANIMOUS if len(votes) > 1 else SINGLE
    if posterior is None:
        label = majority(vote.label for vote in votes)
        return None if label is None else (label, str(method))
    best = max({label_set.index(vote.label) for vote in votes}, key=lambda place: (posterior[place], -place))
    return (label_set.classes[best], str(method)) if posterior[best] >= SURE else None


def _probabilities(votes: list[Vote], label_set: LabelSet, posterior: np.ndarray | None) -> tuple[float, ...]:
    """A model's posterior, else the shares of the annotators' votes."""
    return shares_of(votes, label_set) if posterior is None else tuple(round(float(p), 6) for p in posterior)


def _posterior(units: Units, label_set: LabelSet, method: Method) -> np.ndarray | None:
    """The posterior [U, K] of every unit by the method, certain where there is ground truth; None without a model."""
    if method in (Method.GROUND_TRUTH, Method.MAJORITY) or not units:
        return None
    people: dict[str, int] = {}
    rows = [
        (number, people.setdefault(vote.annotation.annotator, len(people)), label_set.index(vote.label))
        for number, (_, _, votes) in enumerate(units)
        for vote in crowd_of(votes)
    ]
    unit, annotator, label = np.array(rows, np.int64).T
    votes = Votes(unit, annotator, label, len(units), len(label_set.classes))
    known = np.full(len(units), -1)
    for number, (_, _, given) in enumerate(units):
        truth = majority(vote.label for vote in given if vote.annotation.ground_truth)
        if truth is not None:
            known[number] = label_set.index(truth)
    posterior = dawid_skene(votes, known) if method is Method.DAWID_SKENE else mace(votes)
    certain = known >= 0
    posterior[certain] = np.eye(len(label_set.classes))[known[certain]]
    return posterior
