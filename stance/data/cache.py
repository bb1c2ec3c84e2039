"""What is computed once: arrays under the digest of all that shapes them, shared by trainings in all processes.

Kept only within `sharing()`, which a training enters: a model that predicts leaves nothing of what it reads on disk.
An entry is one file, a SHA-256 and then safetensors. It is written aside and renamed, so that a process that dies
leaves nothing half; what is broken all the same is found by its digest, deleted and computed again.
"""

import hashlib
import logging
import os
import shutil
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from stance.data.pretrained import cache_folder
from stance.errors import ConfigurationError

LIMIT_VARIABLE = "STANCE_CACHE_GB"
LIMIT_GB = 10.0
"""Size of all files together where the variable is not set; the least recently used go first."""
MEMORY = 1 << 30
"""Bytes of arrays that a process keeps beside the files, for its next training."""
# Part of every key: raise it when the form of the files changes.
FORMAT = 1

Arrays = Mapping[str, np.ndarray]
Object = TypeVar("Object")

_DIGEST = 32
_LOCK_SECONDS = 600
# Left by a process that was killed while it wrote.
_ABANDONED_SECONDS = 86_400
_SUFFIX, _PART = ".safetensors", ".part"
_current: ContextVar["Cache | None"] = ContextVar("cache", default=None)
_logger = logging.getLogger(__name__)


def kept(kind: str, parts: Sequence[Any], compute: Callable[[], Arrays]) -> Arrays:
    """The arrays that `compute` makes, or made before for equal `parts`; read-only.

    `parts` are plain data and say everything that shapes the result: content, settings, and `sources` of the code.
    `compute` must not ask for another entry of the same kind.
    """
    cache = _current.get()
    return compute() if cache is None else cache.arrays(kind, key_of(parts), compute)


def remembered(kind: str, parts: Sequence[Any], compute: Callable[[], Object], *, most: int = 1) -> Object:
    """Any object that `compute` makes, of which this process remembers the `most` recently used of a `kind`.

    For what is costly to make and no cheaper to read from a file. It is shared, so nobody may change it.
    """
    cache = _current.get()
    return compute() if cache is None else cache.object(kind, key_of(parts), compute, most)


@contextmanager
def sharing(folder: Path | None = None) -> Iterator["Cache"]:
    """Within, `kept` and `remembered` keep: in `folder`, by default the folder `derived` of `$STANCE_CACHE`.

    Raises ConfigurationError for a size in `$STANCE_CACHE_GB` that is none. No other error: without a folder that can
    be written to, work goes on without one.
    """
    cache = _cache((folder or cache_folder() / "derived").absolute(), _limit())
    token = _current.set(cache)
    try:
        yield cache
    finally:
        _current.reset(token)


def current() -> "Cache | None":
    """The cache in use, None outside `sharing`."""
    return _current.get()


def key_of(parts: Sequence[Any]) -> str:
    """A digest of plain data, 64 hex digits."""
    return hashlib.sha256(msgspec.msgpack.encode([FORMAT, *parts])).hexdigest()


@lru_cache(maxsize=64)
def sources(*modules: str) -> str:
    """A digest of the source files of `modules` (dotted names), so that what other code has made is not found."""
    from importlib.util import find_spec

    found = []
    for name in modules:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"Expected a module with a source file, found {name!r}.")
        found.append([name, Path(spec.origin).read_bytes()])
    return key_of(found)


class Cache:
    """Files of arrays under `folder`, `limit` bytes at most, and the arrays and objects that a process used last."""

    def __init__(self, folder: Path, limit: int, memory: int = MEMORY):
        self.folder, self.limit = folder, limit
        self._memory: OrderedDict[tuple[str, str], Arrays] = OrderedDict()
        self._memory_room = memory
        self._objects: dict[str, OrderedDict[str, Any]] = {}
        self._unmeasured_room = 0
        self._readable = self._writable = limit > 0

    def arrays(self, kind: str, key: str, compute: Callable[[], Arrays], *, in_memory: bool = True) -> Arrays:
        """See `kept`; `in_memory` false leaves it to the caller to remember them."""
        found = self._memory.pop((kind, key), None)
        if found is not None:
            self._memory[kind, key] = found
            return found
        path = self.folder / kind / key[:2] / f"{key}{_SUFFIX}"
        found = self._read(path)
        if found is None:
            found = self._make(path, compute)
        if in_memory:
            self._remember((kind, key), found)
        return found

    def object(self, kind: str, key: str, compute: Callable[[], Object], most: int) -> Object:
        """See `remembered`."""
        own = self._objects.setdefault(kind, OrderedDict())
        if key not in own:
            while len(own) >= most:
                own.popitem(last=False)
            own[key] = compute()
        own.move_to_end(key)
        return own[key]

    def _remember(self, name: tuple[str, str], found: Arrays) -> None:
        self._memory[name] = found
        self._memory_room -= _size(found)
        while self._memory_room < 0:
            self._memory_room += _size(self._memory.popitem(last=False)[1])

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


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())


def _touch(path: Path) -> None:
    """Mark as used. What may be read but not changed is somebody else's, and so is its time."""
    try:
        os.utime(path)
    except OSError as error:
        _logger.debug("%s keeps its time: %s", path, error)


def _limit() -> int:
    given = os.environ.get(LIMIT_VARIABLE, "").strip()
    try:
        size = float(given) if given else LIMIT_GB
    except ValueError:
        size = -1.0
    if not 0 <= size < float("inf"):
        raise ConfigurationError(
            f"Expected {LIMIT_VARIABLE} to be gigabytes, 0 for no files at all, found {given!r}. "
            f"Without it the limit is {LIMIT_GB:g}."
        )
    return int(size * 1e9)


@lru_cache(maxsize=1)
def _cache(folder: Path, limit: int) -> Cache:
    return Cache(folder, limit)
