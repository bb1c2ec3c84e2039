"""Batches of several data sets in turn: the one that is tested, and in between those of its sources."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stance.data.batches import batch_readings
from stance.data.datamodule import ReadingsModule
from stance.data.windows import Reading


@dataclass(frozen=True)
class SourceReadings:
    """What is read of a source; `share` of its batches come to each batch of the data set that is tested."""

    readings: Sequence[Reading]
    share: float


class MixedReadings(ReadingsModule):
    """Train and validation readings as ReadingsModule has them, and readings of sources that are only trained on.

    An epoch goes through `train` once, and ends with it. A source gives at most what it has: each epoch takes others of
    its batches, none twice.
    """

    def __init__(
        self,
        train: Sequence[Reading],
        validation: Sequence[Reading],
        *,
        sources: Sequence[SourceReadings] = (),
        **options: Any,
    ):
        marked = [
            replace(reading, source=number)
            for number, source in enumerate(sources, start=1)
            for reading in source.readings
        ]
        super().__init__([*train, *marked], validation, **options)
        self.own, self.sources = train, sources

    def training_batches(self, epoch: int) -> list[list[int]]:
        """Reading numbers of every batch of `epoch`, those of sources counted on from the last of `train`."""
        own = self._batches(self.own, epoch)[: self.limit_batches]
        others: list[list[int]] = []
        begin = len(self.own)
        for source in self.sources:
            most = max(1, round(source.share * len(own)))
            batches = self._batches(source.readings, epoch)[:most]
            others += [[begin + number for number in batch] for batch in batches]
            begin += len(source.readings)
        return _mixed(own, others, np.random.default_rng([self.seed, epoch, len(self.sources)]))

    def _batches(self, readings: Sequence[Reading], epoch: int) -> list[list[int]]:
        return batch_readings(readings, self.token_budget, seed=self.seed, epoch=epoch)


def _mixed(own: list[list[int]], others: list[list[int]], random: np.random.Generator) -> list[list[int]]:
    """Both in one row, each in its own order but that of `others`, which is drawn; the last is one of `own`."""
    waiting = iter([others[number] for number in random.permutation(len(others))])
    first, last = iter(own[:-1]), own[-1:]
    is_other = random.permutation(np.arange(len(others) + len(own) - len(last)) < len(others))
    return [next(waiting if other else first) for other in is_other] + last
