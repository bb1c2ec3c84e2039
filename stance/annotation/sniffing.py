"""Tell a Label Studio JSON export from the other files that a person may hand in, and say what was handed in."""

from pathlib import Path
from typing import Any, NoReturn

import msgspec

from stance.errors import DataError

_HEAD = 1 << 20
_AGAIN = "Export again as JSON."
_BINARY = {
    b"\x1f\x8b": ("a gzip archive", "Unpack it first (gunzip)."),
    b"PK\x03\x04": ("a zip archive", "Unpack it first (unzip)."),
    b"PAR1": ("a Parquet file", _AGAIN),
    b"\xff\xfe": ("UTF-16 text", "Save it as UTF-8."),
    b"\xfe\xff": ("UTF-16 text", "Save it as UTF-8."),
}
_FLAT = frozenset({"annotator", "annotation_id", "lead_time", "created_at", "updated_at"})
"""Keys that JSON_MIN puts beside the task's own fields."""


def check_file(path: Path) -> None:
    """Refuse, with a DataError of one line, a file that cannot be a Label Studio JSON export."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            more = bool(stream.read(1))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. Name a Label Studio JSON export.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: expected a Label Studio JSON export, found a directory. Name a file in it.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}.") from None
    for magic, (found, advice) in _BINARY.items():
        if head.startswith(magic):
            _refuse(path, found, advice)
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()
    if not text and not more:
        _refuse(path, "an empty file")
    if text.startswith("{"):
        _refuse(path, _object(text, more), _AGAIN)
    if not text.startswith("["):
        _refuse(path, _text(text))


def check_task(task: dict[str, Any], path: Path, number: int) -> None:
    """Refuse, with a DataError of one line, an object of the list (`number`, from 1) that is no task."""
    keys = ", ".join(sorted(task)[:8]) or "no keys"
    if "completions" in task and "annotations" not in task:
        _refuse(path, "the format of Label Studio before 1.0 ('completions')", "Export again from a current version.")
    if "data" in task:
        return
    if _FLAT & task.keys():
        _refuse(path, f"a JSON_MIN export (keys {keys}), which does not say which region a choice belongs to")
    if "text" in task:
        _refuse(path, f"a list of rows (keys {keys}) in place of tasks ({{'data': …, 'annotations': …}})")
    _refuse(path, f"object {number} of the list with keys {keys} in place of 'data' and 'annotations'")


def refuse_hypertext(path: Path | str, task: str) -> NoReturn:
    """Raise the DataError for regions whose offsets count inside HTML elements."""
    raise DataError(
        f"{path}: expected regions of <Text> with whole-number offsets, found HyperText or Paragraphs regions (XPath "
        f"offsets, first in task {task}). Annotate with <Text>, and export again as JSON."
    )


def _refuse(path: Path, found: str, advice: str = _AGAIN) -> NoReturn:
    raise DataError(f"{path}: expected a Label Studio JSON export (a list of tasks), found {found}. {advice}")


def _object(text: str, more: bool) -> str:
    """What a file that starts with an object is: JSON Lines if its first line is complete and others follow."""
    first, _, rest = text.partition("\n")
    complete = _decodes(first)
    if complete and (rest.strip() or more):
        return "a JSON Lines file"
    if not complete and not more and not _decodes(text):
        return "a file that starts with '{' and is no valid JSON"
    return "a single JSON object"


def _decodes(text: str) -> bool:
    try:
        msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _text(text: str) -> str:
    """What a file that is no JSON is, from its first lines."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    first = lines[0] if lines else ""
    shown = repr(first if len(first) <= 40 else first[:40] + "…")
    if first.startswith("-DOCSTART-") or (len(lines) > 1 and all(" -X- _ " in line for line in lines[1:])):
        return f"CoNLL text (it starts with {shown})"
    if first.startswith("<"):
        return f"a page of HTML or XML (it starts with {shown})"
    if "\t" in first:
        return f"a TSV export (it starts with {shown})"
    if "," in first:
        return f"a CSV export (it starts with {shown})"
    return f"a file that is no JSON (it starts with {shown})"
