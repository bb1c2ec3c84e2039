"""Readings as Lightning expects them: batches by token budget, made anew for every epoch from seed and epoch."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, IterableDataset

from stance.data.batches import Windowed, batch_readings, collate

Collate = Callable[[Sequence[Any], int], Any]


class _Batches(IterableDataset):
    def __init__(self, readings: Sequence[Windowed], numbers: list[list[int]], padding: int, join: Collate):
        self.readings, self.numbers, self.padding, self.join = readings, numbers, padding, join

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Any]:
        return (self.join([self.readings[number] for number in batch], self.padding) for batch in self.numbers)


class ReadingsModule(pl.LightningDataModule):
    """Train and validation readings; `padding` is the vocabulary id of the padding token, `join` makes the batches.

    The training order depends on seed and epoch alone, so that a resumed run reads what it would have read.
    """

    def __init__(
        self,
        train: Sequence[Windowed],
        validation: Sequence[Windowed],
        *,
        token_budget: int,
        padding: int,
        seed: int,
        limit_batches: int | None = None,
        join: Collate = collate,
    ):
        super().__init__()
        self.train, self.validation = train, validation
        self.token_budget, self.padding, self.seed, self.limit_batches = token_budget, padding, seed, limit_batches
        self.join = join

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

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Batches are our own type, so they say themselves how they move."""
        return batch.to(device)

    def _loader(self, readings: Sequence[Windowed], numbers: list[list[int]]) -> DataLoader:
        return DataLoader(_Batches(readings, numbers, self.padding, self.join), batch_size=None)
