"""`stance train -m` in this process: what a sweep records, survives, shows and leaves behind."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from stance.commands.sweep_plan import plan_sweep
from stance.errors import ConfigurationError, StanceError
from stance.evaluation.trials import State
from stance.tracking.outbox import deliver_waiting
from stance.tracking.processes import host, process_started
from stance.tracking.starting import start_run
from tests.commands.sweeping import record, runs_of, small_world, swept
from tests.doubles import encoder_overrides

PRIOR = ["model=actor_prior"]
STRENGTH = "model.strength=interval(0.5,8)"


@pytest.fixture(scope="module")
def articles(tmp_path_factory):
    return small_world(tmp_path_factory.mktemp("articles"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return encoder_overrides(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def world(articles, migrated, tmp_path, monkeypatch):
    """The articles, a store and a folder for runs, as overrides; the store's client is in `client`."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copyfile(migrated, tmp_path / "mlflow.db")
    return [*articles, f"tracking.uri=sqlite:///{tmp_path / 'mlflow.db'}", f"runs={tmp_path / 'runs'}"]


@pytest.fixture
def mlflow(tmp_path, world):
    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}", f"sqlite:///{tmp_path / 'mlflow.db'}")


def text_of(client, run_id, path, folder):
    return Path(client.download_artifacts(run_id, path, folder)).read_text("utf-8")


def test_a_grid_over_seeds_from_its_first_line_to_its_last_picture(world, mlflow, tmp_path, capsys):
    plan = swept("model=tfidf_logreg", "model.C=0.1,1", "seed=0,1", *world)
    (parent,), children = runs_of(mlflow, plan.id)
    said = capsys.readouterr().out.splitlines()

    # The parent is there before its children, and they say what differs.
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
    assert parent.info.start_time <= min(child.info.start_time for child in children)
    assert [child.info.run_name for child in children] == ["C=0.1 seed=0", "C=0.1 seed=1", "C=1 seed=0", "C=1 seed=1"]
    assert [child.data.tags["stance.seed"] for child in children] == ["0", "1", "0", "1"]
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}
    assert "sweep" not in yaml_keys(text_of(mlflow, children[0].info.run_id, "config.yaml", tmp_path))

    # The record holds what the runs logged, and the best is the best mean over seeds.
    scores = [child.data.metrics["f_avg"] for child in children]
    trials = record(plan)
    assert [trial.values for trial in trials] == [(score,) for score in scores]
    assert [trial.run_id for trial in trials] == [child.info.run_id for child in children]
    means = {"0.1": sum(scores[:2]) / 2, "1": sum(scores[2:]) / 2}
    winner = max(means, key=means.get)
    assert parent.data.tags["best/model.C"] == winner
    assert parent.data.metrics["best/f_avg"] == pytest.approx(means[winner])
    assert parent.data.metrics["trials/complete"] == 4
    curve = mlflow.get_metric_history(parent.info.run_id, "best_so_far/f_avg")
    assert [(point.step, point.value) for point in curve] == [
        (1, pytest.approx(means["0.1"])),
        (2, pytest.approx(means["0.1"])),
        (3, pytest.approx(max(means.values()))),
    ]

    # What an engineer looks at in the morning.
    assert parent.data.tags["stance.verdict"] == "There is no champion of actor-stance to compare with."
    assert parent.data.params["sweep/model.C"] == "model.C=0.1,1"
    note = parent.data.tags["mlflow.note.content"]
    assert f"**Best**: C={winner}: f_avg {means[winner]:.4f}" in note
    assert "`stance train -m model=tfidf_logreg model.C=0.1,1 seed=0,1 " in note
    frame = pd.read_csv(mlflow.download_artifacts(parent.info.run_id, "trials.csv", tmp_path))
    assert frame["f_avg"].tolist() == pytest.approx(scores)
    assert frame["run_id"].tolist() == [child.info.run_id for child in children]
    summary = text_of(mlflow, parent.info.run_id, "summary.md", tmp_path)
    assert "| C=1 | 2 | " in summary
    assert "Share of the variance of f_avg (fANOVA): " in summary
    pictures = {item.path for item in mlflow.list_artifacts(parent.info.run_id, "figures")}
    assert pictures == {f"figures/{name}.png" for name in ("best-so-far", "importances", "parallel-coordinates")}
    drawn = {child.info.run_name for child in children if mlflow.list_artifacts(child.info.run_id, "figures")}
    assert drawn == {f"C={winner} seed=0"}, "pictures of the best alone"
    assert said[1].startswith(f"Trial 0, C=0.1 seed=0: f_avg {scores[0]:.4f}; best so far ")

    # The same line shows it again, and runs nothing.
    before = len(mlflow.search_runs([parent.info.experiment_id]))
    swept("model=tfidf_logreg", "model.C=0.1,1", "seed=0,1", *world)
    assert capsys.readouterr().out.startswith(f"Sweep {plan.id} is finished; more trials continue it: sweep.trials=…")
    assert len(mlflow.search_runs([parent.info.experiment_id])) == before


def yaml_keys(text):
    return {line.split(":")[0] for line in text.splitlines()}


def test_failed_trials_are_recorded_and_survived(world, mlflow, tmp_path, capsys):
    plan = swept("model=tfidf_logreg", "model.C=-1,1", *world)
    failed, complete = record(plan)
    (parent,), children = runs_of(mlflow, plan.id)
    assert (failed.state, complete.state) == (State.FAILED, State.COMPLETE)
    assert failed.error.startswith("InvalidParameterError: The 'C' parameter of LogisticRegression must be")
    assert failed.run_id == children[0].info.run_id
    assert [run.info.status for run in (parent, *children)] == ["FINISHED", "FAILED", "FINISHED"]
    assert parent.data.metrics["trials/failed"] == 1
    assert "- trial 0, C=-1, failed: InvalidParameterError" in text_of(
        mlflow, parent.info.run_id, "summary.md", tmp_path
    )
    log = plan.folder / "trial-0000.log"
    said = capsys.readouterr().out
    assert f"Trial 0, C=-1: failed, InvalidParameterError: {failed.error.partition(': ')[2]} ({log}); 1 to go" in said
    assert f"1 complete, 1 failed. To try failed trials again, remove {plan.folder} and give the same line" in said
    assert "Traceback" in log.read_text("utf-8")


def test_a_sweep_in_which_every_trial_fails_has_failed(world, mlflow):
    with pytest.raises(StanceError) as caught:
        swept("model=tfidf_logreg", "model.C=-1,-2", *world)
    assert str(caught.value).startswith(
        "Expected at least one trial with a score, found none in 2; the first: InvalidParameterError: The 'C' parameter"
    )
    ids = [experiment.experiment_id for experiment in mlflow.search_experiments()]
    assert {run.info.status for run in mlflow.search_runs(ids)} == {"FAILED"}


def test_a_trial_without_a_finite_score_has_failed(world, mlflow):
    # Only a split by actors leaves actors unseen, so that only there they have a score.
    metric = "slice/unseen_actors_macro_f1"
    plan = swept(*PRIOR, "split=unseen_actor,cv", f"sweep.objectives=[{{metric:{metric}}}]", *world)
    seen = [(trial.state, trial.error) for trial in record(plan)]
    assert seen == [(State.COMPLETE, None), (State.FAILED, f"no finite {metric}")]
    (parent,), children = runs_of(mlflow, plan.id)
    assert [run.info.status for run in (parent, *children)] == ["FINISHED"] * 3


def test_an_objective_that_no_run_has_stops_the_sweep_at_its_first_trial(world, mlflow):
    with pytest.raises(ConfigurationError) as caught:
        swept(*PRIOR, "seed=0,1", "sweep.objectives=[{metric:f_avgg}]", *world)
    assert str(caught.value).startswith(
        "Expected an objective among the metrics of a run, found 'f_avgg'. Near it: f_avg"
    )


def test_more_trials_continue_a_finished_sweep_under_the_same_run(world, mlflow):
    line = [*PRIOR, "sweep=tpe", STRENGTH, *world]
    swept(*line, "sweep.trials=1")
    plan = swept(*line, "sweep.trials=2")
    (parent,), children = runs_of(mlflow, plan.id)
    assert [trial.state for trial in record(plan)] == [State.COMPLETE] * 2
    assert len(children) == 2
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["trials/complete"] == 2
    assert len(mlflow.get_metric_history(parent.info.run_id, "best_so_far/f_avg")) == 2


def test_a_finished_configuration_is_found_and_not_run_again(world, mlflow):
    (known,) = record(swept(*PRIOR, "seed=choice(1)", *world))
    plan = swept(*PRIOR, "seed=1,2", *world)
    found, fresh = record(plan)
    assert (found.run_id, found.values) == (known.run_id, known.values)
    assert [child.info.run_id for child in runs_of(mlflow, plan.id)[1]] == [fresh.run_id]


def test_force_begins_a_finished_sweep_anew_beside_the_old_one(world, mlflow):
    plan = swept(*PRIOR, "seed=choice(0)", *world)
    for number in (1, 2):
        swept(*PRIOR, "seed=choice(0)", "force=true", *world)
        (parent,), (child,) = runs_of(mlflow, f"{plan.id}-{number}")
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert len(runs_of(mlflow, plan.id)[1]) == 1


def test_a_sweep_whose_run_is_gone_begins_anew(world, mlflow, migrated, tmp_path, capsys):
    plan = swept(*PRIOR, "seed=choice(0)", *world)
    (before,) = record(plan)
    shutil.copyfile(migrated, tmp_path / "mlflow.db")
    swept(*PRIOR, "seed=choice(0)", *world)
    assert f"of sweep {plan.id} is gone, and its trials with it: it begins anew." in capsys.readouterr().out
    (after,) = record(plan)
    assert after.values == before.values
    assert after.run_id != before.run_id


def test_several_objectives_have_several_best_settings(world, mlflow):
    objectives = "sweep.objectives=[{metric:f_avg},{metric:calibration/ece,direction:minimize}]"
    plan = swept(*PRIOR, "model.strength=0.1,100", objectives, *world)
    (parent,), children = runs_of(mlflow, plan.id)
    wanted = [(run.data.metrics["f_avg"], run.data.metrics["calibration/ece"]) for run in children]
    assert [trial.values for trial in record(plan)] == wanted
    assert {"best/f_avg", "best/calibration/ece", "best_so_far/calibration/ece"} <= set(parent.data.metrics)


def test_an_interrupt_ends_the_sweep_and_its_trial_and_the_line_goes_on(world, mlflow):
    line = [*PRIOR, "model.strength=1,2", *world]
    plan = plan_sweep(line)

    def interrupt():
        while not (plan.folder / "trial-0000.log").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        swept(*line)
    # An interrupt in the middle of a transaction may keep the store locked; what waits is sent by the next start.
    deliver_waiting(mlflow)
    (parent,), children = runs_of(mlflow, plan.id)
    assert parent.info.status == "KILLED"
    assert {run.info.status for run in children} <= {"KILLED", "FINISHED"}
    swept(*line)
    (parent,), children = runs_of(mlflow, plan.id)
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}
    assert len(children) == 2
    assert [trial.state for trial in record(plan)] == [State.COMPLETE] * 2


def test_the_best_network_is_refitted_once_and_held_against_the_champion(world, encoder, mlflow, capsys):
    line = [
        *("model.pooling=choice(max)", "model.lexical=0", "sweep.refit=true", "sweep.prune=true"),
        *("trainer.max_epochs=1", "trainer.threads=1", *world, *encoder),
    ]
    plan = swept(*line)
    (parent,), _ = runs_of(mlflow, plan.id)
    best_run = parent.data.tags["stance.best_run"]
    version = mlflow.get_model_version_by_alias("actor-stance", "champion")
    assert (version.run_id, version.version) == (best_run, int(parent.data.tags["stance.version"]))
    assert parent.data.tags["stance.refitted"] == best_run
    assert parent.data.tags["stance.verdict"] == "This run made the champion, version 1 of actor-stance."
    # Interrupted after the refit, it goes on without another.
    mlflow.set_terminated(parent.info.run_id, "KILLED")
    swept(*line)
    assert len(mlflow.search_model_versions("name='actor-stance'")) == 1


def test_a_linear_model_is_not_registered_which_is_said(world, mlflow, capsys):
    swept(*PRIOR, "seed=choice(0)", "sweep.refit=true", *world)
    said = "The best is of the model actor_prior; only networks are registered, so nothing is refitted."
    assert said in capsys.readouterr().out.splitlines()
    assert mlflow.search_registered_models() == []


def test_a_trial_that_outlived_its_sweeping_process_is_waited_for(world, mlflow, capsys):
    line = [*PRIOR, "seed=choice(0)", *world]
    plan = plan_sweep(line)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    writer = {"stance.pid": str(child.pid), "stance.process_started": process_started(child.pid)}
    tags = {"stance.sweep_id": plan.id, "stance.trial": "0", **writer}
    left = start_run(mlflow, "actor-stance", "seed=0", tags=tags, parent_run_id="of-a-dead-process")

    def release():
        # The sweep waits as soon as its own run shows how things stand.
        while not [run for run in runs_of(mlflow, plan.id)[0] if "mlflow.note.content" in run.data.tags]:
            time.sleep(0.05)
        time.sleep(1.5)
        child.communicate(b"\n")

    threading.Thread(target=release, daemon=True).start()
    swept(*line)
    said = capsys.readouterr().out
    assert f"Waiting for seed=0 (run {left.id}) by process {child.pid} of {host()}. If that process is dead" in said
    assert mlflow.get_run(left.id).info.status == "KILLED"
    assert [trial.state for trial in record(plan)] == [State.COMPLETE]
