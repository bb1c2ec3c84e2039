"""What a network answers about readings: windows of like length are read together, then each reading is answered."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from stance.data.batches import batch_windows, collate, stack
from stance.data.windows import Reading
from stance.models.network import ActorNetwork
from stance.models.training import autocast

_POOL_TOKENS = 1 << 15
"""Tokens of readings whose windows are sorted together: their states fill some 50 MB."""


class Answers(NamedTuple):
    """Probabilities of N examples in the order of the readings, K classes and C channels."""

    stance: np.ndarray
    """[N, K]."""
    channels: np.ndarray
    """[N, C, K]."""
    sentences: list[list[np.ndarray]]
    """Per reading and (window, example) pair, those of the window's sentences, [S, K]."""


@torch.no_grad()
def answers(
    network: ActorNetwork, readings: Sequence[Reading], *, padding: int, token_budget: int, precision: str
) -> Answers:
    """What `network` answers about `readings`; windows are read in batches of at most `token_budget` tokens.

    A window needs no padding to the length of others that stand in its document, and the heads, which are asked about
    one document, compare no actor with the tokens of another's.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).eval()
    stance, channels, sentences = [], [], []
    for pool in _pools(readings):
        # Around all of them, so that weights are rounded once.
        with autocast(precision, device):
            states = _states(network, pool, padding, token_budget, device)
        for reading in pool:
            read = nn.utils.rnn.pad_sequence([next(states) for _ in reading.windows], batch_first=True)
            # In float32: products of a few rows gain nothing by bfloat16, for which oneDNN makes code for each shape.
            outputs = network.answer(read, collate([reading], padding).to(device))
            rows, heads, asked = (
                part.softmax(-1).cpu().numpy() for part in (outputs.stance, outputs.channel, outputs.sentence)
            )
            stance.append(rows)
            channels.append(heads)
            sentences.append(np.split(asked, np.cumsum([len(labels) for labels in reading.sentence_labels])[:-1]))
    return Answers(np.concatenate(stance), np.concatenate(channels), sentences)


def _pools(readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    pool: list[Reading] = []
    tokens = 0
    for reading in readings:
        pool.append(reading)
        tokens += sum(len(window.tokens) for window in reading.windows)
        if tokens >= _POOL_TOKENS:
            yield pool
            pool, tokens = [], 0
    if pool:
        yield pool


def _states(
    network: ActorNetwork, readings: Sequence[Reading], padding: int, token_budget: int, device: torch.device
) -> Iterator[Tensor]:
    """The states [T, H] of every window of `readings`, in their order."""
    windows = [window for reading in readings for window in reading.windows]
    found: dict[int, Tensor] = {}
    for numbers in batch_windows(windows, token_budget):
        tokens, attention = stack([windows[number] for number in numbers], padding)
        states = network.read(tokens.to(device), attention.to(device)).float()
        # Copies, since a part of a batch would hold all of it.
        found |= {n: row[: len(windows[n].tokens)].clone() for n, row in zip(numbers, states, strict=True)}
    return iter([found[number] for number in range(len(windows))])
