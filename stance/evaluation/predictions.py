"""The predictions file: a row per (document, actor, target), as Parquet, CSV or JSON Lines by its ending."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import DataError
from stance.evaluation.cells import decode_text, encode_text

if TYPE_CHECKING:
    import pandas

PROBABILITY = "p_"
HEAD = ("document_id", "actor", "target", "stance", "abstained")
TAIL = (
    *("stance_public", "stance_private", "stance_action", "mentions", "evidence"),
    *("title", "published", "source", "cluster", "page", "model"),
)
ROUNDING = 1e-6
LISTS = ("mentions", "evidence")
REQUIRED_TEXT = ("document_id", "actor", "target", "stance")
# Python's words, JSON's and, in capitals, those that spreadsheets save.
BOOLEANS: dict = {True: True, "True": True, "true": True, "TRUE": True}
BOOLEANS |= {False: False, "False": False, "false": False, "FALSE": False}


def write_predictions(frame: "pandas.DataFrame", path: Path | str) -> None:
    """Write `frame` to `path` as its ending says: .parquet, .csv or .jsonl.

    Columns, put in this order: document_id, actor, target, stance, abstained, p_<class> for each class, stance_public,
    stance_private, stance_action, mentions [[start, end]…], evidence [{start, end, text, stance, channel, p}…], title,
    published, source, cluster, page, model. In CSV the two lists are JSON text, and a text that a spreadsheet would
    run as a formula gets an apostrophe in front, which reading takes off again. A file in the way is replaced only
    once the new one is whole. Raises DataError for another ending and for missing, unknown or ill-typed columns.
    """
    write_prediction_batches([frame], path)


def write_prediction_batches(frames: Iterable["pandas.DataFrame"], path: Path | str) -> None:
    """As `write_predictions`, the rows of `frames` one after the other: memory is that of one of them.

    All have the same columns; there is at least one, without rows where there are none.
    """
    path = Path(path)
    write = writer_by_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        write((_known(frame, path) for frame in frames), part)
        os.replace(part, path)
    except UnicodeEncodeError as error:
        raise DataError(f"{path}: expected text that UTF-8 can hold, found {error.object[error.start]!r}.") from error
    finally:
        part.unlink(missing_ok=True)


def writer_by_ending(path: Path) -> Callable[[Iterator["pandas.DataFrame"], Path], None]:
    """What writes to `path`; raises DataError for an ending that predictions files do not have."""
    return _by_ending(path, {".parquet": _write_parquet, ".csv": _write_csv, ".jsonl": _write_lines})


def _known(frame: "pandas.DataFrame", path: Path) -> "pandas.DataFrame":
    unknown = [name for name in frame.columns if name not in (*HEAD, *TAIL) and not name.startswith(PROBABILITY)]
    if unknown:
        raise DataError(f"{path}: expected only the columns of a predictions file, found also {', '.join(unknown)}.")
    return _canonical(frame, path)


def read_predictions(path: Path | str) -> "pandas.DataFrame":
    """The predictions in `path`, columns in the order of `write_predictions`, then any that were added by hand.

    Texts are str or None, `abstained` bool, probabilities float64, `mentions` and `evidence` lists. Raises DataError
    for another ending, a missing or unreadable file, and missing or ill-typed columns.
    """
    return next(_frames(Path(path), None))


def read_prediction_batches(path: Path | str, rows: int = 20_000) -> Iterator["pandas.DataFrame"]:
    """The predictions in `path` as `read_predictions` gives them, `rows` at a time: memory is that of one batch.

    There is always one batch, without rows where the file has none. Raises DataError as `read_predictions` does.
    """
    return _frames(Path(path), rows)


def _frames(path: Path, rows: int | None) -> Iterator["pandas.DataFrame"]:
    read = _by_ending(path, {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_lines})
    if not path.is_file():
        raise DataError(f"Expected a predictions file at {path}, found none.")
    before = 0
    try:
        for frame in read(path, rows):
            yield _canonical(frame, path, before)
            before += len(frame)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: expected a readable {path.suffix[1:]} file, found: {error}") from error


def _by_ending(path: Path, choices: dict[str, Callable]) -> Callable:
    if path.suffix.lower() not in choices:
        raise DataError(f"Expected a predictions file ending in {', '.join(choices)}, found {str(path)!r}.")
    return choices[path.suffix.lower()]


def _canonical(frame: "pandas.DataFrame", path: Path, before: int = 0) -> "pandas.DataFrame":
    """`frame` with its columns in order and of their types; `before` are the rows of `path` that were read earlier."""
    import pandas

    probabilities = [name for name in frame.columns if name.startswith(PROBABILITY)]
    missing = [name for name in (*HEAD, *TAIL) if name not in frame.columns]
    if not probabilities and len(frame):
        missing.append(f"{PROBABILITY}<class>")
    if missing:
        raise DataError(f"{path}: expected the columns of a predictions file, found none called {', '.join(missing)}.")
    order = [*HEAD, *probabilities, *TAIL]
    columns = {}
    for name in [*order, *(extra for extra in frame.columns if extra not in order)]:
        values = frame[name].tolist()
        convert = _converter(name)
        converted = []
        for row, value in enumerate(values, before):
            try:
                converted.append(convert(value))
            except (KeyError, TypeError, ValueError):
                raise DataError(f"{path}: row {row}: found {value!r} in column {name}. {_EXPECTED[convert]}") from None
        columns[name] = pandas.Series(converted, dtype=_DTYPES.get(convert, object))
    return pandas.DataFrame(columns)


def _converter(name: str) -> Callable[[Any], Any]:
    if name == "abstained":
        return _boolean
    if name == "mentions":
        return _mentions
    if name == "evidence":
        return _evidence
    if name.startswith(PROBABILITY):
        return _probability
    return _required_text if name in REQUIRED_TEXT else _text


def _is_missing(value: Any) -> bool:
    import pandas

    return value is None or value is pandas.NA or value is pandas.NaT or (isinstance(value, float) and value != value)


def _text(value: Any) -> str | None:
    return None if _is_missing(value) else str(value)


def _required_text(value: Any) -> str:
    if _is_missing(value) or value == "":
        raise ValueError(value)
    return str(value)


def _boolean(value: Any) -> bool:
    return BOOLEANS[value]


def _probability(value: Any) -> float:
    number = float(value)
    if not -ROUNDING <= number <= 1 + ROUNDING:
        raise ValueError(value)
    return number


def _mentions(value: Any) -> list[list[int]]:
    return [[int(start), int(end)] for start, end in _listed(value)]


def _evidence(value: Any) -> list[dict]:
    return [_span(dict(item)) for item in _listed(value)]


def _span(item: dict) -> dict:
    texts = {name: _text(item.get(name)) for name in ("text", "stance", "channel")}
    p = item.get("p")
    return {"start": int(item["start"]), "end": int(item["end"]), **texts, "p": None if p is None else float(p)}


def _listed(value: Any) -> Sequence:
    if isinstance(value, str):
        value = json.loads(value)
    return [] if _is_missing(value) else list(value)


_EXPECTED: dict[Callable, str] = {
    _text: "Expected text or nothing.",
    _required_text: "Expected text.",
    _boolean: "Expected True or False.",
    _probability: "Expected a probability from 0 to 1.",
    _mentions: "Expected a list of [start, end].",
    _evidence: "Expected a list of {start, end, text, stance, channel, p}.",
}
_DTYPES: dict[Callable, str] = {_boolean: "bool", _probability: "float64"}


def _write_parquet(frames: Iterator["pandas.DataFrame"], path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    span = [("start", "int64"), ("end", "int64"), *((name, "string") for name in ("text", "stance", "channel"))]
    nested = {
        "mentions": pyarrow.list_(pyarrow.list_(pyarrow.int64())),
        "evidence": pyarrow.list_(
            pyarrow.struct([*((name, pyarrow.type_for_alias(kind)) for name, kind in span), ("p", pyarrow.float64())])
        ),
    }
    first = next(frames)
    types = {name: nested.get(name) or _arrow_type(first[name].dtype.kind) for name in first.columns}
    schema = pyarrow.schema(list(types.items()))
    with parquet.ParquetWriter(path, schema) as writer:
        for frame in chain([first], frames):
            arrays = [pyarrow.array(frame[name].tolist(), type=kind) for name, kind in types.items()]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _arrow_type(kind: str) -> Any:
    import pyarrow

    return {"b": pyarrow.bool_(), "f": pyarrow.float64()}.get(kind, pyarrow.string())


def _read_parquet(path: Path, rows: int | None) -> Iterator["pandas.DataFrame"]:
    import pandas
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        total = file.metadata.num_rows
        # A file without rows has no batch, but names its columns.
        batches = file.iter_batches(rows or total) if total else iter([file.read()])
        for batch in batches:
            # Plain lists, where to_pandas would make arrays of arrays.
            columns = zip(batch.schema.names, batch.columns, strict=True)
            yield pandas.DataFrame({name: pandas.Series(cells.to_pylist(), dtype=object) for name, cells in columns})


def _write_csv(frames: Iterator["pandas.DataFrame"], path: Path) -> None:
    # The byte order mark is what makes spreadsheets read Arabic as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, frame in enumerate(frames):
            if not number:
                writer.writerow(map(encode_text, frame.columns))
            writer.writerows(zip(*(_csv_column(name, frame[name]) for name in frame.columns), strict=True))


def _csv_column(name: str, values: "pandas.Series") -> list[str | None]:
    if name in LISTS:
        return [json.dumps(value, ensure_ascii=False) for value in values]
    if values.dtype != object:
        return [repr(value) for value in values.tolist()]
    return [encode_text(value) for value in values]


def _read_csv(path: Path, rows: int | None) -> Iterator["pandas.DataFrame"]:
    import pandas

    # Everything as text: a title "NA" is a title, and an id "007" keeps its zeros.
    options: dict = {"dtype": object, "keep_default_na": False, "na_filter": False, "encoding": "utf-8-sig"}
    frames = [pandas.read_csv(path, **options)] if rows is None else pandas.read_csv(path, chunksize=rows, **options)
    for read in frames:
        frame = read.reset_index(drop=True)
        frame.columns = [decode_text(name) for name in frame.columns]
        for name in frame.columns:
            if name not in LISTS:
                frame[name] = pandas.Series([decode_text(cell) for cell in frame[name]], dtype=object)
        yield frame


def _write_lines(frames: Iterator["pandas.DataFrame"], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for frame in frames:
            for row in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
                stream.write(json.dumps(dict(zip(frame.columns, row, strict=True)), ensure_ascii=False) + "\n")


def _read_lines(path: Path, rows: int | None) -> Iterator["pandas.DataFrame"]:
    import pandas

    with path.open(encoding="utf-8-sig", newline="\n") as stream:
        lines = (line for line in stream if line.strip())
        read = [json.loads(line) for line in islice(lines, rows)]
        # A file without lines has nowhere to name its columns, and is a file of no predictions.
        names = list(dict.fromkeys(name for row in read for name in row)) if read else [*HEAD, *TAIL]
        while True:
            cells = {name: pandas.Series([row.get(name) for row in read], dtype=object) for name in names}
            yield pandas.DataFrame(cells)
            read = [json.loads(line) for line in islice(lines, rows)]
            if not read:
                return
            # What the first rows did not name may come later.
            names = list(dict.fromkeys([*names, *(name for row in read for name in row)]))
