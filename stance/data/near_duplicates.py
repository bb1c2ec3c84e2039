"""Near-duplicate documents: character 5-gram Jaccard of at least 0.5, single link.

Candidates come from MinHash with locality-sensitive hashing (Broder 1997, https://doi.org/10.1109/SEQUEN.1997.666900;
Indyk & Motwani 1998), and each that its sketch makes likely is verified by its exact Jaccard similarity, so that chance
only decides recall.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version

import numpy as np
from rensa import RMinHash, RMinHashLSH

from stance.data.cache import kept, sources

SHINGLE = 5
THRESHOLD = 0.5
_PERMUTATIONS = 128
# 64 bands of 2 rows: a pair at the threshold of 0.5 shares no band with probability 0.75^64, about 1e-8.
_BANDS = 64
# Of a pair at the threshold, fewer than a quarter of 128 places agree once in 10^8 times. Comparing sketches is fifty
# times as quick as comparing texts, and articles on one subject nearly all share a band.
_LIKELY = 0.25
_MARKS = re.compile("[\u064b-\u0652\u0640]")  # Arabic vowel signs and tatweel, which copies add and drop


def shingles(text: str) -> frozenset[str]:
    """The distinct character 5-grams of `text`, case, white space, vowel signs and tatweel folded."""
    folded = " ".join(_MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold().split())
    return frozenset(folded[i : i + SHINGLE] for i in range(max(1, len(folded) - SHINGLE + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over size of the union."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def near_duplicate_pairs(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """All pairs of keys whose texts are near-duplicates, each pair once, in the order of `texts`."""
    keys, whole = list(texts), list(texts.values())
    made_by = [sources(__name__), version("rensa"), unicodedata.unidata_version]
    found = kept("near-duplicates", [made_by, whole], lambda: {"pairs": _pairs(whole)})
    return [(keys[first], keys[second]) for first, second in found["pairs"].tolist()]


def _pairs(texts: Sequence[str]) -> np.ndarray:
    """Positions of near-duplicates in `texts`, [P, 2]."""
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    shingled = lru_cache(maxsize=4096)(lambda position: shingles(texts[position]))
    sketches: list[RMinHash] = []
    pairs: list[tuple[int, int]] = []
    for position in range(len(texts)):
        sketch = RMinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update(sorted(shingled(position)))
        likely = (other for other in index.query(sketch) if sketches[other].jaccard(sketch) >= _LIKELY)
        for other in sorted(likely):
            if jaccard(shingled(other), shingled(position)) >= THRESHOLD:
                pairs.append((other, position))
        index.insert(position, sketch)
        sketches.append(sketch)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def cluster(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Single-link clusters of `keys` under `pairs`: key → the cluster's first key in the order of `keys`."""
    order = {key: position for position, key in enumerate(keys)}
    parent = {key: key for key in order}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for left, right in pairs:
        first, second = sorted((root(left), root(right)), key=order.__getitem__)
        parent[second] = first
    return {key: root(key) for key in order}
