"""From the configured files to a data set."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stance.annotation.export import read_export
from stance.annotation.importers import NAMES
from stance.annotation.problems import Report, refuse
from stance.annotation.registry import ActorRegistry, TargetRegistry, read_actors, read_targets
from stance.data.cache import remembered
from stance.data.examples import Dataset, build_dataset
from stance.errors import ConfigurationError, DataError
from stance.labels import label_set
from stance.settings import DataSettings, TargetSettings


@dataclass(frozen=True)
class Loaded:
    """A data set, the targets it speaks of, what its export had wrong, and the registry of its actors, if any."""

    dataset: Dataset
    targets: TargetRegistry
    report: Report
    actors: ActorRegistry | None = None


def load(data: DataSettings, target: TargetSettings) -> Loaded:
    """Read export and registries; raises DataError or ConfigurationError, in strict mode for any problem.

    Trainings of one process that ask for the same content share what was read.
    """
    files = [_digest(path) for path in (data.export, target.registry, data.actors) if path is not None]
    if None in files:
        return _load(data, target)
    asked = [data.export, data.label_set, data.strict, target.only]
    return remembered("loaded", [files, asked], lambda: _load(data, target))


def _load(data: DataSettings, target: TargetSettings) -> Loaded:
    _check_imported(data.export)
    labels = label_set(data.label_set)
    targets = read_targets(target.registry)
    unknown = sorted(set(target.only or ()) - targets.ids())
    if unknown:
        there = ", ".join(sorted(targets.ids()))
        raise ConfigurationError(f"Expected target.only among {there}, found {', '.join(unknown)}.")
    actors = read_actors(data.actors) if data.actors else None
    known = None if actors is None else actors.ids()
    report = Report()
    documents = read_export(data.export, label_set=labels, actors=known, targets=targets.ids(), report=report)
    dataset = build_dataset(documents, labels, target.only)
    if data.strict:
        refuse(report)
    if not len(dataset):
        raise DataError(
            f"{Path(data.export)}: expected at least one labelled actor, found none in {report.tasks} tasks. "
            f"Run `stance label check {data.export}` to see why."
        )
    return Loaded(dataset, targets, report, actors)


def _check_imported(export: str) -> None:
    """Say how a public data set is imported that is not there yet."""
    name = Path(export).name.partition(".")[0]
    if name in NAMES and not Path(export).exists():
        made = Path(export).with_name(f"{name}.json")
        raise DataError(f"{export}: no such file. Make it: stance import {name} FOLDER --out {made}")


def _digest(path: str) -> str | None:
    """Of a file's content; None for what is no file or cannot be read, which the reader then says in its own words.

    A file that was not written to since has the digest that it had.
    """
    try:
        if not Path(path).is_file():
            return None
        state = Path(path).stat()
        as_it_is = [str(Path(path).absolute()), state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns]
        return remembered("digest", as_it_is, lambda: _hashed(path), most=16)
    except OSError:
        return None


def _hashed(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
