"""Public data sets as records: each importer reads what its authors publish and yields the same typed records."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from stance.annotation.importers import ans, arabicstancex, issuepositions, mawqif, newsmtsc, unifiedfc
from stance.annotation.importers.source import Imported, Source
from stance.errors import ConfigurationError

_IMPORTERS: dict[str, ModuleType] = {
    "issuepositions": issuepositions,
    "mawqif": mawqif,
    "newsmtsc": newsmtsc,
    "arabicstancex": arabicstancex,
    "unifiedfc": unifiedfc,
    "ans": ans,
}
NAMES = tuple(_IMPORTERS)


def read_source(name: str, folder: Path) -> tuple[Imported, Source]:
    """Read the data set `name` from `folder`: what was found, and how many rows were read and what is wrong with them.

    Raises ConfigurationError for another name, DataError for a file that is missing or none of its kind.
    """
    if name not in _IMPORTERS:
        raise ConfigurationError(f"Expected a data set among {', '.join(NAMES)}, found {name!r}.")
    importer = _IMPORTERS[name]
    source = Source(folder, importer.HOLDS)
    read: Callable[[Source], Imported] = importer.read
    return read(source), source
