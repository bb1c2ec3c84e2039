"""The JSON Schema of a registry, made from its data classes, and every place where a file departs from it.

The schema is made from the classes, so that there is one place that says what a registry may hold.
"""

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from stance.annotation.marked_yaml import Path
from stance.annotation.registry_problems import Problem, found, nearest

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES = {
    "string": "a text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
}


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a registry's data class."""
    (schema,), definitions = msgspec.json.schema_components([kind])
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = " ".join(definition["description"].split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}


def shape_problems(value: Any, kind: type[msgspec.Struct]) -> list[Problem]:
    """All departures of `value`, as read from YAML, from the schema of `kind`."""
    # Only a file with a mistake pays for the import.
    import jsonschema

    dialect = jsonschema.Draft202012Validator
    strict = jsonschema.validators.extend(dialect, {"type": _type})
    validator = strict(schema_of(kind), format_checker=jsonschema.FormatChecker())
    problems = [problem for error in validator.iter_errors(_plain(value)) for problem in _problems(error)]
    # A missing field is reported once for each field that is missing.
    return list(dict.fromkeys(problems))


class _Day(str):
    """A day, which YAML tells from a text and JSON does not."""


def _plain(value: Any) -> Any:
    """What JSON would hold: YAML also knows days, and keys that are no texts."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime.date):
        return _Day(value.isoformat())
    return value


def _type(validator: Any, wanted: str, value: Any, schema: dict[str, Any]) -> Iterator["ValidationError"]:
    from jsonschema import ValidationError

    day_as_text = isinstance(value, _Day) and "format" not in schema
    if day_as_text or not validator.is_type(value, wanted):
        yield ValidationError("another type")


def _problems(error: "ValidationError") -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "anyOf":
        # A field that may be left out: what is wrong is what keeps it from being the other thing, which stands first.
        rivals = [inner for inner in error.context or () if inner.schema_path[0] == 0]
        yield from (problem for inner in rivals for problem in _problems(inner))
    elif rule == "additionalProperties":
        known = list(error.schema["properties"])
        for name in value.keys() - set(known):
            mend = nearest(name, known) or "Take it out."
            yield Problem((*path, name), f"one of the fields {', '.join(known)}", found(name), mend, key=True)
    elif rule == "required":
        missing = [name for name in wanted if name not in value]
        yield from (Problem(path, f"a field {name}", "none", "Add it.") for name in missing)
    else:
        yield _single(error, path)


def _single(error: "ValidationError", path: Path) -> Problem:
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "type":
        return Problem(path, _TYPES[wanted], found(value), _retyped(wanted, value))
    if rule == "enum":
        return Problem(path, f"one of {', '.join(wanted)}", found(value), nearest(value, wanted))
    if rule == "format":
        return Problem(path, "a day such as 2024-12-31", found(value), "Leave it out where the day is not known.")
    if rule in ("minItems", "minProperties"):
        return Problem(path, f"at least {wanted}", str(len(value)), "Add what is missing, or leave the field out.")
    expected = error.schema["description"]
    if error.parent is None and list(error.schema_path)[-2:] == ["propertyNames", "pattern"]:
        return Problem((*path, value), expected, found(value), "Correct it.", key=True)
    return Problem(path, expected, found(value), "Correct it.")


def _retyped(wanted: str, value: Any) -> str:
    if value is None:
        return "Leave the field out where there is nothing to say."
    if wanted == "string" and not isinstance(value, list | dict):
        return "Put it in quotes."
    return "Put it in [ ]." if wanted == "array" and isinstance(value, str) else ""
