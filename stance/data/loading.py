"""From the configured files to a data set."""

from dataclasses import dataclass
from pathlib import Path

from stance.annotation.export import read_export
from stance.annotation.problems import Report, refuse
from stance.annotation.registry import TargetRegistry, read_actors, read_targets
from stance.data.examples import Dataset, build_dataset
from stance.errors import ConfigurationError, DataError
from stance.labels import label_set
from stance.settings import DataSettings, TargetSettings


@dataclass(frozen=True)
class Loaded:
    """A data set, the targets it speaks of, and what its export had wrong."""

    dataset: Dataset
    targets: TargetRegistry
    report: Report


def load(data: DataSettings, target: TargetSettings) -> Loaded:
    """Read export and registries; raises DataError or ConfigurationError, in strict mode for any problem."""
    labels = label_set(data.label_set)
    targets = read_targets(target.registry)
    unknown = sorted(set(target.only or ()) - targets.ids())
    if unknown:
        known = ", ".join(sorted(targets.ids()))
        raise ConfigurationError(f"Expected target.only among {known}, found {', '.join(unknown)}.")
    actors = read_actors(data.actors).ids() if data.actors else None
    report = Report()
    documents = read_export(data.export, label_set=labels, actors=actors, targets=targets.ids(), report=report)
    dataset = build_dataset(documents, labels, target.only)
    if data.strict:
        refuse(report)
    if not len(dataset):
        raise DataError(
            f"{Path(data.export)}: expected at least one labelled actor, found none in {report.tasks} tasks. "
            f"Run `stance label check {data.export}` to see why."
        )
    return Loaded(dataset, targets, report)
