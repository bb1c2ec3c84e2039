"""The lexical expert: what it learns survives storing, and the mixture is the product it claims to be."""

import numpy as np
import pytest

from stance.data.examples import Dataset
from stance.errors import DataError
from stance.models.lexical import LexicalExpert, mix


@pytest.fixture(scope="module")
def expert(dataset: Dataset) -> LexicalExpert:
    found = LexicalExpert(1.0)
    found.fit(dataset.take([example.id for example in dataset.examples[:54]]))
    return found


def test_it_learns_the_words_that_tell_the_stance(expert: LexicalExpert, dataset: Dataset) -> None:
    held = dataset.take([example.id for example in dataset.examples[54:]])
    rows = expert.probabilities(held)
    np.testing.assert_allclose(rows.sum(1), 1)
    assert (rows.argmax(1) == held.gold()).mean() > 0.6


def test_what_is_stored_is_all_it_knows(expert: LexicalExpert, dataset: Dataset) -> None:
    import torch

    other = LexicalExpert(1.0)
    rest = other.restore({**expert.weights, "network.weight": torch.zeros(1)})
    assert list(rest) == ["network.weight"]
    np.testing.assert_array_equal(other.probabilities(dataset), expert.probabilities(dataset))


def test_missing_arrays_are_refused() -> None:
    with pytest.raises(DataError, match=r"^Expected three arrays of the lexical expert, found \[\]\.$"):
        LexicalExpert(1.0).restore({})


def test_two_classes_in_training_never_predict_the_others(dataset: Dataset) -> None:
    two = [example.id for example in dataset.examples if example.label in ("favor", "none")]
    found = LexicalExpert(1.0)
    found.fit(dataset.take(two))
    rows = found.probabilities(dataset)
    assert rows[:, [1, 2]].max() < 1e-6
    assert (rows.argmax(1) == dataset.gold())[np.isin(dataset.gold(), (0, 3))].mean() > 0.9


def test_mixture_by_hand() -> None:
    network = np.array([[0.8, 0.2], [0.9, 0.1]])
    expert = np.array([[0.2, 0.8], [0.5, 0.5]])
    # mirrored rows cancel out; a coin leaves the root of the odds, 9^.5 = 3
    np.testing.assert_allclose(mix(network, expert, 0.5), [[0.5, 0.5], [0.75, 0.25]])
    # odds of 4 and 1/4: 4^(3/4) / 4^(1/4) = 2
    np.testing.assert_allclose(mix(network[:1], expert[:1], 0.25), [[2 / 3, 1 / 3]])


def test_mixture_of_certain_and_opposed_rows_stays_a_probability() -> None:
    np.testing.assert_allclose(mix(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 0.5), [[0.5, 0.5]])
