"""What became of a model's suggestions: which annotators kept, which they changed, removed or added to."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from stance.annotation.records import Annotation, Document, Mention, Statement

Region = TypeVar("Region", Mention, Statement)

MENTION_FIELDS = ("actor", "actor span")
STATEMENT_FIELDS = ("stance", "channel", "holder", "statement span")
FATES = ("kept", "changed", "removed", "added")


def _span(region: Mention | Statement) -> tuple[int, int]:
    return region.start, region.end


_MENTION: dict[str, Callable[[Mention], object]] = {"actor": lambda one: one.actor, "actor span": _span}
_STATEMENT: dict[str, Callable[[Statement], object]] = {
    "stance": lambda one: one.stance,
    "channel": lambda one: one.channel,
    "holder": lambda one: one.holder,
    "statement span": _span,
}


@dataclass
class Keeping:
    """Counts over submitted annotations that began from a suggestion: per field, how many of each fate.

    A region that was removed or added counts for each of its fields. `annotations` is the number compared, `others` of
    those that began from nothing, or from a suggestion that is no longer there.
    """

    fields: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in (*MENTION_FIELDS, *STATEMENT_FIELDS)}
    )
    annotations: int = 0
    others: int = 0

    def add(self, document: Document) -> None:
        """Count the annotations of `document`; of a blind one, to which no stance was suggested, the actors only."""
        suggestions = {suggestion.id: suggestion for suggestion in document.predictions}
        for annotation in document.completed:
            suggestion = suggestions.get(annotation.suggested_by or "")
            if suggestion is None:
                self.others += 1
                continue
            self.annotations += 1
            self._compare(suggestion, annotation, stances=not document.blind)

    def _compare(self, suggestion: Annotation, annotation: Annotation, *, stances: bool) -> None:
        self._count(_MENTION, pairs(suggestion.mentions, annotation.mentions))
        if stances:
            self._count(_STATEMENT, pairs(suggestion.statements, annotation.statements))

    def _count(
        self,
        values: dict[str, Callable[[Region], object]],
        paired: Sequence[tuple[Region | None, Region | None]],
    ) -> None:
        for suggested, made in paired:
            for name, value in values.items():
                if suggested is None:
                    fate = "added"
                elif made is None:
                    fate = "removed"
                else:
                    fate = "kept" if value(suggested) == value(made) else "changed"
                self.fields[name][fate] += 1


def pairs(suggested: Sequence[Region], made: Sequence[Region]) -> list[tuple[Region | None, Region | None]]:
    """Each region with what became of it: the one of its id, else the one that shares most of its text."""
    by_id = {_plain(region.id): region for region in made}
    found: list[tuple[Region | None, Region | None]] = []
    lost = []
    for region in suggested:
        same = by_id.pop(_plain(region.id), None)
        if same is None:
            lost.append(region)
        else:
            found.append((region, same))
    free = list(by_id.values())
    shared = sorted(
        ((_overlap(one, other), -a, -b) for a, one in enumerate(lost) for b, other in enumerate(free)), reverse=True
    )
    gone: dict[int, int] = {}
    for overlap, a, b in shared:
        if overlap > 0 and -a not in gone and -b not in gone.values():
            gone[-a] = -b
    found += [(region, free[gone[a]] if a in gone else None) for a, region in enumerate(lost)]
    taken = set(gone.values())
    return found + [(None, region) for b, region in enumerate(free) if b not in taken]


def _plain(name: str) -> str:
    # In an annotation made from a prediction, a region may be called ID#ANNOTATION.
    return name.partition("#")[0]


def _overlap(one: Mention | Statement, other: Mention | Statement) -> int:
    return min(one.end, other.end) - max(one.start, other.start)
