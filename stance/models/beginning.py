"""Where training begins: at the pre-trained encoder, or at a network that learned from other data."""

from pathlib import Path

from torch import nn

from stance.errors import ConfigurationError
from stance.labels import LabelSet
from stance.models.weights import DESCRIPTION, WEIGHTS, read_description, read_weights, trained
from stance.settings import EncoderSettings

HEADS = ("stance.", "channel.", "sentence.", "statements.", "derivation.")
"""What answers in classes: of use to the same label set only."""
OWN = ("memory.", "wording.", "channel_wording.")
"""What is of one data set alone."""


def not_shared(one: str, other: str) -> tuple[str, ...]:
    """How the names begin of what networks of the label sets `one` and `other` do not have in common."""
    return OWN if one == other else (*OWN, *HEADS)


def begin_from(network: nn.Module, folder: Path, encoder: EncoderSettings, labels: LabelSet) -> None:
    """Give `network` what the stored one in `folder` has learned.

    Encoder, actor vectors, links and evidence come along; the heads where its label set is `labels`; never what it
    remembers of its actors, its wording, nor its lexical expert. This is sequential transfer, as with STILTs
    (https://arxiv.org/abs/1811.01088). Raises DataError where no network is stored, and ConfigurationError
    where its encoder is another, or other layers of it were frozen.
    """
    described = read_description(folder / DESCRIPTION, "a stored network to begin from")
    for name in ("name", "layers", "frozen_layers"):
        if described["encoder"].get(name) != getattr(encoder, name):
            raise ConfigurationError(
                f"Expected encoder.{name}={described['encoder'][name]}, as the network has that training begins from, "
                f"found {getattr(encoder, name)!r}."
            )
    left = not_shared(described["label_set"], labels.id)
    own = trained(network)
    for name, value in read_weights(folder / WEIGHTS).items():
        if name in own and not name.startswith(left) and own[name].shape == value.shape:
            own[name].copy_(value)
