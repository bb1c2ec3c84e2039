import pytest

from stance.evaluation.report_changes import changes, looks, series
from stance.evaluation.report_stories import Span, bin_name, stories
from tests.evaluation.reports import monthly, row, rows_of

POLES = (0, 1)


def found(lines, total=None):
    every = list(series(stories(rows_of(lines)), POLES))
    total = sum(map(looks, every)) if total is None else total
    return [change for one in every for change in changes(one, total)]


def test_a_change_is_where_the_majorities_part():
    (change,) = found(monthly("x", "ffffffffffaaaaaaaaaa"))
    assert bin_name(change.month, Span.MONTH) == "2031-11"
    assert (change.before, change.after) == ((10, 0), (0, 10))
    # 11 boundaries leave five on both sides; Fisher's p of 10:0 against 0:10 is 2 / C(20, 10).
    assert change.p == pytest.approx(11 * 2 / 184756)


def test_there_and_back_are_two_changes():
    months = [bin_name(change.month, Span.MONTH) for change in found(monthly("x", "f" * 20 + "a" * 20 + "f" * 20))]
    assert months == ["2032-09", "2034-05"]


@pytest.mark.parametrize(
    "letters", ["ffffffffffffffffffff", "fafafafafafafafafafa", "ffffaaaa", "ffffffffffaffffffffff", ""]
)
def test_no_change(letters):
    assert found(monthly("x", letters)) == []


def test_one_story_in_twenty_outlets_is_no_change():
    wire = [row(f"w{n}", "x", "a", cluster="wire", published="2031-12-01", source=f"s{n}") for n in range(20)]
    assert found(monthly("x", "f" * 10) + wire) == []


def test_more_looks_need_more_evidence():
    lines = monthly("x", "ffffffffffaaaaaaaaaa")
    assert found(lines, total=1000)
    assert not found(lines, total=10_000)


def test_looks_are_counted_over_all_actors():
    lines = monthly("x", "f" * 12) + monthly("y", "a" * 10)
    assert [looks(one) for one in series(stories(rows_of(lines)), POLES)] == [3, 1]


def test_other_targets_and_what_is_undated_or_on_no_pole_do_not_count():
    lines = monthly("x", "f" * 10) + monthly("x", "m" * 10, first=10) + monthly("x", "a" * 10, first=10, target="u")
    lines += [row(f"u{n}", "x", "a") for n in range(10)]
    assert found(lines) == []
