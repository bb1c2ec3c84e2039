"""A page cut into lines, and what each line looks like by itself: prose, a title, a date, a marker."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Generic, TypeVar

from stance.text.dates import is_clock_line, is_date_line
from stance.text.markers import Marker, Markers
from stance.text.page_cells import ENDS, cells_of, unwrapped
from stance.text.page_layout import dated_beside, is_ending, is_issue, is_layout
from stance.text.page_notices import is_notice
from stance.text.page_words import GOING_ON, OUTLET_KINDS, ROOTED, TURNS, content

_BULLET = re.compile(r"[•▪■●◆◼►▶◄◀▸‣⁃○*·»›-](?=\s)|[•▪■●◆◼►▸‣]")
_STOP = re.compile(r"""(?:(?<![.…])\.|؟|!|\?|。)[\s"'»”’)\]]*$""")
INNER_STOP = re.compile(r"(?<!\.)[.؟!]\s")
_NO_SENTENCE = re.compile(r"https?://|www\.|pic\.twitter|(?<!\w)\w{2,60}\.(?:com|net|org|iq|sy)\b|@\w{3,}")
# A line of tatweel, of which folding leaves nothing.
_RULE = "\u0640\u0640\u0640"
_SEPARATOR = re.compile(r"[\W_]{3,}")
_HASHTAG = re.compile(r"#\w+")
_LATIN, _ARABIC = re.compile(r"[a-z]"), re.compile(r"[\u0620-\u06ff]")
_SPEAKER = re.compile(r"([^\W\d_]+(?: [^\W\d_]+){0,2}):\s\S")
_PAUSE = re.compile(r"""[،,؛"«“:]""")
_WORD = re.compile(r"\w+")
_RIGHTS = re.compile(r"\d{4}|حقوق|محفوظ|rights|copyright")
_TURN = re.compile(r"\s(?:من جهته|من جهتها|من جانبه|من جانبها|بدوره|بدورها|كذلك|ايضا)(?!\w)")
_OPENING = 45
_LONG_KINDS = ("caption", "introduction", "navigation")
# How much of a line's end is looked at for the mark that closes a sentence and its quotes.
_TAIL = 8
_DATE_WORDS = 20
_LOOKS = (("ending", is_ending), ("issue", is_issue), ("notice", is_notice), ("layout", is_layout))
_LONGEST = 500
"""A longer line is a paragraph, whatever it looks like."""
_TURNS_EACH, _NAME_WORDS, _SOURCE_WORDS = 3, 4, 6
_CAPTION = 3
_OUTLET_WORDS = range(2, 5)
_TITLE_WORDS = range(3, 26)
_PROSE_WORDS = 24


Value = TypeVar("Value")


class _Lazily(Generic[Value]):
    """functools.cached_property without the lock that it takes before Python 3.12, a tenth of the time of a page."""

    def __init__(self, method: Callable[[Any], Value]):
        self._method, self._name, self.__doc__ = method, method.__name__, method.__doc__

    def __get__(self, line: Any, owner: type | None = None) -> Value:
        value = line.__dict__[self._name] = self._method(line)
        return value


@dataclass
class Line:
    """A line of the readable page: its span there without white space, and what it looks like.

    `break_before` counts the line feeds that part it from the line before (0: cells of one line). `folded` is its text
    folded, with single spaces, in `size` words; `stripped` lacks the bullet; `repeats` tells how many lines
    of the page say the same. A `listed` line is one of many cells, a `marred` one has words in it that are cut out, a
    `sourced` one is the name that the page gives as a source.
    """

    start: int
    end: int
    break_before: int
    folded: str
    marker: Marker | None = None
    bullet: bool = False
    listed: bool = False
    marred: bool = False
    prose: bool = False
    sourced: bool = False
    repeats: int = 1
    stripped: str = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = self.folded.count(" ") + 1
        self.stripped = _BULLET.sub("", self.folded, count=1).strip() if self.bullet else self.folded
        self.prose = self._is_prose()

    @property
    def effect(self) -> str:
        """What its marker says of the page; "" without one."""
        return self.marker.effect if self.marker else ""

    @_Lazily
    def content(self) -> frozenset[str]:
        """Stems of its content words."""
        return content(self.folded)

    @_Lazily
    def separator(self) -> bool:
        """A line of dashes, stars or the like."""
        return not self.folded[0].isalnum() and bool(_SEPARATOR.fullmatch(self.folded))

    @property
    def tags(self) -> bool:
        """Nothing but hashtags."""
        return "#" in self.folded and not _WORD.search(_HASHTAG.sub("", self.folded))

    @_Lazily
    def dated(self) -> bool:
        """A line that says when, and little more."""
        return self.size <= _DATE_WORDS and (is_date_line(self.folded) or dated_beside(self.folded))

    @property
    def outlet(self) -> bool:
        """The name of an outlet that begins with what it is: "radio", "newspaper"."""
        named = not self.marker and not self.dated and self.folded.partition(" ")[0] in OUTLET_KINDS
        return named and self.size in _OUTLET_WORDS and not ENDS.search(self.folded[-_TAIL:])

    @_Lazily
    def clock(self) -> bool:
        """Nothing but a time of day."""
        return self.size <= 5 and is_clock_line(self.folded)

    @_Lazily
    def address(self) -> bool:
        """An address of the web, or the name of an account."""
        # Each of them has one of these, and looking for it takes a tenth of the time.
        signed = "." in self.folded or "@" in self.folded or "://" in self.folded
        return signed and self.size <= 12 and bool(_NO_SENTENCE.search(self.folded))

    @_Lazily
    def stops(self) -> bool:
        """Ends as a sentence does."""
        return bool(_STOP.search(self.folded[-_TAIL:]))

    @property
    def titled(self) -> bool:
        """May be a title: a few words without a full stop, no marker, no date."""
        worded = self.plain and self.size in _TITLE_WORDS and not self.folded.endswith((".", ":"))
        bracketed = self.folded[0] in "([" and self.folded[-1] in ")]"
        return worded and not (self.prose or self.sourced or bracketed)

    @_Lazily
    def plain(self) -> bool:
        """Words, and no marker, date, address or the like."""
        return not (self.marker or self.separator or self.tags or self.dated or self.clock or self.address)

    @_Lazily
    def foreign(self) -> bool:
        """In Latin letters, with none of an Arabic script."""
        return not _ARABIC.search(self.folded) and bool(_LATIN.search(self.folded))

    @_Lazily
    def goes_on(self) -> bool:
        """Begins as a paragraph does that another one came before: "and he added", "for his part"."""
        first = _WORD.search(self.stripped)
        word = first[0] if first else ""
        joined = len(word) > 3 and word[0] == "و" and word not in ROOTED
        turns = self.stripped.startswith(TURNS) or bool(_TURN.search(self.stripped, 0, _OPENING))
        return joined or word in GOING_ON or turns

    def _is_prose(self) -> bool:
        if self.marker or self.separator or self.tags or self.address or self.clock:
            return False
        if self.listed or self.bullet:
            return self.size >= _PROSE_WORDS or (self.stops and self.size >= 8)
        if self.size >= _PROSE_WORDS or (self.stops and self.size >= 6 and not self.folded.endswith(("؟", "!", "?"))):
            return True
        if self.size >= 9 and self.goes_on and not self.dated:
            return True
        return self.size >= 15 and bool(_PAUSE.search(self.folded)) and not self.dated


def cut(text: str, markers: Markers) -> list[Line]:
    """The lines of a readable page that hold anything, in order, those of a hard-wrapped paragraph as one."""
    lines = []
    cells = unwrapped(text, list(cells_of(text)))
    whole = "\n".join(cell.folded for cell in cells)
    inlined = [words for words in markers.inlined if words in whole]
    for cell in cells:
        marred = bool(inlined) and any(words in cell.folded for words in inlined)
        plain = markers.inline.sub(" ", cell.folded) if marred and markers.inline else cell.folded
        # What can be printed has no white space but spaces.
        folded = plain.strip() if plain.isprintable() and "  " not in plain else " ".join(plain.split())
        if not folded:
            if not text.startswith(_RULE, cell.start):
                continue
            folded = "---"
        bullet = bool(_BULLET.match(folded))
        marker = _marker(folded, markers)
        lines.append(Line(cell.start, cell.end, cell.breaks, folded, marker, bullet, cell.listed, marred))
    _compare(lines)
    return lines


def _compare(lines: list[Line]) -> None:
    """Tell each line how often the page says it, and long titles, which have commas and quotations too, from text."""
    said = Counter(line.folded for line in lines)
    named = {side.strip() for line in lines if "|" in line.folded for side in line.folded.split("|")}
    sources = {line.marker.rest for line in lines if line.marker and line.effect == "source"}
    speakers = _speakers(lines)
    above: Line | None = None
    for number, line in enumerate(lines):
        line.repeats = said[line.folded]
        longer = above is not None and len(line.folded) > len(above.folded)
        if above and longer and not above.prose and above.size >= _CAPTION and line.folded.startswith(above.folded):
            # A caption, and once more with its source.
            above.repeats += 1
        line.sourced = line.folded in sources or _is_paper(line, lines[max(0, number - 1) : number + 2])
        if speakers and _speaker(line) in speakers:
            line.prose = True
        elif line.prose and not line.stops and line.size < _PROSE_WORDS + 6:
            again = line.repeats > 1 or "|" in line.folded or line.folded in named
            line.prose = not (
                again or (line.size < _PROSE_WORDS and _heads(above, line, lines[number + 1 : number + 4]))
            )
        above = line


def _is_paper(line: Line, around: Sequence[Line]) -> bool:
    """Whether a line is the name of an outlet, beside a date."""
    named = line.size <= _NAME_WORDS and line.folded.partition(" ")[0] in OUTLET_KINDS
    return named and any(other.dated for other in around)


def _speakers(lines: Sequence[Line]) -> set[str]:
    """Who speaks in an interview: names before a colon, two at least, that each open several lines."""
    turns = Counter(name for line in lines if (name := _speaker(line)))
    names = {name for name, count in turns.items() if count >= _TURNS_EACH}
    return names if len(names) > 1 else set()


def _speaker(line: Line) -> str:
    """The name before a colon that a line opens with; "" without one."""
    found = _SPEAKER.match(line.folded) if ":" in line.folded[:_OPENING] and not line.marker else None
    return found[1] if found else ""


def _heads(above: Line | None, line: Line, below: list[Line]) -> bool:
    """Whether a long line stands where titles do: on top, behind an end, or above a date or a name."""
    if line.goes_on:
        return False
    signed = (one.dated or one.effect in ("date", "byline") for one in takewhile(lambda one: not one.prose, below))
    return above is None or above.separator or above.effect in ("tail", "stop", "source") or any(signed)


def _looks(folded: str) -> Marker | None:
    """What a line is by its looks, where no known wording tells it."""
    for kind, told in _LOOKS:
        if told(folded):
            return Marker(kind, "tail" if kind == "ending" else "skip")
    return None


def _marker(folded: str, markers: Markers) -> Marker | None:
    marker = markers.of_line(folded)
    if marker is None:
        return _looks(folded) if len(folded) < _LONGEST else None
    if marker.kind == "copyright" and folded[0] == "©" and not _RIGHTS.search(folded):
        # Without a year or a word of rights it says who took a picture.
        return Marker("caption", "skip")
    if marker.effect in ("tail", "stop"):
        return marker
    size = folded.count(" ") + 1
    if marker.effect == "date":
        return marker if size <= 4 or (size <= _DATE_WORDS and is_date_line(folded)) else None
    if marker.effect == "source" and ":" not in folded:
        # "Citing an agency" without a colon may as well open a sentence; "source" alone stands above the name.
        alone = size == 1 or bool(marker.rest)
        return marker if alone and size <= _SOURCE_WORDS and not ENDS.search(folded[-_TAIL:]) else None
    # "Took part in the meeting" begins as "share the article" does: a long line is what it says, not a marker.
    limit = _PROSE_WORDS if marker.effect in ("list", "source") or marker.kind in _LONG_KINDS else 14
    return marker if size <= limit else None
