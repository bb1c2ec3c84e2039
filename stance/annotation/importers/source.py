"""The files of a published data set, read row by row: what cannot be used is told with its place, and left out."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from stance.annotation.records import Annotation, Document, Statement
from stance.annotation.registry import TargetRegistry
from stance.errors import DataError
from stance.labels import AUTHOR

T = TypeVar("T")

PUBLISHED = "published"
"""The annotator of a label that a source gives without saying who chose it."""


class RowError(DataError):
    """A row that cannot be used; `Source` puts in front where it stands."""

    def __init__(self, expected: str, found: str):
        super().__init__(f"expected {expected}, found {found}.")


class Row(NamedTuple):
    """A row with its number in the file, from 1, and its place in words; `fields` is what it holds."""

    number: int
    place: str
    fields: Any


@dataclass(frozen=True)
class Imported:
    """What an importer found: its documents, its targets, and the id of the label set its stances belong to.

    `unlabelled` are texts that the source gives to be judged. `beside` are further labels of the same texts, by name,
    each of a label set of its own. `not_kept` names what the records have no place for.
    """

    documents: list[Document]
    targets: TargetRegistry
    label_set: str
    unlabelled: list[Document] = field(default_factory=list)
    beside: dict[str, "Imported"] = field(default_factory=dict)
    not_kept: tuple[str, ...] = ()


class Source:
    """A data set's folder while it is read: `read` counts its rows, `problems` has a line for each that was left out.

    A file that is missing, or none of its kind, raises DataError; `holds` says in words what the folder should hold.
    """

    def __init__(self, folder: Path, holds: str):
        self.folder, self.holds = folder, holds
        self.read = 0
        self.problems: list[str] = []
        self._ids: set[str] = set()

    def text(self, name: str) -> str:
        """The file `name`, with the line ends that it has."""
        path = self.folder / name
        try:
            return path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            found = "no such file" if isinstance(error, FileNotFoundError) else f"not readable ({error.strerror})"
            raise DataError(f"{path}: {found}. Name the folder that holds {self.holds}.") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            found = f"byte 0x{error.object[error.start]:02x} in line {line}"
            raise DataError(f"{path}: expected text in UTF-8, found {found}.") from None

    def table(self, name: str, columns: Iterable[str], convert: Callable[[Row], T]) -> Iterator[T]:
        """What `convert` makes of each row of a CSV file; raises DataError where one of `columns` is missing."""
        path, columns = self.folder / name, list(columns)
        reader = csv.DictReader(io.StringIO(self.text(name), newline=""))
        try:
            missing = sorted(set(columns) - set(reader.fieldnames or ()))
            if missing:
                raise DataError(f"{path}: expected the columns {', '.join(columns)}, missing {missing}.")
            rows = (Row(number, f"line {reader.line_num}", row) for number, row in enumerate(reader, 1))
            yield from self.each(name, rows, lambda row: convert(_whole_row(row)))
        except csv.Error as error:
            raise DataError(f"{path}, after line {reader.line_num}: expected a row of CSV, found {error}.") from None

    def lines(self, name: str) -> Iterator[Row]:
        """The lines of a JSON Lines file as bytes, blank ones passed over."""
        for number, line in enumerate(self.text(name).split("\n"), 1):
            if line.strip():
                yield Row(number, f"line {number}", line.encode())

    def json(self, name: str) -> Any:
        """A whole JSON file; raises DataError where it is none."""
        try:
            return json.loads(self.text(name))
        except json.JSONDecodeError as error:
            place = f"{self.folder / name}, line {error.lineno}"
            raise DataError(f"{place}: expected JSON, found none that can be read: {error.msg}.") from None

    def each(self, name: str, rows: Iterable[Row], convert: Callable[[Row], T]) -> Iterator[T]:
        """What `convert` makes of each of `rows` of the file `name`; where it raises RowError, the row is left out."""
        for row in rows:
            self.read += 1
            try:
                found = convert(row)
            except RowError as error:
                self.problems.append(f"{self.folder / name}, {row.place}: {error}")
            else:
                yield found

    def new_id(self, name: str) -> str:
        """`name`, which no row before has had; raises RowError."""
        if name in self._ids:
            raise RowError("an id of its own", f"{name!r} again")
        self._ids.add(name)
        return name


def _whole_row(row: Row) -> Row:
    # What the csv module makes of a row too long or too short.
    if None in row.fields or None in row.fields.values():
        raise RowError("as many fields as columns", "too few or too many")
    return row


def chosen(known: Mapping[Any, str], found: Any, what: str) -> str:
    """What `found` stands for; raises RowError where `known` does not hold it."""
    if isinstance(found, list | dict) or found not in known:
        raise RowError(f"{what} among {', '.join(str(name) or 'nothing' for name in known)}", repr(found))
    return known[found]


def text_of(found: Any, what: str = "a text") -> str:
    """`found` where it is a text with something in it; raises RowError."""
    if not isinstance(found, str):
        raise RowError(what, "nothing" if found is None else repr(found))
    if not found.strip():
        raise RowError(what, "an empty one")
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise RowError(f"{what} that UTF-8 can hold", repr(found[error.start])) from None
    return found


def one_line(text: str) -> str:
    """`text` with single spaces, as a registry's wording has to be."""
    return " ".join(text.split())


def whole_text(document: Document, stance: str, *, score: float | None = None) -> Document:
    """`document` with one published label: its author's stance towards its target, over the whole text.

    `score` is the share of the annotators, from 0 to 1, that the source says stand behind the label.
    """
    return with_statements(document, [Statement("s0", 0, len(document.text), AUTHOR, stance)], score=score)


def with_statements(document: Document, statements: Iterable[Statement], *, score: float | None = None) -> Document:
    """`document` with `statements` that its source gives as settled."""
    annotation = Annotation(
        id=f"{document.document_id}/{PUBLISHED}",
        annotator=PUBLISHED,
        mentions=(),
        statements=tuple(statements),
        ground_truth=True,
        score=score,
    )
    return msgspec.structs.replace(document, annotations=(annotation,))
