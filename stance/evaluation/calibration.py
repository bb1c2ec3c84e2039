"""Does a probability mean what it says: calibration error, proper scores, and temperature scaling."""

from dataclasses import dataclass

import numpy as np

FEWEST_EXAMPLES = 10
"""Below this many examples a fitted temperature is noise, and 1 is kept."""
TEMPERATURE_BOUNDS = (0.1, 10.0)
# Under this a probability is taken as this: a model that says 0 and errs would otherwise have an infinite loss.
SMALLEST = 1e-12


@dataclass(frozen=True, eq=False)
class Reliability:
    """M bins of examples by confidence: mean confidence [M], accuracy [M] and count [M] of each; no bin is empty."""

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap between accuracy and confidence, weighted by count; 0 to 1."""
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.count))


def reliability(probabilities: np.ndarray, gold: np.ndarray, *, bins: int = 10) -> Reliability:
    """Bins of equal mass over the confidence (the highest probability) of [N, K] rows, at most `bins` of them.

    Equal mass, not equal width: a trained classifier's confidences crowd near 1, so bins of equal width leave one bin
    with nearly everything and the rest with a handful each, whose noise is then read as error (Nixon et al. 2019,
    https://arxiv.org/abs/1904.01685; Roelofs et al. 2022, https://arxiv.org/abs/2012.08668). Equal confidences always
    share a bin, so the result does not depend on the order of the examples, and a constant model has one bin.
    """
    confidence = probabilities.max(axis=1)  # [N]
    correct = probabilities.argmax(axis=1) == gold  # [N]
    edges = np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1], method="lower")
    bin_of = np.searchsorted(np.unique(edges), confidence, side="left")  # [N]
    count = np.bincount(bin_of)
    filled = count > 0
    count = count[filled]
    return Reliability(
        confidence=np.bincount(bin_of, weights=confidence)[filled] / count,
        accuracy=np.bincount(bin_of, weights=correct)[filled] / count,
        count=count,
    )


def expected_calibration_error(probabilities: np.ndarray, gold: np.ndarray, *, bins: int = 10) -> float:
    """The error of `reliability`'s bins of equal mass, 0 to 1 (Naeini et al. 2015; Guo et al. 2017)."""
    return reliability(probabilities, gold, bins=bins).error


def risk_thresholds(
    probabilities: np.ndarray, gold: np.ndarray, *, points: int = 50, confidence: float = 0.95
) -> tuple[tuple[float, float], ...]:
    """(smallest confidence answered, highest risk) from the fewest answers to all, at most `points` of each.

    The rows [N, K] are of examples that the model did not learn from; their confidence is the highest probability. The
    risk is the upper end of Clopper and Pearson's interval (1934) for the share of errors among those answered, as in
    selective classification with a guaranteed risk (Geifman & El-Yaniv 2017, https://arxiv.org/abs/1705.08500): of all
    draws of such examples, `confidence` have no greater one; for each threshold by itself.
    """
    from scipy.stats import beta

    if not len(gold):
        return ()
    surest = probabilities.max(axis=1)  # [N]
    order = np.argsort(-surest, kind="stable")
    errors = np.cumsum((probabilities.argmax(axis=1) != gold)[order])  # [N], among the first n answers
    # Equal confidences are answered together or not at all.
    ends = np.flatnonzero(np.append(np.diff(surest[order]) != 0, True))
    ends = ends[np.unique(np.linspace(0, len(ends) - 1, min(points, len(ends))).round().astype(int))]
    answered, wrong = ends + 1, errors[ends]
    bounds = np.where(answered > wrong, beta.ppf(confidence, wrong + 1, answered - wrong), 1.0)
    return tuple((float(surest[order[end]]), float(bound)) for end, bound in zip(ends, bounds, strict=True))


def brier_score(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """Mean squared distance between rows [N, K] and one-hot gold, summed over classes: 0 to 2 (Brier 1950)."""
    one_hot = np.eye(probabilities.shape[1])[gold]  # [N, K]
    return float(((probabilities - one_hot) ** 2).sum(axis=1).mean())


def negative_log_likelihood(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """Mean negative log-probability of the gold class, in nats; probabilities under 1e-12 are taken as that."""
    chosen = probabilities[np.arange(len(gold)), gold]  # [N]
    return float(-np.log(np.maximum(chosen, SMALLEST)).mean())


def fit_temperature(logits: np.ndarray, gold: np.ndarray) -> float:
    """The temperature in [0.1, 10] that minimises the loss of softmax(logits / T) (Guo et al. 2017).

    `logits` [N, K] may be log-probabilities; `gold` int [N]. The loss is convex in 1 / T, so a bounded search in one
    dimension finds its minimum (https://arxiv.org/abs/1706.04599). Fit it on examples the model was not trained on.
    Returns 1, which changes nothing, for fewer than 10 examples or gold of a single class: there a smaller T is always
    better, or nothing is known.
    """
    gold = np.asarray(gold)
    if len(gold) < FEWEST_EXAMPLES or len(np.unique(gold)) < 2:
        return 1.0
    from scipy.optimize import minimize_scalar

    # The same floor as in `apply_temperature`, so that what is fitted is what is applied.
    log_probabilities = np.maximum(_log_softmax(np.asarray(logits, dtype=float)), np.log(SMALLEST))

    def loss(inverse: float) -> float:
        return -float(_log_softmax(inverse * log_probabilities)[np.arange(len(gold)), gold].mean())

    low, high = TEMPERATURE_BOUNDS
    found = minimize_scalar(loss, bounds=(1 / high, 1 / low), method="bounded", options={"xatol": 1e-6})
    return float(1 / found.x)


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities [..., K] sharpened (T < 1) or flattened (T > 1); the order of classes in a row stays.

    Raises ValueError unless `temperature` is above 0 and finite.
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"Expected a temperature above 0, found {temperature!r}.")
    log_probabilities = np.log(np.maximum(np.asarray(probabilities, dtype=float), SMALLEST))
    return np.exp(_log_softmax(log_probabilities / temperature))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
