import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import ConfigurationError
from stance.evaluation.metrics import confusion, f_avg, macro_f1
from stance.labels import ISSUEPOSITIONS, LABEL_SETS, MAIN, Attribution, Channel, LabelSet, label_set

MAIN_STANCES = st.lists(st.sampled_from(MAIN.classes), max_size=6)


def test_orders_are_the_published_ones() -> None:
    assert MAIN.classes == ("favor", "against", "ambivalent", "none")
    assert MAIN.averaged == ("favor", "against")
    assert MAIN.sides == ("favor", "against", "ambivalent")
    assert ISSUEPOSITIONS.classes == ISSUEPOSITIONS.sides == ("L", "N", "R")
    assert [str(channel) for channel in Channel] == ["public", "private", "action"]
    assert [str(attribution) for attribution in Attribution] == ["own", "reported", "outlet"]


@pytest.mark.parametrize(
    ("stances", "label"),
    [
        ([], "none"),
        (["none"], "none"),
        (["favor"], "favor"),
        (["against", "against", "none"], "against"),
        (["ambivalent"], "ambivalent"),
        (["favor", "against"], "ambivalent"),
        (["favor", "ambivalent"], "ambivalent"),
        (["against", "none", "ambivalent", "against"], "ambivalent"),
    ],
)
def test_main_set_derives_by_the_rule(stances: list[str], label: str) -> None:
    assert MAIN.derive(stances) == label


@pytest.mark.parametrize(
    ("stances", "label"),
    [([], None), (["L"], "L"), (["N", "N"], "N"), (["L", "R"], None), (["L", "N"], None), (["R", "R"], "R")],
)
def test_set_without_mixed_and_absent_has_no_label_for_conflicts_and_silence(
    stances: list[str], label: str | None
) -> None:
    assert ISSUEPOSITIONS.derive(stances) == label


@given(MAIN_STANCES, st.randoms(use_true_random=False))
def test_order_of_statements_does_not_matter(stances: list[str], random) -> None:
    shuffled = list(stances)
    random.shuffle(shuffled)
    assert MAIN.derive(shuffled) == MAIN.derive(stances)


@given(MAIN_STANCES)
def test_none_beside_anything_changes_nothing(stances: list[str]) -> None:
    assert MAIN.derive([*stances, "none"]) == MAIN.derive(stances)


@given(MAIN_STANCES)
def test_derived_label_follows_the_set_of_sides(stances: list[str]) -> None:
    # The rule once more, as a table over which sides were met.
    table = {
        frozenset(): "none",
        frozenset({"favor"}): "favor",
        frozenset({"against"}): "against",
    }
    assert MAIN.derive(stances) == table.get(frozenset(stances) - {"none"}, "ambivalent")


def test_index_is_the_place_in_the_order() -> None:
    assert [MAIN.index(name) for name in MAIN.classes] == [0, 1, 2, 3]


def test_labels_outside_the_set_are_refused_by_name() -> None:
    expected = "Label set 'stance': expected one of favor, against, ambivalent, none, found 'Favor'."
    with pytest.raises(ConfigurationError) as caught:
        MAIN.index("Favor")
    assert str(caught.value) == expected
    with pytest.raises(ConfigurationError) as caught:
        MAIN.derive(["against", "Favor"])
    assert str(caught.value) == expected


def test_label_sets_are_found_by_id() -> None:
    assert all(label_set(name) is found and found.id == name for name, found in LABEL_SETS.items())
    with pytest.raises(ConfigurationError) as caught:
        label_set("stances")
    known = "stance, issuepositions, favor-against-none, newsmtsc, unifiedfc, ans, mawqif-sentiment, mawqif-sarcasm"
    assert str(caught.value) == f"Expected a label set among {known}, found 'stances'."


@pytest.mark.parametrize(
    ("name", "gold", "predicted", "sides", "all_classes"),
    [
        # Of the two of the first class one is found and one taken for a class that is not averaged, whose own is taken
        # for the first: precision and recall 1/2 there, 0 here. Whatever else there is, is found.
        ("favor-against-none", "favor favor against none", "favor none against favor", 1.5 / 2, 1.5 / 3),
        ("newsmtsc", "negative negative positive neutral", "negative neutral positive negative", 1.5 / 2, 1.5 / 3),
        ("unifiedfc", "agree agree disagree discuss unrelated", "agree discuss disagree agree unrelated", 1.5 / 2,
         2.5 / 4),
        ("ans", "agree agree disagree other", "agree other disagree agree", 1.5 / 2, 1.5 / 3),
        ("mawqif-sentiment", "positive positive negative neutral", "positive neutral negative positive", 1.5 / 2,
         1.5 / 3),
        ("mawqif-sarcasm", "sarcastic sarcastic not_sarcastic not_sarcastic not_sarcastic",
         "sarcastic not_sarcastic sarcastic not_sarcastic not_sarcastic", 1 / 2, (1 / 2 + 2 / 3) / 2),
    ],
)  # fmt: skip
def test_public_sets_average_their_sides_in_f_avg_and_all_classes_in_macro_f1(
    name: str, gold: str, predicted: str, sides: float, all_classes: float
) -> None:
    found = label_set(name)
    places = [np.array([found.index(label) for label in labels.split()]) for labels in (gold, predicted)]
    matrix = confusion(*places, len(found.classes))
    assert f_avg(matrix, found) == pytest.approx(sides)
    assert macro_f1(matrix)[0] == pytest.approx(all_classes)
    # Each class was chosen by somebody: silence has no label, and two labels of one text no class.
    assert found.sides == found.classes
    assert found.derive([]) is None
    assert found.derive(found.classes[:2]) is None


@pytest.mark.parametrize(
    ("classes", "roles", "message"),
    [
        (
            ("yes", "no", "yes"),
            {"averaged": ("yes",)},
            "Label set 'x': classes must be distinct and hold ['yes'], found ('yes', 'no', 'yes').",
        ),
        (
            ("yes", "no"),
            {"averaged": ("yes",), "absent": "silent"},
            "Label set 'x': classes must be distinct and hold ['silent', 'yes'], found ('yes', 'no').",
        ),
        (
            ("yes", "no"),
            {"averaged": ("maybe",)},
            "Label set 'x': classes must be distinct and hold ['maybe'], found ('yes', 'no').",
        ),
    ],
)
def test_label_set_that_contradicts_itself_cannot_be_made(classes: tuple, roles: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        LabelSet("x", classes, **roles)
    assert str(caught.value) == message
