"""Write documents as a Label Studio JSON export that the reader reads back and Label Studio imports."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.errors import DataError
from stance.labels import AUTHOR, Attribution, Channel

_METADATA = ("title", "source", "url", "published", "language", "target", "split", "page", "guidelines", "blind")


def write_export(path: str | Path, documents: Iterable[Document]) -> int:
    """Write `documents` to `path`, one after the other, and return their number.

    The file appears once it is complete: an error on the way leaves what stood there before. A statement whose holder
    is not the actor of its `mention` keeps the holder and loses the link. Raises DataError for text that UTF-8 cannot
    hold.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    count = 0
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(b"[")
            for document in documents:
                stream.write(b",\n" if count else b"\n")
                stream.write(_encode(document))
                count += 1
            stream.write(b"\n]\n")
        os.chmod(name, 0o644)  # a temporary file is its owner's alone
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return count


def task_of(document: Document) -> dict[str, Any]:
    """The Label Studio task of `document`, ready for JSON: `id`, `data`, `annotations`, `drafts`, `predictions`."""
    data: dict[str, Any] = {"text": document.text, "document_id": document.document_id}
    data |= {name: value for name in _METADATA if (value := getattr(document, name)) is not None}
    if document.gold is not None:
        data["gold"] = msgspec.to_builtins(document.gold)
    return {
        "id": _id(document.task_id),
        "data": data,
        "annotations": [_annotation(entry, document.text) for entry in document.annotations],
        "drafts": [_draft(entry, document.text) for entry in document.drafts],
        "predictions": [_prediction(entry, document.text) for entry in document.predictions],
    }


def _encode(document: Document) -> bytes:
    try:
        return msgspec.json.encode(task_of(document))
    except UnicodeEncodeError as error:
        found = error.object[error.start]
        raise DataError(
            f"Document {document.document_id!r}: expected text that UTF-8 can hold, found {found!r}. Replace it."
        ) from None


def _annotation(entry: Annotation, text: str) -> dict[str, Any]:
    annotator = _id(entry.annotator)
    return {
        "id": _id(entry.id),
        "completed_by": {"email": annotator} if isinstance(annotator, str) else annotator,
        "result": list(_items(entry, text)),
        "was_cancelled": entry.cancelled,
        "ground_truth": entry.ground_truth,
        "lead_time": entry.lead_time,
        "prediction": {} if entry.suggested_by is None else {"id": _id(entry.suggested_by)},
        **({} if entry.score is None else {"score": entry.score}),
    }


def _draft(entry: Annotation, text: str) -> dict[str, Any]:
    result = list(_items(entry, text))
    return {"id": _id(entry.id), "user": entry.annotator, "result": result, "lead_time": entry.lead_time}


def _prediction(entry: Annotation, text: str) -> dict[str, Any]:
    result = list(_items(entry, text))
    return {"id": _id(entry.id), "model_version": entry.annotator, "score": entry.score, "result": result}


def _items(entry: Annotation, text: str) -> Iterator[dict[str, Any]]:
    """The result items of one annotation; a holder stands as a relation where its mention is known."""
    actor_of = {mention.id: mention.actor for mention in entry.mentions}
    for mention in entry.mentions:
        yield _item(mention, text, "label", "labels", ["Actor"])
        yield _item(mention, text, "actor", "taxonomy", [[mention.actor]])
    for statement in entry.statements:
        linked = statement.mention is not None and actor_of.get(statement.mention) == statement.holder
        if statement.holder == AUTHOR and not linked and (statement.start, statement.end) == (0, len(text)):
            yield from _whole(statement)
            continue
        yield _item(statement, text, "label", "labels", ["Statement"])
        yield _item(statement, text, "stance", "choices", [statement.stance])
        yield _item(statement, text, "channel", "choices", [str(statement.channel)])
        yield _item(statement, text, "attribution", "choices", [str(statement.attribution)])
        if statement.target is not None:
            yield _item(statement, text, "target", "choices", [statement.target])
        if linked:
            ends = {"from_id": statement.id, "to_id": statement.mention}
            yield {"type": "relation", **ends, "direction": "right", "labels": ["holder"]}
        else:
            yield _item(statement, text, "actor", "taxonomy", [[statement.holder]])


def _item(region: Mention | Statement, text: str, name: str, kind: str, answer: list[Any]) -> dict[str, Any]:
    span = {"start": region.start, "end": region.end, "text": text[region.start : region.end]}
    names = {"id": region.id, "from_name": name, "to_name": "text", "type": kind, "origin": "manual"}
    return {**names, "value": {**span, kind: answer}}


def _whole(statement: Statement) -> Iterator[dict[str, Any]]:
    """A stance of the whole text, as choices without offsets; what is the default is left unsaid."""
    answers = {"stance": statement.stance}
    if statement.channel != Channel.PUBLIC:
        answers["channel"] = str(statement.channel)
    if statement.attribution != Attribution.OWN:
        answers["attribution"] = str(statement.attribution)
    if statement.target is not None:
        answers["target"] = statement.target
    for name, answer in answers.items():
        names = {"id": statement.id, "from_name": name, "to_name": "text", "type": "choices", "origin": "manual"}
        yield {**names, "value": {"choices": [answer]}}


def _id(name: str) -> int | str:
    """The server's own ids are numbers; others stay text."""
    return int(name) if name.isascii() and name.isdigit() and len(name) < 19 and str(int(name)) == name else name
