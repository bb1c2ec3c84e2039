"""Chance-corrected agreement from coincidence matrices, many at once.

Krippendorff's alpha (Computing Krippendorff's Alpha-Reliability, 2011, https://repository.upenn.edu/asc_papers/43) and
Cohen's kappa (1960, https://doi.org/10.1177/001316446002000104). U units, K classes, D documents, B draws. Everything
but `resample` takes any leading dimensions, so that a bootstrap is one call on all of its draws.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 1000
LEVEL = 0.95
# Numbers drawn at once: bounds the memory of a bootstrap over many documents.
LARGEST_BLOCK = 4_000_000

ENOUGH_UNITS = 10
ENOUGH_DOCUMENTS = 10
TOO_FEW = "too few"
ONE_CLASS = "one class only"

Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Figure:
    """A coefficient with its 95 % interval. `value` None where it would mean nothing, `why` then says so.

    `low` and `high` are None where fewer than ten documents make an interval a guess.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""


def coincidences(counts: np.ndarray) -> np.ndarray:
    """The values of each unit paired with each other, [U, K, K], of how often it was given each class, [U, K].

    A unit's pairs are weighted by one over its values but one, so that each value counts once; a unit with fewer than
    two has none.
    """
    values = counts.sum(axis=1)  # [U]
    pairs = counts[:, :, None] * counts[:, None, :].astype(float)
    classes = np.arange(counts.shape[1])
    pairs[:, classes, classes] -= counts
    return pairs * np.where(values > 1, 1 / np.maximum(values - 1, 1), 0)[:, None, None]


def summed(matrices: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Matrices [U, …] summed by the group [U] they belong to, [D, …] in the order of the groups' numbers."""
    _, place = np.unique(groups, return_inverse=True)
    size = int(place.max()) + 1 if len(place) else 0
    flat = matrices.reshape(len(matrices), math.prod(matrices.shape[1:]))
    columns = [np.bincount(place, flat[:, column], minlength=size) for column in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(size, *matrices.shape[1:])


def nominal(totals: np.ndarray) -> np.ndarray:
    """Squared distances [..., K, K] of classes without order, of their totals [..., K]."""
    size = totals.shape[-1]
    return np.broadcast_to(1.0 - np.eye(size), (*totals.shape, size))


def ordinal(totals: np.ndarray) -> np.ndarray:
    """Squared distances [..., K, K] of classes in order: how many values lie between two of them."""
    middle = np.cumsum(totals, axis=-1) - totals / 2  # [..., K]
    return (middle[..., :, None] - middle[..., None, :]) ** 2


def alpha(matrices: np.ndarray, distance: Statistic = nominal) -> np.ndarray:
    """Krippendorff's alpha [...] of coincidences [..., K, K]; nan where no two values differ, or there are none."""
    totals = matrices.sum(axis=-1)  # [..., K]
    distances = distance(totals)
    observed = (matrices * distances).sum(axis=(-2, -1))
    expected = (totals[..., :, None] * totals[..., None, :] * distances).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - (totals.sum(axis=-1) - 1) * observed / expected, np.nan)


def kappa(tables: np.ndarray) -> np.ndarray:
    """Cohen's kappa [...] of two annotators' tables [..., K, K]; nan where both used one class only, the same."""
    total = tables.sum(axis=(-2, -1))
    agreed = np.trace(tables, axis1=-2, axis2=-1)
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total**2 > chance, (total * agreed - chance) / (total**2 - chance), np.nan)


def one_against_rest(matrices: np.ndarray, place: int) -> np.ndarray:
    """Matrices [..., K, K] as [..., 2, 2]: the class at `place`, and all others together."""
    both = matrices[..., place, place]
    row = matrices[..., place, :].sum(axis=-1) - both
    column = matrices[..., :, place].sum(axis=-1) - both
    rest = matrices.sum(axis=(-2, -1)) - both - row - column
    return np.stack([np.stack([both, row], axis=-1), np.stack([column, rest], axis=-1)], axis=-2)


def f1(sums: np.ndarray) -> np.ndarray:
    """How far two annotators marked the same, [...], of what both marked and what each marked, [..., 2]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, 2 * sums[..., 0] / sums[..., 1], np.nan)


def resample(documents: np.ndarray, *, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Sums [B, …] of `draws` samples of the documents [D, …], drawn with replacement.

    What stands in one document is right or wrong together, so it is drawn together (Field and Welsh 2007,
    https://doi.org/10.1111/j.1467-9868.2007.00593.x), unlike in the bootstrap of Hayes and Krippendorff (2007), which
    takes units for independent.
    """
    random = np.random.default_rng(seed)
    size = len(documents)
    flat = documents.reshape(size, math.prod(documents.shape[1:]))
    block = max(1, LARGEST_BLOCK // max(size, 1))
    sums = []
    for first in range(0, draws, block):
        rows = min(block, draws - first)
        drawn = random.integers(0, size, size=(rows, size), dtype=np.int32)
        drawn += (np.arange(rows, dtype=np.int32) * size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
        sums.append(times @ flat)
    return np.concatenate(sums).reshape(draws, *documents.shape[1:])


def figure(documents: np.ndarray, drawn: np.ndarray | None, units: int, statistic: Statistic) -> Figure:
    """`statistic` of all `documents` [D, …], its interval from their resamples `drawn` [B, …] (None: too few)."""
    if units < ENOUGH_UNITS:
        return Figure(None, why=TOO_FEW)
    value = float(statistic(documents.sum(axis=0)))
    if np.isnan(value):
        return Figure(None, why=ONE_CLASS)
    if drawn is None:
        return Figure(value)
    values = statistic(drawn)
    # A draw that holds one class has no coefficient; an interval without many of them would be too narrow.
    if np.isnan(values).mean() > 1 - LEVEL:
        return Figure(value)
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value, float(low), float(high))
