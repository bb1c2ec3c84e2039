"""The trained part of a network as a file: bfloat16 safetensors, never pickled, never the frozen part again.

Beside it lies a description in JSON: what the network is, and how to read text as in its training.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stance.errors import DataError

WEIGHTS = "network.safetensors"
DESCRIPTION = "network.json"


def trained(network: nn.Module) -> dict[str, Tensor]:
    """Every parameter of `network` by name; what is frozen is no submodule and so not among them."""
    return {name: parameter.data for name, parameter in network.named_parameters()}


def round_to_stored(network: nn.Module) -> None:
    """Round the weights to bfloat16, 8 bits each, in place: what is measured is what is stored."""
    for value in trained(network).values():
        value.copy_(value.to(torch.bfloat16))


def write_weights(path: Path, network: nn.Module, beside: dict[str, Tensor] | None = None) -> None:
    """Write the weights of `network` in bfloat16, and the tensors `beside` as they are."""
    from safetensors.torch import save_file

    weights = {name: value.to(torch.bfloat16).contiguous() for name, value in trained(network).items()}
    save_file({**weights, **(beside or {})}, path)


def read_description(path: Path, wanted: str) -> dict[str, Any]:
    """What is described in the file `path`; raises DataError where there is none, saying what was `wanted`."""
    try:
        described: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path.parent}: expected {wanted}: {error}") from None
    return described


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file; raises DataError where there is none."""
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: expected stored weights, found none: {error}") from None


def restore(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put `weights` into `network`; raises DataError where they are another network's."""
    expected = trained(network)
    if set(expected) != set(weights):
        unlike = sorted(set(expected) ^ set(weights))
        raise DataError(f"Expected the weights of this encoder and network, found others: {', '.join(unlike[:5])}.")
    for name, value in weights.items():
        expected[name].copy_(value)
