"""Sweeps side by side: joblib, Ray and submitit as a user starts them, on a database that is not there yet."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from stance.evaluation.trials import State
from stance.tracking.store import connect
from tests.commands.sweeping import plan_as_run, record, runs_of, small_world

ROOT = Path(__file__).parents[2]
LINE = ["model=majority", "sweep.parallel=2"]
LAUNCHERS = {
    "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
    "ray": ["hydra/launcher=ray", "hydra.launcher.init.address=local", "+hydra.launcher.init.num_cpus=2"],
    # The plugin that submits to SLURM, submitting to processes of this machine.
    "submitit": ["hydra/launcher=submitit_local", "hydra.launcher.timeout_min=10"],
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return [*small_world(tmp_path), f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}", f"runs={tmp_path / 'runs'}"]


def stance(*words):
    command = [sys.executable, "-m", "stance", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("launcher", ["ray", "submitit"])
def test_trials_run_side_by_side_and_one_may_fail(launcher, world, tmp_path):
    line = [*LINE, "split.folds=2,1000", *LAUNCHERS[launcher], *world]
    process = stance("train", "-m", *line)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    plan = plan_as_run(line, client)
    trials = record(plan)
    assert [trial.state for trial in trials] == [State.COMPLETE, State.FAILED], output
    assert trials[1].error == "DataError: Expected at least 1000 clusters of documents for 1000 folds, found 22."
    (parent,), (child,) = runs_of(client, plan.id)
    assert {run.info.status for run in (parent, child)} == {"FINISHED"}
    assert str(process.pid) == parent.data.tags["stance.pid"] != child.data.tags["stance.pid"]
    # What a trial prints stays in its log.
    assert "examples; left out" not in output
    assert "examples; left out" in (plan.folder / "trial-0000.log").read_text("utf-8")


def test_a_trial_whose_process_dies_has_failed_and_the_one_beside_it_has_not(world, tmp_path):
    line = [*LINE, "split.folds=2,3", *LAUNCHERS["joblib"], *world]
    client = connect(f"sqlite:///{tmp_path / 'mlflow.db'}")
    process = stance("train", "-m", *line)
    killed = kill_whatever_runs(client, 1, process)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    # Once beside the other trial, and once more when it was tried alone.
    assert len(killed) == 2, output
    plan = plan_as_run(line, client)
    first, second = record(plan)
    assert (first.state, second.state) == (State.COMPLETE, State.FAILED), output
    assert second.error.startswith("the process died: ")
    (parent,), children = runs_of(client, plan.id)
    assert [run.info.status for run in (parent, *children)] == ["FINISHED", "FINISHED", "KILLED"]
    assert second.run_id == children[1].info.run_id


def kill_whatever_runs(client, trial, process):
    """Kill each process that writes the run of a trial, as the kernel does when memory runs out; their numbers."""
    killed = set()
    wanted = f"tags.`stance.trial` = '{trial}' and attributes.status = 'RUNNING'"
    while process.poll() is None:
        ids = [experiment.experiment_id for experiment in client.search_experiments()]
        for run in client.search_runs(ids, wanted):
            pid = int(run.data.tags["stance.pid"])
            if pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.05)
    return killed


def test_four_first_trainings_at_once_on_a_database_that_is_not_there(world, tmp_path):
    started = [stance("train", "model=majority", "baselines=[]", f"seed={seed}", *world) for seed in range(4)]
    said = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'actor-stance'")
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.data.tags["stance.seed"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}
