from dataclasses import replace

from stance.evaluation.intervals import Interval
from stance.evaluation.run_comparison import Difference, Pair, RunComparison, Standing
from stance.evaluation.run_report import footnotes, markdown, pairs_table, scores_table, sentence, sentences
from stance.evaluation.significance import McNemar, Spread

SPREAD = Spread(3, 0.52, 0.01, 0.495, 0.545)


def standing(name, f_avg, seeds=None):
    scores = {"f_avg": Interval(f_avg, f_avg - 0.1, f_avg + 0.1), "macro_f1": Interval(0.4, 0.3, 0.5)}
    return Standing(name, 120, 3 if seeds else 1, scores, seeds or {})


def pair(name, estimate, holm, half=0.02):
    differences = {
        "f_avg": Difference(Interval(estimate, estimate - half, estimate + half), holm / 2, holm),
        "macro_f1": Difference(Interval(0.01, -0.01, 0.03), 0.3, 0.6),
    }
    return Pair(name, "base|<i>", differences, McNemar(12, 4, 0.0768), 0.1536)


COMPARISON = RunComparison(
    (
        standing("base|<i>", 0.5),
        standing("up", 0.531, {"f_avg": SPREAD, "macro_f1": SPREAD}),
        standing("same", 0.503),
    ),
    (pair("up", 0.031, 0.02), pair("same", 0.003, 0.61)),
    clusters=44,
    resamples=10_000,
)


def test_sentences_name_the_better_one_first():
    assert sentence(pair("up", 0.031, 0.0204)) == (
        "up is better than base|<i> by +0.031 f_avg [+0.011, +0.051], Holm p = 0.02."
    )
    assert sentence(pair("down", -0.031, 0.0204)) == (
        "base|<i> is better than down by +0.031 f_avg [+0.011, +0.051], Holm p = 0.02."
    )
    assert sentence(pair("same", -0.003, 0.61)) == (
        "No difference between base|<i> and same could be shown: +0.003 f_avg [-0.017, +0.023], Holm p = 0.61."
    )
    assert sentence(replace(pair("edge", 0.1, 0.05))).startswith("No difference between edge and base|<i>")


def test_a_single_cluster_has_a_sentence_without_interval():
    lone = replace(pair("up", 0, 1.0), differences={"f_avg": Difference(Interval(0.2), 1.0, 1.0)})
    assert sentence(lone) == "No difference between up and base|<i> could be shown: +0.200 f_avg, Holm p = 1."


def test_several_that_are_not_shown_share_a_sentence():
    several = replace(COMPARISON, pairs=(*COMPARISON.pairs, pair("other", -0.01, 0.7)))
    assert sentences(several) == [
        "up is better than base|<i> by +0.031 f_avg [+0.011, +0.051], Holm p = 0.02.",
        "No difference in f_avg to base|<i> could be shown for: same, other.",
    ]


def test_tables_hold_every_figure():
    scores, pairs = scores_table(COMPARISON), pairs_table(COMPARISON)
    assert scores.headings[:5] == ["run", "n", "f_avg", "macro_f1", "seeds"]
    assert scores.lines[0] == ["base|<i>", "120", "0.500 [0.400, 0.600]", "0.400 [0.300, 0.500]", "1", "–", "–"]
    assert scores.lines[1][4:6] == ["3", "0.520 ± 0.010 [0.495, 0.545]"]
    averaged = replace(COMPARISON.standings[1], averaged=standing("up, averaged", 0.53))
    (*_, last) = scores_table(replace(COMPARISON, standings=(averaged,))).lines
    assert last == ["up, averaged", "120", "0.530 [0.430, 0.630]", "0.400 [0.300, 0.500]", "1", "–", "–"]
    assert pairs.headings[0] == "run minus base|<i>"
    assert pairs.lines[0] == [
        *("up", "+0.031 [+0.011, +0.051]", "0.01", "0.02", "+0.010 [-0.010, +0.030]", "0.3", "0.6", "12", "4", "0.15")
    ]
    several = replace(
        standing("base", 0.5), scores={**standing("base", 0.5).scores, "f_avg_target_mean": Interval(0.6)}
    )
    with_targets = replace(COMPARISON, standings=(several,), pairs=())
    assert scores_table(with_targets).headings == ["run", "n", "f_avg", "macro_f1", "f_avg_target_mean"]
    assert scores_table(with_targets).lines == [
        ["base", "120", "0.500 [0.400, 0.600]", "0.400 [0.300, 0.500]", "0.600"]
    ]
    assert "f_avg_target_mean is f_avg of each target" in " ".join(footnotes(with_targets))
    assert "target" not in " ".join(footnotes(COMPARISON))
    single = replace(COMPARISON, standings=COMPARISON.standings[::2])
    assert scores_table(single).headings == ["run", "n", "f_avg", "macro_f1"]


def test_markdown_has_sentences_tables_and_notes_and_no_html():
    text = markdown(COMPARISON, ["Threads differ: <2>."])
    assert text.startswith("- up is better than base|&lt;i> by +0.031")
    assert "| base\\|&lt;i> | 120 | 0.500 [0.400, 0.600] |" in text
    assert "- Threads differ: &lt;2>." in text
    assert "<" not in text
    lone = markdown(replace(COMPARISON, standings=COMPARISON.standings[:1], pairs=()), [])
    assert "Differences" not in lone
    assert "Holm" not in lone


def test_notes_say_what_the_figures_rest_on():
    notes = " ".join(footnotes(COMPARISON))
    assert "10,000 resamples of 44 clusters" in notes
    assert "Holm's correction is over the 2 comparisons" in notes
    assert "few" not in notes
    assert "19 clusters are few" in " ".join(footnotes(replace(COMPARISON, clusters=19)))
    assert "over one comparison," in " ".join(footnotes(replace(COMPARISON, pairs=COMPARISON.pairs[:1])))
