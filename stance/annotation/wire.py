"""The parts of a Label Studio task that the reader needs, as they stand in the JSON.

The server validates nothing in annotations, so fields whose type nothing depends on are `Any`; a task whose other
fields have a wrong type is decoded again, slowly, without them.
"""

import json
import re
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from stance.errors import DataError

Wire = TypeVar("Wire", bound=msgspec.Struct)
Complaints = list[tuple[str, str]]
"""Where in the task a value was left out, and why."""

_LISTS = frozenset({"annotations", "drafts", "predictions", "result"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class Value(msgspec.Struct, gc=False, rename={"start_offset": "startOffset"}):
    """What a result item says: a span, or the answers to a field."""

    start: Any = None
    end: Any = None
    text: Any = None
    labels: Any = None
    choices: Any = None
    taxonomy: Any = None
    start_offset: Any = None


class Item(msgspec.Struct, gc=False):
    """One result item; a region is several items of one id. A relation has `from_id`, `to_id`, `direction`."""

    id: str | None = None
    type: str | None = None
    from_name: str | None = None
    value: Value | None = None
    from_id: str | None = None
    to_id: str | None = None
    direction: Any = None
    labels: Any = None


class User(msgspec.Struct):
    """An annotator given as a full object."""

    id: Any = None
    email: Any = None


class Reference(msgspec.Struct):
    """A prediction given as a full object where only its id matters; `{}` stands for none."""

    id: Any = None


class Entry(msgspec.Struct):
    """An annotation, a draft or a prediction."""

    id: Any = None
    unique_id: Any = None
    completed_by: User | int | str | None = None
    user: User | int | str | None = None
    model_version: Any = None
    result: list[Item] | None = None
    was_cancelled: Any = None
    ground_truth: Any = None
    lead_time: Any = None
    score: Any = None
    prediction: Reference | int | str | None = None
    parent_prediction: Reference | int | str | None = None


class Data(msgspec.Struct):
    """What was imported for annotation."""

    text: Any = None
    document_id: Any = None
    title: Any = None
    source: Any = None
    url: Any = None
    published: Any = None
    language: Any = None
    target: Any = None
    split: Any = None
    page: Any = None
    guidelines: Any = None
    blind: Any = None
    adjudication: Any = None
    gold: Any = None


class Task(msgspec.Struct):
    """One task of the export; drafts and predictions are bare ids by default. `completions` is an old format's."""

    id: Any = None
    data: Data | None = None
    annotations: list[Entry] | None = None
    drafts: list[Entry | int] | None = None
    predictions: list[Entry | int] | None = None
    completions: Any = None


_DECODER = msgspec.json.Decoder(Task)


def decode_task(raw: bytes, place: tuple[Path, int], complaints: Complaints) -> Task:
    """The task in `raw`, which stands at `place` (file, byte position).

    Values of a wrong type are left out, and added to `complaints`. Raises DataError where `raw` is no JSON.
    """
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_slowly(raw, place, complaints)


def decode_plainly(raw: bytes) -> dict[str, Any]:
    """The whole object in `raw`, which has been decoded before."""
    found: dict[str, Any] = json.loads(raw)
    return found


def _decode_slowly(raw: bytes, place: tuple[Path, int], complaints: Complaints) -> Task:
    path, position = place
    try:
        # Unlike the fast decoder this one accepts NaN and half surrogate pairs, both of which Python writes.
        found = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        at, why = position + error.start, "bytes that are not UTF-8"
    except json.JSONDecodeError as error:
        at, why = position + len(raw.decode("utf-8")[: error.pos].encode()), f"invalid JSON ({error.msg})"
    except RecursionError:
        at, why = position, "a task nested too deeply"
    else:
        return _mend(_replace_surrogates(found, complaints), Task, "", complaints)
    raise DataError(f"{path}: expected a JSON list of tasks, found {why} at byte {at}. Export again as JSON.")


def _replace_surrogates(found: dict[str, Any], complaints: Complaints) -> dict[str, Any]:
    """Put one replacement character in place of each half pair, which no encoding can write: offsets still hold."""
    text = json.dumps(found, ensure_ascii=False)
    clean, count = _SURROGATE.subn("\ufffd", text)
    if not count:
        return found
    complaints.append(("surrogate", str(count)))
    result: dict[str, Any] = json.loads(clean)
    return result


def _mend(found: dict[str, Any], kind: type[Wire], place: str, complaints: Complaints) -> Wire:
    """Build `kind` from those fields of `found` that have the right type."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in found:
            continue
        value = found[field.encode_name]
        where = f"{place}.{field.encode_name}".removeprefix(".")
        inner = _struct(field.type)
        if field.encode_name in ("id", "from_id", "to_id") and type(value) is int:
            value = str(value)
        listed = field.encode_name in _LISTS
        if isinstance(value, list) and inner is not None and listed:
            fields[field.name] = _mend_list(value, inner, where, complaints)
        elif isinstance(value, dict) and inner is not None and not listed:
            fields[field.name] = _mend(value, inner, where, complaints)
        else:
            try:
                fields[field.name] = msgspec.convert(value, field.type)
            except msgspec.ValidationError as error:
                complaints.append((where, str(error)))
    return kind(**fields)


def _mend_list(found: list[Any], inner: type[Wire], place: str, complaints: Complaints) -> list[Any]:
    mended: list[Any] = []
    for number, value in enumerate(found):
        name = value.get("id") if isinstance(value, dict) else None
        where = f"{place}[id {name}]" if isinstance(name, int | str) else f"{place}[{number}]"
        if isinstance(value, dict):
            mended.append(_mend(value, inner, where, complaints))
        elif inner is not Entry or type(value) is not int or place == "annotations":
            complaints.append((where, f"Expected `object`, got `{type(value).__name__}`"))
    return mended


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that a field's type names, alone, in a list or beside other types."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((found for found in map(_struct, get_args(kind)) if found is not None), None)
