"""The pre-trained encoder as a module, one code path for bundled, hub and local ones."""

import json
import logging
from pathlib import Path

from torch import nn

from stance.errors import ConfigurationError


def load_encoder(folder: Path, *, frozen_layers: int) -> nn.Module:
    """The encoder in `folder`, its word embeddings and lowest `frozen_layers` layers frozen.

    Raises ConfigurationError for more frozen layers than it has.
    """
    encoder = _read(folder)
    depth = int(encoder.config.num_hidden_layers)
    if not 0 <= frozen_layers <= depth:
        raise ConfigurationError(f"Expected encoder.frozen_layers from 0 to {depth}, found {frozen_layers}.")
    encoder.get_input_embeddings().weight.requires_grad_(False)
    # The pooler is not read, so training would never touch it.
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    for number, layer in enumerate(_layers(encoder, depth)):
        layer.requires_grad_(number >= frozen_layers)
    if frozen_layers:
        encoder.embeddings.requires_grad_(False)
    return encoder


def _read(folder: Path) -> nn.Module:
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    described = json.loads((folder / "config.json").read_text("utf-8"))
    if described.get("model_type") == "bert":
        # Asked for by name, the class spares a start the search through every architecture there is.
        from transformers.models.bert.modeling_bert import BertModel

        return BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, local_files_only=True)


def _layers(encoder: nn.Module, depth: int) -> nn.ModuleList:
    for module in encoder.modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth:
            return module
    raise ConfigurationError(f"Expected an encoder with {depth} stacked layers, found {type(encoder).__name__}.")
