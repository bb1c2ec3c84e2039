import pickle
import subprocess
import sys

import pytest

from stance.errors import Pruned, TrackingError
from stance.evaluation.trials import Objective, State, Trial
from stance.tracking.pruning import Watch
from stance.tracking.study import Choices, Interval, Search, Study

F1 = Objective("f_avg", "maximize")
ERROR = Objective("calibration/ece", "minimize")
GRID = Search({"model.C": Choices((0.1, 1, 10)), "seed": Choices((0, 1))}, "grid", (F1,))
MIXED = {
    "rate": Interval(1e-5, 1e-2, log=True),
    "layers": Interval(1, 6, whole=True),
    "pooling": Choices(("max", "mean")),
}
TPE = Search(MIXED, "tpe", (F1,), seed=3)


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path / 'study.db'}"


def score(trial):
    """Something to learn: a rate near 10^-3 and mean pooling are good."""
    params = trial.params
    return 1.0 - abs(params["rate"] - 1e-3) * 50 + (params["pooling"] == "mean") * 0.3 + params["layers"] / 100


def end(study, trial, value):
    study.end(Trial(trial.number, trial.params, State.COMPLETE, (value,), run_id=f"run-{trial.number}"))


def finish(study, wanted, size=1):
    while batch := study.next_batch(wanted, size):
        for trial in batch:
            end(study, trial, score(trial))
    return study.results().trials


def test_a_grid_tries_every_combination_in_order_the_last_key_fastest(storage):
    study = Study(storage, "grid", GRID)
    numbers = iter(range(6))
    tried = []
    while batch := study.next_batch(6, 1):
        tried += [trial.params for trial in batch]
        end(study, batch[0], next(numbers) / 10)
    assert tried == [{"model.C": c, "seed": seed} for c in (0.1, 1, 10) for seed in (0, 1)]
    assert [type(params["model.C"]) for params in tried[::2]] == [float, int, int]
    assert GRID.size == 6
    assert Search(MIXED, "tpe", (F1,)).size == float("inf")


def test_a_record_outlives_its_process(storage):
    study = Study(storage, "one", GRID)
    study.parent = "parent-run"
    (first,) = study.next_batch(6, 1)
    study.end(Trial(0, first.params, State.FAILED, (), run_id="run-0", error="ValueError: no"))
    (second,) = study.next_batch(6, 1)
    end(study, second, 0.5)
    again = Study(storage, "one", GRID)
    assert again.parent == "parent-run"
    assert again.results().trials == (
        Trial(0, {"model.C": 0.1, "seed": 0}, State.FAILED, (), "run-0", "ValueError: no"),
        Trial(1, {"model.C": 0.1, "seed": 1}, State.COMPLETE, (0.5,), "run-1"),
    )
    assert again.results().seeds == 2
    assert Study(storage, "another", GRID).results().trials == ()


def test_samples_stay_in_their_axes_and_differ(storage):
    trials = finish(Study(storage, "tpe", TPE), 12)
    assert all(1e-5 <= trial.params["rate"] <= 1e-2 for trial in trials)
    assert {type(trial.params["layers"]) for trial in trials} == {int}
    assert {trial.params["pooling"] for trial in trials} == {"max", "mean"}
    assert len({trial.params["rate"] for trial in trials}) == 12


@pytest.mark.parametrize("size", [1, 3])
def test_a_record_left_at_any_point_goes_on_as_if_nothing_had_happened(storage, size):
    # Eleven trials and more: from then on the sampler learns from what ended.
    whole = finish(Study(storage, "whole", TPE), 14, size)
    for number in range(14):
        study = Study(storage, "broken", TPE)
        batch = study.next_batch(14, size)
        # The process dies when one trial of the batch has ended, or none, or before all were written.
        assert batch == list(Study(storage, "broken", TPE).next_batch(14, size))
        if number % 3:
            end(study, batch[0], score(batch[0]))
    assert finish(Study(storage, "broken", TPE), 14, size) == whole


def test_a_batch_cut_short_while_it_was_written_is_filled_with_the_same_trials(storage):
    whole = finish(Study(storage, "whole", TPE), 14, 4)
    study = Study(storage, "cut", TPE)
    for number in range(12):
        study._add(whole[number].params)
        end(study, whole[number], whole[number].values[0])
    study._add(whole[12].params)
    assert [trial.params for trial in study.next_batch(14, 4)] == [trial.params for trial in whole[12:]]


def test_later_trials_depend_on_how_earlier_ones_scored(storage):
    liked, disliked = Study(storage, "liked", TPE), Study(storage, "disliked", TPE)
    for _ in range(11):
        for study, sign in ((liked, 1), (disliked, -1)):
            (trial,) = study.next_batch(11, 1)
            end(study, trial, sign * score(trial))
    assert [one.params for one in liked.results().trials[:10]] == [one.params for one in disliked.results().trials[:10]]
    assert liked.next_batch(12, 1)[0].params != disliked.next_batch(12, 1)[0].params


def test_another_seed_tries_other_values(storage):
    other = Search(MIXED, "tpe", (F1,), seed=4)
    first, second = Study(storage, "a", TPE).next_batch(1, 1), Study(storage, "b", other).next_batch(1, 1)
    assert first[0].params != second[0].params


def test_more_trials_continue_where_fewer_stopped(storage):
    whole = finish(Study(storage, "whole", TPE), 13, 2)
    assert finish(Study(storage, "part", TPE), 11, 2) == whole[:11]
    assert finish(Study(storage, "part", TPE), 13, 2) == whole


def test_a_cleared_record_begins_anew(storage):
    study = Study(storage, "one", GRID)
    study.parent = "gone"
    end(study, *study.next_batch(6, 1), 0.5)
    study.clear()
    assert (study.results().trials, study.parent) == ((), None)
    assert study.next_batch(6, 1)[0].number == 0


def test_several_objectives_are_kept_in_order(storage):
    study = Study(storage, "two", Search({"a": Choices((1, 2))}, "grid", (F1, ERROR)))
    (trial,) = study.next_batch(2, 1)
    study.end(Trial(0, trial.params, State.COMPLETE, (0.5, 0.1)))
    assert study.results().trials[0].values == (0.5, 0.1)
    assert study.results().objectives == (F1, ERROR)


def test_importance_belongs_to_the_parameter_that_matters(storage):
    search = Search({"matters": Choices((1, 2, 3, 4)), "idle": Choices((1, 2, 3))}, "grid", (F1,))
    study = Study(storage, "importance", search)
    while batch := study.next_batch(12, 1):
        end(study, batch[0], batch[0].params["matters"] / 10)
    importances, reason = study.importances()
    assert reason == ""
    assert importances["matters"] > 0.95
    assert sum(importances.values()) == pytest.approx(1)
    assert study.importances()[0] == importances


@pytest.mark.parametrize(
    ("axes", "value", "reason"),
    [
        ({"a": Choices((1, 2, 3))}, lambda n: n, "3 complete trials are too few, 4 are needed"),
        ({"a": Choices((1, 2, 3, 4))}, lambda n: n, "only a varies"),
        ({"a": Choices((1, 2)), "b": Choices((1, 2))}, lambda _: 0.5, "all trials score alike"),
    ],
)
def test_importances_that_nobody_can_tell_are_left_out_with_the_reason(storage, axes, value, reason):
    study = Study(storage, "none", Search(axes, "grid", (F1,)))
    while batch := study.next_batch(int(study.search.size), 1):
        end(study, batch[0], float(value(batch[0].number)))
    assert study.importances() == ({}, reason)


def report(storage, trial, epochs, monitor="val/macro_f1"):
    watch = Watch(storage, "pruned", monitor, after=2).of(trial.number)
    for epoch, value in enumerate(epochs):
        watch(epoch, {monitor: value, "train/loss": 1.0})


@pytest.mark.parametrize(
    ("monitor", "others", "steady", "lagging"),
    [
        ("val/macro_f1", ((0.4, 0.7), (0.6, 0.9)), (0.6, 0.8), (0.6, 0.6)),
        ("val/loss", ((0.6, 0.3), (0.4, 0.1)), (0.4, 0.2), (0.4, 0.4)),
    ],
)
def test_a_trial_behind_the_median_is_given_up_at_that_epoch(storage, monitor, others, steady, lagging):
    # The medians of the others are 0.5 and then 0.8 (losses: 0.5 and 0.2).
    study = Study(storage, "pruned", Search({"a": Interval(0, 1)}, "tpe", (F1,)))
    for epochs in (*others, steady):
        (trial,) = study.next_batch(9, 1)
        report(storage, trial, epochs, monitor)
        end(study, trial, 0.5)
    (trial,) = study.next_batch(9, 1)
    with pytest.raises(Pruned) as caught:
        report(storage, trial, lagging, monitor)
    assert str(caught.value) == "behind the median of other trials after epoch 2"
    study.end(Trial(trial.number, trial.params, State.PRUNED, (), error="behind"))
    assert study.results().trials[-1].state is State.PRUNED
    # What ended unfinished teaches the sampler, and the sweep goes on.
    assert study.next_batch(9, 1)[0].number == 4


def test_nobody_is_given_up_before_enough_trials_have_ended(storage):
    study = Study(storage, "pruned", Search({"a": Interval(0, 1)}, "tpe", (F1,)))
    (trial,) = study.next_batch(9, 1)
    report(storage, trial, (0.9,))
    end(study, trial, 0.5)
    report(storage, *study.next_batch(9, 1), (0.1, float("nan")))


def test_a_watch_reports_from_another_process(storage):
    study = Study(storage, "pruned", Search({"a": Interval(0, 1)}, "tpe", (F1,)))
    for _ in range(2):
        (trial,) = study.next_batch(9, 1)
        report(storage, trial, (0.5,))
        end(study, trial, 0.5)
    (trial,) = study.next_batch(9, 1)
    watch = Watch(storage, "pruned", "val/macro_f1", after=2).of(trial.number)
    code = "import pickle, sys; pickle.load(sys.stdin.buffer)(0, {'val/macro_f1': 0.1})"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(watch), capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == (
        "stance.errors.Pruned: behind the median of other trials after epoch 1"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////nowhere/at/all/study.db", "sqlite:////nowhere/at/all/study.db"),
        ("mystery://reader:hidden@host/study", "mystery://***@host/study"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_plain_line(url, shown):
    with pytest.raises(TrackingError) as caught:
        Study(url, "one", GRID)
    message = str(caught.value)
    assert message.startswith(f"Expected a sweep's record at {shown}, found: ")
    assert "\n" not in message
    assert "hidden" not in message


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / "study.db").write_text("no database, but long enough to be looked at " * 30)
    with pytest.raises(TrackingError, match=r"found: .*file is not a database"):
        Study(f"sqlite:///{tmp_path / 'study.db'}", "one", GRID)
