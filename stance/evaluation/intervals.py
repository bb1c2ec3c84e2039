"""Intervals and paired tests that resample clusters of near-duplicates, never single examples.

Examples of one cluster (actors of one article, reprints of one agency text) are right or wrong together; resampling
them one by one would make intervals too narrow. Whole clusters are drawn with replacement instead (Field and Welsh
2007, Bootstrapping clustered data, https://doi.org/10.1111/j.1467-9868.2007.00593.x). With few clusters (under some
twenty) percentile intervals are still too narrow: report the number of clusters beside them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stance.evaluation.metrics import accuracy, class_scores, f_avg, f_avg_target_mean, grouped_confusion, macro_f1
from stance.evaluation.scored import Scored, align
from stance.labels import LabelSet

RESAMPLES = 2000
SEED = 0
LEVEL = 0.95
TARGET_MEAN = "f_avg_target_mean"
_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
# Weights held at once: bounds the memory of a bootstrap over many clusters without changing its draws.
LARGEST_BLOCK = 4_000_000

Statistics = dict[str, np.ndarray]


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval; `low` and `high` are nan where there are fewer than two clusters."""

    estimate: float
    low: float = float("nan")
    high: float = float("nan")

    @property
    def known(self) -> bool:
        """Whether there is an interval at all."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


def statistics(matrices: np.ndarray, label_set: LabelSet) -> Statistics:
    """The scores that get intervals, by name, each [...] of matrices [..., K, K]."""
    f1 = class_scores(matrices).f1  # [..., K]
    named = {
        "f_avg": f_avg(matrices, label_set),
        "macro_f1": macro_f1(matrices)[0],
        "accuracy": accuracy(matrices),
    }
    return named | {f"class/{name}/f1": f1[..., i] for i, name in enumerate(label_set.classes)}


def target_statistics(matrices: np.ndarray, label_set: LabelSet) -> Statistics:
    """The same of matrices [..., T, K, K], one for each of T targets, all together; and f_avg_target_mean."""
    return statistics(matrices.sum(axis=-3), label_set) | {TARGET_MEAN: f_avg_target_mean(matrices, label_set)}


def intervals(scored: Scored, *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Interval]:
    """95 % percentile intervals of f_avg, macro_f1, accuracy and class/<name>/f1, from B = `resamples` resamples.

    The same `seed` gives the same intervals, whatever the order of the examples. In each resample macro_f1 averages
    the classes that its gold holds.
    """
    matrices = cluster_matrices(scored)

    def measure(weighted: np.ndarray) -> Statistics:
        return statistics(weighted, scored.label_set)

    return _percentiles(matrices, measure, resamples=resamples, seed=seed)


def paired_differences(
    scored: Scored, reference: Scored, *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """95 % intervals of `scored` minus `reference`, for the names of `intervals`.

    Both are scored on the same resamples, so what makes an example hard for both cancels out. Raises DataError (see
    `align`) unless both hold the same ids and gold.
    """
    return _differences_of(_paired_matrices(scored, reference), scored.label_set, resamples=resamples, seed=seed)


def changed_differences(
    changed: Scored, scored: Scored, *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """95 % intervals of `changed` minus `scored`: one model on changed texts, whose gold may be other, and as they are.

    `changed` holds some or all of the ids of `scored`, and these are compared. Raises KeyError for other ids.
    """
    place = {name: number for number, name in enumerate(scored.ids)}
    before = scored.take([place[name] for name in changed.ids])
    matrices = np.stack([cluster_matrices(changed), cluster_matrices(before)], axis=1)  # [G, 2, K, K]
    return _differences_of(matrices, scored.label_set, resamples=resamples, seed=seed)


def permutation_p_values(
    scored: Scored, reference: Scored, *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, float]:
    """Two-sided p-values that two models score alike, for the names of `intervals`.

    Approximate randomisation (Noreen 1989; for F1 see Yeh 2000, https://aclanthology.org/C00-2137/): the two models'
    answers are swapped in whole clusters at random; p is the share of swaps with a difference at least as large as
    the one observed, which itself counts as one. Raises DataError as `paired_differences` does.
    """
    matrices = _paired_matrices(scored, reference).astype(float)  # [G, 2, K, K]
    observed = _differences(matrices.sum(axis=0), scored.label_set)
    centre = matrices.mean(axis=1).sum(axis=0)  # [K, K]
    half = (matrices[:, 0] - matrices[:, 1]) / 2  # [G, K, K]
    rng = np.random.default_rng(seed)
    reached = dict.fromkeys(observed, 1)
    for size in _blocks(len(half), resamples):
        signs = np.where(rng.random((size, len(half))) < 0.5, -1.0, 1.0)  # [b, G]
        shift = np.tensordot(signs, half, axes=1)  # [b, K, K]
        swapped = _differences(np.stack([centre + shift, centre - shift], axis=1), scored.label_set)
        for name, values in swapped.items():
            # The tolerance lets a swap that changes nothing count as equal despite rounding.
            reached[name] += int((np.abs(values) >= np.abs(observed[name]) - 1e-12).sum())
    return {name: count / (resamples + 1) for name, count in reached.items()}


def ratio_intervals(
    clusters: Sequence[str],
    ratios: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Interval]:
    """Shares with 95 % percentile intervals, each the sum of a part over the sum of its whole.

    `clusters` [N] names the cluster of each item, `ratios` holds part and whole [N] of each share. A share of nothing
    is left out, and so are, from its interval, the resamples in which it is one.
    """
    names, group = np.unique(np.array(clusters, dtype=object), return_inverse=True)
    known = {name: pair for name, pair in ratios.items() if np.sum(pair[1]) > 0}
    if not known:
        return {}
    items = np.stack([np.stack(pair, axis=-1) for pair in known.values()], axis=1).astype(float)  # [N, R, 2]
    sums = np.zeros((len(names), len(known), 2))
    np.add.at(sums, group, items)
    drawn = [
        weights @ sums.reshape(len(names), -1)
        for weights in resample_weights(len(names), resamples=resamples, seed=seed)
    ]
    part, whole = np.moveaxis(np.concatenate(drawn).reshape(-1, len(known), 2), -1, 0)  # [B, R] each
    shares = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    found = {}
    for place, name in enumerate(known):
        estimate = sums[:, place, 0].sum() / sums[:, place, 1].sum()
        ends = np.nanquantile(shares[:, place], _TAILS) if len(names) > 1 else (float("nan"), float("nan"))
        found[name] = Interval(float(estimate), *map(float, ends))
    return found


def cluster_matrices(scored: Scored) -> np.ndarray:
    """Confusion matrix of each cluster, int [G, K, K], clusters sorted by name."""
    return grouped_confusion(scored.gold, scored.predicted, scored.clusters, len(scored.label_set.classes))[1]


def resample_weights(groups: int, *, resamples: int = RESAMPLES, seed: int = SEED) -> Iterator[np.ndarray]:
    """How often each of G = `groups` clusters is drawn, int [b, G] in blocks of resamples that add up to B.

    The blocks are read-only: whoever asks for the same is given the same.
    """
    sizes = _blocks(groups, resamples)
    if len(sizes) == 1:
        yield _drawn_once(groups, resamples, seed)
        return
    rng = np.random.default_rng(seed)
    for size in sizes:
        yield _drawn(rng, groups, size)


# Drawing takes most of the time of an interval, and all scores of all models over these clusters share the draws.
@lru_cache(maxsize=32)
def _drawn_once(groups: int, resamples: int, seed: int) -> np.ndarray:
    return _drawn(np.random.default_rng(seed), groups, resamples)


def _drawn(rng: np.random.Generator, groups: int, size: int) -> np.ndarray:
    weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=size)
    weights.flags.writeable = False
    return weights


def _blocks(groups: int, resamples: int) -> list[int]:
    size = max(1, LARGEST_BLOCK // groups)
    return [min(size, resamples - start) for start in range(0, resamples, size)]


def _paired_matrices(scored: Scored, reference: Scored) -> np.ndarray:
    return np.stack([cluster_matrices(align(scored, reference)), cluster_matrices(reference)], axis=1)  # [G, 2, K, K]


def _differences_of(matrices: np.ndarray, label_set: LabelSet, *, resamples: int, seed: int) -> dict[str, Interval]:
    def measure(weighted: np.ndarray) -> Statistics:
        return _differences(weighted, label_set)

    return _percentiles(matrices, measure, resamples=resamples, seed=seed)


def _differences(matrices: np.ndarray, label_set: LabelSet) -> Statistics:
    # matrices [..., 2, K, K]: the model's, then the reference's.
    return {name: values[..., 0] - values[..., 1] for name, values in statistics(matrices, label_set).items()}


def _percentiles(
    matrices: np.ndarray, measure: Callable[[np.ndarray], Statistics], *, resamples: int, seed: int
) -> dict[str, Interval]:
    estimates = measure(matrices.sum(axis=0))
    if len(matrices) < 2:
        return {name: Interval(float(value)) for name, value in estimates.items()}
    # Floats, because products of integer matrices do not reach the fast linear algebra.
    flat = matrices.reshape(len(matrices), -1).astype(float)
    drawn = [
        measure((weights @ flat).reshape(len(weights), *matrices.shape[1:]))
        for weights in resample_weights(len(matrices), resamples=resamples, seed=seed)
    ]
    found = {}
    for name, estimate in estimates.items():
        low, high = np.quantile(np.concatenate([block[name] for block in drawn]), _TAILS)
        found[name] = Interval(float(estimate), float(low), float(high))
    return found
