"""The MLflow store: a SQLite database made once, artifacts beside it, or any MLflow server or database by URI."""

import logging
import os
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from stance.errors import TrackingError
from stance.tracking.guarding import one_line, patiently, tracking_errors
from stance.tracking.masking import mask
from stance.tracking.views import saved_views

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from sqlalchemy.engine import Engine

DEFAULT_URI = "sqlite:///mlflow.db"
ARTIFACTS = "mlartifacts"

_SQLITE = "sqlite:///"
_LOCK_SECONDS = 300
_PROBE_SECONDS = 5
# One short request at the start; the run itself keeps MLflow's patience with a server that restarts.
_PROBE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "9"}
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_FOLDER_LENGTH = 60
_answered: set[str] = set()
_logger = logging.getLogger(__name__)


def connect(uri: str = DEFAULT_URI) -> "MlflowClient":
    """A client of the store at `uri`, which is known to answer.

    A SQLite database is created, or brought to this MLflow's schema (a copy of the old one kept beside it), under a
    file lock, so that several processes may start at once; its client's URI is absolute. Raises TrackingError for a
    server or database that cannot be reached within about 10 seconds (the MLFLOW_HTTP_REQUEST_… variables, where set,
    go first), and for a file that is no MLflow database. A server that has answered this process before is waited for,
    so that the trials of a sweep do not fail one after the other while it restarts.
    """
    _quieten()
    if uri.startswith(_SQLITE):
        return _connect_sqlite(uri)
    expected = f"an MLflow server or database at {mask(uri)}"
    if uri in _answered:
        return patiently(expected, lambda: _connect_server(uri))
    with tracking_errors(expected):
        return _connect_server(uri)


def ensure_experiment(client: "MlflowClient", name: str) -> str:
    """The id of the experiment `name`, made with its views if missing, restored if deleted (its name stays taken).

    In a SQLite store its artifacts go to `mlartifacts/` in the folder of the database. Raises TrackingError.
    """
    with tracking_errors(f"an experiment {name!r} that can be made or used"):
        found = client.get_experiment_by_name(name)
        if found is None:
            found = client.get_experiment(_create_experiment(client, name))
        if found.lifecycle_stage == "deleted":
            _logger.warning("The experiment %r had been deleted; it is restored with its runs.", name)
            client.restore_experiment(found.experiment_id)
        return found.experiment_id


def artifact_location(uri: str, experiment: str) -> str | None:
    """The absolute file URI for the artifacts of `experiment` beside a SQLite database; None: the server's choice."""
    if not uri.startswith(_SQLITE):
        return None
    # Experiments that share a folder do no harm: runs and models have folders of their own below it.
    folder = re.sub(r"[^\w. -]+|^\.+", "-", experiment)[:_FOLDER_LENGTH]
    return (_database(uri).parent / ARTIFACTS / folder).as_uri()


def _create_experiment(client: "MlflowClient", name: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        location = artifact_location(client.tracking_uri, name)
        return client.create_experiment(name, artifact_location=location, tags=saved_views())
    except MlflowException:
        # Another process may have made it since we looked.
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found.experiment_id


def _connect_server(uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    with _environment(_PROBE):
        check_port(uri)
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_experiments(max_results=1)
    _answered.add(uri)
    return client


def _connect_sqlite(uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    path = _database(uri)
    absolute = f"{_SQLITE}{path}"
    with tracking_errors(f"an MLflow database that can be made or used at {path}"), _locked(path):
        _check_database(path)
        _upgrade(path, absolute)
        client = MlflowClient(tracking_uri=absolute, registry_uri=absolute)
        client.search_experiments(max_results=1)
    return client


def _database(uri: str) -> Path:
    name = uri.removeprefix(_SQLITE)
    if not name or name.startswith(":") or "?" in name:
        raise TrackingError(f"Expected a database file, as in {DEFAULT_URI}, found {uri!r}.")
    return Path(name).expanduser().resolve()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.lock")
    try:
        with FileLock(lock, timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise TrackingError(
            f"Expected {path} to be ready within {_LOCK_SECONDS} s, found {lock} held by another process; "
            "end that process and start again."
        ) from error


def _check_database(path: Path) -> None:
    # MLflow retries ten times, for two minutes, before it says that a file is no database.
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise TrackingError(f"Expected an MLflow database that can be used at {path}, found: {error}.") from error


def _upgrade(path: Path, uri: str) -> None:
    """Bring a database of an older MLflow to this one's schema; a fresh one is left to MLflow."""
    from mlflow.store.db import utils

    # Empty, not missing: a failed first start may have left its file.
    engine = utils.create_sqlalchemy_engine(uri)
    try:
        current = utils._get_schema_version(engine)
        if current is None or current == utils._get_latest_schema_revision():
            return
        _copy(path, path.with_name(f"{path.name}.{current}.bak"))
        _logger.warning("Bringing %s to the schema of this MLflow; the old one is kept as .%s.bak.", path, current)
        _run_migrations(engine, path)
    finally:
        engine.dispose()


def _run_migrations(engine: "Engine", path: Path) -> None:
    from alembic.util.exc import CommandError
    from mlflow.store.db import utils

    try:
        utils._upgrade_db(engine)
    except CommandError as error:
        raise TrackingError(
            f"Expected a database of this or an older MLflow at {path}, found: {one_line(error)}; update mlflow."
        ) from error


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def check_port(uri: str) -> None:
    """Raise OSError where nobody listens at `uri`; a file, and what is behind a proxy, is taken to be there.

    MLflow itself tries for minutes, and its account of a refused connection is long.
    """
    from requests.utils import get_environ_proxies

    parts = urlsplit(uri)
    dialect = parts.scheme.partition("+")[0]
    # Through a proxy nothing is reached directly.
    if dialect not in _PORTS or not parts.hostname or (dialect.startswith("http") and get_environ_proxies(uri)):
        return
    socket.create_connection((parts.hostname, parts.port or _PORTS[dialect]), timeout=_PROBE_SECONDS).close()


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Environment variables for the body alone; those the user set stay as they are."""
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _quieten() -> None:
    # Migrations and registrations tell the terminal dozens of lines that are of no use to anybody.
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: F401

    if "MLFLOW_LOGGING_LEVEL" not in os.environ:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # What these say of a server or database that is away is an exception too.
        for name in ("urllib3.connectionpool", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
