"""Every model answers alike, to the last bit, without a cache, with an empty one and with what others left there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stance.data.cache import sharing
from stance.data.examples import Dataset
from stance.models.catalogue import Workshop, build, default_settings
from stance.models.contract import Prediction
from stance.models.encoder import frozen_layers
from stance.settings import MODEL_SETTINGS
from tests.doubles import as_another_process_finds_it


def answers(name: str, workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset]) -> Prediction:
    """Of a model trained as in a fresh process."""
    frozen_layers.cache_clear()
    train, validation, test = parts
    model = build(default_settings(name), replace(workshop, trainer=replace(workshop.trainer, max_epochs=1)))
    model.fit(train, validation)
    return model.predict(test)


def entries(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*.safetensors"))


@pytest.mark.parametrize("name", sorted(MODEL_SETTINGS))
def test_a_cache_changes_no_bit(
    name: str, workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], tmp_path: Path
) -> None:
    alone = answers(name, workshop, parts)
    with sharing(tmp_path / "cache"):
        cold = answers(name, workshop, parts)
    left = entries(tmp_path / "cache")
    copied = as_another_process_finds_it(tmp_path / "cache") if left else tmp_path / "cache"
    with sharing(copied):
        warm = answers(name, workshop, parts)
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
