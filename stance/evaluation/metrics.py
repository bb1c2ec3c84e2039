"""Scores computed from confusion matrices: one matrix [K, K], or any stack of them [..., K, K] at once.

A matrix holds counts, gold classes in rows and predicted classes in columns. Everything here is 0 where its
denominator is 0 (a class neither in gold nor predicted has an F1 of 0), as in the scorer of SemEval-2016 task 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.labels import LabelSet


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Precision, recall and F1 of each class, each float [..., K] between 0 and 1."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def confusion(gold: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts of (gold, predicted) pairs, int [K, K] with K = `classes`; both inputs are class indices, int [N]."""
    pairs = np.asarray(gold) * classes + np.asarray(predicted)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def grouped_confusion(
    gold: np.ndarray, predicted: np.ndarray, groups: Sequence[str], classes: int
) -> tuple[list[str], np.ndarray]:
    """The names of the groups in `groups` [N], sorted, and their matrices, int [G, K, K].

    Sorted, so that what is drawn from them at random does not depend on the order of the examples.
    """
    order = {name: i for i, name in enumerate(sorted(set(groups)))}
    matrices = np.zeros((len(order), classes, classes), dtype=int)
    group = np.array([order[name] for name in groups])
    np.add.at(matrices, (group, np.asarray(gold), np.asarray(predicted)), 1)
    return list(order), matrices


def class_scores(matrix: np.ndarray) -> ClassScores:
    """Per-class precision, recall and F1 [..., K] of matrices [..., K, K]."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)  # [..., K]
    support, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)  # [..., K] each
    return ClassScores(
        precision=_share(hits, predicted), recall=_share(hits, support), f1=_share(2 * hits, support + predicted)
    )


def f_avg(matrix: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """Mean F1 of the set's averaged classes, [...]: the F_avg of Mohammad et al. 2016, https://aclanthology.org/S16-1003/.

    The classes left out (`none`, `ambivalent`) still count through the false positives and negatives they cause. A
    perfect score needs every averaged class in gold.
    """
    averaged = [label_set.index(name) for name in label_set.averaged]
    return class_scores(matrix).f1[..., averaged].mean(axis=-1)


def macro_f1(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean F1 over the classes present in gold, [...], and which those are, bool [..., K].

    A class that gold never holds cannot be found, so averaging its 0 would measure the sample, not the model. The
    wrong predictions of such a class still cost the recall of the classes that are there. 0 for an empty matrix.
    """
    present = matrix.sum(axis=-1) > 0  # [..., K]
    total = np.where(present, class_scores(matrix).f1, 0.0).sum(axis=-1)  # [...]
    return _share(total, present.sum(axis=-1)), present


def accuracy(matrix: np.ndarray) -> np.ndarray:
    """Share of examples on the diagonal, [...]."""
    return _share(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum(axis=(-2, -1)))


def f_avg_target_mean(matrices: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """`f_avg` of each target, then their plain mean, [...] of matrices [..., T, K, K] for T targets.

    The score of the StanceEval 2024 shared task at ArabicNLP (Alturayeif et al. 2024), where small targets weigh as
    much as large ones. A target without gold (a resample may leave one out) is not counted; one whose gold lacks an
    averaged class cannot reach 1.
    """
    present = matrices.sum(axis=(-2, -1)) > 0  # [..., T]
    total = np.where(present, f_avg(matrices, label_set), 0.0).sum(axis=-1)  # [...]
    return _share(total, present.sum(axis=-1))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=float), np.asarray(whole, dtype=float))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
