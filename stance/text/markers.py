"""What stands on a page beside the article: wordings read from files that a user can add to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import yaml

from stance.errors import DataError

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

MARKERS = Path(__file__).parents[2] / "labels" / "page_markers.yaml"
"""The project's own markers."""

Effect = Literal["skip", "list", "text", "tail", "stop", "date", "byline", "source", "inline"]

_FOLDED = {
    **dict.fromkeys("أإآٱ", "ا"),
    **dict.fromkeys("ىیې", "ي"),
    **dict.fromkeys("ةۀہھە", "ه"),
    **dict.fromkeys("کگڪ", "ك"),
    "ؤ": "و",
    "ئ": "ي",
    "\u00a0": " ",
    **dict.fromkeys(map(chr, [0x0640, *range(0x064B, 0x0660), 0x0670]), ""),
    **{chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)},
}
# Where it stands alone it is a dash.
_LONE_TATWEEL = re.compile("(?<!\\S)\u0640(?!\\S)")
_CAPITAL = re.compile("[A-Z]+")
# The end of a caption: (Reuters), "- archive", "/ AFP".
_CREDIT = re.compile(r"[-–—/(\[|©.]\s*([\w. ]{2,30})[)\].]*$")
# Dashes, arrows, signs and pictures in front of a line.
_ORNAMENT = re.compile("^[-–—•*| \u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")
_SHORT = 160
_ROW_LENGTH, _ROW_WORDS, _ROW_LEAST = 200, 3, 3
_PAUSES = " :؟?.،,…-–|/»"


def fold(text: str) -> str:
    """`text` with one form of alef, ya, ta marbuta, kaf and digits, without diacritics and tatweel, Latin lower.

    No character becomes two, and line ends and spaces stay: folded lines are the lines folded. (Names are folded
    further, by `stance.text.folding`.)
    """
    if "\u0640" in text:
        text = _LONE_TATWEEL.sub("-", text)
    for character, folded in _FOLDED.items():
        # Ten times as fast as str.translate, since few of them are in any text.
        if character in text:
            text = text.replace(character, folded)
    return _CAPITAL.sub(lambda found: found[0].lower(), text)


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of marker: what it means for the page, and the wordings it is known by."""

    effect: Effect
    lines: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: dict[str, Kind]
    version: str = "0"


@dataclass(frozen=True)
class Marker:
    """A line's marker: its kind, its effect, and what the line says after the wording ("" for nothing)."""

    kind: str
    effect: Effect
    rest: str = ""


class Markers:
    """All kinds, ready to be looked up; `kinds` are as read from the files."""

    def __init__(self, kinds: Mapping[str, Kind]):
        self.kinds = dict(kinds)
        self._lines: dict[str, Marker] = {}
        self._starts: dict[str, Marker] = {}
        self._ends: dict[str, Marker] = {}
        self._anywhere: dict[str, Marker] = {}
        inline: list[str] = []
        for name, kind in self.kinds.items():
            marker = Marker(name, kind.effect)
            self._lines |= {_core(_squeezed(wording)): marker for wording in (*kind.lines, *kind.starts)}
            self._starts |= {_squeezed(start): marker for start in kind.starts}
            self._ends |= {_squeezed(end): marker for end in kind.ends}
            if kind.effect == "inline":
                inline += map(fold, kind.anywhere)
            else:
                self._anywhere |= {_squeezed(words): marker for words in kind.anywhere}
        self._firsts = {start.split()[0].partition(":")[0].rstrip(_PAUSES) for start in self._starts}
        self._lengths = sorted({len(start.split()) for start in self._starts}, reverse=True)
        links = [start for start, marker in self._starts.items() if marker.effect == "list" and " " in start]
        self._skipped = {wording for wording, marker in self._lines.items() if marker.effect == "skip"}
        self._skipped_firsts = {wording.partition(" ")[0] for wording in self._skipped}
        self.inlined = inline
        self.inline = _any_of("{}", inline)
        self.glued = _any_of(r"(?<=[.!?؟…»”\")\]])\s*(?:{})\s*:", links)

    def of_line(self, line: str) -> Marker | None:
        """The marker of a line (folded, white space single), or None."""
        whole = self._lines.get(_core(line)) if len(line) <= _SHORT else None
        return whole or self._start(line) or self._end(line) or self._within(line) or self._row(line)

    def _start(self, line: str) -> Marker | None:
        bare = line if line[:1].isalpha() else _ORNAMENT.sub("", line)
        if bare.partition(" ")[0].partition(":")[0].rstrip(_PAUSES) not in self._firsts:
            return None
        words = bare.split(" ", max(self._lengths, default=0))
        for length in self._lengths:
            if length > len(words):
                continue
            start = " ".join(words[:length])
            said, colon, _ = start.partition(":")
            if not colon and length < len(words) and words[length].startswith(":"):
                colon = ":"
            for wording in (said + ":", said) if colon else (start, start.rstrip(_PAUSES)):
                found = self._starts.get(wording)
                if found:
                    return Marker(found.kind, found.effect, bare[len(said.rstrip(_PAUSES)) :].strip(_PAUSES))
        return None

    def _row(self, line: str) -> Marker | None:
        """The marker of a line that is several whole lines run together: a row of buttons, a menu."""
        if len(line) > _ROW_LENGTH or line.partition(" ")[0] not in self._skipped_firsts:
            return None
        words = _core(line).split()
        place = count = 0
        while place < len(words):
            sizes = range(min(_ROW_WORDS, len(words) - place), 0, -1)
            size = next((size for size in sizes if " ".join(words[place : place + size]) in self._skipped), 0)
            if not size:
                return None
            place, count = place + size, count + 1
        return Marker("row", "skip") if count >= _ROW_LEAST else None

    def _end(self, line: str) -> Marker | None:
        credit = _CREDIT.search(line) if len(line) < _SHORT else None
        return self._ends.get(credit[1].strip()) if credit else None

    def _within(self, line: str) -> Marker | None:
        found = self._automaton.find_matches_as_indexes(line)
        return list(self._anywhere.values())[found[0][0]] if found else None

    @cached_property
    def _automaton(self) -> "AhoCorasick":
        from ahocorasick_rs import AhoCorasick

        return AhoCorasick(list(self._anywhere))


def _any_of(pattern: str, wordings: list[str]) -> re.Pattern[str] | None:
    return re.compile(pattern.format("|".join(map(re.escape, wordings)))) if wordings else None


def _squeezed(wording: str) -> str:
    return " ".join(fold(wording).split())


def _core(line: str) -> str:
    start, end = 0, len(line)
    while start < end and not line[start].isalnum():
        start += 1
    while start < end and not line[end - 1].isalnum():
        end -= 1
    return line[start:end] or line


def read_markers(*paths: str | Path) -> Markers:
    """Read marker files; kinds of one name are joined, a later file's effect standing.

    Raises DataError naming file and place.
    """
    kinds: dict[str, Kind] = {}
    for path in paths:
        for name, kind in _read(Path(path)).kinds.items():
            before = kinds.get(name, Kind(kind.effect))
            kinds[name] = Kind(
                kind.effect,
                (*before.lines, *kind.lines),
                (*before.starts, *kind.starts),
                (*before.ends, *kind.ends),
                (*before.anywhere, *kind.anywhere),
            )
    return Markers(kinds)


@cache
def default_markers() -> Markers:
    """The project's own markers, read once."""
    return read_markers(MARKERS)


def _read(path: Path) -> _File:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return msgspec.convert(content, _File)
    except FileNotFoundError:
        raise DataError(f"Expected a file of page markers at {path}, found none.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise DataError(
            f"Expected page markers (see {MARKERS.name}) in {path}, found: {' '.join(str(error).split())}"
        ) from None
