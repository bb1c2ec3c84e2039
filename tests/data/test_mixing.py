"""Batches of sources between those of the data set itself."""

from collections import Counter

import pytest

from stance.data.batches import collate
from stance.data.datamodule import ReadingsModule
from stance.data.mixing import MixedReadings, SourceReadings

from .test_batches import MANY, PADDING

OWN, FIRST, SECOND = MANY[:60], MANY[60:100], MANY[100:105]


def module(*sources: SourceReadings, seed: int = 3, **options) -> MixedReadings:
    return MixedReadings(OWN, MANY[:10], sources=sources, token_budget=512, padding=PADDING, seed=seed, **options)


def alone(readings: list, epoch: int, seed: int = 3) -> list[list[int]]:
    return ReadingsModule(readings, [], token_budget=512, padding=PADDING, seed=seed).training_batches(epoch)


def test_without_sources_batches_are_what_they_were() -> None:
    for epoch in range(3):
        assert module().training_batches(epoch) == alone(OWN, epoch)


def test_batches_of_sources_stand_between_the_own_which_keep_their_order() -> None:
    mixed = module(SourceReadings(FIRST, 0.5))
    for epoch in range(3):
        batches = mixed.training_batches(epoch)
        sources = [{mixed.train[number].source for number in batch} for batch in batches]
        assert all(len(found) == 1 for found in sources), "a batch is of one set"
        own = alone(OWN, epoch)
        assert [batch for batch, found in zip(batches, sources, strict=True) if found == {0}] == own
        assert sources[-1] == {0}, "the epoch is over with the own"
        assert Counter(found.pop() for found in sources) == {0: len(own), 1: round(0.5 * len(own))}
        assert batches == module(SourceReadings(FIRST, 0.5)).training_batches(epoch)
    assert mixed.training_batches(0) != mixed.training_batches(1)
    assert mixed.training_batches(0) != module(SourceReadings(FIRST, 0.5), seed=4).training_batches(0)


def test_a_source_is_gone_through_once_at_most_and_each_epoch_takes_others() -> None:
    mixed = module(SourceReadings(FIRST, 0.2), SourceReadings(SECOND, 9.0))
    batches = mixed.training_batches(0)
    second = sorted(number for batch in batches for number in batch if mixed.train[number].source == 2)
    assert second == list(range(100, 105)), "all of it, once"
    taken = [
        {number for batch in mixed.training_batches(epoch) for number in batch if mixed.train[number].source == 1}
        for epoch in (0, 1)
    ]
    assert taken[0] != taken[1]


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_one_batch_of_each_tries_the_code(share: float) -> None:
    mixed = module(SourceReadings(FIRST, share), SourceReadings(SECOND, share), limit_batches=1)
    batches = mixed.training_batches(0)
    assert sorted(mixed.train[batch[0]].source for batch in batches) == [0, 1, 2]
    joined = [collate([mixed.train[number] for number in batch], PADDING).source for batch in batches]
    assert joined == [mixed.train[batch[0]].source for batch in batches]
