"""How the actor network learns: steps, optimiser, validation metrics, and what a checkpoint holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stance.data.batches import Batch
from stance.evaluation.metrics import confusion, f_avg, macro_f1
from stance.models.losses import StanceLoss
from stance.models.network import ActorNetwork
from stance.settings import TrainerSettings

_MEMORY_FACTOR = 10.0
"""Rate of the actors' vectors over the heads': each is met a few times an epoch, where a head is met in every step."""


class Lesson(nn.Module):
    """What the batches of one data set are learned with: a network that answers in its label set, and its loss."""

    def __init__(self, name: str, network: ActorNetwork, loss: StanceLoss):
        super().__init__()
        self.name, self.network, self.loss = name, network, loss

    def forward(self, batch: Batch) -> Tensor:
        """The loss of `batch`."""
        loss: Tensor = self.loss(self.network(batch), batch)
        return loss


class StanceModule(pl.LightningModule):
    """Trains the ActorNetwork of the first of `lessons` over `steps` optimiser steps, the others beside it.

    A batch belongs to the lesson with its number. The others' networks share modules with the first, and nothing of
    theirs is validated. The frozen part of the encoder is no parameter of the network, so checkpoints hold what is
    trained and nothing else.
    """

    def __init__(self, lessons: Sequence[Lesson], settings: TrainerSettings, *, steps: int, seed: int):
        super().__init__()
        self.lessons = nn.ModuleList(lessons)
        self.label_set = lessons[0].loss.label_set
        self.settings, self.steps, self.seed = settings, steps, seed
        self._validated: list[tuple[np.ndarray, np.ndarray]] = []

    @property
    def network(self) -> ActorNetwork:
        """The network of the first lesson, which is validated and kept."""
        return self.lessons[0].network  # type: ignore[return-value]

    def on_train_batch_start(self, batch: Batch, index: int) -> None:
        """Dropout depends on seed and step alone: a step taken again after a kill draws the same masks."""
        torch.manual_seed(1_000_003 * self.seed + self.global_step)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """The loss, logged apart for each source."""
        lesson = self.lessons[batch.source]
        loss: Tensor = lesson(batch)
        name = f"train/loss_{lesson.name}" if batch.source else "train/loss"
        self.log(name, loss, on_step=False, on_epoch=True, prog_bar=not batch.source, batch_size=len(batch))
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

    def configure_gradient_clipping(self, optimizer: Any, *unused: Any, **ignored: Any) -> None:
        """Clip by the norm of all gradients; done here, since the trainer refuses it for fused optimisers."""
        nn.utils.clip_grad_norm_(self.parameters(), self.settings.clip_norm)

    def configure_optimizers(self) -> Any:
        """AdamW with layer-wise rates (https://arxiv.org/abs/1801.06146), linear warm-up and decay."""
        settings = self.settings
        optimizer = torch.optim.AdamW(self._parameter_groups(), lr=settings.learning_rate, fused=True)
        warm = max(1, round(settings.warmup * self.steps))

        def rate(step: int) -> float:
            return min((step + 1) / warm, max(0.0, (self.steps - step) / max(1, self.steps - warm)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _parameter_groups(self) -> list[dict[str, Any]]:
        settings = self.settings
        depth = 1 + max(encoder_layer(name) or 0 for name, _ in self.network.named_parameters())
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for parameter, name in self._named().items():
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

    def _named(self) -> dict[nn.Parameter, str]:
        """Every parameter once, by the name that it has in the first network that has it."""
        named: dict[nn.Parameter, str] = {}
        for lesson in self.lessons:
            for name, parameter in lesson.network.named_parameters():  # type: ignore[union-attr]
                named.setdefault(parameter, name)
        return named


def encoder_layer(name: str) -> int | None:
    """The number of the trained encoder layer a parameter belongs to; None for a head."""
    parts = name.split(".")
    return int(next(part for part in parts if part.isdigit())) if parts[0] == "encoder" else None
