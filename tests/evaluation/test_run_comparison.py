from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation.intervals import intervals, paired_differences
from stance.evaluation.run_comparison import Contender, changed_sides, check_comparable, compare_runs
from stance.evaluation.scorecard import scorecard
from stance.evaluation.scored import average
from stance.evaluation.significance import McNemar, holm, mcnemar, spread
from stance.labels import LabelSet

from .invented import certain, invented


def contender(name, *seeds, n=60, skill=1.0):
    return Contender(name, tuple(invented(n, seed=seed, skill=skill) for seed in seeds))


def test_single_runs_have_the_figures_of_the_parts():
    first, second, third = contender("a", 1), contender("b", 2, skill=0.2), contender("c", 3, skill=0.5)
    found = compare_runs([first, second, third], resamples=200)
    assert (found.reference, [pair.name for pair in found.pairs]) == ("a", ["b", "c"])
    expected = intervals(first.parts[0], resamples=200)
    standing = found.standings[0]
    assert (standing.n, standing.runs, standing.seeds) == (60, 1, {})
    for name, interval in expected.items():
        assert standing.scores[name].low == pytest.approx(interval.low), name
    pair = found.pairs[0]
    difference = paired_differences(second.parts[0], first.parts[0], resamples=200)["macro_f1"]
    assert pair.differences["macro_f1"].interval.high == pytest.approx(difference.high)
    assert pair.mcnemar == mcnemar(second.parts[0], first.parts[0])
    for name in ("f_avg", "macro_f1"):
        tested = [pair.differences[name] for pair in found.pairs]
        assert [one.holm for one in tested] == holm([one.p for one in tested])
    assert [pair.mcnemar_holm for pair in found.pairs] == holm([pair.mcnemar.p for pair in found.pairs])


def test_the_mean_over_targets_is_tested_where_there_are_several():
    found = compare_runs([contender("a", 1), contender("b", 2, 3, skill=0.2)], resamples=50)
    assert found.scores == ("f_avg", "macro_f1", "f_avg_target_mean")
    assert found.pairs[0].differences.keys() == found.standings[1].seeds.keys() == set(found.scores)
    both = [scorecard(invented(60, seed=seed, skill=0.2), prior=None)["f_avg_target_mean"] for seed in (2, 3)]
    assert found.standings[1].scores["f_avg_target_mean"].estimate == pytest.approx(np.mean(both))
    assert found.standings[1].seeds["f_avg_target_mean"].mean == pytest.approx(np.mean(both))
    single = Contender("c", (certain("fan", "ffn"),))
    assert compare_runs([single], resamples=50).scores == ("f_avg", "macro_f1")


def test_seeds_are_shown_by_mean_and_spread_and_answer_together():
    several, single = contender("several", 1, 2, 3), contender("single", 4, skill=0.3)
    found = compare_runs([single, several], resamples=100)
    scores = [intervals(part, resamples=20)["f_avg"].estimate for part in several.parts]
    standing = found.standings[1]
    assert (standing.runs, standing.seeds["f_avg"]) == (3, spread(scores))
    assert standing.scores["f_avg"].estimate == pytest.approx(np.mean(scores))
    together = average(several.parts)
    assert found.pairs[0].mcnemar == mcnemar(together, single.parts[0])
    assert (standing.averaged.name, standing.averaged.runs) == ("several, averaged", 3)
    ensemble = intervals(together, resamples=20)["f_avg"]
    assert standing.averaged.scores["f_avg"].estimate == pytest.approx(ensemble.estimate)
    assert found.standings[0].averaged is None


@given(seed=st.integers(0, 30), n=st.integers(8, 30))
@settings(max_examples=15)
def test_a_comparison_is_antisymmetric(seed, n):
    first, second = contender("a", seed, n=n), contender("b", seed + 50, seed + 51, n=n, skill=0.4)
    (forth,) = compare_runs([first, second], resamples=60).pairs
    (back,) = compare_runs([second, first], resamples=60).pairs
    for name, there in forth.differences.items():
        here = back.differences[name]
        ends = (there.interval.estimate, there.interval.low, there.interval.high)
        assert ends == pytest.approx((-here.interval.estimate, -here.interval.high, -here.interval.low))
        assert (there.p, there.holm) == (here.p, here.holm)
    assert (forth.mcnemar.only_first, forth.mcnemar.only_second) == (back.mcnemar.only_second, back.mcnemar.only_first)
    assert forth.mcnemar_holm == back.mcnemar_holm


def test_a_run_does_not_differ_from_itself():
    (pair,) = compare_runs([contender("a", 1), contender("b", 1)], resamples=100).pairs
    assert {(d.interval.estimate, d.interval.low, d.interval.high, d.p) for d in pair.differences.values()} == {
        (0, 0, 0, 1)
    }
    assert pair.mcnemar == McNemar(0, 0, 1.0)
    assert not pair.shown


def test_holm_decides_what_is_shown():
    poor = [contender(f"poor{seed}", seed, n=40, skill=0.55) for seed in range(12)]
    good = contender("good", 99, n=40, skill=1.0)
    pairs = compare_runs([good, *poor], resamples=4000).pairs
    alone = [compare_runs([good, one], resamples=4000).pairs[0] for one in poor]
    assert [pair.differences["f_avg"].p for pair in pairs] == [pair.differences["f_avg"].p for pair in alone]
    assert 0 < sum(pair.shown for pair in pairs) < sum(pair.shown for pair in alone)


def test_changed_sides_are_those_on_which_answers_differ():
    gold = "fffaan"
    reference = Contender("ref", (certain(gold, "ffaaam"),))
    other = Contender("other", (certain(gold, "faffaf").take(range(5, -1, -1)),))
    table = changed_sides([reference, other])
    assert list(table.columns) == [
        *("change", "id", "document_id", "actor", "target", "gold", "answer of ref", "answer of other")
    ]
    # e1, e3 only the reference has right; e2 only the other; e5 neither; on e0 and e4 they agree.
    assert table[["change", "id", "gold", "answer of ref", "answer of other"]].to_numpy().tolist() == [
        ["lost", "e1", "favor", "favor", "against"],
        ["lost", "e3", "against", "against", "favor"],
        ["gained", "e2", "favor", "against", "favor"],
        ["other error", "e5", "none", "ambivalent", "favor"],
    ]
    assert len(changed_sides([reference, reference])) == 0


def test_other_examples_are_refused_with_counts():
    fewer = Contender("b", (invented(60).take(range(50)),))
    with pytest.raises(DataError) as caught:
        compare_runs([contender("a", 0), fewer])
    assert str(caught.value) == (
        "'a' and 'b' cannot be compared: expected the same examples, found 60 and 50 with 50 in common (the first that "
        "only one scored: 'e50'). Train both on the same split of the same data (same `split`, `target` and `data` "
        "settings)."
    )


def test_other_gold_and_other_label_sets_are_refused():
    scored = invented(20)
    flipped = replace(scored, gold=np.where(np.arange(20) == 3, (scored.gold + 1) % 4, scored.gold))
    with pytest.raises(DataError, match="expected the same gold, found 1 examples that differ"):
        check_comparable(Contender("b", (flipped,)), Contender("a", (scored,)))
    renamed = LabelSet("sides", ("f", "a", "m", "n"), averaged=("f", "a"))
    with pytest.raises(DataError, match="expected one label set, found 'stance' and 'sides'"):
        check_comparable(Contender("b", (replace(scored, label_set=renamed),)), Contender("a", (scored,)))


def test_seeds_that_cut_other_test_parts_are_compared_with_their_like_only():
    def cut(name, *cuts):
        scored = invented(30)
        return Contender(name, tuple(scored.take(range(start, stop)) for start, stop in cuts))

    like = compare_runs([cut("a", (0, 20), (10, 30)), cut("b", (10, 30), (0, 20))], resamples=20)
    assert [standing.n for standing in like.standings] == [30, 30]
    # Of twenty of these examples there is one answer: nothing to average.
    assert [standing.averaged for standing in like.standings] == [None, None]
    with pytest.raises(DataError) as caught:
        compare_runs([cut("a", (0, 20), (10, 30)), cut("b", (0, 20), (20, 30))])
    assert str(caught.value) == (
        "'a' and 'b' cannot be compared: expected the same test parts, found 2 and 2 runs whose seeds cut the test "
        "part in other places. Give both the same seeds, or use split=cv, which tests on everything."
    )
