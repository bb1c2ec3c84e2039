"""A sweep killed at random moments and continued by the same line ends like one that nobody disturbed."""

import random
import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient

from tests.commands.sweeping import plan_as_run, record, runs_of, small_world

KILLS = 10
# Values below zero fail, and from the eleventh complete trial on the sampler learns from what came before.
LINE = ["model=tfidf_logreg", "sweep=tpe", "sweep.trials=14", "model.C=interval(-0.5,4)"]


def outcome(folder: Path, line: list[str]):
    """The record of a sweep without what names its runs and folders, after a look at the runs themselves."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = MlflowClient(uri)
    plan = plan_as_run([*line, f"tracking.uri={uri}", f"runs={folder / 'runs'}"], client)
    (parent,), children = runs_of(client, plan.id)
    trials = record(plan)
    assert parent.info.status == "FINISHED"
    assert {child.info.status for child in children} == {"FINISHED", "FAILED"}
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
    assert min(child.info.start_time for child in children) >= parent.info.start_time
    # Nothing was run twice beside itself: one run per trial, continued where it was killed.
    assert [child.info.run_id for child in children] == [trial.run_id for trial in trials]
    scores = [child.data.metrics.get("f_avg") for child in children]
    assert scores == [trial.values[0] if trial.values else None for trial in trials]
    curve = client.get_metric_history(parent.info.run_id, "best_so_far/f_avg")
    told = [(trial.number, trial.params, trial.state, trial.values, trial.error) for trial in trials]
    return told, [(point.step, point.value) for point in curve], parent.data.tags["best/model.C"]


def test_ten_kills_leave_the_record_of_an_undisturbed_sweep(tmp_path):
    seed = random.SystemRandom().randrange(1_000_000)
    line = [*LINE, *small_world(tmp_path)]
    command = [sys.executable, "-m", "tests.commands.killed_sweeps", str(tmp_path), str(KILLS), str(seed), *line]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = "".join(path.read_text("utf-8") for path in tmp_path.glob("*/output.txt"))
    assert done.returncode == 0, f"seed {seed}: {done.stderr}{output}"
    alone, killed = outcome(tmp_path / "alone", line), outcome(tmp_path / "killed", line)
    assert killed == alone, f"seed {seed}"
    states = [state for _, _, state, _, _ in alone[0]]
    assert (len(states), len({*states})) == (14, 2)
    assert int(done.stdout) >= KILLS / 2, f"seed {seed}: too few kills met a living sweep"
