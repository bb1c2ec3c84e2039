import logging
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from stance.errors import TrackingError
from stance.tracking.store import artifact_location, connect, ensure_experiment

START = """
import sys
from stance.tracking.starting import start_run
from stance.tracking.store import connect
with start_run(connect(sys.argv[1]), "shared", sys.argv[2]) as run:
    run.log_metrics({"loss": 1.0})
"""


def test_four_processes_start_at_once_on_a_database_that_is_not_there(tmp_path):
    uri = f"sqlite:///{tmp_path / 'new' / 'mlflow.db'}"
    starts = [
        subprocess.Popen([sys.executable, "-c", START, uri, f"run {n}"], stderr=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    said = [start.communicate(timeout=120)[1] for start in starts]

    assert [start.returncode for start in starts] == [0] * 4, said
    assert said == [""] * 4
    client = connect(uri)
    experiment = client.get_experiment_by_name("shared").experiment_id
    runs = client.search_runs([experiment])
    assert sorted(run.info.run_name for run in runs) == [f"run {n}" for n in range(4)]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_artifacts_lie_beside_the_database_wherever_the_process_runs(client, uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = client.get_experiment(ensure_experiment(client, "مواقف/أولى #1"))
    run = client.create_run(experiment.experiment_id)
    client.log_text(run.info.run_id, "نص", "note.txt")

    stored = Path(unquote(urlsplit(experiment.artifact_location).path))
    assert stored == Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts" / "مواقف-أولى -1"
    assert [path.read_text() for path in stored.rglob("note.txt")] == ["نص"]
    assert not (tmp_path / "mlruns").exists()


def test_a_relative_uri_becomes_absolute(uri, monkeypatch):
    path = Path(uri.removeprefix("sqlite:///"))
    monkeypatch.chdir(path.parent)
    assert connect("sqlite:///mlflow.db").tracking_uri == f"sqlite:///{path}"


def test_a_server_chooses_its_own_artifact_store():
    assert artifact_location("https://tracking.example", "main") is None


def test_a_deleted_experiment_is_restored(client, caplog):
    experiment = ensure_experiment(client, "main")
    client.delete_experiment(experiment)
    with caplog.at_level(logging.WARNING, logger="stance"):
        assert ensure_experiment(client, "main") == experiment
    assert client.get_experiment(experiment).lifecycle_stage == "active"
    assert caplog.messages == ["The experiment 'main' had been deleted; it is restored with its runs."]


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "postgresql://reader:hidden@127.0.0.1:9/runs"])
def test_an_unreachable_server_is_one_plain_line_soon(uri):
    before = time.monotonic()
    with pytest.raises(TrackingError) as caught:
        connect(uri)
    assert time.monotonic() - before < 10
    shown = uri.replace("reader:hidden", "***")
    assert str(caught.value) == (
        f"Expected an MLflow server or database at {shown}, found: [Errno 111] Connection refused"
    )


def test_a_file_that_is_no_database_says_so_at_once(tmp_path):
    (tmp_path / "notes.db").write_text("notes, and nothing else\n" * 100)
    with pytest.raises(TrackingError, match=r"Expected an MLflow database that .*file is not a database"):
        connect(f"sqlite:///{tmp_path / 'notes.db'}")


@pytest.mark.parametrize("uri", ["sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(uri):
    with pytest.raises(TrackingError) as caught:
        connect(uri)
    assert str(caught.value) == f"Expected a database file, as in sqlite:///mlflow.db, found {uri!r}."


def test_an_older_database_is_brought_up_to_date_and_kept(uri):
    from mlflow.store.db import utils

    path = Path(uri.removeprefix("sqlite:///"))
    engine = utils.create_sqlalchemy_engine(uri)
    head = utils._get_schema_version(engine)
    _downgrade_by_one(engine, uri)
    older = utils._get_schema_version(engine)
    engine.dispose()
    assert older != head

    connect(uri)

    engine = utils.create_sqlalchemy_engine(uri)
    assert utils._get_schema_version(engine) == head
    assert path.with_name(f"mlflow.db.{older}.bak").exists()


def _downgrade_by_one(engine, uri):
    from alembic import command
    from mlflow.store.db import utils

    configuration = utils._get_alembic_config(uri)
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, "-1")
