"""Which parts of a long document are about what is asked."""

import math
from collections.abc import Iterable, Sequence, Set

from stance.errors import ConfigurationError


def nearest(parts: Sequence[Set[int]], query: Iterable[int], count: int) -> list[int]:
    """Numbers of the `count` parts that share most with `query`, in order; each part is the vocabulary ids in it.

    An id of the query counts by how few of the parts hold it (inverse document frequency,
    https://doi.org/10.1108/eb026526); among equals the first parts are taken. Raises ConfigurationError for a count
    below 1.
    """
    if count < 1:
        raise ConfigurationError(f"Expected at least 1 window a document (data.nearest), found {count}.")
    weights = {}
    for one in set(query):
        holding = sum(one in part for part in parts)
        if holding:
            weights[one] = math.log(1 + len(parts) / holding)
    shared = [sum(weight for one, weight in weights.items() if one in part) for part in parts]
    return sorted(sorted(range(len(parts)), key=lambda number: -shared[number])[:count])
