"""How the tagger learns: a tag per token, and span F1 on the validation part after every epoch."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stance.data.spans import TAGS, TaggedBatch
from stance.data.windows import UNKNOWN
from stance.settings import TrainerSettings


class TagNetwork(nn.Module):
    """Encoder and one linear layer: tokens [W, T] to logits [W, T, G] over the G tags."""

    def __init__(self, frozen: Any, encoder: nn.Module, dropout: float):
        super().__init__()
        # Not a submodule: what is frozen is no part of the weights.
        self.frozen = frozen
        self.encoder = encoder
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(int(encoder.config.hidden_size), len(TAGS)))  # type: ignore[union-attr, arg-type]

    def forward(self, batch: TaggedBatch) -> Tensor:
        """Logits [W, T, G]."""
        given = self.frozen(batch.tokens, batch.attention)
        states = self.encoder(inputs_embeds=given, attention_mask=batch.attention.long()).last_hidden_state
        return self.head(states)


class TaggerModule(pl.LightningModule):
    """Trains a TagNetwork over `steps` optimiser steps."""

    def __init__(self, network: TagNetwork, settings: TrainerSettings, *, steps: int, seed: int):
        super().__init__()
        self.network, self.settings, self.steps, self.seed = network, settings, steps, seed
        self._counts = torch.zeros(3)

    def on_train_batch_start(self, batch: TaggedBatch, index: int) -> None:
        """Dropout depends on seed and step alone, as in the stance network."""
        torch.manual_seed(1_000_003 * self.seed + self.global_step)

    def training_step(self, batch: TaggedBatch, index: int) -> Tensor:
        """Mean cross-entropy over the tokens that count."""
        loss = self._loss(self.network(batch), batch.tags)
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch))
        return loss

    def validation_step(self, batch: TaggedBatch, index: int) -> None:
        """Count tokens of names that are found, found wrongly, and missed."""
        logits = self.network(batch)
        self.log("val/loss", self._loss(logits, batch.tags), on_epoch=True, batch_size=len(batch))
        known = batch.tags != UNKNOWN
        gold, predicted = (batch.tags > 0)[known], (logits.argmax(-1) > 0)[known]
        self._counts += torch.stack(
            [(gold & predicted).sum(), (~gold & predicted).sum(), (gold & ~predicted).sum()]
        ).cpu()

    def on_validation_epoch_end(self) -> None:
        """Log the F1 of the tokens of names; spans are scored once, after training."""
        right, wrong, missed = self._counts.tolist()
        self._counts = torch.zeros(3)
        self.log("val/token_f1", 2 * right / max(1.0, 2 * right + wrong + missed), prog_bar=True)

    def configure_gradient_clipping(self, optimizer: Any, *unused: Any, **ignored: Any) -> None:
        """Clip by the norm of all gradients; done here, since the trainer refuses it for fused optimisers."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip_norm)

    def configure_optimizers(self) -> Any:
        """AdamW with linear warm-up and decay."""
        settings = self.settings
        groups = [
            {"params": list(self.network.encoder.parameters()), "lr": settings.learning_rate},
            {"params": list(self.network.head.parameters()), "lr": settings.learning_rate * settings.head_factor},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, fused=True)
        warm = max(1, round(settings.warmup * self.steps))

        def rate(step: int) -> float:
            return min((step + 1) / warm, max(0.0, (self.steps - step) / max(1, self.steps - warm)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _loss(self, logits: Tensor, tags: Tensor) -> Tensor:
        return cross_entropy(logits.float().flatten(0, 1), tags.flatten(), ignore_index=UNKNOWN)
