"""The champion behind `mlflow models serve`: a server of its own, asked over HTTP as anybody would ask it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest
import requests

from stance.data.examples import build_dataset
from stance.labels import MAIN
from stance.models.catalogue import Workshop, build, default_settings
from stance.models.predictor import add_registries
from stance.settings import DataSettings, EncoderSettings, TrainerSettings
from stance.tracking.registry import log_network
from stance.tracking.starting import start_run
from stance.tracking.store import connect
from tests.doubles import TARGETS, documents, tiny_encoder, write_registries

pytestmark = pytest.mark.server

# Mentions given, actors without mentions, no actors at all: the three ways to ask.
ARTICLES = [
    {
        "document_id": "1",
        "title": "عنوان",
        "published": "2033-01-02",
        "text": "الحكومة ترفض بقاء القوات في اليوم الأول.\nالحزب تؤيد بقاء القوات من الأسبوع.",
        "target": "t1",
        "actors": [{"actor": "gov", "mentions": [[0, 7]]}, {"actor": "party", "mentions": [[41, 46]]}],
    },
    {"document_id": "2", "text": "الجيش تدرس أمر القوات بعد اجتماع طويل.", "actors": [{"actor": "army"}]},
    {"document_id": "3", "text": "النقابة ترفض بقاء القوات قرب السوق القديم."},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store whose champion is a small network, trained on the invented data set for a moment."""
    folder = tmp_path_factory.mktemp("serving")
    actors, targets = write_registries(folder)
    texts = [document.text for document in documents(24)] + [TARGETS.describe("t1", "ar")]
    dataset = build_dataset(documents(24), MAIN)
    workshop = Workshop(
        encoder=EncoderSettings(name=str(tiny_encoder(folder / "encoder", texts)), prefix="", frozen_layers=1),
        data=DataSettings(export="", max_tokens=96),
        trainer=TrainerSettings(max_epochs=2, token_budget=512, learning_rate=1e-3, progress=False, threads=1),
        labels=MAIN,
        targets=TARGETS,
        seed=0,
    )
    model = build(default_settings("actor_network"), workshop)
    ids = [example.id for example in dataset.examples]
    model.fit(dataset.take(ids[:50]), dataset.take(ids[50:]))
    model.save(folder / "network")
    add_registries(folder / "network", targets=targets, actors=str(actors))
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    with start_run(connect(uri), "main", "small") as run:
        log_network(run, folder / "network", example=ARTICLES[:1], digest=dataset.digest, f_avg=0.5)
    return uri


@pytest.fixture(scope="module")
def address(store, tmp_path_factory):
    """Where the champion is served, by the command that the README shows."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/actor-stance@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    log = tmp_path_factory.mktemp("server") / "log"
    # MLflow starts its server by the name that it has on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": store, "OMP_NUM_THREADS": "1"}
    with log.open("w") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


def _wait(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(900):
        assert server.poll() is None, log.read_text()
        try:
            if requests.get(f"{address}/ping", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def expected(store):
    """The rows of the same model in this process."""
    client = connect(store)
    version = client.get_model_version_by_alias("actor-stance", "champion")
    model = mlflow.pyfunc.load_model(client.get_model_version_download_uri("actor-stance", version.version))
    return model.predict(ARTICLES).to_dict("records")


def same(found, rows):
    """Equal but for the last bits of probabilities, which another number of threads may add up otherwise."""
    if isinstance(rows, float):
        return found == pytest.approx(rows, abs=1e-6)
    if isinstance(rows, dict):
        return found.keys() == rows.keys() and all(same(found[key], rows[key]) for key in rows)
    if isinstance(rows, list):
        return len(found) == len(rows) and all(map(same, found, rows))
    return found == rows


def test_the_served_champion_answers_as_the_model_does_in_process(address, expected):
    answer = requests.post(address, json={"inputs": ARTICLES}, timeout=120)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["predictions"]
    assert [(row["document_id"], row["actor"]) for row in rows] == [
        *(("1", "gov"), ("1", "party"), ("2", "army"), ("3", "union"))
    ]
    assert same(rows, expected), (rows, expected)
    assert "NaN" not in answer.text, "no JSON has it"
    assert all(sum(row[f"p_{name}"] for name in MAIN.classes) == pytest.approx(1, abs=1e-4) for row in rows)
    assert rows[2]["mentions"] == [[0, 5]], "found by the name in the registry"


@pytest.mark.parametrize(
    ("articles", "said"),
    [
        ([{"text": "x"}], "document_id"),
        (
            [{"document_id": "1", "text": "x", "actors": [{"actor": "gov", "mentions": [[1]]}]}],
            r"mentions [start, end]",
        ),
        ([{"document_id": "1", "text": "x"}] * 2, "distinct document ids"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(articles, said, address):
    answer = requests.post(address, json={"inputs": articles}, timeout=120)
    assert 400 <= answer.status_code < 500
    assert said in answer.text
