"""The actor network: a window is read once and serves every actor in it."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stance.data.batches import Batch
from stance.errors import ConfigurationError
from stance.models.memory import ActorMemory

POOLINGS = ("mean", "max")
NOWHERE = -1e4
"""The logit of a token that is not asked about."""

_DISTANCES = 8  # powers of two
_SENTENCES_APART = 3


class Outputs(NamedTuple):
    """Logits. E examples, P (window, example) pairs, Q (pair, sentence) questions, K classes, C channels."""

    stance: Tensor
    """[E, K], over all windows of the document."""
    channel: Tensor
    """[E, C, K], the stance per channel."""
    pair: Tensor
    """[P, K], in one window."""
    sentence: Tensor
    """[Q, K], in one sentence: the evidence."""
    link: Tensor
    """[P, T], whether a token is part of what the actor says or does."""


class ActorNetwork(nn.Module):
    """Encoder, actor vectors, and heads for stance, stance per channel, and evidence.

    `frozen` maps tokens [W, T] and attention [W, T] to states [W, T, H], which `encoder` takes as `inputs_embeds`.
    `memory` adds what is known of an actor beyond the text.

    An actor's vector in a window is the mean of its mentions' token vectors beside the mean of the window's text
    tokens, which targeted stance models found to carry the actor (https://aclanthology.org/2021.eacl-main.142/);
    an actor named nowhere has the window's mean twice. In each sentence, the words that are linked to the actor
    (StatementLinks) say what it makes of the target; the maximum over the window's sentences is added, so that one can
    decide. Over a document's windows the vectors are pooled by `pooling`.
    """

    def __init__(
        self,
        frozen: Callable[[Tensor, Tensor], Tensor],
        encoder: nn.Module,
        *,
        classes: int,
        channels: int,
        pooling: str,
        dropout: float,
        memory: ActorMemory | None = None,
    ):
        super().__init__()
        if pooling not in POOLINGS:
            raise ConfigurationError(f"Expected model.pooling among {', '.join(POOLINGS)}, found {pooling!r}.")
        hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        # Not a submodule: what is frozen is no part of the weights.
        self.frozen = frozen
        self.encoder = encoder
        self.classes, self.channels, self.pooling = classes, channels, pooling
        self.joint = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Dropout(dropout))
        self.memory = memory
        self.links = StatementLinks(hidden)
        self.stance = nn.Linear(hidden, classes)
        self.channel = nn.Linear(hidden, channels * classes)
        self.evidence = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(3 * hidden + 1, hidden), nn.Tanh(), nn.Dropout(dropout)
        )
        self.sentence = nn.Linear(hidden, classes)

    def forward(self, batch: Batch) -> Outputs:
        """Logits of every example, pair and question in `batch`."""
        return self.answer(self.read(batch.tokens, batch.attention), batch)

    def read(self, tokens: Tensor, attention: Tensor) -> Tensor:
        """States [W, T, H] of windows `tokens` [W, T], of which `attention` [W, T] tells what is no padding."""
        return self.encoder(
            inputs_embeds=self.frozen(tokens, attention), attention_mask=attention.long()
        ).last_hidden_state

    def answer(self, states: Tensor, batch: Batch) -> Outputs:
        """Logits of every example, pair and question in `batch`, whose windows have the `states` [W, T, H]."""
        context = masked_mean(states, batch.pair_window, batch.content[batch.pair_window])  # [P, H]
        named = batch.mentions.any(1, keepdim=True)
        mention = torch.where(named, masked_mean(states, batch.pair_window, batch.mentions), context)  # [P, H]
        link = self.links(states, batch)  # [P, T]
        shown = self._sentences(states, mention, link, batch)  # [Q, H]
        actor = self.joint(torch.cat([mention, context], 1))  # [P, H]
        actor = actor + pool(shown, batch.question_pair, len(actor), "max")
        if self.memory is not None:
            actor = actor + self.memory(batch)[batch.pair_example]
        document = pool(actor, batch.pair_example, len(batch), self.pooling)  # [E, H]
        return Outputs(
            stance=self.stance(document),
            channel=self.channel(document).view(-1, self.channels, self.classes),
            pair=self.stance(actor),
            sentence=self.sentence(shown),
            link=link,
        )

    def _sentences(self, states: Tensor, mention: Tensor, link: Tensor, batch: Batch) -> Tensor:
        """What each sentence of a window says of an actor in it, [Q, H]."""
        tokens = batch.sentence_tokens[batch.question_sentence]  # [Q, T]
        scores = link[batch.question_pair].float().masked_fill(~tokens, NOWHERE)  # [Q, T]
        share = torch.where(tokens, scores.softmax(1), 0.0)
        sentence = weighted_sum(states, batch.sentence_window[batch.question_sentence], share)  # [Q, H]
        strongest = scores.amax(1, keepdim=True).clamp(min=-10.0).to(sentence.dtype)
        actor = mention[batch.question_pair]  # [Q, H]
        return self.evidence(torch.cat([sentence, actor, sentence * actor, strongest], 1))


class StatementLinks(nn.Module):
    """Which tokens of a window are part of what an actor says or does, [P, T] logits.

    Each token is held against each token of the actor's mentions, as a dependency parser holds words against heads
    (https://arxiv.org/abs/1611.01734), with a bias for how far and on which side it stands and how many sentences lie
    between; the mention that fits best decides. An actor named nowhere has a place of its own to ask from.
    """

    def __init__(self, hidden: int, size: int = 64):
        super().__init__()
        self.query = nn.Linear(hidden, size)
        self.key = nn.Linear(hidden, size)
        self.unnamed = nn.Parameter(torch.zeros(size))
        self.distance = nn.Parameter(torch.zeros(2 * _DISTANCES + 1))
        self.apart = nn.Parameter(torch.zeros(2 * _SENTENCES_APART + 1))
        self.bias = nn.Parameter(torch.full((1,), -2.0))

    def forward(self, states: Tensor, batch: Batch) -> Tensor:
        """Logits [P, T] for `states` [W, T, H]."""
        keys = self.key(states)  # [W, T, D]
        scale = keys.shape[-1] ** -0.5
        pair, place = batch.mentions.nonzero(as_tuple=True)  # [M]: the tokens of all mentions
        window = batch.pair_window[pair]
        asked = torch.einsum("md,mtd->mt", self.query(states[window, place]), keys[window]).float() * scale  # [M, T]
        steps = torch.arange(states.shape[1], device=states.device) - place[:, None]
        bucket = torch.sign(steps) * torch.log2(steps.abs().float() + 1).long().clamp(max=_DISTANCES)
        number = sentence_numbers(batch)[window]
        between = (number - number.gather(1, place[:, None])).clamp(-_SENTENCES_APART, _SENTENCES_APART)
        asked = asked + self.distance[bucket + _DISTANCES] + self.apart[between + _SENTENCES_APART]
        unnamed = ((keys @ self.unnamed.to(keys.dtype)).float() * scale)[batch.pair_window]  # [P, T]
        best = pool(asked, pair, len(unnamed), "max")
        return torch.where(batch.mentions.any(1, keepdim=True), best, unnamed) + self.bias


def sentence_numbers(batch: Batch) -> Tensor:
    """The number of each token's sentence, counted from 1 through the batch, [W, T]; 0 outside of sentences."""
    numbers = torch.zeros_like(batch.tokens)
    places = torch.arange(1, len(batch.sentence_tokens) + 1, device=numbers.device)
    counted = batch.sentence_tokens.long() * places[:, None]
    return numbers.index_add(0, batch.sentence_window, counted)


def masked_mean(states: Tensor, window: Tensor, mask: Tensor) -> Tensor:
    """Means [R, H] of the tokens of `states` [W, T, H] that `mask` [R, T] marks in row r's window, `window` [R].

    Zeros where nothing is marked.
    """
    return weighted_sum(states, window, mask) / mask.sum(1, keepdim=True).clamp(min=1)


def weighted_sum(states: Tensor, window: Tensor, share: Tensor) -> Tensor:
    """Sums [R, H] of the tokens of `states` [W, T, H] in row r's window, `window` [R], weighted by `share` [R, T].

    One matrix product: on a processor, gathering the windows row by row costs more than the encoder's layers, most of
    all on the way back.
    """
    weights = states.new_zeros(len(window), *states.shape[:2])
    weights[torch.arange(len(window), device=window.device), window] = share.to(states.dtype)
    return weights.flatten(1) @ states.flatten(0, 1)


def pool(vectors: Tensor, group: Tensor, groups: int, how: str) -> Tensor:
    """Mean or elementwise maximum of `vectors` [P, H] per `group` [P]: [groups, H]; zeros for a group without any."""
    index = group.unsqueeze(1).expand_as(vectors)
    start = vectors.new_zeros(groups, vectors.shape[1])
    return start.scatter_reduce(0, index, vectors, "mean" if how == "mean" else "amax", include_self=False)
