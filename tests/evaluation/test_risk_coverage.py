"""The curve by hand: the surest first, ties shared, the area and its bound."""

from dataclasses import replace

import numpy as np
import pytest

from stance.evaluation.risk_coverage import risk_coverage
from stance.evaluation.scored import Scored
from tests.evaluation.invented import certain, invented


def sure(gold: str, predicted: str, sureness: list[float]) -> Scored:
    scored = certain(gold, predicted)
    rows = np.array([np.full(4, (1 - p) / 3) for p in sureness])
    rows[np.arange(len(rows)), scored.predicted] = sureness
    return replace(scored, probabilities=rows)


def test_the_surest_answers_come_first():
    # In order of sureness: right, wrong, right, wrong.
    found = risk_coverage(sure("ffaa", "afaf", [0.6, 0.9, 0.7, 0.8]))
    assert found.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found.risk.tolist() == [0.0, 0.5, pytest.approx(1 / 3), 0.5]
    assert found.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # The two errors last: 0, 0, 1/3, 1/2.
    assert found.least == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert found.risk_at(0.5) == 0.5
    assert found.risk_at(0.6) == pytest.approx(1 / 3)
    assert found.coverage_at(0.1) == 0.25
    assert found.coverage_at(0.4) == 0.75
    assert found.coverage_at(0.5) == 1.0


def test_answers_equally_sure_count_with_their_mean_error_in_any_order():
    wrong_first = risk_coverage(certain("fffa", "aaaa"))
    assert wrong_first.risk.tolist() == [0.75] * 4
    assert risk_coverage(certain("afff", "aaaa")).risk.tolist() == [0.75] * 4
    assert wrong_first.coverage_at(0.5) == 0.0
    # The least is what a perfect order gives: 0, 1/2, 2/3, 3/4.
    assert wrong_first.least == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 4)


def test_the_curve_ends_at_the_error_of_all_answers_and_no_order_beats_the_least():
    scored = invented(200)
    found = risk_coverage(scored)
    assert found.risk[-1] == pytest.approx((scored.predicted != scored.gold).mean())
    assert found.least < found.area < found.risk[-1]
