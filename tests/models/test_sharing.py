"""Every model answers alike, to the last bit, without a cache, with an empty one and with what others left there."""

from pathlib import Path

import numpy as np
import pytest

from stance.data.cache import sharing
from stance.data.examples import Dataset
from stance.labels import MAIN
from stance.models.catalogue import Workshop, build, default_settings
from stance.models.contract import Prediction
from stance.models.encoder import frozen_layers
from stance.settings import MODEL_SETTINGS, DataSettings, EncoderSettings, TrainerSettings
from tests.doubles import TARGETS, as_another_process_finds_it


def answers(name: str, encoder: str, dataset: Dataset) -> Prediction:
    """Of a model trained as in a fresh process."""
    frozen_layers.cache_clear()
    workshop = Workshop(
        encoder=EncoderSettings(name=encoder, prefix="", frozen_layers=1),
        data=DataSettings(export="", max_tokens=96),
        trainer=TrainerSettings(max_epochs=1, token_budget=512, learning_rate=1e-3, progress=False, threads=1),
        labels=MAIN,
        targets=TARGETS,
        seed=3,
    )
    ids = [example.id for example in dataset.examples]
    model = build(default_settings(name), workshop)
    model.fit(dataset.take(ids[:40]), dataset.take(ids[40:54]))
    return model.predict(dataset.take(ids[54:]))


def entries(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*.safetensors"))


@pytest.mark.parametrize("name", sorted(MODEL_SETTINGS))
def test_a_cache_changes_no_bit(name: str, encoder: str, dataset: Dataset, tmp_path: Path) -> None:
    alone = answers(name, encoder, dataset)
    with sharing(tmp_path / "cache"):
        cold = answers(name, encoder, dataset)
    left = entries(tmp_path / "cache")
    copied = as_another_process_finds_it(tmp_path / "cache") if left else tmp_path / "cache"
    with sharing(copied):
        warm = answers(name, encoder, dataset)
    for found in (cold, warm):
        np.testing.assert_array_equal(found.probabilities, alone.probabilities)
        np.testing.assert_array_equal(found.channels, alone.channels)
        assert found.evidence == alone.evidence
    # The second training found all that it asked for.
    assert entries(copied) == left
    assert {path.parts[0] for path in left} == {
        "actor_network": {"frozen-states", "windows", "hashed-counts"},
        "tfidf_logreg": {"tfidf-training", "tfidf"},
    }.get(name, set())
