"""Registries of actors and targets: YAML files that name who can hold a stance, and on what.

How a name in a text leads to an actor, as the finder reads these classes:

- `name` and `names` are full names: each counts wherever it stands. The longest name wins where names overlap, and a
  longer one that means something else (`not_names`, an outlet's name) wins just so, and is no mention.
- `short` names (a surname, "the ministry") count only in a document that also names the actor in full; where several
  actors share one, the actor named last before it. An office counts as named where its holder is, and the reverse.
- `if_acting` names (a country, its capital, its troops) count only where what they name acts or speaks.
- `spellings` of the registry multiply the names: `ActorRegistry.spelled` gives a name with all its spellings.
- An **office** is an actor of kind `office`, whose names are its titles ("the Iraqi prime minister"). Persons hold it
  by its id, from and until a day. A mention of the office counts to whoever held it on the document's date:
  `ActorRegistry.holders(office, date)`. Without a date, a holder on it, or with several, it stays with the office.
- A mention of a person with `spokesperson_of` counts to that body. `speaks_for` changes no mention: it tells to whom a
  person's or ministry's words count in the end.
- Two actors may share a name where their own `since` and `until` never meet (a government before and after its fall):
  the one that was there on the document's date, without a date the later one.

The first part of an id, before the first dot, is the country or world it belongs to.
"""

import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import yaml
from msgspec import Meta

from stance.errors import DataError

Registry = TypeVar("Registry")

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$")]
Text = Annotated[str, Meta(pattern=r"\S")]
# One text per language, by its code: ar, en.
Texts = Annotated[dict[Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")], Text], Meta(min_length=1)]


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
    OUTLET = "outlet"


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office held from the day `since` to the day before `until`.

    `office` is the id of an actor of kind `office`, or a title in words where the registry has no such actor. None as
    `since` is unknown, None as `until` unknown or still held: either is open.
    """

    office: Text
    since: datetime.date | None = None
    until: datetime.date | None = None

    def on(self, day: datetime.date) -> bool:
        """Whether the office was held on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One actor: `name` is canonical per language; the module says when which of its names counts.

    `held` are the offices of a person. `shared` says of an office that several hold it at once. `since` and `until`
    say when a body began and ceased to be.
    """

    id: Id
    kind: ActorKind
    name: Texts
    names: tuple[Text, ...] = ()
    short: tuple[Text, ...] = ()
    if_acting: tuple[Text, ...] = ()
    not_names: tuple[Text, ...] = ()
    speaks_for: Id | None = None
    spokesperson_of: Id | None = None
    held: tuple[Office, ...] = ()
    shared: bool = False
    since: datetime.date | None = None
    until: datetime.date | None = None


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

    `spellings` are groups of strings that stand for each other in names (أمريك, أميرك). `not_after` are words that,
    right before a name, make another's of it (a university, an airport), `not_names` whole names that hold an actor's
    and are none. `as_of` is the last day that the file knows of.
    """

    actors: tuple[Actor, ...]
    version: str = "0"
    world: str | None = None
    as_of: datetime.date | None = None
    spellings: tuple[Annotated[tuple[Text, ...], Meta(min_length=2)], ...] = ()
    not_after: tuple[Text, ...] = ()
    not_names: tuple[Text, ...] = ()

    def ids(self) -> frozenset[str]:
        """Every actor id."""
        return frozenset(actor.id for actor in self.actors)

    def holders(self, office: str, day: datetime.date) -> tuple[Actor, ...]:
        """Who held the office with this id on `day`, in the order of the file."""
        return tuple(
            actor for actor in self.actors if any(term.office == office and term.on(day) for term in actor.held)
        )

    def spelled(self, name: str) -> tuple[str, ...]:
        """`name` with every spelling of what is in it, itself first."""
        found = {name: None}
        for group in self.spellings:
            for known in tuple(found):
                here = next((spelling for spelling in group if spelling in known), None)
                if here is not None:
                    found.update(dict.fromkeys(known.replace(here, other) for other in group))
        return tuple(found)


class TargetRegistry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All targets that a data set can speak of."""

    targets: tuple[Target, ...]
    version: str = "0"

    def ids(self) -> frozenset[str]:
        """Every target id."""
        return frozenset(target.id for target in self.targets)

    def describe(self, target: str, language: str | None = None) -> str:
        """The wording of `target`, or its id where the registry does not know it."""
        found = next((entry for entry in self.targets if entry.id == target), None)
        return found.describe(language) if found else target


def read_actors(path: str | Path) -> ActorRegistry:
    """Read an actor registry; raises DataError naming file and place."""
    registry = _read(Path(path), ActorRegistry)
    _refuse_duplicates(path, [actor.id for actor in registry.actors])
    unknown = {actor.speaks_for for actor in registry.actors if actor.speaks_for} - registry.ids()
    if unknown:
        raise DataError(f"{path}: speaks_for names actors that are not in the file: {', '.join(sorted(unknown))}.")
    return registry


def read_targets(path: str | Path) -> TargetRegistry:
    """Read a target registry; raises DataError naming file and place."""
    registry = _read(Path(path), TargetRegistry)
    _refuse_duplicates(path, [target.id for target in registry.targets])
    return registry


def _read(path: Path, kind: type[Registry]) -> Registry:
    try:
        return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), kind)
    except FileNotFoundError:
        raise DataError(f"{path}: no such registry file. Name one that exists.") from None
    except OSError as error:
        raise DataError(f"{path}: expected a registry file, found none to read: {error.strerror}.") from None
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a valid registry: {error}") from None


def _refuse_duplicates(path: str | Path, ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise DataError(f"{path}: every id must appear once, found more often: {', '.join(twice)}.")
