"""What webhooks told of, waiting for a pull: a small database below the cache folder that outlives every process."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stance.data.pretrained import cache_folder
from stance.errors import DataError

_TABLE = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, received REAL NOT NULL, project TEXT NOT NULL, title TEXT NOT NULL, action TEXT NOT NULL,
    annotations TEXT NOT NULL
)
"""
_WAIT_SECONDS = 0.5
"""For another process to write: a webhook is given up by its server after a second."""


class Event(msgspec.Struct, frozen=True):
    """One webhook: what happened in which project, and the ids of the annotations it happened to.

    `project` is its `project_key`; `title` is for showing only.
    """

    project: str
    title: str
    action: str
    annotations: tuple[int, ...] = ()


class Waiting(msgspec.Struct, frozen=True):
    """What waits of one project: how many events, of how many annotations, since when."""

    project: str
    title: str
    events: int
    annotations: int
    since: datetime

    @property
    def number(self) -> str:
        """The project's id on its server."""
        return self.project.partition(".")[0]


def project_key(number: int, created: datetime) -> str:
    """A project's id and when it was made (to the second), so that no other server's project is taken for it."""
    return f"{number}.{int(created.timestamp())}"


class Backlog:
    """The events of all projects in one file, written and read by any number of processes.

    Raises DataError where the file cannot be used.
    """

    def __init__(self, file: Path | None = None):
        self.file = cache_folder() / "label-studio" / "backlog.sqlite3" if file is None else file
        # Threads take turns here; the database itself would have the last of many wait longer than it may.
        self._turn = threading.Lock()

    def add(self, event: Event) -> None:
        """Keep `event`; it is on disk when this returns."""
        row = (_now(), event.project, event.title, event.action, msgspec.json.encode(event.annotations).decode())
        with self._open() as database:
            database.execute(
                "INSERT INTO events (received, project, title, action, annotations) VALUES (?, ?, ?, ?, ?)", row
            )

    def waiting(self) -> list[Waiting]:
        """What waits, a line per project, the longest waiting first."""
        if not self.file.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT project, title, received, annotations FROM events ORDER BY received, id"
            ).fetchall()
        found: dict[str, list[tuple[str, float, str]]] = {}
        for project, title, received, annotations in rows:
            found.setdefault(project, []).append((title, received, annotations))
        return [_waiting(project, events) for project, events in found.items()]

    def settle(self, project: str, until: datetime) -> int:
        """Forget the events of `project` that came before `until`, when its pull began, and return their number."""
        if not self.file.exists():
            return 0
        with self._open() as database:
            done = database.execute(
                "DELETE FROM events WHERE project = ? AND received < ?", (project, until.timestamp())
            )
            return done.rowcount

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._turn, closing(sqlite3.connect(self.file, timeout=_WAIT_SECONDS)) as database, database:
                database.execute(_TABLE)
                yield database
        except (sqlite3.Error, OSError) as error:
            raise DataError(
                f"{self.file}: expected a backlog of webhooks that can be written, found: {error}. Free the disk, or "
                "move the file away."
            ) from error


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _waiting(project: str, events: Sequence[tuple[str, float, str]]) -> Waiting:
    annotations = {number for *_, listed in events for number in msgspec.json.decode(listed)}
    since = datetime.fromtimestamp(events[0][1], UTC)
    return Waiting(project, events[-1][0], len(events), len(annotations), since)
