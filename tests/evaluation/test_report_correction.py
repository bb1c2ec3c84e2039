import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation.report_correction import Correction, correction, nearest_shares
from tests.evaluation.invented import certain

SIDES = (0, 1, 2)


def test_known_mistakes_are_taken_back():
    # A fifth of all against is taken for none: of 80 against and 120 none answered, 100 are against and 100 none.
    answers = np.eye(4)
    answers[1, 1], answers[3, 1] = 0.8, 0.2
    known = Correction(np.linalg.inv(answers), np.linalg.inv(answers)[None], 10)
    found = known.shares(np.array([100, 80, 0, 120]), SIDES)
    assert found[:, 0] == pytest.approx([0.5, 0.5, 0.0])


def test_without_mistakes_the_interval_is_that_of_a_share():
    known = Correction(np.eye(4), np.eye(4)[None], 10)
    share, low, high = known.shares(np.array([30, 70, 0, 0]), SIDES)[0]
    half = 1.959964 * np.sqrt(0.3 * 0.7 / 100)
    assert (share, low, high) == pytest.approx((0.3, 0.3 - half, 0.3 + half))


def test_unsure_mistakes_widen_the_interval():
    other = np.eye(4)
    other[:2, :2] = [[1.3, -0.3], [-0.3, 1.3]]
    sure = Correction(np.eye(4), np.eye(4)[None], 10).shares(np.array([30, 70, 0, 0]), SIDES)[0]
    unsure = Correction(np.eye(4), np.stack([np.eye(4), other]), 10).shares(np.array([30, 70, 0, 0]), SIDES)[0]
    assert unsure[2] - unsure[1] > sure[2] - sure[1]


def test_nothing_counted_and_no_side_left_are_unknown():
    known = Correction(np.eye(4), np.eye(4)[None], 10)
    assert np.isnan(known.shares(np.zeros(4), SIDES)).all()
    assert np.isnan(known.shares(np.array([0, 0, 0, 5]), SIDES)).all()


def test_mistakes_read_off_scored_examples():
    # Of ten gold against, two are answered none; all else is right.
    known = correction(
        certain("f" * 10 + "a" * 10 + "m" * 10 + "n" * 10, "f" * 10 + "aaaaaaaann" + "m" * 10 + "n" * 10)
    )
    assert known is not None
    answers = np.linalg.inv(known.inverse)
    assert answers[:, 1] == pytest.approx([0, 0.8, 0, 0.2])
    assert known.examples == 40
    assert len(known.draws) > 50


def test_a_classifier_that_says_one_thing_cannot_be_corrected():
    assert correction(certain("famn" * 5, "f" * 20)) is None


def test_a_class_without_gold_is_refused():
    with pytest.raises(DataError, match="found no gold ambivalent, none"):
        correction(certain("fafa", "fafa"))


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5).map(np.array))
def test_the_nearest_shares_are_shares_and_no_others_are_nearer(vector):
    found = nearest_shares(vector)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    rng = np.random.default_rng(0)
    others = rng.dirichlet(np.ones(len(vector)), 200)
    assert ((others - vector) ** 2).sum(axis=1).min() >= ((found - vector) ** 2).sum() - 1e-9
