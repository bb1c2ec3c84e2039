"""All figures of a model's validity on one page: for the terminal, as Markdown, and as HTML that needs nothing else."""

import html
from collections.abc import Sequence

import numpy as np

from stance.evaluation.comparison import MISSING, markdown_table, with_interval
from stance.evaluation.end_to_end_report import escaped
from stance.evaluation.intervals import Interval
from stance.evaluation.risk_coverage import RiskCoverage
from stance.evaluation.run_report import Table
from stance.evaluation.validity import SCORES, Validity
from stance.evaluation.validity_words import notes, sentences

CANNOT = "What it cannot do"
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.5, 0.3)
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
    "td,th{padding:2px 10px;border-bottom:1px solid #ddd;text-align:end;unicode-bidi:plaintext}"
    "td:first-child,th:first-child{text-align:start}svg{max-width:100%}"
)
_WIDTH, _HEIGHT, _MARGIN, _POINTS = 460, 280, 45, 200


def tables(found: Validity) -> list[Table]:
    """Changed texts, exchanged names, parts of the examples, calibration, and risk beside coverage."""
    made = [_probes(found), _swaps(found), _slices(found), _calibration(found), _risk(found.risk)]
    return [table for table in made if table.lines]


def markdown(found: Validity, title: str, missing: Sequence[str] = ()) -> str:
    """The page as Markdown; names from outside are escaped."""
    parts = [f"# {escaped(title)}", f"## {CANNOT}", "\n".join(f"- {escaped(line)}" for line in sentences(found))]
    parts += [f"## {table.title}\n\n{markdown_table(table.headings, table.lines)}".rstrip() for table in tables(found)]
    parts += ["## How to read this", "\n".join(f"- {escaped(note)}" for note in notes(found, missing))]
    return "\n\n".join(parts) + "\n"


def page(found: Validity, title: str, missing: Sequence[str] = ()) -> str:
    """The page as HTML, with the curve of risk and coverage; nothing is loaded and no script runs."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
    )
    parts = [head, f"<h2>{CANNOT}</h2>", _list(sentences(found))]
    for table in tables(found):
        parts.append(f"<h2>{html.escape(table.title)}</h2>{_table(table)}")
    parts += [curve(found.risk), "<h2>How to read this</h2>", _list(notes(found, missing)), "</body></html>\n"]
    return "\n".join(parts)


def curve(risk: RiskCoverage) -> str:
    """Risk over coverage as an SVG picture, the error of all answers as a broken line."""
    chosen = np.unique(np.linspace(0, len(risk.risk) - 1, min(_POINTS, len(risk.risk))).astype(int))
    top = max(0.05, float(risk.risk[chosen].max()) * 1.1)

    def place(coverage: float, value: float) -> str:
        across = _MARGIN + coverage * (_WIDTH - 2 * _MARGIN)
        return f"{across:.1f},{_HEIGHT - _MARGIN - value / top * (_HEIGHT - 2 * _MARGIN):.1f}"

    line = " ".join(place(float(risk.coverage[n]), float(risk.risk[n])) for n in chosen)
    whole = float(risk.risk[-1])
    axes = f"{place(0, top)} {place(0, 0)} {place(1, 0)}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" aria-label="risk over coverage">'
        f'<polyline points="{axes}" fill="none" stroke="#555"/>'
        f'<polyline points="{place(0, whole)} {place(1, whole)}" fill="none" stroke="#555" stroke-dasharray="4"/>'
        f'<polyline points="{line}" fill="none" stroke="#0072B2" stroke-width="2"/>'
        f'<text x="{_MARGIN}" y="{_MARGIN - 12}">errors among the answers given, 0 to {top:.0%}</text>'
        f'<text x="{_WIDTH - _MARGIN}" y="{_HEIGHT - 15}" text-anchor="end">answers given, 0 to 100 %, the surest '
        "first</text></svg>"
    )


def _probes(found: Validity) -> Table:
    headings = ["model", "text", "n", *SCORES, "f_avg minus as it is"]
    if found.reference is not None:
        headings.append(f"f_avg minus {found.reference}")
    lines = []
    for one in found.probes:
        line = [one.model, one.probe, str(one.n), *(with_interval(one.scores[name]) for name in SCORES)]
        line.append(_difference(one.change))
        lines.append([*line, _difference(one.against)] if found.reference is not None else line)
    return Table("Changed texts", headings, lines)


def _swaps(found: Validity) -> Table:
    headings = ["model", "right before", "moved with the text", "stayed with the name", "other"]
    lines = [
        [name, str(one.n), *(with_interval(share) for share in (one.moved, one.stayed, one.other))]
        for name, one in found.movements.items()
    ]
    return Table("Where answers go when names are exchanged", headings, lines)


def _slices(found: Validity) -> Table:
    lines = [
        [
            f"{one.group}: {one.name}",
            str(one.n),
            MISSING if one.f_avg is None else with_interval(one.f_avg),
            with_interval(one.macro_f1),
            with_interval(one.accuracy),
        ]
        for one in found.slices
    ]
    return Table(f"Parts of the examples: {found.model}", ["part", "n", *SCORES, "accuracy"], lines)


def _calibration(found: Validity) -> Table:
    lines = [[stage, *(f"{value:.3f}" for value in values)] for stage, values in found.calibration.items()]
    return Table(f"Calibration: {found.model}", ["probabilities", "ECE", "Brier score", "log-loss"], lines)


def _risk(risk: RiskCoverage) -> Table:
    lines = [[f"{coverage:.0%}", f"{risk.risk_at(coverage):.3f}"] for coverage in COVERAGES]
    lines += [["area under the curve", f"{risk.area:.3f}"], ["least that the area could be", f"{risk.least:.3f}"]]
    return Table("Errors where the least sure answers are left out", ["answers given", "errors among them"], lines)


def _difference(interval: Interval | None) -> str:
    return MISSING if interval is None else with_interval(interval, sign="+")


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>"


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + row(table.headings, "th") + "".join(row(line, "td") for line in table.lines) + "</table>"
