"""Changes of side: when an actor came to be shown on the other side of a target, and how surely.

The rule, for each actor and target, over stories on one of the two poles in the order of their months:

1. The series is parted at the month boundary that parts it best (greatest likelihood ratio), where both parts hold
   `FEWEST` stories or more and differ by Fisher's exact test; each part is looked at again in the same way (binary
   segmentation, Scott and Knott 1974, https://doi.org/10.2307/2529204).
2. Every p-value is multiplied by the number of all boundaries that could be looked at, over all actors and targets of
   the file (Bonferroni), and must be below 0.05. Filters do not make that number smaller: choosing one is a look too.
3. A change is a boundary between two parts whose majorities (more than half) lie on different poles.

So no single story makes a change, however loud, and a story printed by twenty outlets is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stance.evaluation.report_rows import NOTHING
from stance.evaluation.report_stories import months

if TYPE_CHECKING:
    import pandas

FEWEST = 5
LEVEL = 0.05


class Series(NamedTuple):
    """One actor and target: months that hold stories, rising [B], and stories there on either pole [B, 2]."""

    actor: int
    target: int
    months: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Change:
    """`month` is the first of the new side; `before` and `after` count the poles in the two parts; `p` is adjusted."""

    actor: int
    target: int
    month: int
    before: tuple[int, int]
    after: tuple[int, int]
    p: float


def series(frame: "pandas.DataFrame", poles: tuple[int, int]) -> Iterator[Series]:
    """The series of every actor and target among dated stories, sorted by both."""
    held = frame[frame["stance"].isin(poles) & (frame["day"] != NOTHING)]
    held = held.assign(month=months(held["day"].to_numpy()), pole=(held["stance"] == poles[1]).astype(int))
    for (actor, target), group in held.groupby(["actor", "target"], sort=True):
        found, place = np.unique(group["month"].to_numpy(), return_inverse=True)
        counts = np.zeros((len(found), 2), np.int64)
        np.add.at(counts, (place, group["pole"].to_numpy()), 1)
        yield Series(int(actor), int(target), found, counts)


def looks(of: Series) -> int:
    """How many boundaries of one series could be looked at."""
    return len(_boundaries(of.counts))


def changes(of: Series, total: int) -> list[Change]:
    """The changes of side in one series, in their order; `total` are the looks at all series together."""
    edges = [0, *sorted(_parted(of.counts, 0, total)), len(of.counts)]
    parts = [of.counts[start:end].sum(axis=0) for start, end in pairwise(edges)]
    found = []
    for edge, (before, after) in zip(edges[1:-1], pairwise(parts), strict=True):
        adjusted = _adjusted(before, after, total)
        if _side(before) != _side(after) and None not in (_side(before), _side(after)) and adjusted < LEVEL:
            found.append(
                Change(of.actor, of.target, int(of.months[edge]), _pair(before), _pair(after), float(adjusted))
            )
    return found


def _pair(counts: np.ndarray) -> tuple[int, int]:
    return int(counts[0]), int(counts[1])


def _boundaries(counts: np.ndarray) -> np.ndarray:
    """Places that leave enough stories on both sides."""
    before = np.cumsum(counts.sum(axis=1))[:-1]
    return np.flatnonzero((before >= FEWEST) & (counts.sum() - before >= FEWEST)) + 1


def _parted(counts: np.ndarray, offset: int, total: int) -> list[int]:
    places = _boundaries(counts)
    if not len(places):
        return []
    before = np.cumsum(counts, axis=0)[places - 1]
    after = counts.sum(axis=0) - before
    best = int(np.argmax(_fit(before) + _fit(after)))
    if _adjusted(before[best], after[best], total) >= LEVEL:
        return []
    place = int(places[best])
    later = _parted(counts[place:], offset + place, total)
    return [*_parted(counts[:place], offset, total), offset + place, *later]


def _fit(counts: np.ndarray) -> np.ndarray:
    """Greatest log-likelihood [B] of counts [B, 2] with one share."""
    share = counts / counts.sum(axis=1, keepdims=True)
    return (counts * np.log(np.where(counts > 0, share, 1))).sum(axis=1)


def _adjusted(before: np.ndarray, after: np.ndarray, total: int) -> float:
    from scipy.stats import fisher_exact

    return min(1.0, float(fisher_exact([before, after]).pvalue) * total)


def _side(counts: np.ndarray) -> int | None:
    """The pole that more than half are on."""
    if counts[0] == counts[1]:
        return None
    return int(counts[1] > counts[0])
