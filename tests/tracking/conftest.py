"""A store migrated once a session and copied for each test: migrations take seconds, copies none."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from stance.tracking.store import connect

PREDICTOR = Path(__file__).with_name("small_predictor.py")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    connect(f"sqlite:///{path}")
    return path


@pytest.fixture
def uri(template, tmp_path):
    folder = tmp_path / "متجر store"
    folder.mkdir()
    shutil.copyfile(template, folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"


@pytest.fixture
def client(uri):
    return connect(uri)


@pytest.fixture
def small_predictor(monkeypatch):
    """A predictor without a network, in the place of the real one."""
    spec = importlib.util.spec_from_file_location("stance.models.predictor", PREDICTOR)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "stance.models.predictor", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def network(tmp_path):
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(bytes(1_000_000))
    (folder / "model.json").write_text('{"stance": "against"}')
    return folder
