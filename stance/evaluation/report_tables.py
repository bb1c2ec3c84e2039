"""The figures of a report as tables: one line per actor, period, channel or outlet, counted in stories.

Shares are among the sides of the label set (without the class of an actor that takes none). Those of actors and outlets
are corrected for the classifier's mistakes where these are known (`corrected` says so); all others are counted as they
were predicted.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stance.evaluation.report_changes import changes, looks, series
from stance.evaluation.report_correction import ENOUGH, Correction
from stance.evaluation.report_rows import NOTHING, ReportRows
from stance.evaluation.report_stories import Classes, Span, bin_name, bins, span_of, stories, tally, wilson
from stance.labels import Channel

if TYPE_CHECKING:
    import pandas

SHOWN = 5
"""How many articles a change names on either side."""


class _Line(NamedTuple):
    """A group of stories: what it is of, and stories of each class [K]."""

    key: tuple[int, ...]
    counts: np.ndarray


def actors_table(rows: ReportRows, known: Correction | None) -> "pandas.DataFrame":
    """A line per actor, the most frequent first: stories, articles (copies), abstained, counts and shares."""
    frame, classes = stories(rows), Classes.of(rows.label_set)
    copies = frame.groupby("actor")["copies"].sum()
    abstained = np.bincount(rows.actor[rows.abstained], minlength=len(rows.actors))
    counted = {line.key[0]: line.counts for line in _lines(frame, ["actor"], classes)}
    nothing = np.zeros(len(classes.names), np.int64)
    table = [
        {
            "actor": rows.actors[actor],
            "stories": int(counted.get(actor, nothing).sum()),
            "articles": int(copies.get(actor, 0)),
            "abstained": int(abstained[actor]),
            **_counts(counted.get(actor, nothing), classes),
            **_shares(counted.get(actor, nothing), classes, known),
        }
        for actor in range(len(rows.actors))
    ]
    return _frame(sorted(table, key=lambda line: (-line["stories"], line["actor"])))


def timeline_table(rows: ReportRows) -> "pandas.DataFrame":
    """A line per actor and month (quarter, past two years) that holds dated stories."""
    frame, classes = stories(rows), Classes.of(rows.label_set)
    span = span_of(frame["day"].to_numpy())
    dated = frame.assign(period=bins(frame["day"].to_numpy(), span))
    dated = dated[dated["period"] != NOTHING]
    return _frame(
        {
            "actor": rows.actors[line.key[0]],
            "period": bin_name(line.key[1], Span(span)),
            "stories": int(line.counts.sum()),
            **_counts(line.counts, classes),
            **_shares(line.counts, classes, None),
        }
        for line in _lines(dated, ["actor", "period"], classes)
    )


def channels_table(rows: ReportRows) -> "pandas.DataFrame":
    """A line per actor with its stories in each channel, those whose public and private word differ first.

    `opposed` says that the majorities of public and private lie on different poles, `opposed_stories` counts the
    stories in which one article tells of both.
    """
    classes = Classes.of(rows.label_set)
    counted: dict[Channel, dict[int, np.ndarray]] = {
        channel: {line.key[0]: line.counts for line in _lines(stories(rows, channel), ["actor"], classes)}
        for channel in Channel
    }
    both = opposed_stories(rows)
    nothing = np.zeros(len(classes.names), np.int64)
    table = []
    for actor in sorted({actor for found in counted.values() for actor in found}):
        line: dict[str, Any] = {"actor": rows.actors[actor]}
        held = {channel: counted[channel].get(actor, nothing) for channel in Channel}
        line["opposed"] = opposed(held[Channel.PUBLIC], held[Channel.PRIVATE], classes)
        line["opposed_stories"] = int(both[actor])
        for channel, counts in held.items():
            more = {**_counts(counts, classes), **_shares(counts, classes, None)}
            line |= {f"{channel}_{name}": value for name, value in more.items() if name != "corrected"}
        table.append(line)
    return _frame(sorted(table, key=lambda line: (-line["opposed"], -line["opposed_stories"], line["actor"])))


def opposed(first: np.ndarray, second: np.ndarray, classes: Classes) -> bool:
    """Whether the counts [K] of two channels have their majorities on different poles."""
    sides = [np.sign(int(counts[classes.poles[0]]) - int(counts[classes.poles[1]])) for counts in (first, second)]
    return bool(sides[0] * sides[1] < 0)


def opposed_stories(rows: ReportRows) -> np.ndarray:
    """Stories of each actor [A] of which a copy has the public word on one pole and the private on the other."""
    places = [tuple(Channel).index(channel) for channel in (Channel.PUBLIC, Channel.PRIVATE)]
    public, private = rows.channels[:, places[0]], rows.channels[:, places[1]]
    poles = Classes.of(rows.label_set).poles
    found = np.isin(public, poles) & np.isin(private, poles) & (public != private) & ~rows.abstained
    keys = np.stack([rows.actor[found], rows.cluster[found], rows.target[found]], axis=1)
    return np.bincount(np.unique(keys, axis=0)[:, 0], minlength=len(rows.actors))


def changes_table(rows: ReportRows) -> "pandas.DataFrame":
    """A line per change of side, with the articles nearest to it on either side."""
    frame, classes = stories(rows), Classes.of(rows.label_set)
    found = list(series(frame, classes.poles))
    total = sum(map(looks, found))
    table = []
    for change in (change for one in found for change in changes(one, total)):
        before, after = _nearest(rows, frame, change.actor, change.target, (change.month, classes.poles))
        line: dict[str, Any] = {"actor": rows.actors[change.actor], "target": rows.targets[change.target]}
        line |= {"since": bin_name(change.month, Span.MONTH), "p": change.p}
        for when, counts, articles in (("before", change.before, before), ("after", change.after, after)):
            line |= {f"{when}_{classes.names[pole]}": n for pole, n in zip(classes.poles, counts, strict=True)}
            line[f"{when}_articles"] = " ".join(articles)
        table.append(line)
    return _frame(sorted(table, key=lambda line: line["p"]))


def looks_of(rows: ReportRows) -> int:
    """All boundaries at which a change of side could be found in the file."""
    return sum(map(looks, series(stories(rows), Classes.of(rows.label_set).poles)))


def contested_table(rows: ReportRows) -> "pandas.DataFrame":
    """A line per actor whom stories of one quarter show on both poles, the surest first.

    Of each target and quarter the smaller pole's stories are contested, so that a change of side is no contest;
    `share` is theirs among all on a pole, its interval Wilson's, and the order that of the lower end.
    """
    frame, classes = stories(rows), Classes.of(rows.label_set)
    held = frame.assign(period=bins(frame["day"].to_numpy(), Span.QUARTER))
    totals = np.zeros((len(rows.actors), 2), np.int64)
    for line in _lines(held, ["actor", "target", "period"], classes):
        poles = line.counts[list(classes.poles)]
        totals[line.key[0]] += (poles.min(), poles.sum())
    table = []
    for actor in np.flatnonzero(totals[:, 0]):
        share, low, high = wilson(*map(int, totals[actor]))
        counted = {"contested": int(totals[actor, 0]), "stories": int(totals[actor, 1])}
        table.append({"actor": rows.actors[actor], **counted, "share": share, "low": low, "high": high})
    return _frame(sorted(table, key=lambda line: (-line["low"], line["actor"])))


def outlets_table(rows: ReportRows, known: Correction | None) -> "pandas.DataFrame":
    """A line per outlet, the most frequent first: its stories, and how far it leans from the others.

    `lean` is how much more often it shows the same actors on the first pole, towards the same targets, than all other
    outlets do: the mean difference of its stories from the others' share; nan where nobody else has those actors.
    """
    classes = Classes.of(rows.label_set)
    frame = stories(rows, by_outlet=True)
    frame = frame[frame["source"] != NOTHING]
    copies, leans = frame.groupby("source")["copies"].sum(), _leans(frame, classes.poles)
    table = []
    for line in _lines(frame, ["source"], classes):
        lean, low, high = leans.get(line.key[0], (float("nan"),) * 3)
        named = {"outlet": rows.sources[line.key[0]], "stories": int(line.counts.sum())}
        named |= {"articles": int(copies[line.key[0]]), **_counts(line.counts, classes)}
        named |= {**_shares(line.counts, classes, known), "lean": lean, "lean_low": low, "lean_high": high}
        table.append(named)
    return _frame(sorted(table, key=lambda line: (-line["stories"], line["outlet"])))


def _leans(frame: "pandas.DataFrame", poles: tuple[int, int]) -> dict[int, tuple[float, float, float]]:
    """Lean of each outlet with its 95 % interval."""
    from stance.evaluation.report_stories import Z

    held = frame[frame["stance"].isin(poles)]
    held = held.assign(first=(held["stance"] == poles[0]).astype(float))
    every = held.groupby(["actor", "target"])["first"].agg(["sum", "count"])
    found = {}
    for source, own in held.groupby("source"):
        mine = own.groupby(["actor", "target"])["first"].agg(["sum", "count"])
        others = every.loc[mine.index] - mine
        expected = (others["sum"] / others["count"].where(others["count"] > 0)).rename("expected")
        differences = own.join(expected, on=["actor", "target"]).eval("first - expected").dropna().to_numpy()
        if len(differences):
            half = Z * float(np.sqrt((differences**2).sum())) / len(differences)
            mean = float(differences.mean())
            found[int(source)] = (mean, max(-1.0, mean - half), min(1.0, mean + half))
    return found


def _nearest(
    rows: ReportRows, frame: "pandas.DataFrame", actor: int, target: int, change: tuple[int, tuple[int, int]]
) -> tuple[list[str], list[str]]:
    """The articles of the last stories on the old pole before a change, and of the first on the new after it."""
    month, poles = change
    held = frame[(frame["actor"] == actor) & (frame["target"] == target) & (frame["day"] != NOTHING)]
    held = held[held["stance"].isin(poles)].sort_values(["day", "row"])
    when = bins(held["day"].to_numpy(), Span.MONTH)

    def named(part: "pandas.DataFrame") -> list[str]:
        return [rows.document_ids[rows.document[row]] for row in part["row"]]

    before, after = held[when < month], held[when >= month]
    old = before["stance"].mode().iloc[0]
    return named(before[before["stance"] == old].tail(SHOWN)), named(after[after["stance"] != old].head(SHOWN))


def _lines(frame: "pandas.DataFrame", by: list[str], classes: Classes) -> Iterator[_Line]:
    counted = tally(frame, by, len(classes.names))
    for key, counts in zip(counted.index, counted.to_numpy(), strict=True):
        yield _Line(tuple(map(int, key if isinstance(key, tuple) else (key,))), counts)


def _counts(counts: np.ndarray, classes: Classes) -> dict[str, int]:
    return {f"n_{name}": int(count) for name, count in zip(classes.names, counts, strict=True)}


def _shares(counts: np.ndarray, classes: Classes, known: Correction | None) -> dict[str, Any]:
    sides = list(classes.sides)
    correct = known is not None and counts.sum() >= ENOUGH
    if known is None or not correct:
        found: Any = [wilson(int(counts[side]), int(counts[sides].sum())) for side in sides]
    else:
        found = known.shares(counts, classes.sides)
    named: dict[str, Any] = {}
    for side, (share, low, high) in zip(sides, found, strict=True):
        name = classes.names[side]
        named |= {f"share_{name}": float(share), f"low_{name}": float(low), f"high_{name}": float(high)}
    return {**named, "corrected": correct}


def _frame(lines: Iterator[dict] | Sequence[dict]) -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame(list(lines))
