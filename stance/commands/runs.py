"""The MLflow runs of `stance train`: how they are known, found again, begun and described."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from stance.commands.job import CONSOLE, Job
from stance.errors import ConfigurationError, Pruned, TrackingError
from stance.settings import ModelSettings, NetworkSettings, TaggerSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from stance.tracking.run import TrackedRun

IDENTITY, FIT, GROUP, ENDED, PRUNED = "stance.identity", "stance.fit", "stance.group", "stance.ended", "pruned"
# Settings that say how a run is watched, found or kept, not what it computes.
_NOT_IDENTITY = ("ckpt", "name", "tracking", "runs", "force", "run", "sweep")
_NOT_FIT = (*_NOT_IDENTITY, "baselines", "probes", "resamples")


@dataclass(frozen=True)
class SweepChild:
    """A training that is one trial of a sweep: the model alone, nothing stored or registered.

    `parent` is the MLflow id of the sweep's run, `name` says what differs. `watch` hears (epoch, metrics) of the first
    fold and may raise Pruned.
    """

    parent: str
    sweep_id: str
    trial: int
    name: str
    watch: Callable[[int, dict[str, float]], None] | None = None

    @property
    def tags(self) -> dict[str, str]:
        """By which the sweep's children are found."""
        return {"stance.sweep_id": self.sweep_id, "stance.trial": str(self.trial)}


def identity(job: Job, model: ModelSettings) -> dict[str, str]:
    """Tags of what a run computes: of the whole job, of this model's fit alone, and of the data."""
    from stance.tracking.run import config_hash

    return {
        IDENTITY: config_hash(_whole(job, model)),
        FIT: config_hash(_fit(job, model)),
        "stance.data_digest": job.dataset.digest,
    }


def _whole(job: Job, model: ModelSettings) -> dict[str, Any]:
    """The configuration of the whole job, as far as it changes a number."""
    whole = {name: value for name, value in job.resolved(model).items() if name not in _NOT_IDENTITY}
    # Whether a bar is shown changes none.
    whole["trainer"] = {name: value for name, value in whole["trainer"].items() if name != "progress"}
    # Of what else is learned from, the content counts; where there is none, nothing does.
    del whole["sources"]
    if job.sources:
        whole["sources"] = {
            source.name: {**asdict(source.settings), "digest": source.dataset.digest} for source in job.sources
        }
    # What lies in a folder may be trained again under the same name.
    if job.encoder_weights is not None:
        whole["encoder"] = {**whole["encoder"], "weights": job.encoder_weights}
    return whole


def _fit(job: Job, model: ModelSettings) -> dict[str, Any]:
    """The configuration of this model's fit alone."""
    unused = () if isinstance(model, NetworkSettings | TaggerSettings) else ("encoder", "trainer", "sources")
    return {name: value for name, value in _whole(job, model).items() if name not in (*_NOT_FIT, *unused)}


def find_finished(client: "MlflowClient", job: Job, *, whole_job: bool) -> "Run | None":
    """The latest FINISHED run of this configuration, data, seed and code; `whole_job` with the same baselines too."""
    from stance.tracking.code_version import code_version

    tags = identity(job, job.composed.model)
    del tags[FIT if whole_job else IDENTITY]
    wanted = {**tags, "stance.code_version": code_version()}
    found = _search(client, job, wanted, "attributes.status = 'FINISHED'")
    return next((run for run in found if not (whole_job and GROUP in run.data.tags)), None)


def start(
    job: Job,
    client: "MlflowClient",
    model: ModelSettings,
    *,
    group: str | None = None,
    child: SweepChild | None = None,
) -> "TrackedRun":
    """A new run, or the one to be continued; `group` is the id of the run that a baseline stands beside.

    A sweep's child that was interrupted goes on by itself. Raises Pruned for one that was given up before, and
    TrackingError where ckpt=last finds nothing to continue.
    """
    from stance.tracking.starting import start_run

    settings, split = job.composed.settings, job.manifest.strategy
    resumed = None
    if child is not None:
        resumed = _unfinished(client, job, {**identity(job, model), **child.tags})
        if resumed is not None and resumed.data.tags.get(ENDED) == PRUNED:
            raise Pruned(f"run {resumed.info.run_id}")
    elif settings.ckpt is not None and group is None:
        resumed = _last(client, job, model)
    if resumed is not None:
        CONSOLE.print(f"Continuing run {resumed.info.run_id}.")
    name = f"{model.name}-{split}-{job.dataset.label_set.id}"
    return start_run(
        client,
        settings.tracking.experiment,
        child.name if child is not None else settings.name if settings.name and group is None else name,
        tags=_tags(job, model, group, child),
        run_id=None if resumed is None else resumed.info.run_id,
        parent_run_id=None if child is None else child.parent,
    )


def describe(run: "TrackedRun", job: Job, model: ModelSettings) -> None:
    """Log configuration, parameters, machine, data and split."""
    from stance.tracking.names import flatten
    from stance.tracking.results import log_lineage

    resolved = job.resolved(model)
    run.log_config(resolved)
    # All of the fit's, defaults too: what one run lacks cannot be filtered, sorted or drawn beside the others.
    run.log_params(flatten(_fit(job, model)))
    # Tags, since a continued run may find itself on other hardware, and a parameter cannot change.
    for name, value in _machine(job, model).items():
        run.set_tag(name, value)
    manifest = msgspec.json.format(msgspec.json.encode(job.manifest)).decode()
    log_lineage(run, job.dataset, job.composed.settings.data.export, manifest, job.leakage)
    if isinstance(model, NetworkSettings):
        for source in job.sources:
            run.log_dataset(
                source.dataset.digest, source.name, source.settings.data.export, len(source.dataset), "training"
            )
    report = job.loaded.report
    run.log_text("\n".join([*report.summary(), *map(str, report.problems)]) + "\n", "export-report.txt")


def _tags(job: Job, model: ModelSettings, group: str | None, child: SweepChild | None) -> dict[str, str]:
    tags = {
        **identity(job, model),
        "stance.model": model.name,
        "stance.split": job.manifest.strategy,
        "stance.seed": str(job.composed.settings.seed),
        "stance.label_set": job.dataset.label_set.id,
    }
    if group is not None:
        tags[GROUP] = group
    return tags if child is None else {**tags, **child.tags}


def _machine(job: Job, model: ModelSettings) -> dict[str, Any]:
    """What changes a network's numbers though nobody asked for it: precision and number of threads."""
    if not isinstance(model, NetworkSettings | TaggerSettings):
        return {}
    from stance.models.training import resolve_precision, set_threads

    trainer = job.composed.settings.trainer
    return {"stance.precision": resolve_precision(trainer.precision), "stance.threads": set_threads(trainer.threads)}


def _last(client: "MlflowClient", job: Job, model: ModelSettings) -> "Run":
    settings = job.composed.settings
    if settings.ckpt != "last":
        raise ConfigurationError(f"Expected ckpt=last, found ckpt={settings.ckpt}.")
    tags = identity(job, model)
    del tags[FIT]
    found = _unfinished(client, job, tags)
    if found is None:
        raise TrackingError(
            f"Expected an unfinished run of this configuration on this data in experiment "
            f"{settings.tracking.experiment!r}, found none. Leave ckpt=last out to start a new run."
        )
    return found


def _unfinished(client: "MlflowClient", job: Job, tags: Mapping[str, str]) -> "Run | None":
    found = _search(client, job, tags, "attributes.status != 'FINISHED'")
    return next((run for run in found if GROUP not in run.data.tags), None)


def _search(client: "MlflowClient", job: Job, tags: Mapping[str, str], status: str) -> "list[Run]":
    """Runs with these tags, the latest first."""
    from stance.tracking.guarding import tracking_errors

    wanted = " and ".join([*(f"tags.`{key}` = '{value}'" for key, value in tags.items()), status])
    with tracking_errors("runs that can be searched"):
        experiment = client.get_experiment_by_name(job.composed.settings.tracking.experiment)
        if experiment is None:
            return []
        return list(client.search_runs([experiment.experiment_id], wanted, order_by=["attributes.start_time DESC"]))
