"""What a schema cannot see in a registry: how its entries go together. Every check returns all that it finds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from stance.annotation.marked_yaml import Path
from stance.annotation.registry_names import Lasting, meet, name_problems
from stance.annotation.registry_problems import Problem, found, nearest

if TYPE_CHECKING:
    from stance.annotation.registry import Actor, ActorRegistry, TargetRegistry

# Fields that only one kind of actor has.
_KINDS = (("held", "person"), ("spokesperson_of", "person"), ("shared", "office"))


def actor_problems(registry: "ActorRegistry", places: Sequence[int], ids: Sequence[object]) -> Iterator[Problem]:
    """Problems of a registry whose actors stand at `places` of the file's list.

    `ids` are those of the whole list, of actors that could not be read too: to name one of them is no mistake.
    """
    known = [name for name in ids if isinstance(name, str)]
    offices = {actor.id for actor in registry.actors if actor.kind == "office"}
    offices |= set(known) - {actor.id for actor in registry.actors}
    for place, actor in zip(places, registry.actors, strict=True):
        at = ("actors", place)
        yield from _bodies(actor, at, known)
        yield from _misplaced(actor, at)
        yield from _terms(actor, at, offices, known)
        yield from _reversed(actor, at)
    yield from _overlaps(registry.actors, places)
    yield from name_problems(registry, places)


def target_problems(registry: "TargetRegistry", places: Sequence[int], ids: Sequence[object]) -> Iterator[Problem]:
    """Problems of a registry whose targets stand at `places` of the file's list, which has `ids`."""
    worded: dict[tuple[str, str], str] = {}
    for place, target in zip(places, registry.targets, strict=True):
        for side, texts in target.poles.items():
            if texts.keys() != target.wording.keys():
                expected = f"the languages of the wording, {', '.join(target.wording)}"
                mend = "Say each pole in each language."
                yield Problem(("targets", place, "poles", side), expected, ", ".join(texts), mend)
        for language, text in target.wording.items():
            other = worded.setdefault((language, text), target.id)
            if other != target.id:
                path = ("targets", place, "wording", language)
                yield Problem(path, "a wording of its own", f"that of {other}", "Annotators could not tell them apart.")


def repeated_ids(ids: Sequence[object], entries: str) -> Iterator[Problem]:
    """Ids that stand more than once in the list `entries`."""
    seen = set()
    for place, name in enumerate(ids):
        if isinstance(name, str) and name in seen:
            mend = "Rename it, or join the two entries."
            yield Problem((entries, place, "id"), "an id that no other entry has", found(name), mend)
        elif isinstance(name, str):
            seen.add(name)


def _bodies(actor: "Actor", at: Path, ids: Sequence[str]) -> Iterator[Problem]:
    for field in ("speaks_for", "spokesperson_of"):
        body = getattr(actor, field)
        if body == actor.id:
            mend = "Leave it out where an actor speaks for itself."
            yield Problem((*at, field), "another actor", "itself", mend)
        elif body is not None and body not in ids:
            mend = nearest(body, ids) or "Add that actor, or leave the field out."
            yield Problem((*at, field), "the id of an actor in this file", found(body), mend)


def _misplaced(actor: "Actor", at: Path) -> Iterator[Problem]:
    for field, kind in _KINDS:
        if getattr(actor, field) and actor.kind != kind:
            mend = "Correct the kind, or leave the field out."
            yield Problem((*at, field), f"this field for kind {kind} only", f"kind {actor.kind}", mend, key=True)
    if actor.speaks_for and actor.spokesperson_of:
        mend = "Keep spokesperson_of where mentions of the person count to the body."
        yield Problem((*at, "spokesperson_of"), "this field or speaks_for", "both", mend, key=True)


def _terms(actor: "Actor", at: Path, offices: set[str], ids: Sequence[str]) -> Iterator[Problem]:
    for number, term in enumerate(actor.held):
        here = (*at, "held", number)
        # What has a dot and no space, or is an actor's id, is meant as an id; all else is a title in words.
        is_id = term.office in ids or ("." in term.office and " " not in term.office)
        if is_id and term.office not in offices:
            mend = nearest(term.office, offices) or "Add an actor of kind office with this id, or write the title."
            expected = "the id of an actor of kind office, or a title in words"
            yield Problem((*here, "office"), expected, found(term.office), mend)
        yield from _reversed(term, here)


def _reversed(lasting: Lasting, at: Path) -> Iterator[Problem]:
    if lasting.since and lasting.until and lasting.until <= lasting.since:
        expected = f"a day after since, {lasting.since}"
        yield Problem((*at, "until"), expected, str(lasting.until), "Correct one of the two.")


def _overlaps(actors: Sequence["Actor"], places: Sequence[int]) -> Iterator[Problem]:
    """Offices of one person that two hold at once, or one twice."""
    single = {actor.id for actor in actors if actor.kind == "office" and not actor.shared}
    held = defaultdict(list)
    for place, actor in zip(places, actors, strict=True):
        for number, term in enumerate(actor.held):
            if term.office in single:
                held[term.office].append((term, actor.id, ("actors", place, "held", number)))
    for office, terms in held.items():
        for (one, holder, _), (other, _, path) in combinations(terms, 2):
            if meet(one, other):
                mend = f"Correct the days, or set shared: true in {office} where several hold it at once."
                yield Problem(path, f"{office} held by one at a time", f"{holder} in it {_days(one)}", mend)


def _days(term: Lasting) -> str:
    return (
        " ".join(f"{word} {day}" for word, day in (("from", term.since), ("to", term.until)) if day) or "at all times"
    )
