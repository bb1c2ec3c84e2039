"""What a run writes reaches its store in order, at once or, where the store is away, as soon as it is back.

While a server restarts or a database is locked, training goes on: writes wait in files below the cache folder, outlive
the process, and are sent by a thread of the run or by the next start.
"""

import hashlib
import logging
import shutil
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock, Timeout

from stance.data.pretrained import cache_folder
from stance.tracking.guarding import is_away, one_line
from stance.tracking.masking import mask
from stance.tracking.store import check_port
from stance.tracking.writes import Write, send

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATIENCE = 10.0
"""Seconds that a write may keep its caller; then the store counts as away."""

LONGEST_PAUSE = 15.0

_FIRST_PAUSE = 0.5
_JOIN_SECONDS = 1.0
_LOCK = "lock"
_logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Entry:
    write: Write
    file: Path
    stored: bool = False
    done: bool = False
    error: Exception | None = None


class Outbox:
    """The writes of one run on their way: a queue, the thread that empties it, and a folder for what has to wait."""

    def __init__(self, client: "MlflowClient", run_id: str) -> None:
        self.run_id = run_id
        self.folder = _folder(client) / run_id
        self._client = client
        self._changed = threading.Condition()
        self._queue: deque[_Entry] = deque()
        self._number = 0
        self._late = 0
        self._away = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self._lock: FileLock | None = None

    def put(self, write: Write) -> None:
        """Send `write`, or keep it in a file where the store is away; raises what the store says against it.

        Returns after PATIENCE seconds at the latest. Raises OSError where it can be neither sent nor kept.
        """
        with self._changed:
            # In the order of time, since a run that is continued may find files of its earlier process.
            self._number = max(self._number + 1, time.time_ns())
            entry = _Entry(write, self.folder / f"{self._number:020d}.json")
            self._queue.append(entry)
            self._start()
            self._changed.notify_all()
            self._changed.wait_for(lambda: entry.done or self._away, PATIENCE)
            if not entry.done:
                self._keep(entry)
                self._say_away(f"no answer for {PATIENCE:.0f} s")
        if entry.error is not None:
            raise entry.error

    def close(self, seconds: float) -> None:
        """Wait up to `seconds` until all is sent; what is not stays in the folder for the next start, which is said."""
        thread = self._thread
        if thread is None:
            return
        with self._changed:
            try:
                self._changed.wait_for(lambda: not self._queue, seconds)
            finally:
                self._leave_the_rest()
        thread.join(_JOIN_SECONDS)
        self._thread = None

    def _leave_the_rest(self) -> None:
        # What an interrupt kept from being stored is stored now.
        for entry in self._queue:
            self._keep(entry)
        if self._queue:
            _logger.warning(
                "%d writes of run %s wait in %s; the next start of stance sends them.",
                len(self._queue),
                self.run_id,
                self.folder,
            )
        self._closing = True
        self._changed.notify_all()

    def _start(self) -> None:
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._work, name=f"outbox of {self.run_id}", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        pause = _FIRST_PAUSE
        while (entry := self._next()) is not None:
            error = None
            try:
                check_port(self._client.tracking_uri)
                send(self._client, self.run_id, entry.write)
            # Whatever it is, it belongs to whoever wrote, or into the log; the thread has other writes to send.
            except Exception as caught:
                if is_away(caught):
                    self._rest(caught, pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                    continue
                error = caught
            pause = _FIRST_PAUSE
            self._finish(entry, error)
        self._release()

    def _next(self) -> _Entry | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            return None if self._closing else self._queue[0]

    def _rest(self, error: Exception, seconds: float) -> None:
        with self._changed:
            self._say_away(one_line(error))
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closing, seconds)

    def _finish(self, entry: _Entry, error: Exception | None) -> None:
        with self._changed:
            if entry in self._queue:
                self._queue.remove(entry)
            entry.done, entry.error = True, error
            if entry.stored:
                _settle(entry.file, self.run_id, error)
                self._late += 1
            if self._away and not self._queue:
                _logger.warning("The MLflow store %s is back; %d late writes reached it.", self._store, self._late)
                self._away, self._late = False, 0
                self._release()
            self._changed.notify_all()

    def _keep(self, entry: _Entry) -> None:
        if entry.stored:
            return
        if self._lock is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _take(self.folder)
        working = entry.file.with_suffix(".part")
        working.write_bytes(msgspec.json.encode(entry.write))
        working.replace(entry.file)
        entry.stored = True

    def _release(self) -> None:
        with self._changed:
            if self._lock is not None:
                self._lock.release()
                self._lock = None
                _remove_if_empty(self.folder)

    def _say_away(self, reason: str) -> None:
        if not self._away:
            _logger.warning(
                "The MLflow store %s is away (%s). The run goes on; what it logs waits in %s.",
                self._store,
                reason,
                self.folder,
            )
        self._away = True

    @property
    def _store(self) -> str:
        return mask(self._client.tracking_uri)


def deliver_waiting(client: "MlflowClient") -> None:
    """Send what earlier processes could not; runs that a living process still writes are left to it."""
    # A folder without files may be one that its run is about to use, and is left alone.
    for folder in sorted({file.parent for file in _folder(client).glob("*/*.json")}):
        try:
            lock = _take(folder, seconds=0)
        except Timeout:
            continue
        try:
            _deliver(client, folder)
        finally:
            lock.release()
            _remove_if_empty(folder)


def _deliver(client: "MlflowClient", folder: Path) -> None:
    files = sorted(folder.glob("*.json"))
    for number, file in enumerate(files):
        error = None
        try:
            send(client, folder.name, msgspec.json.decode(file.read_bytes(), type=Write))
        except Exception as caught:
            if is_away(caught):
                left = len(files) - number
                _logger.warning("%d writes of run %s still wait in %s: %s", left, folder.name, folder, one_line(caught))
                return
            error = caught
        _settle(file, folder.name, error)
    if files:
        _logger.warning("%d late writes of run %s reached the MLflow store.", len(files), folder.name)


def _settle(file: Path, run_id: str, error: Exception | None) -> None:
    if error is None:
        file.unlink(missing_ok=True)
        return
    refused = file.with_suffix(".refused")
    file.rename(refused)
    _logger.warning("MLflow refused a late write of run %s, kept as %s: %s", run_id, refused, one_line(error))


def _folder(client: "MlflowClient") -> Path:
    # A folder for each store: what was meant for one is never sent to another.
    return cache_folder() / "outbox" / hashlib.sha256(mask(client.tracking_uri).encode()).hexdigest()[:12]


def _take(folder: Path, seconds: float = PATIENCE) -> FileLock:
    """The lock of a folder, whose holder alone sends what is in it; it falls to others when its process dies."""
    # One thread takes it, another gives it back.
    lock = FileLock(folder / _LOCK, timeout=seconds, thread_local=False)
    lock.acquire()
    return lock


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= {_LOCK}:
        shutil.rmtree(folder, ignore_errors=True)
