"""Near-duplicates among any number of documents, judged by sketches of half a kilobyte alone: no text is held.

MinHash with locality-sensitive hashing (Broder 1997, https://doi.org/10.1109/SEQUEN.1997.666900; Indyk & Motwani
1998), band by band over a sorted array, so that memory does not grow with the number of candidates. Where a pair just
at the threshold must not be missed, `stance.data.near_duplicates` compares the texts.
"""

import numpy as np
from rensa import RMinHash

from stance.data.near_duplicates import THRESHOLD, shingles

PERMUTATIONS = 128
# 32 bands of 4 rows: a copy with a Jaccard similarity of 0.7 is missed once in 5,000 times, and of 10,000 articles on
# one subject few are compared.
_BANDS = 32


def sketch(text: str) -> np.ndarray:
    """The sketch of a text, uint32 [PERMUTATIONS]; two of them agree in a share of places near their texts' Jaccard."""
    made = RMinHash(num_perm=PERMUTATIONS, seed=1)
    made.update(list(shingles(text)))
    return np.array(made.digest(), dtype=np.uint32)


def cluster_sketches(sketches: np.ndarray) -> np.ndarray:
    """Single-link clusters of `sketches` [N, PERMUTATIONS]: each one's cluster as the position of its first member."""
    parent = np.arange(len(sketches))
    rows = PERMUTATIONS // _BANDS
    for band in range(_BANDS):
        part = np.ascontiguousarray(sketches[:, band * rows : (band + 1) * rows])
        for bucket in _buckets(part):
            _link(bucket, sketches, parent)
    return np.array([_root(parent, place) for place in range(len(parent))], dtype=np.int64)


def _buckets(part: np.ndarray) -> list[np.ndarray]:
    """Positions [M], ascending, of equal rows of `part` [N, R], for each row that is there twice or more."""
    if not len(part):
        return []
    keys = part.view(f"V{part.itemsize * part.shape[1]}").ravel()
    _, which, count = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(count)
    return [order[end - size : end] for end, size in zip(ends.tolist(), count.tolist(), strict=True) if size > 1]


def _link(bucket: np.ndarray, sketches: np.ndarray, parent: np.ndarray) -> None:
    """Join those of `bucket` that are alike; whatever is joined already is not compared again."""
    roots = np.array([_root(parent, place) for place in bucket.tolist()])
    for number in range(len(bucket) - 1):
        open_to = number + 1 + np.flatnonzero(roots[number + 1 :] != roots[number])
        if not len(open_to):
            continue
        alike = (sketches[bucket[open_to]] == sketches[bucket[number]]).mean(axis=1) >= THRESHOLD
        for other in np.unique(roots[open_to[alike]]).tolist():
            first, second = sorted((int(roots[number]), other))
            parent[second] = first
            roots[roots == second] = first


def _root(parent: np.ndarray, place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = int(parent[place])
    return place
