"""Sweeps on a few invented articles, as `stance train -m` runs them, and what they left behind."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from stance.commands.sweep import sweep
from stance.commands.sweep_plan import Plan, plan_sweep
from stance.evaluation.trials import Trial
from stance.tracking.study import Study
from tests.doubles import data_overrides

SMALL = ["split.folds=2", "split.repeats=1", "resamples=20", "trainer.progress=false"]


def small_world(folder: Path, count: int = 24) -> list[str]:
    """Overrides that put `count` invented articles in place of the project's own."""
    return [*data_overrides(folder, count), *SMALL]


def swept(*overrides: str) -> Plan:
    """The plan of a sweep that was run."""
    plan = plan_sweep(overrides)
    sweep(plan)
    return plan


def plan_as_run(overrides: Sequence[str], client: MlflowClient) -> Plan:
    """The plan of the only sweep in a store, run by another process: perhaps by sources edited since."""
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    (sweep_id,) = {run.data.tags["stance.sweep_id"] for run in client.search_runs(ids, "tags.`stance.kind` = 'sweep'")}
    return replace(plan_sweep(overrides), id=sweep_id)


def record(plan: Plan) -> tuple[Trial, ...]:
    """The trials that a sweep recorded."""
    return Study(plan.storage, plan.id, plan.search).results().trials


def runs_of(client: MlflowClient, sweep_id: str) -> tuple[list[Run], list[Run]]:
    """The runs of a sweep itself, and those of its trials in their order."""
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = [run for run in client.search_runs(ids) if run.data.tags.get("stance.sweep_id") == sweep_id]
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    children.sort(key=lambda run: (int(run.data.tags["stance.trial"]), run.info.start_time))
    return [run for run in runs if run not in children], children
