"""`stance train`: the configured model and its baselines on the same split, tracked, compared, the network stored."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from stance.commands.composition import Composed
from stance.commands.job import CONSOLE, Job, prepare
from stance.data.splits import Fold, Manifest
from stance.errors import ConfigurationError, TrackingError
from stance.evaluation.comparison import Row, render_rich, side_by_side
from stance.models.catalogue import build, default_settings
from stance.models.crossfit import NETWORK, CrossFit, FoldBuilder, crossfit
from stance.settings import ModelSettings, NetworkSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.run import TrackedRun

PRIOR, REFERENCE = "actor_prior", "tfidf_logreg"
Epochs = Callable[[int, dict[str, float]], None]


def train(composed: Composed) -> list[Row]:
    """Run the job and print its table; raises StanceError for what a user can mend, KeyboardInterrupt on Ctrl-C."""
    from stance.tracking.starting import close_orphans
    from stance.tracking.store import connect

    settings = composed.settings
    for name in settings.baselines:
        default_settings(name)
    job = prepare(composed)
    client = connect(settings.tracking.uri)
    for run_id in close_orphans(client, [settings.tracking.experiment]):
        CONSOLE.print(f"Run {run_id} of a dead process was closed as KILLED.")
    rows = _run(job, client)
    # A table keeps its columns whole where the terminal is narrow, or no terminal at all.
    Console(width=max(CONSOLE.width, 132), highlight=False).print(render_rich(rows))
    CONSOLE.print(f"Runs, figures and errors: experiment {settings.tracking.experiment!r} of the MLflow UI (make ui).")
    return rows


def _run(job: Job, client: "MlflowClient") -> list[Row]:
    """The model first, so that a long training starts at once; the baselines after it, on the same folds."""
    from stance.tracking.results import log_comparison, log_results

    settings, model = job.composed.settings, job.composed.model
    with _start(job, client, model) as run:
        _describe(run, job, model)
        folder = Path(settings.runs) / run.id
        fits = {model.name: _crossfit(job, model, folder=folder, run=run)}
        for name in settings.baselines:
            if name != model.name:
                fits[name] = _baseline(job, client, run.id, default_settings(name), fits)
        rows = _table(job, fits)
        prior = fits[PRIOR].calibrated if PRIOR in fits else None
        log_results(run, fits[model.name], job.dataset, prior=prior, resamples=settings.resamples)
        log_comparison(run, rows)
        if isinstance(model, NetworkSettings) and settings.tracking.register:
            _store(run, job, fits[model.name], folder)
    # Only a finished run has nothing left to resume.
    shutil.rmtree(folder, ignore_errors=True)
    return rows


def _start(job: Job, client: "MlflowClient", model: ModelSettings, *, group: str | None = None) -> "TrackedRun":
    """A run that is known by its configuration and data; `group` is the id of the run that a baseline stands beside."""
    from stance.tracking.starting import start_run

    settings, split = job.composed.settings, job.manifest.strategy
    identity = job.identity()
    resumed = None
    if settings.ckpt is not None and group is None:
        resumed = _resumable(client, job, identity)
        CONSOLE.print(f"Continuing run {resumed}.")
    name = f"{model.name}-{split}-{job.dataset.label_set.id}"
    tags = {**identity, "stance.model": model.name, "stance.split": split, "stance.seed": str(settings.seed)}
    return start_run(
        client,
        settings.tracking.experiment,
        settings.name if settings.name and group is None else name,
        tags=tags if group is None else {**tags, "stance.group": group},
        run_id=resumed,
    )


def _resumable(client: "MlflowClient", job: Job, identity: dict[str, str]) -> str:
    settings = job.composed.settings
    if settings.ckpt != "last":
        raise ConfigurationError(f"Expected ckpt=last, found ckpt={settings.ckpt}.")
    experiment = client.get_experiment_by_name(settings.tracking.experiment)
    wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in identity.items())
    ids = [] if experiment is None else [experiment.experiment_id]
    for run in client.search_runs(ids, wanted, order_by=["attributes.start_time DESC"]) if ids else []:
        if run.info.status != "FINISHED" and "stance.group" not in run.data.tags:
            return str(run.info.run_id)
    raise TrackingError(
        f"Expected an unfinished run of this configuration on this data in experiment "
        f"{settings.tracking.experiment!r}, found none. Leave ckpt=last out to start a new run."
    )


def _describe(run: "TrackedRun", job: Job, model: ModelSettings) -> None:
    from stance.tracking.names import differing
    from stance.tracking.results import log_lineage

    resolved = job.resolved(model)
    run.log_config(resolved)
    run.log_params({"model.name": model.name, **differing(resolved, job.composed.defaults)})
    # Tags, since a continued run may find itself on other hardware, and a parameter cannot change.
    for name, value in _machine(job, model).items():
        run.set_tag(name, value)
    manifest = msgspec.json.format(msgspec.json.encode(job.manifest)).decode()
    log_lineage(run, job.dataset, job.composed.settings.data.export, manifest, job.leakage)
    report = job.loaded.report
    run.log_text("\n".join([*report.summary(), *map(str, report.problems)]) + "\n", "export-report.txt")


def _machine(job: Job, model: ModelSettings) -> dict[str, Any]:
    """What changes a network's numbers though nobody asked for it: precision and number of threads."""
    if not isinstance(model, NetworkSettings):
        return {}
    from stance.models.training import resolve_precision, set_threads

    trainer = job.composed.settings.trainer
    return {"stance.precision": resolve_precision(trainer.precision), "stance.threads": set_threads(trainer.threads)}


def _crossfit(
    job: Job, model: ModelSettings, *, folder: Path | None = None, run: "TrackedRun | None" = None
) -> CrossFit:
    def make(checkpoints: Path | None, report: Epochs):
        return build(model, job.workshop, folder=checkpoints, report=report)

    builder = FoldBuilder(make, model.name, folder, None if run is None else partial(_report, run, job.manifest))
    return crossfit(builder, job.dataset, job.manifest, dict(job.grouping.clusters))


def _report(run: "TrackedRun", manifest: Manifest, fold: Fold, epoch: int, metrics: dict[str, float]) -> None:
    # One line per fold in the panel of each metric.
    folds = len(manifest.folds)
    suffix = "" if folds == 1 else f"/repeat-{fold.repeat}-fold-{fold.fold}"
    run.log_metrics({f"epoch/{name.replace('/', '_')}{suffix}": value for name, value in metrics.items()}, step=epoch)
    shown = ", ".join(f"{name} {value:.3f}" for name, value in sorted(metrics.items()))
    number = fold.repeat * (1 + max(one.fold for one in manifest.folds)) + fold.fold + 1
    CONSOLE.print(f"Fit {number} of {folds}, epoch {epoch + 1}: {shown}", soft_wrap=True)


def _baseline(
    job: Job, client: "MlflowClient", group: str, model: ModelSettings, fits: dict[str, CrossFit]
) -> CrossFit:
    from stance.tracking.results import log_results

    with _start(job, client, model, group=group) as run:
        _describe(run, job, model)
        fit = _crossfit(job, model)
        prior = {**fits, model.name: fit}.get(PRIOR)
        resamples = job.composed.settings.resamples
        log_results(run, fit, job.dataset, prior=prior.calibrated if prior else None, resamples=resamples)
    return fit


def _table(job: Job, fits: dict[str, CrossFit]) -> list[Row]:
    """Baselines first, each model's difference taken to TF-IDF + logistic regression where that is among them."""
    ordered = sorted(fits, key=lambda name: name == job.composed.model.name)
    reference = REFERENCE if REFERENCE in fits and len(fits) > 1 else None
    scoreds = [fits[name].calibrated for name in ordered]
    return side_by_side(scoreds, reference=reference, resamples=job.composed.settings.resamples)


def _store(run: "TrackedRun", job: Job, fit: CrossFit, folder: Path) -> None:
    """Store the network: of one fold the one that was measured, of several one trained on everything as long."""
    from stance.labels import MAIN
    from stance.models.predictor import add_registries
    from stance.tracking.registry import MODEL, log_network

    settings = job.composed.settings
    network = folder / NETWORK
    if len(job.manifest.folds) > 1 and not network.exists():
        CONSOLE.print(
            f"Training on all {len(job.dataset)} examples for {fit.calibration.epochs} epochs, the folds' median."
        )
        _final_fit(job, fit, folder, network)
    add_registries(network, targets=Path(settings.target.registry), actors=settings.data.actors)
    logged = log_network(
        run,
        network,
        example=[_input_example(job)],
        digest=job.dataset.digest,
        f_avg=next(row.f_avg.estimate for row in _table(job, {job.composed.model.name: fit})),
        registered_name=MODEL if job.dataset.label_set == MAIN else None,
    )
    if logged.version is not None:
        alias = ", the champion" if logged.is_champion else ""
        CONSOLE.print(f"Registered as {MODEL} version {logged.version}{alias}.")


def _final_fit(job: Job, fit: CrossFit, folder: Path, network: Path) -> None:
    from stance.models.actor_network import ActorNetworkModel, NetworkPlan

    settings, work = job.composed.settings, job.workshop
    model_settings = job.composed.model
    if not isinstance(model_settings, NetworkSettings):
        raise ConfigurationError(f"Only a network is stored, found {model_settings.name!r}.")
    plan = NetworkPlan(model_settings, work.encoder, work.data, work.trainer, settings.seed)
    model = ActorNetworkModel(plan, work.labels, work.targets, folder=folder / "final", epochs=fit.calibration.epochs)
    model.fit(job.dataset, job.dataset.take(()))
    model.calibration = fit.calibration
    part = network.with_suffix(".part")
    model.save(part)
    part.rename(network)


def _input_example(job: Job) -> dict[str, Any]:
    """A made-up article around the first actor and target: no text of the data leaves through the model."""
    example = job.dataset.examples[0]
    text = f"{example.actor}: …"
    actors = [{"actor": example.actor, "mentions": [[0, len(example.actor)]]}]
    return {"document_id": "example", "text": text, "target": example.target, "actors": actors}
