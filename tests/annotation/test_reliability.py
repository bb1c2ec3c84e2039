"""Agreement against published and hand-worked numbers, another implementation, and what must hold of any votes."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from stance.annotation.reliability import (
    Figure,
    alpha,
    coincidences,
    f1,
    figure,
    kappa,
    nominal,
    one_against_rest,
    ordinal,
    resample,
    summed,
)

# Krippendorff 2011, section C: four observers, twelve units, five values, missing data.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
VOTES = st.lists(st.lists(st.integers(0, 3), min_size=0, max_size=4), min_size=2, max_size=12)


def counted(units: list[list[int]], classes: int) -> np.ndarray:
    return np.array([[unit.count(value) for value in range(classes)] for unit in units])


def whole(units: list[list[int]], classes: int = 4) -> np.ndarray:
    return coincidences(counted(units, classes)).sum(axis=0)


def published() -> list[list[int]]:
    rows = [line.split() for line in PUBLISHED.strip().splitlines()]
    return [[int(value) - 1 for value in unit if value != "."] for unit in zip(*rows, strict=True)]


def test_krippendorffs_example_comes_out() -> None:
    matrix = whole(published(), 5)
    # The coincidence matrix as printed: 40 pairable values, the single 3 of unit 12 paired with nothing.
    printed = [[7, 4 / 3, 1 / 3, 1 / 3, 0], [4 / 3, 10, 4 / 3, 1 / 3, 0], [1 / 3, 4 / 3, 8, 1 / 3, 0]]
    assert matrix == pytest.approx(np.array([*printed, [1 / 3, 1 / 3, 1 / 3, 4, 0], [0, 0, 0, 0, 3]]))
    assert round(float(alpha(matrix)), 3) == 0.743
    assert round(float(alpha(matrix, ordinal)), 3) == 0.815


def test_two_observers_of_two_values_worked_by_hand() -> None:
    # Ten units: 0 0 five times, 1 1 once, 0 1 four times. Of 20 values 14 are 0 and 6 are 1; 8 of 20 pairs differ.
    # Expected: 2 · 14 · 6 / (20 · 19) = 168/380. Alpha = 1 − 0.4 / (168/380) = 0.095.
    matrix = whole([[0, 0]] * 5 + [[1, 1]] + [[0, 1]] * 4, 2)
    assert matrix.tolist() == [[10, 4], [4, 2]]
    assert float(alpha(matrix)) == pytest.approx(1 - 0.4 * 380 / 168)


def test_kappa_worked_by_hand() -> None:
    # Of 50: both yes 20, both no 15, agreed 0.7; chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5; kappa = 0.2 / 0.5.
    assert float(kappa(np.array([[20, 5], [10, 15]]))) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_kappa_agrees_with_another_implementation(votes: list[tuple[int, int]]) -> None:
    table = np.zeros((3, 3))
    for first, second in votes:
        table[first, second] += 1
    if len({value for vote in votes for value in vote}) < 2:
        assert np.isnan(kappa(table))
        return
    expected = cohen_kappa_score(*zip(*votes, strict=True), labels=[0, 1, 2])
    assert float(kappa(table)) == pytest.approx(expected)


@given(VOTES)
def test_alpha_agrees_with_another_implementation(units: list[list[int]]) -> None:
    paired = {value for unit in units if len(unit) > 1 for value in unit}
    matrix = whole(units)
    if len(paired) < 2:
        assert np.isnan(alpha(matrix))
        return
    counts = counted(units, 4)
    for level, distance in (("nominal", nominal), ("ordinal", ordinal)):
        expected = krippendorff.alpha(value_counts=counts, value_domain=[0, 1, 2, 3], level_of_measurement=level)
        assert float(alpha(matrix, distance)) == pytest.approx(expected)


@given(VOTES, st.randoms(use_true_random=False))
def test_neither_the_order_of_units_nor_of_annotators_matters(units: list[list[int]], chance: object) -> None:
    shuffled = [sorted(unit, key=lambda _: chance.random()) for unit in units]  # type: ignore[attr-defined]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert whole(shuffled) == pytest.approx(whole(units))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(2, 4)), min_size=2, max_size=9))
def test_perfect_agreement_is_one_unless_there_is_one_class(units: list[tuple[int, int]]) -> None:
    matrix = whole([[value] * times for value, times in units])
    several = len({value for value, _ in units}) > 1
    for distance in (nominal, ordinal):
        found = float(alpha(matrix, distance))
        assert found == 1 if several else np.isnan(found)


def test_single_values_make_no_coincidence() -> None:
    assert not coincidences(np.array([[1, 0], [0, 0]])).any()


def test_one_class_against_the_rest_is_alpha_of_two_classes() -> None:
    units = published()
    for place in range(5):
        binary = whole([[int(value != place) for value in unit] for unit in units], 2)
        assert one_against_rest(whole(units, 5), place) == pytest.approx(binary)


def test_documents_are_summed_by_their_group() -> None:
    matrices = np.arange(12.0).reshape(3, 2, 2)
    assert summed(matrices, np.array([7, 3, 7])).tolist() == [[[4, 5], [6, 7]], [[8, 10], [12, 14]]]
    assert summed(matrices[:0], np.array([], int)).shape == (0, 2, 2)


def test_f1_of_marks_is_symmetric() -> None:
    # Both marked 2; one marked 3, the other 5: precision 2/3, recall 2/5, F1 0.5.
    assert float(f1(np.array([2, 8]))) == pytest.approx(0.5)
    assert np.isnan(f1(np.array([0, 0])))


def test_resampling_draws_whole_documents_again_and_again_the_same() -> None:
    documents = np.array([[1.0, 0.0], [10.0, 0.0], [100.0, 1.0]])
    drawn = resample(documents, draws=400)
    assert drawn.tolist() == resample(documents, draws=400).tolist()
    assert drawn.tolist() != resample(documents, draws=400, seed=1).tolist()
    # Three documents in each draw: 3 of 1, 10 and 100, the second column counting the last.
    assert {tuple(map(int, row)) for row in drawn} <= {
        (a + 10 * b + 100 * (3 - a - b), 3 - a - b) for a in range(4) for b in range(4 - a)
    }
    # Each is expected once; the spread of its number is √(3 · 1/3 · 2/3) = 0.82, of the mean of 400 draws 0.04.
    assert drawn[:, 1].mean() == pytest.approx(1, abs=0.15)


def test_interval_covers_what_documents_drawn_anew_give() -> None:
    random = np.random.default_rng(3)

    def documents(size: int) -> np.ndarray:
        truth = random.integers(0, 3, size)
        seen = np.where(random.random((2, size)) < 0.75, truth, random.integers(0, 3, (2, size)))
        return coincidences(np.stack([(seen == value).sum(axis=0) for value in range(3)], axis=1))

    whole_truth = float(alpha(documents(100_000).sum(axis=0)))
    covered = 0
    for trial in range(60):
        drawn_once = documents(120)
        found = figure(drawn_once, resample(drawn_once, draws=200, seed=trial), 120, alpha)
        covered += found.low <= whole_truth <= found.high  # type: ignore[operator]
    # Of 60 intervals at 95 %, 57 are expected to cover; fewer than 50 has a chance of about one in a thousand.
    assert covered >= 50


def test_figures_say_why_there_is_none() -> None:
    same = coincidences(np.tile([[2, 0]], (30, 1)))
    assert figure(same, resample(same), 30, alpha) == Figure(None, why="one class only")
    assert figure(same, resample(same), 9, alpha) == Figure(None, why="too few")
    mixed = coincidences(np.array([[2, 0], [0, 2]] * 5))
    assert figure(mixed, None, 10, alpha) == Figure(1.0)
