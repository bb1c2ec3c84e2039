"""The agreement as one HTML file that needs nothing else: tables, and the disagreements side by side.

Everything from an export is escaped, and the page may load nothing. Texts run in their own direction.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise

from stance.annotation.agreement import Agreement
from stance.annotation.agreement_report import TextTable, opening, tables
from stance.annotation.disputes import Dispute, DisputedDocument
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.labels import Channel, LabelSet

SHOWN_DOCUMENTS = 300
"""How many disputed documents a page should hold; one of more is slow to open."""
_OPEN = 3


def agreement_page(agreement: Agreement, shown: Sequence[DisputedDocument], left: int, label_set: LabelSet) -> str:
    """The page, with the texts of the disputed documents `shown`; `left` says how many more there are."""
    script = _asset("js")
    # Were something not escaped, no script but ours would run, and nothing be loaded or sent.
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{known}'"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Agreement of annotators</title><style>{_asset('css')}</style></head><body>",
        "<h1>Agreement of annotators</h1>",
        *(f"<p>{escape(line)}</p>" for line in opening(agreement)),
        *map(_table, tables(agreement)),
        *_confusion(agreement, label_set),
        "<h2>Disagreements</h2>",
        *_filters(shown, label_set),
        f'<p id="count" data-left="{left}"></p>',
        *(_card(one, label_set, place < _OPEN) for place, one in enumerate(shown)),
        f"<script>{script}</script></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _asset(kind: str) -> str:
    return files("stance.annotation").joinpath(f"agreement_page.{kind}").read_text("utf-8")


def _table(table: TextTable) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    body = "".join(
        f"<tr><th><bdi>{escape(row[0])}</bdi></th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in table.rows
    )
    more = f"<p>{escape(table.more)}</p>" if table.more else ""
    return f"<h2>{escape(table.title)}</h2><div class='wide'><table><tr>{head}</tr>{body}</table></div>{more}"


def _confusion(agreement: Agreement, label_set: LabelSet) -> Iterator[str]:
    """What is taken for what: each unit's values paired, so that all values of answered units are counted once."""
    columns = ("", *label_set.classes)
    rows = zip(label_set.classes, agreement.confusion, strict=True)
    lines = tuple((name, *(f"{number:.1f}" for number in numbers)) for name, numbers in rows)
    yield _table(TextTable("Which labels meet (coincidences)", columns, lines))


def _filters(disputed: Sequence[DisputedDocument], label_set: LabelSet) -> Iterator[str]:
    disputes = [dispute for one in disputed for dispute in one.disputes]
    pairs = {pair for dispute in disputes for pair in _pairs(dispute)}
    yield "<form id='filters'>"
    yield _select("actor", "Actor", [(name, name) for name in sorted({dispute.actor for dispute in disputes})])
    used = {label for dispute in disputes for _, label in dispute.votes}
    yield _select("label", "Label", [(name, name) for name in label_set.classes if name in used])
    yield _select("pair", "Annotators", [(json.dumps(pair), " – ".join(pair)) for pair in sorted(pairs)])
    yield "</form>"


def _pairs(dispute: Dispute) -> Iterator[tuple[str, str]]:
    """Every two annotators that disagree, by name."""
    for place, (first, label) in enumerate(dispute.votes):
        yield from ((first, second) for second, other in dispute.votes[place + 1 :] if other != label)


def _select(name: str, title: str, options: Iterable[tuple[str, str]]) -> str:
    chosen = "".join(f'<option value="{escape(value)}">{escape(shown)}</option>' for value, shown in options)
    return f"<label>{title} <select name='{name}'><option value=''>all</option>{chosen}</select></label>"


def _card(one: DisputedDocument, label_set: LabelSet, opened: bool) -> str:
    document = one.document
    facts = [document.document_id, document.source, document.published, f"task {document.task_id}"]
    rows = "".join(_dispute(dispute, label_set) for dispute in one.disputes)
    disputed = {dispute.actor for dispute in one.disputes}
    columns = "".join(_column(document, person, disputed, label_set) for person in one.people)
    shown = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in facts if fact)
    return (
        f"<article><h3 dir='auto'>{escape(document.title or document.document_id)}</h3><p class='facts'>{shown}</p>"
        f"<table class='votes'>{rows}</table><details{' open' if opened else ''}><summary>Text, side by side</summary>"
        f"<div class='columns'>{columns}</div></details></article>"
    )


def _dispute(dispute: Dispute, label_set: LabelSet) -> str:
    cells = "".join(
        f'<td data-annotator="{escape(person)}"><bdi>{escape(person)}</bdi> {_badge(label, label_set)}</td>'
        for person, label in dispute.votes
    )
    data = f'data-actor="{escape(dispute.actor)}" data-votes="{escape(json.dumps(dispute.votes))}"'
    named = f"<bdi>{escape(dispute.actor)}</bdi> <small><bdi>{escape(dispute.target)}</bdi></small>"
    return f"<tr {data}><th>{named}</th>{cells}</tr>"


def _badge(label: str, label_set: LabelSet, more: str = "") -> str:
    return f"<span class='badge c{label_set.index(label)}'>{escape(label)}{escape(more)}</span>"


def _column(document: Document, person: Annotation, disputed: set[str], label_set: LabelSet) -> str:
    return (
        f'<section data-annotator="{escape(person.annotator)}"><h4><bdi>{escape(person.annotator)}</bdi></h4>'
        f"<div class='text' dir='auto'>{_marked(document, person, disputed, label_set)}</div></section>"
    )


def _marked(document: Document, person: Annotation, disputed: set[str], label_set: LabelSet) -> str:
    """The text with the disputed actors' statements and mentions marked; all others are left out, for quiet."""
    text = document.text
    statements = [one for one in person.statements if one.holder in disputed]
    mentions = [one for one in person.mentions if one.actor in disputed]
    regions: list[Statement | Mention] = [*statements, *mentions]
    edges = sorted({0, len(text), *(one.start for one in regions), *(one.end for one in regions)})
    parts = []
    for start, end in pairwise(edges):
        inside = [one for one in statements if one.start <= start and end <= one.end]
        named = any(one.start <= start and end <= one.end for one in mentions)
        parts.append(_segment(text[start:end], inside, named, label_set))
        parts += [_badge(one.stance, label_set, _said_by(one, document)) for one in statements if one.end == end]
    return "".join(parts)


def _segment(text: str, inside: list[Statement], named: bool, label_set: LabelSet) -> str:
    shown = escape(text)
    if named:
        shown = f"<u>{shown}</u>"
    for statement in inside:
        shown = f"<mark class='c{label_set.index(statement.stance)}'>{shown}</mark>"
    return shown


def _said_by(statement: Statement, document: Document) -> str:
    """What a statement's badge adds to its stance: whose it is, and what is not the usual."""
    parts = [statement.holder]
    if statement.channel is not Channel.PUBLIC:
        parts.append(statement.channel)
    if statement.target not in (None, document.target):
        parts.append(str(statement.target))
    return f" · {' · '.join(parts)}"
