import io

import pytest
from rich.console import Console

from stance.errors import StanceError
from stance.evaluation.comparison import Row, markdown_table, render_markdown, render_rich, side_by_side
from stance.evaluation.intervals import Interval, intervals, paired_differences

from .invented import invented

NETWORK, PRIOR = invented(60), invented(60, model="actor_prior", seed=3, skill=0.1)
ROWS = [
    Row("a|b", 8, Interval(0.5, 0.25, 0.75), Interval(0.4), 0.1, 0.05, Interval(0.1, -0.1, 0.3), "[prior]"),
    Row("[prior]", 8, Interval(0.4, 0.2, 0.6), Interval(0.3), None, 0.2, None, "[prior]"),
]


def test_rows_hold_what_the_parts_compute():
    shuffled = PRIOR.take(range(59, -1, -1))
    network, prior = side_by_side([NETWORK, shuffled], reference="actor_prior", resamples=200)
    assert (network.model, network.n, prior.model) == ("network", 60, "actor_prior")
    assert network.f_avg == intervals(NETWORK, resamples=200)["f_avg"]
    assert network.skill == pytest.approx(network.f_avg.estimate - prior.f_avg.estimate)
    assert prior.skill == 0
    assert network.difference == paired_differences(NETWORK, PRIOR, resamples=200)["f_avg"]
    assert prior.difference is None


def test_without_prior_and_reference_there_is_no_distance():
    (row,) = side_by_side([NETWORK], resamples=20)
    assert (row.skill, row.difference, row.reference) == (None, None, None)


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        ([], {}, "Expected at least one model to compare, found none."),
        (
            [NETWORK, NETWORK],
            {},
            "Expected models of different names, found network more than once. Rename one.",
        ),
        (
            [NETWORK, PRIOR],
            {"reference": "tfidf"},
            "Expected a reference among network, actor_prior, found 'tfidf'.",
        ),
        (
            [NETWORK, PRIOR.take(range(58))],
            {},
            "Models 'network' and 'actor_prior' cannot be compared: expected the same examples, found 2 that only one "
            "of them scored (the first, 'e58', only by 'network'). Score both on the same split.",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(models, options, message):
    with pytest.raises(StanceError) as caught:
        side_by_side(models, **options)
    assert str(caught.value) == message


def test_markdown_is_whole():
    assert render_markdown(ROWS) == (
        "| model | n | f_avg | macro_f1 | skill | ECE | f_avg minus [prior] |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| a\\|b | 8 | 0.500 [0.250, 0.750] | 0.400 | +0.100 | 0.050 | +0.100 [-0.100, +0.300] |\n"
        "| [prior] | 8 | 0.400 [0.200, 0.600] | 0.300 | – | 0.200 | – |\n"
    )


def test_names_bring_no_html_into_a_table():
    shown = markdown_table(["run", "f_avg"], [["<script>", "0.5"]])
    assert shown == "| run | f_avg |\n| --- | ---: |\n| &lt;script> | 0.5 |\n"


def test_rich_shows_every_cell_and_reads_no_markup():
    stream = io.StringIO()
    Console(file=stream, width=160).print(render_rich(ROWS))
    shown = stream.getvalue()
    for cell in ("a|b", "0.500 [0.250, 0.750]", "f_avg minus [prior]", "│ [prior]", "+0.100 [-0.100, +0.300]"):
        assert cell in shown
