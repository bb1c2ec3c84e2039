import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.data.retrieval import nearest
from stance.errors import ConfigurationError


def test_what_few_parts_hold_counts_for_more() -> None:
    # 7 stands in three of four parts, 8 in one: ln(1 + 4/3) = 0.85 < ln(1 + 4/1) = 1.61.
    assert nearest([{7}, {7, 1}, {8}, {7, 2}], [7, 8], 1) == [2]


def test_the_chosen_stand_in_their_order_and_equals_go_by_theirs() -> None:
    assert nearest([{1}, {9}, {1}, {9, 5}, {1}], [9, 5], 3) == [0, 1, 3]
    assert nearest([{1}, {2}], [3], 1) == [0]


def test_fewer_parts_than_asked_for_are_all_kept() -> None:
    assert nearest([{1}, {2}], [2], 5) == [0, 1]


def test_no_part_at_all_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"at least 1 window a document \(data.nearest\), found 0"):
        nearest([{1}], [1], 0)


@given(st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=8), st.lists(st.integers(0, 9)), st.integers(1, 9))
def test_no_part_left_out_shares_more_than_one_that_is_kept(parts: list, query: list[int], count: int) -> None:
    def shared(part: set[int]) -> float:
        return sum(math.log(1 + len(parts) / sum(one in other for other in parts)) for one in set(query) if one in part)

    kept = nearest(parts, query, count)
    assert kept == sorted(set(kept))
    assert len(kept) == min(count, len(parts))
    out = [shared(part) for number, part in enumerate(parts) if number not in kept]
    assert not out or min(shared(parts[number]) for number in kept) >= max(out) - 1e-9
