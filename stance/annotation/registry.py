"""Registries of actors and targets: YAML files that name who can hold a stance, and on what."""

import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from stance.errors import DataError

Registry = TypeVar("Registry")


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office held from `since` until `until` (None: unknown or still held)."""

    office: str
    since: datetime.date | None = None
    until: datetime.date | None = None


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One actor: `name` is canonical per language, `names` are the other names met in text."""

    id: str
    kind: str
    name: dict[str, str]
    names: tuple[str, ...] = ()
    speaks_for: str | None = None
    held: tuple[Office, ...] = ()


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a stance is about; `poles` say, per side of the label set and language, what an actor on it wants."""

    id: str
    wording: dict[str, str]
    poles: dict[str, dict[str, str]]
    host: str | None = None
    force: str | None = None

    def describe(self, language: str | None) -> str:
        """Wording and poles on one line, in `language` where the registry has it, else in its first language."""
        parts = [self.wording, *self.poles.values()]
        return " | ".join(texts.get(language or "", next(iter(texts.values()))) for texts in parts)


class ActorRegistry(msgspec.Struct, frozen=True):
    """All actors of one world."""

    actors: tuple[Actor, ...]
    version: str = "0"
    world: str | None = None

    def ids(self) -> frozenset[str]:
        """Every actor id."""
        return frozenset(actor.id for actor in self.actors)


class TargetRegistry(msgspec.Struct, frozen=True):
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
