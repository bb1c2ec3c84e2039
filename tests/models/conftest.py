"""A tiny encoder and a small invented data set, made once for all model tests."""

import pytest

from stance.data.examples import Dataset, build_dataset
from stance.labels import MAIN
from stance.models.catalogue import Workshop
from stance.settings import DataSettings, EncoderSettings, TrainerSettings
from tests.doubles import TARGETS, documents, tiny_encoder


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return build_dataset(documents(24), MAIN)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    texts = [document.text for document in documents(24)] + [TARGETS.describe("t1", "ar")]
    return str(tiny_encoder(tmp_path_factory.mktemp("encoder"), texts))


@pytest.fixture(scope="session")
def workshop(encoder: str) -> Workshop:
    return Workshop(
        encoder=EncoderSettings(name=encoder, prefix="", frozen_layers=1),
        data=DataSettings(export="", max_tokens=96),
        trainer=TrainerSettings(max_epochs=2, token_budget=512, learning_rate=1e-3, progress=False, threads=1),
        labels=MAIN,
        targets=TARGETS,
        seed=3,
    )


@pytest.fixture(scope="session")
def parts(dataset: Dataset) -> tuple[Dataset, Dataset, Dataset]:
    """What to train on, to validate on and to ask about."""
    ids = [example.id for example in dataset.examples]
    return dataset.take(ids[:40]), dataset.take(ids[40:54]), dataset.take(ids[54:])
