"""Which class is answered: on each target the weights under which held-out answers have the highest f_avg.

Where the likeliest class is answered, accuracy is highest, and no F1: a class that is rare on a target is hardly ever
named there. Weights on probabilities, chosen on held-out examples, are the plug-in rule that is consistent for such
scores (Koyejo et al. 2014, "Consistent Binary Classification with Generalized Performance Metrics"; Narasimhan et al.
2015, https://proceedings.mlr.press/v37/narasimhanb15.html, for several classes). The score here is f_avg of one target,
whose mean over targets is f_avg_target_mean; f_avg of all targets together is not what they are best for.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from stance.evaluation.metrics import confusion, f_avg
from stance.labels import LabelSet

Weights = Mapping[str, tuple[float, ...]]
"""By target, a factor for each of K classes; the last one is 1, since only their ratios matter."""

FEWEST = 50
"""Held-out examples of a target from which on weights can be told: of fewer, the best ones are mostly chance."""
_STEPS = 0.3 * np.arange(-3, 4)
# What one unit of a weight's logarithm has to gain: a few examples more or less are no reason.
_CAUTION = 0.02


def decision_weights(rows: np.ndarray, gold: np.ndarray, targets: Sequence[str], labels: LabelSet) -> Weights:
    """Weights for each target with examples enough, from held-out rows [N, K], `gold` [N] and `targets` of N."""
    asked = np.array(targets, dtype=object)
    known = [target for target in sorted(set(targets)) if (asked == target).sum() >= FEWEST]
    return {target: _best(rows[asked == target], gold[asked == target], labels) for target in known}


def weighted(rows: np.ndarray, targets: Sequence[str], weights: Weights) -> np.ndarray:
    """`rows` [N, K] with the classes weighed as on each one's target, again of sum 1; as they are where it has none."""
    if not weights:
        return rows
    plain = (1.0,) * rows.shape[1]
    found = rows * np.array([weights.get(target, plain) for target in targets])
    return found / found.sum(1, keepdims=True)


def unweighted(rows: np.ndarray, targets: Sequence[str], weights: Weights) -> np.ndarray:
    """What `weighted` was given, where it made `rows` [N, K] of it."""
    return weighted(rows, targets, {target: tuple(1 / value for value in given) for target, given in weights.items()})


def weighted_by_others(rows: np.ndarray, gold: np.ndarray, targets: Sequence[str], labels: LabelSet) -> np.ndarray:
    """`rows` [N, K], each half weighed as is best on the other: how often weights err that a row had no part in."""
    found = rows.copy()
    first = np.arange(len(gold)) % 2 == 0
    for half in (first, ~first):
        others = decision_weights(rows[~half], gold[~half], _taken(targets, ~half), labels)
        found[half] = weighted(rows[half], _taken(targets, half), others)
    return found


def _taken(targets: Sequence[str], chosen: np.ndarray) -> list[str]:
    return [target for target, here in zip(targets, chosen, strict=True) if here]


def _best(rows: np.ndarray, gold: np.ndarray, labels: LabelSet) -> tuple[float, ...]:
    """The weights whose neighbourhood on the grid scores best: by itself, a choice may owe its score to one example."""
    from scipy.ndimage import uniform_filter

    classes = len(labels.classes)
    powers = np.array([(*steps, 0.0) for steps in product(_STEPS.tolist(), repeat=classes - 1)])  # [W, K]
    answered = [(rows * factors).argmax(1) for factors in np.exp(powers)]
    scores = np.array([f_avg(confusion(gold, found, classes), labels) for found in answered])
    around = uniform_filter(scores.reshape((len(_STEPS),) * (classes - 1)), size=3, mode="nearest").ravel()
    best = int(np.argmax(around - _CAUTION * np.abs(powers).sum(1)))
    return tuple(np.exp(powers[best]).tolist())
