"""A store migrated once a session and copied for each test, which the commands find through the environment; data."""

import shutil
from pathlib import Path

import pytest

from stance.tracking.store import connect
from tests.doubles import data_overrides, encoder_overrides


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    connect(f"sqlite:///{path}")
    return path


@pytest.fixture
def client(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "store" / "mlflow.db"
    path.parent.mkdir()
    shutil.copyfile(migrated, path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    return connect(f"sqlite:///{path}")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Overrides that put the invented data set and the tiny encoder in place of the real ones."""
    folder = tmp_path_factory.mktemp("world")
    return [*data_overrides(folder), *encoder_overrides(folder), "trainer.progress=false", "resamples=50"]
