"""The articles beside a predictions file, one a row, as JSON Lines or Parquet by its ending."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stance.errors import DataError

COLUMNS = ("document_id", "title", "published", "source", "page", "text")

Batch = Sequence[Mapping[str, str | None]]


def write_documents(batches: Iterable[Batch], path: Path | str) -> None:
    """Write the documents of `batches`, each a mapping with COLUMNS, one after the other.

    A file in the way is replaced only once the new one is whole. Raises DataError for another ending than .jsonl and
    .parquet.
    """
    path = Path(path)
    write = documents_writer(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        write(iter(batches), part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def documents_writer(path: Path) -> Callable[[Iterator[Batch], Path], None]:
    """What writes to `path`; raises DataError for an ending that has none."""
    writers = {".jsonl": _write_lines, ".parquet": _write_parquet}
    if path.suffix.lower() not in writers:
        raise DataError(f"Expected a documents file ending in {', '.join(writers)}, found {str(path)!r}.")
    return writers[path.suffix.lower()]


def _write_lines(batches: Iterator[Batch], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for batch in batches:
            for document in batch:
                stream.write(json.dumps({name: document[name] for name in COLUMNS}, ensure_ascii=False) + "\n")


def _write_parquet(batches: Iterator[Batch], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(name, pyarrow.string()) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as writer:
        for batch in batches:
            arrays = [pyarrow.array([document[name] for document in batch], pyarrow.string()) for name in COLUMNS]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
