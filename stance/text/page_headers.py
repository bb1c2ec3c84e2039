"""What stands above an article's text, and around it: title, date, outlet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from stance.text.dates import find_date
from stance.text.markers import fold
from stance.text.page_lines import Line
from stance.text.page_words import EXTRAS, OF_SENTENCES, OUTLETS, shared

if TYPE_CHECKING:
    from stance.text.page_articles import Article

_PLACE = r"[^\W\d_]+(?: [^\W\d_]+){0,2}"
_QUOTED = r"[«\"“](?P<quoted>[^»\"”]{2,30})[»\"”]"
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        # Place: «Outlet»  ·  Place – "Outlet" –
        rf"^{_PLACE}\s?[:/–—-]+\s?{_QUOTED}\s?[:–—/-]*",
        # Place, 5 March (Agency) –
        r"^[^.:«\"()]{2,40}\((?P<bracket>[^()]{2,25})\)\s*[-–—:]",
        # Place / 5 March / Mars / Agency –
        rf"^{_PLACE}\s?(?:/[^/.:«\"]{{1,30}}){{1,3}}/\s?(?P<fourth>{_PLACE})\s?[:–—-]+",
        # Place/ 5 March/ Agency:  ·  Place/Outlet:  ·  Agency / Place –
        rf"^{_PLACE}\s?/[^/.:«\"]{{1,30}}(?:/\s?(?P<third>{_PLACE}))?\s?[:/–—-]+",
        # Outlet/ he said
        rf"^(?P<first>{_PLACE})\s?/\s",
        # Place – Outlet:  ·  Place - Outlet -
        rf"^{_PLACE}\s?[–—-]\s?(?P<second>{_PLACE})\s?[:–—-]+\s",
        # Place – he said  ·  Outlet- he said
        rf"^{_PLACE}(?:\s[–—-]|[–—-]\s|\s?–)\s?(?=\S)",
    )
)
PLACED = re.compile(
    rf"^(?P<place>{_PLACE})\s?[:/–—-]\s?(?:{_QUOTED}|(?P<outlet>[^\W\d_]+(?: [^\W\d_]+){{0,3}}))\s?[:.]*$"
    rf"|^{_PLACE}\s\((?P<town>{_PLACE})\)$"
)
_PARTING, _OPENING = re.compile("[/:(–—-]"), 60
_ON_A_DAY = re.compile(r"\sفي(?=\s\d)")
# Author - town on Sunday 26 October 2032 10:20 – he said
_OPENING_DAY = re.compile(r"^[^.«\"“]{3,60}?\d{4}(?:م|\s|\d|:|ص\w*|مساء)*[-–—/:]")
BARS, DASHES = re.compile(r"\s*(?:\||::)\s*|\s+[»›>]\s+"), re.compile(r"\s+[-–—]\s+")
_SLASH = re.compile(r"\s/\s")
# A coloured dot or an arrow before a title.
_SYMBOLS = re.compile(r"(?:[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff|]\s*)*(?=[^\W_]|[^\w\s])")
_QUIET_TITLE, _STACK, _TOLD = 5, 4, 0.3


@dataclass(frozen=True)
class Title:
    """A title's part of a line: span in the readable page, and its text folded."""

    start: int
    end: int
    folded: str


def placed(line: Line) -> bool:
    """A place and an outlet on a line of their own."""
    found = PLACED.match(line.folded) if line.size <= (6 if line.repeats == 1 else 3) else None
    # "News at eight: the council's work" is a headline.
    if found is None or (found["town"] and EXTRAS & set(found["town"].split())):
        return False
    said = ":" in line.folded.rstrip(":.") and found["outlet"]
    return not said or bool(OUTLETS & set(said.split()))


def dateline(line: Line) -> re.Match[str] | None:
    """The place, day and agency that a paragraph opens with, or None."""
    if line.bullet or not _PARTING.search(line.folded, 0, _OPENING) or line.goes_on:
        return None
    for pattern in _DATELINES:
        found = pattern.match(line.folded)
        if found and line.size > 7 and not _speaks(found[0]):
            return found
    return None


def _speaks(opening: str) -> bool:
    # "He said – in a statement" and "the government – which": words of a sentence, none of a dateline.
    return bool(OF_SENTENCES & set(_ON_A_DAY.sub("", opening).split()))


def choose_title(article: "Article", text: str) -> Title | None:
    """The line of the header that names the article, without the name of the site; None where there is none.

    `text` is the readable page. A line that the page says more than once, that the first paragraphs take up, that
    stands right above date or text, is likelier to be it than another.
    """
    candidates = [line for line in article.header if _nameable(line)] or _brief(article.header)
    if not candidates:
        return None
    opening = frozenset[str]().union(*(line.content for line in article.body[:4] if line.prose))
    any_told = any(shared(line.content, opening) for line in candidates)
    few = len({line.folded for line in candidates}) <= _STACK
    last = len(article.header) - 1
    day = next((number for number, line in enumerate(article.header) if line.dated), last)
    above = {line.folded for line in article.header[:day] if _nameable(line) and shared(line.content, opening) >= _TOLD}

    def worth(line: Line) -> tuple[float, int]:
        place = next(number for number, other in enumerate(article.header) if other is line)
        told = shared(line.content, opening)
        fits = told or not any_told
        within = sum(line.folded in other.folded for other in article.header if other.size > line.size)
        # A name that stands twice is a picture's.
        pictured = line.repeats > 1 and line.size < _QUIET_TITLE
        twice = sum(line.folded == other.folded for other in article.header) - 1
        # What a page repeats far from here may be a headline of its ticker.
        again = 0 if pictured else twice + 0.5 * (line.repeats - 1 - twice)
        score = 2 * min(told, 0.5) + min(again + within, 2) * (1.0 if fits else 0.4)
        score += 0.5 if line.size >= 7 else 0.0 if line.size >= _QUIET_TITLE else -0.5
        score -= 2.0 if line.bullet or line.listed else 0.0
        # The first of a few lines is the title, with a subtitle below it; the last of many, with other headlines above.
        score += 0.5 if line is candidates[0] and few and fits else 0.0
        below = article.header[place + 1 : place + 2]
        score += 0.5 if fits and any(other.dated or other.effect in ("date", "byline") for other in below) else 0.0
        late = line is candidates[-1] and not few and not pictured
        score += 1.0 if late and (told or line.size >= _QUIET_TITLE) else 0.0
        # A picture's caption stands twice too, but below title and day.
        score -= 1.0 if above and twice and place > day and line.folded not in above else 0.0
        score -= 0.1 * min(last - place, 10)
        return score, -place

    best = max(candidates, key=worth)
    return _bare(_first_like(best, candidates), article.header, text)


def _brief(header: Sequence[Line]) -> Sequence[Line]:
    """A title of one or two words: the first line of a page that has no other."""
    first = header[:1]
    return [line for line in first if line.size < 3 and line.plain and line.stripped[-1:].isalnum()]


def _nameable(line: Line) -> bool:
    return line.titled and not placed(line)


def _first_like(best: Line, candidates: Sequence[Line]) -> Line:
    return next(line for line in candidates if line.folded == best.folded)


def _bare(line: Line, header: Sequence[Line], text: str) -> Title:
    """The title without what parts with a bar or a dash from it: a site, a section, "breaking"."""
    others = {other.folded for other in header if other is not line}
    start, end = line.start, line.end
    for parting in (BARS, _SLASH, DASHES):
        sides = _sides(text, start, end, parting)
        if len(sides) == 1:
            continue
        kept = max(sides, key=lambda side: (_folded(text, *side) in others, side[1] - side[0]))
        beside = [_folded(text, *side) for side in sides if side != kept]
        if _folded(text, *kept) in others or all(_beside(side, parting) for side in beside):
            start, end = kept
    start += len(_SYMBOLS.match(text[start:end])[0])  # type: ignore[index]
    return Title(start, end, _folded(text, start, end))


def _sides(text: str, start: int, end: int, parting: re.Pattern[str]) -> list[tuple[int, int]]:
    found, position = [], start
    for gap in parting.finditer(text, start, end):
        found.append((position, gap.start()))
        position = gap.end()
    return [*found, (position, end)]


def _folded(text: str, start: int, end: int) -> str:
    return " ".join(fold(text[start:end]).split())


def _beside(side: str, parting: re.Pattern[str]) -> bool:
    """Whether a side of a title is the name of a site or a section."""
    words = side.split()
    least = len(words) <= (3 if parting is _SLASH else 5)
    return least and (parting is not DASHES or bool(OUTLETS & set(words)))


def published(article: "Article", title: Title | None, *, seen: date | None, issued: date | None = None) -> date | None:
    """The day the article says it appeared: above its text, in its dateline, else below it.

    Of the days above, one below the title counts before one above it, which may be the reader's. A dateline without a
    year is of the day the page was `seen`, or before, or `issued`.
    """
    effects = ("date", "byline", "source")
    above = [line for line in article.header if line.dated or (line.marker and line.marker.effect in effects)]
    nearest = list(reversed(above))
    below_title = [line for line in above if title is not None and line.start >= title.end]
    first = next((line for line in article.body if line.prose), None)
    opening = _opening(first) if first else ""
    below = [line for line in article.body if line.marker and line.marker.effect == "date"]
    return (
        _day([line.folded for line in sorted(below_title, key=_updated)], seen)
        or _day([line.folded for line in sorted(nearest, key=_updated)], seen)
        or _day([opening], seen or issued)
        or _day([line.folded for line in [*sorted(below, key=_updated), *_signature(article)]], seen)
    )


def _day(said: Sequence[str], seen: date | None) -> date | None:
    """The first day of several sayings, one of the common calendar if there is any."""
    found = [day for text in said if (day := find_date(text, base=seen))]
    return min(found, key=lambda day: day.hijri).day if found else None


def _opening(first: Line) -> str:
    """The part of a first paragraph that says where and when it was written."""
    openings = (dateline(first), _OPENING_DAY.match(first.folded))
    return max((opening[0] for opening in openings if opening), key=len, default="")


def _signature(article: "Article") -> Sequence[Line]:
    """What stands right below the text, before links to other pages."""
    last = max(number for number, line in enumerate(article.body) if line.prose)
    end = next((number for number, line in enumerate(article.body) if number > last and line.marker), len(article.body))
    return [line for line in article.body[last + 1 : end] if line.dated]


def _updated(line: Line) -> bool:
    return "تحديث" in line.folded or "updat" in line.folded
