"""Examples → readings: the windows of one document towards one target, read once for all its actors."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.annotation.records import Document
from stance.annotation.registry import TargetRegistry
from stance.data import cache
from stance.data.examples import Dataset, Example, named_beside
from stance.data.retrieval import nearest
from stance.data.window_arrays import pack, unpack
from stance.errors import ConfigurationError
from stance.labels import Channel, LabelSet
from stance.text.sentences import sentence_spans

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Key = tuple[str, str]
"""What a reading is of: (document, target)."""

Span = tuple[int, int]

SHORTEST = 32
"""Tokens of a window at least."""

UNKNOWN = -1
"""The index of a label nobody gave; losses and metrics pass over it."""


@dataclass(frozen=True)
class Window:
    """A run of whole sentences, with the target's wording and the title in front.

    `tokens` [T] are vocabulary ids; `offsets` [T, 2] their code points in the document, (-1, -1) in the prefix and at
    special tokens; `sentences` [S, 2] the sentences' code points.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    sentences: np.ndarray


@dataclass(frozen=True)
class Reading:
    """All windows of one (document, target) that matter, and the A examples they serve.

    `pairs` [P, 2] are (window, example) numbers: the windows in which an example's actor is named (all windows where
    it is named nowhere). `pair_labels` [P] are the stances that the statements marked in that window make,
    `sentence_labels` the same per pair and sentence of its window ([S] each), UNKNOWN where no statement is marked
    for the example at all. `labels` [A], `soft_labels` [A, K] and `channel_labels` [A, C] are the examples' own.
    `rivals` are the actors who are named and not asked about, each by its mentions. `source` counts sources from 1.
    """

    examples: tuple[Example, ...]
    windows: tuple[Window, ...]
    pairs: np.ndarray
    pair_labels: np.ndarray
    sentence_labels: tuple[np.ndarray, ...]
    labels: np.ndarray
    soft_labels: np.ndarray
    channel_labels: np.ndarray
    rivals: tuple[tuple[Span, ...], ...] = ()
    source: int = 0

    @property
    def length(self) -> int:
        """Tokens of the longest window."""
        return max(len(window.tokens) for window in self.windows)


class WindowReader:
    """Cuts documents into windows of at most `max_tokens` tokens, with `overlap` sentences in common.

    The prefix is `prefix` (what the encoder was pre-trained to expect, such as "query: "), the target's wording and
    the title, at most a third of the window. Where `nearest` is given, only so many windows of a document are kept,
    those that share most with the target's wording. With `relevant` set, `readings` are of the sentences that name an
    actor of the examples, and of nothing else; where an actor is named nowhere, of all.
    """

    def __init__(
        self,
        tokenizer: "Tokenizer",
        targets: TargetRegistry,
        *,
        max_tokens: int,
        overlap: int,
        prefix: str,
        nearest: int | None = None,
    ):
        if max_tokens < SHORTEST:
            raise ConfigurationError(
                f"Expected windows of at least {SHORTEST} tokens (data.max_tokens), found {max_tokens}."
            )
        self.tokenizer = tokenizer
        self.targets = targets
        self.max_tokens = max_tokens
        self.overlap = overlap
        self.prefix = prefix
        self.nearest = nearest
        self.relevant = False

    def readings(self, dataset: Dataset) -> list[Reading]:
        """One reading per (document, target), in the order of the first example of each."""
        grouped = self._grouped(dataset.examples)
        if self.relevant:
            windows = {
                key: self.windows(dataset.documents[key[0]], key[1], _named(examples))
                for key, examples in grouped.items()
            }
        else:
            windows = self._all_windows(dataset)
        return [self._reading(windows[key], tuple(examples), dataset.label_set) for key, examples in grouped.items()]

    def _grouped(self, examples: Iterable[Example]) -> dict[Key, list[Example]]:
        grouped: dict[Key, list[Example]] = {}
        for example in examples:
            grouped.setdefault((example.document_id, example.target), []).append(example)
        return grouped

    def _all_windows(self, dataset: Dataset) -> dict[Key, list[Window]]:
        """The windows of each reading of `dataset`; where they are kept, of all that it is a part of.

        So whatever the parts are in another training, it finds them.
        """
        sharing = cache.current() is not None
        whole = dataset.whole if sharing and dataset.whole is not None else ()
        # A part that was changed may lack documents of the whole, or have examples beside it.
        asked = {
            (example.document_id, example.target): (dataset.documents[example.document_id], example.target)
            for example in (*whole, *dataset.examples)
            if example.document_id in dataset.documents
        }
        if not sharing:
            return {key: self.windows(*one) for key, one in asked.items()}
        shaped_by = [(self._front(*one), one[0].text) for one in asked.values()]
        found = cache.kept(
            "windows", [self._origin, shaped_by], lambda: pack([self.windows(*one) for one in asked.values()])
        )
        return {key: [Window(*parts) for parts in windows] for key, windows in zip(asked, unpack(found), strict=True)}

    @cached_property
    def _origin(self) -> list[Any]:
        tokenizer = hashlib.sha256(self.tokenizer.to_str().encode()).hexdigest()
        code = cache.sources(__name__, "stance.data.window_arrays", "stance.data.retrieval", "stance.text.sentences")
        return [tokenizer, version("tokenizers"), code, self.max_tokens, self.overlap, self.prefix, self.nearest]

    def _reading(self, windows: list[Window], examples: tuple[Example, ...], label_set: LabelSet) -> Reading:
        naming = [_naming(windows, example) for example in examples]
        used = sorted({number for numbers in naming for number in numbers})
        place = {number: position for position, number in enumerate(used)}
        pairs = [(place[number], actor) for actor, numbers in enumerate(naming) for number in numbers]
        kept = tuple(windows[number] for number in used)
        sentence_labels = tuple(_sentence_labels(kept[window], examples[actor], label_set) for window, actor in pairs)
        return Reading(
            examples=examples,
            windows=kept,
            pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
            pair_labels=np.array([_pair_label(kept[w], examples[a], label_set) for w, a in pairs], dtype=np.int64),
            sentence_labels=sentence_labels,
            labels=np.array([label_set.index(example.label) for example in examples], dtype=np.int64),
            soft_labels=np.array([example.soft for example in examples], dtype=np.float32),
            channel_labels=np.array(
                [[_index(label_set, name) for name in example.channels] for example in examples], dtype=np.int64
            ).reshape(len(examples), len(Channel)),
            rivals=named_beside(examples),
        )

    def _front(self, document: Document, target: str) -> str:
        described = self.targets.describe(target, document.language)
        return " | ".join(part for part in (described, document.title) if part)

    def windows(self, document: Document, target: str = "", naming: Sequence[Span] = ()) -> list[Window]:
        """The windows of `document`, with the wording of `target` in front where one is named.

        Where spans are given in `naming`, only sentences that hold a part of one are read.
        """
        head = self.tokenizer.encode(self.prefix + self._front(document, target)).ids
        closing = head[-1]
        head = [*head[: max(2, self.max_tokens // 3)][:-1], closing, closing]
        body = self.tokenizer.encode(document.text, add_special_tokens=False)
        ids, offsets = np.array(body.ids, dtype=np.int64), np.array(body.offsets, dtype=np.int64).reshape(-1, 2)
        sentences = sentence_spans(document.text)
        if naming:
            # A sentence without tokens is passed over when windows are cut.
            kept = _sentences_with(naming, sentences, offsets)
            ids, offsets = ids[kept], offsets[kept]
        room = self.max_tokens - len(head) - 1
        runs = _runs(document.text, sentences, offsets, room, self.overlap)
        if self.nearest is not None:
            asked = self.tokenizer.encode(self.targets.describe(target, document.language), add_special_tokens=False)
            parts = [set(ids[first:last].tolist()) for first, last, _ in runs]
            runs = [runs[number] for number in nearest(parts, asked.ids, self.nearest)]
        return [_window(head, ids[first:last], offsets[first:last], closing, spans) for first, last, spans in runs]


def _named(examples: Sequence[Example]) -> Sequence[Span]:
    """Where any of the actors is named; nothing where one is named nowhere, which has to be looked for in all."""
    if not all(example.mentions for example in examples):
        return ()
    return [span for example in examples for span in example.mentions]


def _sentences_with(spans: Sequence[Span], sentences: Sequence[Span], offsets: np.ndarray) -> np.ndarray:
    """Which tokens [T], at `offsets` [T, 2], end in one of `sentences` that shares a character with one of `spans`."""
    kept = np.zeros(len(offsets), dtype=bool)
    for start, end in sentences:
        if any(first < end and last > start for first, last in spans):
            kept |= (offsets[:, 1] > start) & (offsets[:, 1] <= end)
    return kept


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    """The span from `start` to `end` without the white space that it begins with."""
    return end - len(text[start:end].lstrip()), end


def _window(head: list[int], ids: np.ndarray, offsets: np.ndarray, closing: int, spans: list) -> Window:
    outside = np.full((1, 2), -1)
    return Window(
        tokens=np.concatenate([head, ids, [closing]]),
        offsets=np.concatenate([np.repeat(outside, len(head), 0), offsets, outside]),
        sentences=np.array(spans, dtype=np.int64).reshape(-1, 2),
    )


def _runs(
    text: str, sentences: Sequence[Span], offsets: np.ndarray, room: int, overlap: int
) -> list[tuple[int, int, list[Span]]]:
    """Token ranges (first, last) of at most `room` tokens made of whole sentences, with the sentences' spans.

    A sentence longer than `room` is cut into pieces of `room` tokens.
    """
    pieces: list[tuple[int, int, Span]] = []
    for start, end in sentences:
        # By where a token ends: it may begin with the white space before its word, and so before its sentence.
        first, last = np.searchsorted(offsets[:, 1], [start, end], side="right")
        for cut in range(int(first), int(last), room):
            stop = min(cut + room, int(last))
            pieces.append((cut, stop, _without_space(text, int(offsets[cut, 0]), int(offsets[stop - 1, 1]))))
    if not pieces:
        return [(0, 0, [])]
    runs, begin = [], 0
    while True:
        end = begin + 1
        while end < len(pieces) and pieces[end][1] - pieces[begin][0] <= room:
            end += 1
        runs.append((pieces[begin][0], pieces[end - 1][1], [span for *_, span in pieces[begin:end]]))
        if end == len(pieces):
            return runs
        begin = max(begin + 1, end - overlap)


def _naming(windows: list[Window], example: Example) -> list[int]:
    named = [
        number
        for number, window in enumerate(windows)
        if any(token_mask(window.offsets, start, end).any() for start, end in example.mentions)
    ]
    return named or list(range(len(windows)))


def token_mask(offsets: np.ndarray, start: int, end: int) -> np.ndarray:
    """Which tokens [T] share a character with the span [start, end)."""
    return (offsets[:, 0] < end) & (offsets[:, 1] > start) & (offsets[:, 0] >= 0)


def _index(label_set: LabelSet, name: str | None) -> int:
    return UNKNOWN if name is None else label_set.index(name)


def _pair_label(window: Window, example: Example, label_set: LabelSet) -> int:
    if not example.statements and example.label != label_set.absent:
        return UNKNOWN
    first, last = (window.sentences[0, 0], window.sentences[-1, 1]) if len(window.sentences) else (0, 0)
    inside = [s.stance for s in example.statements if s.start < last and s.end > first]
    return _index(label_set, label_set.derive(inside))


def _sentence_labels(window: Window, example: Example, label_set: LabelSet) -> np.ndarray:
    """Class per sentence [S] of `window`, by the statements that cover it; UNKNOWN in sets with no absent class."""
    if label_set.absent is None or (not example.statements and example.label != label_set.absent):
        return np.full(len(window.sentences), UNKNOWN)
    labels = []
    for start, end in window.sentences:
        covering = [s.stance for s in example.statements if _covers(s.start, s.end, start, end)]
        labels.append(_index(label_set, label_set.derive(covering)))
    return np.array(labels, dtype=np.int64)


def _covers(start: int, end: int, sentence_start: int, sentence_end: int) -> bool:
    """Whether a statement lies on a sentence: at least half of the shorter of the two is shared."""
    shared = min(end, sentence_end) - max(start, sentence_start)
    return bool(2 * shared >= min(end - start, sentence_end - sentence_start))
