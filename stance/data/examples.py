"""Records → examples: one per (document, actor, target), labelled by one rule."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from stance.annotation.records import Annotation, Document, Gold, Statement
from stance.annotation.votes import (
    Pair,
    Vote,
    join_tasks,
    judges_of,
    majority,
    merge,
    read_votes,
    shares_of,
    statements_of,
)
from stance.labels import Channel, LabelSet


class Example(msgspec.Struct, frozen=True):
    """One actor in one document towards one target.

    `soft` is the share of the annotators' votes per class of the label set, or what an adjudication made of them;
    `channels` the label per channel in Channel's order (None where no annotator chose that channel in a set without an
    absent class); `mentions` and `statements` are what supports it, offsets in the document's text; `rivals` are the
    other actors that are marked there, each with its mentions: they may hold what is said.
    """

    id: str
    document_id: str
    actor: str
    target: str
    label: str
    soft: tuple[float, ...]
    channels: tuple[str | None, ...]
    mentions: tuple[tuple[int, int], ...]
    statements: tuple[Statement, ...]
    rivals: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()


def named_beside(examples: Iterable[Example]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Where each actor is named who is named beside those of `examples` and is none of them, in their order."""
    found: dict[str, set[tuple[int, int]]] = {}
    asked = set()
    for example in examples:
        asked.add(example.actor)
        for actor, spans in example.rivals:
            found.setdefault(actor, set()).update(spans)
    return tuple(tuple(sorted(found[actor])) for actor in sorted(found.keys() - asked))


@dataclass(frozen=True)
class Dataset:
    """All examples of a data set with the documents they stand in, and what was left out and why.

    `left_out` counts reasons; `ties` are the ids of examples whose annotators disagree without a majority. `whole` are
    the examples that these are a part of (None: these are all).
    """

    label_set: LabelSet
    documents: dict[str, Document]
    examples: tuple[Example, ...]
    digest: str
    left_out: Counter[str] = field(default_factory=Counter)
    ties: tuple[str, ...] = ()
    whole: tuple[Example, ...] | None = None

    def __len__(self) -> int:
        return len(self.examples)

    def gold(self) -> np.ndarray:
        """Class index of every example, [N]."""
        return np.array([self.label_set.index(example.label) for example in self.examples], dtype=np.int64)

    def targets(self) -> list[str]:
        """What each example is about, N ids."""
        return [example.target for example in self.examples]

    def channel_gold(self) -> np.ndarray:
        """Class index per example and channel, [N, C]; -1 where unknown."""
        known: dict[str | None, int] = {name: self.label_set.index(name) for name in self.label_set.classes}
        known[None] = -1
        rows = [[known[label] for label in example.channels] for example in self.examples]
        return np.array(rows, dtype=np.int64).reshape(len(self.examples), len(Channel))

    def take(self, ids: Iterable[str]) -> "Dataset":
        """The examples with these ids, in this order, over the same documents."""
        by_id = {example.id: example for example in self.examples}
        chosen = tuple(by_id[name] for name in ids)
        whole = self.examples if self.whole is None else self.whole
        return Dataset(self.label_set, self.documents, chosen, self.digest, whole=whole)


def build_dataset(documents: Iterable[Document], label_set: LabelSet, targets: Sequence[str] | None = None) -> Dataset:
    """Derive the examples of `documents`; `targets` (None: all) keeps those towards the named targets only.

    Tasks that share a document and its default target are one document with the annotators of both.
    """
    kept: dict[str, Document] = {}
    examples: list[Example] = []
    left_out: Counter[str] = Counter()
    ties: list[str] = []
    digests: list[tuple[str, bytes]] = []

    def arriving() -> Iterator[Document]:
        for document in documents:
            digests.append((document.document_id, hashlib.sha256(msgspec.json.encode(document)).digest()))
            yield document

    def refuse(_: Document) -> None:
        left_out["other text under a document's id"] += 1

    for document in map(merge, join_tasks(arriving(), refuse)):
        kept.setdefault(document.document_id, document)
        for pair, outcome in _outcomes(document, label_set, targets):
            if isinstance(outcome, Example):
                examples.append(outcome)
                continue
            left_out[outcome] += 1
            if outcome == "tie":
                ties.append(example_id(document.document_id, *pair))
    return Dataset(label_set, kept, tuple(examples), _digest(digests), left_out, tuple(ties))


def _outcomes(
    document: Document, label_set: LabelSet, targets: Sequence[str] | None
) -> Iterator[tuple[Pair, Example | str]]:
    """Every pair somebody spoke of with its example, or why there is none."""
    settled = None if document.gold is None else {(gold.actor, gold.target): gold for gold in document.gold}
    for pair, votes in read_votes(document, label_set).items():
        if targets is not None and pair[1] not in targets:
            yield pair, "other target"
        elif settled is not None and pair not in settled:
            yield pair, "not settled"
        else:
            yield pair, _example(document, pair, votes, label_set, None if settled is None else settled[pair])


def example_id(document_id: str, actor: str, target: str) -> str:
    """The id of the example (document, actor, target)."""
    return f"{document_id}|{actor}|{target}"


def _digest(digests: list[tuple[str, bytes]]) -> str:
    # Every field of every record counts (text, spans, annotators, guideline version), whatever the file's order.
    # 32 characters, since trackers store at most 36.
    whole = hashlib.sha256()
    for document_id, digest in sorted(digests):
        whole.update(document_id.encode() + b"\0" + digest)
    return whole.hexdigest()[:32]


def _example(
    document: Document, pair: Pair, votes: list[Vote], label_set: LabelSet, settled: Gold | None
) -> Example | str:
    """The example of `pair`, with the label that was `settled` or else what the votes say, or why there is none."""
    if not votes:
        return "no usable vote"
    judges = judges_of(votes)
    label = majority(judge.label for judge in judges) if settled is None else settled.label
    if label is None:
        return "tie"
    agreeing = [judge.annotation for judge in judges if judge.label == label]
    if not agreeing:
        return "settled as nobody voted"
    named = _named([vote.annotation for vote in votes])
    return Example(
        id=example_id(document.document_id, *pair),
        document_id=document.document_id,
        actor=pair[0],
        target=pair[1],
        label=label,
        soft=shares_of(votes, label_set) if settled is None else settled.probabilities,
        channels=_channels(document, agreeing, pair, label_set),
        mentions=named.get(pair[0], ()),
        statements=_distinct(s for judge in agreeing for s in statements_of(document, judge, pair)),
        rivals=tuple((actor, spans) for actor, spans in sorted(named.items()) if actor != pair[0]),
    )


def _channels(document: Document, judges: list[Annotation], pair: Pair, label_set: LabelSet) -> tuple[str | None, ...]:
    said = [statements_of(document, judge, pair) for judge in judges]
    return tuple(
        majority(label_set.derive(s.stance for s in statements if s.channel is channel) for statements in said)
        for channel in Channel
    )


def _named(voters: list[Annotation]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where each actor is marked, in order."""
    found: dict[str, set[tuple[int, int]]] = {}
    for mention in (mention for voter in voters for mention in voter.mentions):
        found.setdefault(mention.actor, set()).add((mention.start, mention.end))
    return {actor: tuple(sorted(spans)) for actor, spans in found.items()}


def _distinct(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    by_place: dict[tuple[int, int, str, str], Statement] = {}
    for statement in statements:
        by_place.setdefault((statement.start, statement.end, statement.stance, statement.channel), statement)
    return tuple(sorted(by_place.values(), key=lambda statement: (statement.start, statement.end)))
