"""The wording of statements: read as a naive loop over n-grams reads it, learned, and left out of training."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from stance.data.batches import Batch
from stance.models.catalogue import Workshop, build
from stance.models.wording import BUCKETS, Wording
from stance.settings import NetworkSettings

PIECES = ["▁نرفض", "▁بقاء", "▁القوات", "▁نرحب", "هم", "▁رحيل"]
STATEMENTS = [[0, 1, 2], [0, 1], [0, 1, 4], [3, 1, 2], [3, 1], [3, 1, 4], [3, 5], [0, 5]]
SIDES = np.array([1, 1, 1, 0, 0, 0, 1, 0])


def asked(tokens: list[int], sentences: list[list[int]]) -> Batch:
    """One window, one actor, and a question about each of its sentences."""
    nothing = {item.name: torch.zeros(0, dtype=torch.long) for item in fields(Batch) if item.type is torch.Tensor}
    masks = torch.zeros(len(sentences), len(tokens), dtype=torch.bool)
    for mask, places in zip(masks, sentences, strict=True):
        mask[places] = True
    return Batch(
        **nothing
        | {
            "tokens": torch.tensor([tokens]),
            "sentence_tokens": masks,
            "sentence_window": torch.zeros(len(sentences), dtype=torch.long),
            "question_pair": torch.zeros(len(sentences), dtype=torch.long),
            "question_sentence": torch.arange(len(sentences)),
        },
        actors=(),
        targets=(),
    )


@pytest.fixture(scope="module")
def wording() -> Wording:
    found = Wording(dict(enumerate(PIECES)).get, sides=3, strength=10.0)
    found.fit(STATEMENTS, SIDES)
    return found


def naive(wording: Wording, share: dict[int, tuple[int, float]]) -> np.ndarray:
    """Scores summed n-gram by n-gram over {place: (vocabulary id, share)}."""
    square = 0.0
    table, rows = wording.table.numpy(), np.zeros(3)
    for place, (number, weight) in share.items():
        for bucket in wording._of_piece(number):
            rows += weight * table[bucket, :3]
            square += weight**2 * table[bucket, 3]
        if place + 1 in share:
            following, other = share[place + 1]
            bucket = (number * 1_000_003 + following * 7_919 + 12_345) % BUCKETS
            rows += weight * other * table[bucket, :3]
            square += (weight * other) ** 2 * table[bucket, 3]
    scores = rows / np.sqrt(square) + wording.bias.numpy()
    return scores - np.log(np.exp(scores).sum())


def test_the_linked_words_of_each_sentence_are_read_as_a_loop_reads_them(wording: Wording) -> None:
    tokens = [5, 0, 1, 2, 3, 4, 1]
    batch = asked(tokens, [[1, 2, 3], [4, 5, 6]])
    link = torch.tensor([[9.0, 0.0, 1.0, -2.0, 3.0, -1.0, 0.5]])
    found = wording(link, batch).numpy()
    weights = link[0].sigmoid().numpy()
    for row, places in zip(found, ([1, 2, 3], [4, 5, 6]), strict=True):
        surest = max(weights[place] for place in places)
        expected = naive(wording, {place: (tokens[place], weights[place] / surest) for place in places})
        np.testing.assert_allclose(row, expected, rtol=1e-4)


def test_it_learns_which_side_words_take_and_never_the_side_that_nobody_took(wording: Wording) -> None:
    held = [([0, 1, 2, 4], 1), ([3, 1, 2, 4], 0)]
    for pieces, side in held:
        row = wording(torch.full((1, len(pieces)), 9.0), asked(pieces, [list(range(len(pieces)))]))[0]
        assert int(row.argmax()) == side
        assert float(row[2]) < -1e3


def test_other_words_around_change_nothing(wording: Wording) -> None:
    alone = wording(torch.full((1, 2), 4.0), asked([0, 1], [[0, 1]]))
    among = wording(torch.full((1, 5), 4.0), asked([3, 5, 0, 1, 3], [[2, 3]]))
    torch.testing.assert_close(alone, among)


@pytest.mark.parametrize("statements", [[], [[0, 1], [2]]], ids=["none", "one side"])
def test_without_two_sides_it_has_no_opinion(statements: list[list[int]]) -> None:
    found = Wording(dict(enumerate(PIECES)).get, sides=3)
    found.fit(statements, np.zeros(len(statements), dtype=np.int64))
    row = found(torch.zeros(1, 2), asked([0, 1], [[0, 1]]))[0]
    torch.testing.assert_close(row, torch.full((3,), 1 / 3).log())


def test_a_network_answers_with_it_and_is_trained_without_it(workshop: Workshop, parts) -> None:
    train, validation, test = parts
    plain, worded = (
        build(NetworkSettings(wording=weight, lexical=0.0, renamed=0), replace(workshop, seed=3))
        for weight in (0.0, 3.0)
    )
    for model in (plain, worded):
        model.fit(train, validation)
    own, other = (dict(model.network.named_parameters()) for model in (plain, worded))
    for name, value in own.items():
        torch.testing.assert_close(value, other[name], rtol=0, atol=0)
    assert not np.allclose(plain.predict(test).probabilities, worded.predict(test).probabilities, atol=0.01)
