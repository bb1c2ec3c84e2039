"""How well spans were found: exact and overlapping, of all actors and of those that training never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.evaluation.intervals import RESAMPLES, Interval

Span = tuple[int, int]


@dataclass(frozen=True)
class SpanCounts:
    """Counts in one document: gold spans found and missed, seen and unseen, and spans found where nothing is."""

    found_seen: int = 0
    missed_seen: int = 0
    found_unseen: int = 0
    missed_unseen: int = 0
    spurious: int = 0


def count_spans(gold: Mapping[Span, bool], predicted: Sequence[Span], *, exact: bool) -> SpanCounts:
    """Compare `predicted` with `gold`, which says of each span whether its actor was seen in training.

    `exact`: both ends must agree; else sharing a character will do. A prediction counts for one gold span, and a gold
    span is found once.
    """
    free = list(dict.fromkeys(predicted))
    counts = {"found_seen": 0, "missed_seen": 0, "found_unseen": 0, "missed_unseen": 0}
    for (start, end), seen in gold.items():
        hit = next((one for one in free if (one == (start, end) if exact else one[0] < end and one[1] > start)), None)
        if hit is not None:
            free.remove(hit)
        counts[f"{'missed' if hit is None else 'found'}_{'seen' if seen else 'unseen'}"] += 1
    return SpanCounts(**counts, spurious=len(free))


def span_scores(counts: Sequence[SpanCounts], clusters: Sequence[str], *, seed: int = 0) -> dict[str, Interval]:
    """`precision`, `recall`, `f1` over all spans, and `unseen_recall`, `unseen_f1` over those of unseen actors.

    Each with its 95 % interval by resampling clusters of documents (`clusters` names each document's). For unseen
    actors only what is found where nothing is counts against the model: a seen actor's span is right, not of them.
    """
    table = np.array([[getattr(one, name) for name in SpanCounts.__dataclass_fields__] for one in counts], dtype=float)
    names, group = np.unique(np.array(clusters, dtype=object), return_inverse=True)
    sums = np.zeros((len(names), table.shape[1]))
    np.add.at(sums, group, table)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    whole, resampled = _scores(sums.sum(0, keepdims=True)), _scores(drawn @ sums)
    return {
        name: Interval(float(whole[name][0]), *map(float, np.nanpercentile(resampled[name], [2.5, 97.5])))
        for name in whole
    }


def _scores(sums: np.ndarray) -> dict[str, np.ndarray]:
    seen, missed_seen, unseen, missed_unseen, spurious = sums.T
    found, missed = seen + unseen, missed_seen + missed_unseen
    return {
        "precision": _ratio(found, found + spurious),
        "recall": _ratio(found, found + missed),
        "f1": _ratio(2 * found, 2 * found + spurious + missed),
        "unseen_recall": _ratio(unseen, unseen + missed_unseen),
        "unseen_f1": _ratio(2 * unseen, 2 * unseen + spurious + missed_unseen),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
