"""How an encoder reads on in text: hidden words are guessed, and its upper layers learn from it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu

from stance.data.hidden_words import Riddle, TextBatch, Words, hide
from stance.models.lightning_module import encoder_layer
from stance.settings import TrainerSettings

_TRAINING, _HELD_OUT = 0, 1
"""Parts of the seed: what is hidden in training is drawn apart from what is hidden in the held-out text."""


class WordHead(nn.Module):
    """Guesses hidden words from their states, as in BERT: a transform, then each word's embedding by it, and a bias.

    `embeddings` [V, E] are those of the words that can be guessed, and stay as they are. At first the head guesses by
    `shares` [V], how frequent the words are, and hardly by the states.
    """

    def __init__(self, hidden: int, embeddings: Tensor, shares: Tensor):
        super().__init__()
        self.dense = nn.Linear(hidden, embeddings.shape[1])
        self.norm = nn.LayerNorm(embeddings.shape[1])
        # Scores of one unit, whatever the length of the embeddings.
        nn.init.constant_(self.norm.weight, 1 / float(embeddings.norm(dim=1).mean()))
        self.bias = nn.Parameter(shares.float().log())
        self.embeddings: Tensor
        self.register_buffer("embeddings", embeddings, persistent=False)

    def forward(self, states: Tensor) -> Tensor:
        """Logits [M, V] of the words at `states` [M, H]."""
        return self.norm(gelu(self.dense(states))) @ self.embeddings.T + self.bias


class Guesses(NamedTuple):
    """Logits [M, V] of the hidden words, by the encoder that learns and by the encoder as it was."""

    after: Tensor
    before: Tensor


class MaskedLanguageNetwork(nn.Module):
    """An encoder that reads on, beside the same encoder as it was, each with a head of its own.

    Both heads begin alike and learn from the same words, so that what the first guesses better than the second is due
    to the encoder: encoders come without the head they were once trained with, and one that has learned nothing yet
    says nothing about what the encoder knew.

    `frozen` (FrozenLayers) are the embeddings and lowest layers, `encoder` the layers that learn, `original` the same
    as they were.
    """

    def __init__(self, frozen: Any, encoder: nn.Module, original: nn.Module, *, words: Words):
        super().__init__()
        # Not submodules: what stays as it is is no part of the weights.
        self.frozen, self._original = frozen, (original.eval().requires_grad_(False),)
        self.encoder = encoder
        embeddings = frozen.encoder.get_input_embeddings().weight.detach()[words.ids].float()
        hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.head = WordHead(hidden, embeddings, words.shares)
        self.head_before = WordHead(hidden, embeddings, words.shares)
        self.head_before.load_state_dict(self.head.state_dict())

    def forward(self, batch: TextBatch, riddle: Riddle) -> Guesses:
        """Logits of the hidden words of `riddle`."""
        # Not kept: other words are hidden in every epoch, so nothing would be found again.
        read = self.frozen.unkept(riddle.tokens, batch.attention)
        original = self._original[0].to(read.device)
        return Guesses(
            self.head(_states(self.encoder, read, batch.attention)[riddle.hidden]),
            self.head_before(_states(original, read, batch.attention)[riddle.hidden]),
        )


class MaskedLanguageModule(pl.LightningModule):
    """Trains a MaskedLanguageNetwork over `steps` optimiser steps; `mask` is the vocabulary id of the mask.

    What is hidden depends on seed and step, so that it is another part of the text in every epoch
    (https://arxiv.org/abs/1907.11692) and the same one in a continued run; in held-out text it is the same in every
    epoch.
    """

    def __init__(
        self,
        network: MaskedLanguageNetwork,
        words: Words,
        settings: TrainerSettings,
        *,
        mask: int,
        steps: int,
        seed: int,
    ):
        super().__init__()
        self.network, self.words, self.settings = network, words, settings
        self.mask, self.steps, self.seed = mask, steps, seed
        self._nats: list[Tensor] = []

    def on_train_batch_start(self, batch: TextBatch, index: int) -> None:
        """Dropout depends on seed and step alone, as in the stance network."""
        torch.manual_seed(1_000_003 * self.seed + self.global_step)

    def training_step(self, batch: TextBatch, index: int) -> Tensor:
        """The mean cross-entropy of the hidden words, of both heads together."""
        riddle = self._riddle(batch, _TRAINING, self.global_step)
        after, before = (_mean(logits, riddle.answers) for logits in self.network(batch, riddle))
        self.log("train/loss", after, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch))
        # They share no weights, so each learns as if alone.
        return after + before

    def validation_step(self, batch: TextBatch, index: int) -> None:
        """Collect what the loss of the whole held-out part is worked out from."""
        self._nats.append(self.nats(batch, index).sum(0))

    def on_validation_epoch_end(self) -> None:
        """Log the losses over the whole held-out part."""
        after, before, _, count = torch.stack(self._nats).sum(0).tolist()
        self._nats.clear()
        self.log("val/loss", after / count, prog_bar=True)
        self.log("val/loss_before", before / count)

    def nats(self, batch: TextBatch, index: int) -> Tensor:
        """Sums over the hidden words of each passage in the held-out batch number `index`: [W, 4].

        Cross-entropy by the encoder that learns, by the encoder as it was, and by the words' frequency alone; and
        the number of words.
        """
        riddle = self._riddle(batch, _HELD_OUT, index)
        guesses = self.network(batch, riddle)
        shares = self.words.shares.to(batch.tokens.device)
        words = [
            *(cross_entropy(logits.double(), riddle.answers, reduction="none") for logits in guesses),
            -shares[riddle.answers].double().log(),
            torch.ones_like(riddle.answers, dtype=torch.double),
        ]  # [M] each
        sums = torch.zeros(len(batch), len(words), dtype=torch.double, device=batch.tokens.device)
        return sums.index_add(0, riddle.hidden.nonzero()[:, 0], torch.stack(words, 1))

    def configure_gradient_clipping(self, optimizer: Any, *unused: Any, **ignored: Any) -> None:
        """Clip the gradients of each of the two readers by their own norm, since they have nothing in common."""
        before = list(self.network.head_before.parameters())
        after = [*self.network.encoder.parameters(), *self.network.head.parameters()]
        for parameters in (after, before):
            nn.utils.clip_grad_norm_(parameters, self.settings.clip_norm)

    def configure_optimizers(self) -> Any:
        """AdamW. The layers' rate rises while the heads, which begin at random, learn at their full rate already."""
        settings, groups, rates = self.settings, [], []
        layers = 1 + max(encoder_layer(name) or 0 for name, _ in self.network.named_parameters())
        for name, parameter in self.network.named_parameters():
            layer = encoder_layer(name)
            factor = settings.head_factor if layer is None else settings.layer_decay ** (layers - 1 - layer)
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.append({"params": [parameter], "lr": settings.learning_rate * factor, "weight_decay": decay})
            rates.append(self._rate(0.0 if layer is None else settings.warmup))
        optimizer = torch.optim.AdamW(groups, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rates)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _rate(self, warmup: float) -> Callable[[int], float]:
        """The factor of a rate by step: rising over the share `warmup` of the steps, then falling to nothing."""
        warm = max(1, round(warmup * self.steps))
        return lambda step: min((step + 1) / warm, max(0.0, (self.steps - step) / max(1, self.steps - warm)))

    def _riddle(self, batch: TextBatch, part: int, number: int) -> Riddle:
        return hide(batch, self.words, self.mask, np.random.default_rng([self.seed, part, number]))


def _states(layers: nn.Module, read: Tensor, attention: Tensor) -> Tensor:
    return layers(inputs_embeds=read, attention_mask=attention.long()).last_hidden_state


def _mean(logits: Tensor, answers: Tensor) -> Tensor:
    """Mean cross-entropy; 0 where a batch has no word that is known."""
    return cross_entropy(logits.float(), answers, reduction="sum") / max(1, len(answers))
