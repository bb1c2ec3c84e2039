import pytest

from stance.labelling.blindness import choose_blind, is_blind

COPY = "قال وزير الدفاع إن القوات الأجنبية ستبقى في البلاد حتى نهاية العام، وإن الاتفاق يحدد ذلك."
IDS = [f"document-{number}" for number in range(4000)]


def texts_not_needed():
    raise AssertionError("asked for texts")


def other(number: int) -> str:
    return " ".join(f"{number}كلمة{number * 7 + place}" for place in range(12))


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_share_of_blind_documents_is_the_one_asked_for(share):
    found = sum(is_blind(name, share) for name in IDS) / len(IDS)
    # Four standard deviations of a share of 4,000.
    assert abs(found - share) <= 4 * (share * (1 - share) / len(IDS)) ** 0.5


def test_a_greater_share_holds_the_smaller_one():
    assert {name for name in IDS if is_blind(name, 0.2)} < {name for name in IDS if is_blind(name, 0.3)}


def test_near_duplicates_share_their_fate_whatever_the_order():
    names = IDS[:60]
    texts = {name: COPY + f" {number}" if number < 30 else other(number) for number, name in enumerate(names)}
    found = choose_blind(names, {}, 0.5, texts.items)
    assert len({found[name] for name in names[:30]}) == 1
    assert len({found[name] for name in names[30:]}) == 2
    assert found == choose_blind(names[::-1], {}, 0.5, lambda: reversed(texts.items()))


def test_what_is_on_the_server_stays_and_its_copies_follow():
    texts = {"a": COPY, "b": COPY + " نعم", "c": other(1)}
    for fate in (True, False):
        found = choose_blind(["a", "b", "c"], {"b": fate}, 0.0 if fate else 1.0, texts.items)
        assert found == {"a": fate, "b": fate, "c": not fate}


def test_documents_that_are_all_known_cost_no_comparison():
    assert choose_blind(["a", "b"], {"a": True, "b": False}, 0.5, texts_not_needed) == {"a": True, "b": False}
