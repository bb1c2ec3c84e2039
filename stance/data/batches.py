"""Readings → batches by token budget and length; the same seed and epoch give the same batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from stance.data.windows import UNKNOWN, Reading, Window, token_mask

_STEP = 16
"""Windows that are only read are as wide as a multiple of this: oneDNN keeps code for each width it meets, which filled
a gigabyte."""
_POOL = 64
"""Readings sorted by length together: long enough for little padding, short enough to keep batches random."""


@dataclass(frozen=True)
class Batch:
    """Tensors of some readings. W windows of T tokens, E examples, P (window, example) pairs, S sentences, Q
    (pair, sentence) questions, R (window, rival) pairs, C channels.

    tokens, attention, content [W, T] (content: tokens of the text, not of the prefix); pair_window, pair_example,
    pair_labels [P]; mentions [P, T] (tokens of the actor's mentions); rivals [R, T] (those of an actor who is not asked
    about, in the window rival_window [R]); statement_tokens [P, T] (1 in a statement of the actor, 0 in none, -1 where
    nobody said); sentence_tokens [S, T]; sentence_window [S]; question_pair, question_sentence, question_labels [Q];
    labels [E]; soft_labels [E, K]; channel_labels [E, C]. `source` is that of its readings, which are all of one.
    """

    tokens: Tensor
    attention: Tensor
    content: Tensor
    pair_window: Tensor
    pair_example: Tensor
    pair_labels: Tensor
    mentions: Tensor
    rivals: Tensor
    rival_window: Tensor
    statement_tokens: Tensor
    sentence_tokens: Tensor
    sentence_window: Tensor
    question_pair: Tensor
    question_sentence: Tensor
    question_labels: Tensor
    labels: Tensor
    soft_labels: Tensor
    channel_labels: Tensor
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    source: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on `device`."""
        tensors = {item.name: getattr(self, item.name) for item in fields(self) if item.type is Tensor}
        return replace(self, **{name: tensor.to(device) for name, tensor in tensors.items()})


def collate(readings: Sequence[Reading], padding: int) -> Batch:
    """Join `readings` into one batch; `padding` is the vocabulary id of the padding token."""
    width = max(reading.length for reading in readings)
    windows = [window for reading in readings for window in reading.windows]
    tokens, attention = _tokens(windows, width, padding)
    offsets = np.full((len(windows), width, 2), -1)
    for row, window in enumerate(windows):
        offsets[row, : len(window.tokens)] = window.offsets
    sentences = [(row, start, end) for row, window in enumerate(windows) for start, end in window.sentences]
    masks = [token_mask(offsets[row], start, end) for row, start, end in sentences]
    pairs = _Pairs(readings, offsets, np.array([row for row, *_ in sentences], dtype=np.int64))
    arrays = {
        "tokens": tokens,
        "attention": attention,
        "content": offsets[:, :, 0] >= 0,
        "sentence_tokens": np.array(masks, dtype=bool).reshape(len(sentences), width),
        "sentence_window": pairs.sentence_window,
        "labels": np.concatenate([reading.labels for reading in readings]),
        "soft_labels": np.concatenate([reading.soft_labels for reading in readings]),
        "channel_labels": np.concatenate([reading.channel_labels for reading in readings]),
        **pairs.arrays(),
        **_rivals(readings, offsets),
    }
    examples = [example for reading in readings for example in reading.examples]
    return Batch(
        **{name: torch.from_numpy(array) for name, array in arrays.items()},
        actors=tuple(example.actor for example in examples),
        targets=tuple(example.target for example in examples),
        source=readings[0].source,
    )


def _rivals(readings: Sequence[Reading], offsets: np.ndarray) -> dict[str, np.ndarray]:
    """Those who are named in a window and not asked about: the tokens of their mentions, and the window."""
    owner = [reading for reading in readings for _ in reading.windows]
    marks = [(row, _marked(offsets[row], spans)) for row, reading in enumerate(owner) for spans in reading.rivals]
    named = [(row, mask) for row, mask in marks if mask.any()]
    return {
        "rivals": np.array([mask for _, mask in named], dtype=bool).reshape(len(named), offsets.shape[1]),
        "rival_window": np.array([row for row, _ in named], dtype=np.int64),
    }


def stack(windows: Sequence[Window], padding: int) -> tuple[Tensor, Tensor]:
    """Tokens and attention [W, T] of windows that are only read; T is a multiple of 16."""
    width = _stepped(max(len(window.tokens) for window in windows))
    tokens, attention = _tokens(windows, width, padding)
    return torch.from_numpy(tokens), torch.from_numpy(attention)


def _tokens(windows: Sequence[Window], width: int, padding: int) -> tuple[np.ndarray, np.ndarray]:
    tokens = np.full((len(windows), width), padding)
    attention = np.zeros((len(windows), width), dtype=bool)
    for row, window in enumerate(windows):
        tokens[row, : len(window.tokens)] = window.tokens
        attention[row, : len(window.tokens)] = True
    return tokens, attention


def _stepped(length: int) -> int:
    return -(-length // _STEP) * _STEP


class _Pairs:
    """Numbers of windows, examples and sentences, counted through the whole batch."""

    def __init__(self, readings: Sequence[Reading], offsets: np.ndarray, sentence_window: np.ndarray):
        self.sentence_window = sentence_window
        first = np.searchsorted(sentence_window, np.arange(len(offsets)))
        self.rows: list[tuple[int, int, int]] = []
        self.mentions: list[np.ndarray] = []
        self.statements: list[np.ndarray] = []
        self.questions: list[tuple[int, int, int]] = []
        window_base = example_base = 0
        for reading in readings:
            for (window, actor), label, sentence_labels in zip(
                reading.pairs, reading.pair_labels, reading.sentence_labels, strict=True
            ):
                row = window_base + window
                example = reading.examples[actor]
                pair = len(self.rows)
                self.questions += [(pair, first[row] + i, name) for i, name in enumerate(sentence_labels)]
                self.rows.append((row, example_base + actor, label))
                self.mentions.append(_marked(offsets[row], example.mentions))
                said = _marked(offsets[row], [(one.start, one.end) for one in example.statements])
                # Whoever marked no sentence for this actor marked no word either.
                unknown = (sentence_labels == UNKNOWN).all()
                self.statements.append(np.full(len(said), UNKNOWN) if unknown else said.astype(np.int64))
            window_base += len(reading.windows)
            example_base += len(reading.examples)

    def arrays(self) -> dict[str, np.ndarray]:
        rows = np.array(self.rows, dtype=np.int64).reshape(-1, 3)
        questions = np.array(self.questions, dtype=np.int64).reshape(-1, 3)
        return {
            "pair_window": rows[:, 0].copy(),
            "pair_example": rows[:, 1].copy(),
            "pair_labels": rows[:, 2].copy(),
            "mentions": np.stack(self.mentions),
            "statement_tokens": np.stack(self.statements),
            "question_pair": questions[:, 0].copy(),
            "question_sentence": questions[:, 1].copy(),
            "question_labels": questions[:, 2].copy(),
        }


def _marked(offsets: np.ndarray, spans: Iterable[tuple[int, int]]) -> np.ndarray:
    """Which tokens [T], at `offsets` [T, 2], share a character with one of `spans`."""
    mask = np.zeros(len(offsets), dtype=bool)
    for start, end in spans:
        mask |= token_mask(offsets, start, end)
    return mask


class Windowed(Protocol):
    """What is read in windows: how many, and the tokens of the longest."""

    @property
    def windows(self) -> Sequence[Any]:
        """The windows."""

    @property
    def length(self) -> int:
        """Tokens of the longest window."""


def batch_readings(
    readings: Sequence[Windowed], token_budget: int, *, seed: int | None, epoch: int = 0
) -> list[list[int]]:
    """Reading numbers per batch: windows × padded length stay within `token_budget` (one reading may exceed it).

    With `seed` None the order is by length throughout, the fastest to predict; else readings are shuffled by
    (seed, epoch), sorted by length within pools, and the batches shuffled.
    """
    order: list[int] = list(range(len(readings)))
    if seed is None:
        return _pack(readings, sorted(order, key=lambda number: readings[number].length), token_budget)
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(readings)).tolist()
    batches: list[list[int]] = []
    for begin in range(0, len(order), _POOL):
        pool = sorted(order[begin : begin + _POOL], key=lambda number: readings[number].length)
        batches += _pack(readings, pool, token_budget)
    return [batches[number] for number in random.permutation(len(batches))]


def _pack(readings: Sequence[Windowed], order: Sequence[int], token_budget: int) -> list[list[int]]:
    batches: list[list[int]] = []
    windows = width = 0
    for number in order:
        more = len(readings[number].windows)
        wider = max(width, readings[number].length)
        if batches and (windows + more) * wider <= token_budget:
            batches[-1].append(number)
            windows, width = windows + more, wider
        else:
            batches.append([number])
            windows, width = more, readings[number].length
    return batches


def batch_windows(windows: Sequence[Window], token_budget: int) -> list[list[int]]:
    """Window numbers per batch, the shortest first: windows × the width of `stack` stay within `token_budget`."""
    batches: list[list[int]] = []
    for number in sorted(range(len(windows)), key=lambda number: len(windows[number].tokens)):
        if batches and (len(batches[-1]) + 1) * _stepped(len(windows[number].tokens)) <= token_budget:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
