import numpy as np
import pytest

from stance.evaluation.span_scores import SpanCounts, count_spans, span_scores

GOLD = {(0, 4): True, (10, 14): False, (20, 24): False}


def test_exact_spans_are_counted_by_whether_their_actor_was_seen() -> None:
    found = count_spans(GOLD, [(0, 4), (10, 15), (20, 24), (30, 31)], exact=True)
    assert found == SpanCounts(found_seen=1, found_unseen=1, missed_unseen=1, spurious=2)


def test_overlap_will_do_where_it_is_asked_for_once_for_each_span() -> None:
    assert count_spans(GOLD, [(0, 2), (2, 4), (11, 12)], exact=False) == SpanCounts(
        found_seen=1, found_unseen=1, missed_unseen=1, spurious=1
    )
    # One long prediction over two names finds one of them.
    assert count_spans(GOLD, [(0, 30)], exact=False) == SpanCounts(found_seen=1, missed_unseen=2)


def test_touching_is_not_overlapping() -> None:
    assert count_spans({(0, 4): True}, [(4, 6)], exact=False) == SpanCounts(missed_seen=1, spurious=1)


def test_scores_by_hand() -> None:
    counts = [SpanCounts(3, 1, 2, 2, 1), SpanCounts(1, 0, 0, 1, 1)]
    found = span_scores(counts, ["a", "b"])
    assert found["precision"].estimate == pytest.approx(6 / 8)
    assert found["recall"].estimate == pytest.approx(6 / 10)
    assert found["f1"].estimate == pytest.approx(12 / 18)
    assert found["unseen_recall"].estimate == pytest.approx(2 / 5)
    # Of unseen actors two are found, three missed, and two spans are no actor's at all.
    assert found["unseen_f1"].estimate == pytest.approx(4 / 9)


def test_intervals_resample_clusters_not_documents() -> None:
    counts = [SpanCounts(found_seen=1), SpanCounts(missed_seen=1)] * 20
    alike, apart = (span_scores(counts, names) for names in (["a", "b"] * 20, [str(n) for n in range(40)]))
    widths = [found["recall"].high - found["recall"].low for found in (alike, apart)]
    assert widths[0] == 1.0
    assert widths[1] < 0.5
    assert np.isfinite(apart["unseen_f1"].estimate)
