"""Rows of an agreement report: all the figures on some units, from one bootstrap over their pages."""

from dataclasses import dataclass

import numpy as np

from stance.annotation.reliability import (
    ENOUGH_DOCUMENTS,
    ENOUGH_UNITS,
    Figure,
    Statistic,
    alpha,
    figure,
    kappa,
    one_against_rest,
    ordinal,
    resample,
    summed,
)


@dataclass(frozen=True)
class Row:
    """One line of the report: `units` had two values or more, on so many `pages`.

    `alike` is the share of pairs of values that are the same, `scaled` counts the units behind `ordinal`. What does not
    apply is None.
    """

    name: str
    units: int
    pages: int
    alike: float | None
    nominal: Figure
    scaled: int | None = None
    ordinal: Figure | None = None
    kappa: Figure | None = None


@dataclass(frozen=True)
class Marks:
    """How far pairs of annotators marked the same: F1 over `pairs` of annotations of one document."""

    name: str
    pairs: int
    f1: Figure


@dataclass(frozen=True)
class Values:
    """Coincidences of U units, [U, K, K], of those on the scale [U, S, S], and their page [U].

    `tables` [U, K, K] keep apart who said what, for two annotators alone.
    """

    matrices: np.ndarray
    scaled: np.ndarray
    page: np.ndarray
    tables: np.ndarray | None = None

    def take(self, chosen: np.ndarray) -> "Values":
        """Some of the units."""
        tables = None if self.tables is None else self.tables[chosen]
        return Values(self.matrices[chosen], self.scaled[chosen], self.page[chosen], tables)


class Sample:
    """Some units, and what the figures on them rest on: the sums by page, and those of draws of whole pages.

    All figures on the units share the draws. `drawn` is None where there is too little to draw from.
    """

    def __init__(self, values: Values) -> None:
        self.parts = [values.matrices, values.scaled, *([] if values.tables is None else [values.tables])]
        self.units = int((values.matrices.sum(axis=(1, 2)) > 0).sum())
        self.scaled = int((values.scaled.sum(axis=(1, 2)) > 0).sum())
        flat = [part.reshape(len(part), part.shape[1] ** 2) for part in self.parts]
        self.pages = summed(np.concatenate(flat, axis=1), values.page)
        enough = len(self.pages) >= ENOUGH_DOCUMENTS and self.units >= ENOUGH_UNITS
        self.drawn = resample(self.pages) if enough else None

    def figure(self, part: int, units: int, statistic: Statistic) -> Figure:
        """`statistic` of one of the parts, on so many units."""
        return figure(self._of(self.pages, part), self._drawn(part), units, statistic)

    def row(self, name: str) -> Row:
        """Everything that is known of the units."""
        scale = self.parts[1].shape[1]
        return Row(
            name=name,
            units=self.units,
            pages=len(self.pages),
            alike=_alike(self.parts[0].sum(axis=0)),
            nominal=self.figure(0, self.units, alpha),
            scaled=self.scaled if scale else None,
            ordinal=self.figure(1, self.scaled, _ordinal_alpha) if scale else None,
            kappa=self.figure(2, self.units, kappa) if len(self.parts) > 2 else None,
        )

    def binary_row(self, name: str, place: int) -> Row:
        """One class against all others."""
        alike = _alike(one_against_rest(self.parts[0].sum(axis=0), place))
        found = self.figure(0, self.units, lambda matrices: alpha(one_against_rest(matrices, place)))
        return Row(name, self.units, len(self.pages), alike, found)

    def scale_row(self, name: str) -> Row:
        """The classes on the scale alone."""
        pages = int((self._of(self.pages, 1).sum(axis=(1, 2)) > 0).sum())
        found = [self.figure(1, self.scaled, statistic) for statistic in (alpha, _ordinal_alpha)]
        return Row(name, self.scaled, pages, _alike(self.parts[1].sum(axis=0)), found[0], self.scaled, found[1])

    def _drawn(self, part: int) -> np.ndarray | None:
        return None if self.drawn is None else self._of(self.drawn, part)

    def _of(self, flat: np.ndarray, part: int) -> np.ndarray:
        """The columns of one part as matrices."""
        sizes = [one.shape[1] for one in self.parts]
        start = sum(size**2 for size in sizes[:part])
        return flat[:, start : start + sizes[part] ** 2].reshape(len(flat), sizes[part], sizes[part])


def _alike(matrix: np.ndarray) -> float | None:
    total = matrix.sum()
    return float(np.trace(matrix) / total) if total else None


def _ordinal_alpha(matrices: np.ndarray) -> np.ndarray:
    return alpha(matrices, ordinal)
