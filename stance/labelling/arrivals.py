"""What is to be labelled, whatever form it comes in: pages, folders of them, JSON Lines documents, an export."""

import datetime
from collections.abc import Iterator, Sequence

import msgspec

from stance.annotation.document_lines import GivenActor
from stance.annotation.inputs import Given, Refused, addressed, read_inputs
from stance.annotation.records import Document
from stance.errors import DataError
from stance.text.offsets import Mapped, Run, readable


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
    found = _readable(read_inputs(inputs, seen=seen, refused=refused), refused)
    return addressed(found, target=target, targets=targets, refused=refused)


def _readable(found: Iterator[Given], refused: Refused) -> Iterator[Arrival]:
    for given in found:
        if given.page_map:
            # An article of a page is readable already.
            yield Arrival(given.document, given.actors, given.page_map)
            continue
        try:
            yield _arrival(given)
        except DataError as error:
            refused(DataError(f"Document {given.document.document_id!r}: {error}"))


def _arrival(given: Given) -> Arrival:
    """As it can be pushed."""
    mapped = readable(given.document.text)
    if not mapped.text.strip():
        raise DataError("expected a text, found nothing that a reader sees.")
    document = msgspec.structs.replace(given.document, text=mapped.text)
    actors = None if given.actors is None else tuple(_moved(actor, mapped) for actor in given.actors)
    return Arrival(document, actors, mapped.runs if mapped.text != given.document.text else ())


def _moved(given: GivenActor, mapped: Mapped) -> GivenActor:
    """An actor's mentions where they stand in the text that is pushed; one of which nothing is left is left out."""
    if given.mentions is None:
        return given
    moved = (mapped.text_span(start, end) for start, end in given.mentions)
    return msgspec.structs.replace(given, mentions=tuple(span for span in moved if span is not None))
