"""What is answered reading by reading is what the network says of all of them in one batch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stance.data.batches import collate
from stance.data.examples import build_dataset
from stance.data.windows import Reading
from stance.labels import MAIN
from stance.models.actor_network import ActorNetworkModel, NetworkPlan
from stance.models.answering import answers
from stance.models.encoder import frozen_layers
from stance.settings import DataSettings, EncoderSettings, NetworkSettings, TrainerSettings
from tests.doubles import TARGETS, documents, tiny_encoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ActorNetworkModel:
    """Untrained, of windows so small that an article has several, of unlike lengths."""
    texts = [document.text for document in documents()] + [TARGETS.describe("t1", "ar")]
    folder = tiny_encoder(tmp_path_factory.mktemp("encoder"), texts)
    encoder = EncoderSettings(name=str(folder), prefix="", frozen_layers=1)
    plan = NetworkPlan(
        NetworkSettings(lexical=0.0), encoder, DataSettings(max_tokens=44, overlap=1), TrainerSettings(threads=1)
    )
    return ActorNetworkModel(plan, MAIN, TARGETS)


@pytest.fixture(scope="module")
def readings(model: ActorNetworkModel) -> list[Reading]:
    return model.reader.readings(build_dataset(documents(), MAIN))


def answered(model: ActorNetworkModel, readings: list[Reading], token_budget: int, precision: str = "32-true"):
    return answers(model.network, readings, padding=model.padding, token_budget=token_budget, precision=precision)


@torch.no_grad()
def in_one_batch(model: ActorNetworkModel, readings: list[Reading]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every window as wide as the longest, every actor held against the tokens of all articles."""
    outputs = model.network.eval()(collate(readings, model.padding))
    stance, channels, sentences = (
        part.softmax(-1).numpy() for part in (outputs.stance, outputs.channel, outputs.sentence)
    )
    return stance, channels, sentences


@pytest.mark.parametrize("token_budget", [64, 3000])
def test_answers_are_those_of_one_batch_in_the_order_of_the_readings(model, readings, token_budget):
    assert all(len(reading.windows) > 1 for reading in readings)
    assert len({len(window.tokens) for reading in readings for window in reading.windows}) == 3
    stance, channels, sentences = in_one_batch(model, readings)
    found = answered(model, readings, token_budget)
    np.testing.assert_allclose(found.stance, stance, atol=1e-5)
    np.testing.assert_allclose(found.channels, channels, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([row for one in found.sentences for row in one]), sentences, atol=1e-5)
    asked = [[len(labels) for labels in reading.sentence_labels] for reading in readings]
    assert [[len(rows) for rows in one] for one in found.sentences] == asked


def test_many_readings_are_answered_pool_by_pool(model, readings, monkeypatch):
    whole = answered(model, readings, 256)
    monkeypatch.setattr("stance.models.answering._POOL_TOKENS", 100)
    pooled = answered(model, readings, 256)
    np.testing.assert_allclose(pooled.stance, whole.stance, atol=1e-5)
    assert len(pooled.sentences) == len(whole.sentences)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_what_is_read_once_is_read_as_in_training_but_for_rounding(model, readings, precision, monkeypatch):
    kept = answered(model, readings, 256, precision)
    monkeypatch.setattr(
        model.network, "frozen", frozen_layers(Path(model.plan.encoder.name), model.plan.encoder.frozen_layers).unkept
    )
    np.testing.assert_allclose(answered(model, readings, 256, precision).stance, kept.stance, atol=0.02)
