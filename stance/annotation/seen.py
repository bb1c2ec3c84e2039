"""Remember which keys a long file has held, in a few bytes each."""

import numpy as np
from numpy.typing import NDArray


class Seen:
    """Keys met so far, by 64-bit hash, each with a number: 16 bytes a key once sorted in, whatever its length.

    Two keys in a file of n share a hash with a chance of about n² / 2⁶⁵.
    """

    def __init__(self, recent: int = 8192) -> None:
        self._keys: NDArray[np.int64] = np.empty(0, np.int64)
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)
        self._recent: dict[int, int] = {}
        self._limit = recent

    def add(self, key: str, number: int) -> int | None:
        """The number that `key` was first added with, or None, in which case it is added with `number`."""
        hashed = hash(key)
        if hashed in self._recent:
            return self._recent[hashed]
        at = int(np.searchsorted(self._keys, hashed)) if len(self._keys) else 0
        if at < len(self._keys) and self._keys[at] == hashed:
            return int(self._numbers[at])
        self._recent[hashed] = number
        if len(self._recent) >= max(self._limit, len(self._keys) // 8):
            self._sort_in()
        return None

    def _sort_in(self) -> None:
        keys = np.concatenate([self._keys, np.fromiter(self._recent.keys(), np.int64, len(self._recent))])
        numbers = np.concatenate([self._numbers, np.fromiter(self._recent.values(), np.int64, len(self._recent))])
        order = np.argsort(keys)
        self._keys, self._numbers = keys[order], numbers[order]
        self._recent.clear()
