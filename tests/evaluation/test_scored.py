from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation.scored import Scored, align, average, join
from stance.labels import Channel

from .invented import certain, invented


def same(first: Scored, second: Scored) -> None:
    for name in first.__dataclass_fields__:
        ours, theirs = getattr(first, name), getattr(second, name)
        if isinstance(ours, np.ndarray):
            np.testing.assert_allclose(ours, theirs)
        else:
            assert ours == theirs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"probabilities": np.full((2, 3), 1 / 3)},
            "Model 'm': expected probabilities of shape (2, 4) for 2 ids and label set 'stance', found (2, 3).",
        ),
        ({"actors": ("x",)}, "Model 'm': expected actors of shape (2,) for 2 ids and label set 'stance', found (1,)."),
        (
            {"ids": ("e0", "e0")},
            "Model 'm': expected distinct ids, found 'e0' more than once (1 such ids). "
            "Average repeats with `average` before scoring.",
        ),
        ({"gold": np.array([0.0, 1.0])}, "Model 'm': expected gold to hold integers, found float64."),
        (
            {"gold": np.array([0, -1])},
            "Model 'm': expected gold from 0 to 3 (favor, against, ambivalent, none), found -1 for id 'e1'.",
        ),
        (
            {"channel_gold": np.array([[0, 0, 0], [0, 4, -1]])},
            "Model 'm': expected channel_gold from -1 to 3 (favor, against, ambivalent, none), found 4 for id 'e1'.",
        ),
        (
            {"probabilities": np.array([[1, 0, 0, 0], [0.5, 0.5, 0.5, 0]])},
            "Model 'm': expected probabilities whose rows are finite, not negative and sum to 1, found "
            "[0.5, 0.5, 0.5, 0] for id 'e1'.",
        ),
        (
            {"probabilities": np.array([[np.nan, 0, 0, 1], [1, 0, 0, 0]])},
            "Model 'm': expected probabilities whose rows are finite, not negative and sum to 1, found "
            "[nan, 0, 0, 1] for id 'e0'.",
        ),
        (
            {"channel_probabilities": np.full((2, 3, 4), 0.3)},
            "Model 'm': expected channel_probabilities whose rows are finite, not negative and sum to 1, found "
            "[0.3, 0.3, 0.3, 0.3] for id 'e0'.",
        ),
        ({"ids": ()}, "Model 'm': expected at least one scored example, found none."),
    ],
)
def test_what_cannot_be_scored_is_refused(change, message):
    with pytest.raises(DataError) as caught:
        replace(certain("fa", "fa"), **change)
    assert str(caught.value) == message


def test_rows_may_be_off_by_single_precision():
    scored = replace(certain("f", "f"), probabilities=np.array([[0.99995, 0, 0, 0.0]]))
    assert scored.predicted.tolist() == [0]


def test_take_follows_positions_and_masks():
    scored = invented(6)
    assert scored.take([4, 1]).ids == ("e4", "e1")
    mask = np.array([True, False, False, True, False, False])
    same(scored.take(mask), scored.take([0, 3]))
    with pytest.raises(DataError, match="found none"):
        scored.take([])


def test_channel_keeps_the_known_examples_only():
    scored = invented(20)
    part = scored.channel(Channel.PRIVATE)
    known = scored.channel_gold[:, 1] >= 0
    assert part.ids == tuple(np.array(scored.ids)[known])
    np.testing.assert_array_equal(part.gold, scored.channel_gold[known, 1])
    np.testing.assert_array_equal(part.probabilities, scored.channel_probabilities[known, 1])
    assert replace(scored, channel_probabilities=None).channel(Channel.PRIVATE) is None
    assert certain("f", "f").channel(Channel.PUBLIC) is None


@given(cut=st.integers(1, 9))
def test_joined_parts_are_the_whole(cut):
    scored = invented(10)
    same(join([scored.take(range(cut)), scored.take(range(cut, 10))]), scored)


def test_average_works_on_folds_of_repeats():
    first, second = certain("fa", "fa"), certain("fa", "aa")
    # e0: favor (0.97 + 0.01) / 2 = 0.49, against (0.01 + 0.97) / 2 = 0.49; e1 is the same in both.
    found = average([first, second.take([1]), second.take([0])])
    assert found.ids == ("e0", "e1")
    np.testing.assert_allclose(found.probabilities, [[0.49, 0.49, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01]])


@given(seed=st.integers(0, 99), repeats=st.integers(1, 4))
def test_average_of_shuffled_repeats_is_the_mean(seed, repeats):
    rng = np.random.default_rng(seed)
    runs = [invented(8, seed=seed + i) for i in range(repeats)]
    found = average([runs[0], *(run.take(rng.permutation(8)) for run in runs[1:])])
    expected = np.mean([run.probabilities for run in runs], axis=0)
    channels = np.mean([run.channel_probabilities for run in runs], axis=0)
    same(found, replace(runs[0], probabilities=expected, channel_probabilities=channels))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "Expected at least one part to put together, found none."),
        ([invented(4), invented(4, model="other")], "Expected parts of one model, found 'network' and 'other'."),
        (
            [invented(4), replace(invented(4), channel_probabilities=None)],
            "Model 'network': expected channel probabilities in all parts or in none, found them in 1 of 2.",
        ),
        (
            [certain("fa", "fa"), certain("ff", "fa")],
            "Expected the same gold for id 'e1' in every repeat, found 1 and 0. "
            "All repeats must score one version of the data.",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, message):
    with pytest.raises(DataError) as caught:
        average(parts)
    assert str(caught.value) == message


def test_align_restores_the_order():
    scored = invented(12)
    same(align(scored.take(np.random.default_rng(1).permutation(12)), scored), scored)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            certain("f", "f"),
            "Models 'm' and 'm' cannot be compared: expected the same examples, found 1 that only one of them scored "
            "(the first, 'e1', only by 'm'). Score both on the same split.",
        ),
        (
            certain("ff", "fa"),
            "Models 'm' and 'm' cannot be compared: expected the same gold, found 1 examples that differ (the first: "
            "'e1'). Score both on the same version of the data.",
        ),
    ],
)
def test_align_refuses_other_examples(other, message):
    with pytest.raises(DataError) as caught:
        align(other, certain("fa", "fa"))
    assert str(caught.value) == message
