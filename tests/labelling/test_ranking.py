"""What to label next: worked by hand, against naive loops, and as properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.labelling.ranking import by_task, copies_last, document_vectors, farthest_first, uncertainty


def test_uncertainty_is_one_minus_the_margin() -> None:
    rows = np.array([[0.2, 0.5, 0.3, 0.0], [0.25, 0.25, 0.25, 0.25], [0, 0, 1, 0], [0.05, 0.85, 0.05, 0.05]])
    assert uncertainty(rows).tolist() == pytest.approx([0.8, 1, 0, 0.2])


def test_a_task_has_the_mean_of_its_examples() -> None:
    values = np.array([0.2, 0.4, 0.9])
    assert by_task(values, [1, 1, 3], 4).tolist() == pytest.approx([0, 0.3, 0, 0.9])
    assert by_task(np.array([]), [], 2).tolist() == [0, 0]


def test_farthest_first_by_hand() -> None:
    # Angles on a circle; known is the one at 0°, so the distances are one minus a cosine.
    angles = np.radians([10, 90, 45, 80])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    order, gains = farthest_first(vectors, np.array([[1.0, 0.0]]), 4)
    assert order.tolist() == [1, 2, 0, 3]
    expected = [1 - math.cos(math.radians(angle)) for angle in (90, 45, 10, 10)]
    assert gains.tolist() == pytest.approx(expected)


def test_weights_count_as_factors() -> None:
    vectors = np.eye(3)
    order, gains = farthest_first(vectors, np.zeros((0, 3)), 3, np.array([0.2, 0.9, 0.5]))
    assert order.tolist() == [1, 2, 0]
    assert gains.tolist() == pytest.approx([0.9, 0.5, 0.2])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 5), st.booleans())
def test_farthest_first_equals_a_naive_loop(seed: int, count: int, known: int, weighted: bool) -> None:
    chance = np.random.default_rng(seed)
    everything = chance.random((count + known, 4))
    everything /= np.linalg.norm(everything, axis=1, keepdims=True)
    weights = chance.random(count) if weighted else np.ones(count)
    order, gains = farthest_first(everything[:count], everything[count:], count, weights if weighted else None)
    taken = list(everything[count:])
    left = list(range(count))
    for place, gain in zip(order, gains, strict=True):
        worths = {
            i: weights[i] * min([1.0, *(max(0.0, 1 - float(everything[i] @ other)) for other in taken)]) for i in left
        }
        assert gain == pytest.approx(max(worths.values()), abs=1e-9)
        assert worths[int(place)] == pytest.approx(gain, abs=1e-9)
        left.remove(int(place))
        taken.append(everything[int(place)])
    assert left == []


def test_of_more_than_there_are_all_are_taken_once() -> None:
    order, _ = farthest_first(np.ones((3, 1)), np.ones((1, 1)), 10)
    assert sorted(order.tolist()) == [0, 1, 2]


def test_copies_stand_behind_each_in_its_order() -> None:
    clusters = ["a", "b", "a", "c", "b", "a"]
    assert copies_last([5, 2, 1, 4, 0, 3], clusters) == [5, 1, 3, 2, 4, 0]
    assert copies_last([5, 2, 1, 4, 0, 3], clusters, known=["c"]) == [5, 1, 2, 4, 3, 0]


def test_spellings_of_a_word_are_one_and_texts_without_words_are_unlike_all() -> None:
    vectors = document_vectors(["أعلنت الحكومة", "اعلنت الحكومه", "حزب معارض", "؟ !"])
    similar = vectors @ vectors.T
    assert similar[0, 1] == pytest.approx(1, abs=1e-6)
    assert similar[0, 2] == pytest.approx(0, abs=1e-6)
    assert vectors[3].tolist() == [0] * vectors.shape[1]
    assert document_vectors(["؟", "!"]).tolist() == [[0], [0]]
    assert np.linalg.norm(document_vectors(["كلمة"]), axis=1).tolist() == [1]
    assert len(document_vectors([])) == 0


def test_of_small_sets_the_reduction_keeps_all_likenesses() -> None:
    chance = np.random.default_rng(0)
    words = [f"w{i}" for i in range(30)]
    texts = [" ".join(chance.choice(words, 12)) for _ in range(20)]
    from sklearn.feature_extraction.text import TfidfVectorizer

    exact = TfidfVectorizer(sublinear_tf=True).fit_transform(texts).toarray()
    vectors = document_vectors(texts)
    np.testing.assert_allclose(vectors @ vectors.T, exact @ exact.T, atol=1e-5)
