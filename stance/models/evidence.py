"""From sentence probabilities to evidence: the sentences that show an actor's stance."""

from collections.abc import Sequence

import numpy as np

from stance.data.windows import Reading
from stance.labels import LabelSet
from stance.models.contract import Evidence


def evidence(
    readings: Sequence[Reading], sentences: Sequence[Sequence[np.ndarray]], label_set: LabelSet
) -> list[tuple[Evidence, ...]]:
    """Per example of the readings, the sentences more likely to show a stance than none, in text order.

    `sentences` holds per reading and (window, example) pair the class probabilities [S, K] of the window's sentences.
    A sentence read in two windows counts with its higher probability. A set without an absent class was never shown
    a sentence without a stance, so it gives no evidence.
    """
    found: list[tuple[Evidence, ...]] = []
    for reading, pairs in zip(readings, sentences, strict=True):
        best: list[dict[tuple[int, int], Evidence]] = [{} for _ in reading.examples]
        for (window, example), rows in zip(reading.pairs, pairs, strict=True):
            for (start, end), row in zip(reading.windows[window].sentences, rows, strict=True):
                item = _item(int(start), int(end), row, label_set)
                place = (int(start), int(end))
                if item is not None and (place not in best[example] or best[example][place].p < item.p):
                    best[example][place] = item
        found += [tuple(items[place] for place in sorted(items)) for items in best]
    return found


def _item(start: int, end: int, row: np.ndarray, label_set: LabelSet) -> Evidence | None:
    if label_set.absent is None:
        return None
    absent = float(row[label_set.index(label_set.absent)])
    if absent >= 0.5:
        return None
    stance = max(label_set.sides, key=lambda side: row[label_set.index(side)])
    return Evidence(start, end, stance, 1 - absent)
