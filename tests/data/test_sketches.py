import random

import numpy as np

from stance.data.near_duplicates import cluster, near_duplicate_pairs
from stance.data.sketches import PERMUTATIONS, cluster_sketches, sketch

from .articles import invented_text


def of_places(*agreeing: int) -> np.ndarray:
    """Sketches of which each agrees with the one before it in the first `agreeing` places, and nowhere else."""
    rows = [np.arange(PERMUTATIONS)]
    for number, places in enumerate(agreeing, 1):
        row = np.arange(PERMUTATIONS) + 1000 * number
        row[:places] = rows[-1][:places]
        rows.append(row)
    return np.array(rows, dtype=np.uint32)


def test_half_of_the_places_link_and_fewer_do_not() -> None:
    # 64 of 128 are a half.
    assert cluster_sketches(of_places(64)).tolist() == [0, 0]
    assert cluster_sketches(of_places(60)).tolist() == [0, 1]


def test_what_is_linked_through_others_is_one_cluster() -> None:
    first, second = of_places(PERMUTATIONS)
    second[:60] += 7  # 68 places agree with the first …
    third = second.copy()
    third[-60:] += 9  # … and with the second, of which 8 agree with the first
    assert (third == first).sum() == 8
    assert cluster_sketches(np.stack([first, second, third])).tolist() == [0, 0, 0]
    assert cluster_sketches(np.stack([third, first])).tolist() == [0, 1]


def test_no_sketch_makes_no_cluster() -> None:
    assert cluster_sketches(np.zeros((0, PERMUTATIONS), dtype=np.uint32)).tolist() == []


def test_stories_are_those_of_comparing_texts() -> None:
    """Of stories printed again with few words changed, and of others, sketches tell what the texts do."""
    generator = random.Random(3)
    texts = {}
    for story in range(40):
        words = invented_text(generator, 120)
        for copy in range(story % 4 + 1):
            changed = [word if generator.random() > 0.03 * copy else invented_text(generator, 1)[0] for word in words]
            texts[f"{story}.{copy}"] = " ".join(changed)
    keys = list(texts)
    found = cluster_sketches(np.stack([sketch(text) for text in texts.values()])).tolist()
    exact = cluster(keys, near_duplicate_pairs(texts))
    assert [keys[first] for first in found] == [exact[key] for key in keys]
    assert len(set(found)) == 40
