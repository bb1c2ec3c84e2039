"""Whether the names in a registry lead to one actor each, compared as the finder sees them."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from stance.annotation.marked_yaml import Path
from stance.annotation.registry_problems import Problem, found

if TYPE_CHECKING:
    from stance.annotation.registry import Actor, ActorRegistry

# Stands between names that are folded together: a character for private use, which folding keeps.
_BETWEEN = "\ue000"
_NOT_NAMES = "not_names"


class Lasting(Protocol):
    """Something with a first day and a day after its last; None is open."""

    @property
    def since(self) -> datetime.date | None:
        """The first day."""

    @property
    def until(self) -> datetime.date | None:
        """The day after the last."""


class _Use(NamedTuple):
    """A name as the finder sees it, where it stands: in a `field` of an actor, or (None) of the registry."""

    actor: "Actor | None"
    field: str
    path: Path
    name: str
    folded: str


def meet(one: Lasting, other: Lasting) -> bool:
    """Whether there is a day on which both last."""
    begins = max(one.since or datetime.date.min, other.since or datetime.date.min)
    return begins < min(one.until or datetime.date.max, other.until or datetime.date.max)


def name_problems(registry: "ActorRegistry", places: Sequence[int]) -> Iterator[Problem]:
    """Names that are empty, told twice or claimed by two actors, and `not_names` that block nothing or too much.

    The actors stand at `places` of the file's list.
    """
    uses = _uses(registry, places)
    names = [use for use in uses if use.field != _NOT_NAMES]
    yield from _empty(uses)
    yield from _told_twice(names)
    yield from _claimed_twice(names)
    yield from _blocking([use for use in uses if use.field == _NOT_NAMES], names)


def _uses(registry: "ActorRegistry", places: Sequence[int]) -> list[_Use]:
    # Folding needs numpy, whose import only whoever reads a registry pays for.
    from stance.text.folding import Folded

    found = list(_names(registry, places))
    if not found:
        return []
    # In one go: name by name takes twenty times as long.
    folded = Folded(_BETWEEN.join(name.replace(_BETWEEN, " ") for *_, name in found)).search.split(_BETWEEN)
    return [_Use(*use, plain.strip()) for use, plain in zip(found, folded, strict=True)]


def _names(registry: "ActorRegistry", places: Sequence[int]) -> Iterator[tuple["Actor | None", str, Path, str]]:
    for place, actor in zip(places, registry.actors, strict=True):
        for language, name in actor.name.items():
            yield actor, "name", ("actors", place, "name", language), name
        for field in ("names", "short", "if_acting", _NOT_NAMES):
            for number, name in enumerate(getattr(actor, field)):
                yield actor, field, ("actors", place, field, number), name
    for number, name in enumerate(registry.not_names):
        yield None, _NOT_NAMES, (_NOT_NAMES, number), name


def _empty(uses: list[_Use]) -> Iterator[Problem]:
    for use in uses:
        if not any(character.isalnum() for character in use.folded):
            yield Problem(use.path, "a name with a letter in it", found(use.name), "Take it out.")


def _told_twice(names: list[_Use]) -> Iterator[Problem]:
    """Names that one actor has already, but for what the finder folds."""
    known: dict[tuple[object, str], _Use] = {}
    for use in names:
        first = known.setdefault((use.path[1], use.folded), use)
        # A canonical name may be the same in two languages.
        if first is not use and not first.field == use.field == "name":
            yield Problem(
                use.path,
                f"a name that the finder tells from {first.name!r} in {first.field}",
                found(use.name),
                "Take it out: the finder folds hamza, ya, ta marbuta, diacritics and Persian letters.",
            )


def _claimed_twice(names: list[_Use]) -> Iterator[Problem]:
    """Names of two actors that exist at one time, unless both count only behind a full name."""
    claims = defaultdict(list)
    for use in names:
        claims[use.folded].append(use)
    for claimed in claims.values():
        for number, use in enumerate(claimed):
            rival = next((other for other in claimed[:number] if _rivals(other, use)), None)
            if rival is not None and rival.actor is not None:
                yield Problem(
                    use.path,
                    "a name of one actor",
                    f"{found(use.name)}, which {rival.actor.id} has in {rival.field}",
                    "Keep it with one, put it in short of both, or give both a since and until that never meet.",
                )


def _rivals(one: _Use, other: _Use) -> bool:
    if one.actor is None or other.actor is None or one.actor.id == other.actor.id:
        return False
    return not one.field == other.field == "short" and meet(one.actor, other.actor)


def _blocking(blocked: list[_Use], names: list[_Use]) -> Iterator[Problem]:
    """`not_names` that are an actor's name themselves, or that hold none."""
    owners = {use.folded: use.actor.id for use in names if use.actor is not None}
    everybody = [use.folded for use in names]
    own = defaultdict(list)
    for use in names:
        own[use.path[1]].append(use.folded)
    for use in blocked:
        if use.folded in owners:
            mend = "Take it out here or there."
            yield Problem(use.path, "no actor's name", f"{found(use.name)}, a name of {owners[use.folded]}", mend)
        elif not any(name in use.folded for name in (everybody if use.actor is None else own[use.path[1]])):
            whose = "an actor" if use.actor is None else "this actor"
            yield Problem(
                use.path, f"a longer name that holds one of {whose}", found(use.name), "Take it out: it blocks nothing."
            )
