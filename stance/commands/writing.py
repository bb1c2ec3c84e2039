"""What a command writes where its user said, and what is said where that cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stance.errors import DataError


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """The file at `path`, in folders that are made where they are missing; raises DataError where it cannot be written.

    All that fails under it for the system's reasons is told as this file's trouble.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        yield Path(path)
    except OSError as error:
        raise DataError(f"Expected a file that can be written at {path}, found: {error}.") from error


def write_text(path: str | Path, text: str) -> None:
    """Write `text`, in folders that are made where they are missing; raises DataError where that cannot be."""
    with writing(path) as file:
        file.write_text(text, "utf-8")
