"""`stance label serve`: who may bind where, and every beginning that fails; and once, the service itself."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stance.__main__ import main
from stance.labelling.backlog import Backlog, Event
from tests.labelling.trained import Trained, train

ROOT = Path(__file__).parents[2]
SECRET = "STANCE_BACKEND_SECRET"
MODEL = ["label", "serve", "--model", "nowhere"]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv(SECRET, raising=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.invalid"])
def test_without_a_secret_only_this_machine_is_served(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*MODEL, "--host", host]) == 2
    assert capsys.readouterr().err == (
        f"stance: Expected {SECRET} in the environment, since other machines reach {host}, found none. Set it to 16 "
        "characters or more, the same as in Label Studio, or leave --host out.\n"
    )


def test_an_empty_secret_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(SECRET, "  ")
    assert main([*MODEL, "--host", "0.0.0.0"]) == 2
    assert "found none" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_a_short_secret_is_refused_and_not_shown(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SECRET, "fifteen-letters")
    assert main([*MODEL, "--host", host]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"stance: Expected a secret of at least 16 characters in {SECRET}, found 15. ")
    assert "fifteen" not in told


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([*MODEL, "--port", str(port)]) == 2
    assert capsys.readouterr().err == (
        f"stance: Expected a free port {port} on 127.0.0.1, found: Address already in use. Name another: "
        f"--port {port + 1}\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "-1", "web"])
def test_a_port_is_a_number_of_one(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*MODEL, "--port", port])
    assert f"expected a port from 1 to 65535, found {port}" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*MODEL, "--port", str(free_port())]) == 2
    assert capsys.readouterr().err == (
        "stance: Expected a folder, models:/NAME@alias or runs:/RUN as the model, found 'nowhere'.\n"
    )


def test_a_folder_without_a_network_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "serve", "--model", str(tmp_path), "--port", str(free_port())]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"stance: {tmp_path}/targets.yaml: ")
    assert "Traceback" not in told


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def trained(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    shutil.copyfile(migrated, folder / "mlflow.db")
    return train(folder)


@pytest.fixture
def served(trained: Trained, tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen]]:
    """Its address, what it says, and the process; it needs no Label Studio."""
    port, log = free_port(), tmp_path / "log"
    environment = {**os.environ, SECRET: "a secret of the tests", "MLFLOW_TRACKING_URI": trained.uri}
    Backlog().add(Event("3.1", "Valley", "ANNOTATION_CREATED", (5, 6)))
    flags = ["--model", "models:/actor-stance@champion", "--port", str(port), *trained.sources]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "stance", "label", "serve", *flags],
            cwd=ROOT,
            stdout=file,
            stderr=file,
            env=environment,
        )
    address = f"http://127.0.0.1:{port}"
    while process.poll() is None:
        try:
            httpx.get(f"{address}/health", timeout=1)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield address, log, process
    process.kill()
    process.wait()


@pytest.mark.label_studio
def test_a_champion_is_served_until_interrupted(served: tuple[str, Path, subprocess.Popen], trained: Trained) -> None:
    from stance.annotation.labelling_configuration import Screen
    from stance.annotation.registry import read_actors, read_targets
    from stance.labels import MAIN

    address, log, process = served
    screen = Screen(
        MAIN, read_actors(trained.folder / "actors.yaml"), read_targets(trained.folder / "targets.yaml"), "1.0"
    )
    secret = ("anybody", "a secret of the tests")
    assert httpx.get(f"{address}/health").status_code == 401
    health = httpx.get(f"{address}/health", auth=secret).json()
    assert (health["status"], health["model_version"]) == ("UP", "actor-stance/1")
    assert health["backlog"][0]["annotations"] == 2
    setup = {"schema": screen.configuration(), "access_token": "4f" * 20}
    assert httpx.post(f"{address}/setup", json=setup, auth=secret).json() == {"model_version": "actor-stance/1"}
    data = {"document_id": "1", "text": "الحكومة ترفض بقاء القوات في اليوم الأول.", "target": "t1"}
    asked = {"tasks": [{"id": 1, "data": data}], "label_config": screen.configuration()}
    (prediction,) = httpx.post(f"{address}/predict", json=asked, auth=secret, timeout=60).json()["results"]
    assert prediction["model_version"] == "actor-stance/1"
    assert {"start": 0, "end": 7, "text": "الحكومة", "labels": ["Actor"]} in [
        one["value"] for one in prediction["result"]
    ]
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (0, 130)
    told = log.read_text("utf-8")
    assert f"actor-stance/1 at {address}, until Ctrl-C." in told
    assert "2 annotations of 'Valley' wait: stance label pull --project 3" in told
    assert "1 tasks, 1 of them predicted anew" in told
    assert not [word for word in ("4f4f", "a secret of the tests", "Traceback") if word in told]
