import warnings

import pytest

from stance.evaluation.figures import save_figure
from stance.evaluation.sweep_figures import best_so_far_figure, importances_figure, parallel_coordinates_figure
from stance.evaluation.trials import Objective, Results, State, Trial

F1, ERROR = Objective("f_avg", "maximize"), Objective("calibration/ece", "minimize")
LONG = "trainer.a_parameter_whose_name_goes_on_and_on_$x^2$"


def mixed(objectives=(F1,)):
    """Numbers over orders of magnitude, words, booleans, one constant; a failed and a pruned trial."""
    trials = []
    for number in range(8):
        params = {
            "model.C": 10.0 ** (number - 4),
            LONG: number % 3,
            "model.pooling": ("max", "mean")[number % 2],
            "model.balanced": number > 3,
            "model.constant": 1,
        }
        state = {2: State.FAILED, 5: State.PRUNED}.get(number, State.COMPLETE)
        values = tuple(0.3 + 0.05 * number - 0.2 * place for place in range(len(objectives)))
        trials.append(Trial(number, params, state, values if state is State.COMPLETE else ()))
    return Results(tuple(trials), objectives)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_best_so_far_shows_every_trial_and_a_line_that_rises():
    axes = best_so_far_figure(mixed()).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert set(lines) == {"trial (6)", "best setting so far", "failed (1)", "pruned (1)"}
    assert lines["trial (6)"].get_xdata().tolist() == [0, 1, 3, 4, 6, 7]
    assert lines["failed (1)"].get_xdata().tolist() == [2]
    curve = list(lines["best setting so far"].get_ydata())
    assert curve == sorted(curve)
    assert axes.get_ylabel() == "F_avg\n(more is better)"


def test_each_objective_has_its_panel():
    panels = best_so_far_figure(mixed((F1, ERROR))).axes
    assert [axes.get_ylabel() for axes in panels] == ["F_avg\n(more is better)", "calibration/ece\n(less is better)"]


def test_importances_stand_the_largest_first():
    axes = importances_figure({"model.C": 0.25, LONG: 0.75}, F1).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [LONG.removeprefix("trainer."), "C"]
    assert texts(axes) == ["75%", "25%"]


def test_parallel_coordinates_lead_each_complete_trial_through_what_varies():
    axes = parallel_coordinates_figure(mixed((F1, ERROR)), {"model.C"}).axes[0]
    names = [label.get_text().replace("\n", "") for label in axes.get_xticklabels()]
    assert names == ["C", LONG.removeprefix("trainer."), "pooling", "balanced", "F_avg", "calibration/ece"]
    trials = [line for line in axes.lines if len(line.get_ydata()) == len(names)]
    assert len(trials) == 6
    # 10^-4, 10^-3, 10^-1, 1, 10^2 and 10^3 lie evenly on an axis that counts in orders of magnitude.
    heights = sorted(line.get_ydata()[0] for line in trials)
    assert heights == pytest.approx([0, 1 / 7, 3 / 7, 4 / 7, 6 / 7, 1])
    assert {"max", "mean", "true", "false"} <= set(texts(axes))


def test_the_best_setting_lies_on_top():
    axes = parallel_coordinates_figure(mixed()).axes[0]
    trials = [line for line in axes.lines if len(line.get_ydata()) == 5]
    assert trials[-1].get_ydata()[-1] == 1
    assert trials[-1].get_linewidth() > max(line.get_linewidth() for line in trials[:-1])


ONE = Results((Trial(0, {"a": 1}, State.COMPLETE, (0.5,)),), (F1,))
ALIKE = Results(tuple(Trial(n, {"a": n}, State.COMPLETE, (0.5,)) for n in range(3)), (F1,))
NONE = Results((Trial(0, {"a": 1}, State.FAILED, ()),), (F1,))


@pytest.mark.parametrize(
    ("make", "results"),
    [
        (best_so_far_figure, mixed((F1, ERROR))),
        (best_so_far_figure, ONE),
        (best_so_far_figure, NONE),
        (parallel_coordinates_figure, mixed((F1, ERROR))),
        (parallel_coordinates_figure, ONE),
        (parallel_coordinates_figure, ALIKE),
    ],
)
def test_figures_are_drawn_without_a_warning(make, results, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(make(results), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
