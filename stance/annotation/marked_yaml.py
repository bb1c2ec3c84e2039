"""YAML read with the line that each value stands on, so that whoever checks it can say where a mistake is."""

import pathlib
from collections.abc import Iterator
from typing import Any

import yaml

from stance.errors import DataError

# libyaml reads about ten times as fast.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
"""The keys and positions that lead to a part of a document."""


class MarkedYaml:
    """A document: its `value`, and where the parts of it stand."""

    def __init__(self, text: str):
        loader = _Loader(text)
        try:
            self._root = loader.get_single_node()
            self.value: Any = None if self._root is None else loader.construct_document(self._root)
        finally:
            loader.dispose()

    def line(self, path: Path, *, key: bool = False) -> int:
        """The line, from 1, of the part at `path` (of its key, where `key`), or of the nearest part around it."""
        mark, node = 1 if self._root is None else self._root.start_mark.line + 1, self._root
        for number, step in enumerate(path):
            found = _child(node, step)
            if found is None:
                break
            name, node = found
            mark = (name if key and number == len(path) - 1 else node).start_mark.line + 1
        return mark

    def repeated_keys(self) -> Iterator[Path]:
        """Keys that stand more than once in one mapping: of their values, YAML keeps the last."""
        yield from _repeated(self._root, (), set())


def read_marked(path: pathlib.Path, what: str) -> MarkedYaml:
    """Read a YAML file; raises DataError with file and line where it cannot be read. `what` names it in messages."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: no such {what} file. Name one that exists.") from None
    except OSError as error:
        raise DataError(f"{path}: expected a {what} file, found none to read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line, byte = error.object[: error.start].count(b"\n") + 1, error.object[error.start]
        raise DataError(f"{path}:{line}: expected text in UTF-8, found byte 0x{byte:02x}. Save it as UTF-8.") from None
    try:
        return MarkedYaml(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is missed on the line behind it.
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else 1
        raise DataError(f"{path}:{line}: expected YAML, found a mistake in its form: {error.problem}.") from None
    except yaml.reader.ReaderError as error:
        line = text[: text.index(chr(error.character))].count("\n") + 1
        raise DataError(
            f"{path}:{line}: expected YAML, found the character U+{error.character:04X}, which it does not allow. "
            "Take it out."
        ) from None


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        # The last of repeated keys is the one whose value is read.
        return next(((key, value) for key, value in reversed(node.value) if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _repeated(node: yaml.Node | None, path: Path, seen: set[int]) -> Iterator[Path]:
    # What an alias stands for is looked at once.
    if isinstance(node, yaml.ScalarNode) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names:
                yield (*path, name)
            names.add(name)
            yield from _repeated(value, (*path, name), seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _repeated(value, (*path, number), seen)
