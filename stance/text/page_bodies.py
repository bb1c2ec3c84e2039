"""Which lines of an article are its text, and what is cut out of them."""

import re
from collections.abc import Iterator, Sequence

from stance.text.markers import Markers, fold
from stance.text.offsets import Mapped
from stance.text.page_articles import Article
from stance.text.page_echoes import without_echoes
from stance.text.page_headers import Title, placed
from stance.text.page_layout import shows
from stance.text.page_lines import INNER_STOP, Line
from stance.text.page_words import shared

_HASHTAGS = re.compile(r"(?:\s+#\w+){2,}\s*$|(?<=[.!؟?…»”\"])(?:\s*#\w+)+\s*$")
_ENDED = re.compile(r"(?<=[.\"»”!؟…])\s*[(\[]?\s*انتهى\s*[)\]]?\s*[/.]?\s*[\w/.]{0,6}\s*$")
_CREDITED = re.compile(r"\s[-–]\s([\w ]{3,25})(?:[،,] [\d،,. ]+)?$")
# Dots, and perhaps "read more": what a page shows of a text that it cuts.
_BROKEN = re.compile(r"(?:…|\.{3})[\s\[(]*(?:(?:عرض|اقرا|قراءه|متابعه)?\s?المزيد|read more|see more|)[\])]?$")
_MORE = re.compile(r"(?<=[….])\s*[\[(]?(?:(?:عرض|[اإ]قر[أا]|قراءة|متابعة)\s)?المزيد[\])]?$")
_LINKS = 3
_APART, _STRAY = 4, 16
_SUBTITLE, _INTRODUCTION, _QUOTE, _CAPTION, _LABEL, _PLACED = 8, 5, 4, 15, 2, 5


def body_text(article: Article, title: Title | None, page: Mapped, markers: Markers) -> Mapped:
    """The article's own text: its paragraphs and what belongs to them, as the page has them, mapped to the page."""
    lines = [*_subtitles(article, title), *_kept(article, title)]
    lines = without_echoes(lines)
    return page.joined(_pieces(lines, page.text, markers))


def _subtitles(article: Article, title: Title | None) -> Iterator[Line]:
    """Lines between title and text that say something, or open a list of it: neither captions nor names."""
    for line in article.header:
        below = title is not None and line.start >= title.end
        fresh = line.repeats == 1 and not line.bullet and title is not None and title.folded not in line.folded
        introduces = not placed(line) and line.folded.endswith(":") and line.size >= _INTRODUCTION and line.plain
        says = line.titled and (line.size >= _SUBTITLE or line.stops) and not shows(line.folded)
        if below and fresh and (introduces or says):
            yield line


def _kept(article: Article, title: Title | None) -> Iterator[Line]:
    last = _last(article.body)
    state = _Reading()
    before: Line | None = None
    introduced = False
    links = _links(article.body[: last + 1])
    left = False  # Whether a line behind the last paragraph was no text: what follows is none either.
    credits = _credits(article)
    for number, line in enumerate(article.body):
        if number > last and line.prose:
            break
        if not line.prose and (number in links or number in credits or number - 1 in credits):
            continue
        resumed = line.prose and state.resumes(line, before)
        if state.passes(line) or (line.prose and not resumed):
            before = line
            continue
        named = title is not None and title.folded in line.folded
        introduced = (line.bullet and introduced) or line.folded.endswith(":")
        boxed = number < last and _box(article.body[number : number + 3], before)
        if boxed:
            state.place = "box"
        elif resumed or (not (named or left) and _belongs(line, before, listed=introduced, more=number < last)):
            yield line
        elif number > last:
            left = True
        before = line


def _last(lines: Sequence[Line]) -> int:
    """The last paragraph; a short one is none that stands behind several lines of something else."""
    paragraphs = [number for number, line in enumerate(lines) if line.prose]
    while len(paragraphs) > 1:
        line, between = lines[paragraphs[-1]], lines[paragraphs[-2] + 1 : paragraphs[-1]]
        if sum(not one.bullet for one in between) < _APART or line.size >= _STRAY or line.goes_on:
            break
        paragraphs.pop()
    return paragraphs[-1]


def _links(lines: Sequence[Line]) -> set[int]:
    """Headlines between paragraphs, three or more on end with nothing that opens a list: links without a label."""
    found: set[int] = set()
    run: list[int] = []
    for number, line in enumerate([*lines, None]):
        if (
            line
            and line.titled
            and not (line.bullet or line.stops or line.folded.endswith(("؟", "?", "!", "»", "،", "…")))
        ):
            run.append(number)
            continue
        above = lines[run[0] - 1] if run and run[0] else None
        opened = above is not None and above.folded.endswith(":")
        if len(run) >= _LINKS and line and line.prose and not opened:
            found |= set(run)
        run = []
    return found


def _box(lines: Sequence[Line], before: Line | None) -> bool:
    """Whether a label and a headline stand together in mid-text: the box of another page."""
    if len(lines) < 3 or before is None or not before.prose:
        return False
    label, headline, text = lines
    plain = not (label.marker or label.prose or label.bullet or label.clock) and headline.titled and text.prose
    return plain and label.size <= _LABEL and not label.stops and headline.size > _LABEL + 1


def _credits(article: Article) -> set[int]:
    """Short lines that end with the same name behind a dash: captions, each above a link to another page."""
    names = {
        number: found[1]
        for number, line in enumerate([*article.header, *article.body])
        if not line.prose and line.size <= _CAPTION and (found := _CREDITED.search(line.folded))
    }
    shift = len(article.header)
    return {
        number - shift for number, name in names.items() if list(names.values()).count(name) > 1 and number >= shift
    }


class _Reading:
    """Where in an article one is: in its text, in a list of links, behind its end."""

    def __init__(self) -> None:
        self.place = "text"
        self.single = False  # Whether the line above is the one link that a label stands before.

    def passes(self, line: Line) -> bool:
        """Whether a line is beside the text; what it is moves the place."""
        if self.single and line.break_before > 1 and self.place == "list":
            self.place = "text"
        effect = line.marker.effect if line.marker else "tail" if line.tags else ""
        self.single = effect == "list" and bool(line.marker and line.marker.rest)
        if (
            effect == "stop"
            or (effect == "list" and self.place == "text")
            or (effect in ("tail", "source") and self.place != "stop")
        ):
            self.place = effect
        if effect == "text" and self.place == "list":
            self.place = "text"
        if line.prose:
            return False
        return bool(effect) or self.place != "text"

    def resumes(self, line: Line, before: Line | None) -> bool:
        """Whether a paragraph is text of the article: links may interrupt it, and its source stand in its midst."""
        if self.place == "text":
            return True
        title = before is not None and before.titled and not before.folded.endswith("؟")
        teaser = before is not None and title and shared(before.content, line.content) >= 1 / 3
        if (line.goes_on and self.place != "stop") or self.place == "box" or (self.place == "list" and not teaser):
            self.place = "text"
            return True
        # What begins anew behind the end is another's, and so is what goes on from there.
        self.place = "stop" if self.place in ("tail", "source") else self.place
        return False


def _cut_off(line: Line, before: Line | None) -> bool:
    """Whether a line below a paragraph is one that the page broke off: a sentence, and dots."""
    broken = ("…" in line.folded or "..." in line.folded) and _BROKEN.search(line.folded)
    told = broken and line.plain and before is not None and before.prose
    return bool(told and INNER_STOP.search(line.folded))


def _belongs(line: Line, before: Line | None, *, listed: bool, more: bool) -> bool:
    """Whether a line that is no paragraph is text: a part's title, an item of a list, a short sentence."""
    if (
        line.separator
        or line.dated
        or line.clock
        or line.address
        or line.repeats > 1
        or (placed(line) and line.size <= _PLACED)
        or (not line.bullet and not listed and shows(line.folded))
    ):
        return False
    item = line.bullet and listed
    told = line.goes_on and line.size > _QUOTE
    return more or item or told or _cut_off(line, before) or (line.stops and not line.folded.endswith(("؟", "?", "!")))


def _pieces(lines: Sequence[Line], text: str, markers: Markers) -> Iterator[tuple[int, int, str]]:
    """Spans of the readable page with what is written for them: a space for a line end within a paragraph."""
    end = None
    for line in lines:
        for number, (start, stop) in enumerate(_uncut(line, text, markers)):
            if end is not None:
                yield from _gap(text, end, start, 0 if number else line.break_before)
            yield start, stop, text[start:stop].replace("\n", " ")
            end = stop


def _gap(text: str, end: int, start: int, breaks: int) -> Iterator[tuple[int, int, str]]:
    """What parts two pieces: as many line ends as the page has there, two at most, or a space."""
    feeds = [place for place in range(end, start) if text[place] == "\n"][: min(breaks, 2)]
    if feeds:
        yield from ((feed, feed + 1, "\n") for feed in feeds)
        return
    space = next((place for place in range(end, start) if text[place].isspace()), None)
    if space is not None:
        yield space, space + 1, " "


def _uncut(line: Line, text: str, markers: Markers) -> list[tuple[int, int]]:
    """The parts of a line without advertisements, hashtags at its end, and links glued to it."""
    raw = text[line.start : line.end]
    tails = (
        _HASHTAGS.search(raw) if "#" in raw else None,
        _ENDED.search(raw) if "انتهى" in raw else None,
        _MORE.search(raw) if raw.endswith(("المزيد", "المزيد]", "المزيد)")) else None,
    )
    cuts = [(match.start(), len(raw)) for match in tails if match]
    glued = markers.glued.search(line.folded) if markers.glued and ":" in line.folded else None
    if markers.glued and glued and line.folded.count(" ", glued.start()) <= 25:
        cuts.append((_raw(raw, markers.glued)[-1][0], len(raw)))
    if markers.inline and line.marred:
        cuts += _raw(raw, markers.inline)
    if not cuts:
        return [(line.start, line.end)]
    edges = [0, *(edge for cut in sorted(cuts) for edge in cut), len(raw)]
    parts = ((left, right) for left, right in zip(edges[::2], edges[1::2], strict=True) if left < right)
    trimmed = (_trimmed(raw, *part) for part in parts)
    return [(line.start + left, line.start + right) for left, right in trimmed if left < right]


def _trimmed(raw: str, start: int, end: int) -> tuple[int, int]:
    piece = raw[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _raw(raw: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where in a line as written its folded form has `pattern`."""
    letters = [(letter, place) for place, written in enumerate(raw) for letter in fold(written)]
    folded = "".join(" " if letter.isspace() else letter for letter, _ in letters)
    places = [place for _, place in letters]
    return [(places[found.start()], places[found.end() - 1] + 1) for found in pattern.finditer(folded)]
