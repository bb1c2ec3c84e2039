"""Where training begins: at the pre-trained encoder, or at a network that learned from other data."""

import json
from pathlib import Path

from torch import nn

from stance.errors import ConfigurationError, DataError
from stance.labels import LabelSet
from stance.models.weights import read_weights, trained
from stance.settings import EncoderSettings

HEADS = ("stance.", "channel.", "sentence.")
"""What answers in classes: of use to the same label set only."""


def begin_from(network: nn.Module, folder: Path, weights: str, encoder: EncoderSettings, labels: LabelSet) -> list[str]:
    """Give `network` what the stored one in `folder` has learned, and return the names of what it took over.

    Encoder, actor vectors, links and evidence come along; the heads where its label set is `labels`; never what it
    remembers of its actors, nor its lexical expert. `weights` is the name of the weights file. This is sequential
    transfer, as with STILTs (https://arxiv.org/abs/1811.01088). Raises DataError where no network is stored, and
    ConfigurationError where its encoder is another, or other layers of it were frozen.
    """
    description = folder / "network.json"
    try:
        described = json.loads(description.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{folder}: expected a stored network to begin from: {error}") from None
    for name in ("name", "frozen_layers"):
        if described["encoder"][name] != getattr(encoder, name):
            raise ConfigurationError(
                f"Expected encoder.{name}={described['encoder'][name]}, as the network has that training begins from, "
                f"found {getattr(encoder, name)!r}."
            )
    left = ("memory.", *(() if described["label_set"] == labels.id else HEADS))
    own = trained(network)
    taken = {
        name: value
        for name, value in read_weights(folder / weights).items()
        if name in own and not name.startswith(left) and own[name].shape == value.shape
    }
    for name, value in taken.items():
        own[name].copy_(value)
    return sorted(taken)
