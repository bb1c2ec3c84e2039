"""Readings as Lightning expects them: batches by token budget, made anew for every epoch from seed and epoch."""

from collections.abc import Iterator, Sequence

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, IterableDataset

from stance.data.batches import Batch, batch_readings, iterate
from stance.data.windows import Reading


class _Batches(IterableDataset):
    def __init__(self, readings: Sequence[Reading], numbers: list[list[int]], padding: int):
        self.readings, self.numbers, self.padding = readings, numbers, padding

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Batch]:
        return iterate(self.readings, self.numbers, self.padding)


class ReadingsModule(pl.LightningDataModule):
    """Train and validation readings; `padding` is the vocabulary id of the padding token.

    The training order depends on seed and epoch alone, so that a resumed run reads what it would have read.
    """

    def __init__(
        self,
        train: Sequence[Reading],
        validation: Sequence[Reading],
        *,
        token_budget: int,
        padding: int,
        seed: int,
        limit_batches: int | None = None,
    ):
        super().__init__()
        self.train, self.validation = train, validation
        self.token_budget, self.padding, self.seed, self.limit_batches = token_budget, padding, seed, limit_batches

    def training_batches(self, epoch: int) -> list[list[int]]:
        """Reading numbers of every batch of `epoch`."""
        return batch_readings(self.train, self.token_budget, seed=self.seed, epoch=epoch)[: self.limit_batches]

    def train_dataloader(self) -> DataLoader:
        """The batches of the current epoch; the trainer must reload it every epoch."""
        # Epochs that were gone through whole: a checkpoint written at an epoch's end has not counted it as completed
        # yet when this is called, so trainer.current_epoch would name the epoch before.
        progress = self.trainer.fit_loop.epoch_progress.current  # type: ignore[union-attr]
        epoch = progress.processed  # type: ignore[union-attr]
        return self._loader(self.train, self.training_batches(epoch))

    def val_dataloader(self) -> DataLoader:
        """The validation batches, in order of length."""
        numbers = batch_readings(self.validation, 4 * self.token_budget, seed=None)[: self.limit_batches]
        return self._loader(self.validation, numbers)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Batches are our own type, so they say themselves how they move."""
        return batch.to(device)

    def _loader(self, readings: Sequence[Reading], numbers: list[list[int]]) -> DataLoader:
        return DataLoader(_Batches(readings, numbers, self.padding), batch_size=None)
