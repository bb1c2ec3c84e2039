"""Join the result items of one annotation by region id: spans, the answers to their fields, and relations."""

import msgspec

from stance.annotation.problems import Kind, Severity
from stance.annotation.sniffing import refuse_hypertext
from stance.annotation.spans import Place, describe, shorten
from stance.annotation.wire import Item, Value

ACTOR, STATEMENT, HOLDER = "Actor", "Statement", "holder"
FIELDS = ("actor", "stance", "channel", "attribution", "target")

_LABELS = {ACTOR: [ACTOR], STATEMENT: [STATEMENT]}

Answers = dict[str | None, list[str]]
"""The answers to one field, by region id."""


class Parts(msgspec.Struct):
    """The items of one annotation, sorted: `actors` and `statements` are spans by region id.

    `known` holds every region id, those without a usable label too. `loose` are ids of answers without offsets: answers
    to the task, if no region has the id. `relations` holds those that say who holds a statement.
    """

    actors: dict[str, Value]
    statements: dict[str, Value]
    known: set[str | None]
    fields: dict[str, Answers]
    loose: dict[str | None, None]
    relations: list[Item]


def gather(result: list[Item], place: Place) -> Parts:
    """Sort the items of one annotation, reporting those that fit nowhere."""
    parts = Parts({}, {}, set(), {name: {} for name in FIELDS}, {}, [])
    fields, loose = parts.fields, parts.loose
    for item in result:
        kind, value = item.type, item.value
        if kind == "relation":
            parts.relations.append(item)
        elif value is None:
            place.add(Kind.MALFORMED, "a value", f"an item of type {kind} without one", Severity.ITEM, item.id)
        elif kind == "labels":
            _add_span(item, value, parts, place)
        elif kind in ("choices", "taxonomy", "textarea"):
            answers = fields.get(item.from_name or "")
            if answers is None:
                continue  # another field of the project, no business of ours
            if item.id in answers:
                place.add(
                    Kind.SEVERAL, f"one {item.from_name}", "another item", Severity.ITEM, describe(item.id, value)
                )
                continue
            answers[item.id] = _answers(kind, value)
            if value.start is None:
                loose[item.id] = None
        else:
            _refuse_type(item, value, place)
    return parts


def _add_span(item: Item, value: Value, parts: Parts, place: Place) -> None:
    key, labels = item.id, value.labels
    if key is None:
        place.add(Kind.REGION_ID, "an id", "none", Severity.REGION, describe(key, value))
        return
    if key in parts.known:
        place.add(Kind.DUPLICATE_REGION, "one region of this id", "another", Severity.REGION, describe(key, value))
        return
    parts.known.add(key)
    if labels == _LABELS[ACTOR]:
        parts.actors[key] = value
    elif labels == _LABELS[STATEMENT]:
        parts.statements[key] = value
    else:
        _add_unclear(key, value, parts, place)


def _add_unclear(key: str, value: Value, parts: Parts, place: Place) -> None:
    """Add a span whose labels are not exactly one known label."""
    labels = value.labels if isinstance(value.labels, list) else [value.labels]
    usable = [label for label in labels if label in (ACTOR, STATEMENT)]
    found = ", ".join(map(str, labels)) or "none"
    if not usable:
        place.add(Kind.LABEL, f"{ACTOR} or {STATEMENT}", shorten(found), Severity.REGION, describe(key, value))
        return
    place.add(Kind.SEVERAL, "one label", f"{found}; {usable[0]} kept", Severity.NOTED, describe(key, value))
    (parts.actors if usable[0] == ACTOR else parts.statements)[key] = value


def _answers(kind: str, value: Value) -> list[str]:
    """The answers of a field as text; the last step of a taxonomy's path is its answer."""
    if kind == "choices":
        found = value.choices
    elif kind == "taxonomy":
        paths = value.taxonomy if isinstance(value.taxonomy, list) else []
        found = [path[-1] if isinstance(path, list) and path else path for path in paths]
    else:
        found = value.text  # of a text area: what was written, not the span's text
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return []
    return [answer.strip() for answer in found if isinstance(answer, str) and answer.strip()]


def _refuse_type(item: Item, value: Value, place: Place) -> None:
    if item.type in ("hypertextlabels", "paragraphlabels", "paragraphs"):
        refuse_hypertext(place.file, place.task)
    if item.type is None or item.type.endswith("labels"):
        found = repr(item.type) if item.type else "none"
        place.add(Kind.TYPE, "labels", found, Severity.REGION, describe(item.id, value))
