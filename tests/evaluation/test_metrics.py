import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as oracle

from stance.evaluation.metrics import (
    accuracy,
    class_scores,
    confusion,
    f_avg,
    f_avg_target_mean,
    grouped_confusion,
    macro_f1,
)
from stance.labels import MAIN

# gold      f f f a a m n n
# predicted f f a a n f n n
GOLD = np.array([0, 0, 0, 1, 1, 2, 3, 3])
PREDICTED = np.array([0, 0, 1, 1, 3, 0, 3, 3])
LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def test_confusion_has_gold_in_rows():
    expected = [[2, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 2]]
    assert confusion(GOLD, PREDICTED, 4).tolist() == expected


def test_scores_worked_by_hand():
    matrix = confusion(GOLD, PREDICTED, 4)
    scores = class_scores(matrix)
    # favor: 2 right of 3 predicted and 3 gold. against: 1 of 2 and 2. ambivalent: never predicted. none: 2 of 3 and 2.
    assert scores.precision == pytest.approx([2 / 3, 1 / 2, 0, 2 / 3])
    assert scores.recall == pytest.approx([2 / 3, 1 / 2, 0, 1])
    # F1 = 2 hits / (predicted + gold): 4/6, 2/4, 0/1, 4/5.
    assert scores.f1 == pytest.approx([2 / 3, 1 / 2, 0, 4 / 5])
    assert f_avg(matrix, MAIN) == pytest.approx((2 / 3 + 1 / 2) / 2)
    score, present = macro_f1(matrix)
    assert score == pytest.approx((2 / 3 + 1 / 2 + 0 + 4 / 5) / 4)
    assert present.tolist() == [True, True, True, True]
    assert accuracy(matrix) == pytest.approx(5 / 8)


def test_macro_f1_leaves_out_a_class_that_gold_lacks():
    # gold f f a, predicted f m a: favor 2·1/(2+1) = 2/3, against 1, ambivalent not in gold.
    score, present = macro_f1(confusion([0, 0, 1], [0, 2, 1], 4))
    assert score == pytest.approx((2 / 3 + 1) / 2)
    assert present.tolist() == [True, True, False, False]


def test_f_avg_counts_none_through_its_mistakes():
    # favor and against are always found, but two of the `none` are called favor: 2·1/(3+1) and 1.
    assert f_avg(confusion([0, 1, 3, 3], [0, 1, 0, 0], 4), MAIN) == pytest.approx((1 / 2 + 1) / 2)


def test_target_mean_weighs_targets_alike():
    # t1: f_avg 1 on four examples; t2: both wrong, 0. The mean is 1/2 though t1 has most examples.
    gold, predicted, targets = [0, 0, 1, 1, 0, 1], [0, 0, 1, 1, 1, 0], ["t1"] * 4 + ["t2"] * 2
    names, matrices = grouped_confusion(gold, predicted, targets, 4)
    assert names == ["t1", "t2"]
    assert f_avg_target_mean(matrices, MAIN) == pytest.approx(0.5)
    # Of two draws, the second holds nothing of t2.
    drawn = np.stack([matrices, matrices * [[[1]], [[0]]]])
    assert f_avg_target_mean(drawn, MAIN) == pytest.approx([0.5, 1.0])


@given(LABELS)
def test_scores_agree_with_scikit_learn(pairs):
    gold, predicted = np.array(pairs).T
    matrix = confusion(gold, predicted, 4)
    np.testing.assert_array_equal(matrix, oracle.confusion_matrix(gold, predicted, labels=range(4)))
    options = {"labels": range(4), "average": None, "zero_division": 0}
    scores = class_scores(matrix)
    np.testing.assert_allclose(scores.precision, oracle.precision_score(gold, predicted, **options))
    np.testing.assert_allclose(scores.recall, oracle.recall_score(gold, predicted, **options))
    np.testing.assert_allclose(scores.f1, oracle.f1_score(gold, predicted, **options))
    present = np.unique(gold)
    expected = oracle.f1_score(gold, predicted, labels=present, average="macro", zero_division=0)
    assert macro_f1(matrix)[0] == pytest.approx(expected)
    expected = oracle.f1_score(gold, predicted, labels=[0, 1], average="macro", zero_division=0)
    assert f_avg(matrix, MAIN) == pytest.approx(expected)
    assert accuracy(matrix) == pytest.approx(oracle.accuracy_score(gold, predicted))


@given(hnp.arrays(int, st.tuples(st.integers(1, 4), st.just(4), st.just(4)), elements=st.integers(0, 9)))
def test_a_stack_is_scored_as_its_matrices(stack):
    np.testing.assert_allclose(f_avg(stack, MAIN), [f_avg(matrix, MAIN) for matrix in stack])
    np.testing.assert_allclose(accuracy(stack), [accuracy(matrix) for matrix in stack])
    scores, present = macro_f1(stack)
    np.testing.assert_allclose(scores, [macro_f1(matrix)[0] for matrix in stack])
    np.testing.assert_array_equal(present, [macro_f1(matrix)[1] for matrix in stack])


def test_an_empty_matrix_scores_nothing():
    empty = np.zeros((4, 4), dtype=int)
    assert (f_avg(empty, MAIN), macro_f1(empty)[0], accuracy(empty)) == (0, 0, 0)
