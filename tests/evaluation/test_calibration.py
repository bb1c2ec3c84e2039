import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.evaluation.calibration import (
    apply_temperature,
    brier_score,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    risk_thresholds,
)

from .invented import invented, softmax

TWO = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
RIGHT = np.array([0, 1, 1, 1])


def test_reliability_worked_by_hand():
    # Confidences 0.9 0.8 0.6 0.7, right: yes no yes yes. Two bins: {0.6, 0.7}, both right, and {0.8, 0.9}, one right.
    found = reliability(TWO, RIGHT, bins=2)
    np.testing.assert_allclose(found.confidence, [0.65, 0.85])
    np.testing.assert_allclose(found.accuracy, [1.0, 0.5])
    assert found.count.tolist() == [2, 2]
    # Half of the examples are 0.35 off, half 0.35.
    assert expected_calibration_error(TWO, RIGHT, bins=2) == pytest.approx(0.35)


def test_proper_scores_worked_by_hand():
    # Squared distances to one-hot gold: 2·0.1², 2·0.8², 2·0.4², 2·0.3²; their mean.
    assert brier_score(TWO, RIGHT) == pytest.approx(2 * (0.01 + 0.64 + 0.16 + 0.09) / 4)
    assert negative_log_likelihood(TWO, RIGHT) == pytest.approx(-np.log([0.9, 0.2, 0.6, 0.7]).mean())


def test_a_certain_error_costs_much_but_not_infinitely():
    assert negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-12))


def test_a_constant_model_has_one_bin():
    found = reliability(np.tile([0.6, 0.4], (10, 1)), np.array([0] * 6 + [1] * 4))
    assert found.count.tolist() == [10]
    assert found.error == pytest.approx(0)


@given(seed=st.integers(0, 999), n=st.integers(1, 60), bins=st.integers(1, 15))
def test_reliability_does_not_depend_on_order(seed, n, bins):
    rng = np.random.default_rng(seed)
    # Rounding makes ties, which are what order could decide.
    top = np.round(rng.uniform(0.5, 1, n), 1)
    rows, gold, order = np.stack([top, 1 - top], axis=1), rng.integers(0, 2, n), rng.permutation(n)
    found, shuffled = reliability(rows, gold, bins=bins), reliability(rows[order], gold[order], bins=bins)
    assert found.count.tolist() == shuffled.count.tolist()
    assert found.count.sum() == n
    assert len(found.count) <= bins
    assert found.error == pytest.approx(shuffled.error)
    assert 0 <= found.error <= 1


def test_distinct_confidences_share_out_evenly():
    scored = invented(100)
    assert reliability(scored.probabilities, scored.gold, bins=10).count.tolist() == [10] * 10


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(true):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20000, 4)) * 3
    gold = (softmax(logits / true).cumsum(axis=1) > rng.random((20000, 1))).argmax(axis=1)
    # Standard error of the estimate is some 2 % at this size.
    assert fit_temperature(logits, gold) == pytest.approx(true, rel=0.05)


@given(seed=st.integers(0, 99))
def test_no_temperature_on_a_grid_is_better(seed):
    scored = invented(40, seed=seed)
    best = fit_temperature(np.log(scored.probabilities), scored.gold)

    def loss(temperature):
        return negative_log_likelihood(apply_temperature(scored.probabilities, temperature), scored.gold)

    assert loss(best) <= min(loss(temperature) for temperature in np.geomspace(0.1, 10, 41)) + 1e-6


def test_logits_and_log_probabilities_fit_alike():
    logits = np.random.default_rng(3).normal(size=(50, 4))
    gold = np.arange(50) % 4
    assert fit_temperature(logits + 7, gold) == pytest.approx(fit_temperature(np.log(softmax(logits)), gold), rel=1e-4)


def test_too_little_to_fit_on_keeps_one():
    scored = invented(40)
    logits = np.log(scored.probabilities)
    assert fit_temperature(logits[:9], scored.gold[:9]) == 1.0
    assert fit_temperature(logits, np.zeros(40, dtype=int)) == 1.0
    assert fit_temperature(np.zeros((0, 4)), np.zeros(0, dtype=int)) == 1.0


def test_minus_infinity_does_not_break_the_fit():
    logits = np.where(np.eye(4)[np.arange(20) % 4] > 0, 0.0, -np.inf)
    gold = (np.arange(20) + (np.arange(20) < 4)) % 4
    assert 1 < fit_temperature(logits, gold) <= 10


@given(temperature=st.floats(0.5, 10), seed=st.integers(0, 99))
def test_scaled_rows_stay_probabilities_in_the_same_order(temperature, seed):
    rows = invented(5, seed=seed).probabilities
    scaled = apply_temperature(rows, temperature)
    np.testing.assert_allclose(scaled.sum(axis=1), 1)
    np.testing.assert_array_equal(scaled.argmax(axis=1), rows.argmax(axis=1))
    np.testing.assert_allclose(apply_temperature(scaled, 1 / temperature), rows, atol=1e-3)


def test_temperature_worked_by_hand():
    # T = 1/2 squares: 0.8², 0.2² → 0.64 : 0.04.
    np.testing.assert_allclose(apply_temperature(np.array([0.8, 0.2]), 0.5), [16 / 17, 1 / 17])


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_temperatures_are_refused(temperature):
    with pytest.raises(ValueError, match=f"^Expected a temperature above 0, found {temperature!r}\\.$"):
        apply_temperature(TWO, temperature)


def test_risk_thresholds_by_hand() -> None:
    # From the surest on: right, wrong, right, and two of equal confidence, one of them wrong.
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.6])
    rows = np.stack([confidence, 1 - confidence], 1)
    found = risk_thresholds(rows, np.array([0, 1, 0, 0, 1]))
    assert [threshold for threshold, _ in found] == pytest.approx([0.9, 0.8, 0.7, 0.6])
    # Where p errors among n would be so few in one draw of twenty: 1 - p, and the root of the binomial's sum.
    for (_, bound), (errors, answered) in zip(found, [(0, 1), (1, 2), (1, 3), (2, 5)], strict=True):
        chance = sum(math.comb(answered, k) * bound**k * (1 - bound) ** (answered - k) for k in range(errors + 1))
        assert chance == pytest.approx(0.05)


def test_risk_thresholds_of_nothing_and_of_errors_alone() -> None:
    assert risk_thresholds(np.zeros((0, 2)), np.zeros(0, dtype=int)) == ()
    assert risk_thresholds(np.array([[0.9, 0.1]]), np.array([1])) == ((0.9, 1.0),)


def test_many_examples_have_few_thresholds_from_the_surest_to_all() -> None:
    rows = np.linspace(0.5, 1, 1000)
    found = risk_thresholds(np.stack([rows, 1 - rows], 1), np.zeros(1000, dtype=int), points=20)
    assert len(found) == 20
    assert (found[0][0], found[-1][0]) == (1.0, 0.5)
