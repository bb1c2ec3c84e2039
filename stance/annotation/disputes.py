"""Where annotators disagree: each document with what they said of whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stance.annotation.agreement_table import people_of
from stance.annotation.records import Annotation, Document
from stance.annotation.votes import crowd_of, merge, read_votes
from stance.labels import LabelSet


@dataclass(frozen=True)
class Dispute:
    """One actor and target on which not all votes are the same; `votes` are (annotator, label), by annotator."""

    actor: str
    target: str
    votes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DisputedDocument:
    """A document, all whose annotations are compared, and what they dispute."""

    document: Document
    people: tuple[Annotation, ...]
    disputes: tuple[Dispute, ...]


def find_disputes(documents: Iterable[Sequence[Document]], label_set: LabelSet) -> list[DisputedDocument]:
    """What is disputed in `documents` (each given as its tasks), in their order; those without disputes left out."""
    found = []
    for tasks in documents:
        document = merge(tasks)
        disputes = []
        for (actor, target), votes in read_votes(document, label_set).items():
            crowd = sorted((vote.annotation.annotator, vote.label) for vote in crowd_of(votes))
            if len({label for _, label in crowd}) > 1:
                disputes.append(Dispute(actor, target, tuple(crowd)))
        if disputes:
            found.append(DisputedDocument(document, tuple(people_of(document)), tuple(disputes)))
    return found
