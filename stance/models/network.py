"""The actor network: a window is read once and serves every actor in it."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stance.data.batches import Batch
from stance.errors import ConfigurationError
from stance.models.memory import ActorMemory

POOLINGS = ("mean", "max")


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


class ActorNetwork(nn.Module):
    """Encoder, actor vectors, and heads for stance, stance per channel, and evidence.

    `frozen` maps tokens [W, T] and attention [W, T] to states [W, T, H], which `encoder` takes as `inputs_embeds`.
    `memory` adds what is known of an actor beyond the text.

    An actor's vector in a window is the mean of its mentions' token vectors beside the mean of the window's text
    tokens, which targeted stance models found to carry the actor (https://aclanthology.org/2021.eacl-main.142/);
    an actor named nowhere has the window's mean twice. What each sentence says of the actor is added by its maximum
    over the window, so that one sentence can decide. Over a document's windows the vectors are pooled by `pooling`.
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
        self.stance = nn.Linear(hidden, classes)
        self.channel = nn.Linear(hidden, channels * classes)
        self.evidence = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(3 * hidden, hidden), nn.Tanh(), nn.Dropout(dropout)
        )
        self.sentence = nn.Linear(hidden, classes)

    def forward(self, batch: Batch) -> Outputs:
        """Logits of every example, pair and question in `batch`."""
        given = self.frozen(batch.tokens, batch.attention)  # [W, T, H]
        states = self.encoder(inputs_embeds=given, attention_mask=batch.attention.long()).last_hidden_state
        context = masked_mean(states, batch.pair_window, batch.content[batch.pair_window])  # [P, H]
        named = batch.mentions.any(1, keepdim=True)
        mention = torch.where(named, masked_mean(states, batch.pair_window, batch.mentions), context)  # [P, H]
        shown = self._sentences(states, mention, batch)  # [Q, H]
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
        )

    def _sentences(self, states: Tensor, mention: Tensor, batch: Batch) -> Tensor:
        """What each sentence of a window says of an actor in it, [Q, H]."""
        sentences = masked_mean(states, batch.sentence_window, batch.sentence_tokens)  # [S, H]
        sentence = sentences[batch.question_sentence]  # [Q, H]
        actor = mention[batch.question_pair]  # [Q, H]
        return self.evidence(torch.cat([sentence, actor, sentence * actor], 1))


def masked_mean(states: Tensor, window: Tensor, mask: Tensor) -> Tensor:
    """Means [R, H] of the tokens of `states` [W, T, H] that `mask` [R, T] marks in row r's window, `window` [R].

    Zeros where nothing is marked. One matrix product: on a processor, gathering the windows row by row costs more than
    the encoder's layers, most of all on the way back.
    """
    weights = states.new_zeros(len(window), *states.shape[:2])
    weights[torch.arange(len(window), device=window.device), window] = mask.to(states.dtype)
    return (weights.flatten(1) @ states.flatten(0, 1)) / mask.sum(1, keepdim=True).clamp(min=1)


def pool(vectors: Tensor, group: Tensor, groups: int, how: str) -> Tensor:
    """Mean or elementwise maximum of `vectors` [P, H] per `group` [P]: [groups, H]; zeros for a group without any."""
    index = group.unsqueeze(1).expand_as(vectors)
    start = vectors.new_zeros(groups, vectors.shape[1])
    return start.scatter_reduce(0, index, vectors, "mean" if how == "mean" else "amax", include_self=False)
