"""What is computed once: arrays under the digest of all that shapes them, shared by trainings in all processes.

Kept only within `sharing()`, which a training enters: a model that predicts leaves nothing of what it reads on disk.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from stance.data.cache_files import ArrayFiles, Arrays
from stance.data.pretrained import cache_folder
from stance.errors import ConfigurationError

LIMIT_VARIABLE = "STANCE_CACHE_GB"
LIMIT_GB = 10.0
"""Size of all files together where the variable is not set."""
MEMORY = 1 << 30
"""Bytes of arrays that a process keeps beside the files, for its next training."""
# Part of every key: raise it when the form of the files changes.
FORMAT = 1

Object = TypeVar("Object")

_current: ContextVar["Cache | None"] = ContextVar("cache", default=None)


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
    """Arrays in files under `folder`, and in memory the arrays and objects that this process used last.

    `limit` and `memory` are the bytes of arrays in the files of all processes, and in the memory of this one.
    """

    def __init__(self, folder: Path, limit: int, memory: int = MEMORY):
        self.files = ArrayFiles(folder, limit)
        self._memory: OrderedDict[tuple[str, str], Arrays] = OrderedDict()
        self._memory_room = memory
        self._objects: dict[str, OrderedDict[str, Any]] = {}

    def arrays(self, kind: str, key: str, compute: Callable[[], Arrays], *, in_memory: bool = True) -> Arrays:
        """See `kept`; `in_memory` false leaves it to the caller to remember them."""
        found = self._memory.pop((kind, key), None)
        if found is not None:
            self._memory[kind, key] = found
            return found
        found = self.files.fetch(kind, key, compute)
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


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())


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
