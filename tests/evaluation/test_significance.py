import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation import intervals as intervals_module
from stance.evaluation.intervals import intervals, paired_differences, resample_weights, statistics
from stance.evaluation.metrics import confusion, f_avg
from stance.evaluation.scorecard import scorecard
from stance.evaluation.significance import McNemar, averaged_targets, holm, mcnemar, resampled, spread, two_sided

from .invented import certain, invented

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def slow_score(scored, drawn):
    """The scores of drawn clusters (names, repeated as often as drawn), built example by example."""
    chosen = [i for name in drawn for i in np.flatnonzero([cluster == name for cluster in scored.clusters])]
    matrix = confusion(scored.gold[chosen], scored.predicted[chosen], len(scored.label_set.classes))
    scores = {name: float(value) for name, value in statistics(matrix, scored.label_set).items()}
    single = []
    for target in {scored.targets[i] for i in chosen}:
        its = [i for i in chosen if scored.targets[i] == target]
        matrix = confusion(scored.gold[its], scored.predicted[its], len(scored.label_set.classes))
        single.append(float(f_avg(matrix, scored.label_set)))
    return {**scores, "f_avg_target_mean": sum(single) / len(single) if single else 0.0}


def slow_draws(clusters, resamples):
    names = sorted(set(clusters))
    for weights in np.concatenate(list(resample_weights(len(names), resamples=resamples, seed=0))):
        yield [name for name, weight in zip(names, weights, strict=True) for _ in range(weight)]


def test_mcnemar_worked_by_hand():
    # Only the first is right on six examples, only the second on one, both on one, none on one: of 2⁷ ways to be
    # right alone, 1 + 7 have at most one for the second, and as many at most one for the first: 16 / 128.
    first, second = certain("f" * 9, "f" * 6 + "a" + "f" + "n"), certain("f" * 9, "a" * 6 + "f" + "f" + "m")
    assert mcnemar(first, second) == McNemar(6, 1, pytest.approx(16 / 128))
    assert mcnemar(second, first) == McNemar(1, 6, pytest.approx(16 / 128))
    assert mcnemar(first, first.take(range(8, -1, -1))) == McNemar(0, 0, 1.0)


@given(seed=st.integers(0, 30))
@settings(max_examples=15)
def test_mcnemar_agrees_with_all_coin_tosses(seed):
    first, second = invented(12, seed=seed), invented(12, seed=seed + 100, skill=0.3)
    ours = sum(a == g != b for a, b, g in zip(first.predicted, second.predicted, first.gold, strict=True))
    theirs = sum(b == g != a for a, b, g in zip(first.predicted, second.predicted, first.gold, strict=True))
    tosses = list(itertools.product((0, 1), repeat=ours + theirs))
    p = sum(max(sum(toss), len(toss) - sum(toss)) >= max(ours, theirs) for toss in tosses) / len(tosses)
    assert mcnemar(first, second) == McNemar(ours, theirs, pytest.approx(min(1, p)))


def test_mcnemar_needs_the_same_examples():
    with pytest.raises(DataError, match="cannot be compared: expected the same examples"):
        mcnemar(invented(10), invented(9))


def test_holm_worked_by_hand():
    # 0.01 × 4; 0.02 × 3; 0.03 × 2 and 0.04 × 1 may not fall below 0.06 before them.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@given(P_VALUES)
def test_holm_agrees_with_its_definition(p_values):
    # That of the k-th smallest is the largest of (M - j) p_j over all up to it.
    corrected = holm(p_values)
    ranked = sorted(p_values)
    for p, found in zip(p_values, corrected, strict=True):
        rank = len([q for q in ranked if q <= p])
        steps = [min(1.0, (len(ranked) - j) * ranked[j]) for j in range(rank)]
        assert found == pytest.approx(max(steps))
        assert p <= found <= min(1.0, len(p_values) * p) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(corrected)[order]) >= 0)


def test_bootstrap_p_worked_by_hand():
    # Of four draws one lies below zero; with the data itself counted, 2 of 5, and both sides: 4/5.
    assert two_sided(np.array([-0.1, 0.2, 0.3, 0.4])) == pytest.approx(4 / 5)
    # A draw at zero lies on both sides.
    assert two_sided(np.array([0.0, 0.2, 0.3, 0.4])) == pytest.approx(4 / 5)
    assert two_sided(np.full(999, 0.1)) == pytest.approx(2 / 1000)
    assert two_sided(np.zeros(10)) == 1.0
    assert two_sided(np.zeros(0)) == 1.0


def test_bootstrap_agrees_with_a_slow_loop():
    first, second = invented(30), invented(30, seed=5, skill=0.4)
    ours, theirs = [], []
    for drawn in slow_draws(first.clusters, 60):
        ours.append(slow_score(first, drawn))
        theirs.append(slow_score(second, drawn))
    scores = resampled([[first], [second]], resamples=60)
    assert scores.keys() == ours[0].keys()
    for name, found in scores.items():
        gaps = np.array([a[name] - b[name] for a, b in zip(ours, theirs, strict=True)])
        interval, p = found.difference(0, 1)
        low, high = np.percentile(gaps, [2.5, 97.5])
        assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high)), name
        beyond = min(sum(gap <= 1e-12 for gap in gaps), sum(gap >= -1e-12 for gap in gaps))
        assert p == pytest.approx(min(1, 2 * (beyond + 1) / 61)), name


def test_seeds_are_averaged_within_each_draw():
    seeds = [invented(24, seed=seed) for seed in (1, 2, 3)]
    means = [
        np.mean([slow_score(scored, drawn)["macro_f1"] for scored in seeds])
        for drawn in slow_draws(seeds[0].clusters, 40)
    ]
    found = resampled([[invented(24, seed=9)], seeds], resamples=40)["macro_f1"].interval(1)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))
    assert found.estimate == pytest.approx(np.mean([intervals(one)["macro_f1"].estimate for one in seeds]))


def test_runs_on_other_parts_draw_from_the_clusters_of_all():
    scored = invented(40)
    early = scored.take([i for i, name in enumerate(scored.clusters) if name < "c5"])
    late = scored.take([i for i, name in enumerate(scored.clusters) if name >= "c5"])
    assert 0 < len(early) < 40
    means = [
        (slow_score(early, drawn)["accuracy"] + slow_score(late, drawn)["accuracy"]) / 2
        for drawn in slow_draws(scored.clusters, 30)
    ]
    found = resampled([[early, late]], resamples=30)["accuracy"].interval(0)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_it_agrees_with_the_intervals_that_runs_log(monkeypatch):
    first, second = invented(30), invented(30, seed=5, skill=0.4)
    monkeypatch.setattr(intervals_module, "LARGEST_BLOCK", 70)
    found = resampled([[first], [second]], resamples=50)
    for name, interval in intervals(first, resamples=50).items():
        assert _ends(found[name].interval(0)) == pytest.approx(_ends(interval)), name
    for name, interval in paired_differences(first, second, resamples=50).items():
        assert _ends(found[name].difference(0, 1)[0]) == pytest.approx(_ends(interval)), name


def test_targets_are_averaged_where_each_could_reach_one():
    gold, targets = "fafan", ("t1", "t1", "t2", "t2", "t2")
    assert averaged_targets([certain(gold, "fffff", targets=targets)]) == ["t1", "t2"]
    assert averaged_targets([certain(gold, "fffff")]) == []
    # No answer can find an "against" that t2 does not have.
    assert averaged_targets([certain("fafnn", "fffff", targets=targets)]) == []
    # What one seed's part lacks, another's may have.
    parts = certain(gold, "fffff", targets=targets)
    assert averaged_targets([parts.take([0, 2]), parts.take([1, 3])]) == ["t1", "t2"]


def test_the_mean_over_targets_is_the_one_that_runs_log():
    scored = invented(60, seed=4)
    found = resampled([[scored]], resamples=20)["f_avg_target_mean"].interval(0)
    assert found.estimate == pytest.approx(scorecard(scored, prior=None, resamples=20)["f_avg_target_mean"])
    assert found.low < found.estimate < found.high
    assert "f_avg_target_mean" not in resampled([[certain("fa", "fa")]], resamples=20)


def test_one_cluster_shows_nothing():
    first = certain("fa", "fa", clusters=("c", "c"))
    found = resampled([[first], [certain("fa", "ff", clusters=("c", "c"))]])["accuracy"]
    interval, p = found.difference(0, 1)
    assert (interval.estimate, interval.known, p) == (0.5, False, 1.0)


@given(seed=st.integers(0, 40), n=st.integers(8, 40))
@settings(max_examples=20)
def test_a_difference_changes_its_sign_with_the_order(seed, n):
    first, second = invented(n, seed=seed), invented(n, seed=seed + 100, skill=0.6)
    forth, back = resampled([[first], [second]], resamples=100), resampled([[second], [first]], resamples=100)
    for name, found in forth.items():
        (there, p), (here, q) = found.difference(0, 1), back[name].difference(0, 1)
        assert (there.estimate, there.low, there.high) == pytest.approx((-here.estimate, -here.high, -here.low))
        assert p == q
        assert found.difference(1, 0)[1] == p


def test_a_spread_worked_by_hand():
    # Mean 4, squares 4 + 0 + 4 over two: deviation 2; t(0.975, 2) = 4.302653; half 4.302653 · 2 / √3.
    found = spread([2.0, 4.0, 6.0])
    half = 4.302653 * 2 / math.sqrt(3)
    assert (found.count, found.mean, found.deviation) == (3, 4.0, 2.0)
    assert (found.low, found.high) == (pytest.approx(4 - half, abs=1e-5), pytest.approx(4 + half, abs=1e-5))
    assert spread([0.5]) is None


def _ends(interval):
    return interval.estimate, interval.low, interval.high
