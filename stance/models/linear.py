"""What a linear classifier of scikit-learn has learned, as one row for each class there is."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

_NEVER = -1e4
"""The intercept of a class that training never saw: it is not predicted."""


def class_rows(regression: "LogisticRegression", classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients [K, F] and intercepts [K] of `classes` classes, the numbers of which `regression` was fit to.

    With two classes scikit-learn keeps one row, the second's against the first; it is halved between them.
    """
    weights, bias = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    coefficients = np.zeros((classes, weights.shape[1]))
    intercepts = np.full(classes, _NEVER)
    coefficients[regression.classes_], intercepts[regression.classes_] = weights, bias
    return coefficients, intercepts
