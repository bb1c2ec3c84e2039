"""Records → examples: one per (document, actor, target), labelled by one rule."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from stance.annotation.records import Annotation, Document, Statement
from stance.labels import Channel, LabelSet

Pair = tuple[str, str]
"""(actor, target)"""


class Example(msgspec.Struct, frozen=True):
    """One actor in one document towards one target.

    `soft` is the share of the annotators' votes per class of the label set; `channels` the label per channel in
    Channel's order (None where no annotator chose that channel in a set without an absent class); `mentions` and
    `statements` are what supports it, offsets in the document's text.
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

    def channel_gold(self) -> np.ndarray:
        """Class index per example and channel, [N, C]; -1 where unknown."""
        known = self.label_set.index
        rows = [[-1 if label is None else known(label) for label in example.channels] for example in self.examples]
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
    for document in _joined(documents, digests, left_out):
        kept.setdefault(document.document_id, document)
        for actor, target in _pairs(document):
            if targets is not None and target not in targets:
                left_out["other target"] += 1
                continue
            outcome = _example(document, (actor, target), label_set)
            if isinstance(outcome, Example):
                examples.append(outcome)
                continue
            left_out[outcome] += 1
            if outcome == "tie":
                ties.append(example_id(document.document_id, actor, target))
    return Dataset(label_set, kept, tuple(examples), _digest(digests), left_out, tuple(ties))


def _joined(
    documents: Iterable[Document], digests: list[tuple[str, bytes]], left_out: Counter[str]
) -> Iterable[Document]:
    """One document per id and default target; adds the digest of each as it came to `digests`."""
    found: dict[tuple[str, str | None], Document] = {}
    texts: dict[str, str] = {}
    for document in documents:
        digests.append((document.document_id, hashlib.sha256(msgspec.json.encode(document)).digest()))
        if texts.setdefault(document.document_id, document.text) != document.text:
            left_out["other text under a document's id"] += 1
            continue
        key = document.document_id, document.target
        if key in found:
            annotations = found[key].annotations + document.annotations
            document = msgspec.structs.replace(found[key], annotations=annotations)
        found[key] = document
    return found.values()


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


def _pairs(document: Document) -> Iterator[Pair]:
    """Every (actor, target) somebody spoke of: marked actors with the default target, statements with their own."""
    found: dict[Pair, None] = {}
    for annotation in document.completed:
        if document.target is not None:
            for mention in annotation.mentions:
                found[mention.actor, document.target] = None
        for statement in annotation.statements:
            target = statement.target or document.target
            if target is not None:
                found[statement.holder, target] = None
    yield from found


def _example(document: Document, pair: Pair, label_set: LabelSet) -> Example | str:
    """The example of `pair`, or why there is none."""
    voters = [annotation for annotation in document.completed if _marked(annotation, pair[0])]
    votes = {id(voter): label_set.derive(s.stance for s in _statements(document, voter, pair)) for voter in voters}
    voters = [voter for voter in voters if votes[id(voter)] is not None]
    if not voters:
        return "no usable vote"
    judges = [voter for voter in voters if voter.ground_truth] or voters
    label = _majority([votes[id(judge)] for judge in judges])
    if label is None:
        return "tie"
    agreeing = [judge for judge in judges if votes[id(judge)] == label]
    crowd = [voter for voter in voters if not voter.ground_truth] or judges
    counts = Counter(votes[id(voter)] for voter in crowd)
    return Example(
        id=example_id(document.document_id, *pair),
        document_id=document.document_id,
        actor=pair[0],
        target=pair[1],
        label=label,
        soft=tuple(counts[name] / len(crowd) for name in label_set.classes),
        channels=_channels(document, agreeing, pair, label_set),
        mentions=_mentions(voters, pair[0]),
        statements=_distinct(s for judge in agreeing for s in _statements(document, judge, pair)),
    )


def _marked(annotation: Annotation, actor: str) -> bool:
    return any(m.actor == actor for m in annotation.mentions) or any(s.holder == actor for s in annotation.statements)


def _statements(document: Document, annotation: Annotation, pair: Pair) -> list[Statement]:
    actor, target = pair
    return [s for s in annotation.statements if s.holder == actor and (s.target or document.target) == target]


def _majority(votes: Sequence[str | None]) -> str | None:
    ranked = Counter(votes).most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _channels(document: Document, judges: list[Annotation], pair: Pair, label_set: LabelSet) -> tuple[str | None, ...]:
    labels = []
    for channel in Channel:
        votes = [
            label_set.derive(s.stance for s in _statements(document, judge, pair) if s.channel is channel)
            for judge in judges
        ]
        labels.append(_majority(votes))
    return tuple(labels)


def _mentions(voters: list[Annotation], actor: str) -> tuple[tuple[int, int], ...]:
    return tuple(sorted({(m.start, m.end) for voter in voters for m in voter.mentions if m.actor == actor}))


def _distinct(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    by_place: dict[tuple[int, int, str, str], Statement] = {}
    for statement in statements:
        by_place.setdefault((statement.start, statement.end, statement.stance, statement.channel), statement)
    return tuple(sorted(by_place.values(), key=lambda statement: (statement.start, statement.end)))
