"""How the actor network learns: losses, optimiser, validation metrics, and what a checkpoint holds."""

from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from stance.data.batches import Batch
from stance.data.windows import UNKNOWN
from stance.evaluation.metrics import confusion, f_avg, macro_f1
from stance.labels import LabelSet
from stance.models.network import ActorNetwork, Outputs
from stance.settings import NetworkSettings, TrainerSettings

_STATEMENT_WEIGHT = 3.0
"""Weight of a token in a statement over one in none: most of a window is of no actor's saying."""

_MEMORY_FACTOR = 10.0
"""Rate of the actors' vectors over the heads': each is met a few times an epoch, where a head is met in every step."""


class StanceModule(pl.LightningModule):
    """Trains an ActorNetwork over `steps` optimiser steps.

    `class_weights` [K] scale the stance losses. The frozen part of the encoder is no parameter of the network, so
    checkpoints hold what is trained and nothing else.
    """

    def __init__(
        self,
        network: ActorNetwork,
        label_set: LabelSet,
        *,
        settings: NetworkSettings,
        trainer_settings: TrainerSettings,
        class_weights: Tensor,
        steps: int,
        seed: int,
    ):
        super().__init__()
        self.network, self.label_set = network, label_set
        self.settings, self.trainer_settings = settings, trainer_settings
        self.class_weights: Tensor
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.steps, self.seed = steps, seed
        self._validated: list[tuple[np.ndarray, np.ndarray]] = []

    def on_train_batch_start(self, batch: Batch, index: int) -> None:
        """Dropout depends on seed and step alone: a step taken again after a kill draws the same masks."""
        torch.manual_seed(1_000_003 * self.seed + self.global_step)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """The weighted sum of the losses."""
        loss = self.loss(self.network(batch), batch)
        self.log("train/loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch))
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        """Collect what the epoch's metrics are worked out from."""
        outputs = self.network(batch)
        loss = cross_entropy(outputs.stance.float(), batch.labels)
        self.log("val/loss", loss, on_epoch=True, prog_bar=True, batch_size=len(batch))
        self._validated.append((batch.labels.cpu().numpy(), outputs.stance.argmax(1).cpu().numpy()))

    def on_validation_epoch_end(self) -> None:
        """Log f_avg and macro-F1 over the whole validation part."""
        gold, predicted = (np.concatenate(column) for column in zip(*self._validated, strict=True))
        self._validated.clear()
        matrix = confusion(gold, predicted, len(self.label_set.classes))
        self.log("val/f_avg", float(f_avg(matrix, self.label_set)), prog_bar=True)
        self.log("val/macro_f1", float(macro_f1(matrix)[0]), prog_bar=True)

    def loss(self, outputs: Outputs, batch: Batch) -> Tensor:
        """Cross-entropy of the document's stance, plus those per channel, window, sentence and token, each weighted.

        The document's target mixes gold with the annotators' votes: where people disagree, the network should too
        (https://aclanthology.org/2021.naacl-main.204/).
        """
        settings = self.settings
        votes = settings.soft_share * batch.soft_labels
        gold = one_hot(batch.labels, len(self.label_set.classes)) * (1 - settings.soft_share)
        total = cross_entropy(outputs.stance.float(), votes + gold, weight=self.class_weights)
        total = total + settings.channel_weight * _known(outputs.channel.flatten(0, 1), batch.channel_labels.flatten())
        # Where a document has one window, its stance and the window's are the same question.
        if len(batch.pair_window) > len(batch):
            pair = _known(outputs.pair, batch.pair_labels, weight=self.class_weights)
            total = total + settings.window_weight * pair
        total = total + settings.link_weight * _linked(outputs.link, batch)
        return total + settings.evidence_weight * self._evidence(outputs, batch)

    def _evidence(self, outputs: Outputs, batch: Batch) -> Tensor:
        """What each sentence shows, and what the marked words in it show where a reader is given them."""
        labels = batch.question_labels
        total = _known(outputs.sentence, labels)
        if outputs.said is None or self.label_set.absent is None:
            return total
        absent = self.label_set.index(self.label_set.absent)
        return total + _known(outputs.said, labels.masked_fill(labels == absent, UNKNOWN))

    def configure_gradient_clipping(self, optimizer: Any, *unused: Any, **ignored: Any) -> None:
        """Clip by the norm of all gradients; done here, since the trainer refuses it for fused optimisers."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self.trainer_settings.clip_norm)

    def configure_optimizers(self) -> Any:
        """AdamW with layer-wise rates (https://arxiv.org/abs/1801.06146), linear warm-up and decay."""
        settings = self.trainer_settings
        optimizer = torch.optim.AdamW(self._parameter_groups(), lr=settings.learning_rate, fused=True)
        warm = max(1, round(settings.warmup * self.steps))

        def rate(step: int) -> float:
            return min((step + 1) / warm, max(0.0, (self.steps - step) / max(1, self.steps - warm)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _parameter_groups(self) -> list[dict[str, Any]]:
        settings = self.trainer_settings
        depth = 1 + max(encoder_layer(name) or 0 for name, _ in self.network.named_parameters())
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            layer = encoder_layer(name)
            factor = settings.head_factor if layer is None else settings.layer_decay ** (depth - 1 - layer)
            if name.startswith("memory."):
                factor *= _MEMORY_FACTOR
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(parameter)
        return [
            {"params": parameters, "lr": settings.learning_rate * factor, "weight_decay": decay}
            for (factor, decay), parameters in groups.items()
        ]


def encoder_layer(name: str) -> int | None:
    """The number of the trained encoder layer a parameter belongs to; None for a head."""
    parts = name.split(".")
    return int(next(part for part in parts if part.isdigit())) if parts[0] == "encoder" else None


def _known(logits: Tensor, labels: Tensor, **options: Any) -> Tensor:
    """Mean cross-entropy over the labels that somebody gave; 0 where nobody gave any."""
    if not bool((labels != UNKNOWN).any()):
        return logits.sum() * 0.0
    return cross_entropy(logits.float(), labels, ignore_index=UNKNOWN, **options)


def _linked(link: Tensor, batch: Batch) -> Tensor:
    """Mean binary cross-entropy over the text tokens for which it is known whether the actor's statements hold them."""
    known = (batch.statement_tokens != UNKNOWN) & batch.content[batch.pair_window]
    if not bool(known.any()):
        return link.sum() * 0.0
    gold = batch.statement_tokens[known].float()
    return binary_cross_entropy_with_logits(link[known], gold, pos_weight=link.new_tensor(_STATEMENT_WEIGHT))
