"""`stance train` with other data sets beside its own: what is reported, known, logged and said of them."""

import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from stance.__main__ import main
from stance.annotation.writer import write_export
from stance.commands.composition import compose_train
from stance.commands.importing import import_source
from stance.commands.job import Job, prepare
from stance.commands.repeating import repeat
from stance.commands.runs import FIT, IDENTITY, identity
from stance.commands.train import train
from stance.errors import ConfigurationError, DataError
from stance.settings import TfidfSettings
from stance.tracking.finished import find_run, scored_of
from tests.annotation.importers.sources import write_all
from tests.doubles import documents

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def beside(world: list[str], tmp_path: Path) -> list[str]:
    """The invented articles, and others of their kind as a source."""
    export = tmp_path / "more.json"
    write_export(export, documents(12, seed=9))
    registries = [
        line.replace("data.", "sources.export.data.", 1).replace("target.", "sources.export.target.", 1)
        for line in world
        if line.startswith(("data.actors", "target.registry"))
    ]
    return [*world, "sources=[export]", f"sources.export.data.export={export}", *registries]


def job(*overrides: str) -> Job:
    return prepare(compose_train(overrides))


def runs(store: str) -> list[Run]:
    client = MlflowClient(store)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(ids, order_by=["attributes.start_time DESC"]))


def test_each_data_set_is_a_source_by_its_name() -> None:
    sources, data = ({path.stem for path in (ROOT / "conf" / group).glob("*.yaml")} for group in ("sources", "data"))
    assert sources == data
    composed = compose_train(["sources=[mawqif_sarcasm,ans]", "sources.ans.share=0.5"])
    assert list(composed.resolved["sources"]) == ["mawqif_sarcasm", "ans"]
    assert composed.settings.sources["ans"].share == 0.5
    for name in sources - {"export"}:
        (found,) = compose_train([f"sources=[{name}]"]).settings.sources.values()
        data_set = compose_train([f"data={name}"]).settings.data
        assert found.data == data_set


def test_a_public_set_is_learned_from_beside_another(world: list[str], store: str, tmp_path: Path) -> None:
    folder = tmp_path / "imported"
    line = [one for one in world if not one.startswith(("data.", "target."))]
    for name, source in write_all(folder).items():
        if name in ("mawqif", "arabicstancex", "newsmtsc"):
            export = folder / f"{name}.json"
            import_source(name, str(source), str(export))
            place = "" if name == "mawqif" else f"sources.{name}."
            registry = export.with_suffix(".targets.yaml")
            line += [f"{place}data.export={export}", f"{place}target.registry={registry}", f"{place}data.max_tokens=96"]
    chosen = ["experiment=mawqif", "sources=[arabicstancex,newsmtsc]", "debug=fast", "baselines=[tfidf_logreg]"]
    where = [f"tracking.uri={store}", f"runs={tmp_path / 'r'}"]
    assert main(["train", *chosen, *line, *where]) == 0
    network, baseline = sorted(runs(store), key=lambda run: run.data.tags["stance.model"])
    inputs = {one.dataset.name: one for one in network.inputs.dataset_inputs}
    assert set(inputs) == {"imported/mawqif", "arabicstancex", "newsmtsc"}
    assert {tag.value for one in inputs.values() for tag in one.tags if tag.key == "mlflow.data.context"} == {
        "training"
    }
    digest = network.data.params["sources.arabicstancex.digest"]
    assert inputs["arabicstancex"].dataset.digest == digest
    assert {"epoch/train_loss_arabicstancex/repeat-0-fold-0", "epoch/train_loss_newsmtsc/repeat-0-fold-0"} <= set(
        network.data.metrics
    )
    assert [one.dataset.name for one in baseline.inputs.dataset_inputs] == ["imported/mawqif"]
    assert not [name for name in baseline.data.params if name.startswith("sources")]


def test_the_same_examples_are_reported_and_a_repetition_agrees(
    beside: list[str], world: list[str], store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [f"tracking.uri={store}", f"runs={tmp_path / 'runs'}", "tracking.register=false"]
    short = [*where, "trainer.max_epochs=1", "split=cluster", "baselines=[]"]
    alone, taught = (train(compose_train([*given, *short])) for given in (world, beside))
    printed = capsys.readouterr().out
    assert "Source export: 36 examples to learn from; left out: 0 of its published test part or copies of it" in printed
    client = MlflowClient(store, store)
    scored = [scored_of(client, find_run(client, one.run_id)) for one in (alone, taught)]
    assert scored[0].ids == scored[1].ids
    assert (scored[0].probabilities != scored[1].probabilities).any()
    assert repeat(compose_train([*where[:2], f"run={taught.run_id}"]))
    export = next(one for one in beside if one.startswith("sources.export.data.export=")).partition("=")[2]
    write_export(Path(export), documents(11, seed=9))
    with pytest.raises(DataError, match=f"{export}: expected the data that run {taught.run_id} saw, digest "):
        repeat(compose_train([*where[:2], f"run={taught.run_id}"]))


def test_sources_are_part_of_what_a_network_is_known_by_and_of_no_other_model(
    beside: list[str], world: list[str]
) -> None:
    without, taught = job(*world), job(*beside)
    network = without.composed.model
    assert identity(without, network) != identity(taught, network)
    assert identity(taught, network) == identity(job(*beside), network)
    assert identity(taught, network)[FIT] != identity(job(*beside, "sources.export.share=0.5"), network)[FIT]
    export = next(one for one in beside if one.startswith("sources.export.data.export=")).partition("=")[2]
    linear = TfidfSettings()
    assert identity(without, linear)[FIT] == identity(taught, linear)[FIT]
    shutil.move(export, f"{export}.moved")
    # It is not even read.
    ignored = job(*beside, "model=tfidf_logreg")
    assert ignored.sources == ()
    assert identity(ignored, linear)[IDENTITY] == identity(job(*world, "model=tfidf_logreg"), linear)[IDENTITY]


def test_copies_of_what_is_tested_are_left_out_of_each_fold_and_counted(
    beside: list[str], world: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    export = next(one for one in beside if one.startswith("sources.export.data.export=")).partition("=")[2]
    # Half of the data's own articles, and others.
    write_export(Path(export), [*documents(24)[:12], *_others(12)])
    taught = job(*beside, "split=cv", "split.folds=3")
    (source,) = taught.sources
    for fold in taught.manifest.folds:
        part = taught.dataset.take(fold.train)
        trained = {example.document_id for example in part.examples}
        learned = {example.document_id for example in source.learnable(trained).examples}
        assert learned == {f"other-{number}" for number in range(12)} | (trained & {f"d{n}" for n in range(12)})
        held = {example.document_id for example in taught.dataset.take((*fold.validation, *fold.test)).examples}
        assert not learned & held
    assert "and in each fold" in capsys.readouterr().out
    write_export(Path(export), documents(24)[:1])
    with pytest.raises(DataError, match="expected examples to learn from in every fold, found one in which all are"):
        job(*beside, "split=cv", "split.folds=3")


def _others(count: int) -> list:
    import msgspec

    return [
        msgspec.structs.replace(one, document_id=f"other-{number}", task_id=f"other-{number}", page=None)
        for number, one in enumerate(documents(24 + count, seed=31)[24:])
    ]


def test_mistakes_are_said(beside: list[str], world: list[str]) -> None:
    own = next(one for one in world if one.startswith("data.export=")).partition("=")[2]
    with pytest.raises(ConfigurationError, match="Expected another data set as the source 'export', found "):
        job(*beside, f"sources.export.data.export={own}")
    for wrong in ("sources=nope", "sources=[nope]"):
        with pytest.raises(
            ConfigurationError, match=r"^Expected sources among ans, arabicstancex, .*, found 'nope'\.$"
        ):
            compose_train([wrong])
