"""`stance promote` with a real network in a real registry: what is better is promoted, and nothing else."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from stance.__main__ import main
from stance.annotation.registry import read_targets
from stance.annotation.writer import write_export
from stance.data.loading import load
from stance.data.splits import Manifest, group_documents
from stance.evaluation.intervals import intervals
from stance.evaluation.scored import Scored
from stance.labels import MAIN
from stance.models.actor_network import ActorNetworkModel, NetworkPlan
from stance.models.contract import Prediction
from stance.models.predictor import StancePredictor, add_registries
from stance.settings import DataSettings, EncoderSettings, NetworkSettings, TargetSettings, TrainerSettings
from stance.tracking.finished import config_of, find_run, manifest_of, scored_of
from stance.tracking.registry import CHAMPION, FORMER, log_network, network_folder
from stance.tracking.run import TrackedRun
from stance.tracking.store import connect
from tests.commands.finished_runs import trained
from tests.doubles import TARGETS, documents, tiny_encoder, write_registries
from tests.evaluation.invented import softmax

EXAMPLE = {"document_id": "x", "text": "gov: …", "target": "t1", "actors": [{"actor": "gov", "mentions": [[0, 3]]}]}


@dataclass(frozen=True)
class World:
    """A store with runs by name; `actor-stance` has a version of `champion`, then of `better`, then of `alike`."""

    database: Path
    export: Path
    runs: dict[str, str]
    manifest: Manifest
    overrides: list[str]


@pytest.fixture(scope="session")
def world(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("promote")
    shutil.copyfile(migrated, folder / "mlflow.db")
    client = connect(f"sqlite:///{folder / 'mlflow.db'}")
    articles = documents(24)
    write_export(folder / "export.json", articles)
    actors, targets = write_registries(folder)
    encoder = tiny_encoder(
        folder / "encoder", [document.text for document in articles] + [TARGETS.describe("t1", "ar")]
    )
    data = DataSettings(export=str(folder / "export.json"), actors=str(actors), max_tokens=96)
    target = TargetSettings(registry=str(targets))
    dataset = load(data, target).dataset
    held = {f"d{number}" for number in range(6)}
    release = tuple(example.id for example in dataset.examples if example.document_id in held)
    learnable = dataset.take(example.id for example in dataset.examples if example.document_id not in held)
    plan = NetworkPlan(
        NetworkSettings(),
        EncoderSettings(name=str(encoder), frozen_layers=1),
        data,
        TrainerSettings(max_epochs=1, progress=False, threads=1),
    )
    model = ActorNetworkModel(plan, MAIN, read_targets(targets), epochs=1)
    model.fit(learnable, dataset.take(()))
    model.save(folder / "network")
    add_registries(folder / "network", targets=targets, actors=actors)

    manifest = Manifest("cv", 0, dataset.digest, "stance", (), {}, release)
    clusters = dict(group_documents(dataset).clusters)
    config = {"data": vars(data), "target": vars(target)}
    tags = {"stance.data_digest": dataset.digest}
    runs = {}
    for name, skill, seed in (("champion", 0.8, 0), ("better", 4.0, 1), ("alike", 0.8, 2), ("unregistered", 4.0, 3)):
        scored = answers(learnable, clusters, skill=skill, seed=seed)
        runs[name] = trained(client, name, scored, tags=tags, config=config, manifest=manifest)
    champion = TrackedRun(client, runs["champion"])
    log_network(champion, folder / "network", example=[EXAMPLE], digest=dataset.digest, f_avg=0.5)
    source = client.get_model_version("actor-stance", "1").source
    for name in ("better", "alike"):
        client.create_model_version("actor-stance", source, run_id=runs[name])
    overrides = [
        *(f"data.export={data.export}", f"data.actors={actors}", f"data.max_tokens={data.max_tokens}"),
        *(f"target.registry={targets}", f"encoder.name={encoder}", "encoder.layers=null", "encoder.frozen_layers=1"),
    ]
    return World(folder / "mlflow.db", folder / "export.json", runs, manifest, overrides)


@pytest.fixture
def client(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A copy of the world's database; artifacts stay where they are."""
    shutil.copyfile(world.database, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return connect(f"sqlite:///{tmp_path / 'mlflow.db'}")


def answers(dataset, clusters, *, skill: float, seed: int) -> Scored:
    """What a model of this skill could answer."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(dataset), 4)) + skill * np.eye(4)[dataset.gold()]
    channels = np.full((len(dataset), 3, 4), 0.25)
    return Prediction(softmax(logits), channels, ()).scored("tfidf_logreg", dataset, clusters)


def promote(capsys, *words: str, status: int = 0) -> str:
    assert main(["promote", *words]) == status
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return shown.err if status == 2 else shown.out


def state(client) -> tuple:
    """Everything a promotion may change."""
    aliases = client.get_registered_model("actor-stance").aliases
    versions = client.search_model_versions("name = 'actor-stance'")
    runs = client.search_runs([client.get_experiment_by_name("main").experiment_id])
    return (
        {alias: str(version) for alias, version in aliases.items()},
        {str(version.version): dict(version.tags) for version in versions},
        {run.info.run_id: (run.data.metrics, run.data.tags) for run in runs},
    )


def test_what_is_better_is_promoted_with_its_evidence(client, world, capsys):
    run = world.runs["better"]
    shown = promote(capsys, run[:12])
    assert "Version 2 is actor-stance@champion; version 1 keeps the alias former-champion." in shown
    aliases, versions, _ = state(client)
    assert aliases == {CHAMPION: "2", FORMER: "1"}
    tags = versions["2"]
    assert tags["promotion.rule"] == "better"
    assert tags["promotion.against"] == f"version 1, run {world.runs['champion']}"
    assert tags["promotion.command"] == f"stance promote {run}"
    assert tags["promotion.data_digest"] == world.manifest.digest
    assert (tags["promotion.examples"], tags["promotion.clusters"]) == ("54", "18")
    low, high = json.loads(tags["promotion.f_avg_interval"].replace("+", ""))
    assert 0 < low < float(tags["promotion.f_avg_difference"]) < high
    assert float(tags["promotion.p"]) < 0.05


def test_what_is_not_shown_to_be_better_is_not_promoted(client, world, capsys):
    before = state(client)
    shown = promote(capsys, world.runs["alike"], status=1)
    assert "Rule (better): the low end of the f_avg interval, -" in shown
    assert "must lie above 0. It does not." in shown
    assert shown.endswith("Not promoted; nothing was changed.\n")
    assert state(client) == before


def test_a_margin_lets_what_is_no_worse_pass(client, world, capsys):
    assert "must lie above -0.001. It does not." in promote(
        capsys, world.runs["alike"], "--no-worse-than", "0.001", status=1
    )
    shown = promote(capsys, world.runs["alike"], "--no-worse-than", "0.9")
    assert "Rule (no worse than 0.9): " in shown
    aliases, versions, _ = state(client)
    assert aliases == {CHAMPION: "3", FORMER: "1"}
    assert versions["3"]["promotion.command"].endswith(" --no-worse-than 0.9")


def test_a_dry_run_says_everything_and_changes_nothing(client, world, capsys, monkeypatch):
    before = state(client)
    # Not even read: the release part stays untouched.
    world.export.rename(world.export.with_suffix(".away"))
    try:
        shown = promote(capsys, world.runs["better"], "--dry-run")
    finally:
        world.export.with_suffix(".away").rename(world.export)
    assert "Its release part of 18 examples would be scored, once and for all." in shown
    assert shown.endswith("Dry run: version 2 would become actor-stance@champion. Nothing was changed.\n")
    promote(capsys, world.runs["alike"], "--dry-run", status=1)
    assert state(client) == before


def test_the_release_part_is_scored_once_by_the_registered_network(client, world, capsys):
    first = promote(capsys, world.runs["better"])
    assert "Release part (18 untouched examples; shown, decides nothing):" in first
    dataset = load(
        DataSettings(export=str(world.export), actors=str(world.export.with_name("actors.yaml"))),
        TargetSettings(registry=str(world.export.with_name("targets.yaml"))),
    ).dataset.take(world.manifest.release)
    predictor = StancePredictor.load(network_folder(client, "models:/actor-stance/2"))
    scored = predictor.model.predict(dataset).scored("x", dataset, dict(group_documents(dataset).clusters))
    expected = intervals(scored)
    metrics = client.get_run(world.runs["better"]).data.metrics
    for name in ("f_avg", "macro_f1"):
        assert metrics[f"release/{name}"] == pytest.approx(expected[name].estimate)
        assert metrics[f"release/{name}_low"] == pytest.approx(expected[name].low)
        assert metrics[f"release/{name}_high"] == pytest.approx(expected[name].high)
    assert metrics["release/n"] == 18
    before = state(client)
    world.export.rename(world.export.with_suffix(".away"))
    try:
        again = promote(capsys, world.runs["better"])
    finally:
        world.export.with_suffix(".away").rename(world.export)
    assert "It is the champion already." in again
    assert again.splitlines()[-3:] == [line for line in first.splitlines() if "elease" in line or line.startswith("  ")]
    assert state(client) == before, "a second time reads the figures"
    assert len(client.get_metric_history(world.runs["better"], "release/f_avg")) == 1


def test_data_that_changed_since_are_refused_before_anything_changes(client, world, capsys, tmp_path):
    before = state(client)
    kept = world.export.read_bytes()
    write_export(world.export, [*documents(23), msgspec.structs.replace(documents(24)[23], title="new")])
    try:
        shown = promote(capsys, world.runs["better"], status=2)
    finally:
        world.export.write_bytes(kept)
    assert f"as it was when the run {world.runs['better']} was trained (digest {world.manifest.digest}), found" in shown
    assert state(client) == before


def test_a_split_without_release_part_is_said(client, world, capsys):
    source = client.get_model_version("actor-stance", "1").source
    scored_run = world.runs["better"]
    with_none = trained_like(client, scored_run, msgspec.structs.replace(world.manifest, release=()))
    client.create_model_version("actor-stance", source, run_id=with_none)
    shown = promote(capsys, with_none)
    assert "Its split set no release part aside (split.release_share)" in shown
    assert not [key for key in client.get_model_version("actor-stance", "4").tags if key.startswith("release.")]


def trained_like(client, run_id: str, manifest: Manifest) -> str:
    run = find_run(client, run_id)
    tags = {"stance.data_digest": run.tags["stance.data_digest"]}
    return trained(client, "again", scored_of(client, run), tags=tags, config=config_of(client, run), manifest=manifest)


def test_without_a_champion_the_first_one_needs_no_test(client, world, capsys):
    client.delete_registered_model_alias("actor-stance", CHAMPION)
    shown = promote(capsys, world.runs["alike"])
    assert "There is no champion: it becomes the first." in shown
    aliases, versions, _ = state(client)
    assert aliases == {CHAMPION: "3"}
    assert versions["3"]["promotion.rule"] == "first champion"


def test_what_was_beaten_comes_back_by_the_same_rule_only(client, world, capsys):
    promote(capsys, world.runs["better"])
    promote(capsys, world.runs["champion"], status=1)
    assert state(client)[0] == {CHAMPION: "2", FORMER: "1"}


def test_a_run_without_a_registered_network_is_told_how(client, world, capsys):
    run = world.runs["unregistered"]
    assert promote(capsys, run, status=2) == (
        f"stance: Expected a run whose network is a version of actor-stance, found {run} (unregistered) without one. "
        "A sweep refits and registers its best; to train and register another of its runs: "
        f"stance train run={run} tracking.register=true, then promote the run that this makes.\n"
    )
    assert "Expected a run's id, found the name 'champion'." in promote(capsys, "champion", status=2)


@pytest.mark.parametrize("margin", ["-0.1", "1", "nan", "much"])
def test_a_margin_is_a_number_from_0_to_1(margin, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["promote", "abc", "--no-worse-than", margin])
    assert ended.value.code == 2
    assert f"expected a number from 0 to below 1, found {margin}" in capsys.readouterr().err


def test_what_a_training_leaves_can_be_compared_and_promoted(world, capsys, tmp_path, migrated, monkeypatch):
    shutil.copyfile(migrated, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    small = ["split.folds=2", "split.repeats=1", "split.release_share=0.3", "resamples=20", "baselines=[tfidf_logreg]"]
    quick = ["trainer.max_epochs=1", "trainer.progress=false", "trainer.threads=1", f"runs={tmp_path / 'runs'}"]
    assert main(["train", *world.overrides, *small, *quick]) == 0
    client = connect(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("actor-stance").experiment_id])
    found = {run.data.tags["stance.model"]: run.info.run_id for run in runs}
    capsys.readouterr()
    assert main(["compare", found["tfidf_logreg"], found["actor_network"]]) == 0
    released = len(manifest_of(client, find_run(client, found["actor_network"])).release)
    assert released > 0
    shown = promote(capsys, found["actor_network"])
    assert "It is the champion already." in shown
    assert f"Release part ({released} untouched examples; shown, decides nothing):" in shown


def test_help_shows_a_command_to_copy(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["promote", "--help"])
    assert ended.value.code == 0
    assert "stance promote 3f2a91bc --dry-run" in capsys.readouterr().out
