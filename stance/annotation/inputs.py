"""Documents in whatever form they come: pages, folders of them, JSON Lines, exports, or standard input."""

import datetime
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Protocol, TypeVar, cast

import msgspec

from stance.annotation.document_lines import DocumentLine, GivenActor, read_document_lines
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.errors import DataError
from stance.labels import MAIN
from stance.text.offsets import Run
from stance.text.page_files import Source, read_pages
from stance.text.pages import split_page

Refused = Callable[[DataError], None]
STREAM = "-"
"""The name of standard input: a page, or JSON Lines where it begins with an object."""


class Given(msgspec.Struct, frozen=True):
    """A document, its text as it was given; of a page, an article and the way back to the page (see `Mapped`).

    `actors` are those that came with it, None to look for them.
    """

    document: Document
    actors: tuple[GivenActor, ...] | None = None
    page_map: tuple[Run, ...] = ()


class _Documented(Protocol):
    @property
    def document(self) -> Document: ...


Found = TypeVar("Found", bound=_Documented)


def read_inputs(inputs: Iterable[str], *, seen: datetime.date | None, refused: Refused) -> Iterator[Given]:
    """The documents of `inputs` in their order, one at a time.

    A name that ends in .json is an export, in .jsonl documents, anything else a page or a folder of pages. `seen` is
    the day the pages were scraped. What cannot be read is handed to `refused` and passed over.
    """
    for name in inputs:
        ending = Path(name).suffix.lower()
        source = cast(BufferedReader, sys.stdin.buffer) if name == STREAM else name
        if ending == ".jsonl" or (isinstance(source, BufferedReader) and _holds_lines(source)):
            yield from map(of_line, read_document_lines(source, refused=refused))
        elif ending == ".json":
            yield from map(_of_task, _of_export(name, refused))
        else:
            yield from _of_pages(source, seen, refused)


def addressed(
    found: Iterable[Found], *, target: str | None, targets: frozenset[str] | None, refused: Refused
) -> Iterator[Found]:
    """Each (document, target) of `found` once; a document that names no target gets `target`.

    `targets` are those allowed, None for any. A document with no target or another one is handed to `refused` and
    passed over; so is a second text for a document that had one.
    """
    texts: dict[str, int] = {}
    met: set[tuple[str, str | None]] = set()
    for one in found:
        named, text = one.document.target or target, hash(one.document.text)
        document = msgspec.structs.replace(one.document, target=named)
        if targets is not None and named not in targets:
            refused(_no_target(document, targets))
        elif texts.setdefault(document.document_id, text) != text:
            refused(
                DataError(
                    f"Document {document.document_id!r}: expected one text, found a second one. "
                    "Give each document an id of its own."
                )
            )
        # Annotators may share a document, each with a task of the same text in one export.
        elif (document.document_id, named) not in met:
            met.add((document.document_id, named))
            yield msgspec.structs.replace(one, document=document)  # type: ignore[type-var]


def _no_target(document: Document, targets: frozenset[str]) -> DataError:
    known = sorted(targets)
    shown = ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")
    if document.target is None:
        return DataError(
            f"Document {document.document_id!r}: expected a target, found none. Name one for all that name none: "
            f"--target ID, of {shown}."
        )
    return DataError(
        f"Document {document.document_id!r}: expected a target among {shown}, found {document.target!r}. "
        "Add it to the registry of targets, or name another registry: --targets FILE."
    )


def _holds_lines(stream: BufferedReader) -> bool:
    return stream.peek(1).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _of_pages(source: Source, seen: datetime.date | None, refused: Refused) -> Iterator[Given]:
    try:
        for page in read_pages(source, refused=refused):
            articles = _articles(page.text, page.name, seen, refused)
            yield from (Given(document, None, runs) for document, runs in articles)
    except DataError as error:
        # A folder without pages.
        refused(error)


def _articles(
    text: str, name: str, seen: datetime.date | None, refused: Refused
) -> Sequence[tuple[Document, tuple[Run, ...]]]:
    try:
        articles = split_page(text, seen=seen)
    except DataError as error:
        refused(DataError(f"{name}: {error}"))
        return ()
    if not articles:
        refused(DataError(f"Expected an article on the page {name}, found none."))
    return [
        (
            Document(
                document_id=f"{name}#{article.number}",
                task_id="",
                text=article.text,
                title=article.title or None,
                published=article.published.isoformat() if article.published else None,
                source=article.outlet,
                page=name,
            ),
            article.body.runs,
        )
        for article in articles
    ]


def of_line(line: DocumentLine) -> Given:
    """A document of a line, as it came."""
    fields = {name: getattr(line, name) for name in ("title", "published", "source", "target", "url", "language")}
    return Given(Document(line.document_id, "", line.text, page=line.page or line.document_id, **fields), line.actors)


def _of_task(document: Document) -> Given:
    """What was annotated, drafted or suggested stays where it came from."""
    nothing: tuple[()] = ()
    plain = msgspec.structs.replace(
        document, task_id="", annotations=nothing, drafts=nothing, predictions=nothing, gold=None
    )
    return Given(plain)


def _of_export(name: str, refused: Refused) -> Iterator[Document]:
    report = Report()
    try:
        yield from read_export(name, label_set=MAIN, actors=None, targets=None, report=report)
    except DataError as error:
        refused(error)
    for problem in report.problems:
        if problem.severity.name == "TASK":
            refused(DataError(str(problem)))
