from dataclasses import replace

import numpy as np
import pytest

from stance.errors import DataError
from stance.evaluation.errors_table import errors_table

from .invented import certain

SCORED = replace(
    certain("ffan", "faff"),
    probabilities=np.array([[0.9, 0.1, 0, 0], [0.2, 0.6, 0.2, 0], [0.8, 0.1, 0.1, 0], [0.7, 0, 0, 0.3]]),
)


def test_the_most_confident_error_comes_first():
    found = errors_table(SCORED, {"text": ["right", "unsure", "worst", "middle"]})
    assert found[["id", "gold", "predicted", "confidence", "p_gold", "text"]].to_numpy().tolist() == [
        ["e2", "against", "favor", 0.8, 0.1, "worst"],
        ["e3", "none", "favor", 0.7, 0.3, "middle"],
        ["e1", "favor", "against", 0.6, 0.2, "unsure"],
    ]


def test_no_errors_leave_the_columns():
    found = errors_table(certain("f", "f"), {"text": ["a"]})
    assert len(found) == 0
    assert list(found)[-1] == "text"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a"]}, "Expected 4 values in column 'text', one per example, found 1."),
        (
            {"gold": ["a"] * 4},
            "Expected columns other than id, document_id, actor, target, cluster, gold, predicted, confidence, p_gold, "
            "found 'gold'. Rename it.",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, message):
    with pytest.raises(DataError) as caught:
        errors_table(SCORED, columns)
    assert str(caught.value) == message
