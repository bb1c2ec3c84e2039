"""An agreement as tables of text, for a terminal and for a page."""

from dataclasses import dataclass

from stance.annotation.agreement import Agreement
from stance.annotation.agreement_rows import Marks, Row
from stance.annotation.reliability import Figure

SHOWN = 30
"""Rows of one table; how many more there are is said below it."""

_TITLES = {
    "label": "By label, each against all others",
    "actor": "By actor",
    "target": "By target",
    "annotators": "By pair of annotators",
    "suggestions": "Without and with the model's suggestions",
}
# Krippendorff, Content Analysis (2018), chapter 12.
SCALE = "Alpha: 1 is perfect, 0 what chance gives. Rely on 0.800 and more; from 0.667 draw tentative conclusions only."


@dataclass(frozen=True)
class TextTable:
    """A titled table; the first column is text, the others numbers or reasons why there is none."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""


def tables(agreement: Agreement) -> list[TextTable]:
    """The tables of a report, the whole first; empty ones are left out."""
    found = [
        _table("Stance of (document, actor, target)", agreement.overall),
        _table("Statements that two annotators both marked", agreement.statements, counted="pairs of marks"),
        _marks_table(agreement.marks),
        *(_table(title, agreement.groups[name]) for name, title in _TITLES.items()),
    ]
    return [table for table in found if table.rows]


def opening(agreement: Agreement) -> list[str]:
    """What was compared, in lines."""
    left_out = ", ".join(f"{number} {why}" for why, number in agreement.left_out.items())
    answered = agreement.units - agreement.single
    people = f"{agreement.annotations} annotations by {len(agreement.annotators)} annotators"
    return [
        f"{agreement.documents} documents, {people}" + (f" (left out: {left_out})" if left_out else ""),
        f"{agreement.units} actors in documents: {answered} that two annotators or more marked, "
        f"{agreement.disputed} of them disputed; {agreement.single} that one marked alone, unknown to the others",
        SCALE,
    ]


def shown(figure: Figure | None) -> str:
    """A coefficient with its interval, or why there is none."""
    if figure is None:
        return ""
    if figure.value is None:
        return figure.why
    if figure.low is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _table(title: str, rows: tuple[Row, ...], counted: str = "units") -> TextTable:
    columns = ["", counted, "pages", "alike", "alpha nominal"]
    scaled = any(row.ordinal is not None for row in rows)
    kappas = any(row.kappa is not None for row in rows)
    columns += ["units on the scale", "alpha ordinal"] * scaled + ["kappa"] * kappas
    lines = []
    for row in rows[:SHOWN]:
        alike = "" if row.alike is None else f"{row.alike:.1%}"
        line = [row.name, str(row.units), str(row.pages), alike, shown(row.nominal)]
        line += ["" if row.scaled is None else str(row.scaled), shown(row.ordinal)] * scaled
        lines.append((*line, *[shown(row.kappa)] * kappas))
    return TextTable(title, tuple(columns), tuple(lines), _more(len(rows)))


def _marks_table(marks: tuple[Marks, ...]) -> TextTable:
    lines = tuple((one.name, str(one.pairs), shown(one.f1)) for one in marks if one.pairs)
    return TextTable("What was marked at all", ("", "pairs of annotations", "F1"), lines)


def _more(number: int) -> str:
    return f"… and {number - SHOWN} more, in the JSON file." if number > SHOWN else ""
