"""Names and values in the form in which MLflow keeps them whole."""

import json
import re
from collections.abc import Iterator
from typing import Any

from stance.errors import TrackingError
from stance.tracking.masking import mask


def metric_name(name: str) -> str:
    """`name` with everything but ASCII letters, digits and `_ - . /` as `_`.

    Raises TrackingError where a part between slashes has no ASCII letter or digit left to tell it from others.
    """
    slug = re.sub(r"[^A-Za-z0-9_./-]+", "_", name)
    if not all(re.search(r"[A-Za-z0-9]", part) for part in slug.split("/")):
        raise TrackingError(
            f"Expected a metric name with ASCII letters or digits in each part, found {name!r}; name classes by slugs."
        )
    return slug


def metric_names(names: dict[str, str], added: Iterator[str]) -> dict[str, str]:
    """Slug → name, of `names` and `added` together; raises TrackingError for two names with one slug."""
    known = dict(names)
    for name in added:
        slug = metric_name(name)
        if known.setdefault(slug, name) != name:
            raise TrackingError(
                f"Expected metric names that differ in ASCII, found {known[slug]!r} and {name!r}, both {slug!r}."
            )
    return known


def parameter_text(value: Any) -> str:
    """`value` as parameters show it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def plain(value: Any) -> Any:
    """`value` in what YAML and JSON know: dictionaries with text keys, lists, numbers, texts, booleans, None."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if value is None or type(value) in (bool, int, float, str):
        return value
    return str(value)


def flatten(nested: dict, prefix: str = "") -> dict[str, Any]:
    """The leaves of `nested` by dotted path; lists and empty dictionaries are leaves."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{path}.")
        else:
            flat[path] = plain(value)
    return flat


def differing(resolved: dict, defaults: dict) -> dict[str, str]:
    """The parameters of `resolved` whose value is not the default one, by dotted path; secrets masked.

    What only the defaults hold is left out: whatever replaced it is in `resolved`.
    """
    usual, masked = flatten(defaults), flatten(mask(resolved))
    # A number and a boolean that are equal in Python (1, True) are different settings.
    return {
        path: parameter_text(masked[path])
        for path, value in flatten(resolved).items()
        if path not in usual or parameter_text(usual[path]) != parameter_text(value)
    }
