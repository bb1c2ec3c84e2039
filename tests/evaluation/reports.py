"""Invented predictions for the tests of the report: a row in a line."""

import pandas

from stance.evaluation.predictions import HEAD, TAIL
from stance.evaluation.report_rows import ReportRows, collect_rows
from stance.labels import MAIN

WORDS = {"f": "favor", "a": "against", "m": "ambivalent", "n": "none", "-": None}
COLUMNS = (*HEAD, *(f"p_{name}" for name in MAIN.classes), *TAIL)


def row(document: str, actor: str, stance: str, **more) -> dict:
    """A row by letters: `stance` and the channels take f, a, m (ambivalent), n (none) and - (unknown)."""
    given = {"document_id": document, "actor": actor, "target": "t", "abstained": False, "mentions": [], "evidence": []}
    given |= {f"p_{name}": 0.25 for name in MAIN.classes} | {"stance": WORDS[stance]}
    channels = {f"stance_{name}": WORDS[more.pop(name, "-")] for name in ("public", "private", "action")}
    return dict.fromkeys(COLUMNS) | given | channels | more


def frame_of(lines: list[dict]) -> pandas.DataFrame:
    """The rows as a predictions frame."""
    return pandas.DataFrame({name: pandas.Series([line[name] for line in lines], dtype=object) for name in COLUMNS})


def rows_of(lines: list[dict]) -> ReportRows:
    """The rows as a report counts them."""
    return collect_rows([frame_of(lines)])


def monthly(actor: str, months: str, first: int = 0, **more) -> list[dict]:
    """A story a month from January 2031 on, its stance a letter of `months`."""
    return [
        row(
            f"{actor}{first + n}",
            actor,
            letter,
            published=f"{2031 + (first + n) // 12}-{(first + n) % 12 + 1:02}-03",
            **more,
        )
        for n, letter in enumerate(months)
    ]
