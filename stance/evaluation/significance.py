"""Paired tests on the same examples: which of several models is better, and how surely.

The cluster bootstrap decides. Whole clusters of near-duplicate documents are drawn (see `intervals`), every model is
scored on the same draws, and the two-sided p-value of a difference is the smallest level at which its percentile
interval leaves out zero: twice the smaller share of draws on one side of zero, draws at zero counted on both sides and
the observed data counted as one draw (Davison and Hinkley 1997, Bootstrap Methods and their Application, chapters 4
and 5). McNemar's test stands beside it because readers know it; it takes examples as independent, which those of one
document are not, so its p-values are too small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.evaluation.intervals import LEVEL, SEED, Interval, resample_weights, statistics, target_statistics
from stance.evaluation.scored import Scored, align

RESAMPLES = 10_000
"""More than behind an interval alone: the smallest p-value, 2 / (B + 1), must survive a correction for many tests."""
# A draw that changes nothing counts as zero despite rounding.
_ZERO = 1e-12


@dataclass(frozen=True)
class McNemar:
    """Examples that only one of two models has right, and the exact two-sided p-value that both err alike."""

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True)
class Spread:
    """`count` ≥ 2 runs that differ in their seed: mean, sample standard deviation, and Student's 95 % interval."""

    count: int
    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Resampled:
    """One score of M models: `estimates` [M] on the examples as they are, `draws` [B, M] on resampled clusters.

    B is 0 where there are fewer than two clusters: there is nothing to resample then.
    """

    estimates: np.ndarray
    draws: np.ndarray

    def interval(self, model: int) -> Interval:
        """The model's score with its 95 % percentile interval."""
        return _percentiles(float(self.estimates[model]), self.draws[:, model])

    def difference(self, model: int, reference: int) -> tuple[Interval, float]:
        """The model's score minus the reference's with its 95 % interval, and the p-value of no difference."""
        drawn = self.draws[:, model] - self.draws[:, reference]
        return _percentiles(float(self.estimates[model] - self.estimates[reference]), drawn), two_sided(drawn)


def resampled(
    models: Sequence[Sequence[Scored]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Resampled]:
    """The scores of `intervals.statistics` of M models, all on the same B = `resamples` draws of clusters.

    Where `averaged_targets` finds several, f_avg_target_mean too. A model is one or more runs (its seeds), and its
    score their mean, in every draw: the interval is that of the mean over these runs, and what other seeds would change
    is not in it (see `spread`).
    """
    runs = [run for model in models for run in model]
    labels = runs[0].label_set
    k = len(labels.classes)
    targets = averaged_targets(runs)
    measured, shape = (target_statistics, (len(targets), k, k)) if targets else (statistics, (k, k))
    clusters = {name: place for place, name in enumerate(sorted({name for run in runs for name in run.clusters}))}
    matrices = [_flat_matrices(run, clusters, targets) for run in runs]
    owner = np.repeat(np.arange(len(models)), [len(model) for model in models])
    means = (owner == np.arange(len(models))[:, None]) / np.bincount(owner)[:, None]  # [M, runs]

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        scores = [measured((weights @ flat).reshape(len(weights), *shape), labels) for flat in matrices]
        return {name: np.stack([score[name] for score in scores], axis=-1) @ means.T for name in scores[0]}

    observed = measure(np.ones((1, len(clusters))))
    drawn = resample_weights(len(clusters), resamples=resamples, seed=seed) if len(clusters) > 1 else ()
    blocks = [measure(weights) for weights in drawn]
    nothing = np.zeros((0, len(models)))
    return {
        name: Resampled(values[0], np.concatenate([nothing, *(block[name] for block in blocks)]))
        for name, values in observed.items()
    }


def averaged_targets(runs: Sequence[Scored]) -> list[str]:
    """The targets whose f_avg is worth a mean, sorted: all of them, or none.

    None for a single target, and where the gold of one lacks an averaged class, so that its f_avg, and the mean, could
    not reach 1 (each of many claims with an article or two).
    """
    targets = sorted({name for run in runs for name in run.targets})
    found = {pair for run in runs for pair in zip(run.targets, run.gold.tolist(), strict=True)}
    needed = [runs[0].label_set.index(name) for name in runs[0].label_set.averaged]
    whole = all((target, index) in found for target in targets for index in needed)
    return targets if whole and len(targets) > 1 else []


def two_sided(draws: np.ndarray) -> float:
    """The p-value of no difference that draws [B] of a difference give; 1 where there are none."""
    below, above = int((draws <= _ZERO).sum()), int((draws >= -_ZERO).sum())
    return min(1.0, 2 * (1 + min(below, above)) / (len(draws) + 1))


def mcnemar(first: Scored, second: Scored) -> McNemar:
    """McNemar's exact test on which examples are right: the binomial test of those that only one model has right.

    https://doi.org/10.1007/BF02295996. Raises DataError unless both hold the same ids and gold (see `align`).
    """
    from scipy.stats import binomtest

    first_right = first.predicted == first.gold
    second = align(second, first)
    second_right = second.predicted == second.gold
    ours, theirs = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
    p = float(binomtest(ours, ours + theirs, 0.5).pvalue) if ours + theirs else 1.0
    return McNemar(ours, theirs, p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction of M p-values made together, in their order (Holm 1979).

    The smallest is multiplied by M, the next by M - 1 and so on; none may fall below one before it, nor exceed 1.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def spread(values: Sequence[float]) -> Spread | None:
    """The spread of one score over runs that differ in their seed; None for fewer than two."""
    if len(values) < 2:
        return None
    from scipy.stats import t

    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(t.ppf((1 + LEVEL) / 2, len(values) - 1)) * deviation / len(values) ** 0.5
    return Spread(len(values), mean, deviation, mean - half, mean + half)


def _flat_matrices(scored: Scored, clusters: Mapping[str, int], targets: Sequence[str]) -> np.ndarray:
    """Confusion matrices of all `clusters`, [G, T * K * K], for each of `targets` (none: all as one).

    Those that `scored` has no example of stay empty.
    """
    classes = len(scored.label_set.classes)
    places = {name: place for place, name in enumerate(targets)}
    cluster = np.array([clusters[name] for name in scored.clusters])
    target = np.array([places.get(name, 0) for name in scored.targets])
    # Floats, because products of integer matrices do not reach the fast linear algebra.
    whole = np.zeros((len(clusters), max(1, len(targets)), classes, classes))
    np.add.at(whole, (cluster, target, scored.gold, scored.predicted), 1)
    return whole.reshape(len(clusters), -1)


def _percentiles(estimate: float, draws: np.ndarray) -> Interval:
    if not len(draws):
        return Interval(estimate)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(estimate, float(low), float(high))
