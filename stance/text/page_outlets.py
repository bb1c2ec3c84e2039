"""Who published an article, by what stands above it, below it and in its dateline."""

import re
from typing import TYPE_CHECKING

from stance.text.dates import find_date
from stance.text.markers import fold
from stance.text.page_headers import BARS, DASHES, PLACED, Title, dateline
from stance.text.page_layout import SIDES
from stance.text.page_lines import Line
from stance.text.page_words import GENERIC, OUTLET_KINDS, OUTLETS, PAPERS

if TYPE_CHECKING:
    from stance.text.page_articles import Article

_NAMED_PAPER = re.compile(r"^نشرت? في (\D{3,40}?) يوم\s")
# "07.02.2034, Site" beside a title.
_STAMPED = re.compile(r"\d\d?[./]\d\d?[./]\d{4}[،,] ([^\d،,.]{2,30})")
# A reporter on the line of the place: a given name, and one with the article and a nisba's ending.
_REPORTER = re.compile(r"(?!ال)[^\W\d_]+(?: [^\W\d_]+)? ال[^\W\d_]{2,}ي")
_PLACES = ("town", "place")
# Place, and a day, (agency), without a word behind them.
_BRACKETED = re.compile(r"[^.:()«»\"]{2,40}\((?P<agency>[^()]{2,30})\)\s?[-–—:]?$")
_INITIALS = re.compile(r"(?:\w{1,2}[./،\s]{1,3}){2,6}\(([^()،,]{3,30})\)\.?")
_SHORT, _NAME_WORDS, _ALONE, _BANNER, _MENU = 4, 7, 10, 4, 3


def outlet(article: "Article", title: Title | None, text: str) -> str | None:
    """Who published the article, by what it says itself: its source, its dateline, the site beside its title."""
    lines = [*article.header, *article.body]
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if line.marker and line.marker.effect == "source":
            if not line.marker.rest and below is not None and below.plain and below.size <= _BANNER:
                return _named(text[below.start : below.end].strip(" :."))
            named = _source(text[line.start : line.end], line.marker.rest)
            if named:
                return named
        paper = None if line.prose else _NAMED_PAPER.match(text[line.start : line.end])
        if paper:
            return paper[1]
    named = _from_dateline(article, text)
    if named:
        return _whole(named, article, text)
    return (
        _from_sides(article, title, text)
        or _from_signature(article, text)
        or _from_byline(article, text)
        or _from_day(article, title, text)
        or _from_below(article, title, text)
        or _from_banner(article, text)
    )


def _whole(named: str, article: "Article", text: str) -> str:
    """The name as the page gives it above: in full for an abbreviation, with the kind of outlet in front."""
    for line in article.header:
        for said in SIDES.split(" ".join(text[line.start : line.end].split())):
            if len(named) <= _SHORT and said.endswith(f"({named})") and line.size <= _NAME_WORDS:
                return said.removesuffix(f"({named})").strip()
            kind, _, rest = said.partition(" ")
            if rest == named and fold(kind) in OUTLET_KINDS:
                return said
    return named


def _source(line: str, rest: str) -> str | None:
    """The name on a line of a source: behind its colon, or the words that its marker leaves (`rest`, folded)."""
    _, colon, said = line.partition(":")
    if not colon:
        said = " ".join(line.split()[-len(rest.split()) :]) if rest else ""
    name = re.split(r"\s[-–—|]\s|[+،,/]", said.strip(" .:"))[0].strip(' .:"«»“”+')
    return _named(name)


def _named(name: str) -> str | None:
    name = name.strip(" :.-–—|")
    words = fold(name).split()
    return name if 0 < len(words) <= 6 and not set(words) <= GENERIC else None


def _from_dateline(article: "Article", text: str) -> str | None:
    # The text's own dateline says more than a name between dashes above it.
    for line in [*article.body[:1], *reversed(article.header)]:
        # A line that opens a list has its dateline as a paragraph has.
        found = dateline(line) if line.prose or line.folded.endswith(":") else None
        found = found or (None if line.prose else _alone(line))
        sides = [side for name, side in (found.groupdict() if found else {}).items() if side and name not in _PLACES]
        if found and "place" in found.groupdict() and found["place"] and _is_outlet(found["place"], line, article):
            sides = [found["place"]]
        for folded in sides:
            reporter = not line.prose and not OUTLETS & set(folded.split()) and _REPORTER.fullmatch(folded)
            if not find_date(folded) and not reporter:
                original = _unfolded(folded, text[line.start : line.end])
                named = _named(original) if original else None
                if named:
                    return named
    return None


def _alone(line: Line) -> re.Match[str] | None:
    """A dateline on a line of its own, without a text behind it."""
    bracketed = _BRACKETED.match(line.folded) if line.folded.endswith((")", "–", "-", ":")) else None
    if bracketed and line.size <= _ALONE and (find_date(line.folded) or OUTLETS & set(bracketed["agency"].split())):
        return bracketed
    return None if line.marker else PLACED.match(line.folded)


def _is_outlet(place: str, line: Line, article: "Article") -> bool:
    """Whether what stands first in "Baghdad – Outlet" is the outlet: by its words, or since the text names it alone."""
    second = re.split(r"\s?[:/–—-]\s?", line.folded)[-1].strip('«»"“”.: ')
    if OUTLETS & set(place.split()) or OUTLETS & set(second.split()):
        return bool(OUTLETS & set(place.split()))
    body = " ".join(other.folded for other in article.body if other is not line)
    named = re.search(rf"(?<!\w)ل?{re.escape(place)}(?!\w)", body)
    # "In the capital", "from the capital": what one can be in is a town.
    town = re.search(rf"(?<!\w)(?:في|من|الى) {re.escape(place)}(?!\w)", body)
    return bool(named) and town is None and second not in body and "«" not in line.folded


def _unfolded(folded: str, line: str) -> str | None:
    """The words of `line` that fold to `folded`."""
    words = line.split()
    size = len(folded.split())
    for first in range(len(words) - size + 1):
        for take in (size, size + 1):
            piece = " ".join(words[first : first + take])
            place = fold(piece).find(folded)
            if place >= 0 and len(fold(piece)) == len(piece):
                return piece[place : place + len(folded)]
    return None


def _from_sides(article: "Article", title: Title | None, text: str) -> str | None:
    for line in article.header:
        if title is None or title.folded not in line.folded:
            continue
        for parting in (BARS, DASHES):
            parts = parting.split(text[line.start : line.end])
            if stamped := _STAMPED.fullmatch(parts[-1].strip()):
                return _named(stamped[1])
            named = _named(parts[-1].strip()) if len(parts) > 1 and len(parts[-1].split()) <= 5 else None
            if named and (parting is BARS or OUTLETS & set(fold(named).split())):
                return named
    return None


def _from_signature(article: "Article", text: str) -> str | None:
    """The name behind the writers' initials, below the text: "m.a / s.k (an agency)"."""
    for line in reversed(article.body):
        signed = None if line.prose else _INITIALS.fullmatch(text[line.start : line.end])
        if signed:
            return _named(signed[1])
    return None


def _from_byline(article: "Article", text: str) -> str | None:
    """An outlet that stands where writers do."""
    for line in article.header:
        said = line.marker.rest.split() if line.effect == "byline" and line.marker else []
        if OUTLET_KINDS & set(said[:1]):
            return _named(" ".join(text[line.start : line.end].split()[-len(said) :]).strip(" []()."))
    return None


def _from_day(article: "Article", title: Title | None, text: str) -> str | None:
    """An outlet that stands beside the day, on its line: "5 March 2032 | an agency"."""
    for line in article.header:
        if line.dated and (title is None or line.start >= title.end):
            for side in SIDES.split(text[line.start : line.end]):
                words = fold(side).split()
                if len(words) <= _BANNER and OUTLETS & set(words) and not find_date(side):
                    return _named(side)
    return None


def _from_below(article: "Article", title: Title | None, text: str) -> str | None:
    """The site on top, where its name stands below the title again."""
    top = {line.folded for line in article.header[:2] if line.size <= _BANNER and line.plain}
    for line in article.header[2:]:
        if title is not None and line.start >= title.end and line.folded in top:
            return _named(text[line.start : line.end].strip(" :"))
    return None


def _from_banner(article: "Article", text: str) -> str | None:
    """The name of a site on a line of its own, which is none of a menu's."""
    for number, line in enumerate(article.header):
        beside = [*article.header[max(0, number - 1) : number], *article.header[number + 1 : number + 2]]
        menu = len(beside) == 2 and all(other.size <= _MENU and not other.dated for other in beside)
        named = line.size <= _BANNER and not line.listed and not line.marker and not menu
        said = line.folded.strip(": ")
        if named and (OUTLETS & set(said.split()) or said in PAPERS):
            return _named(text[line.start : line.end].strip(" :"))
    return None
