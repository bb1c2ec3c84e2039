"""Arrays in files under their keys, shared by processes: whole or not there, and bounded in size together.

An entry is a SHA-256 and then safetensors. It is written aside and renamed, so that a process that dies leaves nothing
half; what is broken all the same is found by its digest, deleted and made again.
"""

import hashlib
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]

_DIGEST = 32
_LOCK_SECONDS = 600
# Left by a process that was killed while it wrote.
_ABANDONED_SECONDS = 86_400
_SUFFIX, _PART = ".safetensors", ".part"
_logger = logging.getLogger(__name__)


class ArrayFiles:
    """Entries under `folder`, `limit` bytes at most; the least recently used go first. A limit of 0 means no files.

    A folder that cannot be written to, or is full, is said once; then nothing more is written.
    """

    def __init__(self, folder: Path, limit: int):
        self.folder, self.limit = folder, limit
        self._unmeasured_room = 0
        self._readable = self._writable = limit > 0

    def fetch(self, kind: str, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """The entry, read-only; where there is none, made by one of the processes that ask for it at once."""
        path = self.folder / kind / key[:2] / f"{key}{_SUFFIX}"
        found = self._read(path)
        return self._make(path, compute) if found is None else found

    def _make(self, path: Path, compute: Callable[[], Arrays]) -> Arrays:
        with self._locked(path):
            # Another process may have made it while this one waited.
            found = self._read(path)
            if found is None:
                found = _unchangeable(compute())
                self._write(path, found)
        return found

    def _locked(self, path: Path) -> AbstractContextManager[Any]:
        """Only one process makes an entry. One lock a folder of entries: they are never removed, and stay few."""
        if not self._writable:
            return nullcontext()
        from filelock import FileLock, Timeout

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return FileLock(path.with_name("lock"), timeout=_LOCK_SECONDS).acquire()
        except Timeout:
            _logger.warning("Another process has held %s for %d s; going on without it.", path.parent, _LOCK_SECONDS)
        except (OSError, NotImplementedError) as error:
            # A cache only saves time: what cannot be locked is computed by each process alone. NotImplementedError is
            # how earlier versions of filelock tell of a file system without flock.
            self._give_up(error)
        return nullcontext()

    def _read(self, path: Path) -> Arrays | None:
        if not self._readable:
            return None
        try:
            with path.open("rb") as file:
                digest, content = file.read(_DIGEST), file.read()
            if hashlib.sha256(content).digest() != digest:
                _logger.warning("%s is broken; it is deleted and made again.", path)
                path.unlink(missing_ok=True)
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._give_up(error)
            return None
        _touch(path)
        return _decode(content)

    def _write(self, path: Path, arrays: Arrays) -> None:
        if not self._writable:
            return
        content = _encode(arrays)
        part = path.with_name(f".{uuid.uuid4().hex}{_PART}")
        try:
            if not self._make_room(_DIGEST + len(content)):
                return
            try:
                with part.open("wb") as file:
                    file.write(hashlib.sha256(content).digest())
                    file.write(content)
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            self._give_up(error)

    def _make_room(self, size: int) -> bool:
        """Whether `size` more bytes fit, after the least recently used entries have been deleted for them.

        The folder is measured only after every sixteenth of the limit that this process has written.
        """
        self._unmeasured_room -= size
        if self._unmeasured_room >= 0:
            return True
        entries = sorted(self._entries(), key=lambda entry: entry[0])
        used = sum(size for _, size, _ in entries)
        # The disk is not ours alone: at least half of what is free stays free.
        limit = min(self.limit, used + shutil.disk_usage(self.folder).free // 2)
        step = max(size, limit // 16)
        if size > limit:
            self._unmeasured_room = 0
            return False
        for _, freed, path in entries:
            if used + step <= limit:
                break
            Path(path).unlink(missing_ok=True)
            used -= freed
        self._unmeasured_room = step - size
        return True

    def _entries(self) -> Iterator[tuple[float, int, str]]:
        """(last use, bytes, path) of each entry; what killed processes left is deleted on the way."""
        for place, _, names in os.walk(self.folder):
            for name in names:
                if not name.endswith((_SUFFIX, _PART)):
                    continue
                path = os.path.join(place, name)
                try:
                    found = os.stat(path)
                    if name.endswith(_PART) and time.time() - found.st_mtime > _ABANDONED_SECONDS:
                        os.unlink(path)
                        continue
                except FileNotFoundError:
                    # Another process makes room too.
                    continue
                yield found.st_mtime, found.st_size, path

    def _give_up(self, error: BaseException) -> None:
        if self._writable:
            _logger.warning("Nothing more is kept in %s, work goes on without: %s", self.folder, error)
        self._writable = False


def _encode(arrays: Arrays) -> bytes:
    from safetensors.numpy import save

    # The library writes the memory as it lies, whatever its order.
    return save({name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()})


def _decode(content: bytes) -> Arrays:
    from safetensors.numpy import load

    return _unchangeable(load(content))


def _unchangeable(arrays: Arrays) -> Arrays:
    views = {name: array.view() for name, array in arrays.items()}
    for view in views.values():
        view.flags.writeable = False
    return views


def _touch(path: Path) -> None:
    """Mark as used. What may be read but not changed is somebody else's, and so is its time."""
    try:
        os.utime(path)
    except OSError as error:
        _logger.debug("%s keeps its time: %s", path, error)
