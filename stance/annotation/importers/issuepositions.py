"""issuepositions: Dutch news sentences in which coders placed a marked actor on one of two poles of a topic.

The folder holds `coded_units.csv` (a row per sentence, actor and topic, with each coder's vote L, N or R and the
published majority) and `topics.yml` (both poles of each topic). The unit of text is the coded passage; passages of
one article share its page, so that no split parts them. Every coder becomes an annotator. The published majority,
which settles ties as the authors did, becomes the ground truth.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import yaml

from stance.annotation.importers.source import Imported, Row, RowError, Source
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import Target, TargetRegistry
from stance.errors import DataError
from stance.labels import ISSUEPOSITIONS

HOLDS = "coded_units.csv and topics.yml"
PUBLISHED = "published-majority"
_UNITS, _TOPICS = "coded_units.csv", "topics.yml"
_COLUMNS = ("doc_id", "sentence", "actor", "topic", "text", "majority")
_MARK = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_POLES = {"L": "positive", "R": "negative"}

Unit = dict[str, str]


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    passages: dict[str, list[Unit]] = defaultdict(list)
    units = list(source.table(_UNITS, _COLUMNS, partial(_checked, {})))
    for unit in units:
        passages[f"{unit['doc_id']}-{unit['sentence']}"].append(unit)
    documents = [_document(name, group) for name, group in passages.items()]
    return Imported(documents, _targets(source, {unit["topic"] for unit in units}), ISSUEPOSITIONS.id)


def _checked(texts: dict[tuple[str, str], str], row: Row) -> Unit:
    """The unit in `row`; `texts` are the passages met, without marks, which later units must repeat."""
    unit: Unit = row.fields
    votes = [unit["majority"], *(vote for _, vote in _votes(unit))]
    wrong = [vote for vote in votes if vote not in ISSUEPOSITIONS.classes]
    if wrong:
        raise RowError(f"votes among {', '.join(ISSUEPOSITIONS.classes)}", repr(wrong[0]))
    if not _MARK.search(unit["text"]):
        raise RowError("an actor marked **…** in the text", "none")
    passage, text = (unit["doc_id"], unit["sentence"]), unit["text"].replace("**", "")
    if texts.setdefault(passage, text) != text:
        raise RowError(f"the text of passage {'-'.join(passage)} as in a row before", "another")
    return unit


def _votes(unit: Unit) -> list[tuple[str, str]]:
    return [(name, vote) for name, vote in unit.items() if name.startswith("coder_") and vote]


def _document(name: str, rows: list[Unit]) -> Document:
    text = rows[0]["text"].replace("**", "")
    votes: dict[str, list[tuple[Unit, str]]] = {PUBLISHED: [(row, row["majority"]) for row in rows]}
    for row in rows:
        for coder, vote in _votes(row):
            votes.setdefault(coder, []).append((row, vote))
    annotations = tuple(_annotation(name, coder, text, given) for coder, given in votes.items())
    return Document(
        document_id=name, task_id=name, text=text, annotations=annotations, language="nl", page=rows[0]["doc_id"]
    )


def _annotation(name: str, annotator: str, text: str, given: Iterable[tuple[Unit, str]]) -> Annotation:
    mentions: dict[tuple[str, int, int], Mention] = {}
    statements: list[Statement] = []
    for number, (row, vote) in enumerate(given):
        spans = _marked_spans(row["text"])
        for start, end in spans:
            region = f"{annotator}-a{start}-{row['actor']}"
            mentions.setdefault((row["actor"], start, end), Mention(region, start, end, row["actor"]))
        holder = mentions[(row["actor"], *spans[0])]
        region = f"{annotator}-s{number}"
        statements.append(Statement(region, 0, len(text), row["actor"], vote, target=row["topic"], mention=holder.id))
    return Annotation(
        id=f"{name}/{annotator}",
        annotator=annotator,
        mentions=tuple(mentions.values()),
        statements=tuple(statements),
        ground_truth=annotator == PUBLISHED,
    )


def _marked_spans(marked: str) -> list[tuple[int, int]]:
    """Spans of the marked actor in the text without marks (each mark is two characters before, two after)."""
    spans = []
    for number, match in enumerate(_MARK.finditer(marked)):
        start = match.start() - 4 * number
        spans.append((start, start + len(match[1])))
    return spans


def _targets(source: Source, topics: set[str]) -> TargetRegistry:
    described = yaml.safe_load(source.text(_TOPICS))
    missing = sorted(topic for topic in topics if topic not in described)
    if missing:
        path = source.folder / _TOPICS
        raise DataError(f"{path}: expected both poles of every coded topic, missing {', '.join(missing)}.")
    return TargetRegistry(tuple(_target(topic, described[topic]) for topic in sorted(topics)))


def _target(topic: str, entry: dict) -> Target:
    poles = {
        side: {language: f"{side}: {wording}" for language, wording in entry[pole]["label"].items()}
        for side, pole in _POLES.items()
    }
    return Target(id=topic, wording=entry["label"], poles=poles)
