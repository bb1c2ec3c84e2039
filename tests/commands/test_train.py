"""`stance train` as a user runs it: every experiment, the whole job, a kill and what follows."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from safetensors.torch import load_file, save_file

from stance.__main__ import main
from stance.annotation.importers import NAMES
from stance.annotation.writer import write_export
from stance.commands.composition import compose_train
from stance.commands.importing import import_source
from stance.commands.job import prepare
from stance.commands.repeating import repeat
from stance.commands.runs import SweepChild, identity
from stance.commands.train import refit, train
from stance.errors import ConfigurationError, DataError, Pruned, TrackingError
from tests.annotation.importers.sources import write_all
from tests.doubles import documents

FILES = sorted(Path("conf/experiment").rglob("*.yaml"))
SWEEPS = [path for path in FILES if path.parent.name == "sweep"]
EXPERIMENTS = [path for path in FILES if path not in SWEEPS]


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory, world: list[str]) -> dict[str, list[str]]:
    """The same by the name of a public data set, whose invented rows stand in place of its own, in its own format."""
    folder = tmp_path_factory.mktemp("imported")
    kept = [line for line in world if not line.startswith(("data.", "target."))]
    found = {}
    for name, source in write_all(folder).items():
        export = folder / f"{name}.json"
        import_source(name, str(source), str(export))
        made = [f"data.export={export}", f"target.registry={export.with_suffix('.targets.yaml')}", "data.max_tokens=96"]
        found[name] = [*kept, *made]
    return found


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def test_there_are_experiments() -> None:
    assert len(EXPERIMENTS) >= 3
    assert set(NAMES) <= {path.stem for path in EXPERIMENTS}, "each public data set has an experiment"
    assert len(SWEEPS) >= 4


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_runs(
    path: Path, world: list[str], imported: dict[str, list[str]], store: str, tmp_path: Path
) -> None:
    name = path.relative_to("conf/experiment").with_suffix("")
    given = imported.get(path.stem.removesuffix("_topics"), world)
    asked_for = compose_train([f"experiment={name}"]).settings
    if asked_for.split.strategy == "unseen_target":
        given = [*given, "split.tested_from=1"]
    for source in asked_for.sources:
        places = [line for line in imported[source] if line.startswith(("data.", "target."))]
        given = [*given, *(f"sources.{source}.{line}" for line in places)]
    done = main(
        ["train", f"experiment={name}", "debug=fast", *given, f"tracking.uri={store}", f"runs={tmp_path / 'r'}"]
    )
    assert done == 0
    runs = _runs(store)
    labels = compose_train([f"experiment={name}", *given]).settings.data.label_set
    assert {run.data.params["data.label_set"] for run in runs} == {labels}
    models = {run.data.tags["stance.model"] for run in runs}
    assert models == {"actor_tagger"} or models >= {"majority", "actor_prior", "tfidf_logreg"}
    assert {run.info.status for run in runs} == {"FINISHED"}
    if asked_for.probes:
        asked = {"probes/text_removed_f_avg_change", "probes/masked_actor_n", "probes/swapped_actor_n"}
        assert all(asked <= run.data.metrics.keys() for run in runs)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_ready_sweep_runs(path: Path, world: list[str], store: str, tmp_path: Path) -> None:
    line = [f"experiment=sweep/{path.stem}", "debug=fast", *world, f"tracking.uri={store}", f"runs={tmp_path / 'r'}"]
    if "model=tfidf_logreg" in path.read_text("utf-8"):
        # Left to its user, as its header shows.
        line.append("model=tfidf_logreg")
    assert main(["train", "-m", *line]) == 0
    (sweep,) = [run for run in _runs(store) if run.data.tags.get("stance.kind") == "sweep"]
    trials = [run for run in _runs(store) if run.data.tags.get("mlflow.parentRunId") == sweep.info.run_id]
    assert sweep.info.status == "FINISHED"
    assert len(trials) == 2
    # A trial that was given up is KILLED.
    assert {run.info.status for run in trials} <= {"FINISHED", "KILLED"}
    assert sweep.data.metrics["trials/failed"] == 0


def test_the_job_leaves_a_champion_that_a_fresh_process_can_use(world: list[str], store: str, tmp_path: Path) -> None:
    overrides = ["trainer.max_epochs=2", "trainer.token_budget=512", "split.folds=2", "split.repeats=1"]
    train(compose_train([*overrides, *world, f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]))
    client = MlflowClient(store, store)
    runs = _runs(store)
    assert sorted(run.data.tags["stance.model"] for run in runs) == [
        "actor_network",
        "actor_prior",
        "majority",
        "tfidf_logreg",
    ]
    assert {run.info.status for run in runs} == {"FINISHED"}
    network = next(run for run in runs if run.data.tags["stance.model"] == "actor_network")
    prior = next(run for run in runs if run.data.tags["stance.model"] == "actor_prior")
    assert network.data.metrics["skill"] == pytest.approx(network.data.metrics["f_avg"] - prior.data.metrics["f_avg"])
    assert prior.data.metrics["skill"] == 0
    artifacts = {item.path for item in client.list_artifacts(network.info.run_id)}
    expected = {"config.yaml", "split.json", "leakage.json", "predictions.parquet", "errors.html", "comparison.md"}
    assert expected <= artifacts
    assert client.get_model_version_by_alias("actor-stance", "champion").run_id == network.info.run_id
    assert not list((tmp_path / "runs").iterdir()), "what is kept for resuming goes when the run is finished"
    (stored,) = tmp_path.rglob("*.safetensors")
    assert stored.stat().st_size < 4_000_000
    names = list(load_file(stored))
    assert not [name for name in names if "embedding" in name], "what is frozen is not stored again"
    code = (
        "import mlflow\n"
        f"mlflow.set_tracking_uri({store!r})\n"
        "model = mlflow.pyfunc.load_model('models:/actor-stance@champion')\n"
        "rows = model.predict([{'document_id': 'x', 'text': 'الحكومة ترفض بقاء القوات في اليوم الأول.'}])\n"
        "print(rows.actor.tolist(), round(rows.filter(like='p_').iloc[0].sum(), 4), rows.mentions[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip().splitlines()[-1] == "['gov'] 1.0 [[0, 7]]"


def test_a_run_killed_in_mid_epoch_and_continued_ends_like_one_left_alone(
    world: list[str], store: str, tmp_path: Path
) -> None:
    overrides = [
        *world,
        f"tracking.uri={store}",
        "tracking.register=false",
        "baselines=[]",
        "split=cluster",
        # Small batches over many epochs, so that nearly all of the time is mid-epoch.
        "trainer.token_budget=100",
        "trainer.max_epochs=12",
        "trainer.patience=12",
        "trainer.learning_rate=1e-3",
        "trainer.threads=1",
    ]
    command = [sys.executable, "-m", "stance", "train", *overrides]
    killed = [*command, f"runs={tmp_path / 'killed'}"]
    process = subprocess.Popen(killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        checkpoint = _wait_for(tmp_path / "killed", "*/*/last.ckpt", process)
        first = checkpoint.stat().st_mtime_ns
        while checkpoint.stat().st_mtime_ns == first and process.poll() is None:
            time.sleep(0.01)
        # The next epoch has begun: 0.05 s into it is before its end, which takes several times that.
        time.sleep(0.05)
        assert process.poll() is None, "the run ended before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert [run.info.status for run in _runs(store)] == ["RUNNING"]
    subprocess.run([*killed, "ckpt=last"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*command, "force=true", f"runs={tmp_path / 'alone'}"], check=True, stdout=subprocess.DEVNULL)
    alone, continued = _runs(store)
    assert continued.data.tags["stance.resumed"] == "true"
    assert {alone.info.status, continued.info.status} == {"FINISHED"}
    assert _computed(continued) == _computed(alone)


def test_what_is_finished_is_found_and_not_run_again_unless_forced(
    world: list[str], store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = [*world, "model=tfidf_logreg", "split.repeats=1", f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]
    first = train(compose_train(job))
    capsys.readouterr()
    again = train(compose_train(job))
    assert (again.run_id, again.found) == (first.run_id, True)
    assert {name: again.metrics[name] for name in first.metrics} == first.metrics
    printed = capsys.readouterr().out
    assert f"Run {first.run_id} has this configuration, data, seed and code, and is finished:" in printed
    assert "| tfidf_logreg |" in printed
    count = len(_runs(store))
    assert not train(compose_train([*job, "seed=1"])).found
    assert not train(compose_train([*job, "baselines=[majority]"])).found, "another table was asked for"
    forced = train(compose_train([*job, "force=true"]))
    assert not forced.found
    assert forced.run_id != first.run_id
    assert forced.metrics == first.metrics
    assert len(_runs(store)) == count + 3 + 2 + 3


def test_trainings_share_what_is_computed_once_and_get_the_same_from_it(
    world: list[str], store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stance.data import near_duplicates
    from stance.models import ngrams

    # A cache of its own: the experiments above have left the same entries in the suite's.
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    job = [*world, "model=tfidf_logreg", "split.repeats=1", f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]
    alone = train(compose_train(job))
    assert {path.name for path in (tmp_path / "cache" / "derived").iterdir()} >= {"near-duplicates", "tfidf-training"}

    def again(*_: object) -> None:
        raise AssertionError("computed a second time")

    monkeypatch.setattr(near_duplicates, "_pairs", again)
    monkeypatch.setattr(ngrams, "_arrays", again)
    shared = train(compose_train([*job, "force=true"]))
    assert shared.metrics == alone.metrics


def test_a_sweeps_child_runs_the_model_alone_under_its_parent_and_is_found_by_its_fit(
    world: list[str], store: str, tmp_path: Path
) -> None:
    client = MlflowClient(store, store)
    job = [*world, "model=tfidf_logreg", "split.repeats=1", f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]
    train(compose_train(["model=majority", *job[:-3], *job[-2:], "baselines=[]"]))
    experiment = client.get_experiment_by_name("actor-stance").experiment_id
    parent = client.create_run(experiment).info.run_id
    child = SweepChild(parent, "s1", 3, "C=0.1")
    done = train(compose_train([*job, "model.C=0.1"]), child)
    tags = client.get_run(done.run_id).data.tags
    assert (tags["mlflow.parentRunId"], tags["stance.sweep_id"], tags["stance.trial"]) == (parent, "s1", "3")
    assert tags["mlflow.runName"] == "C=0.1"
    params = client.get_run(done.run_id).data.params
    assert (params["model.C"], params["model.balanced"], params["seed"]) == ("0.1", "true", "0"), "defaults too"
    assert not [name for name in params if name.startswith(("tracking", "runs", "trainer", "encoder"))]
    assert "skill" in done.metrics
    # The baselines and the way the run is tracked change no fit.
    assert train(compose_train([*job, "model.C=0.1", "baselines=[]"]), SweepChild(parent, "s2", 0, "x")).found
    assert not train(compose_train([*job, "model.C=0.2"]), SweepChild(parent, "s2", 1, "y")).found


def test_a_pruned_child_ends_killed_and_stays_pruned(world: list[str], store: str, tmp_path: Path) -> None:
    heard = []

    def watch(epoch: int, metrics: dict[str, float]) -> None:
        heard.append((epoch, sorted(metrics)))
        if epoch == 1:
            raise Pruned("worse than the median")

    client = MlflowClient(store, store)
    parent = client.create_run(client.create_experiment("actor-stance")).info.run_id
    job = compose_train([*world, "trainer.max_epochs=3", f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"])
    for _ in range(2):
        with pytest.raises(Pruned):
            train(job, SweepChild(parent, "s1", 0, "rate=1", watch))
    assert heard == [(epoch, ["train/loss", "val/f_avg", "val/loss", "val/macro_f1"]) for epoch in (0, 1)]
    (run,) = (run for run in _runs(store) if "stance.trial" in run.data.tags)
    assert (run.info.status, run.data.tags["stance.ended"]) == ("KILLED", "pruned")


def test_the_best_of_a_sweep_is_trained_on_everything_but_the_release_part_and_registered(
    world: list[str], store: str, tmp_path: Path
) -> None:
    client = MlflowClient(store, store)
    parent = client.create_run(client.create_experiment("actor-stance")).info.run_id
    overrides = ["trainer.max_epochs=1", "split.folds=2", "split.repeats=1"]
    job = compose_train([*world, *overrides, f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"])
    done = train(job, SweepChild(parent, "s1", 0, "rate=1"))
    assert refit(job, done.run_id) == "1"
    assert client.get_model_version_by_alias("actor-stance", "champion").run_id == done.run_id
    with pytest.raises(ConfigurationError, match="Expected a network to train on everything, found 'tfidf_logreg'"):
        refit(compose_train([*world, "model=tfidf_logreg", f"tracking.uri={store}"]), done.run_id)


def test_a_run_is_repeated_from_its_logged_configuration_and_says_whether_it_agrees(
    world: list[str], store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]
    first = train(compose_train([*world, *where, "model=tfidf_logreg", "model.C=0.3", "split.repeats=1", "seed=3"]))
    capsys.readouterr()
    assert repeat(compose_train([*where, f"run={first.run_id[:12]}"]))
    client = MlflowClient(store, store)
    again = client.search_runs(
        [client.get_experiment_by_name("actor-stance").experiment_id], f"tags.`stance.repeats` = '{first.run_id}'"
    )[0]
    assert f"Run {first.run_id} repeated as {again.info.run_id}: all " in capsys.readouterr().out
    assert again.data.tags["stance.repeat_agrees"] == "true"
    assert again.data.params["model.C"] == "0.3"
    # A figure that somebody changed since does not agree.
    client.log_metric(first.run_id, "f_avg", 0.123)
    assert not repeat(compose_train([*where, f"run={first.run_id}"]))
    printed = capsys.readouterr().out
    assert "metrics differ, 0 of" in printed
    assert "| f_avg | 0.1230 |" in printed
    with pytest.raises(ConfigurationError, match=r"Expected run=… alone, .* found seed beside it"):
        repeat(compose_train([*where, f"run={first.run_id}", "seed=4"]))


def test_a_run_whose_data_changed_is_not_repeated(world: list[str], store: str, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    write_export(export, documents(24))
    where = [f"tracking.uri={store}", f"runs={tmp_path / 'runs'}"]
    job = [*world, *where, f"data.export={export}", "model=majority", "baselines=[]", "split.repeats=1"]
    first = train(compose_train(job))
    write_export(export, documents(23))
    with pytest.raises(DataError, match=f"expected the data that run {first.run_id} saw, digest "):
        repeat(compose_train([*where, f"run={first.run_id}"]))


def test_a_training_begins_from_the_network_of_a_run(
    world: list[str], store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*world, "split=cluster", "tracking.register=true"]
    line = ["train", "debug=fast", *given, f"tracking.uri={store}", f"runs={tmp_path / 'r'}"]
    assert main(line) == 0
    (first,) = (run for run in _runs(store) if run.data.tags["stance.model"] == "actor_network")
    assert main([*line, f"init_from={first.info.run_id}"]) == 0
    begun = [run for run in _runs(store) if run.data.params.get("init_from") == first.info.run_id]
    assert [run.info.status for run in begun if run.data.tags["stance.model"] == "actor_network"] == ["FINISHED"]
    capsys.readouterr()
    assert main([*line, "init_from=nowhere"]) == 2
    said = capsys.readouterr()
    assert "nowhere" in said.err
    assert "examples" not in said.out  # it is known before the data are read


def test_an_encoder_that_was_trained_again_under_its_name_is_another(world: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    name = next(one for one in world if one.startswith("encoder.name=")).partition("=")[2]
    shutil.copytree(name, folder)

    def known() -> dict[str, str]:
        job = prepare(compose_train([*world, f"encoder.name={folder}"]))
        return identity(job, job.composed.model)

    before = known()
    assert known() == before
    weights = load_file(folder / "model.safetensors")
    save_file({key: value + 1 for key, value in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    assert known()["stance.identity"] != before["stance.identity"]


def test_nothing_to_continue_is_said(world: list[str], store: str) -> None:
    with pytest.raises(TrackingError) as caught:
        train(compose_train([*world, f"tracking.uri={store}", "ckpt=last"]))
    assert str(caught.value) == (
        "Expected an unfinished run of this configuration on this data in experiment 'actor-stance', found none. "
        "Leave ckpt=last out to start a new run."
    )


def _computed(run: Run) -> dict[str, float]:
    """The run's metrics but for the machine's load."""
    return {name: value for name, value in run.data.metrics.items() if not name.startswith("system/")}


def _runs(store: str) -> list:
    """All runs, the latest first."""
    client = MlflowClient(store)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(ids, order_by=["attributes.start_time DESC"]))


def _wait_for(folder: Path, pattern: str, process: subprocess.Popen) -> Path:
    for _ in range(1200):
        found = list(folder.glob(pattern))
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"no {pattern} under {folder}; exit status {process.poll()}")
