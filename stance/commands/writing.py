"""What a command writes where its user said, and what is said where that cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stance.errors import DataError


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """The file at `path`, in folders that are made where they are missing; raises DataError where it cannot be written.

    The work under it is to be the writing alone, so that no other file's trouble is told as this one's.
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
