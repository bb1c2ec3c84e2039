"""Copies of articles in which actors go by other names: what moves with the words, and what is left behind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from stance.annotation.records import Document
from stance.data.examples import Dataset, Example
from stance.data.naming import Names, Places, Rewritten, Span


def copied(document: Document, what: str, *, text: str, title: str | None) -> Document:
    """`document` with another text and title, and an id of its own; nothing that was said of the old text is kept."""
    return msgspec.structs.replace(
        document,
        document_id=f"{document.document_id}|{what}",
        text=text,
        title=title,
        annotations=(),
        drafts=(),
        predictions=(),
        gold=None,
    )


def moved(told: Example, name: str, text: Rewritten, document: Document, called: Mapping[str, str]) -> Example:
    """What is known of `told`, at its new places in `document`, under the id `name`; actors are those they are `called`
    by from now on, or still themselves.
    """
    actor = called.get(told.actor, told.actor)
    statements = []
    for statement in told.statements:
        start, end = text.span(statement.start, statement.end)
        statements.append(msgspec.structs.replace(statement, start=start, end=end, holder=actor))
    return msgspec.structs.replace(
        told,
        id=name,
        document_id=document.document_id,
        actor=actor,
        mentions=tuple(sorted({text.span(*mention) for mention in told.mentions})),
        statements=tuple(statements),
        rivals=tuple(
            (called.get(rival, rival), tuple(sorted({text.span(*span) for span in spans})))
            for rival, spans in told.rivals
        ),
    )


def places_of(dataset: Dataset, names: Names) -> dict[str, dict[str, Places]]:
    """By document of `dataset` and actor, where the actor is named."""
    ids = dict.fromkeys(example.document_id for example in dataset.examples)
    return {name: names.of(dataset.documents[name]) for name in ids}


def apart(places: Mapping[str, Iterable[Span]]) -> dict[str, list[Span]]:
    """The spans of each actor without those that share a character with a longer one, in order."""
    kept: dict[str, list[Span]] = defaultdict(list)
    taken: list[Span] = []
    named = [(span, order, actor) for order, (actor, spans) in enumerate(places.items()) for span in spans]
    for span, _, actor in sorted(named, key=lambda one: (one[0][0] - one[0][1], one[:2])):
        if not any(span[0] < end and start < span[1] for start, end in taken):
            taken.append(span)
            kept[actor].append(span)
    return {actor: sorted(kept[actor]) for actor in places}


def inside(spans: Iterable[Span], places: Sequence[Span]) -> tuple[Span, ...]:
    """Those of `spans` that lie in one of `places`."""
    return tuple(span for span in spans if any(start <= span[0] and span[1] <= end for start, end in places))
