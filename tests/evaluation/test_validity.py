"""Figures of changed texts and of parts of the examples, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stance.evaluation.example_facts import ExampleFacts
from stance.evaluation.intervals import changed_differences, intervals
from stance.evaluation.validity import (
    APART,
    AS_IT_IS,
    SEEN,
    STATED,
    TOGETHER,
    UNSEEN,
    UNSTATED,
    movement,
    probe_metrics,
    probe_scores,
    slice_parts,
    validity,
)
from tests.evaluation.invented import certain, invented

SWAP, REMOVED = "swapped_actor", "text_removed"


def test_answers_move_with_the_text_stay_with_the_name_or_do_neither():
    # Five actors; the fourth was wrong before, and counts nowhere.
    before = certain("fafaa", "fafna")
    swapped = certain("afaff", "aaafn")
    moved = movement(before, swapped, resamples=50)
    assert moved is not None
    assert moved.n == 4
    # The first and the third answer what the text says now, the second what it said before, the fifth neither.
    assert (moved.moved.estimate, moved.stayed.estimate, moved.other.estimate) == (0.5, 0.25, 0.25)


def test_only_what_was_asked_again_counts_and_nothing_where_nothing_was_right():
    before = certain("fafa", "fafa")
    some = certain("af", "af").take([1, 0])
    moved = movement(before, some, resamples=50)
    assert moved is not None
    assert (moved.n, moved.moved.estimate) == (2, 1.0)
    assert movement(certain("ff", "aa"), certain("aa", "aa"), resamples=50) is None


def test_a_change_is_measured_on_the_examples_that_were_changed():
    before = certain("fafaff", "fafaaa")
    changed = certain("faf", "ffa")
    found = changed_differences(changed, before, resamples=50)
    expected = intervals(changed, resamples=50)["f_avg"].estimate - 1.0
    assert found["f_avg"].estimate == pytest.approx(expected)
    assert found["accuracy"].estimate == pytest.approx(1 / 3 - 1)
    with pytest.raises(KeyError):
        changed_differences(before, changed)


def test_each_probe_beside_the_texts_as_they_are_and_beside_the_reference():
    answers = {
        "network": {AS_IT_IS: certain("fafa", "fafa"), REMOVED: certain("fafa", "ffff")},
        "linear": {AS_IT_IS: certain("fafa", "faff"), REMOVED: certain("fafa", "ffff")},
    }
    answers = {name: {p: replace(s, model=name) for p, s in own.items()} for name, own in answers.items()}
    as_it_is, removed = probe_scores(answers, "network", reference="linear", resamples=50)
    assert (as_it_is.scores["f_avg"].estimate, as_it_is.change) == (1.0, None)
    # favor: 2 of 4 predicted, so F1 2/3; against: 0.
    assert removed.scores["f_avg"].estimate == pytest.approx(1 / 3)
    assert removed.change is not None
    assert removed.change.estimate == pytest.approx(1 / 3 - 1)
    assert removed.against is not None
    assert removed.against.estimate == 0.0
    assert [one.against for one in probe_scores(answers, "linear", reference="linear", resamples=50)] == [None, None]
    logged = probe_metrics([as_it_is, removed], None, "linear")
    assert logged["probes/text_removed_f_avg_change"] == pytest.approx(-2 / 3)
    assert logged["probes/as_it_is_n"] == 4
    assert "probes/text_removed_f_avg_minus_linear_low" in logged
    assert not [name for name in logged if "swapped" in name]


def test_parts_of_the_examples_with_their_sizes():
    columns = {"documents": ("d0", "d0", "d1", "d1"), "clusters": ("c0", "c0", "c1", "c1")}
    scored = certain("faff", "fafa", **columns)
    facts = [
        ExampleFacts("e0", "x", ("private", "public"), ("own",), True, False, 100, True),
        ExampleFacts("e1", "x", ("public",), ("reported",), False, False, 100, True),
        ExampleFacts("e2", None, (), (), False, False, 300, False),
        ExampleFacts("e3", "y", ("action",), ("own",), False, True, 600, True),
    ]
    found = {one.name: one for one in slice_parts(scored, facts, resamples=50)}
    assert {name: one.n for name, one in found.items() if one.group == "channel of a statement"} == {
        "private statement": 1,
        "public statement": 2,
        "action statement": 1,
    }
    assert (found[APART].n, found[APART].accuracy.estimate, found[APART].f_avg is None) == (2, 1.0, False)
    # Gold has no "against" here, so f_avg would say nothing.
    assert (found[TOGETHER].accuracy.estimate, found[TOGETHER].f_avg) == (0.5, None)
    assert (found[SEEN].n, found[UNSEEN].n) == (3, 1)
    assert (found[STATED].n, found[UNSTATED].n) == (3, 1)
    assert found["own words"].accuracy.estimate == 0.5
    assert found["unknown"].n == 1
    assert sum(one.n for one in found.values() if one.group == "length of the article") == 4
    assert {one.group for one in slice_parts(scored, None, resamples=50)} == {"actors of one text"}


def test_all_figures_of_one_model_among_others():
    network, linear = invented(), invented(model="linear", skill=0.3)
    flat = replace(network, probabilities=np.full((60, 4), 0.25) + 0.01 * network.probabilities - 0.0025)
    answers = {"network": {AS_IT_IS: network}, "linear": {AS_IT_IS: linear}}
    found = validity(answers, "network", reference="linear", uncalibrated=flat, resamples=50)
    assert (found.examples, found.reference) == (60, "linear")
    as_it_is = found.probe(AS_IT_IS)
    assert as_it_is is not None
    assert as_it_is.against is not None
    assert as_it_is.against.estimate > 0
    assert found.probe(REMOVED) is None
    assert list(found.calibration) == ["before temperature", "after temperature"]
    assert found.calibration["before temperature"] != found.calibration["after temperature"]
    assert sum(n for n, _ in found.classes.values()) == 60
    assert found.movements == {}
    assert validity(answers, "network", reference="majority", resamples=50).reference is None
