"""The pre-trained encoder in two parts: the frozen one, computed once per window, and the trained one above it."""

import copy
import json
import logging
from collections import OrderedDict
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, cast

import torch
from torch import Tensor, nn

from stance.data.cache import current, key_of, sources
from stance.data.pretrained import weights_digest
from stance.errors import ConfigurationError

CACHE_BYTES = 2 << 30
"""Frozen states kept in memory; the least recently used go first."""


# With dropout on its weights, attention on a processor leaves the fused kernel for one several times slower.
_ATTENTION: dict[str, Any] = {"attention_probs_dropout_prob": 0.0}


class FrozenLayers:
    """Embeddings and the lowest layers of an encoder, never trained, so a window's states are computed once.

    Each window is read alone and unpadded: its states then depend on its tokens only, not on the batch it is in,
    and a continued run sees the same ones. In a training they are shared with other trainings too, window by window,
    so that one that is interrupted leaves what it has computed.
    """

    def __init__(self, folder: Path, count: int):
        encoder = _read(folder)
        _keep_layers(encoder, slice(0, _checked(encoder, count)))
        self.encoder = encoder.eval().requires_grad_(False)
        self._rounded: nn.Module | None = None
        self._rounding = Lock()
        self.folder, self.count = folder, count
        self.states: OrderedDict[tuple[str, bytes], Tensor] = OrderedDict()
        self.room = CACHE_BYTES

    @torch.no_grad()
    def __call__(self, tokens: Tensor, attention: Tensor) -> Tensor:
        """States [W, T, H] of windows `tokens` [W, T], zeros where `attention` [W, T] is false."""
        arithmetic = _arithmetic(tokens.device)
        rows = [self._window(row, arithmetic) for row in _unpadded(tokens, attention)]
        states = nn.utils.rnn.pad_sequence(rows, batch_first=True).to(torch.float32)
        return nn.functional.pad(states, (0, 0, 0, tokens.shape[1] - states.shape[1]))

    @torch.no_grad()
    def unkept(self, tokens: Tensor, attention: Tensor) -> Tensor:
        """The same states but for rounding, read together, none of which is kept: for texts that are read once."""
        states = self._fitting(tokens.device)(input_ids=tokens, attention_mask=attention.long()).last_hidden_state
        return (states * attention.unsqueeze(-1)).to(torch.bfloat16).to(torch.float32)

    def _window(self, tokens: Tensor, arithmetic: str) -> Tensor:
        content = tokens.cpu().numpy().tobytes()
        found = self.states.pop((arithmetic, content), None)
        if found is None:
            found = self._shared(tokens, [self._origin, arithmetic, content])
            self.room -= found.nbytes
            while self.room < 0 and self.states:
                self.room += self.states.popitem(last=False)[1].nbytes
        self.states[arithmetic, content] = found
        return found.to(tokens.device)

    def _shared(self, tokens: Tensor, parts: list[Any]) -> Tensor:
        cache = current()
        if cache is None:
            return self._compute(tokens)

        def compute() -> dict[str, Any]:
            # numpy knows no bfloat16, so its bits are kept.
            return {"states": self._compute(tokens).cpu().view(torch.int16).numpy()}

        found = cache.arrays("frozen-states", key_of(parts), compute, in_memory=False)["states"]
        return torch.from_numpy(found.copy()).view(torch.bfloat16).to(tokens.device)

    def _compute(self, tokens: Tensor) -> Tensor:
        # Kept in bfloat16, half the room; float32 again for what is trained on top.
        return self._fitting(tokens.device)(input_ids=tokens.unsqueeze(0)).last_hidden_state[0].to(torch.bfloat16)

    def _fitting(self, device: torch.device) -> nn.Module:
        """The encoder; where it computes in bfloat16, with matrices rounded once, not in every call: the same bits."""
        if not torch.is_autocast_enabled(device.type) or torch.get_autocast_dtype(device.type) != torch.bfloat16:
            return self.encoder.to(device)
        with self._rounding:
            if self._rounded is None:
                embeddings = getattr(self.encoder, "embeddings", None)
                rounded = copy.deepcopy(self.encoder, {id(embeddings): embeddings})
                for module in rounded.modules():
                    if isinstance(module, nn.Linear):
                        module.to(torch.bfloat16)
                self._rounded = rounded
        return self._rounded.to(device)

    @cached_property
    def _origin(self) -> list[Any]:
        libraries = [version("torch"), version("transformers")]
        return [weights_digest(self.folder), self.count, sources(__name__), libraries]


def _unpadded(tokens: Tensor, attention: Tensor) -> list[Tensor]:
    return [row[:length] for row, length in zip(tokens, attention.sum(1).tolist(), strict=True)]


def _arithmetic(device: torch.device) -> str:
    """What the last bits of a state depend on beside weights and tokens: precision, hardware and threads."""
    precision = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else torch.float32
    if device.type == "cuda":
        where = f"{torch.cuda.get_device_name(device)} {torch.get_float32_matmul_precision()}"
    else:
        where = f"{torch.backends.cpu.get_cpu_capability()} {torch.get_num_threads()} threads"
    return f"{device.type} {where} {precision}"


class _Given(nn.Module):
    """Stands where the embeddings stood: the states are given."""

    def forward(self, inputs_embeds: Tensor, **unused: object) -> Tensor:
        return inputs_embeds


@lru_cache(maxsize=2)
def frozen_layers(folder: Path, count: int) -> FrozenLayers:
    """Embeddings and the lowest `count` layers of the encoder in `folder`, one instance a process."""
    return FrozenLayers(folder, count)


def trained_layers(folder: Path, count: int, layers: int | None = None) -> nn.Module:
    """The lowest `layers` layers of the encoder in `folder` (None: all) without its embeddings and the lowest `count`.

    It is called with `inputs_embeds`. Raises ConfigurationError for more layers than it has.
    """
    encoder = _read(folder)
    depth = len(_layers(encoder))
    if layers is not None and not 0 < layers <= depth:
        raise ConfigurationError(f"Expected encoder.layers from 1 to {depth}, or null for all, found {layers}.")
    _keep_layers(encoder, slice(0, layers))
    _keep_layers(encoder, slice(_checked(encoder, count), None))
    encoder.embeddings = _Given()
    attend(encoder, training=True)
    return encoder


def attend(encoder: nn.Module, *, training: bool) -> None:
    """Choose how `encoder` works its attention out, the same but for the last bits.

    On a processor and in windows of a few sentences, the fused kernel is four times as fast as one product after the
    other, and its way back three times as slow.
    """
    wanted = "eager" if training else "sdpa"
    if encoder.config._attn_implementation != wanted:  # type: ignore[union-attr]
        encoder.set_attn_implementation(wanted)  # type: ignore[operator]


def _checked(encoder: nn.Module, count: int) -> int:
    depth = len(_layers(encoder))
    if not 0 <= count < depth:
        raise ConfigurationError(f"Expected encoder.frozen_layers from 0 to {depth - 1}, found {count}.")
    return count


def _keep_layers(encoder: nn.Module, kept: slice) -> None:
    owner = _owner(encoder)
    owner.layer = _layers(encoder)[kept]


def _layers(encoder: nn.Module) -> nn.ModuleList:
    return cast(nn.ModuleList, _owner(encoder).layer)


def _owner(encoder: nn.Module) -> nn.Module:
    """The part that stacks the layers: `encoder.encoder` in BERT and its relatives."""
    owner = getattr(encoder, "encoder", None)
    if not isinstance(getattr(owner, "layer", None), nn.ModuleList) or not hasattr(encoder, "embeddings"):
        raise ConfigurationError(
            f"Expected an encoder built like BERT (embeddings, then encoder.layer), found {type(encoder).__name__}. "
            "BERT, RoBERTa, XLM-R, ELECTRA and their descendants are."
        )
    return cast(nn.Module, owner)


@lru_cache(maxsize=1)
def _original(folder: Path) -> nn.Module:
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    described = json.loads((folder / "config.json").read_text("utf-8"))
    if described.get("model_type") == "bert":
        # Asked for by name, the class spares a start the search through every architecture there is.
        from transformers.models.bert.modeling_bert import BertModel

        return BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True, **_ATTENTION)
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(folder, local_files_only=True, **_ATTENTION)
    # The pooler is not read, so training would never touch it.
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder


def _read(folder: Path) -> nn.Module:
    """The encoder in `folder` with weights of its own, its embeddings apart: those are large and never change."""
    original = _original(folder)
    return copy.deepcopy(original, {id(original.embeddings): original.embeddings})
