"""The articles of a page: its lines parted where another article begins, teasers and repetitions left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile

from stance.text.page_borders import NEW, Border, end_of, openings
from stance.text.page_headers import dateline
from stance.text.page_lines import INNER_STOP, Line
from stance.text.page_words import shared

_WORDS_ALONE, _WORDS_SEVERAL, _WORDS_DATED = 45, 25, 12
"""An article below another has this many words: in one paragraph, in several, with a date or a dateline."""

_PARAGRAPHS_UNMARKED = 3
_TEASERS, _KNOWN = 3, 0.25
_LINK, _SUMMARY = 24, 30
"""Words of a link, and of the summary right below it: fewer."""


@dataclass(frozen=True)
class Article:
    """The lines of one article: `header` above its text, `body` from its first paragraph on.

    `body` reaches to where the next article's header begins, with all in it that is no text.
    """

    header: Sequence[Line]
    body: Sequence[Line]

    @property
    def paragraphs(self) -> list[Line]:
        """The lines of its text that are prose; one at least."""
        return [line for line in self.body if line.prose]


@dataclass(frozen=True)
class _Piece:
    article: Article
    hard: bool
    linked: bool

    def whole(self, *, linked: bool) -> bool:
        """Whether there is enough of it to be more than a teaser or a part of the article above.

        Among links (`linked`) a date says nothing: teasers have theirs.
        """
        paragraphs = self.article.paragraphs
        if not self.hard:
            return len(paragraphs) >= _PARAGRAPHS_UNMARKED
        dated = not linked and (any(line.dated for line in self.article.header) or bool(dateline(paragraphs[0])))
        least = _WORDS_DATED if dated else _WORDS_SEVERAL if len(paragraphs) > 1 else _WORDS_ALONE
        return sum(line.size for line in paragraphs) >= least and not self.breaks_off

    @property
    def breaks_off(self) -> bool:
        """Whether it is one short paragraph without an end."""
        first, *more = self.article.paragraphs
        return not more and not first.stops and first.size < _WORDS_ALONE


def articles(lines: Sequence[Line]) -> list[Article]:
    """The articles of a page, in order. A page whose lines hold no paragraph has none."""
    _withdraw_links(lines)
    _withdraw_foreign(lines)
    lines = lines[: _first_teaser(lines)]
    paragraphs = [number for number, line in enumerate(lines) if line.prose] or _longest(lines)
    if not paragraphs:
        return []
    found: list[Article] = []
    first, *others = _pieces(lines, paragraphs)
    found.append(first.article)
    for kept, group in groupby(_judged(others, first.article), lambda judged: judged[1]):
        pieces = [piece for piece, _ in group]
        if kept:
            found += [piece.article for piece in pieces]
        elif _part_of_above(pieces, found[-1]):
            parts = [line for piece in pieces for line in (*piece.article.header, *piece.article.body)]
            found[-1] = Article(found[-1].header, [*found[-1].body, *parts])
    return found


def _judged(pieces: Sequence[_Piece], first: Article) -> Iterator[tuple[_Piece, bool]]:
    """Each piece with whether it is an article of its own, and one that the page has not shown."""
    linked = False
    for piece in pieces:
        linked = linked or piece.linked
        whole = piece.whole(linked=linked)
        yield piece, whole and not _told(piece.article, first)
        # A list of links goes on until something longer than its teasers comes.
        linked = linked and not whole


def _pieces(lines: Sequence[Line], paragraphs: Sequence[int]) -> Iterator[_Piece]:
    starts = [(0, paragraphs[0], True, False)]
    opened = openings(lines, paragraphs[0])
    for before, here in pairwise(paragraphs):
        border = Border(lines, before, here, paragraphs, opened)
        if border.evidence() >= NEW:
            starts.append((border.header, here, border.hard, border.linked))
    if len(starts) > 1 and _heap(lines[: starts[1][0]]):
        starts = [(0, *starts[1][1:]), *starts[2:]]
    ends = [header for header, *_ in starts[1:]] + [len(lines)]
    for (header, body, hard, linked), end in zip(starts, ends, strict=True):
        yield _Piece(Article(lines[header:body], lines[body:end]), hard, linked)


def _part_of_above(pieces: Sequence[_Piece], above: Article) -> bool:
    """Whether pieces that are no articles belong to the one above: nothing ended it, and they are no row of teasers."""
    if any(piece.hard for piece in pieces):
        last = max(number for number, line in enumerate(above.body) if line.prose)
        over = end_of(above.body[last:]) >= 1 or len(pieces) > 1
        return not (over or pieces[0].breaks_off or _told(pieces[0].article, above))
    return len(pieces) < _TEASERS or any(len(piece.article.paragraphs) > 1 for piece in pieces)


def _told(article: Article, before: Article) -> bool:
    """Whether the page has shown the article already."""
    known = {line.folded for line in before.paragraphs}
    paragraphs = article.paragraphs
    return 5 * sum(line.folded in known for line in paragraphs) >= 4 * len(paragraphs)


def _heap(above: Sequence[Line]) -> bool:
    """Whether what stands above the second article is no first one: headlines run together, without a title."""
    paragraphs = [line for line in above if line.prose]
    titled = any(line.titled and line.size >= 4 for line in takewhile(lambda line: not line.prose, above))
    return len(paragraphs) == 1 and not paragraphs[0].stops and not titled


def _withdraw_links(lines: Sequence[Line]) -> None:
    """Take long headlines, questions and summaries in a list of links for what they are.

    Where the page parts its paragraphs by empty lines, what stands right below a link belongs to it.
    """
    parted = 2 * sum(line.prose and line.break_before > 1 for line in lines) > sum(line.prose for line in lines)
    listed = joined = False
    for line in lines:
        joined = joined and line.break_before < 2 and not line.dated
        if line.marker:
            listed = line.effect == "list" or (listed and line.effect == "skip")
            joined = parted and line.effect == "list"
        elif line.prose and listed:
            asks = line.bullet and line.folded.endswith(("؟", "?"))
            links = asks or (not line.stops and line.size < _LINK and not line.goes_on)
            # One sentence; a paragraph that goes on below the link says more.
            summary = joined and line.size < _SUMMARY and not line.goes_on and not INNER_STOP.search(line.folded)
            listed = links or summary
            line.prose = not listed


def _withdraw_foreign(lines: Sequence[Line]) -> None:
    """Take a caption in another script above the text for what it is."""
    paragraphs = [line for line in lines if line.prose]
    if 2 * sum(line.foreign for line in paragraphs) < len(paragraphs):
        for line in takewhile(lambda line: line.foreign, paragraphs):
            line.prose = False


def _first_teaser(lines: Sequence[Line]) -> int:
    """Where a page ends in titles with one paragraph each that are about something else; its length if it does not."""
    start = len(lines)
    while start >= 2 and _teaser(lines[start - 2], lines[start - 1]):
        start -= 2
    titles = [line.content for line in lines[start::2]]
    if len(titles) < _TEASERS:
        return len(lines)
    known = frozenset[str]().union(*(line.content for line in lines[:start] if line.prose))
    new = bool(known) and sum(shared(title, known) for title in titles) <= _KNOWN * len(titles)
    return start if new else len(lines)


def _teaser(title: Line, text: Line) -> bool:
    return title.titled and text.prose and not text.goes_on and shared(title.content, text.content) >= 0.5


def _longest(lines: Sequence[Line]) -> list[int]:
    """The one line that may be the text of a page without a paragraph: a flash below its title."""
    plain = [number for number, line in enumerate(lines) if line.titled or (line.size > 5 and not line.marker)]
    if not plain:
        return []
    chosen = max(plain, key=lambda number: (lines[number].size, number))
    lines[chosen].prose = True
    return [chosen]
