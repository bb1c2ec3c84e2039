"""The lexical expert: what it learns survives storing, and the mixture is the product it claims to be."""

from dataclasses import replace

import numpy as np
import pytest

from stance.data.examples import Dataset
from stance.errors import DataError
from stance.evaluation.calibration import apply_temperature
from stance.models.actor_network import ActorNetworkModel
from stance.models.calibrating import ENOUGH, best_share
from stance.models.catalogue import build
from stance.models.lexical import LexicalExpert, mix
from stance.settings import NetworkSettings


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


def rows(gold: np.ndarray, right: float, *, seed: int) -> np.ndarray:
    """Rows [N, 3] that give .8 to the gold class in `right` of the cases, else to another."""
    chance = np.random.default_rng(seed)
    said = np.where(chance.random(len(gold)) < right, gold, (gold + chance.integers(1, 3, len(gold))) % 3)
    return np.eye(3)[said] * 0.7 + 0.1


@pytest.mark.parametrize(("network", "expert", "low", "high"), [(0.9, 0.34, 0, 0.1), (0.6, 0.6, 0.4, 0.6)])
def test_the_expert_gets_the_share_that_it_is_worth(network: float, expert: float, low: float, high: float) -> None:
    gold = np.arange(1500) % 3
    share = best_share(rows(gold, network, seed=1), rows(gold, expert, seed=2), gold)
    assert share is not None
    assert low <= share <= high


def test_few_examples_tell_no_share() -> None:
    gold = np.arange(ENOUGH - 1) % 3
    assert best_share(rows(gold, 0.9, seed=1), rows(gold, 0.4, seed=2), gold) is None


def test_a_network_keeps_the_share_that_validation_found(workshop, parts, tmp_path, monkeypatch) -> None:
    train, validation, test = parts
    settings = NetworkSettings(wording=0.0, renamed=0)
    model = build(settings, workshop)
    model.fit(train, validation)
    assert model.calibration.lexical is None
    monkeypatch.setattr("stance.models.calibrating.ENOUGH", len(validation))
    model = build(settings, workshop)
    model.fit(train, validation)
    share = model.calibration.lexical
    assert share is not None
    model.save(tmp_path)
    loaded = ActorNetworkModel.load(tmp_path, workshop.targets)
    assert loaded.calibration.lexical == share
    before = loaded.predict(test).probabilities
    loaded.calibration = replace(loaded.calibration, lexical=1.0)
    expert = apply_temperature(model.expert.probabilities(test), model.calibration.temperature)
    np.testing.assert_allclose(loaded.predict(test).probabilities, expert, rtol=1e-5)
    assert not np.allclose(before, expert, atol=1e-3)


def test_a_share_that_is_given_is_taken(workshop, parts, monkeypatch) -> None:
    train, validation, _ = parts
    monkeypatch.setattr("stance.models.calibrating.ENOUGH", len(validation))
    for settings in (NetworkSettings(wording=0.0, renamed=0, lexical=0.5), NetworkSettings(renamed=0)):
        model = build(settings, workshop)
        model.fit(train, validation)
        assert model.calibration.lexical is None
