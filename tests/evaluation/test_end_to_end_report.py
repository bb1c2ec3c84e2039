import re

import markdown_it
import pytest

from stance.evaluation.end_to_end import Cause, Verdict
from stance.evaluation.end_to_end_report import Evaluation, as_json, escaped, markdown, metrics
from stance.evaluation.intervals import Interval
from stance.labels import Channel

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:y) **b** | `c` \u202e www.example.org\n\n# heading\n- item &lt; <!-- "
)


def verdict(cause: Cause | None, **changed: object) -> Verdict:
    facts = {"document_id": "d|1", "cluster": "c", "actor": "gov", "target": "t", "gold": "favor", "found": "against"}
    return Verdict(**{**facts, "cause": cause, "sentence": HOSTILE, "channels": {Channel.PUBLIC: False}, **changed})  # type: ignore[arg-type]


def evaluation(*verdicts: Verdict) -> Evaluation:
    scores = {"end_to_end": {"recall": Interval(0.5, 0.25, 0.75), "precision": Interval(0.5)}}
    return Evaluation("m/1", "<gold>.json", {"documents": 2}, scores, verdicts, {"majority": (0.0, 0.25)}, ["A note."])


def test_every_error_is_listed_below_its_cause_and_nothing_else() -> None:
    made = evaluation(
        verdict(None), verdict(Cause.STANCE), verdict(Cause.OTHER, found=None, other="army", sentence=" ")
    )
    text = markdown(made)
    assert "| recall | 0.500 [0.250, 0.750] |" in text
    assert "| precision | 0.500 |" in text
    assert "| majority | 0.000 | 0.250 |" in text
    assert "## stance wrong: 1\n\n- d\\|1 · gov · t: favor → against\n" in text
    assert "## wrong actor: 1\n\n- d\\|1 · gov · t: favor → –, found army\n" in text
    assert "actor missed:" not in text


def test_texts_from_outside_are_shown_as_they_are() -> None:
    """Read by another program's Markdown, with tables, HTML and links of bare addresses."""
    read = markdown_it.MarkdownIt("gfm-like", {"linkify": False})
    html = read.render(markdown(evaluation(verdict(Cause.STANCE))))
    assert not re.search(r"<(script|a |strong|code|em|!--)", html)
    assert html.count("<h1>") == 1
    shown = "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:y) **b** | `c` www.example.org # heading - item"
    assert shown in html
    assert "\u202e" not in html


@pytest.mark.parametrize(
    "text", ["a", "1. one", "2) two", "# a", "- a", "+ a", "\\", "a\n\nb", "corpus-1 iraq.gov", "=", "a_b_ c*d*", "$x$"]
)
def test_escaped_text_is_one_line_that_reads_as_itself(text: str) -> None:
    assert "\n" not in escaped(text)
    html = markdown_it.MarkdownIt().render(f"{escaped(text)}\n")
    assert html == f"<p>{' '.join(text.split())}</p>\n"


def test_json_holds_errors_with_their_sentences_and_metrics_hold_no_text() -> None:
    made = evaluation(verdict(None), verdict(Cause.STANCE))
    plain = as_json(made)
    assert plain["scores"]["end_to_end"]["precision"] == {"estimate": 0.5, "low": None, "high": None}
    (error,) = plain["errors"]
    assert (error["cause"], error["gold"], error["found"], error["sentence"]) == (
        "stance wrong",
        "favor",
        "against",
        HOSTILE,
    )
    assert metrics(made) == {
        "data/documents": 2.0,
        "end_to_end/recall": 0.5,
        "interval/end_to_end_recall_low": 0.25,
        "interval/end_to_end_recall_high": 0.75,
        "end_to_end/precision": 0.5,
        **{f"errors/{cause.value.replace(' ', '_')}": float(cause is Cause.STANCE) for cause in Cause},
    }
