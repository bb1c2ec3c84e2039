"""What a report's page opens on demand, packed: sentences, facts of articles and their texts, in compressed parts.

A part is deflated JSON in base64, which no text can break out of, and which the page inflates when somebody asks.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import DataError
from stance.evaluation.report_rows import NOTHING, ReportRows
from stance.labels import Channel, LabelSet

if TYPE_CHECKING:
    import pandas

ROWS_A_PART = 500
LETTERS_A_PART = 150_000
LONGEST = 700
"""Characters of a sentence that are kept; the article has it whole."""
_LEVEL = 6
_CHANNELS = [str(channel) for channel in Channel]


def pack(content: bytes) -> str:
    """`content` deflated, in base64."""
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode()


def pack_json(value: Any) -> str:
    """`value` as JSON, packed; a character that UTF-8 cannot hold becomes a question mark."""
    return pack(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


class Sentences:
    """Mentions and evidence of all rows in their order, `ROWS_A_PART` to a part."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._waiting: list = []
        self._classes: dict[str, int] = {}

    def add(self, batch: "pandas.DataFrame", labels: LabelSet) -> None:
        """Take the sentences of `batch`."""
        self._classes = {name: place for place, name in enumerate(labels.classes)}
        for mentions, evidence in zip(batch["mentions"], batch["evidence"], strict=True):
            self._waiting.append([mentions, [self._item(item) for item in evidence]])
            if len(self._waiting) == ROWS_A_PART:
                self.close()

    def close(self) -> None:
        """Pack what waits."""
        if self._waiting:
            self.parts.append(pack_json(self._waiting))
            self._waiting = []

    def _item(self, item: dict) -> list:
        channel = _CHANNELS.index(item["channel"]) if item["channel"] in _CHANNELS else NOTHING
        stance = self._classes.get(item["stance"], NOTHING)
        return [item["start"], item["end"], (item["text"] or "")[:LONGEST], stance, channel, item["p"]]


def document_parts(rows: ReportRows) -> Iterator[str]:
    """Id, title, date and page of every article in order, `ROWS_A_PART` to a part."""
    facts = zip(rows.document_ids, rows.documents, strict=True)
    lines = ([name, one.title, one.published, one.page] for name, one in facts)
    while part := list(islice(lines, ROWS_A_PART)):
        yield pack_json(part)


class Texts:
    """Texts of the articles that `rows` speaks of: parts, and where each article's text lies."""

    def __init__(self, rows: ReportRows, documents: Iterable[tuple[str, str]]) -> None:
        places = {name: number for number, name in enumerate(rows.document_ids)}
        self.parts: list[str] = []
        self.part_of = np.full(len(places), NOTHING, np.int32)
        self.slot_of = np.full(len(places), NOTHING, np.int32)
        self.repeated = 0
        waiting: list[str] = []
        letters = 0
        for name, text in documents:
            place = places.get(name)
            if place is None or self.part_of[place] != NOTHING:
                # Of two articles with one id the first is shown.
                self.repeated += place is not None
                continue
            self.part_of[place], self.slot_of[place] = len(self.parts), len(waiting)
            waiting.append(text)
            letters += len(text)
            if letters >= LETTERS_A_PART:
                self.parts.append(pack_json(waiting))
                waiting, letters = [], 0
        if waiting:
            self.parts.append(pack_json(waiting))


def read_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Id and text of each article in a documents file, JSON Lines or Parquet by its ending, one batch in memory.

    Raises DataError for another ending, a file that is missing or cannot be read, and one without ids or texts.
    """
    read = {".jsonl": _lines, ".parquet": _parquet}.get(path.suffix.lower())
    if read is None or not path.is_file():
        raise DataError(f"Expected a documents file ending in .jsonl or .parquet, found {str(path)!r}.")
    try:
        for name, text in read(path):
            if not isinstance(name, str) or not isinstance(text, str):
                raise DataError(f"{path}: expected a document_id and a text in every article, found {name!r}.")
            yield name, text
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected articles with document_id and text, found: {error!r}") from error


def _lines(path: Path) -> Iterator[tuple[Any, Any]]:
    with path.open(encoding="utf-8-sig", newline="\n") as stream:
        for line in stream:
            if line.strip():
                article = json.loads(line)
                yield article["document_id"], article["text"]


def _parquet(path: Path) -> Iterator[tuple[Any, Any]]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(1000, columns=["document_id", "text"]):
            yield from zip(batch["document_id"].to_pylist(), batch["text"].to_pylist(), strict=True)
