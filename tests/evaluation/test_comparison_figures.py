import pytest

from stance.evaluation.comparison_figures import classes_figure, differences_figure
from stance.evaluation.figures import save_figure
from stance.evaluation.run_comparison import Contender, compare_runs
from stance.labels import MAIN

from .invented import invented

LONG = "b" * 90 + "end"
NAMES = ("ref", "C=$0.3$ حكومة", LONG, *(f"run {number}" for number in range(7)))
CONTENDERS = [Contender(name, (invented(40, seed=seed),)) for seed, name in enumerate(NAMES)]
COMPARISON = compare_runs(CONTENDERS, resamples=50)


def test_the_forest_has_a_row_per_pair_and_shows_its_interval():
    (axes,) = differences_figure(COMPARISON).axes
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown == [NAMES[1], "b" * 24 + "…" + "b" * 20 + "end", *NAMES[3:]]
    interval = COMPARISON.pairs[0].differences["f_avg"].interval
    whiskers = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert any(list(ends) == pytest.approx([interval.low, interval.high]) for ends in whiskers)
    assert axes.get_title() == "Difference to ref"


def test_classes_stand_side_by_side_and_the_rest_is_counted():
    (axes,) = classes_figure(COMPARISON, MAIN).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(MAIN.classes)
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert (len(shown), shown[:2], shown[3:]) == (8, list(NAMES[:2]), list(NAMES[3:8]))
    assert axes.get_title() == "F1 by class, 2 more runs left out"


@pytest.mark.filterwarnings("error")
def test_pictures_of_any_name_can_be_drawn(tmp_path):
    save_figure(differences_figure(COMPARISON), tmp_path / "a.png")
    save_figure(classes_figure(COMPARISON, MAIN), tmp_path / "b.png")
    assert (tmp_path / "b.png").stat().st_size > 10_000
