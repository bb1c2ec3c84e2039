"""Models side by side on the same examples, as rows, as Markdown and as a table for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stance.errors import StanceError
from stance.evaluation.calibration import expected_calibration_error
from stance.evaluation.intervals import RESAMPLES, Interval, intervals, paired_differences
from stance.evaluation.metrics import confusion, f_avg
from stance.evaluation.scored import Scored, align

if TYPE_CHECKING:
    from rich.table import Table

PRIOR, REFERENCE = "actor_prior", "tfidf_logreg"
HEADINGS = ("model", "n", "f_avg", "macro_f1", "skill", "ECE", "difference")
MISSING = "–"


@dataclass(frozen=True)
class Row:
    """One model among others: n examples, scores with 95 % intervals, and how far it is from two yardsticks.

    `skill` is f_avg minus the prior's, None without the prior; `ece` the calibration error; `difference` f_avg minus
    that of the model called `reference`, None without a reference and for the reference itself.
    """

    model: str
    n: int
    f_avg: Interval
    macro_f1: Interval
    skill: float | None
    ece: float
    difference: Interval | None = None
    reference: str | None = None


def side_by_side(
    scoreds: Sequence[Scored], *, prior: str = PRIOR, reference: str | None = None, resamples: int = RESAMPLES
) -> list[Row]:
    """A row for each model, in the order given; examples may come in any order.

    `prior` is the model that skill is measured against, if it is there; `reference` the model that differences are
    taken to, with paired intervals. Raises StanceError for no models, two of one name, an unknown reference, and
    (DataError, see `align`) for models that scored other examples or other gold.
    """
    named = _named(scoreds)
    if reference is not None and reference not in named:
        raise StanceError(f"Expected a reference among {', '.join(named)}, found {reference!r}.")
    first = scoreds[0]
    aligned = [align(scored, first) for scored in scoreds]
    prior_score = _f_avg(named[prior]) if prior in named else None
    rows = []
    for scored in aligned:
        found = intervals(scored, resamples=resamples)
        compared = reference is not None and scored.model != reference
        rows.append(
            Row(
                model=scored.model,
                n=len(scored),
                f_avg=found["f_avg"],
                macro_f1=found["macro_f1"],
                skill=None if prior_score is None else found["f_avg"].estimate - prior_score,
                ece=expected_calibration_error(scored.probabilities, scored.gold),
                difference=_difference(scored, named[str(reference)], resamples) if compared else None,
                reference=reference,
            )
        )
    return rows


def render_markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, ending in a line end."""
    return markdown_table(_headings(rows), list(map(_cells, rows)))


def render_rich(rows: Sequence[Row]) -> "Table":
    """The rows as a rich table for a terminal."""
    return rich_table(_headings(rows), list(map(_cells, rows)))


def markdown_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table of texts, the first column on the left, the others on the right; ends in a line end."""
    whole = [headings, ["---", *["---:"] * (len(headings) - 1)], *lines]
    return "".join("| " + " | ".join(map(_in_markdown, line)) + " |\n" for line in whole)


def rich_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> "Table":
    """The same table for a terminal."""
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for place, heading in enumerate(headings):
        table.add_column(escape(heading), justify="right" if place else "left")
    for line in lines:
        table.add_row(*map(escape, line))
    return table


def with_interval(interval: Interval, sign: str = "") -> str:
    """`0.500 [0.400, 0.600]`, the estimate alone where there is no interval; `sign` "+" for differences."""
    shown = f"{interval.estimate:{sign}.3f}"
    return f"{shown} [{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]" if interval.known else shown


def _named(scoreds: Sequence[Scored]) -> dict[str, Scored]:
    if not scoreds:
        raise StanceError("Expected at least one model to compare, found none.")
    names = [scored.model for scored in scoreds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StanceError(f"Expected models of different names, found {', '.join(twice)} more than once. Rename one.")
    return dict(zip(names, scoreds, strict=True))


def _f_avg(scored: Scored) -> float:
    return float(f_avg(confusion(scored.gold, scored.predicted, len(scored.label_set.classes)), scored.label_set))


def _difference(scored: Scored, reference: Scored, resamples: int) -> Interval:
    return paired_differences(scored, reference, resamples=resamples)["f_avg"]


def _headings(rows: Sequence[Row]) -> list[str]:
    reference = next((row.reference for row in rows if row.reference is not None), None)
    return [*HEADINGS[:-1], "f_avg difference" if reference is None else f"f_avg minus {reference}"]


def _cells(row: Row) -> list[str]:
    return [
        row.model,
        str(row.n),
        with_interval(row.f_avg),
        with_interval(row.macro_f1),
        MISSING if row.skill is None else f"{row.skill:+.3f}",
        f"{row.ece:.3f}",
        MISSING if row.difference is None else with_interval(row.difference, sign="+"),
    ]


def _in_markdown(cell: str) -> str:
    # Names come from outside, and Markdown may hold HTML.
    return cell.replace("|", "\\|").replace("<", "&lt;")
