"""Text made from another, with the way back: which character of the page each character of a text is."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from stance.errors import DataError

_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# What no reader sees and every match stumbles over: marks of direction, byte order and width, control characters.
_UNSEEN = (
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
)
_CHANGED = re.compile(f"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|[{_UNSEEN}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")

Run = tuple[int, int, int]
"""(offset in the text, offset in the page, length): characters that follow each other in both."""


@dataclass(frozen=True)
class Mapped:
    """`text` and its `runs`: in order, without overlap, covering every character of it.

    A character is the page's own, or stands for white space there: a line feed for any line end (for the first
    character of CR LF), a space for a line end inside a paragraph.
    """

    text: str
    runs: tuple[Run, ...]

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        return [run[0] for run in self.runs], [run[1] for run in self.runs]

    def page_offset(self, offset: int) -> int:
        """Where in the page the character at `offset` of the text stands."""
        if not 0 <= offset < len(self.text):
            raise IndexError(f"Expected an offset in a text of {len(self.text)} characters, found {offset}.")
        start, page, _ = self.runs[bisect_right(self._starts[0], offset) - 1]
        return page + offset - start

    def page_span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the page from the first to the last character of text[start:end]; it may hold more than they."""
        return self.page_offset(start), self.page_offset(end - 1) + 1

    def text_offset(self, offset: int) -> int | None:
        """Which character of the text is the page's at `offset`; None where the text has left it out."""
        number = bisect_right(self._starts[1], offset) - 1
        if number < 0:
            return None
        start, page, length = self.runs[number]
        return start + offset - page if offset < page + length else None

    def text_span(self, start: int, end: int) -> tuple[int, int] | None:
        """What the text has kept of page[start:end], from its first to its last character; None where it is nothing."""
        kept = [at for offset in range(start, end) if (at := self.text_offset(offset)) is not None]
        return (kept[0], kept[-1] + 1) if kept else None

    def joined(self, pieces: Iterable[tuple[int, int, str]]) -> "Mapped":
        """The text of `pieces` (start, end, as written), in order, each as long as the part of this text it is for."""
        parts: list[str] = []
        runs: list[Run] = []
        length = 0
        for start, end, written in pieces:
            parts.append(written)
            for run in self._runs_within(start, end):
                _append(runs, (run[0] - start + length, run[1], run[2]))
            length += end - start
        return Mapped("".join(parts), tuple(runs))

    def _runs_within(self, start: int, end: int) -> Iterable[Run]:
        number = bisect_right(self._starts[0], start) - 1
        while start < end:
            first, page, length = self.runs[number]
            stop = min(end, first + length)
            yield start, page + start - first, stop - start
            start, number = stop, number + 1


def _append(runs: list[Run], run: Run) -> None:
    if runs:
        start, page, length = runs[-1]
        if (start + length, page + length) == run[:2]:
            runs[-1] = (start, page, length + run[2])
            return
    runs.append(run)


def readable(page: str) -> Mapped:
    """`page` with a line feed for every line end, and without what no reader sees.

    Left out are marks of direction and byte order, zero-width spaces, soft hyphens and control characters; the joiners
    that Persian and Kurdish need stay. Raises DataError for half a surrogate pair, which no file can hold.
    """
    if page.replace("\n", " ").isprintable():
        # Most pages need no change, and this is found out in a tenth of the time.
        return Mapped(page, ((0, 0, len(page)),) if page else ())
    broken = _SURROGATE.search(page)
    if broken:
        raise DataError(
            f"Expected text, found half a character (U+{ord(broken[0]):04X}) at offset {broken.start():,}. "
            "Read the page anew with its own encoding."
        )
    parts: list[str] = []
    runs: list[Run] = []
    length = position = 0
    for match in _CHANGED.finditer(page):
        length = _copy(page, position, match.start(), parts, runs, length)
        if _LINE_END.match(match[0]):
            parts.append("\n")
            _append(runs, (length, match.start(), 1))
            length += 1
        position = match.end()
    _copy(page, position, len(page), parts, runs, length)
    return Mapped("".join(parts), tuple(runs))


def _copy(page: str, start: int, end: int, parts: list[str], runs: list[Run], length: int) -> int:
    if end > start:
        parts.append(page[start:end])
        _append(runs, (length, start, end - start))
    return length + end - start
