"""Finished parts of a prediction in a folder beside the file that is to be: a killed command goes on from them."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stance.errors import DataError

_MANIFEST = "manifest.json"
_ENDING = ".part"


class PartStore:
    """Parts by their digests, each there whole or not at all.

    `about` says what the parts were made with; parts made with something else are of no use, and are removed.
    `begun_anew` tells that there were such.
    """

    def __init__(self, folder: Path, about: dict[str, str]):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        manifest, wanted = folder / _MANIFEST, json.dumps(about, ensure_ascii=False, indent=1)
        self.begun_anew = manifest.exists() and manifest.read_text("utf-8") != wanted
        if self.begun_anew:
            self.keep(())
        _write(manifest, wanted.encode())

    def __contains__(self, digest: str) -> bool:
        return self._path(digest).exists()

    def write(self, digest: str, content: bytes) -> None:
        """Add a part."""
        _write(self._path(digest), content)

    def read(self, digest: str) -> bytes:
        """A part that is there."""
        return self._path(digest).read_bytes()

    def keep(self, digests: Iterable[str]) -> None:
        """Remove all parts but these."""
        kept = set(digests)
        for path in self.folder.glob(f"*{_ENDING}"):
            if path.stem not in kept:
                path.unlink()

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}{_ENDING}"


def _write(path: Path, content: bytes) -> None:
    working = path.with_suffix(".writing")
    working.write_bytes(content)
    os.replace(working, path)


@contextmanager
def locked(output: Path) -> Iterator[Path]:
    """The folder of the parts of `output`, for this process alone; raises DataError where another holds it."""
    from filelock import FileLock, Timeout

    folder = output.with_name(f"{output.name}.parts")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            yield folder
    except Timeout:
        raise DataError(
            f"Expected {output} to be free, found another `stance predict` that writes it. Wait for it, or name "
            "another --output."
        ) from None
    except OSError as error:
        raise DataError(f"Expected to write {output} and {folder}, found: {error.strerror}.") from None
