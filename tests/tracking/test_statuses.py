"""How `stance train` ends is how its run ends: real processes, real signals, a trainer in the middle.

Beside it: a process that finishes and one that is killed are in tests/commands/test_train.py, the next start that
closes what a killed one left in test_orphans.py, how each exception ends a run in test_run.py.
"""

import signal
import subprocess
import sys
import time

import pytest

from stance.tracking.store import connect
from tests.doubles import data_overrides, encoder_overrides

TRAINS_LONG = ("split=cluster", "trainer.max_epochs=2000", "trainer.patience=2000", "trainer.threads=1")


@pytest.fixture
def command(tmp_path):
    """`stance train` on the invented data set, without baselines, in a store of its own."""
    return [
        *(sys.executable, "-m", "stance", "train"),
        *data_overrides(tmp_path),
        *encoder_overrides(tmp_path),
        "trainer.progress=false",
        "resamples=50",
        "baselines=[]",
        f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}",
        f"runs={tmp_path / 'runs'}",
    ]


def start(command, *overrides):
    return subprocess.Popen([*command, *overrides], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def the_run(client, experiment):
    """The only run of `experiment`; None before there is one."""
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found is not None else []
    assert len(runs) <= 1
    return runs[0] if runs else None


def wait_for_an_epoch(client, experiment, process):
    for _ in range(1200):
        run = the_run(client, experiment)
        if run is not None and any(name.startswith("epoch/") for name in run.data.metrics):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError(f"no epoch of {experiment}")


def test_interrupted_terminated_and_failed(command, tmp_path):
    client = connect(f"sqlite:///{tmp_path / 'mlflow.db'}")
    # No penalty below zero can be fitted, which scikit-learn says once the run has begun.
    failing = start(command, "model=tfidf_logreg", "model.C=-1", "tracking.experiment=failing")
    signals = (signal.SIGINT, signal.SIGTERM)
    running = {number: start(command, *TRAINS_LONG, f"tracking.experiment={number.name}") for number in signals}
    said = []
    for number, process in running.items():
        wait_for_an_epoch(client, number.name, process)
        process.send_signal(number)
        said.append(process.communicate(timeout=120)[1])
    failing.communicate(timeout=120)

    interrupted, terminated = (the_run(client, number.name) for number in signals)
    assert [run.info.status for run in (interrupted, terminated)] == ["KILLED", "KILLED"]
    assert "stance: interrupted. `stance train … ckpt=last` continues a training." in said[0]
    assert "Traceback" not in "".join(said)
    assert running[signal.SIGINT].returncode == 130
    assert running[signal.SIGTERM].returncode == 128 + signal.SIGTERM
    failed = the_run(client, "failing")
    assert (failed.info.status, failing.returncode) == ("FAILED", 1)
    assert "'C' parameter" in failed.data.tags["stance.error"]
    for run in (interrupted, terminated, failed):
        assert ("stance.error" in run.data.tags) == (run is failed)
        assert run.data.metrics["system/cpu_utilization_percentage"] >= 0
        assert run.info.end_time >= run.info.start_time
