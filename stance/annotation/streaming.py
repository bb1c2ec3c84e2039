"""Cut a JSON array of objects into its objects while reading it in chunks, so that memory holds one chunk at a time.

A structural scan finds the objects' ends without decoding: of all bytes only quotes and braces matter. A brace counts
where the number of unescaped quotes before it is even, and an object of the array ends where the depth of the counted
braces returns to zero. In UTF-8 no byte of a longer character equals one of these.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stance.errors import DataError

CHUNK = 1 << 20
"""Bytes read at once; larger chunks fall out of the processor's cache and are slower."""

_QUOTE, _BACKSLASH, _OPEN, _CLOSE = b'"\\{}'
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class Scanner:
    """Finds where objects end, chunk after chunk; what a chunk leaves open is carried into the next."""

    def __init__(self) -> None:
        self.inside = np.uint8(0)
        self.depth = 0
        self.escaped = False

    def ends(self, chunk: bytes) -> list[int]:
        """Positions in `chunk`, ascending, just behind each object of the array that ends there.

        Raises ValueError where an object closes that was never opened.
        """
        # A byte that the previous chunk's last backslash escapes is no quote, so the scan starts behind it.
        skip = 1 if self.escaped else 0
        found = np.frombuffer(chunk, np.uint8)[skip:]
        self.escaped = False
        if not len(found):
            return []
        at = np.flatnonzero((found == _QUOTE) | (found == _OPEN) | (found == _CLOSE))  # [S]
        what = found[at]  # [S]
        quotes = what == _QUOTE
        _drop_escaped(quotes, at, found)
        # The running count may wrap: its lowest bit is all that is read.
        inside = (np.cumsum(quotes, dtype=np.uint8) + self.inside) & np.uint8(1)  # [S]
        braces = np.flatnonzero((what != _QUOTE) & (inside == 0))
        depth = self.depth + np.cumsum(np.where(what[braces] == _OPEN, 1, -1))  # [B]
        self._carry(found, inside, depth)
        if len(depth) and depth.min() < 0:
            raise ValueError("an object closes that was never opened")
        closing = at[braces[depth == 0]] + (skip + 1)
        return closing.tolist()

    def _carry(self, found: NDArray[np.uint8], inside: NDArray[np.uint8], depth: NDArray[np.int64]) -> None:
        if len(inside):
            self.inside = inside[-1]
        if len(depth):
            self.depth = int(depth[-1])
        if found[-1] == _BACKSLASH:
            others = np.flatnonzero(found != _BACKSLASH)
            run = len(found) - (int(others[-1]) + 1 if len(others) else 0)
            self.escaped = run % 2 == 1


def _drop_escaped(quotes: NDArray[np.bool_], at: NDArray[np.int64], found: NDArray[np.uint8]) -> None:
    """Clear those of `quotes` [S], at positions `at` [S] of `found`, that stand behind an odd run of backslashes."""
    suspects = np.flatnonzero(quotes & (at > 0) & (found[at - 1] == _BACKSLASH))
    if not len(suspects):
        return
    slashes = np.flatnonzero(found == _BACKSLASH)
    first = np.ones(len(slashes), bool)
    first[1:] = np.diff(slashes) != 1
    starts = np.maximum.accumulate(np.where(first, slashes, 0))  # where the run of each backslash begins
    last = np.searchsorted(slashes, at[suspects] - 1)
    run = slashes[last] - starts[last] + 1
    quotes[suspects[run % 2 == 1]] = False


def read_objects(path: Path, chunk_size: int = CHUNK) -> Iterator[tuple[int, bytes]]:
    """Yield (byte position, bytes) of each object of the JSON array in `path`, reading `chunk_size` bytes at once.

    The objects themselves are not checked. Raises DataError for a file that breaks off and for anything between the
    objects that is neither blank nor a comma.
    """
    scanner = Scanner()
    parts: list[bytes] = []
    start = count = 0
    with path.open("rb") as stream:
        while chunk := stream.read(chunk_size):
            read = 0
            for end in _ends(scanner, chunk, path, count):
                piece = chunk[read:end] if not parts else b"".join([*parts, chunk[read:end]])
                parts.clear()
                skip = _opening(piece, start, count, path)
                yield start + skip, piece[skip:]
                start += len(piece)
                read = end
                count += 1
            parts.append(chunk[read:])
    _check_rest(b"".join(parts), start, count, path)


def _ends(scanner: Scanner, chunk: bytes, path: Path, count: int) -> list[int]:
    try:
        return scanner.ends(chunk)
    except ValueError as error:
        raise _broken(path, f"{error} (somewhere behind task {count} of the file)") from None


def _opening(piece: bytes, start: int, count: int, path: Path) -> int:
    """How many bytes stand before the object in `piece`: blanks and one comma, or the array's opening bracket."""
    skip = piece.index(b"{")
    before = piece[:skip].removeprefix(_BOM if not start else b"").strip(_BLANK)
    if before != (b"," if count else b"["):
        raise _broken(path, f"{_show(before)} before the object at byte {start + skip}")
    return skip


def _check_rest(rest: bytes, start: int, count: int, path: Path) -> None:
    """Refuse what stands behind the last object, unless it is the end of the array."""
    found = rest.removeprefix(_BOM if not start else b"").strip(_BLANK)
    end = found
    if not count and found.startswith(b"["):
        end = found[1:].strip(_BLANK)
    if end == b"]":
        return
    if found in (b"", b",", b"[") or b"{" in found:
        raise DataError(
            f"{path}: the file breaks off at byte {start + len(rest)}, after {count} complete tasks: expected the list "
            f"of tasks to end with ']'. Export again as JSON and let the download finish."
        )
    raise _broken(path, f"{_show(found)} behind task {count} of the file, at byte {start}")


def _broken(path: Path, found: str) -> DataError:
    return DataError(f"{path}: expected a JSON list of tasks, found {found}. Export again as JSON.")


def _show(found: bytes) -> str:
    text = found.decode("utf-8", "replace")
    return repr(text if len(text) <= 40 else text[:40] + "…") if text else "no comma"
