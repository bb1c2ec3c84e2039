"""The lines and cells of a page, those of a hard-wrapped paragraph as one."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stance.text.markers import fold

# A run of white space inside a line stands where the page had cells or list items side by side.
_CELLS = re.compile(r"[ \u00a0]*\t[ \u00a0\t]*|[ \u00a0]{3,}")
ENDS = re.compile(r"""[.!?؟…:][\s"'»”’)\]]*$""")
# How much of a line's end is looked at for the mark that closes a sentence and its quotes.
_TAIL = 8
_LONG = 40


class Cell(NamedTuple):
    """A piece of a line, from `start` to `end`, behind `breaks` line feeds; `listed` where it is one of many."""

    start: int
    end: int
    breaks: int
    listed: bool
    folded: str


def cells_of(text: str) -> Iterator[Cell]:
    """The lines of a readable page, and the cells of those that have several."""
    breaks = place = 0
    for line, folded in zip(text.split("\n"), fold(text).split("\n"), strict=True):
        if line.strip():
            cells = [cell for cell in _parted(line, place) if cell[0] < cell[1]]
            for number, (start, end) in enumerate(cells):
                words = folded if len(cells) == 1 else fold(text[start:end])
                yield Cell(start, end, 0 if number else breaks, len(cells) > 2, words)
            breaks = 0
        breaks += 1
        place += len(line) + 1


def _parted(line: str, offset: int) -> Iterator[tuple[int, int]]:
    body = line.rstrip()
    position = len(body) - len(body.lstrip())
    if "  " in body or "\t" in body or "\u00a0" in body:
        for gap in _CELLS.finditer(body, position):
            yield offset + position, offset + gap.start()
            position = gap.end()
    yield offset + position, offset + len(body)


def unwrapped(text: str, cells: list[Cell]) -> list[Cell]:
    """The cells, with the lines of a page that was wrapped at a fixed width joined to paragraphs."""
    widths = [cell.end - cell.start for cell in cells]
    wide = [width for width in widths if width >= _LONG]
    if len(wide) < 6 or max(widths) > 130:
        return cells
    full = 0.75 * sorted(wide)[-len(wide) // 5]
    # Where the next line's first word would have had room, the line was not wrapped.
    limit = 0.95 * max(widths)
    runs_on = [
        width >= full
        and below.breaks == 1
        and width + 1 + len(below.folded.partition(" ")[0]) >= limit
        and not ENDS.search(text, max(cell.start, cell.end - _TAIL), cell.end)
        for cell, width, below in zip(cells, widths, cells[1:], strict=False)
    ]
    if sum(runs_on) < 0.5 * len(wide):
        return cells
    joined: list[Cell] = []
    for cell, joins in zip(cells, [False, *runs_on], strict=True):
        if joins:
            above = joined.pop()
            cell = above._replace(end=cell.end, folded=f"{above.folded} {cell.folded}")
        joined.append(cell)
    return joined
