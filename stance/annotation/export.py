"""Read a Label Studio JSON export as documents, one task at a time, and report all that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from stance.annotation.problems import Kind, Report, Severity
from stance.annotation.records import Annotation, Document, Gold
from stance.annotation.regions import Rules, read_regions
from stance.annotation.seen import Seen
from stance.annotation.sniffing import check_file, check_task
from stance.annotation.spans import Place, shorten
from stance.annotation.streaming import CHUNK, read_objects
from stance.annotation.wire import Data, Entry, Reference, Task, User, decode_plainly, decode_task
from stance.labels import LabelSet


def read_export(
    path: str | Path,
    *,
    label_set: LabelSet,
    actors: frozenset[str] | None,
    targets: frozenset[str] | None,
    report: Report,
    chunk_size: int = CHUNK,
) -> Iterator[Document]:
    """Yield the documents of a Label Studio JSON export while reading it; memory does not grow with its length.

    `actors` and `targets` are the ids allowed, None for any. What is wrong inside a task goes to `report`, which is
    complete once the iterator is exhausted, and costs only what is unusable. Raises DataError at once for a file that
    is no such export, and while reading where the file breaks off or turns out to be something else. `chunk_size` is
    in bytes.
    """
    path = Path(path)
    check_file(path)
    return _Reader(path, Rules.of(label_set, actors, targets), report).documents(chunk_size)


class _Reader:
    """One pass over one file."""

    def __init__(self, path: Path, rules: Rules, report: Report) -> None:
        self.path = path
        self.rules = rules
        self.report = report
        self.tasks = Seen()
        self.ids = Seen()

    def documents(self, chunk_size: int) -> Iterator[Document]:
        for number, (position, raw) in enumerate(read_objects(self.path, chunk_size), 1):
            complaints: list[tuple[str, str]] = []
            task = decode_task(raw, (self.path, position), complaints)
            if task.data is None or task.completions is not None:
                check_task(decode_plainly(raw), self.path, number)
            self.report.tasks += 1
            name = str(task.id) if task.id is not None else f"number {number} of the file"
            place = Place(str(self.path), name, self.report)
            for where, why in complaints:
                _complain(place, where, why)
            document = self._document(task, raw, number, place)
            if document is not None:
                self.report.documents += 1
                yield document

    def _document(self, task: Task, raw: bytes, number: int, place: Place) -> Document | None:
        data = task.data or Data()
        text = data.text
        if not isinstance(text, str) or not text.strip():
            found = "an empty text" if isinstance(text, str) else _keys(raw)
            place.add(Kind.TEXT, "a text in data.text", found, Severity.TASK)
            return None
        if text.startswith(("http://", "https://")) and not any(map(str.isspace, text)):
            expected = "the text itself (a project without valueType=url)"
            place.add(Kind.URL, expected, shorten(text, 80), Severity.TASK)
            return None
        target = _text(data.target) or None
        if target is not None and self.rules.targets is not None and target not in self.rules.targets:
            place.add(Kind.TARGET, "a target of the registry in data.target", repr(target), Severity.TASK)
            return None
        document_id = _text(data.document_id) or place.task
        # In a task of adjudication the predictions are annotators' answers, and one that is left open.
        shown = [] if data.adjudication is True else task.predictions
        if self._repeats(place, document_id, number):
            return None
        return Document(
            document_id=document_id,
            task_id=place.task,
            text=text,
            annotations=self._annotations(task, text, place),
            drafts=tuple(self._entries(task.drafts, "draft", text, place)),
            predictions=tuple(self._entries(shown, "prediction", text, place)),
            title=_text(data.title),
            source=_text(data.source),
            url=_text(data.url),
            published=_text(data.published),
            language=_text(data.language),
            target=target,
            split=_text(data.split) or None,
            page=_text(data.page) or document_id,
            guidelines=_text(data.guidelines),
            blind=data.blind if isinstance(data.blind, bool) else None,
            gold=_gold(data.gold, self.rules, place),
        )

    def _repeats(self, place: Place, document_id: str, number: int) -> bool:
        """Whether the file has held this task; a document met again is noted and kept, annotators may share it so."""
        first = self.tasks.add(place.task, number)
        if first is not None:
            found = f"another, number {number} in the file, after number {first}"
            place.add(Kind.DUPLICATE_TASK, "one task of this id", found, Severity.TASK)
            return True
        first = self.ids.add(document_id, number)
        if first is not None:
            found = f"{document_id!r} again, number {number} in the file, after number {first}"
            place.add(Kind.DUPLICATE_DOCUMENT, "one task for each data.document_id", found, Severity.NOTED)
        return False

    def _annotations(self, task: Task, text: str, place: Place) -> tuple[Annotation, ...]:
        annotations = tuple(self._entries(task.annotations, "annotation", text, place))
        if task.data is not None and task.data.adjudication is True:
            annotations = tuple(msgspec.structs.replace(annotation, ground_truth=True) for annotation in annotations)
        report = self.report
        for annotation in annotations:
            if annotation.cancelled:
                report.cancelled += 1
                continue
            report.annotations += 1
            report.mentions += len(annotation.mentions)
            report.statements += len(annotation.statements)
        if not annotations:
            place.add(Kind.EMPTY, "at least one annotation", "none", Severity.NOTED)
        elif all(annotation.cancelled for annotation in annotations):
            found = f"{len(annotations)} cancelled"
            place.add(Kind.CANCELLED, "an annotation that was submitted", found, Severity.NOTED)
        return annotations

    def _entries(self, entries: list[Any] | None, kind: str, text: str, place: Place) -> Iterator[Annotation]:
        """The annotations, drafts or predictions of a task; bare ids stand for what the export left out."""
        for number, entry in enumerate(entries or (), 1):
            if not isinstance(entry, Entry):
                continue
            name = _text(entry.id) or _text(entry.unique_id) or f"{place.task}-{number}"
            annotator = _annotator(entry, kind)
            shown = f"{kind} {name} by {annotator}"
            listed = kind != "draft" and entry.was_cancelled is not True
            inner = Place(place.file, place.task, place.report, shown, listed)
            mentions, statements = read_regions(entry.result or [], text, self.rules, inner)
            if kind != "annotation":
                self.report.drafts += kind == "draft"
                self.report.predictions += kind == "prediction"
            yield Annotation(
                id=name,
                annotator=annotator,
                mentions=mentions,
                statements=statements,
                ground_truth=entry.ground_truth is True,
                cancelled=entry.was_cancelled is True,
                suggested_by=_identity(entry.prediction) or _identity(entry.parent_prediction),
                lead_time=_number(entry.lead_time),
                score=_number(entry.score),
            )


def _gold(found: Any, rules: Rules, place: Place) -> tuple[Gold, ...] | None:
    """What was adjudicated; an entry that is none, or of another label set, costs itself alone."""
    if found is None:
        return None
    entries = []
    for number, entry in enumerate(found if isinstance(found, list) else [found]):
        try:
            gold = msgspec.convert(entry, Gold)
        except msgspec.ValidationError as error:
            place.add(Kind.MALFORMED, "an adjudicated label", f"{error} in data.gold[{number}]", Severity.ITEM)
            continue
        if gold.label not in rules.whole or len(gold.probabilities) != len(rules.whole):
            shown = f"{gold.label!r} with {len(gold.probabilities)} probabilities in data.gold[{number}]"
            place.add(Kind.MALFORMED, f"one of {', '.join(rules.whole)}", shown, Severity.ITEM)
            continue
        entries.append(gold)
    return tuple(entries)


def _complain(place: Place, where: str, why: str) -> None:
    if where == "surrogate":
        found = f"{why}, each replaced by U+FFFD"
        place.add(Kind.SURROGATE, "whole characters", found, Severity.REPAIRED)
    else:
        place.add(Kind.MALFORMED, f"a value of the right type in {where}", why, Severity.ITEM)


def _annotator(entry: Entry, kind: str) -> str:
    if kind == "prediction":
        return _text(entry.model_version) or "unknown"
    found = entry.completed_by if kind == "annotation" else entry.user
    if isinstance(found, User):
        found = found.email or found.id
    return _text(found) or "unknown"


def _identity(found: Reference | int | str | None) -> str | None:
    return _text(found.id if isinstance(found, Reference) else found) or None


def _text(found: Any) -> str | None:
    """Metadata as text, whatever type the import gave it."""
    if found is None or isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) else msgspec.json.encode(found).decode()


def _number(found: Any) -> float | None:
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _keys(raw: bytes) -> str:
    data = decode_plainly(raw).get("data")
    if not isinstance(data, dict):
        return "no data"
    if "text" in data:
        return f"{type(data['text']).__name__} there"
    return f"only {', '.join(sorted(data))}" if data else "no data"
