"""What to label next: how unsure a model is of a task, and how unlike it is to what is labelled already."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from stance.text.folding import Folded

DIMENSIONS = 128
"""Of a text's vector: enough for topics, few enough that ten thousand texts are compared in a second."""

_WORDS = 50_000


def uncertainty(probabilities: np.ndarray) -> np.ndarray:
    """One minus the distance between the two likeliest classes of rows [E, K], 0 for a certain one to 1: [E].

    The margin, not the entropy: it saved more labels (experiments/005-label-queue).
    """
    second, first = np.sort(np.asarray(probabilities, dtype=float), axis=1)[:, -2:].T
    return 1 - (first - second)


def by_task(values: np.ndarray, owners: Sequence[int] | np.ndarray, tasks: int) -> np.ndarray:
    """The mean of the `values` [E] of each task's examples, [tasks]; 0 for a task without any.

    `owners` [E] is each example's task. The mean, not the sum: a task of many actors is also that much more work
    (Settles & Craven 2008, https://aclanthology.org/D08-1112, normalise a sequence's uncertainty in the same way).
    """
    place = np.asarray(owners, dtype=np.int64)
    count = np.bincount(place, minlength=tasks)
    return np.bincount(place, weights=values, minlength=tasks) / np.maximum(count, 1)


def document_vectors(texts: Sequence[str]) -> np.ndarray:
    """Texts as vectors of length 1, [T, D]: words weighted by TF-IDF, reduced by latent semantic analysis.

    Spellings of one word are one. A text without words has the zero vector, which is unlike everything.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    weights = TfidfVectorizer(preprocessor=_folded, sublinear_tf=True, max_features=_WORDS)
    try:
        counted = weights.fit_transform(texts)
    except ValueError:  # not one word in any of them
        return np.zeros((len(texts), 1), dtype=np.float32)
    dimensions = min(DIMENSIONS, *counted.shape)
    reduced = TruncatedSVD(dimensions, random_state=0).fit_transform(counted) if min(counted.shape) > 1 else None
    dense = counted.toarray() if reduced is None else reduced
    return normalize(dense).astype(np.float32)


def farthest_first(
    vectors: np.ndarray, known: np.ndarray, count: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The `count` rows to take, one after the other, each the farthest from all known and taken so far.

    Greedy k-center, the core-set of Sener & Savarese 2018 (https://arxiv.org/abs/1708.00489). `vectors` [T, D] and
    `known` [A, D] have length 1; the distance is one minus the cosine, at most 1, and 1 while nothing is known. With
    `weights` [T] what counts is weight times distance. Returns positions [count] and what each had when it was taken;
    of equals the first goes first.
    """
    distance = np.ones(len(vectors))
    for start in range(0, len(known), 1024):
        nearest = (vectors @ known[start : start + 1024].T).max(axis=1)  # [T]
        distance = np.minimum(distance, 1 - nearest)
    weight = np.ones(len(vectors)) if weights is None else np.asarray(weights, dtype=float)
    left = np.ones(len(vectors), dtype=bool)
    order, gains = [], []
    for _ in range(min(count, len(vectors))):
        worth = np.where(left, weight * np.clip(distance, 0, 1), -1.0)
        best = int(worth.argmax())
        order.append(best)
        gains.append(worth[best])
        left[best] = False
        distance = np.minimum(distance, 1 - vectors @ vectors[best])
    return np.array(order, dtype=np.int64), np.array(gains)


def copies_last(order: Sequence[int], clusters: Sequence[Hashable], known: Sequence[Hashable] = ()) -> list[int]:
    """`order` with near-duplicates behind: the first of each cluster, then the second ones, each lot in its order.

    `clusters` [T] is each position's cluster; those in `known` have one that is labelled already.
    """
    seen = Counter(known)
    lots: list[tuple[int, int]] = []
    for position in order:
        lots.append((seen[clusters[position]], position))
        seen[clusters[position]] += 1
    return [position for _, position in sorted(lots, key=lambda lot: lot[0])]


def _folded(text: str) -> str:
    return Folded(text).search
