"""Which weights a fit leaves: those of the last epoch, or with patience those of the best."""

from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from stance.models.training import Progress, fit
from stance.settings import TrainerSettings

SETTINGS = TrainerSettings(max_epochs=3, monitor="val/loss", progress=False, precision="32-true")


class Counting(pl.LightningModule):
    """Its one weight counts the steps; validation is best after the first epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def training_step(self, batch: Tensor, index: int) -> Tensor:
        return -self.weight.sum()

    def validation_step(self, batch: Tensor, index: int) -> None:
        self.log("val/loss", (self.weight.detach() - 1).abs().sum())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)


class OneBatch(pl.LightningDataModule):
    def train_dataloader(self) -> DataLoader:
        return DataLoader([torch.zeros(1)])

    val_dataloader = train_dataloader


def trained(patience: int | None, folder: Path) -> tuple[float, int]:
    module = Counting()
    progress = Progress(folder, None, validated=True, epochs=3)
    epochs = fit(module, OneBatch(), replace(SETTINGS, patience=patience), progress)
    return module.weight.item(), epochs


def test_without_patience_the_last_weights_are_kept(tmp_path: Path) -> None:
    assert trained(None, tmp_path) == (3.0, 3)


def test_with_patience_the_best_weights_are_kept_and_their_epochs_told(tmp_path: Path) -> None:
    assert trained(3, tmp_path) == (1.0, 1)
