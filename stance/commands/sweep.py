"""`stance train -m`: many trainings from one line, recorded as they end, continued by the same line, the best refitted.

The record (stance.tracking.study) says what to try; a launcher of Hydra's runs it (stance.commands.launching).
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from rich.console import Console

from stance.commands.job import CONSOLE
from stance.commands.launching import Outcome, launch, trial_log
from stance.commands.space import shown_axis
from stance.commands.sweep_plan import Plan
from stance.errors import ConfigurationError, StanceError, TrackingError
from stance.evaluation.comparison import rich_table
from stance.evaluation.scorecard import HEADLINES
from stance.evaluation.trials import Results, State, Trial, best, label, settings_table
from stance.settings import NetworkSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.run import TrackedRun
    from stance.tracking.study import Study
    from stance.tracking.sweep_run import Heading

REFITTED, VERSION, VERDICT = "stance.refitted", "stance.version", "stance.verdict"
_SHOWN_SETTINGS = 20
_PAUSE_SECONDS = 2
# A killed process may take a moment to be gone.
_LOOKS_AFTER_AN_INTERRUPT = 10


def sweep(plan: Plan) -> None:
    """Run what is missing of a sweep and show how it ended; raises StanceError, and KeyboardInterrupt on Ctrl-C."""
    from stance.tracking.starting import close_orphans
    from stance.tracking.store import connect, ensure_experiment
    from stance.tracking.sweep_run import start_sweep

    settings = plan.first.settings
    # The database is migrated and the experiment made before any trial of another process could try to.
    client = connect(settings.tracking.uri)
    ensure_experiment(client, settings.tracking.experiment)
    close_orphans(client, [settings.tracking.experiment])
    plan, study = _record(plan, client)
    known = _known(plan, client, study)
    if known is not None and known.info.status == "FINISHED" and _is_done(plan, study):
        CONSOLE.print(f"Sweep {plan.id} is finished; more trials continue it: sweep.trials=…")
        _show(plan, study.results(), known.info.run_id)
        return
    heading = _heading(plan)
    with start_sweep(client, settings.tracking.experiment, heading, known) as run, _ending(plan, client):
        study.parent = run.id
        run.log_params(heading.params)
        CONSOLE.print(f"Sweep {plan.id} (run {run.id}): {plan.wanted} trials, {plan.search.sampler}", soft_wrap=True)
        _run_trials(plan, client, run, study, heading)
        _finish(plan, client, run, study, heading)


def _record(plan: Plan, client: "MlflowClient") -> tuple[Plan, "Study"]:
    """The sweep's record; with force=true that of a new sweep, unless a forced one was interrupted."""
    study = _open(plan)
    number = 1
    forced = plan
    while plan.first.settings.force:
        forced = replace(plan, id=f"{plan.id}-{number}")
        study = _open(forced)
        known = _known(forced, client, study)
        if known is None or known.info.status != "FINISHED" or not _is_done(forced, study):
            break
        number += 1
    return forced, study


def _open(plan: Plan) -> "Study":
    from stance.tracking.study import Study

    plan.folder.mkdir(parents=True, exist_ok=True)
    return Study(plan.storage, plan.id, plan.search)


def _known(plan: Plan, client: "MlflowClient", study: "Study"):
    """The sweep's run in MLflow, if it was begun; a record whose run is gone is begun anew."""
    from stance.tracking.sweep_run import known_run

    known = known_run(client, plan.first.settings.tracking.experiment, plan.id, study.parent)
    if known is None and study.parent is not None:
        said = f"The run {study.parent} of sweep {plan.id} is gone, and its trials with it: it begins anew."
        CONSOLE.print(said, soft_wrap=True)
        study.clear()
    return known


def _is_done(plan: Plan, study: "Study") -> bool:
    return len(study.results().ended) >= plan.wanted


def _run_trials(plan: Plan, client: "MlflowClient", run: "TrackedRun", study: "Study", heading: "Heading") -> None:
    from stance.tracking.sweep_run import log_progress

    log_progress(run, heading, study.results())
    _wait_for_others(plan, client)
    while batch := study.next_batch(plan.wanted, plan.parallel):
        for trial, outcome in zip(batch, launch(plan, run.id, batch), strict=True):
            study.end(_ended(plan, client, trial, outcome, study.results()))
            _say(plan, study.results(), trial.number)
        log_progress(run, heading, study.results())


def _wait_for_others(plan: Plan, client: "MlflowClient") -> None:
    """Wait for trials that outlived an earlier sweeping process: two processes must not write one run."""
    from stance.tracking.sweep_run import still_written

    known: set[str] = set()
    while lines := still_written(client, plan.first.settings.tracking.experiment, plan.id):
        for line in sorted({*lines} - known):
            said = f"Waiting for {line}. If that process is dead, end its run in the MLflow UI."
            CONSOLE.print(said, soft_wrap=True, markup=False)
        known |= {*lines}
        time.sleep(_PAUSE_SECONDS)


def _ended(plan: Plan, client: "MlflowClient", trial: Trial, outcome: Outcome, before: Results) -> Trial:
    """The trial with what became of it; without a finite value for each objective it has failed."""
    from stance.tracking.sweep_run import child_of

    run_id = outcome.run_id or child_of(client, plan.first.settings.tracking.experiment, plan.id, trial.number)
    if outcome.state is not State.COMPLETE:
        return replace(trial, state=outcome.state, run_id=run_id, error=outcome.error)
    values = {one.metric: outcome.metrics.get(one.metric, math.nan) for one in plan.search.objectives}
    lacking = [metric for metric, value in values.items() if not math.isfinite(value)]
    if not lacking:
        return replace(trial, state=State.COMPLETE, run_id=run_id, values=tuple(values.values()))
    if not before.of(State.COMPLETE) and not {*lacking} & {*HEADLINES, *outcome.metrics}:
        near = get_close_matches(lacking[0], outcome.metrics, n=3) or sorted(outcome.metrics)[:5]
        raise ConfigurationError(
            f"Expected an objective among the metrics of a run, found {lacking[0]!r}. Near it: {', '.join(near)}."
        )
    return replace(trial, state=State.FAILED, run_id=run_id, error=f"no finite {' and '.join(lacking)}")


def _say(plan: Plan, results: Results, number: int) -> None:
    """One line for a trial that ended: what differs, how it scored, and the best so far."""
    trial = results.trials[number]
    what = f"Trial {number}, {label(trial.params, plan.names)}"
    rest = f"; {plan.wanted - len(results.ended)} to go"
    if trial.state is not State.COMPLETE:
        where = f" ({trial_log(plan.folder, number)})" if trial.state is State.FAILED else ""
        CONSOLE.print(f"{what}: {trial.state.value}, {trial.error}{where}{rest}", soft_wrap=True, markup=False)
        return
    pairs = zip(plan.search.objectives, trial.values, strict=True)
    scores = ", ".join(f"{objective.metric} {value:.4f}" for objective, value in pairs)
    top = best(results)[0]
    CONSOLE.print(
        f"{what}: {scores}; best so far {top.mean(0):.4f} ({label(top.params, plan.names) or 'as configured'}){rest}",
        soft_wrap=True,
        markup=False,
    )


def _finish(plan: Plan, client: "MlflowClient", run: "TrackedRun", study: "Study", heading: "Heading") -> None:
    """Log the outcome, refit the best where that is wanted, and hold it against the champion."""
    from stance.tracking.sweep_run import log_results

    results = study.results()
    if not results.of(State.COMPLETE):
        first = str(results.trials[0].error).rstrip(".")
        raise StanceError(
            f"Expected at least one trial with a score, found none in {len(results.trials)}; the first: {first}. "
            f"{_again(plan)}"
        )
    log_results(run, heading, study)
    _show(plan, results, run.id)
    top = best(results)[0].trials[0]
    _draw(plan, client, str(top.run_id))
    _refit(plan, client, run, top)
    verdict = _against_champion(client, str(top.run_id))
    run.set_tag(VERDICT, verdict)
    CONSOLE.print(verdict, soft_wrap=True, markup=False)


def _draw(plan: Plan, client: "MlflowClient", run_id: str) -> None:
    """The pictures that trials go without, for the best of them."""
    from stance.tracking.finished import find_run, scored_of
    from stance.tracking.results import log_figures
    from stance.tracking.run import TrackedRun

    scored = scored_of(client, find_run(client, run_id))
    log_figures(TrackedRun(client, run_id), scored, uncalibrated=None, resamples=plan.first.settings.resamples)


def _refit(plan: Plan, client: "MlflowClient", run: "TrackedRun", top: Trial) -> None:
    """Train the best on everything and register it, once; of several seeds the first one's run stands for all."""
    if not plan.settings.refit or not plan.first.settings.tracking.register:
        return
    from stance.commands.composition import composing, plain, typed
    from stance.commands.train import refit

    with composing() as compose_with:
        config = compose_with([*plan.shared, *plan.space.overrides(top.params)])
        composed = typed(config, plain(compose_with([])))
    if not isinstance(composed.model, NetworkSettings):
        said = f"The best is of the model {composed.model.name}; only networks are registered, so nothing is refitted."
        CONSOLE.print(said, soft_wrap=True, markup=False)
        return
    if client.get_run(run.id).data.tags.get(REFITTED) == top.run_id:
        return
    CONSOLE.print(f"Refitting the best, trial {top.number}, run {top.run_id}.")
    version = refit(composed, str(top.run_id))
    run.set_tag(REFITTED, top.run_id)
    if version is not None:
        run.set_tag(VERSION, version)
        CONSOLE.print(f"Registered as version {version}.")


def _against_champion(client: "MlflowClient", run_id: str) -> str:
    from stance.commands.compare import against_champion

    return against_champion(client, run_id)


def _show(plan: Plan, results: Results, run_id: str) -> None:
    """The table of settings, what has no score, and where to look."""
    table = rich_table(*settings_table(results, most=_SHOWN_SETTINGS))
    # A table keeps its columns whole where the terminal is narrow, or no terminal at all.
    Console(width=max(CONSOLE.width, 132), highlight=False).print(table)
    counts = ", ".join(f"{len(found)} {state.value}" for state in State if (found := results.of(state)))
    CONSOLE.print(f"{counts}. {_again(plan) if results.of(State.FAILED) else ''}".strip(), soft_wrap=True, markup=False)
    where = f"run {run_id} in experiment {plan.first.settings.tracking.experiment!r} of the MLflow UI (make ui)"
    CONSOLE.print(f"Tables and pictures: {where}.", soft_wrap=True, markup=False)


def _again(plan: Plan) -> str:
    return f"To try failed trials again, remove {plan.folder} and give the same line: what finished is not run again."


def _heading(plan: Plan) -> "Heading":
    from stance.tracking.names import differing
    from stance.tracking.sweep_run import Heading

    settings = plan.first.settings
    axes = {f"sweep/{key}": shown_axis(key, axis, plan.space.texts[key]) for key, axis in plan.space.axes.items()}
    fixed = differing(plan.first.resolved, plan.first.defaults)
    return Heading(
        name=settings.name or f"sweep-{'-'.join(plan.names.values())}",
        sweep_id=plan.id,
        line=plan.line,
        params={
            "sweep/sampler": plan.search.sampler,
            "model.name": plan.first.model.name,
            **axes,
            **{key: value for key, value in fixed.items() if key not in plan.space.axes},
        },
        tags={"stance.kind": "sweep", "stance.model": plan.first.model.name},
    )


@contextmanager
def _ending(plan: Plan, client: "MlflowClient") -> Iterator[None]:
    """Runs of trials whose processes were killed with the sweep are ended too, whatever ends it."""
    from stance.tracking.ending import let_go
    from stance.tracking.starting import close_orphans
    from stance.tracking.sweep_run import still_written

    experiment = plan.first.settings.tracking.experiment
    try:
        yield
    except BaseException as error:
        let_go(error)
        # A store that is away must not hide what ended the sweep; the next start closes what is left.
        with suppress(TrackingError):
            for _ in range(_LOOKS_AFTER_AN_INTERRUPT):
                close_orphans(client, [experiment])
                if not still_written(client, experiment, plan.id):
                    break
                time.sleep(_PAUSE_SECONDS / 10)
        raise
    close_orphans(client, [experiment])
