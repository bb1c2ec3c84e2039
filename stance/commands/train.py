"""`stance train`: the configured model and its baselines on the same split, tracked, compared, the network stored."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from stance.commands.composition import Composed
from stance.commands.job import CONSOLE, Job, prepare
from stance.commands.probing import Probing, check_probes
from stance.commands.runs import ENDED, PRUNED, SweepChild, describe, find_finished, start
from stance.data.cache import sharing
from stance.data.splits import Fold, Manifest
from stance.errors import ConfigurationError, Pruned
from stance.evaluation.comparison import PRIOR, REFERENCE, Row, render_rich, side_by_side
from stance.evaluation.validity import AS_IT_IS
from stance.models.calibrating import Calibration
from stance.models.catalogue import build, default_settings
from stance.models.crossfit import NETWORK, CrossFit, FoldBuilder, crossfit
from stance.settings import ModelSettings, NetworkSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.run import TrackedRun

CALIBRATION = "calibration.json"
Epochs = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class Trained:
    """The run of the model and its metrics; `found` where it was there already and nothing was run."""

    run_id: str
    metrics: dict[str, float]
    found: bool = False


@sharing()
def train(composed: Composed, child: SweepChild | None = None) -> Trained:
    """Run the job and print its table; raises StanceError for what a user can mend, KeyboardInterrupt on Ctrl-C.

    As a sweep's child the model alone is run, and nothing printed; it raises Pruned where the child's watch does.
    """
    from stance.tracking.starting import close_orphans
    from stance.tracking.store import connect

    settings = composed.settings
    for name in settings.baselines:
        default_settings(name)
    check_probes(settings.probes)
    job = prepare(composed)
    client = connect(settings.tracking.uri)
    for run_id in close_orphans(client, [settings.tracking.experiment]):
        CONSOLE.print(f"Run {run_id} of a dead process was closed as KILLED.")
    if not settings.force and settings.ckpt is None:
        found = find_finished(client, job, whole_job=child is None)
        if found is not None:
            return _found(client, found.info.run_id, dict(found.data.metrics), quiet=child is not None)
    return run_job(job, client) if child is None else _run_child(job, client, child)


@sharing()
def refit(composed: Composed, run_id: str) -> str | None:
    """Train the network of the finished run `run_id` on everything that may be learned from, and register it.

    It is trained for the median epochs of that run's folds and becomes a version under that run. Returns the version;
    None where the label set is not the registered model's. Raises ConfigurationError for a model that is no network.
    """
    from stance.tracking.run import TrackedRun
    from stance.tracking.store import connect

    if not isinstance(composed.model, NetworkSettings):
        raise ConfigurationError(f"Expected a network to train on everything, found {composed.model.name!r}.")
    job = prepare(composed)
    client = connect(composed.settings.tracking.uri)
    run = TrackedRun(client, run_id)
    calibration = msgspec.json.decode(run.read_text(CALIBRATION), type=Calibration)
    folder = Path(composed.settings.runs) / run.id
    _final_fit(job, calibration, folder)
    version = _register(run, job, folder, client.get_run(run_id).data.metrics["f_avg"])
    shutil.rmtree(folder, ignore_errors=True)
    return version


def _found(client: "MlflowClient", run_id: str, metrics: dict[str, float], *, quiet: bool) -> Trained:
    if not quiet:
        from stance.tracking.run import TrackedRun

        CONSOLE.print(f"Run {run_id} has this configuration, data, seed and code, and is finished:", soft_wrap=True)
        CONSOLE.print(TrackedRun(client, run_id).read_text("comparison.md"), soft_wrap=True, markup=False)
        CONSOLE.print("Run it again with force=true.")
    return Trained(run_id, metrics, found=True)


def run_job(job: Job, client: "MlflowClient", tags: Mapping[str, str] | None = None) -> Trained:
    """Train, track and show the model and its baselines; `tags` are the model's run's own beside the usual ones.

    The model goes first, so that a long training starts at once; the baselines after it, on the same folds.
    """
    from stance.tracking.results import log_comparison

    settings, model = job.composed.settings, job.composed.model
    with start(job, client, model) as run:
        describe(run, job, model)
        for name, value in (tags or {}).items():
            run.set_tag(name, value)
        folder = Path(settings.runs) / run.id
        probing = Probing(job, folder)
        fits = {model.name: _crossfit(job, model, folder=folder, run=run, probing=probing)}
        for name in settings.baselines:
            if name != model.name:
                fits[name] = _baseline(job, client, run.id, default_settings(name), fits, probing)
        rows = _table(job, fits)
        fit = fits[model.name]
        metrics = _log(run, job, fits, model.name, probing)
        log_comparison(run, rows)
        if isinstance(model, NetworkSettings) and settings.tracking.register:
            _store(run, job, fit, folder, metrics["f_avg"])
    # Only a finished run has nothing left to resume.
    shutil.rmtree(folder, ignore_errors=True)
    # A table keeps its columns whole where the terminal is narrow, or no terminal at all.
    Console(width=max(CONSOLE.width, 132), highlight=False).print(render_rich(rows))
    CONSOLE.print(f"Runs, figures and errors: experiment {settings.tracking.experiment!r} of the MLflow UI (make ui).")
    return Trained(run.id, metrics)


def _run_child(job: Job, client: "MlflowClient", child: SweepChild) -> Trained:
    """The model alone; the actor prior is worked out in passing, as the yardstick of skill."""
    from stance.tracking.results import log_comparison, log_results

    settings, model = job.composed.settings, job.composed.model
    with start(job, client, model, child=child) as run:
        describe(run, job, model)
        folder = Path(settings.runs) / run.id
        try:
            fit = _crossfit(job, model, folder=folder, run=run, watch=child.watch)
        except Pruned:
            run.set_tag(ENDED, PRUNED)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        prior = _prior(job, {model.name: fit})
        metrics = log_results(run, fit, job.dataset, job.facts, prior=prior.calibrated, resamples=settings.resamples)
        _log_calibration(run, fit)
        log_comparison(run, _table(job, {PRIOR: prior, model.name: fit}), pictures=False)
    shutil.rmtree(folder, ignore_errors=True)
    return Trained(run.id, metrics)


def _crossfit(
    job: Job,
    model: ModelSettings,
    *,
    folder: Path | None = None,
    run: "TrackedRun | None" = None,
    watch: Epochs | None = None,
    probing: Probing | None = None,
) -> CrossFit:
    def make(checkpoints: Path | None, report: Epochs):
        built = build(model, job.workshop, folder=checkpoints, report=report)
        return built if probing is None else probing.around(built, checkpoints)

    builder = FoldBuilder(make, model.name, folder, None if run is None else partial(_report, run, job.manifest, watch))
    return crossfit(builder, job.dataset, job.manifest, dict(job.grouping.clusters))


def _report(
    run: "TrackedRun", manifest: Manifest, watch: Epochs | None, fold: Fold, epoch: int, metrics: dict[str, float]
) -> None:
    # One line per fold in the panel of each metric.
    folds = len(manifest.folds)
    suffix = "" if folds == 1 else f"/repeat-{fold.repeat}-fold-{fold.fold}"
    run.log_metrics({f"epoch/{name.replace('/', '_')}{suffix}": value for name, value in metrics.items()}, step=epoch)
    number = fold.repeat * (1 + max(one.fold for one in manifest.folds)) + fold.fold + 1
    CONSOLE.print(f"Fit {number} of {folds}, {_epoch_line(epoch, metrics)}", soft_wrap=True)
    if watch is not None and number == 1:
        watch(epoch, metrics)


def _epoch_line(epoch: int, metrics: dict[str, float]) -> str:
    shown = ", ".join(f"{name} {value:.3f}" for name, value in sorted(metrics.items()))
    return f"epoch {epoch + 1}: {shown}"


def _baseline(
    job: Job, client: "MlflowClient", group: str, model: ModelSettings, fits: dict[str, CrossFit], probing: Probing
) -> CrossFit:
    with start(job, client, model, group=group) as run:
        describe(run, job, model)
        fit = _crossfit(job, model, probing=probing)
        _log(run, job, {**fits, model.name: fit}, model.name, probing)
    return fit


def _log(run: "TrackedRun", job: Job, fits: dict[str, CrossFit], model: str, probing: Probing) -> dict[str, float]:
    """All that one of `fits` shows by itself; returns its metrics."""
    from stance.tracking.results import log_figures, log_probes, log_results

    fit, resamples = fits[model], job.composed.settings.resamples
    prior = _prior(job, fits).calibrated
    metrics = log_results(run, fit, job.dataset, job.facts, prior=prior, resamples=resamples)
    log_figures(run, fit.calibrated, uncalibrated=fit.uncalibrated, resamples=resamples)
    compared = [name for name in fits if name in (model, REFERENCE)]
    answers = {name: {AS_IT_IS: fits[name].calibrated, **probing.answers(name)} for name in compared}
    log_probes(run, answers, model, reference=REFERENCE, resamples=resamples)
    _log_calibration(run, fit)
    return metrics


def _prior(job: Job, fits: dict[str, CrossFit]) -> CrossFit:
    """The yardstick of skill: one of `fits`, or worked out in passing, so that every run has the same metrics."""
    return fits[PRIOR] if PRIOR in fits else _crossfit(job, default_settings(PRIOR))


def _log_calibration(run: "TrackedRun", fit: CrossFit) -> None:
    run.log_text(msgspec.json.format(msgspec.json.encode(fit.calibration)).decode(), CALIBRATION)


def _table(job: Job, fits: dict[str, CrossFit]) -> list[Row]:
    """Baselines first, each model's difference taken to TF-IDF + logistic regression where that is among them."""
    ordered = sorted(fits, key=lambda name: name == job.composed.model.name)
    reference = REFERENCE if REFERENCE in fits and len(fits) > 1 else None
    scoreds = [fits[name].calibrated for name in ordered]
    return side_by_side(scoreds, reference=reference, resamples=job.composed.settings.resamples)


def _store(run: "TrackedRun", job: Job, fit: CrossFit, folder: Path, f_avg: float) -> None:
    """Store the network: of one fold the one that was measured, of several one trained on everything as long."""
    if len(job.manifest.folds) > 1 and not (folder / NETWORK).exists():
        _final_fit(job, fit.calibration, folder)
    _register(run, job, folder, f_avg)


def _register(run: "TrackedRun", job: Job, folder: Path, f_avg: float) -> str | None:
    from stance.labels import MAIN
    from stance.models.predictor import add_registries
    from stance.tracking.registry import MODEL, log_network

    settings = job.composed.settings
    add_registries(folder / NETWORK, targets=Path(settings.target.registry), actors=settings.data.actors)
    logged = log_network(
        run,
        folder / NETWORK,
        example=[_input_example(job)],
        digest=job.dataset.digest,
        f_avg=f_avg,
        registered_name=MODEL if job.dataset.label_set == MAIN else None,
    )
    if logged.version is not None:
        alias = ", the champion" if logged.is_champion else ""
        CONSOLE.print(f"Registered as {MODEL} version {logged.version}{alias}.")
    return logged.version


def _final_fit(job: Job, calibration: Calibration, folder: Path) -> None:
    """Train on all that may be learned from, and leave the network in `folder`, whole or not at all."""
    from stance.models.actor_network import ActorNetworkModel

    work = job.workshop
    model_settings = job.composed.model
    if not isinstance(model_settings, NetworkSettings):
        raise ConfigurationError(f"Only a network is stored, found {model_settings.name!r}.")
    CONSOLE.print(f"Training on all {len(job.learnable)} examples for {calibration.epochs} epochs, the folds' median.")

    def report(epoch: int, metrics: dict[str, float]) -> None:
        CONSOLE.print(f"Final fit, {_epoch_line(epoch, metrics)}", soft_wrap=True)

    model = ActorNetworkModel(
        work.network_plan(model_settings),
        work.labels,
        work.targets,
        folder=folder / "final",
        report=report,
        epochs=calibration.epochs,
    )
    model.fit(job.learnable, job.dataset.take(()))
    model.calibration = calibration
    part = folder / f"{NETWORK}.part"
    model.save(part)
    part.rename(folder / NETWORK)


def _input_example(job: Job) -> dict[str, Any]:
    """A made-up article around the first actor and target: no text of the data leaves through the model."""
    example = job.dataset.examples[0]
    text = f"{example.actor}: …"
    actors = [{"actor": example.actor, "mentions": [[0, len(example.actor)]]}]
    return {"document_id": "example", "text": text, "target": example.target, "actors": actors}
