"""A real Label Studio for a session: its data folder is migrated once per machine, and copied."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.labelling.servers import LabelStudio, find_python, migrated_folder


@pytest.fixture(scope="session")
def label_studio_python() -> Path:
    """The interpreter of the environment that holds Label Studio and playwright."""
    return find_python()


@pytest.fixture(scope="session")
def label_studio(label_studio_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    """A running server with two users, each with a legacy token; for tests that leave it running."""
    folder = tmp_path_factory.mktemp("label-studio") / "data"
    shutil.copytree(migrated_folder(label_studio_python), folder)
    server = LabelStudio(label_studio_python, folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mortal_label_studio(label_studio_python: Path, tmp_path: Path) -> Iterator[LabelStudio]:
    """A server of the test's own, which it may stop, start and break."""
    folder = tmp_path / "label-studio"
    shutil.copytree(migrated_folder(label_studio_python), folder)
    server = LabelStudio(label_studio_python, folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def as_first_user(label_studio: LabelStudio, monkeypatch: pytest.MonkeyPatch) -> LabelStudio:
    """The server, its first user's token in the environment as a person would have it there."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.users[0].token)
    return label_studio


_numbers = itertools.count(1)


@pytest.fixture
def title(request: pytest.FixtureRequest) -> str:
    """A project title that no other test has."""
    return f"{request.node.name[:30]} {next(_numbers)}"
