"""Which class is answered: weights of the classes on each target, from held-out answers."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.data.examples import Dataset
from stance.evaluation.calibration import apply_temperature
from stance.evaluation.metrics import confusion, f_avg
from stance.labels import FAVOR_AGAINST_NONE, LabelSet
from stance.models.actor_network import ActorNetworkModel
from stance.models.baselines import TfidfLogisticRegression
from stance.models.catalogue import build
from stance.models.deciding import FEWEST, decision_weights, unweighted, weighted, weighted_by_others
from stance.settings import NetworkSettings, TfidfSettings

SIDES = LabelSet("sides", ("favor", "against"), ("favor", "against"))


def score(rows: np.ndarray, gold: np.ndarray, labels: LabelSet) -> float:
    return float(f_avg(confusion(gold, rows.argmax(1), len(labels.classes)), labels))


def naive(rows: np.ndarray, gold: np.ndarray, labels: LabelSet) -> tuple[float, ...]:
    """One loop in the other, and no choice compared that lies outside of the grid."""
    last = len(labels.classes) - 1
    scores = {}
    for place in product(range(7), repeat=last):
        factors = np.exp([*(0.3 * (step - 3) for step in place), 0.0])
        scores[place] = score(rows * factors, gold, labels)

    def around(place: tuple[int, ...]) -> float:
        beside = [tuple(np.clip(np.add(place, step), 0, 6)) for step in product((-1, 0, 1), repeat=last)]
        return float(np.mean([scores[tuple(map(int, one))] for one in beside])) - 0.006 * sum(
            abs(step - 3) for step in place
        )

    best = max(scores, key=around)
    return tuple(np.exp([*(0.3 * (step - 3) for step in best), 0.0]))


def test_a_rare_side_is_answered_where_it_is_less_likely_than_the_other() -> None:
    # Eight of a hundred are against, all of them said to be so with .4, and of the others two with .35, the rest .1.
    gold = np.array([1] * 8 + [0] * 92)
    against = np.array([0.4] * 8 + [0.35] * 2 + [0.1] * 90)
    rows = np.stack([1 - against, against], 1)
    found = decision_weights(rows, gold, ["host"] * 100, SIDES)
    # Right from a factor of .4 / .6 on, which is e^-.405, and for the two others wrong from e^-.619 on. So e^-.6 alone
    # is right of all; around e^-.9 are the three 0.939, 0.939 and 1, around e^-.6 they are 0.939, 1 and 0.479.
    both = (16 / 18 + 180 / 182) / 2
    assert score(rows * [np.exp(-0.9), 1], gold, SIDES) == pytest.approx(both)
    assert score(rows * [np.exp(-0.6), 1], gold, SIDES) == 1
    assert score(rows * [np.exp(-0.3), 1], gold, SIDES) == pytest.approx((0 + 184 / 192) / 2)
    assert (2 * both + 1) / 3 - 0.018 > (both + 1 + 0.479) / 3 - 0.012
    assert found == {"host": (pytest.approx(np.exp(-0.9)), 1.0)}
    assert score(weighted(rows, ["host"] * 100, found), gold, SIDES) == pytest.approx(both)


def test_a_gain_of_less_than_a_step_costs_changes_nothing() -> None:
    # One more of four hundred would be right from e^.3 on: .0025 of f_avg, and each step takes .006 off.
    gold = np.array([0] * 200 + [1] * 200)
    favor = np.array([0.9] * 199 + [0.45] + [0.1] * 200)
    rows = np.stack([favor, 1 - favor], 1)
    assert decision_weights(rows, gold, ["host"] * 400, SIDES) == {"host": (1.0, 1.0)}
    assert score(rows * [np.exp(0.3), 1], gold, SIDES) > score(rows, gold, SIDES)


def test_each_target_has_its_own_and_a_small_one_none() -> None:
    gold = np.array(([1] * 8 + [0] * 92) * 2 + [1] * (FEWEST - 1))
    against = np.array([0.3] * 8 + [0.1] * 92 + [0.6] * 8 + [0.1] * 92 + [0.3] * (FEWEST - 1))
    targets = ["rare"] * 100 + ["plain"] * 100 + ["small"] * (FEWEST - 1)
    rows = np.stack([1 - against, against], 1)
    found = decision_weights(rows, gold, targets, SIDES)
    assert sorted(found) == ["plain", "rare"]
    assert found["plain"] == (1.0, 1.0)
    answered = weighted(rows, targets, found)
    np.testing.assert_allclose(answered[100:], rows[100:])
    assert (answered[:8].argmax(1) == 1).all()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_best_neighbourhood_is_taken_and_undone_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet((1.0, 0.5, 0.3), size=2 * FEWEST)
    gold, targets = rng.integers(0, 3, size=2 * FEWEST), ["a", "b"] * FEWEST
    found = decision_weights(rows, gold, targets, FAVOR_AGAINST_NONE)
    answered = weighted(rows, targets, found)
    np.testing.assert_allclose(answered.sum(1), 1)
    np.testing.assert_allclose(unweighted(answered, targets, found), rows, rtol=1e-9)
    for target in ("a", "b"):
        here = np.array(targets) == target
        assert found[target] == pytest.approx(naive(rows[here], gold[here], FAVOR_AGAINST_NONE))
    # The order of the examples does not matter.
    order = rng.permutation(2 * FEWEST)
    assert decision_weights(rows[order], gold[order], [targets[n] for n in order], FAVOR_AGAINST_NONE) == found


def test_without_weights_rows_stay_the_same_bits() -> None:
    rows = np.random.default_rng(0).dirichlet((1.0, 1.0), size=5)
    assert weighted(rows, ["host"] * 5, {}) is rows
    assert unweighted(rows, ["host"] * 5, {}) is rows


def test_a_network_keeps_its_weights_and_answers_by_them(workshop, parts, tmp_path, monkeypatch) -> None:
    train, validation, test = parts
    monkeypatch.setattr("stance.models.deciding.FEWEST", 1)
    plain = build(NetworkSettings(renamed=0), workshop)
    plain.fit(train, validation)
    assert plain.calibration.weights == {}
    model = build(NetworkSettings(renamed=0, decision_weights=True), workshop)
    model.fit(train, validation)
    assert set(model.calibration.weights) == set(validation.targets())
    model.save(tmp_path)
    loaded = ActorNetworkModel.load(tmp_path, workshop.targets)
    np.testing.assert_allclose(loaded.predict(test).probabilities, model.predict(test).probabilities, rtol=1e-5)
    # Other weights answer otherwise, by just their ratios.
    before = apply_temperature(loaded.predict(test).probabilities, 1 / loaded.calibration.temperature)
    factors = (2.0, 1.0, 0.5, 1.0)
    given = {name: tuple(np.multiply(found, factors)) for name, found in loaded.calibration.weights.items()}
    loaded.calibration = replace(loaded.calibration, weights=given)
    after = apply_temperature(loaded.predict(test).probabilities, 1 / loaded.calibration.temperature)
    known = np.isin(test.targets(), validation.targets())
    assert known.any()
    wanted = np.where(known[:, None], before * factors, before)
    np.testing.assert_allclose(after, wanted / wanted.sum(1, keepdims=True), rtol=1e-4)


def test_the_linear_baseline_has_them_too(parts: tuple[Dataset, ...], monkeypatch) -> None:
    train, validation, test = parts
    monkeypatch.setattr("stance.models.deciding.FEWEST", 1)
    plain, model = (TfidfLogisticRegression(TfidfSettings(decision_weights=asked)) for asked in (False, True))
    plain.fit(train, validation)
    model.fit(train, validation)
    assert plain.calibration.weights == {}
    found = model.calibration.weights
    wanted = weighted(plain.predict(test).probabilities, test.targets(), found)
    np.testing.assert_allclose(model.predict(test).probabilities, wanted)
    raw = plain.predict(validation).probabilities
    assert found == decision_weights(raw, validation.gold(), validation.targets(), train.label_set)


def test_a_half_is_weighed_by_what_is_best_on_the_other() -> None:
    # Even rows: a tenth is against, said with .4. Odd ones: nobody is, though a tenth is said to be with .4.
    against = np.array([0.4, 0.4] * 10 + [0.1, 0.1] * 90)
    gold = np.array([1, 0] * 10 + [0, 0] * 90)
    rows = np.stack([1 - against, against], 1)
    found = weighted_by_others(rows, gold, ["host"] * 200, SIDES)
    own = decision_weights(rows[::2], gold[::2], ["host"] * 100, SIDES)
    np.testing.assert_allclose(found[1::2], weighted(rows[1::2], ["host"] * 100, own))
    np.testing.assert_allclose(found[::2], rows[::2])
    assert own != {"host": (1.0, 1.0)}
