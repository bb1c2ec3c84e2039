"""What is wrong with a registry: each problem as one line that leads a person to the place in the file."""

import difflib
import pathlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stance.annotation.marked_yaml import MarkedYaml, Path
from stance.errors import DataError

_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """What stands at `path` (or its key, where `key`) is not as `expected`; `mend` says what to do, or nothing."""

    path: Path
    expected: str
    found: str
    mend: str
    key: bool = False


def found(value: Any) -> str:
    """A value as a message shows it: escaped, on one line, and short."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"a mapping of {len(value)}"
    if value is None:
        return "nothing"
    return _short(repr(value))


def _plain(text: str) -> str:
    """An id or key without quotes; escaped, for it comes from a file."""
    return _short(text if text.isprintable() else repr(text)[1:-1])


def _short(shown: str) -> str:
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def nearest(name: Any, known: Iterable[str]) -> str:
    """A question whether the nearest of the `known` names was meant; empty where none is near."""
    near = difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=0.75)
    return f"Did you mean {_plain(near[0])}?" if near else ""


def refuse(path: pathlib.Path, marked: MarkedYaml, problems: Sequence[Problem]) -> None:
    """Raise DataError with all problems in the order of the file; nothing where there are none."""
    if not problems:
        return
    lines = sorted((marked.line(problem.path, key=problem.key), _told(marked.value, problem)) for problem in problems)
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    raise DataError("\n".join([f"{path}: {count}, nothing was read.", *(f"{path}:{n}: {text}" for n, text in lines)]))


def _told(value: Any, problem: Problem) -> str:
    text = f"{_place(value, problem.path)}: expected {problem.expected}, found {problem.found}."
    return f"{text} {problem.mend}".rstrip()


def _place(value: Any, path: Path) -> str:
    """A path as a person names it: "actor iraq.sudani, held[0].since"."""
    if not path:
        return "the file"
    told = ""
    entry = _entry(value, path)
    rest = path if entry is None else path[2:]
    for step in rest:
        told += f"[{step}]" if isinstance(step, int) else f".{_plain(step)}" if told else _plain(step)
    return ", ".join(part for part in (entry, told) if part)


def _entry(value: Any, path: Path) -> str | None:
    """The actor or target that a path leads into, by its id where it has one."""
    if len(path) < 2 or not isinstance(path[1], int):
        return None
    kind = {"actors": "actor", "targets": "target"}.get(str(path[0]))
    entry = value[path[0]][path[1]]
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"{kind} {_plain(name) if isinstance(name, str) else f'no. {path[1] + 1}'}" if kind else None
