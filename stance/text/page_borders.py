"""What speaks for a new article at a paragraph of a page, and what against.

Between two paragraphs lies a zone of other lines. What ended in it (source, tags, links), what stands above the
paragraph (title, date, name), how the paragraph opens and how the title fits it are weighed; the weights were set on
the pages of tests/text/pages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from stance.text.page_headers import dateline, placed
from stance.text.page_lines import Line
from stance.text.page_words import REPORTS, shared, skeleton

NEW = 2.75
"""Evidence from which on a paragraph begins an article."""

_FIRST_LETTERS, _HEADLINE = 3, 5
_PLACED = 1.5
_CLOSED = 3.0
"""What a source or tags and then links say of the article above them: that it is over."""


@dataclass
class Border:
    """The zone above the paragraph lines[here], below the paragraph lines[before].

    `paragraphs` are all of the page, `openings` the letters that its first one and the lines above it begin with.
    """

    lines: Sequence[Line]
    before: int
    here: int
    paragraphs: Sequence[int]
    openings: tuple[str, ...]

    @cached_property
    def over(self) -> int:
        """The last line that belongs to what came before: an end, a list's head, a separator."""
        zone = range(self.before + 1, self.here)
        ends = (number for number in zone if _ends(self.lines[number]) and not self._names_source(number))
        return max(ends, default=self.before)

    def _names_source(self, number: int) -> bool:
        """Whether a source, or "comment", stands above the paragraph it is of, below title and date or a long title."""
        if self.lines[number].effect not in ("source", "stop") or any(
            line.titled for line in self.lines[number + 1 : self.here]
        ):
            return False
        zone = self.lines[self.before + 1 : number]
        beside = list(takewhile(lambda line: line.dated or line.effect in ("date", "byline", "skip"), reversed(zone)))
        head = zone[-len(beside) - 1] if len(beside) < len(zone) else None
        if head is None or not _may_head(head):
            return False
        dated = any(line.dated for line in beside)
        return dated or (self.lines[number].effect == "source" and head.size >= _HEADLINE)

    @cached_property
    def title(self) -> int | None:
        """The line that would be the paragraph's title, or None."""
        titles = [number for number in range(self.over + 1, self.here) if _may_head(self.lines[number])]
        lead = self.lines[self.here].content if titles else frozenset()
        # The nearest of those that say most of what the lead says; a caption or a subtitle may stand between.
        return max(titles, key=lambda n: (round(3 * shared(self.lines[n].content, lead)), n), default=None)

    @property
    def header(self) -> int:
        """The first line that belongs to the article whose text begins at `here`."""
        if self.title is None:
            return self.over + 1
        start = self.title
        while start - 1 > self.over and not self.lines[start - 1].titled:
            start -= 1
        return start

    @property
    def hard(self) -> bool:
        """Whether more than a title and the way of telling speaks for an article: an end, a date, a name, a place."""
        ended = end_of(self.lines[self.before + 1 : self.title or self.here])
        return ended >= 1 or self._dated or self._signed or dateline(self.lines[self.here]) is not None

    @property
    def linked(self) -> bool:
        """Whether a list of links to other pages was opened above."""
        return any(line.effect == "list" for line in self.lines[self.before + 1 : self.header])

    def evidence(self) -> float:
        """How much speaks for an article that begins at `here`."""
        again = self._same_dateline()
        if self.here - self.before == 1 and not again:
            return 0.0
        lead = self.lines[self.here]
        ended = end_of(self.lines[self.before + 1 : self.here if self.title is None else self.title])
        closed = ended >= _CLOSED
        score = ended + (1.5 if again else 0.0) + (1.0 if self._signed else 0.0) + (2.0 if dateline(lead) else 0.0)
        # Behind source, tags and links even a paragraph that begins with "and" begins something.
        score -= (1.0 if closed else 2.5) if lead.goes_on else 0.0
        score += _PLACED if self._placed and not dateline(lead) else 0.0
        score -= 1.5 if any(line.clock for line in self.lines[self.before + 1 : self.here]) else 0.0
        if self.title is None and self._signed_again and not lead.goes_on:
            return score + NEW
        if self.title is None:
            return score - (0.5 if again or closed else 2.0)
        fit = self._fit(self.lines[self.title], lead)
        if self._teased and not closed and fit < 1:
            return score + fit
        return score + (2.5 if self._dated else 0.0) + (max(fit, 0.75) if self._parted else fit)

    @property
    def _teased(self) -> bool:
        """Whether a title with its date is one more of a list of them."""
        zone = self.lines[self.over + 1 : self.here]
        return self.over > self.before and self.lines[self.over].effect == "list" and sum(one.dated for one in zone) > 1

    @property
    def _parted(self) -> bool:
        """Whether a title is one even if the lead does not take it up: behind an end, above a date or an agency."""
        zone = self.lines[self.before + 1 : self.title]
        # Behind readers' words a title is a reader's.
        ended = end_of(zone) >= 2 and not any(line.effect == "stop" for line in zone)
        opening = dateline(self.lines[self.here])
        named = opening is not None and any(opening.groupdict().values())
        return ended or named or (self._dated and self.title is not None and self.lines[self.title].size >= 5)

    @property
    def _dated(self) -> bool:
        return any(line.dated for line in self.lines[self.over + 1 : self.here])

    @property
    def _placed(self) -> bool:
        return any(placed(line) for line in self.lines[self.over + 1 : self.here])

    @property
    def _signed(self) -> bool:
        return any(line.effect == "byline" or line.outlet for line in self.lines[self.over + 1 : self.here])

    @property
    def _signed_again(self) -> bool:
        """Whether a name stands above the paragraph, as one stood above the page's first."""
        return self._signed and any(line.effect == "byline" for line in self.lines[: self.paragraphs[0]])

    def _same_dateline(self) -> bool:
        """Whether a paragraph opens with the place or agency that the page's first article opened with."""
        if not self.lines[self.here].folded.startswith(self.openings):
            return False
        found = dateline(self.lines[self.here])
        opening = re.split("[/–-]", found[0])[0].strip() if found else ""
        first = self.paragraphs[0]
        return bool(opening) and any(
            line.folded.startswith(opening) for line in self.lines[max(0, first - 2) : first + 1]
        )

    def _fit(self, title: Line, lead: Line) -> float:
        """How much a line looks like the title of the paragraph, and not of a part of what came before."""
        told = shared(title.content, lead.content)
        score = 1.5 if told >= 0.5 else 0.75 if told >= 0.3 else -0.75 if told < 0.15 else 0.0
        score += 0.5 if title.size >= 7 else -0.75 if title.size <= 4 else 0.0
        score += 0.5 if _reports(title, lead) else 0.0
        known = [self.lines[n].content for n in self.paragraphs if n < self.here]
        # Quicker than the union of them all, which would be made anew for every border.
        old = sum(any(stem in told for told in known) for stem in title.content) / max(1, len(title.content))
        # A part's title names somebody or something that was named before; another article's may name nothing.
        score += 0.75 if old <= 0.1 else -0.75 if old >= 0.6 else 0.0
        score -= 1.0 if title.folded.endswith(("؟", "?")) else 0.0
        return score + (1.0 if title.repeats > 1 else 0.0)


def openings(lines: Sequence[Line], first: int) -> tuple[str, ...]:
    """The first letters of a page's first paragraph, lines[first], and of the lines above it."""
    return tuple(line.folded[:_FIRST_LETTERS] for line in lines[max(0, first - 2) : first + 1])


def end_of(zone: Sequence[Line]) -> float:
    """How much the lines below a paragraph say that the article is over."""
    effects = {line.effect for line in zone}
    links = {line.marker.kind for line in zone if line.marker and line.effect == "list"}
    score = 2.0 if effects & {"tail", "stop", "source"} or any(line.tags for line in zone) else 0.0
    score += 1.5 if any(line.marker and line.marker.kind == "notice" for line in zone) else 0.0
    # What follows "read also" is a link, unless the article was over before.
    score += 1.0 if links and (score or "read_also" not in links) else -0.75 if links else 0.0
    score += 1.5 if any(line.separator for line in zone) else 0.0
    return min(score, _CLOSED) or (0.5 if "skip" in effects else 0.0)


def _ends(line: Line) -> bool:
    # A link on the line that says "read also" heads nothing.
    listing = line.marker is not None and line.effect == "list" and not line.marker.rest
    return line.separator or line.tags or listing or line.effect in ("tail", "stop", "source")


def _may_head(line: Line) -> bool:
    return line.titled and not line.bullet and not placed(line)


def _reports(title: Line, lead: Line) -> bool:
    """Whether a lead opens with a verb of reporting, or with the title's own verb: "rises" above "prices rose"."""
    words = lead.folded.split(" ", 1)
    verb = skeleton(words[0])
    told = (skeleton(word) for word in title.folded.split()[:4])
    return words[0] in REPORTS or (len(verb) > 2 and any(len(one) > 2 and (verb, one) == (one, verb) for one in told))
