"""issuepositions: Dutch news sentences in which coders placed a marked actor on one of two poles of a topic.

The folder holds `coded_units.csv` (a row per sentence, actor and topic, with each coder's vote L, N or R and the
published majority) and `topics.yml` (both poles of each topic). The unit of text is the coded passage; passages of
one article share its page, so that no split parts them. Every coder becomes an annotator. The published majority,
which settles ties as the authors did, becomes the ground truth.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import yaml

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import Target, TargetRegistry
from stance.errors import DataError
from stance.labels import ISSUEPOSITIONS

PUBLISHED = "published-majority"
_COLUMNS = ("doc_id", "sentence", "actor", "topic", "text", "majority")
_MARK = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_POLES = {"L": "positive", "R": "negative"}

Row = dict[str, str]


def read(folder: Path) -> tuple[list[Document], TargetRegistry, str]:
    """Documents, targets and label set id of the data set in `folder`; raises DataError naming file and line."""
    passages: dict[str, list[Row]] = defaultdict(list)
    rows = _rows(folder / "coded_units.csv")
    for row in rows:
        passages[f"{row['doc_id']}-{row['sentence']}"].append(row)
    documents = [_document(name, group) for name, group in passages.items()]
    return documents, _targets(folder / "topics.yml", {row["topic"] for row in rows}), ISSUEPOSITIONS.id


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = set(_COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise DataError(f"{path}: expected the columns {', '.join(_COLUMNS)}, missing {sorted(missing)}.")
            return [_checked(path, reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. Name the folder that holds coded_units.csv and topics.yml.") from None


def _checked(path: Path, line: int, row: Row) -> Row:
    if None in row or None in row.values():  # what the csv module makes of a row too long or too short
        raise DataError(f"{path}, line {line}: expected as many fields as columns, found too few or too many.")
    votes = [row["majority"], *(vote for _, vote in _votes(row))]
    wrong = [vote for vote in votes if vote not in ISSUEPOSITIONS.classes]
    if wrong:
        expected = ", ".join(ISSUEPOSITIONS.classes)
        raise DataError(f"{path}, line {line}: expected votes among {expected}, found {wrong[0]!r}.")
    if not _MARK.search(row["text"]):
        raise DataError(f"{path}, line {line}: expected an actor marked **…** in the text, found none.")
    return row


def _votes(row: Row) -> list[tuple[str, str]]:
    return [(name, vote) for name, vote in row.items() if name.startswith("coder_") and vote]


def _document(name: str, rows: list[Row]) -> Document:
    text = rows[0]["text"].replace("**", "")
    votes: dict[str, list[tuple[Row, str]]] = {PUBLISHED: [(row, row["majority"]) for row in rows]}
    for row in rows:
        for coder, vote in _votes(row):
            votes.setdefault(coder, []).append((row, vote))
    annotations = tuple(_annotation(name, coder, text, given) for coder, given in votes.items())
    return Document(
        document_id=name, task_id=name, text=text, annotations=annotations, language="nl", page=rows[0]["doc_id"]
    )


def _annotation(name: str, annotator: str, text: str, given: Iterable[tuple[Row, str]]) -> Annotation:
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


def _targets(path: Path, topics: set[str]) -> TargetRegistry:
    try:
        described = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. Name the folder that holds coded_units.csv and topics.yml.") from None
    missing = sorted(topic for topic in topics if topic not in described)
    if missing:
        raise DataError(f"{path}: expected both poles of every coded topic, missing {', '.join(missing)}.")
    return TargetRegistry(tuple(_target(topic, described[topic]) for topic in sorted(topics)))


def _target(topic: str, entry: dict) -> Target:
    poles = {
        side: {language: f"{side}: {wording}" for language, wording in entry[pole]["label"].items()}
        for side, pole in _POLES.items()
    }
    return Target(id=topic, wording=entry["label"], poles=poles)
