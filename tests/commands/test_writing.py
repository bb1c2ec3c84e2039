"""What a user asked to have written, and what is said where it cannot be."""

from pathlib import Path

import pytest

from stance.commands.writing import write_text, writing
from stance.errors import DataError


def test_folders_are_made_and_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "page.md"
    write_text(path, "a longer first text")
    write_text(str(path), "نص")
    assert path.read_bytes() == "نص".encode()


def test_what_cannot_be_written_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "below"):
        with pytest.raises(DataError) as caught:
            write_text(path, "text")
        assert str(caught.value).startswith(f"Expected a file that can be written at {path}, found: [Errno ")


def test_other_mistakes_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not one of writing"), writing(tmp_path / "file"):
        raise ValueError("not one of writing")
