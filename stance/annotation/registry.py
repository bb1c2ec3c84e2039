"""Registries of actors and targets: YAML files that name who can hold a stance, and on what.

How a name in a text leads to an actor, as the finder reads these classes:

- `name` and `names` are full names: each counts wherever it stands. The longest name wins where names overlap, and a
  longer one that means something else (`not_names`, an outlet's name) wins just so, and is no mention.
- `short` names (a surname, "the ministry") count only in a document that also names the actor in full; where several
  actors share one, the actor named last before it. An office counts as named where its holder is, and the reverse.
- `if_acting` names (a country, its capital, its troops) count only where what they name acts or speaks.
- `spellings` of the registry multiply the names: `ActorRegistry.spelled` gives a name with all its spellings.
- An **office** is an actor of kind `office`, whose names are its titles ("the Iraqi prime minister"). Persons hold it
  by its id, from and until a day. A mention of the office counts to who held it on the document's date.
- A mention of a person with `spokesperson_of` counts to that body. `speaks_for` changes no mention: it tells to whom a
  person's or ministry's words count in the end.
- Two actors may share a name where their own `since` and `until` never meet (a government before and after its fall):
  the one that was there on the document's date, without a date the later one.

The first part of an id, before the first dot, is the country or world it belongs to.
"""

import datetime
import json
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from stance.annotation.marked_yaml import MarkedYaml, read_marked
from stance.annotation.registry_checks import actor_problems, repeated_ids, target_problems
from stance.annotation.registry_problems import Problem, refuse
from stance.annotation.registry_shape import schema_of, shape_problems
from stance.errors import DataError

Registry = TypeVar("Registry", bound=msgspec.Struct)
# Takes a registry, where in the file its entries stand, and the ids of all entries of the file.
Check = Callable[[Registry, Sequence[int], Sequence[object]], Iterable[Problem]]

# Not $, behind which a line end may stand.
STORED_ACTORS, STORED_TARGETS = "actors.yaml", "targets.yaml"
"""The registries beside a stored network."""

_END = r"(?![\s\S])"
Id = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*{_END}",
        description="an id: ASCII letters and digits, joined by dots, hyphens or underscores",
    ),
]
Text = Annotated[str, Meta(pattern=rf"^\S(.*\S)?{_END}", description="a text on one line, with no space around it")]
Language = Annotated[str, Meta(pattern=rf"^[a-z]{{2,3}}{_END}", description="a language's code, such as ar or en")]
Texts = Annotated[dict[Language, Text], Meta(min_length=1, description="one text per language")]
Names = tuple[Text, ...]
Day = datetime.date


class ActorKind(StrEnum):
    """What an actor is."""

    GOVERNMENT = "government"
    MINISTRY = "ministry"
    PARLIAMENT = "parliament"
    STATE_BODY = "state_body"
    MILITARY = "military"
    ARMED_GROUP = "armed_group"
    PARTY = "party"
    ALLIANCE = "alliance"
    COMMUNITY = "community"
    OFFICE = "office"
    PERSON = "person"
    INTERNATIONAL_BODY = "international_body"
    ORGANISATION = "organisation"
    OUTLET = "outlet"


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office held from the day `since` to the day before `until`.

    `office` is the id of an actor of kind `office`, or a title in words where the registry has no such actor. None as
    `since` is unknown, None as `until` unknown or still held: either is open.
    """

    office: Text
    since: Day | None = None
    until: Day | None = None


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One actor: `name` is canonical per language; the module says when which of its names counts.

    `held` are the offices of a person. `shared` says of an office that several hold it at once. `since` and `until`
    say when a body began and ceased to be.
    """

    id: Id
    kind: ActorKind
    name: Texts
    names: Names = ()
    short: Names = ()
    if_acting: Names = ()
    not_names: Names = ()
    speaks_for: Id | None = None
    spokesperson_of: Id | None = None
    held: tuple[Office, ...] = ()
    shared: bool = False
    since: Day | None = None
    until: Day | None = None


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a stance is about; `poles` say, per side of the label set and language, what an actor on it wants."""

    id: Id
    wording: Texts
    poles: dict[str, Texts]
    host: Id | None = None
    force: Id | None = None
    world: Text | None = None

    def describe(self, language: str | None) -> str:
        """Wording and poles on one line, in `language` where the registry has it, else in its first language."""
        parts = [self.wording, *self.poles.values()]
        return " | ".join(texts.get(language or "", next(iter(texts.values()))) for texts in parts)


class ActorRegistry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All actors of one world.

    `spellings` are groups of strings (أمريك, أميرك): a name that holds the first is also known with the others in its
    place. `not_after` are words that, right before a name, make something else of it (a university, an airport),
    `not_names` longer names that hold an actor's and are none. `as_of` is the last day that the file knows of.
    """

    actors: tuple[Actor, ...]
    version: Text = "0"
    world: Text | None = None
    as_of: Day | None = None
    spellings: tuple[Annotated[Names, Meta(min_length=2)], ...] = ()
    not_after: Names = ()
    not_names: Names = ()

    def ids(self) -> frozenset[str]:
        """Every actor id."""
        return frozenset(actor.id for actor in self.actors)

    def spelled(self, name: str) -> tuple[str, ...]:
        """`name` with every spelling of what is in it, itself first."""
        found = [name]
        for first, *others in self.spellings:
            found += [known.replace(first, other) for known in found if first in known for other in others]
        return tuple(dict.fromkeys(found))


class TargetRegistry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All targets that a data set can speak of."""

    targets: tuple[Target, ...]
    version: Text = "0"

    def ids(self) -> frozenset[str]:
        """Every target id."""
        return frozenset(target.id for target in self.targets)

    def describe(self, target: str, language: str | None = None) -> str:
        """The wording of `target`, or its id where the registry does not know it."""
        found = next((entry for entry in self.targets if entry.id == target), None)
        return found.describe(language) if found else target


def read_actors(path: str | Path) -> ActorRegistry:
    """Read an actor registry; raises DataError that names every problem with file, line and actor."""
    return _read(Path(path), ActorRegistry, Actor, actor_problems)


def read_targets(path: str | Path) -> TargetRegistry:
    """Read a target registry; raises DataError that names every problem with file, line and target."""
    return _read(Path(path), TargetRegistry, Target, target_problems)


def write_schemas(folder: str | Path) -> None:
    """Write the JSON Schemas of both registries to `folder`, for editors that check YAML while it is written."""
    for name, kind in (("actors", ActorRegistry), ("targets", TargetRegistry)):
        schema = json.dumps(schema_of(kind), ensure_ascii=False, indent=2)
        Path(folder, f"{name}.schema.json").write_text(schema + "\n", "utf-8")


def _read(path: Path, kind: type[Registry], entry: type[msgspec.Struct], check: Check[Registry]) -> Registry:
    marked = read_marked(path, "registry")
    try:
        registry, problems = _checked(marked, kind, entry, check)
    except RecursionError:
        raise DataError(f"{path}: expected a registry, found something nested in itself, or too deeply.") from None
    refuse(path, marked, problems)
    return registry


def _checked(
    marked: MarkedYaml, kind: type[Registry], entry: type[msgspec.Struct], check: Check[Registry]
) -> tuple[Registry, list[Problem]]:
    """The registry, as far as it can be read, and all that is wrong with it."""
    entries = kind.__struct_fields__[0]
    given = _entries(marked.value, entries)
    ids = [one.get("id") if isinstance(one, dict) else None for one in given]
    problems = [
        Problem(path, "each key once", "it again", "Keep one of the two.", key=True) for path in marked.repeated_keys()
    ]
    problems += repeated_ids(ids, entries)
    try:
        registry = msgspec.convert(marked.value, kind)
        places: Sequence[int] = range(len(given))
    except msgspec.ValidationError as error:
        problems += shape_problems(marked.value, kind) or [Problem((), "a registry", str(error), "")]
        # What can be read is looked at all the same, so that everything is reported at once.
        readable = {place: read for place, one in enumerate(given) if (read := _convert(one, entry)) is not None}
        registry, places = kind(tuple(readable.values())), tuple(readable)
    return registry, [*problems, *check(registry, places, ids)]


def _entries(value: object, name: str) -> list[object]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _convert(value: object, kind: type[msgspec.Struct]) -> msgspec.Struct | None:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
