"""Rows of a predictions file that a person doubts → tasks, with what was predicted and how the person corrects it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stance.annotation.document_lines import DocumentLine, read_document_lines
from stance.annotation.inputs import Refused
from stance.annotation.records import Document, Mention
from stance.data.cache import key_of, sources
from stance.errors import ConfigurationError, DataError
from stance.evaluation.predictions import PROBABILITY, read_prediction_batches
from stance.evaluation.row_filter import Row, Test, parse_filter
from stance.labelling.arrivals import Arrival
from stance.labelling.suggestions import Suggestion, region_id, suggestion_of
from stance.labels import MAIN, Channel, LabelSet
from stance.text.offsets import Mapped, readable

WRONG, CORRECTION = "wrong", "correction"
"""The columns that a person may add: any mark in the one, the right stance (or any remark) in the other."""

_NOT_WRONG = frozenset({"", "0", "no", "false"})
_CHANNELS = frozenset(channel.value for channel in Channel)
_BATCH = 1000  # documents of a Parquet file at once

Key = tuple[str, str]


@dataclass
class Corrections:
    """What a push suggests from a file: see `stance.labelling.suggestions.Suggests`.

    `rows` holds all rows of each (document, target) of which at least one was chosen, `chosen` the actors of those.
    """

    rows: Mapping[Key, Sequence[Row]]
    chosen: Mapping[Key, frozenset[str]]
    labels: LabelSet
    identity: str
    version: str

    @property
    def judges(self) -> bool:
        """Always: the file says stances of every target in it."""
        return True

    def knows(self, target: str | None) -> bool:
        """Whether a chosen row is about `target`."""
        return any(target == one for _, one in self.rows)

    def suggest(self, arrivals: Sequence[Arrival], blind: Sequence[bool]) -> list[Suggestion]:
        """The predictions as the file has them, corrected where a person did; of a `blind` document actors only."""
        return [self._suggestion(arrival, hidden) for arrival, hidden in zip(arrivals, blind, strict=True)]

    def _suggestion(self, arrival: Arrival, hidden: bool) -> Suggestion:
        document, rows = arrival.document, self.rows[arrival.key]
        where = Mapped(document.text, arrival.page_map) if arrival.page_map else None
        mentions = sorted(
            {
                (*span, str(row["actor"]))
                for row in rows
                for span in map(_span(where, document), row["mentions"])
                if span
            }
        )
        marked = [
            Mention(region_id(document, "actor", start, end, actor), start, end, actor)
            for start, end, actor in mentions
        ]
        if hidden:
            return suggestion_of(document, marked, (), self.version)
        suggestion = suggestion_of(
            document, marked, [self._corrected(row, where, document) for row in rows], self.version
        )
        chosen = [row for row in rows if row["actor"] in self.chosen[arrival.key]]
        return suggestion._replace(note="\n".join(map(self._told, chosen)))

    def _corrected(self, row: Row, where: Mapped | None, document: Document) -> Row:
        """`row` with its evidence where it stands in the task's text, its stance the corrected one."""
        stance = _stance_of(row, self.labels)
        if stance == self.labels.absent:
            return {**row, "evidence": []}
        span = _span(where, document)
        moved = [(item, span((item["start"], item["end"]))) for item in row["evidence"]]
        kept = [
            {**item, "start": at[0], "end": at[1], **({} if stance is None else {"stance": stance})}
            for item, at in moved
            if at is not None
        ]
        return {**row, "evidence": kept}

    def _told(self, row: Row) -> str:
        """What the annotator reads of a chosen row, in words that need no translation."""
        said = f"{row['actor']}: {row['stance']} ({row[PROBABILITY + row['stance']]:.2f})"
        correction = str(row.get(CORRECTION) or "").strip()
        return f"{said} → {correction}" if correction else f"{said} ?"


def read_corrections(path: str, where: str | None, labels: LabelSet = MAIN) -> Corrections:
    """The rows of the predictions file `path` that `where` describes; without it, those that a person marked there.

    A mark is anything in the column `wrong` but 0, no or false, or anything in the column `correction`. Raises
    StanceError where there is no such column, nothing is chosen, or the file is of another label set.
    """
    chosen: dict[Key, set[str]] = {}
    test = None
    for frame in read_prediction_batches(path):
        columns = list(frame.columns)
        if test is None:
            _check_labels(path, columns, labels)
            test = _marked_test(path, columns) if where is None else parse_filter(where, columns)
        for row in frame.to_dict("records"):
            if test(row):
                chosen.setdefault((row["document_id"], row["target"]), set()).add(row["actor"])
    if not chosen:
        said = f"--where {where!r}" if where is not None else f"a mark in its column {WRONG} or {CORRECTION}"
        raise DataError(f"{path}: expected rows with {said}, found none.")
    rows: dict[Key, list[Row]] = {key: [] for key in chosen}
    for frame in read_prediction_batches(path):
        for row in frame.to_dict("records"):
            key = (row["document_id"], row["target"])
            if key in rows:
                rows[key].append(_checked(path, row, labels))
    models = sorted({str(row["model"]) for found in rows.values() for row in found if row["model"]})
    identity = key_of(
        [sources(__name__, "stance.labelling.suggestions"), [[*key, *found] for key, found in rows.items()]]
    )
    return Corrections(
        rows=rows,
        chosen={key: frozenset(actors) for key, actors in chosen.items()},
        labels=labels,
        identity=identity[:16],
        version=" + ".join(models) or "predictions",
    )


def corrected_arrivals(corrections: Corrections, documents: str, *, refused: Refused) -> Iterator[Arrival]:
    """The articles of `corrections`, from the file `documents` (.jsonl or .parquet), once for each of their targets.

    What is missing there is handed to `refused`.
    """
    targets: dict[str, list[str]] = {}
    for document_id, target in corrections.rows:
        targets.setdefault(document_id, []).append(target)
    for line in _documents(documents, refused):
        for target in targets.pop(line.document_id, ()):
            yield _arrival(line, target)
    for document_id in targets:
        refused(
            DataError(
                f"Document {document_id!r}: expected its article in {documents}, found none. Name the file that "
                "stance predict --documents wrote beside the predictions."
            )
        )


def _arrival(line: DocumentLine, target: str) -> Arrival:
    mapped = readable(line.text)
    document = Document(
        document_id=line.document_id,
        task_id="",
        text=mapped.text,
        title=line.title,
        published=line.published,
        source=line.source,
        target=target,
        page=line.page or line.document_id,
        url=line.url,
        language=line.language,
    )
    return Arrival(document, None, mapped.runs if mapped.text != line.text else ())


def _documents(path: str, refused: Refused) -> Iterator[DocumentLine]:
    if Path(path).suffix.lower() != ".parquet":
        yield from read_document_lines(path, refused=refused)
        return
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    known = set(DocumentLine.__struct_fields__) - {"actors"}
    try:
        with ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if name in known]
            for batch in file.iter_batches(_BATCH, columns=names):
                yield from msgspec.convert(batch.to_pylist(), list[DocumentLine])
    except (OSError, ArrowException, msgspec.ValidationError) as error:
        raise DataError(
            f"{path}: expected the articles that stance predict --documents wrote, found: {error}"
        ) from None


def _check_labels(path: str, columns: Sequence[str], labels: LabelSet) -> None:
    found = [name.removeprefix(PROBABILITY) for name in columns if name.startswith(PROBABILITY)]
    if found and set(found) != set(labels.classes):
        raise ConfigurationError(
            f"{path}: expected predictions of the label set {labels.id!r} ({', '.join(labels.classes)}), found "
            f"{', '.join(found)}. Only that set is labelled with a model's suggestions."
        )


def _marked_test(path: str, columns: Sequence[str]) -> Test:
    if WRONG not in columns and CORRECTION not in columns:
        raise ConfigurationError(
            f"{path}: expected --where EXPRESSION, or a column {WRONG} or {CORRECTION} that says which rows to push, "
            f'found neither. Add one to the file, or name the rows: --where "p_favor < 0.6".'
        )
    return lambda row: bool(_said(row, CORRECTION)) or _said(row, WRONG).lower() not in _NOT_WRONG


def _said(row: Row, column: str) -> str:
    return str(row.get(column) or "").strip()


def _stance_of(row: Row, labels: LabelSet) -> str | None:
    """The class that the person corrected the row to; None where there is none, or only a remark."""
    said = _said(row, CORRECTION).lower()
    return next((name for name in labels.classes if name.lower() == said), None)


def _checked(path: str, row: Row, labels: LabelSet) -> Row:
    sides = set(labels.sides)
    wrong = next(
        (item for item in row["evidence"] if item["stance"] not in sides or item["channel"] not in _CHANNELS), None
    )
    if wrong is not None or row["stance"] not in labels.classes:
        found = row["stance"] if wrong is None else f"{wrong['stance']} ({wrong['channel']}) as evidence"
        raise DataError(
            f"{path}: document {row['document_id']!r}, actor {row['actor']!r}: expected stances among "
            f"{', '.join(labels.classes)} with a channel, found {found}."
        )
    return row


def _span(where: Mapped | None, document: Document) -> Any:
    """From a span of the text as it was predicted to one of the task's; None for one that has left nothing there."""
    if where is not None:
        return lambda span: where.text_span(*span)
    return lambda span: tuple(span) if 0 <= span[0] < span[1] <= len(document.text) else None
