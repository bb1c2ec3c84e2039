"""A second opinion from words alone: hashed n-grams and logistic regression, mixed into the network's answer.

Models of different kinds err in different places, so their product beats each (products of experts, Hinton 2002,
https://doi.org/10.1162/089976602760128018). Hashing needs no vocabulary, so what is stored is one matrix.
"""

import numpy as np
import torch
from torch import Tensor

from stance.data.examples import Dataset
from stance.errors import DataError
from stance.evaluation.calibration import SMALLEST
from stance.models.linear import class_rows
from stance.models.ngrams import BUCKETS, HASHED_PARTS, hashed_counts

_PREFIX = "lexical."


class LexicalExpert:
    """Fit once on the training part; `weights` is all it has learned."""

    def __init__(self, strength: float, *, seed: int = 0):
        self.strength, self.seed = strength, seed
        self.weights: dict[str, Tensor] = {}

    def fit(self, dataset: Dataset) -> None:
        """Inverse document frequencies, then a regression with balanced classes."""
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.linear_model import LogisticRegression

        counts = hashed_counts(dataset)
        idf = TfidfTransformer().fit(counts).idf_
        regression = LogisticRegression(
            C=self.strength, class_weight="balanced", max_iter=1000, random_state=self.seed
        ).fit(_weighted(counts, idf), dataset.gold())
        coefficients, intercept = class_rows(regression, len(dataset.label_set.classes))
        self.weights = {
            f"{_PREFIX}idf": torch.from_numpy(idf).to(torch.bfloat16),
            f"{_PREFIX}coefficients": torch.from_numpy(coefficients).to(torch.bfloat16),
            f"{_PREFIX}intercept": torch.from_numpy(intercept).float(),
        }

    def probabilities(self, dataset: Dataset) -> np.ndarray:
        """Class probabilities [N, K] in the order of the examples."""
        idf, coefficients, intercept = (
            self.weights[f"{_PREFIX}{name}"].double().numpy() for name in ("idf", "coefficients", "intercept")
        )
        scores = _weighted(hashed_counts(dataset), idf) @ coefficients.T + intercept
        powers = np.exp(scores - scores.max(1, keepdims=True))
        return powers / powers.sum(1, keepdims=True)

    def restore(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take what `weights` holds of the expert, and return the rest."""
        self.weights = {name: value for name, value in weights.items() if name.startswith(_PREFIX)}
        if len(self.weights) != 3:
            raise DataError(f"Expected three arrays of the lexical expert, found {sorted(self.weights)}.")
        return {name: value for name, value in weights.items() if not name.startswith(_PREFIX)}


def mix(network: np.ndarray, expert: np.ndarray, share: float) -> np.ndarray:
    """The normalised geometric mean of rows [N, K], in which the expert has `share` (0 to 1)."""
    powers = (network + SMALLEST) ** (1 - share) * (expert + SMALLEST) ** share
    return powers / powers.sum(1, keepdims=True)


def _weighted(counts, idf: np.ndarray):
    """Sublinear term frequency times idf, each part normalised to length 1 on its own."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    weighted = counts.astype(float)
    weighted.data = 1 + np.log(weighted.data)
    weighted = weighted.multiply(idf).tocsr()
    blocks = [weighted[:, n * BUCKETS : (n + 1) * BUCKETS] for n in range(len(HASHED_PARTS))]
    # Names are few and known: they count as they are.
    return hstack([*(normalize(block) for block in blocks[:-1]), (counts[:, -BUCKETS:] > 0).astype(float)]).tocsr()
