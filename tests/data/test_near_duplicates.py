import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.data import near_duplicates
from stance.data.cache import sharing
from stance.data.near_duplicates import cluster, jaccard, near_duplicate_pairs, shingles
from tests.doubles import as_another_process_finds_it

from .articles import invented_text

KEYS = st.integers(0, 11).map(str)


def slow_pairs(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Every pair compared, by the definition."""
    keys = list(texts)
    grams = {key: {texts[key][i : i + 5] for i in range(max(1, len(texts[key]) - 4))} for key in keys}
    return [
        (left, right)
        for position, right in enumerate(keys)
        for left in keys[:position]
        if 2 * len(grams[left] & grams[right]) >= len(grams[left] | grams[right])
    ]


def test_shingles_are_the_distinct_runs_of_five_characters() -> None:
    assert shingles("abcdefg") == {"abcde", "bcdef", "cdefg"}
    assert shingles("aaaaaaa") == {"aaaaa"}
    assert shingles("abc") == {"abc"}
    assert shingles("") == {""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Troops STAY here", "troops stay here"),
        ("  القوات \n\t باقية  ", "القوات باقية"),
        ("القُوّاتُ بَاقِيَةٌ", "القوات باقية"),
        ("القـــوات باقيـة", "القوات باقية"),
        ("ﺍﻟﻘﻮﺍﺕ ﺑﺎﻗﻴﺔ", "القوات باقية"),
    ],
)
def test_what_copies_add_and_drop_makes_no_difference(one: str, other: str) -> None:
    assert shingles(one) == shingles(other)


def test_letters_do_make_a_difference() -> None:
    assert shingles("القوات باقية") != shingles("القوات راحلة")


def test_jaccard_is_shared_over_all() -> None:
    # {a, b, c} and {b, c, d}: two shared of four.
    assert jaccard(frozenset("abc"), frozenset("bcd")) == 0.5
    assert jaccard(frozenset("ab"), frozenset("cd")) == 0
    assert jaccard(frozenset("ab"), frozenset("ab")) == 1


def test_pair_at_the_threshold_counts_and_one_below_does_not() -> None:
    # abcdefgh has abcde bcdef cdefg defgh; the second shares the first three of its five: 3 of 6.
    assert near_duplicate_pairs({"one": "abcdefgh", "two": "abcdefgxy"}) == [("one", "two")]
    # One letter more on the second makes a seventh: 3 of 7.
    assert near_duplicate_pairs({"one": "abcdefgh", "two": "abcdefgxyz"}) == []


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.text(alphabet="abتث", max_size=14), max_size=8))
def test_pairs_of_short_texts_are_those_of_comparing_all(texts: list[str]) -> None:
    named = {f"d{number}": text for number, text in enumerate(texts)}
    found = near_duplicate_pairs(named)
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(slow_pairs(named))


def test_pairs_of_articles_around_the_threshold_are_those_of_comparing_all() -> None:
    """Copies with a growing share of other words, so that similarities lie densely around one half."""
    generator = random.Random(5)
    texts = {}
    for family in range(12):
        words = invented_text(generator, 40)
        for copy in range(12):
            kept = [word if generator.random() > copy / 48 else invented_text(generator, 1)[0] for word in words]
            texts[f"{family}.{copy}"] = " ".join(kept)
    expected = slow_pairs(texts)
    # Of 12 × 66 pairs within the families, neither few nor all.
    assert 200 < len(expected) < 600
    assert sorted(near_duplicate_pairs(texts)) == sorted(expected)


def test_pairs_come_in_the_order_of_the_texts_and_every_time_the_same() -> None:
    texts = {"z": "القوات باقية هنا", "a": "القوات باقية هنا", "m": "نص آخر", "b": "القوات باقية هنا"}
    assert near_duplicate_pairs(texts) == [("z", "a"), ("z", "b"), ("a", "b")] == near_duplicate_pairs(texts)


def test_pairs_are_found_once_and_are_the_same_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"z": "القوات باقية هنا", "a": "القوات باقية هنا", "m": "نص آخر", "b": "القوات باقية هنا"}
    alone = near_duplicate_pairs(texts)
    with sharing(tmp_path / "cache"):
        cold = near_duplicate_pairs(texts)

    def fail(texts: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(near_duplicates, "_pairs", fail)
    with sharing(as_another_process_finds_it(tmp_path / "cache")):
        assert near_duplicate_pairs(texts) == cold == alone
        # What texts are called is no part of them.
        assert near_duplicate_pairs(dict(zip("1234", texts.values(), strict=True)))[0] == ("1", "2")
        with pytest.raises(AssertionError, match="worked out again"):
            near_duplicate_pairs({**texts, "m": "نص آخر تماما"})


def test_clusters_join_what_is_linked_through_others() -> None:
    # a-b and b-c link a to c, though they are no pair; d stands alone.
    assert cluster("abcd", [("b", "c"), ("a", "b")]) == {"a": "a", "b": "a", "c": "a", "d": "d"}
    assert cluster("ab", []) == {"a": "a", "b": "b"}
    assert cluster([], []) == {}


@given(st.lists(st.tuples(KEYS, KEYS), max_size=14), st.permutations([str(number) for number in range(12)]))
def test_clusters_are_those_of_relabelling_until_nothing_changes(pairs: list[tuple[str, str]], keys: list[str]) -> None:
    first = {key: position for position, key in enumerate(keys)}
    changed = True
    while changed:
        changed = False
        for left, right in pairs:
            least = min(first[left], first[right])
            changed |= first[left] != least or first[right] != least
            first[left] = first[right] = least
    assert cluster(keys, pairs) == {key: keys[position] for key, position in first.items()}
