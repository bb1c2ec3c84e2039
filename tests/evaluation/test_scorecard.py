import math
import re
from dataclasses import replace

import pytest

from stance.errors import DataError
from stance.evaluation.intervals import intervals
from stance.evaluation.scorecard import scorecard, slugs
from stance.labels import MAIN, LabelSet

from .invented import ACTORS, certain, invented

ARABIC = LabelSet(id="ar", classes=("مؤيد", "ضد", "a b", "a/b"), averaged=("مؤيد", "ضد"))


@pytest.fixture(scope="module")
def card():
    return scorecard(invented(80), prior=invented(80, model="actor_prior", seed=1, skill=0), training_actors=ACTORS[:2])


def test_names_suit_mlflow_and_a_store_of_files(card):
    assert all(re.fullmatch(r"[A-Za-z0-9_\-. :/]+", name) for name in card)
    assert not [(name, other) for name in card for other in card if other.startswith(f"{name}/")]
    assert {name.rpartition("/")[0] for name in card} == {
        *("", "calibration", "channel", "class", "data", "interval", "slice")
    }


def test_headlines_come_first(card):
    assert list(card)[:4] == ["f_avg", "skill", "macro_f1", "accuracy"]


@pytest.mark.parametrize(
    "scored",
    [invented(80), certain("f", "f"), certain("fffa", "nnnn"), replace(invented(30), label_set=ARABIC)],
)
def test_every_value_is_a_finite_float(scored):
    found = scorecard(scored, prior=scored, training_actors=scored.actors)
    assert all(type(value) is float and math.isfinite(value) for value in found.values())


def test_what_is_undefined_is_left_out():
    # Against is in gold and never predicted: no precision. None is predicted, not in gold: no recall.
    found = scorecard(certain("ffa", "fnn", clusters=("c", "c", "c")), prior=None)
    assert {name: value for name, value in found.items() if name.startswith("class/")} == {
        "class/favor_precision": 1.0,
        "class/favor_recall": 0.5,
        "class/favor_f1": pytest.approx(2 / 3),
        "class/against_recall": 0.0,
        "class/against_f1": 0.0,
        "class/none_precision": 0.0,
        "class/none_f1": 0.0,
    }
    assert {name.split("/")[0] for name in found} == {
        *("f_avg", "macro_f1", "accuracy", "f_avg_target_mean"),
        *("class", "data", "calibration"),
    }
    assert [found[f"data/gold_{name}"] for name in MAIN.classes] == [2, 1, 0, 0]


def test_headlines_and_intervals_are_those_of_the_bootstrap(card):
    found = intervals(invented(80))
    assert card["f_avg"] == found["f_avg"].estimate
    assert card["interval/macro_f1_low"] == found["macro_f1"].low
    assert card["interval/class_favor_f1_high"] == found["class/favor/f1"].high


def test_skill_is_the_distance_to_the_prior(card):
    prior = scorecard(invented(80, model="actor_prior", seed=1, skill=0), prior=None)
    assert card["skill"] == pytest.approx(card["f_avg"] - prior["f_avg"])
    assert card["interval/skill_low"] <= card["skill"] <= card["interval/skill_high"]
    assert not any(name.startswith("skill") for name in prior)


def test_slices_and_counts_are_there(card):
    assert card["data/examples"] == 80
    assert card["data/actors"] == 4
    assert card["slice/unseen_actors_n"] < 80
    for name in ("channel/public_macro_f1", "slice/actors_apart_accuracy", "calibration/ece", "f_avg_target_mean"):
        assert 0 <= card[name] <= 1


def test_a_prior_on_other_examples_is_refused():
    with pytest.raises(DataError, match="cannot be compared: expected the same examples"):
        scorecard(invented(10), prior=invented(9))


def test_class_names_become_distinct_ascii():
    assert slugs(MAIN) == {name: name for name in MAIN.classes}
    assert list(slugs(ARABIC).values()) == ["class_0", "class_1", "a_b", "class_3"]
