"""A predictions file as one HTML page that needs nothing else: figures, their sentences, the articles.

All that comes from a file is packed (`stance.evaluation.report_packing`) and set as text by the page's script, never as
markup; no script but that one may run, and nothing be loaded or sent.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from stance.errors import DataError
from stance.evaluation import report_changes, report_correction, report_graph, report_stories, report_tables
from stance.evaluation.report_correction import Correction
from stance.evaluation.report_packing import ROWS_A_PART, Sentences, Texts, document_parts, pack, pack_json
from stance.evaluation.report_rows import ReportRows

SCRIPTS = ("report_data.js", "report_figures.js", "report_words.js", "report_page.js", "report_reading.js")
Names = Mapping[str, Mapping[str, str]]
"""Of each id its name per language, `ar` and `en`."""


@dataclass(frozen=True)
class Report:
    """All that a page holds. `weak` says that errors were given but are too many to correct by."""

    rows: ReportRows
    sentences: Sentences
    texts: Texts
    actors: Names
    targets: Names
    correction: Correction | None = None
    weak: bool = False


def write_page(report: Report, path: Path) -> None:
    """Write the page, part by part; a file in the way is replaced once the new one is whole. Raises DataError."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(_pieces(report))
        os.replace(part, path)
    except OSError as error:
        raise DataError(f"Expected a file that can be written at {path}, found: {error}.") from error
    finally:
        if part.exists():
            part.unlink()


def _pieces(report: Report) -> Iterator[str]:
    script = "".join(_asset(name) for name in SCRIPTS)
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{known}'"
    sections = "".join(f'<section id="{name}"></section>' for name in _SECTIONS)
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Stances</title><style>{_asset('report_page.css')}</style></head>\n"
        '<body><button id="language" type="button"></button><h1 id="title"></h1><p id="subtitle"></p>\n'
        f'<div id="facts"></div><form id="filters"></form>{sections}\n'
        '<aside id="sentences" hidden></aside><dialog id="article"></dialog>\n'
    )
    yield _data("meta", pack_json(_meta(report)))
    yield _data("columns", pack(_columns(report.rows, report.texts)))
    for letter, parts in (("d", document_parts(report.rows)), ("s", report.sentences.parts), ("t", report.texts.parts)):
        for number, packed in enumerate(parts):
            yield _data(f"{letter}{number}", packed)
    yield f"<script>{script}</script></body></html>\n"


_SECTIONS = ("actors", "timeline", "channels", "changes", "contested", "outlets", "network")


def _asset(name: str) -> str:
    return files("stance.evaluation").joinpath(name).read_text("utf-8")


def _data(name: str, packed: str) -> str:
    return f'<script type="application/x-packed" id="{name}">{packed}</script>\n'


def _meta(report: Report) -> dict[str, Any]:
    rows, labels = report.rows, report.rows.label_set
    classes = report_stories.Classes.of(labels)
    known = report.correction
    return {
        "rows": len(rows),
        "documents": len(rows.documents),
        "part": ROWS_A_PART,
        "classes": classes.names,
        "sides": classes.sides,
        "poles": classes.poles,
        "absent": None if labels.absent is None else labels.index(labels.absent),
        "colours": _colours(classes),
        "actors": [{"id": name, **report.actors.get(name, {})} for name in rows.actors],
        "targets": [{"id": name, **report.targets.get(name, {})} for name in rows.targets],
        "sources": rows.sources,
        "models": rows.models,
        "correction": None
        if known is None
        else {"inverse": known.inverse.tolist(), "draws": known.draws.round(6).tolist(), "examples": known.examples},
        "weak": report.weak,
        "enough": report_correction.ENOUGH,
        "layout": report_graph.layout(rows),
        "looks": report_tables.looks_of(rows),
        "shown": report_tables.SHOWN,
        "least": report_graph.LEAST,
        "fewest": report_changes.FEWEST,
        "level": report_changes.LEVEL,
        "months": report_stories.MONTHS_SHOWN,
        "z": report_stories.Z,
    }


def _colours(classes: report_stories.Classes) -> list[int]:
    """A colour per class: the first two are the poles', whatever the set."""
    others = [place for place in range(len(classes.names)) if place not in classes.poles]
    order = [*classes.poles, *others]
    return [order.index(place) for place in range(len(classes.names))]


def _columns(rows: ReportRows, texts: Texts) -> bytes:
    wide = [rows.actor, rows.target, rows.document, rows.cluster]
    wide += [
        np.array([facts.day for facts in rows.documents]),
        np.array([facts.source for facts in rows.documents]),
        texts.part_of,
        texts.slot_of,
    ]
    narrow = [rows.stance, *rows.channels.T, rows.abstained]
    return b"".join([column.astype("<i4").tobytes() for column in wide] + [c.astype("i1").tobytes() for c in narrow])
