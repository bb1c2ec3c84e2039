"""Nothing that a run writes is lost, whoever goes away and comes back in between."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from stance.errors import TrackingError
from stance.tracking import outbox
from stance.tracking import run as runs
from stance.tracking.guarding import is_away, patiently
from stance.tracking.outbox import Outbox, deliver_waiting
from stance.tracking.starting import close_orphans, start_run
from stance.tracking.store import connect
from stance.tracking.writes import Artifact, Batch, DatasetUse, Ended, send

from .servers import Server

# Logs until it is killed, a line on standard output for each step that it is through with.
STEPS = """
import itertools, sys, time
from stance.tracking.starting import start_run
from stance.tracking.store import connect
with start_run(connect(sys.argv[1]), "main", "killed") as run:
    print(run.id, flush=True)
    for step in itertools.count():
        run.log_metrics({"loss": 1 / (1 + step)}, step=step)
        print(step, flush=True)
        time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of this test alone; returns the folder in which late writes wait."""
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "outbox"


@pytest.fixture
def server(uri, tmp_path):
    server = Server(tmp_path, uri)
    server.start()
    yield server
    server.kill()


@contextmanager
def locked(uri):
    """The database of `uri`, locked by somebody else."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def losses(client, run_id):
    return [(metric.step, metric.value) for metric in client.get_metric_history(run_id, "loss")]


def late(cache, run_id):
    """The files of a run that wait, by ending."""
    return [path.suffix for path in sorted(cache.rglob(f"{run_id}/*")) if path.name != "lock"]


def expected(steps):
    return [(step, 1 / (1 + step)) for step in range(steps)]


def test_a_server_that_goes_away_loses_no_metric_and_stops_no_run(server, uri, cache, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.5")
    client = connect(server.uri)
    killed = subprocess.Popen([sys.executable, "-c", STEPS, server.uri], stdout=subprocess.PIPE, text=True)
    killed_run = killed.stdout.readline().strip()

    def steps_of_killed(count):
        for _ in range(count):
            last = int(killed.stdout.readline())
        return last

    steps_of_killed(5)
    short = start_run(client, "main", "ends while the server is away").__enter__()
    with start_run(client, "main", "goes on") as run:
        log_steps(run, 0, 20)
        server.kill()
        clients = []
        waiting = threading.Thread(target=lambda: clients.append(connect(server.uri)))
        waiting.start()
        steps_of_killed(30)
        log_steps(run, 20, 40)
        run.log_params({"lr": 0.1})
        run.log_text("نص", "notes/a.txt")
        run.set_tag("stance.note", "late")
        run.log_dataset("0" * 32, "main", "data/export.json", 812, "training")
        monkeypatch.setattr(runs, "_SECONDS_AT_THE_END", 0.2)
        before = int(time.time() * 1000)
        short.__exit__(None, None, None)
        after = int(time.time() * 1000)
        monkeypatch.setattr(runs, "_SECONDS_AT_THE_END", 120.0)
        last = steps_of_killed(1)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert not clients
        server.start()
        log_steps(run, 40, 60)
        waiting.join(60)
        assert clients, "who connects in between waits for a server that was there before"

    # Asked of the database itself: whatever is there, is there.
    store = connect(uri)
    ended = store.get_run(run.id)
    assert ended.info.status == "FINISHED"
    assert losses(store, run.id) == expected(60)
    assert (ended.data.params, ended.data.tags["stance.note"]) == ({"lr": "0.1"}, "late")
    assert ended.inputs.dataset_inputs[0].dataset.digest == "0" * 32
    assert Path(client.download_artifacts(run.id, "notes/a.txt")).read_text("utf-8") == "نص"
    system = store.get_metric_history(run.id, "system/cpu_utilization_percentage")
    assert len({metric.step for metric in system}) > 2
    assert len(late(cache, run.id)) == 0
    said = [message for message in caplog.messages if "The MLflow store" in message and short.id not in message]
    assert len(said) == 2, "one line when it goes, one when it is back"
    assert re.match(rf"The MLflow store {server.uri} is away \(.*\)\. The run goes on; .*/{run.id}\.", said[0])
    # How many depends on how long the server is away for this machine.
    assert re.match(rf"The MLflow store {server.uri} is back; \d\d+ late writes reached it\.", said[1])

    assert [store.get_run(one).info.status for one in (short.id, killed_run)] == ["RUNNING", "RUNNING"]
    assert close_orphans(connect(server.uri)) == [killed_run]
    assert store.get_run(killed_run).info.status == "KILLED"
    assert losses(store, killed_run)[: last + 1] == expected(last + 1)
    ended = store.get_run(short.id).info
    assert ended.status == "FINISHED"
    assert before <= ended.end_time <= after
    assert not list(cache.rglob("*.json"))


def log_steps(run, start, stop):
    for step in range(start, stop):
        run.log_metrics({"loss": 1 / (1 + step)}, step=step)


def test_a_locked_database_is_waited_for(client, uri, cache, caplog, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.2)
    with start_run(client, "main", "patient") as run:
        run.log_metrics({"loss": 1.0}, step=0)
        with locked(uri):
            run.log_metrics({"loss": 1 / 2}, step=1)
            run.log_metrics({"loss": 1 / 3}, step=2)
            assert late(cache, run.id) == [".json", ".json"]
    assert losses(client, run.id) == expected(3)
    assert client.get_run(run.id).info.status == "FINISHED"
    assert late(cache, run.id) == []
    away, back = caplog.messages
    assert away == (
        f"The MLflow store {uri} is away (no answer for 0 s). The run goes on; what it logs waits in "
        f"{next(iter(cache.iterdir())) / run.id}."
    )
    assert back.startswith(f"The MLflow store {uri} is back; ")


def test_a_start_waits_for_a_locked_database(uri, caplog):
    engine = sqlalchemy.create_engine(uri, connect_args={"timeout": 0})
    locks = sqlite3.connect(uri.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    locks.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.7, locks.execute, ["ROLLBACK"]).start()
    with engine.connect() as one:
        query = sqlalchemy.text("SELECT count(*) FROM runs")
        assert patiently("a count", lambda: one.execute(query).scalar()) == 0
    assert caplog.messages[0].startswith("Waiting for the MLflow store: (sqlite3.OperationalError) database is locked")
    engine.dispose()
    locks.close()


def test_what_is_refused_late_is_kept_and_said_and_what_follows_is_sent(client, uri, cache, caplog, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.2)
    with start_run(client, "main", "refused") as run:
        run.log_params({"lr": 0.1})
        with locked(uri):
            run.log_params({"lr": 0.2})
            run.log_metrics({"loss": 1.0}, step=0)
    assert losses(client, run.id) == expected(1)
    assert client.get_run(run.id).data.params == {"lr": "0.1"}
    assert late(cache, run.id) == [".refused"]
    assert [message for message in caplog.messages if f"MLflow refused a late write of run {run.id}" in message]
    caplog.clear()
    deliver_waiting(client)
    assert late(cache, run.id) == [".refused"]
    assert caplog.messages == []


def test_what_another_living_process_keeps_is_left_to_it(client, uri, cache, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.2)
    run = start_run(client, "main", "alive")
    with locked(uri):
        run.log_metrics({"loss": 1.0}, step=0)
        deliver_waiting(client)
        assert late(cache, run.id) == [".json"]


def test_a_run_that_can_be_neither_sent_nor_kept_says_so(client, uri, tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.2)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "file"))
    run = start_run(client, "main", "nowhere")
    with (
        locked(uri),
        pytest.raises(TrackingError, match=r"Expected metrics that MLflow takes, found: .*Not a directory"),
    ):
        run.log_metrics({"loss": 1.0}, step=0)


def test_a_server_that_hangs_keeps_nobody(cache, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.2)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        box = Outbox(MlflowClient(f"http://127.0.0.1:{deaf.getsockname()[1]}"), "0" * 32)
        for step in range(3):
            box.put(Batch(metrics=(("loss", 1.0, 0, step),)))
        box.close(0.1)
        assert late(cache, "0" * 32) == [".json"] * 3


def test_what_arrives_twice_is_there_once(client):
    run_id = start_run(client, "main", "twice").id
    now = int(time.time() * 1000)
    batch = Batch((("loss", 0.5, now, 1), ("loss", 0.25, now, 2)), (("lr", "0.1"),), (("stance.note", "a"),))
    for write in (batch, DatasetUse("d", "1", "local", "{}", "{}", "training"), Artifact("a/b.txt", b"x")):
        send(client, run_id, write)
        send(client, run_id, write)
    send(client, run_id, Batch(metrics=(*batch.metrics, ("loss", 0.125, now, 3))))
    for _ in range(2):
        send(client, run_id, Ended("FINISHED", now))
    run = client.get_run(run_id)
    assert losses(client, run_id) == [(1, 0.5), (2, 0.25), (3, 0.125)]
    assert (run.data.metrics, run.data.params) == ({"loss": 0.125}, {"lr": "0.1"})
    assert len(run.inputs.dataset_inputs) == 1
    assert (run.info.status, run.info.end_time) == ("FINISHED", now)


class Answer(BaseHTTPRequestHandler):
    """Answers every request with the status that its path starts with."""

    def do_GET(self):
        self.send_response(int(self.path.split("/")[1]))
        self.end_headers()
        self.wfile.write(b'{"error_code": "INTERNAL_ERROR", "message": "no"}')

    def log_message(self, *_):
        """Nothing on the terminal."""


@pytest.mark.parametrize(
    ("status", "away"), [(502, True), (503, True), (504, True), (429, True), (500, False), (400, False), (403, False)]
)
def test_which_answers_mean_that_a_server_is_away(status, away, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(MlflowException) as caught:
            MlflowClient(f"http://127.0.0.1:{server.server_port}/{status}").get_run("0" * 32)
        server.shutdown()
    assert is_away(caught.value) == away


def test_nobody_listening_is_away_and_so_is_a_locked_database_but_not_a_missing_table(uri, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MlflowException) as caught:
        MlflowClient("http://127.0.0.1:9").get_run("0" * 32)
    assert is_away(caught.value)
    engine = sqlalchemy.create_engine(uri, connect_args={"timeout": 0})
    with locked(uri), pytest.raises(sqlalchemy.exc.OperationalError) as caught, engine.connect() as one:
        one.execute(sqlalchemy.text("SELECT * FROM runs"))
    assert is_away(caught.value)
    with pytest.raises(sqlalchemy.exc.OperationalError) as caught, engine.connect() as one:
        one.execute(sqlalchemy.text("SELECT * FROM nothing"))
    assert not is_away(caught.value)
    engine.dispose()
    assert not is_away(OSError(28, os.strerror(28)))
