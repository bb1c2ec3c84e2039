"""Read documents from JSON Lines, the form of prediction input: one document a line, with or without its actors."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path

import msgspec

from stance.errors import DataError

Span = tuple[int, int]


class GivenActor(msgspec.Struct, frozen=True):
    """An actor that a document names; `mentions` None: look for them in the text."""

    actor: str
    mentions: tuple[Span, ...] | None = None


class DocumentLine(msgspec.Struct, frozen=True):
    """One line; `actors` None: look for them in the text. Mentions are code points of `text`, end exclusive.

    Other keys are let pass, so that what `stance predict --actors-only --json` prints can be read.
    """

    document_id: str
    text: str
    title: str | None = None
    published: str | None = None
    source: str | None = None
    target: str | None = None
    page: str | None = None
    url: str | None = None
    language: str | None = None
    actors: tuple[GivenActor, ...] | None = None


_DECODER = msgspec.json.Decoder(DocumentLine)


def read_document_lines(
    source: str | Path | BufferedReader, *, refused: Callable[[DataError], None] | None = None
) -> Iterator[DocumentLine]:
    """The documents of a JSON Lines file, or of an open stream of them, one at a time.

    A line that is none raises DataError, or is handed to `refused` and passed over; so is a file that cannot be read.
    """
    path = source.name if isinstance(source, BufferedReader) else source
    try:
        with nullcontext(source) if isinstance(source, BufferedReader) else Path(source).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                # The mark that some editors put in front of UTF-8.
                line = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if not line:
                    continue
                try:
                    yield _document(line, f"{path}, line {number}")
                except DataError as error:
                    if refused is None:
                        raise
                    refused(error)
    except OSError as error:
        failure = DataError(f"Expected documents in {path}, found none that can be read: {error.strerror}.")
        if refused is None:
            raise failure from None
        refused(failure)


def _document(line: bytes, place: str) -> DocumentLine:
    try:
        found = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(
            f'{place}: expected a document such as {{"document_id": "1", "text": "…"}}, found {error}.'
        ) from None
    if not found.document_id.strip() or not found.text.strip():
        missing = "document_id" if not found.document_id.strip() else "text"
        raise DataError(f"{place}: expected a {missing}, found an empty one.")
    for given in found.actors or ():
        for start, end in given.mentions or ():
            if not 0 <= start < end <= len(found.text):
                raise DataError(
                    f"{place}, actor {given.actor!r}: expected mentions within the text of {len(found.text)} "
                    f"characters, found [{start}, {end}]."
                )
    return found
