from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stance.__main__ import main
from stance.commands.composition import compose_train
from stance.commands.sweep_plan import plan_sweep
from stance.errors import ConfigurationError, DataError
from stance.evaluation.trials import Objective
from stance.tracking.study import Choices, Interval

ROOT = Path(__file__).parents[2]
SWEEPS = sorted((ROOT / "conf" / "experiment" / "sweep").glob("*.yaml"))
LINE = ["model=tfidf_logreg", "model.C=0.1,1", "seed=0,1"]


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def refused(*line, error=ConfigurationError):
    with pytest.raises(error) as caught:
        plan_sweep(line)
    return str(caught.value)


def test_a_line_becomes_a_plan():
    plan = plan_sweep([*LINE, "hydra/launcher=basic", "sweep.trials=3"])
    assert plan.search.axes == {"model.C": Choices((0.1, 1)), "seed": Choices((0, 1))}
    assert plan.search.objectives == (Objective("f_avg", "maximize"),)
    assert (plan.search.sampler, plan.wanted, plan.parallel) == ("grid", 3, 1)
    # Hydra's own overrides stay with the launcher.
    assert plan.shared == ("model=tfidf_logreg", "sweep.trials=3")
    assert (plan.first.model.C, plan.first.settings.seed) == (0.1, 0)
    assert plan.storage == f"sqlite:///runs/sweeps/{plan.id}/study.db"
    assert plan.names == {"model.C": "C", "seed": "seed"}


def test_no_more_trials_than_a_grid_has():
    assert plan_sweep([*LINE, "sweep.trials=100"]).wanted == 4
    tpe = ["sweep=tpe", "sweep.trials=100", "model=tfidf_logreg", "model.C=interval(1,2)"]
    assert plan_sweep(tpe).wanted == 100


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_ready_sweep_can_be_planned_and_is_no_single_training(path):
    name = f"experiment=sweep/{path.stem}"
    plan = plan_sweep([name])
    assert plan.wanted == {"folds": 9, "linear": 30, "network": 20, "seeds": 5}[path.stem]
    assert f"stance train -m {name}" in path.read_text("utf-8")
    with pytest.raises(ConfigurationError) as caught:
        compose_train([name])
    assert str(caught.value) == "Expected one training, found a sweep in the configuration. Run it with -m."


def test_there_are_the_ready_sweeps():
    assert [path.stem for path in SWEEPS] == ["folds", "linear", "network", "seeds"]


def test_the_line_goes_before_the_experiment():
    plan = plan_sweep(["experiment=sweep/linear", "model.C=interval(1,2)", "seed=4", "sweep=tpe"])
    assert plan.search.axes == {"model.balanced": Choices((True, False)), "model.C": Interval(1, 2)}
    assert plan.first.settings.seed == 4


def test_the_same_line_is_the_same_sweep_and_another_is_another():
    same = plan_sweep(LINE).id
    for line in ([*LINE, "name=x"], [*LINE, "sweep.trials=2"], [*LINE, "runs=elsewhere"], [*LINE, "baselines=[]"]):
        assert plan_sweep(line).id == same, line
    others = [
        [*LINE[:2], "seed=0,1,2"],
        [*LINE, "resamples=10"],
        [*LINE, "sweep.seed=1"],
        [*LINE, "sweep.objectives=[{metric:macro_f1}]"],
        [*LINE, "tracking.experiment=other"],
        ["model=tfidf_logreg", "seed=0,1", "model.C=0.1,1"],
    ]
    assert len({same, *(plan_sweep(line).id for line in others)}) == len(others) + 1


def test_other_annotations_are_another_sweep(tmp_path):
    export = tmp_path / "export.json"
    export.write_text("[]", "utf-8")
    line = [*LINE, f"data.export={export}"]
    before = plan_sweep(line).id
    export.write_text("[ ]", "utf-8")
    assert plan_sweep(line).id != before


def test_batches_are_as_wide_as_the_launcher():
    assert plan_sweep([*LINE, "hydra/launcher=joblib", "hydra.launcher.n_jobs=3"]).parallel == 3
    assert plan_sweep([*LINE, "hydra/launcher=joblib", "sweep.parallel=5"]).parallel == 5
    assert plan_sweep([*LINE, "hydra/launcher=submitit_local"]).parallel >= 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            ["model=tfidf_logreg,majority", "model.C=1,2"],
            "model=majority: Expected a setting of the model, found 'model.C', which tfidf_logreg has. "
            "`stance train --cfg job` shows them all.",
        ),
        (["seed=0,a"], "seed=a: Value 'a' of type 'str' could not be converted to Integer."),
        (
            ["sweep=tpe", "sweep.trials=null", "seed=0,1"],
            "Expected a number of trials with sampler tpe, found none. Set it: sweep.trials=20.\n"
            "Expected one seed with sampler tpe, found several: it would take a lucky seed for a good setting. Try the "
            "best setting with several seeds afterwards: experiment=sweep/seeds.",
        ),
        (
            ["model=tfidf_logreg", "model.C=interval(0,1)"],
            "Expected values in a grid, found an interval for model.C. Choose from it: sweep=tpe.",
        ),
        (["seed=0,1", "sweep.sampler=random"], "Expected sweep.sampler grid or tpe, found 'random'."),
        (["seed=0,1", "sweep.trials=0"], "Expected at least one trial (sweep.trials), found 0."),
        (["sweep.trials=1,2"], "Expected keys that change what a run computes, found sweep.trials."),
        (
            ["seed=0,1", "sweep.parallel=3"],
            "Expected a launcher that runs 3 trials side by side, found basic. "
            "Add hydra/launcher=joblib, ray or slurm.",
        ),
        (
            ["seed=0,1", "hydra/launcher=nope"],
            "Expected hydra/launcher among basic, joblib, ray, slurm, submitit_local, submitit_slurm, found 'nope'.",
        ),
        (["seed=0,1", "ckpt=last"], "Expected no ckpt with -m, found one: a sweep goes on by itself where it stopped."),
        (
            ["seed=0,1", "sweep.objectives=[{metric:f_avg,direction:up}]"],
            "Expected f_avg to maximize or minimize, found 'up'.",
        ),
        (
            ["seed=0,1", "sweep.objectives=[{metric:f_avg},{metric:f_avg}]"],
            "Expected different objectives, at least one (sweep.objectives), found f_avg, f_avg.",
        ),
        (
            ["seed=0,1", "sweep.prune=true", "sweep.objectives=[{metric:f_avg},{metric:macro_f1}]"],
            "Expected one objective with sweep.prune, found several: no trial is behind in all of them for sure.",
        ),
        (
            ["model.poolin=max,mean"],
            "Expected a known configuration key, found 'model.poolin'. Did you mean model.pooling? "
            "`stance train --cfg job` shows them all.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_before_anything_runs(line, message):
    assert refused(*line) == message


def test_a_file_that_is_missing_is_said_before_anything_runs():
    assert refused("seed=0,1", "data.export=none.json", error=DataError) == (
        "none.json: No such file or directory. Name a file that exists."
    )


def test_slurm_is_composed_for_a_cluster():
    plan = plan_sweep([*LINE, "hydra/launcher=slurm", "hydra.launcher.partition=gpu", "sweep.parallel=8"])
    launcher = plan.master.hydra.launcher
    assert launcher["_target_"].endswith("submitit_launcher.SlurmLauncher")
    assert (launcher.partition, launcher.timeout_min, plan.parallel) == ("gpu", 240, 8)
    assert plan.master.hydra.sweep.dir == "runs/sweeps"


def test_ray_takes_any_cluster_by_address():
    plan = plan_sweep([*LINE, "hydra/launcher=ray", "hydra.launcher.init.address=ray://host:10001", "sweep.parallel=4"])
    assert plan.master.hydra.launcher.init.address == "ray://host:10001"


def test_what_would_run_is_shown_as_yaml_under_the_sweep(capsys):
    assert main(["train", "-m", *LINE, "--cfg", "job"]) == 0
    shown = capsys.readouterr().out
    comments = [line for line in shown.splitlines() if line.startswith("#")]
    assert comments == [
        f"# Sweep {plan_sweep(LINE).id}: 4 trials, grid, 1 side by side",
        "#   maximize f_avg",
        "#   model.C=0.1,1",
        "#   seed=0,1",
        "# Trials:",
        "#   0: C=0.1 seed=0",
        "#   1: C=0.1 seed=1",
        "#   2: C=1 seed=0",
        "#   3: C=1 seed=1",
        "# The first of them:",
    ]
    assert yaml.safe_load(shown)["model"] == {
        "name": "tfidf_logreg",
        "C": 0.1,
        "balanced": True,
        "decision_weights": False,
        "max_features": 200000,
    }


def test_a_long_grid_is_shown_in_part(capsys):
    assert main(["train", "-m", "model=majority", "seed=range(0,99)", "--cfg", "job"]) == 0
    assert "#   and 49 more" in capsys.readouterr().out.splitlines()


def test_a_plan_given_another_id_keeps_its_files_apart():
    plan = plan_sweep(LINE)
    assert replace(plan, id="other").storage == "sqlite:///runs/sweeps/other/study.db"


def test_several_values_without_the_flag_are_refused_with_the_flag_named(capsys):
    assert main(["train", "seed=0,1"]) == 2
    assert capsys.readouterr().err == (
        "stance: Expected one value, found several in seed=0,1. Sweep over them: stance train -m.\n"
    )


def test_an_interrupted_sweep_says_that_its_line_goes_on(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("stance.commands.sweep_plan.plan_sweep", interrupted)
    assert main(["train", "-m", "seed=0,1"]) == 130
    assert capsys.readouterr().err == "stance: interrupted. The same line continues the sweep.\n"
