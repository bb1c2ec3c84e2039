"""Stories: what one (actor, target) is said to want in one piece of news, however many outlets print it.

Rows of one cluster of near-duplicates are copies of one story. A story says what most of its copies say; where several
stances are equally frequent, the one printed first (unknown days last, then in the file's order). Rows on which the
model abstained belong to no story.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from stance.evaluation.report_rows import NOTHING, ReportRows
from stance.labels import Channel, LabelSet

if TYPE_CHECKING:
    import pandas

Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""
MONTHS_SHOWN = 24
_FAR = np.iinfo(np.int32).max


class Span(StrEnum):
    """What a timeline counts by."""

    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True)
class Classes:
    """The roles of a label set's classes, as indices: `sides` can be held, `poles` are the two ends of the scale."""

    names: tuple[str, ...]
    sides: tuple[int, ...]
    poles: tuple[int, int]

    @classmethod
    def of(cls, labels: LabelSet) -> "Classes":
        """The roles in `labels`; the upper end of the scale is the first pole (favor before against)."""
        ends = labels.scale or labels.averaged
        poles = (labels.index(ends[-1]), labels.index(ends[0]))
        return cls(labels.classes, tuple(labels.index(name) for name in labels.sides), poles)


def stories(rows: ReportRows, channel: Channel | None = None, *, by_outlet: bool = False) -> "pandas.DataFrame":
    """A line per story: actor, target, cluster, stance, day (-1 unknown), copies, row (its first copy), source.

    With `channel`, stances are that channel's, and rows that hold no side there are left out. With `by_outlet`, an
    outlet's copies make a story of that outlet; else `source` is that of the first copy.
    """
    import pandas

    stance = rows.stance if channel is None else rows.channels[:, tuple(Channel).index(channel)]
    kept = ~rows.abstained & (stance != NOTHING)
    if channel is not None:
        kept &= np.isin(stance, Classes.of(rows.label_set).sides)
    chosen = np.flatnonzero(kept)
    day, source = rows.day[chosen], rows.source[chosen]
    story = _stories_of(rows, chosen, source if by_outlet else None)
    order = np.lexsort((chosen, np.where(day == NOTHING, _FAR, day), story))
    chosen, day, source, story, held = (each[order] for each in (chosen, day, source, story, stance[chosen]))
    first = np.flatnonzero(np.diff(story, prepend=-1))
    copies = np.diff(first, append=len(story))
    return pandas.DataFrame(
        {
            **{name: getattr(rows, name)[chosen[first]] for name in ("actor", "target", "cluster")},
            "stance": _majority(held, np.repeat(np.arange(len(first)), copies), len(rows.label_set.classes)),
            "day": day[first],
            "copies": copies,
            "row": chosen[first],
            "source": source[first],
        }
    )


def _stories_of(rows: ReportRows, chosen: np.ndarray, source: np.ndarray | None) -> np.ndarray:
    """A number for each chosen row, the same for copies of one story."""
    key = rows.cluster[chosen].astype(np.int64)
    for codes, size in ((rows.actor[chosen], len(rows.actors)), (rows.target[chosen], len(rows.targets))):
        key = key * size + codes
    if source is not None:
        key = key * (len(rows.sources) + 1) + source + 1
    return key


def _majority(stance: np.ndarray, story: np.ndarray, classes: int) -> np.ndarray:
    """The most frequent stance of each story, of equals the one that comes first; rows lie in their story's order."""
    total = int(story[-1]) + 1 if len(story) else 0
    counts = np.zeros((total, classes), np.int32)
    np.add.at(counts, (story, stance), 1)
    best = counts[story, stance] == counts.max(axis=1, initial=0)[story]
    found = np.flatnonzero(best)
    _, first = np.unique(story[found], return_index=True)
    return stance[found[first]]


def tally(frame: "pandas.DataFrame", by: list[str], classes: int) -> "pandas.DataFrame":
    """Stories of each stance, columns 0 … K-1, by the columns `by`, sorted by them."""
    import pandas

    counted = frame.groupby([*by, "stance"], sort=True).size().unstack("stance", fill_value=0)
    return pandas.DataFrame(counted.reindex(columns=range(classes), fill_value=0))


def wilson(count: float, total: float) -> tuple[float, float, float]:
    """A share and its 95 % interval (Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953); nan of nothing."""
    if total == 0:
        return float("nan"), float("nan"), float("nan")
    share, z2 = count / total, Z * Z
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return share, max(0.0, centre - half), min(1.0, centre + half)


def months(day: np.ndarray) -> np.ndarray:
    """The month of each day, counted from January 1970; -1 where the day is unknown."""
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    return np.where(day == NOTHING, NOTHING, month)


def span_of(day: np.ndarray) -> Span:
    """What a timeline over these days counts by: months, or quarters past two years."""
    known = months(day[day != NOTHING])
    long = len(known) > 0 and int(known.max()) - int(known.min()) >= MONTHS_SHOWN
    return Span.QUARTER if long else Span.MONTH


def bins(day: np.ndarray, span: Span) -> np.ndarray:
    """The month or quarter of each day, counted from 1970; -1 where the day is unknown."""
    month = months(day)
    return month if span is Span.MONTH else np.where(month == NOTHING, NOTHING, month // 3)


def bin_name(number: int, span: Span) -> str:
    """Such as 2033-04, or 2033-Q2."""
    if span is Span.MONTH:
        return f"{1970 + number // 12}-{number % 12 + 1:02}"
    return f"{1970 + number // 4}-Q{number % 4 + 1}"
