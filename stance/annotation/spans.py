"""Where a region stands in its text: offsets checked against the text, repaired where that is certain."""

import unicodedata
from functools import lru_cache
from typing import Any

import msgspec

from stance.annotation.problems import Kind, Problem, Report, Severity
from stance.annotation.sniffing import refuse_hypertext
from stance.annotation.wire import Value


class Place(msgspec.Struct):
    """Where in the export the reader stands; `annotation` names an annotation, a draft or a prediction.

    With `listed` false the problems met are only counted.
    """

    file: str
    task: str
    report: Report
    annotation: str | None = None
    listed: bool = True

    def add(self, kind: Kind, expected: str, found: str, severity: Severity, region: str | None = None) -> None:
        """Report a problem found here."""
        if self.listed:
            self.report.add(Problem(self.file, self.task, kind, expected, found, severity, self.annotation, region))
        else:
            self.report.unlisted += 1


def describe(key: str | None, value: Value) -> str:
    """A region as a person finds it: its id, its offsets and the start of its text."""
    text = value.text if isinstance(value.text, str) else ""
    return f"{key} ({value.start}–{value.end} {shorten(text)})"


def shorten(text: str, length: int = 40) -> str:
    """`text` in quotes, cut to `length` code points."""
    return repr(text if len(text) <= length else text[:length] + "…")


def locate(key: str, value: Value, text: str, place: Place) -> tuple[int, int] | None:
    """Start and end of the region in code points of `text`; None, reported, where there is no telling."""
    start, end = value.start, value.end
    if type(start) is int and type(end) is int and 0 <= start < end <= len(text):
        marked = value.text
        if marked is None or text[start:end] == marked:
            if end < len(text) and _cuts(text[end - 1 : end + 1]):
                _note_cut(key, value, text, place)
            return start, end
    return _relocate(key, value, text, place)


@lru_cache(maxsize=1 << 16)
def _cuts(pair: str) -> bool:
    """Whether a boundary between the two characters of `pair` lies inside a word."""
    return all(character.isalnum() or unicodedata.category(character)[0] == "M" for character in pair)


def _note_cut(key: str, value: Value, text: str, place: Place) -> None:
    shown = f"{text[max(0, value.end - 15) : value.end]}|{text[value.end : value.end + 15]}"
    # Label Studio counts UTF-16 units when a span is resized, and stores the text that agrees with the wrong end.
    place.add(Kind.CUT, "the end between two words", repr(shown), Severity.NOTED, describe(key, value))


def _relocate(key: str, value: Value, text: str, place: Place) -> tuple[int, int] | None:
    start, end = _whole(value.start), _whole(value.end)
    region = describe(key, value)
    if start is None or end is None:
        if isinstance(value.start, str) or value.start_offset is not None:
            refuse_hypertext(place.file, place.task)
        place.add(
            Kind.MALFORMED,
            "whole numbers for start and end",
            f"{value.start!r}, {value.end!r}",
            Severity.REGION,
            region,
        )
        return None
    within = 0 <= start < end <= len(text)
    marked = value.text if isinstance(value.text, str) else None
    if within and (marked is None or _canonical(text[start:end]) == _canonical(marked)):
        return start, end
    span = None if marked is None else _from_utf16(start, end, text)
    if marked is not None and span is not None and _canonical(text[span[0] : span[1]]) == _canonical(marked):
        found = f"UTF-16 units, read as {span[0]}–{span[1]}"
        place.add(Kind.UTF16, "offsets in code points", found, Severity.REPAIRED, region)
        return span
    if within:
        place.add(Kind.SLICE, shorten(marked or ""), shorten(text[start:end]), Severity.REGION, region)
    else:
        found = f"{start}–{end}"
        place.add(Kind.OUTSIDE, f"0 ≤ start < end ≤ {len(text)}", found, Severity.REGION, region)
    return None


def _whole(offset: Any) -> int | None:
    if type(offset) is float and offset.is_integer():
        return int(offset)
    return offset if type(offset) is int else None


def _canonical(text: str) -> str:
    """In a span of several lines Label Studio writes a backslash and an n for each line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _from_utf16(start: int, end: int, text: str) -> tuple[int, int] | None:
    """The code points at UTF-16 units `start` and `end`; None where a unit lies outside or splits a pair."""
    units = text.encode("utf-16-le")
    if not 0 <= start < end <= len(units) // 2 or len(units) == 2 * len(text):
        return None
    try:
        first = len(units[: 2 * start].decode("utf-16-le"))
        return first, first + len(units[2 * start : 2 * end].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None
