"""Whose words are these: each token of a window is linked to the actor who says or does what it tells."""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from stance.data.batches import Batch
from stance.models.pooling import pool

_DISTANCES = 8  # powers of two
_SENTENCES_APART = 3
_NOBODY = -4.0
"""The score of a holder that is named nowhere in the window."""
NOWHERE = -1e4
"""The logit of what is not asked about."""


class StatementLinks(nn.Module):
    """Which tokens of a window are part of what an actor says or does, [P, T] log-odds.

    A token is linked to an actor if it is part of a statement, whoever makes it, and the actor is its holder. For the
    second all actors that a window names compete, asked about or not: each token is held against each token of their
    mentions, as a dependency parser holds words against heads (https://arxiv.org/abs/1611.01734), with a bias for how
    far and on which side it stands and how many sentences lie between; an actor's best mention counts. The bias starts
    at what most often holds in news, that words belong to who was named last before them. An actor named nowhere has a
    place of its own to ask from.
    """

    def __init__(self, hidden: int, size: int = 64):
        super().__init__()
        self.query = nn.Linear(hidden, size)
        self.key = nn.Linear(hidden, size)
        self.unnamed = nn.Parameter(torch.zeros(size))
        steps = torch.arange(-_DISTANCES, _DISTANCES + 1).float()
        self.distance = nn.Parameter(-0.8 * steps.abs() - 1.5 * (steps < 0))
        self.apart = nn.Parameter(torch.zeros(2 * _SENTENCES_APART + 1))
        self.said = nn.Linear(hidden, 1)
        nn.init.constant_(self.said.bias, -1.0)

    def forward(self, states: Tensor, batch: Batch) -> Tensor:
        """Log-odds [P, T] for `states` [W, T, H]."""
        said = logsigmoid(self.said(states).float()[..., 0])[batch.pair_window]  # [P, T]
        share = _share(self._holders(states, batch), torch.cat([batch.pair_window, batch.rival_window]), len(states))
        linked = said + share[: len(batch.pair_window)]
        return linked - torch.log1p(-linked.exp().clamp(max=1 - 1e-5))

    def _holders(self, states: Tensor, batch: Batch) -> Tensor:
        """How well each actor fits as the holder of each token, [P + R, T]: who is asked about, then who is not."""
        keys = self.key(states)  # [W, T, D]
        scale = keys.shape[-1] ** -0.5
        pairs = len(batch.pair_window)
        pair, place = batch.mentions.nonzero(as_tuple=True)  # [M]: the tokens of all mentions
        rival, rival_place = batch.rivals.nonzero(as_tuple=True)
        window = torch.cat([batch.pair_window[pair], batch.rival_window[rival]])
        place = torch.cat([place, rival_place])
        asked = torch.einsum("md,mtd->mt", self.query(states[window, place]), keys[window]).float() * scale  # [M, T]
        steps = torch.arange(states.shape[1], device=states.device) - place[:, None]
        bucket = torch.sign(steps) * torch.log2(steps.abs().float() + 1).long().clamp(max=_DISTANCES)
        number = sentence_numbers(batch)[window]
        between = (number - number.gather(1, place[:, None])).clamp(-_SENTENCES_APART, _SENTENCES_APART)
        asked = asked + self.distance[bucket + _DISTANCES] + self.apart[between + _SENTENCES_APART]
        best = pool(asked, torch.cat([pair, pairs + rival]), pairs + len(batch.rivals), "max")
        unnamed = ((keys @ self.unnamed.to(keys.dtype)).float() * scale)[batch.pair_window]  # [P, T]
        found = torch.where(batch.mentions.any(1, keepdim=True), best[:pairs], unnamed)
        return torch.cat([found, best[pairs:]])


def _share(scores: Tensor, window: Tensor, windows: int) -> Tensor:
    """Log-softmax of `scores` [R, T] among the rows of each window, `window` [R], and nobody."""
    nobody = scores.new_full((windows, scores.shape[1]), _NOBODY)
    index = window[:, None].expand_as(scores)
    top = nobody.scatter_reduce(0, index, scores.detach(), "amax")
    mass = torch.exp(nobody - top).index_add(0, window, torch.exp(scores - top[window]))
    return scores - (top + mass.log())[window]


def sentence_numbers(batch: Batch) -> Tensor:
    """The number of each token's sentence, counted from 1 through the batch, [W, T]; 0 outside of sentences."""
    numbers = torch.zeros_like(batch.tokens)
    places = torch.arange(1, len(batch.sentence_tokens) + 1, device=numbers.device)
    counted = batch.sentence_tokens.long() * places[:, None]
    return numbers.index_add(0, batch.sentence_window, counted)
