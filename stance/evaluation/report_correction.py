"""Shares of stances, corrected for the mistakes a classifier is known to make.

Counting a classifier's answers counts its mistakes too: one that takes a third of all against for none shows too few
against however much it reads. What it answers (shares q) comes of what is there (p) by its confusions, q = M p, where
M[j, i] is the probability of answering j to a gold i, known from out-of-fold predictions. So p = M⁻¹ q (Saerens,
Latinne and Decaestecker 2002, https://doi.org/10.1162/089976602753284446; Lipton, Wang and Smola 2018, "black box shift
estimation", https://arxiv.org/abs/1802.03916), brought back to the shares nearest to it. This holds where only the
shares differ between the annotated articles and those that were read, not how each stance is worded.
A model that abstained on what it was unsure of makes fewer mistakes on the rest than are known here, which then are
corrected too far.

Intervals take both uncertainties in: of q, for a finite number of stories, and of M, whose clusters of near-duplicates
are resampled.
"""

from dataclasses import dataclass

import numpy as np

from stance.errors import DataError
from stance.evaluation.intervals import cluster_matrices, resample_weights
from stance.evaluation.report_stories import Z
from stance.evaluation.scored import Scored

DRAWS = 100
WEAKEST = 0.1
"""The smallest singular value of M: below it, the mistakes hide what is there, and nothing is corrected."""

ENOUGH = 30
"""Stories from which on shares are corrected: of fewer, the correction's own noise outweighs the mistakes."""


@dataclass(frozen=True)
class Correction:
    """M⁻¹ [K, K], and M⁻¹ of resampled confusions [B, K, K]; `examples` is how many the confusions are of."""

    inverse: np.ndarray
    draws: np.ndarray
    examples: int

    def shares(self, counts: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
        """Share, low and high [S, 3] of each of the S `sides` among all of them, from counts [K] of all classes.

        nan where nothing was counted, or no side is left.
        """
        total = counts.sum()
        if total == 0:
            return np.full((len(sides), 3), np.nan)
        answered = counts / total
        spread = self.inverse @ ((np.diag(answered) - np.outer(answered, answered)) / total) @ self.inverse.T
        spread = spread + np.cov(self.draws @ answered, rowvar=False, bias=True)
        return _conditional(nearest_shares(self.inverse @ answered), spread, sides)


def correction(scored: Scored) -> Correction | None:
    """What `scored`, out-of-fold predictions with their gold, says of the classifier's mistakes.

    None where it mistakes too much for a correction to say anything (`WEAKEST`). Raises DataError where gold lacks a
    class, of which nothing is known then.
    """
    matrices = cluster_matrices(scored)  # [G, K, K], gold by predicted
    whole = matrices.sum(axis=0)
    missing = [name for name, row in zip(scored.label_set.classes, whole, strict=True) if row.sum() == 0]
    if missing:
        raise DataError(f"Expected errors known for every class, found no gold {', '.join(missing)} in {scored.model}.")
    if np.linalg.svd(_answers(whole), compute_uv=False)[-1] < WEAKEST:
        return None
    draws = []
    for weights in resample_weights(len(matrices), resamples=DRAWS):
        for drawn in np.einsum("bg,gij->bij", weights, matrices):
            # A resample without a class, or one in which two classes look alike, says nothing.
            if (drawn.sum(axis=1) > 0).all() and np.linalg.svd(_answers(drawn), compute_uv=False)[-1] >= WEAKEST / 2:
                draws.append(np.linalg.inv(_answers(drawn)))
    if len(draws) < DRAWS // 2:
        return None
    return Correction(np.linalg.inv(_answers(whole)), np.stack(draws), len(scored))


def nearest_shares(vector: np.ndarray) -> np.ndarray:
    """The shares (not negative, summing to 1) nearest to `vector` [K].

    Duchi and others 2008, https://doi.org/10.1145/1390156.1390191.
    """
    falling = np.sort(vector)[::-1]
    over = (np.cumsum(falling) - 1) / np.arange(1, len(vector) + 1)
    return np.maximum(vector - over[np.flatnonzero(falling > over)[-1]], 0)


def _answers(confusion: np.ndarray) -> np.ndarray:
    """M [K, K]: column i holds how a gold i is answered."""
    return (confusion / confusion.sum(axis=1, keepdims=True)).T


def _conditional(present: np.ndarray, spread: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
    """Shares among `sides` alone, their variance by the delta method."""
    chosen = list(sides)
    total = present[chosen].sum()
    if total <= 0:
        return np.full((len(sides), 3), np.nan)
    found = []
    for place, side in enumerate(chosen):
        share = present[side] / total
        slope = (np.eye(len(chosen))[place] - share) / total
        half = Z * np.sqrt(max(slope @ spread[np.ix_(chosen, chosen)] @ slope, 0.0))
        found.append((share, max(0.0, share - half), min(1.0, share + half)))
    return np.array(found)
