import numpy as np
import pytest

from stance.errors import ConfigurationError, DataError
from stance.evaluation.report_rows import collect_rows, day_of
from stance.evaluation.report_stories import Span, bin_name, bins, months, span_of, stories, wilson
from stance.labels import Channel
from tests.evaluation.reports import frame_of, row, rows_of

FAVOR, AGAINST, AMBIVALENT = 0, 1, 2


def test_a_story_of_twenty_copies_counts_once_and_says_what_most_say():
    copies = [row(f"d{n}", "x", "a" if n < 12 else "f", cluster="wire", source=f"s{n}") for n in range(20)]
    (story,) = stories(rows_of(copies)).to_dict("records")
    assert (story["copies"], story["stance"]) == (20, AGAINST)


def test_of_equals_the_copy_printed_first_counts():
    copies = [
        row("late", "x", "f", cluster="c", published="2031-02-02"),
        row("undated", "x", "m", cluster="c"),
        row("early", "x", "a", cluster="c", published="2031-02-01"),
    ]
    (story,) = stories(rows_of(copies)).to_dict("records")
    assert (story["stance"], story["row"], story["day"]) == (AGAINST, 2, day_of("2031-02-01"))


def test_actors_targets_and_articles_without_cluster_are_stories_of_their_own():
    lines = [row("d", "x", "f"), row("d", "y", "f"), row("d", "x", "f", target="u"), row("e", "x", "f")]
    assert len(stories(rows_of(lines))) == 4


def test_an_article_without_cluster_is_no_copy_of_a_cluster_of_its_name():
    assert len(stories(rows_of([row("one", "x", "f"), row("two", "x", "f", cluster="one")]))) == 2


def test_abstained_rows_are_in_no_story():
    assert len(stories(rows_of([row("d", "x", "f", abstained=True)]))) == 0


def test_a_channel_counts_what_holds_a_side_there():
    lines = [row("d", "x", "f", private="a"), row("e", "x", "f", private="n"), row("g", "x", "f")]
    assert stories(rows_of(lines), Channel.PRIVATE)["stance"].tolist() == [AGAINST]


def test_each_outlet_has_its_own_story():
    lines = [row(f"d{n}", "x", "f", cluster="c", source=source) for n, source in enumerate("aab")]
    assert sorted(stories(rows_of(lines), by_outlet=True)["copies"]) == [1, 2]


def test_wilson_by_hand():
    # 8 of 10: centre (0.8 + 0.19207) / 1.38415, half 0.22663
    assert wilson(8, 10) == pytest.approx((0.8, 0.49016, 0.94332), abs=1e-5)
    assert wilson(0, 3)[1] == 0
    assert np.isnan(wilson(0, 0)).all()


def test_periods():
    days = np.array([day_of("2031-04-30"), day_of("2031-05-01"), -1])
    assert [bin_name(month, Span.MONTH) for month in months(days)[:2]] == ["2031-04", "2031-05"]
    assert bin_name(bins(days, Span.QUARTER)[0], Span.QUARTER) == "2031-Q2"
    assert bins(days, Span.QUARTER)[2] == months(days)[2] == -1
    assert span_of(np.array([day_of("2031-01-31"), day_of("2032-12-01")])) is Span.MONTH
    assert span_of(np.array([day_of("2031-01-31"), day_of("2033-01-01")])) is Span.QUARTER


@pytest.mark.parametrize("published", [None, "", "soon", "2031-13-01", "1969-01-01"])
def test_what_is_no_day_is_unknown(published):
    assert day_of(published) == -1


def test_batches_make_the_same_rows_as_the_whole():
    lines = [row(f"d{n}", f"x{n % 2}", "fa"[n % 2], source=f"s{n % 3}", cluster=f"c{n % 4}") for n in range(9)]
    whole = rows_of(lines)
    parts = collect_rows([frame_of(lines[:4]), frame_of([]), frame_of(lines[4:])])
    for name in ("actor", "target", "document", "cluster", "stance", "channels", "source"):
        assert (getattr(whole, name) == getattr(parts, name)).all(), name


def test_classes_of_no_label_set_are_refused():
    frame = frame_of([row("d", "x", "f")]).rename(columns={"p_favor": "p_yes"})
    with pytest.raises(DataError, match=r"Expected the classes of a known label set .*found yes, against"):
        collect_rows([frame])


def test_a_stance_outside_the_label_set_is_refused():
    frame = frame_of(
        [
            row(
                "d",
                "x",
                "f",
            )
            | {"stance": "yes"}
        ]
    )
    with pytest.raises(ConfigurationError, match="found 'yes'"):
        collect_rows([frame])
