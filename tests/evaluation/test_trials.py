import pytest

from stance.evaluation.trials import (
    Objective,
    Results,
    State,
    Trial,
    best,
    best_so_far,
    label,
    ranked,
    settings_table,
    short_names,
    shown,
    trials_frame,
    varying,
)

F1, ERROR = Objective("f_avg", "maximize"), Objective("calibration/ece", "minimize")


def trial(number, values, state=State.COMPLETE, **params):
    return Trial(number, params, state, values, run_id=f"run-{number}")


def results(*trials, objectives=(F1,), seeds=1):
    return Results(trials, objectives, seeds)


# C=1 scores 0.6 and 0.8, C=2 0.5 and 0.7; the second seed of C=3 failed, though its first is the best of all.
SEEDED = results(
    trial(0, (0.6,), C=1.0, seed=0),
    trial(1, (0.8,), C=1.0, seed=1),
    trial(2, (0.5,), C=2.0, seed=0),
    trial(3, (0.7,), C=2.0, seed=1),
    trial(4, (0.9,), C=3.0, seed=0),
    trial(5, (), State.FAILED, C=3.0, seed=1),
    seeds=2,
)


def test_settings_are_ranked_by_their_mean_over_seeds():
    first, second = ranked(SEEDED)
    assert (first.params, second.params) == ({"C": 1.0}, {"C": 2.0})
    assert (first.mean(0), second.mean(0)) == (pytest.approx(0.7), pytest.approx(0.6))
    assert [one.number for one in first.trials] == [0, 1]


def test_spread_over_two_seeds_by_hand():
    # Of 0.6 and 0.8: sd = 0.2 / sqrt(2); t(0.975, 1) = 12.7062; half width = 12.7062 * sd / sqrt(2) = 1.27062.
    spread = ranked(SEEDED)[0].spread(0)
    assert spread.deviation == pytest.approx(0.141421, abs=1e-6)
    assert (spread.low, spread.high) == (pytest.approx(0.7 - 1.27062, abs=1e-4), pytest.approx(0.7 + 1.27062, abs=1e-4))


def test_a_setting_with_a_missing_seed_counts_only_where_all_have_one_missing():
    lone = results(trial(0, (0.6,), C=1.0, seed=0), trial(1, (0.9,), C=2.0, seed=0), seeds=2)
    assert [setting.params["C"] for setting in ranked(lone)] == [2.0, 1.0]


def test_without_a_swept_seed_equal_parameters_stay_trials_of_their_own():
    twice = results(trial(0, (0.5,), C=1.0), trial(1, (0.5,), C=1.0), trial(2, (0.4,), C=2.0))
    assert [setting.trials[0].number for setting in ranked(twice)] == [0, 1, 2]


def test_less_is_better_where_the_objective_is_minimized():
    errors = results(trial(0, (0.2,), C=1.0), trial(1, (0.1,), C=2.0), objectives=(ERROR,))
    assert best(errors)[0].params == {"C": 2.0}
    assert best_so_far(errors, 0) == [(0, 0.2), (1, 0.1)]


def test_several_objectives_have_a_front_of_best_settings():
    # 0 is beaten by 1 in both; 1 and 2 each lead in one; 3 equals 1 in one and is behind in the other.
    both = results(
        trial(0, (0.5, 0.3), C=0.0),
        trial(1, (0.6, 0.2), C=1.0),
        trial(2, (0.4, 0.1), C=2.0),
        trial(3, (0.6, 0.25), C=3.0),
        objectives=(F1, ERROR),
    )
    assert [setting.params["C"] for setting in best(both)] == [1.0, 2.0]
    assert [setting.params["C"] for setting in ranked(both)] == [1.0, 2.0, 3.0, 0.0]


def test_two_equal_trials_beat_each_other_in_nothing():
    both = results(trial(0, (0.5, 0.3), C=0.0), trial(1, (0.5, 0.3), C=1.0), objectives=(F1, ERROR))
    assert len(best(both)) == 2


def test_best_so_far_has_a_point_for_every_ended_trial_and_never_falls():
    mixed = results(
        trial(0, (), State.FAILED, C=0.0),
        trial(1, (0.5,), C=1.0),
        trial(2, (), State.PRUNED, C=2.0),
        trial(3, (0.4,), C=3.0),
        trial(4, (0.6,), C=4.0),
        trial(5, (), State.RUNNING, C=5.0),
    )
    assert best_so_far(mixed, 0) == [(1, 0.5), (2, 0.5), (3, 0.5), (4, 0.6)]


def test_best_so_far_waits_for_all_seeds_of_a_setting_and_later_trials_change_no_earlier_point():
    whole = best_so_far(SEEDED, 0)
    assert [(number, pytest.approx(value)) for number, value in whole] == [(n, pytest.approx(0.7)) for n in range(1, 6)]
    for end in range(7):
        part = results(*SEEDED.trials[:end], seeds=2)
        assert best_so_far(part, 0) == whole[: max(0, end - 1)]


def test_nothing_complete_has_no_best():
    failed = results(trial(0, (), State.FAILED, C=1.0))
    assert (best(failed), ranked(failed), best_so_far(failed, 0)) == ([], [], [])


def test_varying_parameters_tell_numbers_from_booleans():
    trials = [Trial(0, {"a": 1, "b": 2, "c": 1}, State.COMPLETE), Trial(1, {"a": True, "b": 2, "c": 3}, State.COMPLETE)]
    assert varying(trials) == ["a", "c"]


def test_names_are_short_until_they_would_collide():
    assert short_names(["model.C", "seed", "model.dropout", "encoder.dropout"]) == {
        "model.C": "C",
        "seed": "seed",
        "model.dropout": "model.dropout",
        "encoder.dropout": "encoder.dropout",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.000123456, "0.0001235"),
        (1.0, "1"),
        (1, "1"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ("max", "max"),
    ],
)
def test_values_are_shown_as_configurations_write_them(value, text):
    assert shown(value) == text


def test_a_label_says_what_differs():
    assert label({"model.C": 0.1, "seed": 1}, {"model.C": "C", "seed": "seed"}) == "C=0.1 seed=1"


def test_the_table_over_seeds_has_mean_deviation_and_interval():
    headings, lines = settings_table(SEEDED)
    assert headings == ["setting", "seeds", "f_avg: mean ± sd [95 % interval]"]
    assert lines == [
        ["C=1", "2", "0.7000 ± 0.1414 [-0.5706, 1.9706]"],
        ["C=2", "2", "0.6000 ± 0.1414 [-0.6706, 1.8706]"],
    ]


def test_the_table_of_single_trials_names_them_and_can_be_cut():
    headings, lines = settings_table(results(trial(0, (0.5,), C=1.0), trial(1, (0.25,), C=2.0)), most=1)
    assert (headings, lines) == (["setting", "trial", "f_avg"], [["C=1", "0", "0.5000"]])


def test_the_frame_has_every_trial_and_no_cell_that_a_spreadsheet_would_run():
    failed = Trial(1, {"model.C": 2.0, "name": "=1+1"}, State.FAILED, (), None, "@SUM(1): broken")
    frame = trials_frame(results(trial(0, (0.5,), **{"model.C": 1.0, "name": "plain"}), failed))
    assert frame.to_dict("records")[0] == {
        "trial": 0,
        "state": "complete",
        "model.C": 1.0,
        "name": "plain",
        "f_avg": 0.5,
        "run_id": "run-0",
        "error": "",
    }
    assert frame["f_avg"].isna().tolist() == [False, True]
    assert (frame["name"][1], frame["error"][1]) == ("'=1+1", "'@SUM(1): broken")
