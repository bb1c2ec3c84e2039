"""A tiny encoder and a small invented data set, made once for all model tests."""

import pytest

from stance.data.examples import Dataset, build_dataset
from stance.labels import MAIN
from tests.doubles import TARGETS, documents, tiny_encoder


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return build_dataset(documents(24), MAIN)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    texts = [document.text for document in documents(24)] + [TARGETS.describe("t1", "ar")]
    return str(tiny_encoder(tmp_path_factory.mktemp("encoder"), texts))
