"""Public data sets as records: each importer reads what its authors publish and yields the same typed records."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stance.annotation.importers import issuepositions
from stance.annotation.records import Document
from stance.annotation.registry import TargetRegistry
from stance.errors import ConfigurationError


@dataclass(frozen=True)
class Imported:
    """What an importer found: its documents, its targets, and the id of the label set its stances belong to."""

    documents: list[Document]
    targets: TargetRegistry
    label_set: str


_IMPORTERS: dict[str, Callable[[Path], tuple[list[Document], TargetRegistry, str]]] = {
    "issuepositions": issuepositions.read,
}
NAMES = tuple(_IMPORTERS)


def read_source(name: str, source: Path) -> Imported:
    """Read the data set `name` from the folder `source`; raises ConfigurationError or DataError."""
    if name not in _IMPORTERS:
        raise ConfigurationError(f"Expected a data set among {', '.join(NAMES)}, found {name!r}.")
    return Imported(*_IMPORTERS[name](source))
