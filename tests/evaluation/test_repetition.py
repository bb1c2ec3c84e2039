from dataclasses import replace

import numpy as np
import pytest

from stance.errors import DataError
from stance.evaluation.repetition import repetition

from .invented import invented

THEN = {"f_avg": 0.5, "macro_f1": 0.4}


def test_the_same_numbers_agree_whatever_the_order_of_the_examples() -> None:
    before = invented(3)
    found = repetition(THEN, dict(THEN), before, before.take([2, 0, 1]))
    assert found.agrees
    assert found.sentence == "all 2 metrics agree, and so do the answers on all 3 examples."
    assert found.table == ""


def test_what_moved_is_counted_and_shown_the_furthest_first() -> None:
    before = invented(3)
    rows = before.probabilities.copy()
    rows[0] = rows[0, ::-1]
    after = replace(before, probabilities=rows)
    found = repetition(THEN, {"f_avg": 0.49, "macro_f1": 0.6, "skill": 0.1}, before, after)
    assert not found.agrees
    assert (found.compared, sorted(found.changed)) == (3, ["f_avg", "macro_f1", "skill"])
    assert found.largest == pytest.approx(np.abs(before.probabilities - rows).max())
    assert found.table.splitlines()[2:4] == [
        "| macro_f1 | 0.4000 | 0.6000 | +0.2000 |",
        "| f_avg | 0.5000 | 0.4900 | -0.0100 |",
    ]


def test_other_examples_are_refused() -> None:
    with pytest.raises(DataError, match="expected the same examples"):
        repetition(THEN, THEN, invented(3), invented(2))
