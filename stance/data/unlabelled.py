"""Unlabelled documents → passages of tokens, some of them held out: what an encoder reads on in."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from stance.annotation.records import Document
from stance.data.sketches import cluster_sketches, sketch
from stance.data.windows import WindowReader
from stance.errors import ConfigurationError, DataError

MOST_HELD_OUT = 50_000
"""Tokens held out at most: enough to tell 1 % of perplexity, little enough to be scored again and again."""


@dataclass(frozen=True)
class Passage:
    """A window of a document: vocabulary ids `tokens` [T], of which those from `begin` to the last but one are text.

    Passages of near-duplicates have one `cluster`.
    """

    tokens: np.ndarray
    begin: int
    cluster: int = 0

    @property
    def windows(self) -> tuple[np.ndarray, ...]:
        """The one window, as batches count them."""
        return (self.tokens,)

    @property
    def length(self) -> int:
        """Tokens of the window."""
        return len(self.tokens)

    @property
    def text(self) -> np.ndarray:
        """The tokens of the text alone."""
        return self.tokens[self.begin : -1]


@dataclass(frozen=True)
class Corpus:
    """Passages to learn from and passages to score, of `documents` different texts; `digest` is of their content."""

    train: tuple[Passage, ...]
    held_out: tuple[Passage, ...]
    documents: int
    digest: str


def read_corpus(documents: Iterable[Document], reader: WindowReader, *, held_out: float, seed: int) -> Corpus:
    """The passages of `documents`, which are gone through once and not kept; a text that is there twice counts once.

    About the share `held_out` of the tokens, and MOST_HELD_OUT at most, is held out by clusters of near-duplicates.
    Raises DataError where there are no two texts that differ.
    """
    if not 0 < held_out <= 0.5:
        raise ConfigurationError(f"Expected held_out above 0 and at most 0.5, found {held_out}.")
    digests: dict[bytes, None] = {}
    sketches: list[np.ndarray] = []
    passages: list[list[Passage]] = []
    for document in documents:
        digest = hashlib.sha256(f"{document.title or ''}\0{document.text}".encode()).digest()
        found = [] if digest in digests else _passages(document, reader)
        if found:
            digests[digest] = None
            sketches.append(sketch(document.text))
            passages.append(found)
    sizes = np.array([sum(len(one.text) for one in found) for found in passages])
    clusters = cluster_sketches(np.stack(sketches)) if sketches else np.array([], dtype=np.int64)
    chosen = _held_out(clusters, sizes, held_out, seed)
    parts: tuple[list[Passage], list[Passage]] = [], []
    for found, held, cluster in zip(passages, chosen.tolist(), clusters.tolist(), strict=True):
        parts[held].extend(replace(passage, cluster=cluster) for passage in found)
    whole = hashlib.sha256(b"".join(digests)).hexdigest()
    return Corpus(tuple(parts[0]), tuple(parts[1]), len(passages), whole)


def _passages(document: Document, reader: WindowReader) -> list[Passage]:
    found = []
    for window in reader.windows(document):
        begin = len(window.tokens) - 1 - int((window.offsets[:, 0] >= 0).sum())
        passage = Passage(window.tokens.astype(np.int32), begin)
        if len(passage.text):
            found.append(passage)
    return found


def _held_out(clusters: np.ndarray, sizes: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Which documents [N] are held out: whole `clusters` [N], drawn while `sizes` [N] leave room, or the smallest."""
    names, place = np.unique(clusters, return_inverse=True)
    if len(names) < 2:
        raise DataError(
            f"Expected two texts or more that are no copies of each other, one of them to be held out, found "
            f"{len(names)}. Name more files in corpus=[…]."
        )
    weights = np.bincount(place, weights=sizes)
    room = min(share * sizes.sum(), MOST_HELD_OUT)
    drawn = np.zeros(len(names), dtype=bool)
    for name in np.random.default_rng(seed).permutation(len(names)):
        if weights[name] <= room:
            drawn[name] = True
            room -= weights[name]
    if not drawn.any():
        drawn[weights.argmin()] = True
    return drawn[place]
