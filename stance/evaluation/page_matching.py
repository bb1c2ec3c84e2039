"""Which article cut from a page is which document of a gold export, and whether it was cut where gold says."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from stance.text.dates import find_date
from stance.text.offsets import readable

SHARED = 0.95
"""The least share of the words of either text that the other holds, where an article was cut right.

A word or two of a caption or a link do not change what an article says; a paragraph too many or too few does."""

_RUN = 5  # words in a row that two texts share by chance only in phrases


@dataclass(frozen=True)
class Passage:
    """A document's text with its page, title and date (as written), None where they are not known."""

    page: str | None
    text: str
    title: str | None = None
    published: str | None = None


@dataclass(frozen=True)
class Cut:
    """How a document was cut: whether its boundaries are gold's, and title and date (None where gold has none)."""

    boundaries: bool
    title: bool | None
    published: bool | None

    @property
    def whole(self) -> bool:
        """Whether all that gold knows is right."""
        return self.boundaries and self.title is not False and self.published is not False


def match_passages(gold: Sequence[Passage], found: Sequence[Passage]) -> list[int | None]:
    """For each passage of `gold` the position in `found` of the one with most of its words in a row, each used once.

    Where gold names a page that `found` holds, only that page's articles are looked at.
    """
    found_runs = [_runs(one.text) for one in found]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, runs in enumerate(found_runs):
        for run in runs:
            holders[run].append(place)
    pages = defaultdict(set)
    for place, one in enumerate(found):
        if one.page:
            pages[PurePath(one.page).name].add(place)
    likeness = []
    for number, one in enumerate(gold):
        runs = _runs(one.text)
        shared = Counter(place for run in runs for place in holders.get(run, ()))
        allowed = _of_page(one.page, found, pages)
        likeness += [
            (count / len(runs | found_runs[place]), number, place)
            for place, count in shared.items()
            if allowed is None or place in allowed
        ]
    matched: list[int | None] = [None] * len(gold)
    taken: set[int] = set()
    for _, number, place in sorted(likeness, key=lambda one: (-one[0], one[1], one[2])):
        if matched[number] is None and place not in taken:
            matched[number] = place
            taken.add(place)
    return matched


def judge_cut(gold: Passage, found: Passage) -> Cut:
    """Compare what was cut with gold; white space does not count, nor does how a date is written."""
    return Cut(
        boundaries=_boundaries(gold.text, found.text),
        title=None if not gold.title else _words(gold.title) == _words(found.title or ""),
        published=None if not gold.published else _day(gold.published) == _day(found.published),
    )


def _of_page(page: str | None, found: Sequence[Passage], pages: dict[str, set[int]]) -> set[int] | None:
    """The articles of the page that gold names, None where none is of that name; a whole path goes before a name."""
    named = pages.get(PurePath(page).name) if page else None
    if not named:
        return None
    exact = {place for place in named if PurePath(str(found[place].page)) == PurePath(str(page))}
    return exact or named


def _boundaries(gold: str, found: str) -> bool:
    ours, theirs = Counter(_words(gold)), Counter(_words(found))
    shared = (ours & theirs).total()
    return shared >= SHARED * max(ours.total(), theirs.total())


def _day(written: str | None) -> object:
    """The day that a date means, the text itself where it means none."""
    day = find_date(written) if written else None
    return day.day if day is not None else written


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1))}


def _words(text: str) -> list[str]:
    return readable(text).text.split()
