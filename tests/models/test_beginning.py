"""What a network takes over from another, and what it refuses to begin from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stance.data.examples import Dataset
from stance.errors import ConfigurationError, DataError
from stance.labels import ISSUEPOSITIONS
from stance.models.actor_network import ActorNetworkModel
from stance.models.catalogue import Workshop, build
from stance.models.weights import trained
from stance.settings import NetworkSettings
from tests.doubles import TARGETS


def made(workshop: Workshop) -> ActorNetworkModel:
    model = build(NetworkSettings(), workshop)
    assert isinstance(model, ActorNetworkModel)
    return model


@pytest.fixture(scope="module")
def stored(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    model = made(workshop)
    train, validation, _ = parts
    model.fit(train, validation)
    folder = tmp_path_factory.mktemp("stored")
    model.save(folder)
    return folder


def test_all_that_was_learned_comes_along(workshop: Workshop, stored: Path) -> None:
    fresh, begun = made(workshop), made(replace(workshop, begins_at=stored))
    learned = trained(ActorNetworkModel.load(stored, TARGETS).network)
    taken = trained(begun.network)
    assert set(learned) == set(taken)
    for name, value in taken.items():
        # What is told by n-grams is learned anew at once.
        assert torch.equal(value, learned[name]) or name.startswith(("wording.", "channel_wording.")), name
    assert not torch.equal(taken["wording.table"], learned["wording.table"])
    assert any(not torch.equal(value, taken[name]) for name, value in trained(fresh.network).items())


def test_another_label_set_has_heads_of_its_own(workshop: Workshop, stored: Path) -> None:
    other = replace(workshop, labels=ISSUEPOSITIONS)
    fresh, begun = trained(made(other).network), trained(made(replace(other, begins_at=stored)).network)
    own = {name for name in begun if torch.equal(begun[name], fresh[name])}
    assert {"stance.weight", "channel.weight", "sentence.weight"} <= own
    assert not {"links.query.weight", "evidence.1.weight"} & own
    learned = trained(ActorNetworkModel.load(stored, TARGETS).network)
    assert torch.equal(begun["links.query.weight"], learned["links.query.weight"])


def test_other_frozen_layers_or_nothing_stored_are_refused(workshop: Workshop, stored: Path, tmp_path: Path) -> None:
    deeper = replace(workshop, begins_at=stored, encoder=replace(workshop.encoder, frozen_layers=0))
    with pytest.raises(ConfigurationError, match=r"^Expected encoder\.frozen_layers=1, .*, found 0\.$"):
        made(deeper)
    with pytest.raises(DataError, match="expected a stored network to begin from"):
        made(replace(workshop, begins_at=tmp_path))
