"""Windows of many documents as six arrays, and back."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.data.cache_files import Arrays

if TYPE_CHECKING:
    from stance.data.windows import Window

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]
"""A window's tokens [T], offsets [T, 2] and sentences [S, 2]."""


def pack(documents: Sequence[Sequence["Window"]]) -> Arrays:
    """One array each of all tokens, offsets and sentences, and how many there are of what."""
    windows = [window for document in documents for window in document]
    # No vocabulary and no text is too large for four bytes a number.
    return {
        "tokens": _joined([window.tokens for window in windows]).astype(np.int32),
        "offsets": _joined([window.offsets for window in windows]).reshape(-1, 2).astype(np.int32),
        "sentences": _joined([window.sentences for window in windows]).reshape(-1, 2).astype(np.int32),
        "tokens_of_window": np.array([len(window.tokens) for window in windows], dtype=np.int64),
        "sentences_of_window": np.array([len(window.sentences) for window in windows], dtype=np.int64),
        "windows_of_document": np.array([len(document) for document in documents], dtype=np.int64),
    }


def unpack(arrays: Arrays) -> Iterator[list[Parts]]:
    """What `pack` was given, document by document."""
    tokens = _parted(arrays["tokens"], arrays["tokens_of_window"])
    offsets = _parted(arrays["offsets"], arrays["tokens_of_window"])
    sentences = _parted(arrays["sentences"], arrays["sentences_of_window"])
    windows = zip(tokens, offsets, sentences, strict=True)
    for count in arrays["windows_of_document"].tolist():
        yield [next(windows) for _ in range(count)]


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def _parted(array: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    whole = array.astype(np.int64)
    ends = np.cumsum(lengths).tolist()
    return (whole[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True))
