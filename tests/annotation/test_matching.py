"""Statements of two annotators paired one to one."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from stance.annotation.matching import match_statements
from stance.annotation.records import Document, Statement

DOCUMENT = Document("d", "1", "ن" * 40, target="troops")
SPANS = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda span: (span[0], span[0] + span[1]))


def says(start: int, end: int, holder: str = "party", target: str | None = None) -> Statement:
    return Statement(f"{holder}{start}-{end}", start, end, holder, "favor", target=target)


def paired(first: list[Statement], second: list[Statement]) -> list[tuple[str, str]]:
    return [(ours.id, theirs.id) for ours, theirs in match_statements(DOCUMENT, first, second)]


def test_half_of_the_shorter_span_must_be_shared() -> None:
    # 10-20 and 15-35 share 5 of 10; 10-20 and 16-35 share 4.
    assert paired([says(10, 20)], [says(15, 35)]) == [("party10-20", "party15-35")]
    assert paired([says(10, 20)], [says(16, 35)]) == []
    assert paired([says(10, 12)], [says(0, 40)]) == [("party10-12", "party0-40")]


def test_holder_and_target_must_be_the_same() -> None:
    assert paired([says(1, 9)], [says(1, 9, holder="union"), says(1, 9, target="advisers")]) == []
    # The document's own target, named or not.
    assert paired([says(1, 9)], [says(1, 9, target="troops")]) == [("party1-9", "party1-9")]


def test_each_statement_is_paired_once_and_the_sum_of_overlaps_decides() -> None:
    # 0-10 is nearest to 0-9, but 9/10 and, for 2-9 with 0-4, 2/9 make 1.12, and the other way 4/10 and 7/9 make 1.18.
    assert paired([says(0, 10), says(2, 9)], [says(0, 9), says(0, 4)]) == [
        ("party0-10", "party0-4"),
        ("party2-9", "party0-9"),
    ]


@given(st.lists(SPANS, max_size=4), st.lists(SPANS, max_size=4))
def test_no_other_pairing_overlaps_more(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    def likeness(one: tuple[int, int], other: tuple[int, int]) -> float:
        ours, theirs = set(range(*one)), set(range(*other))
        both = len(ours & theirs)
        return both / len(ours | theirs) if both and both >= min(len(ours), len(theirs)) / 2 else 0.0

    found = match_statements(DOCUMENT, [says(*span) for span in first], [says(*span) for span in second])
    total = sum(likeness((a.start, a.end), (b.start, b.end)) for a, b in found)
    short, long = sorted((first, second), key=len)
    best = max(sum(map(likeness, short, chosen)) for chosen in permutations(long, len(short)))
    assert abs(total - best) < 1e-9
    assert all(likeness((a.start, a.end), (b.start, b.end)) > 0 for a, b in found)
