import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation import intervals as module
from stance.evaluation.intervals import (
    cluster_matrices,
    intervals,
    paired_differences,
    permutation_p_values,
    ratio_intervals,
    resample_weights,
    statistics,
)
from stance.evaluation.metrics import confusion

from .invented import certain, invented


def slow_statistics(scored, weights):
    """The scores of a resample, built example by example: what the fast code must agree with."""
    names = sorted(set(scored.clusters))
    chosen = [
        i
        for g, name in enumerate(names)
        for _ in range(weights[g])
        for i in np.flatnonzero([cluster == name for cluster in scored.clusters])
    ]
    matrix = confusion(scored.gold[chosen], scored.predicted[chosen], 4)
    return {name: float(value) for name, value in statistics(matrix, scored.label_set).items()}


def drawn_weights(scored, resamples):
    return np.concatenate(list(resample_weights(len(set(scored.clusters)), resamples=resamples, seed=0)))


def test_bootstrap_agrees_with_a_slow_loop():
    scored = invented(30)
    drawn = [slow_statistics(scored, weights) for weights in drawn_weights(scored, 50)]
    for name, found in intervals(scored, resamples=50).items():
        low, high = np.percentile([values[name] for values in drawn], [2.5, 97.5])
        assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high)), name


def test_equal_resamples_are_drawn_once_and_cannot_be_changed():
    (first,), (again,) = resample_weights(7, resamples=20), resample_weights(7, resamples=20)
    (other,) = resample_weights(7, resamples=20, seed=1)
    assert first is again
    assert (first != other).any()
    assert first.sum(axis=1).tolist() == [7] * 20
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_paired_bootstrap_uses_the_same_resamples_for_both():
    scored, reference = invented(30), invented(30, model="prior", seed=5, skill=0.2)
    drawn = []
    for weights in drawn_weights(scored, 50):
        ours, theirs = slow_statistics(scored, weights), slow_statistics(reference, weights)
        drawn.append({name: ours[name] - theirs[name] for name in ours})
    for name, found in paired_differences(scored.take(range(29, -1, -1)), reference, resamples=50).items():
        low, high = np.percentile([values[name] for values in drawn], [2.5, 97.5])
        assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high)), name
        expected = intervals(scored)[name].estimate - intervals(reference)[name].estimate
        assert found.estimate == pytest.approx(expected)


def test_clusters_worked_by_hand():
    # c0 holds one right favor and one favor called against; c1 one right none.
    scored = certain("ffn", "fan", clusters=("c0", "c0", "c1"))
    matrices = cluster_matrices(scored)
    assert matrices[0].tolist() == [[1, 1, 0, 0], [0] * 4, [0] * 4, [0] * 4]
    assert matrices[1][3, 3] == matrices[1].sum() == 1
    # Resamples are c0c0 (accuracy 1/2), c0c1 (2/3) and c1c1 (1): the percentiles of many reach both ends.
    found = intervals(scored)["accuracy"]
    assert (found.estimate, found.low, found.high) == (pytest.approx(2 / 3), 0.5, 1.0)


@given(seed=st.integers(0, 50))
@settings(max_examples=20)
def test_intervals_are_ordered_and_repeatable(seed):
    scored = invented(25, seed=seed)
    found = intervals(scored, resamples=100)
    assert found == intervals(scored, resamples=100)
    assert all(0 <= interval.low <= interval.high <= 1 for interval in found.values())
    assert intervals(scored, resamples=100, seed=1) != found


def test_clusters_widen_intervals():
    # Each example ten times over, as ten reprints: the interval is that of the 20 originals, not of 200 examples.
    scored = invented(20)
    originals = scored.take(range(20))
    letters = "famn"
    gold = "".join(letters[i] for i in originals.gold) * 10
    predicted = "".join(letters[i] for i in originals.predicted) * 10
    reprints = certain(gold, predicted, clusters=tuple(f"c{i % 20}" for i in range(200)))
    apart = certain(gold, predicted)
    width = {
        name: (found := intervals(part)["accuracy"]).high - found.low
        for name, part in {"reprints": reprints, "apart": apart}.items()
    }
    assert width["reprints"] > 2.5 * width["apart"]


def test_blocks_change_nothing(monkeypatch):
    scored = invented(30)
    whole = intervals(scored, resamples=40)
    p_values = permutation_p_values(scored, invented(30, model="prior", seed=2), resamples=40)
    monkeypatch.setattr(module, "LARGEST_BLOCK", 70)
    assert intervals(scored, resamples=40) == whole
    assert permutation_p_values(scored, invented(30, model="prior", seed=2), resamples=40) == p_values


def test_one_cluster_has_no_interval():
    found = intervals(certain("fa", "fa", clusters=("c", "c")))["f_avg"]
    assert found.estimate == 1.0
    assert not found.known


def test_a_model_differs_from_itself_by_nothing():
    scored = invented(30)
    assert all((d.estimate, d.low, d.high) == (0, 0, 0) for d in paired_differences(scored, scored).values())
    assert set(permutation_p_values(scored, scored).values()) == {1.0}


def test_permutation_agrees_with_all_swaps():
    # Six clusters of one: 2⁶ swaps can be listed. The sampled p-value comes near the exact one.
    ours, theirs = certain("ffffaa", "ffffaa"), certain("ffffaa", "fafaaf")
    differences = []
    for swaps in itertools.product([False, True], repeat=6):
        first = np.where(swaps, theirs.predicted, ours.predicted)
        second = np.where(swaps, ours.predicted, theirs.predicted)
        differences.append(np.mean(first == ours.gold) - np.mean(second == ours.gold))
    # Three of six differ; only the two swaps that move all three one way (of 2³) reach 1/2: 2/8.
    exact = np.mean(np.abs(differences) >= 0.5 - 1e-12)
    assert exact == 0.25
    assert permutation_p_values(ours, theirs, resamples=20000)["accuracy"] == pytest.approx(exact, abs=0.015)


def test_a_better_model_has_a_small_p_value():
    good, poor = invented(200), invented(200, model="prior", seed=4, skill=0.0)
    assert permutation_p_values(good, poor)["f_avg"] < 0.01


def test_other_examples_are_refused():
    with pytest.raises(DataError, match="cannot be compared: expected the same examples"):
        paired_differences(invented(10), invented(9))


def test_shares_are_resampled_by_cluster() -> None:
    part, whole = np.array([1, 1, 0, 0]), np.array([1, 1, 1, 1])
    found = ratio_intervals(["a", "a", "b", "b"], {"half": (part, whole), "nothing": (part, 0 * whole)})
    assert list(found) == ["half"]
    # Of two clusters, one all right and one all wrong, a resample holds either twice in a quarter of the cases each.
    assert (found["half"].estimate, found["half"].low, found["half"].high) == (0.5, 0.0, 1.0)
    apart = ratio_intervals(["a", "b", "a", "b"], {"half": (part, whole)})["half"]
    assert (apart.low, apart.high) == (0.5, 0.5)
    assert not ratio_intervals(["a"] * 4, {"half": (part, whole)})["half"].known
    assert ratio_intervals(["a"] * 4, {"nothing": (part, 0 * whole)}) == {}


def test_resamples_in_which_there_is_nothing_are_left_out() -> None:
    # Only one of the clusters counts at all: whenever it is drawn, its share is what it is.
    found = ratio_intervals(["a", "b", "c"], {"rare": (np.array([1, 0, 0]), np.array([4, 0, 0]))})["rare"]
    assert (found.estimate, found.low, found.high) == (0.25, 0.25, 0.25)
