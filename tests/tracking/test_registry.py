import json
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy
import pandas
import pytest

from stance.errors import TrackingError
from stance.tracking.articles import ActorInput, ArticleInput, to_articles
from stance.tracking.registry import (
    champion,
    log_network,
    log_release,
    network_folder,
    promote,
    released,
    version_of_run,
)
from stance.tracking.starting import start_run

from .conftest import PREDICTOR

EXAMPLE = [{"document_id": "d1", "text": "رفض المجلس", "actors": [{"actor": "council", "mentions": [[4, 10]]}]}]

LOAD = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("stance.models.predictor", sys.argv[1])
sys.modules["stance.models.predictor"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import mlflow
mlflow.set_tracking_uri(sys.argv[2])
model = mlflow.pyfunc.load_model("models:/actor-stance@champion")
print(model.predict(json.loads(sys.argv[3])).to_json(orient="records"))
"""


def log(client, network, name="a run"):
    with start_run(client, "main", name) as run:
        return run, log_network(run, network, example=EXAMPLE, digest="0" * 32, f_avg=0.61234)


@pytest.mark.usefixtures("small_predictor")
def test_the_first_version_is_the_champion_until_another_is_promoted(client, network, uri):
    assert champion(client) is None
    first_run, first = log(client, network)
    second_run, second = log(client, network)
    assert (first.version, first.is_champion, second.version, second.is_champion) == ("1", True, "2", False)
    found = champion(client)
    assert str(found.version) == "1"
    assert found.tags == {"stance.run_id": first_run.id, "digest": "0" * 32, "f_avg": "0.6123"}

    assert str(version_of_run(client, second_run.id).version) == "2"
    assert version_of_run(client, "nothing") is None


@pytest.mark.usefixtures("small_predictor")
def test_a_promoted_version_carries_the_evidence_and_the_former_champion_keeps_an_alias(client, network):
    for _ in range(3):
        log(client, network)
    assert promote(client, "2", {"promotion.difference": "+0.031"}) == "1"
    assert champion(client).tags["promotion.difference"] == "+0.031"
    assert str(client.get_model_version_by_alias("actor-stance", "former-champion").version) == "1"
    assert promote(client, "3", {}) == "2"
    aliases = client.get_registered_model("actor-stance").aliases
    assert {name: str(version) for name, version in aliases.items()} == {"champion": "3", "former-champion": "2"}
    with pytest.raises(TrackingError, match="Expected a registry in which version 9 of actor-stance can become"):
        promote(client, "9", {"promotion.difference": "+0.031"})
    assert str(champion(client).version) == "3"


def test_without_a_champion_nobody_is_the_former_one(client):
    client.create_registered_model("actor-stance")
    client.create_model_version("actor-stance", "nowhere")
    assert promote(client, "1", {}) is None
    assert {name: str(n) for name, n in client.get_registered_model("actor-stance").aliases.items()} == {
        "champion": "1"
    }


@pytest.mark.usefixtures("small_predictor")
def test_figures_of_the_release_part_are_kept_by_run_and_version(client, network):
    run, _ = log(client, network)
    assert released(champion(client)) == {}
    log_release(client, champion(client), {"f_avg": 0.5125, "n": 61})
    assert released(champion(client)) == {"f_avg": 0.5125, "n": 61.0}
    metrics = client.get_run(run.id).data.metrics
    assert (metrics["release/f_avg"], metrics["release/n"]) == (0.5125, 61.0)
    client.delete_model_version_tag("actor-stance", "1", "release.n")
    assert released(champion(client)) == {}, "what stopped before its end is no figure"


@pytest.mark.usefixtures("small_predictor")
def test_the_weights_are_stored_once_and_nothing_is_pickled(client, network, uri):
    run, logged = log(client, network)
    store = Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts"
    files = [path for path in store.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_000_000 + 50_000
    assert len([path for path in files if path.name == "model.safetensors"]) == 1
    assert not [path for path in files if path.suffix in (".pkl", ".pyc")]
    requirements = next(path for path in files if path.name == "requirements.txt").read_text().split()
    assert [line.split("==")[0] for line in requirements] == [
        *("mlflow", "msgspec", "numpy", "pandas", "pydantic", "safetensors", "tokenizers", "torch")
    ]
    model = client.get_logged_model(logged.model_id)
    assert (str(model.status), model.source_run_id) == ("READY", run.id)
    assert [output.model_id for output in client.get_run(run.id).outputs.model_outputs] == [logged.model_id]


@pytest.mark.usefixtures("small_predictor")
def test_a_fresh_process_loads_the_champion(client, network, uri):
    log(client, network)
    answer = subprocess.run(
        [sys.executable, "-c", LOAD, str(PREDICTOR), uri, json.dumps(EXAMPLE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == [{"document_id": "d1", "actor": "council", "stance": "against", "title": None}]


@pytest.mark.usefixtures("small_predictor")
def test_lists_of_dictionaries_and_tables_give_the_same(client, network):
    _, logged = log(client, network)
    model = mlflow.pyfunc.load_model(client.get_logged_model(logged.model_id).artifact_location)
    articles = [*EXAMPLE, {"document_id": "d2", "text": "نص", "title": "عنوان"}]
    expected = [("d1", "council", None), ("d2", "author", "عنوان")]
    table = pandas.DataFrame(articles)
    assert table["title"].isna().tolist() == [True, False]
    for given in (articles, table):
        answer = model.predict(given)
        found = zip(answer["document_id"], answer["actor"], answer["title"], strict=True)
        assert [(*row[:2], None if pandas.isna(row[2]) else row[2]) for row in found] == expected
    assert "document_id: string (required)" in str(model.metadata.signature.inputs)
    assert model.input_example == EXAMPLE


@pytest.mark.usefixtures("small_predictor")
def test_a_network_is_found_by_alias_version_model_run_and_folder(client, network):
    run, logged = log(client, network)
    uris = ("models:/actor-stance@champion", "models:/actor-stance/1", logged.uri, f"runs:/{run.id}")
    folders = {network_folder(client, uri) for uri in uris}
    assert len(folders) == 1
    assert sorted(path.name for path in folders.pop().iterdir()) == ["model.json", "model.safetensors"]
    assert network_folder(client, str(network)) == network
    for uri in ("nowhere", "models:/actor-stance@missing"):
        with pytest.raises(TrackingError, match="Expected a "):
            network_folder(client, uri)


@pytest.mark.usefixtures("small_predictor")
def test_a_network_that_cannot_be_loaded_is_not_registered(client, network):
    (network / "model.json").unlink()
    with (
        pytest.raises(TrackingError, match="Expected a network that predicts its example, found: "),
        start_run(client, "main", "broken") as run,
    ):
        log_network(run, network, example=EXAMPLE, digest="0" * 32, f_avg=0.5)
    assert champion(client) is None
    (model,) = client.search_logged_models([run.experiment_id])
    assert str(model.status) == "FAILED"


def test_articles_reach_the_predictor_whole(small_predictor):
    actor = small_predictor.ArticleActor
    given = [
        ArticleInput(document_id="1", text="t"),
        ArticleInput(document_id="2", text="t", title="T", published="2020", source="s", target="g", actors=[]),
        ArticleInput(document_id="3", text="t", actors=[ActorInput(actor="a"), {"actor": "b", "mentions": [[0, 1]]}]),
    ]
    assert to_articles(given) == [
        small_predictor.Article("1", "t"),
        small_predictor.Article("2", "t", "T", "2020", "s", "g", None, ()),
        small_predictor.Article("3", "t", actors=(actor("a"), actor("b", ((0, 1),)))),
    ]


def test_a_row_of_a_table_says_nothing_with_nan_and_lists_with_arrays():
    mentions = numpy.array([numpy.array([0, 1])])
    row = {"document_id": "1", "text": "t", "title": float("nan"), "target": pandas.NA, "source": pandas.NaT}
    read = ArticleInput(**row, actors=numpy.array([{"actor": "a", "mentions": mentions}]))
    assert (read.title, read.target, read.source) == (None, None, None)
    assert read.actors == [ActorInput(actor="a", mentions=[[0, 1]])]


def test_a_mention_needs_a_start_and_an_end():
    with pytest.raises(ValueError, match=r"expected mentions \[start, end\], found \[1\] for 'a'"):
        ActorInput(actor="a", mentions=[[1]])
