"""Where an article names its actors, and the article with other words in those places."""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from stance.annotation.actor_names import lexicon
from stance.annotation.records import Document
from stance.annotation.registry import ActorRegistry
from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon, Name

_PARTING = "\n\n"
_LAM, _ARTICLE = "ل", "ال"

Span = tuple[int, int]
Piece = tuple[int, int, str]
"""A span of a text, and what is written there instead."""


@dataclass(frozen=True)
class Places:
    """Where one actor is named in an article: spans of the title and of the text, in order, none overlapping."""

    title: tuple[Span, ...]
    text: tuple[Span, ...]


class Names:
    """Where actors are named: what annotators marked, and every name that `registry` knows of them.

    Without a registry, the marked words count wherever they stand again. Names of one actor with nothing but white
    space between them (an office and who holds it) are one.
    """

    def __init__(self, registry: ActorRegistry | None):
        self._finder = None if registry is None else Finder(lexicon(registry))

    def of(self, document: Document) -> dict[str, Places]:
        """By actor, for all that are marked in `document` or found in it."""
        title = document.title or ""
        begins = len(title) + len(_PARTING)
        whole = title + _PARTING + document.text
        marked: dict[str, list[Span]] = defaultdict(list)
        for mention in chain.from_iterable(one.mentions for one in document.completed):
            marked[mention.actor].append((begins + mention.start, begins + mention.end))
        finder = self._finder or _finder_of(whole, marked)
        for found in finder.find(whole, published=_day(document)).mentions:
            for actor in {found.actor, found.counts_to or found.actor}:
                marked[actor].append((found.start, found.end))
        return {actor: _places(whole, spans, begins) for actor, spans in marked.items()}


@dataclass(frozen=True)
class Rewritten:
    """`text` with other words at some places; `pieces` are in order and do not overlap."""

    given: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text as it is now."""
        parts, position = [], 0
        for start, end, written in self.pieces:
            parts += [self.given[position:start], written]
            position = end
        return "".join([*parts, self.given[position:]])

    def span(self, start: int, end: int) -> Span:
        """Where given[start:end] stands now; what is cut by a piece reaches over the whole of it."""
        return self._moved(start, last=False), self._moved(end, last=True)

    def _moved(self, offset: int, *, last: bool) -> int:
        moved = offset
        for start, end, written in self.pieces:
            if end <= offset:
                moved += len(written) - (end - start)
            elif start < offset:
                moved += start - offset + (len(written) if last else 0)
        return moved


def rewritten(given: str, pieces: Iterable[tuple[Span, str]]) -> Rewritten:
    """`given` with other words at some spans; behind "for" (ل) their article loses its alif, as it is written."""
    written = []
    for (start, end), words in sorted(pieces):
        contracted = _behind_lam(given, start) and words.startswith(_ARTICLE)
        written.append((start, end, words[1:] if contracted else words))
    return Rewritten(given, tuple(written))


def form(given: str, span: Span) -> str:
    """A name as it is written by itself: behind "for" (ل) the article has lost its alif."""
    words = given[slice(*span)]
    if not (_behind_lam(given, span[0]) and words.startswith(_LAM)):
        return words
    # A name may itself begin with that letter; then it does so elsewhere too.
    return words if re.search(rf"(?<!\w){re.escape(words)}", given) else f"{_ARTICLE[0]}{words}"


def _finder_of(whole: str, marked: dict[str, list[Span]]) -> Finder:
    entries = [
        Entry(id=actor, kind="", full=tuple(Name(words) for words in dict.fromkeys(whole[a:b] for a, b in spans)))
        for actor, spans in marked.items()
    ]
    return Finder(Lexicon(tuple(entries)))


def _day(document: Document) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat((document.published or "")[:10])
    except ValueError:
        return None


def _places(whole: str, spans: Iterable[Span], begins: int) -> Places:
    merged: list[Span] = []
    for start, end in sorted(spans):
        # A title's name and a text's never meet: the parting between them is kept.
        if merged and not whole[merged[-1][1] : start].strip() and (merged[-1][0] >= begins) == (start >= begins):
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    title = tuple(span for span in merged if span[0] < begins)
    return Places(title, tuple((start - begins, end - begins) for start, end in merged if start >= begins))


def _behind_lam(given: str, start: int) -> bool:
    """Whether "for" (ل), with or without "and" or "so" before it, is written as one with the name at `start`."""
    begin = start
    while begin and given[begin - 1].isalpha():
        begin -= 1
    return given[begin:start] in (_LAM, f"و{_LAM}", f"ف{_LAM}")
