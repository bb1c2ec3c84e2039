"""What is to be labelled, whatever form it comes in: pages, folders of them, JSON Lines documents, an export."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from stance.annotation.document_lines import DocumentLine, GivenActor, read_document_lines
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.errors import DataError
from stance.labels import MAIN
from stance.text.offsets import Mapped, Run, readable
from stance.text.page_files import read_pages
from stance.text.pages import split_page

Refused = Callable[[DataError], None]


class Arrival(msgspec.Struct, frozen=True):
    """A document as it will stand on the server: line feeds for line ends, nothing in it that no reader sees.

    `page_map` leads from its characters to those of the page or text that it came from (see `Mapped`); empty where
    they are the same. `actors` are those that came with it, None to look for them.
    """

    document: Document
    actors: tuple[GivenActor, ...] | None = None
    page_map: tuple[Run, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What a task is known by: document and target."""
        return self.document.document_id, self.document.target or ""


def read_arrivals(
    inputs: Sequence[str],
    *,
    target: str | None,
    targets: frozenset[str] | None,
    seen: datetime.date | None,
    refused: Refused,
) -> Iterator[Arrival]:
    """The documents of `inputs` in their order, one at a time; each (document, target) once.

    A name that ends in .json is an export, in .jsonl documents, anything else a page or a folder of pages. `target` is
    that of documents that name none; `targets` are those allowed, None for any. `seen` is the day the pages were
    scraped. What cannot be read is handed to `refused` and passed over; so is a second text for a document that had
    one.
    """
    texts: dict[tuple[str, str], int] = {}
    for arrival in _all(inputs, seen, refused):
        arrival = msgspec.structs.replace(
            arrival, document=msgspec.structs.replace(arrival.document, target=arrival.document.target or target)
        )
        named, known = arrival.document.target, hash(arrival.document.text)
        if targets is not None and named not in targets:
            refused(_no_target(arrival.document, targets))
        elif arrival.key not in texts:
            texts[arrival.key] = known
            yield arrival
        # Annotators may share a document, each with a task of the same text in one export.
        elif texts[arrival.key] != known:
            refused(
                DataError(
                    f"Document {arrival.document.document_id!r}: expected one text, found a second one. "
                    "Give each document an id of its own."
                )
            )


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


def _all(inputs: Sequence[str], seen: datetime.date | None, refused: Refused) -> Iterator[Arrival]:
    for name in inputs:
        ending = Path(name).suffix.lower()
        if ending == ".jsonl":
            yield from _made(read_document_lines(name, refused=refused), _of_line, refused)
        elif ending == ".json":
            yield from _made(_of_export(name, refused), _of_document, refused)
        else:
            yield from _of_pages(name, seen, refused)


def _made(found: Iterable, make: Callable[..., Arrival], refused: Refused) -> Iterator[Arrival]:
    for one in found:
        try:
            yield make(one)
        except DataError as error:
            refused(DataError(f"Document {one.document_id!r}: {error}"))


def _of_pages(name: str, seen: datetime.date | None, refused: Refused) -> Iterator[Arrival]:
    for page in read_pages(name, refused=refused):
        try:
            articles = split_page(page.text, seen=seen)
        except DataError as error:
            refused(DataError(f"{page.name}: {error}"))
            continue
        if not articles:
            refused(DataError(f"Expected an article on the page {page.name}, found none."))
        for article in articles:
            document = Document(
                document_id=f"{page.name}#{article.number}",
                task_id="",
                text=article.text,
                title=article.title or None,
                published=article.published.isoformat() if article.published else None,
                source=article.outlet,
                page=page.name,
            )
            yield Arrival(document, None, article.body.runs)


def _of_line(line: DocumentLine) -> Arrival:
    fields = {name: getattr(line, name) for name in ("title", "published", "source", "target", "url", "language")}
    document = Document(line.document_id, "", line.text, page=line.page or line.document_id, **fields)
    arrival = _of_document(document)
    if line.actors is None:
        return arrival
    mapped = readable(line.text)
    return msgspec.structs.replace(arrival, actors=tuple(_moved(given, mapped) for given in line.actors))


def _of_document(document: Document) -> Arrival:
    """As it can be pushed; what was annotated, drafted or suggested stays where it came from."""
    mapped = readable(document.text)
    if not mapped.text.strip():
        raise DataError("expected a text, found nothing that a reader sees.")
    changed = mapped.text != document.text
    nothing: tuple[()] = ()
    plain = msgspec.structs.replace(
        document, task_id="", text=mapped.text, annotations=nothing, drafts=nothing, predictions=nothing, gold=None
    )
    return Arrival(plain, None, mapped.runs if changed else ())


def _moved(given: GivenActor, mapped: Mapped) -> GivenActor:
    """An actor's mentions where they stand in the text that is pushed; one of which nothing is left is left out."""
    if given.mentions is None:
        return given
    moved = []
    for start, end in given.mentions:
        kept = [at for offset in range(start, end) if (at := mapped.text_offset(offset)) is not None]
        if kept:
            moved.append((kept[0], kept[-1] + 1))
    return msgspec.structs.replace(given, mentions=tuple(moved))


def _of_export(name: str, refused: Refused) -> Iterator[Document]:
    report = Report()
    try:
        yield from read_export(name, label_set=MAIN, actors=None, targets=None, report=report)
    except DataError as error:
        refused(error)
    for problem in report.problems:
        if problem.severity.name == "TASK":
            refused(DataError(str(problem)))
