"""Where a pre-trained encoder lies: bundled, a local folder or a hub name all end as one transformers folder."""

import hashlib
import json
import logging
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

BUNDLED = "bundled"
CACHE_VARIABLE = "STANCE_CACHE"
CHECKSUMS = "checksums.json"
# Part of the folder's name: raise it when a conversion writes something else than before.
CONVERSION = 1

# Any one of these lets transformers build the tokenizer; the first lets it be read without transformers.
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
HUB_FILES = [
    "*.safetensors",
    "*.safetensors.index.json",
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    *TOKENIZER_FILES,
]
_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
_OTHERWISE = f"Name a local folder as the encoder, or `{BUNDLED}`, which needs no network"

_PAGE, _PAGES = 1 << 12, 32
_LOCK_SECONDS = 600


def encoder_folder(name: str) -> Path:
    """The folder with config.json, a tokenizer and safetensors weights of the encoder `name`.

    `name` is `bundled` (converted once into the cache), a local folder, or a name on the Hugging Face hub, such as
    `UBC-NLP/MARBERTv2`, which is fetched into the hub's own cache. The cache of `bundled` is `$STANCE_CACHE`, by
    default the user's cache folder. Raises a DataError that says what to do when there is no such encoder.
    """
    if name == BUNDLED:
        return _bundled_folder()
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return _checked(folder, name)
    if folder.exists() or not _HUB_NAME.fullmatch(name):
        raise DataError(
            f"Expected the encoder as an existing folder or a name on the hub, found {name!r}. {_OTHERWISE}."
        )
    return _checked(_from_hub(name), name)


def load_tokenizer(folder: Path) -> "Tokenizer":
    """The tokenizer in `folder`, without padding or truncation; its offsets are code points of the text it is given.

    Raises a DataError when `folder` holds none that can be read.
    """
    path = folder / "tokenizer.json"
    if path.is_file():
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # The Rust library raises no narrower class.
            raise DataError(f"Expected a tokenizer in {path}, found {error}. Fetch or convert it again.") from error
    else:
        tokenizer = _slow_tokenizer(folder)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def weights_digest(folder: Path) -> str:
    """A digest of the configuration and all weights of the encoder in `folder`; half a second for half a gigabyte."""
    whole = hashlib.sha256()
    for path in (folder / "config.json", *sorted(folder.glob("*.safetensors"))):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def cache_folder() -> Path:
    """`$STANCE_CACHE`, by default the user's cache folder; it need not exist yet."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("stance", appauthor=False)


def _slow_tokenizer(folder: Path) -> "Tokenizer":
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True).backend_tokenizer
    except (OSError, ValueError, ImportError, AttributeError) as error:
        raise DataError(
            f"Expected tokenizer.json, or files a fast tokenizer can be built from, found {error} in {folder}. "
            "Save the tokenizer with `save_pretrained` from transformers into that folder."
        ) from error


def _checked(folder: Path, name: str) -> Path:
    """`folder`, after a look at its file names; a DataError that lists everything missing at once."""
    missing = []
    if not (folder / "config.json").is_file():
        missing.append("config.json")
    if not any((folder / file).is_file() for file in TOKENIZER_FILES):
        missing.append("a tokenizer (tokenizer.json)")
    if not any(folder.glob("*.safetensors")):
        if any(folder.glob("pytorch_model*.bin")):
            raise _pickled(name)
        missing.append("weights (*.safetensors)")
    if missing:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
        raise DataError(
            f"Expected {', '.join(missing)} for the encoder {name!r} in {folder}, found {found}. {_OTHERWISE}."
        )
    return folder


def _pickled(name: str) -> DataError:
    return DataError(
        f"Expected weights in safetensors, found only pytorch_model.bin for the encoder {name!r}. "
        "That file is a pickle, which runs code when it is read. Load it where you trust its source and save "
        "it with `save_pretrained(folder)` from transformers, then name that folder."
    )


def _from_hub(name: str) -> Path:
    from httpx import HTTPError
    from huggingface_hub import list_repo_files, snapshot_download

    try:
        # Sub-folders hold the same weights again in other formats.
        folder = Path(snapshot_download(name, allow_patterns=HUB_FILES, ignore_patterns=["*/*"]))
        if not any(folder.glob("*.safetensors")) and "pytorch_model.bin" in list_repo_files(name):
            raise _pickled(name)
    except (OSError, ValueError, HTTPError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"Expected the encoder {name!r} as a local folder, in the hub's cache or on the hub, found neither a "
            f"folder of that name nor a way to fetch it ({reason[0]}). {_OTHERWISE}."
        ) from error
    return folder


def _bundled_folder() -> Path:
    from stance.data.bundled import bundled_file

    source = bundled_file()
    try:
        origin = _probe(source)
        folder = cache_folder() / "encoders" / f"{BUNDLED}-{origin[:12]}"
        if not _intact(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                # Another process may have converted while this one waited.
                if not _intact(folder):
                    _convert(source, folder)
    except OSError as error:
        raise DataError(
            f"Expected room and the right to write the bundled encoder (0.5 GB) into {cache_folder()}, found {error}. "
            f"Set {CACHE_VARIABLE} to a folder that you can write to."
        ) from error
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    path = folder.with_name(f"{folder.name}.lock")
    try:
        with FileLock(path, timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise DataError(
            f"Expected another process to finish converting the bundled encoder, found {path} still held after "
            f"{_LOCK_SECONDS} s. End that process and start again."
        ) from error


def _convert(source: Path, folder: Path) -> None:
    """Write beside `folder`, then rename: a process that dies half-way leaves nothing that looks whole."""
    from stance.data.bundled import FILES, convert

    logger.info("converting the bundled encoder into %s", folder)
    for left in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    working = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    working.mkdir()
    try:
        convert(source, working)
        _write_checksums(working, FILES)
        if folder.exists():
            broken = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
            folder.rename(broken)
            shutil.rmtree(broken, ignore_errors=True)
        working.rename(folder)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _write_checksums(folder: Path, files: tuple[str, ...]) -> None:
    content = {}
    for name in files:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        content[name] = {"bytes": (folder / name).stat().st_size, "sha256": digest, "probe": _probe(folder / name)}
    (folder / CHECKSUMS).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _intact(folder: Path) -> bool:
    """Whether every file has the recorded size and the recorded digest over a few of its pages (milliseconds)."""
    from stance.data.bundled import FILES

    try:
        recorded: dict[str, dict[str, Any]] = json.loads((folder / CHECKSUMS).read_bytes())
        return set(recorded) == set(FILES) and all(
            (folder / name).stat().st_size == entry["bytes"] and _probe(folder / name) == entry["probe"]
            for name, entry in recorded.items()
        )
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return False


def _probe(path: Path) -> str:
    """A digest of the size and of pages spread evenly from the first to the last byte of the file."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"{CONVERSION}:{size}".encode())
    with path.open("rb") as file:
        for page in range(_PAGES):
            file.seek(max(size - _PAGE, 0) * page // (_PAGES - 1))
            digest.update(file.read(_PAGE))
    return digest.hexdigest()
