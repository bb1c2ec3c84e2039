import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stance.errors import TrackingError
from stance.tracking.processes import UNKNOWN, _started_by_ps, host, is_alive, process_started
from stance.tracking.starting import close_orphans, start_run

CHILD = Path(__file__).with_name("child.py")


def status(client, run_id):
    return client.get_run(run_id).info.status


def test_signals_and_the_orphan_that_sigkill_leaves(client, uri):
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    children = [
        subprocess.Popen([sys.executable, str(CHILD), uri], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in signals
    ]
    runs = [child.stdout.readline().strip() for child in children]
    assert close_orphans(client) == []
    for child, number in zip(children, signals, strict=True):
        child.send_signal(number)
        child.communicate(timeout=60)

    assert [status(client, run) for run in runs] == ["KILLED", "KILLED", "RUNNING"]
    assert children[1].returncode == 128 + signal.SIGTERM
    assert close_orphans(client, ["another experiment"]) == []
    assert close_orphans(client, ["children"]) == [runs[2]]
    closed = client.get_run(runs[2])
    assert closed.info.status == "KILLED"
    assert closed.data.tags["stance.orphaned"] == (
        f"process {children[2].pid} on {host()} ended without closing its run"
    )
    assert close_orphans(client) == []


def test_a_reused_process_number_is_another_process_and_other_hosts_are_left_alone(client):
    mine = start_run(client, "main", "mine")
    reused = start_run(client, "main", "reused", tags={"stance.process_started": "earlier"})
    away = start_run(client, "main", "away", tags={"stance.host": "elsewhere", "stance.pid": "1"})
    assert close_orphans(client) == [reused.id]
    assert [status(client, run.id) for run in (mine, reused, away)] == ["RUNNING", "KILLED", "RUNNING"]


def test_a_process_is_alive_until_it_has_ended():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_started(child.pid)
    assert is_alive(child.pid, started)
    child.kill()
    child.communicate()
    assert not is_alive(child.pid, started)
    assert is_alive(child.pid, UNKNOWN)


def test_where_there_is_no_proc_ps_tells_when_a_process_started():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert _started_by_ps(child.pid) == _started_by_ps(child.pid) is not None
    child.communicate(b"\n")
    assert _started_by_ps(child.pid) is None


def test_a_killed_run_goes_on_where_it_stopped(client):
    run = start_run(client, "main", "long")
    with pytest.raises(KeyboardInterrupt), run:
        _log_and_stop(run)
    assert status(client, run.id) == "KILLED"
    with start_run(client, "main", "ignored", run_id=run.id) as again:
        assert (again.id, again.name, status(client, run.id)) == (run.id, "long", "RUNNING")
        again.log_metrics({"loss": 1.0, "f1": float("nan")}, step=2)
    ended = client.get_run(run.id)
    assert ended.info.status == "FINISHED"
    assert ended.data.tags["stance.non_finite_metrics"] == "2"
    assert [metric.value for metric in client.get_metric_history(run.id, "loss")] == [2.0, 1.0]


def _log_and_stop(run):
    run.log_metrics({"loss": 2.0, "f1": float("nan")}, step=1)
    raise KeyboardInterrupt


def test_the_marks_of_the_earlier_end_go_when_a_run_goes_on(client):
    orphan = start_run(client, "main", "orphan", tags={"stance.process_started": "earlier"})
    close_orphans(client)
    with start_run(client, "main", None, run_id=orphan.id):
        assert close_orphans(client) == []
    tags = client.get_run(orphan.id).data.tags
    assert "stance.orphaned" not in tags
    assert tags["stance.resumed"] == "true"


def test_a_finished_run_does_not_go_on(client):
    with start_run(client, "main", "done") as run:
        pass
    with pytest.raises(TrackingError) as caught:
        start_run(client, "main", None, run_id=run.id)
    assert str(caught.value) == (
        f"Expected a run that stopped before its end, found {run.id} FINISHED; start a new run."
    )


def test_a_run_that_another_living_process_writes_does_not_go_on(client):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    tags = {"stance.pid": str(child.pid), "stance.process_started": process_started(child.pid)}
    run = start_run(client, "main", "busy", tags=tags)
    with pytest.raises(TrackingError, match=f"found {run.id} written by process {child.pid}; end it"):
        start_run(client, "main", None, run_id=run.id)
    child.communicate(b"\n")


def test_a_run_that_is_not_there(client):
    with pytest.raises(TrackingError, match="Expected a run 0000 that can be continued, found: "):
        start_run(client, "main", None, run_id="0000")
