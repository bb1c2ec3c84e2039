"""Records → windows whose tokens say where an actor is named, for the tagger of actors that no registry knows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stance.annotation.records import Document
from stance.data.windows import UNKNOWN, Window, WindowReader, token_mask

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
TAGS = ("O", "B", "I")
"""Tags of tokens, after https://aclanthology.org/W95-0107/."""


@dataclass(frozen=True)
class ActorSpan:
    """Where somebody marked an actor: code points in the document, end exclusive."""

    start: int
    end: int
    actor: str


@dataclass(frozen=True)
class TaggedWindow:
    """A window of `document_id` with a tag per token [T]; UNKNOWN where a token counts neither way."""

    document_id: str
    window: Window
    tags: np.ndarray

    @property
    def windows(self) -> tuple[Window, ...]:
        """The one window, as batches count them."""
        return (self.window,)

    @property
    def length(self) -> int:
        """Tokens of the window."""
        return len(self.window.tokens)


@dataclass(frozen=True)
class TaggedBatch:
    """Tensors of W windows of T tokens: tokens, attention and tags [W, T]."""

    tokens: Tensor
    attention: Tensor
    tags: Tensor

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device | str) -> "TaggedBatch":
        """The same batch on `device`."""
        return TaggedBatch(self.tokens.to(device), self.attention.to(device), self.tags.to(device))


def actor_spans(document: Document) -> list[ActorSpan]:
    """The spans that completed annotations mark as actors, in order; where spans overlap, the longest."""
    marked = {(m.start, m.end): m.actor for annotation in document.completed for m in annotation.mentions}
    chosen: list[ActorSpan] = []
    for start, end in sorted(marked, key=lambda span: (span[0] - span[1], span)):
        if all(end <= other.start or start >= other.end for other in chosen):
            chosen.append(ActorSpan(start, end, marked[start, end]))
    return sorted(chosen, key=lambda span: span.start)


def tagged_windows(
    documents: Iterable[Document], reader: WindowReader, hidden: Collection[str] = ()
) -> list[TaggedWindow]:
    """The windows of `documents`, tagged by their annotators' spans.

    The spans of actors in `hidden` are UNKNOWN: a model that learned that they are no actors could not find them later.
    """
    found = []
    for document in documents:
        spans = actor_spans(document)
        found += [
            TaggedWindow(document.document_id, window, _tags(window, spans, hidden))
            for window in reader.windows(document)
        ]
    return found


def collate_tagged(windows: Sequence[TaggedWindow], padding: int) -> TaggedBatch:
    """Join windows into one batch; `padding` is the vocabulary id of the padding token."""
    shape = len(windows), max(window.length for window in windows)
    tokens, tags = np.full(shape, padding), np.full(shape, UNKNOWN)
    attention = np.zeros(shape, dtype=bool)
    for row, window in enumerate(windows):
        tokens[row, : window.length] = window.window.tokens
        tags[row, : window.length] = window.tags
        attention[row, : window.length] = True
    return TaggedBatch(torch.from_numpy(tokens), torch.from_numpy(attention), torch.from_numpy(tags))


def spans_of(tags: np.ndarray, offsets: np.ndarray) -> list[tuple[int, int]]:
    """The spans that `tags` [T] make over tokens with `offsets` [T, 2]; an I without a B before it begins one too."""
    spans: list[tuple[int, int]] = []
    previous = OUTSIDE
    for tag, (start, end) in zip(tags.tolist(), offsets.tolist(), strict=True):
        inside = tag in (BEGIN, INSIDE) and start >= 0
        if inside and tag == INSIDE and previous != OUTSIDE:
            spans[-1] = (spans[-1][0], end)
        elif inside:
            spans.append((start, end))
        previous = tag if inside else OUTSIDE
    return spans


def _tags(window: Window, spans: Sequence[ActorSpan], hidden: Collection[str]) -> np.ndarray:
    tags = np.where(window.offsets[:, 0] >= 0, OUTSIDE, UNKNOWN)
    for span in spans:
        inside = np.flatnonzero(token_mask(window.offsets, span.start, span.end))
        if len(inside):
            tags[inside] = UNKNOWN if span.actor in hidden else INSIDE
            # A window that cuts a name has no beginning of it.
            if span.actor not in hidden and window.offsets[inside[0], 0] <= span.start:
                tags[inside[0]] = BEGIN
    return tags
