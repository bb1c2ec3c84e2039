"""Frozen states: computed once, the same bits whoever asks, and never those of other weights or another precision."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stance.data.cache import sharing
from stance.models import encoder as encoder_module
from stance.models.encoder import FrozenLayers, frozen_layers
from tests.doubles import as_another_process_finds_it, tiny_encoder

TOKENS = torch.tensor([[4, 5, 6, 7, 8, 9], [4, 5, 6, 1, 1, 1], [9, 8, 7, 6, 5, 1], [4, 5, 6, 7, 8, 9]])
ATTENTION = TOKENS != 1
"""Three different windows; the first stands there twice."""


class Counting(FrozenLayers):
    """Counts what it computes."""

    computed = 0

    def _compute(self, tokens: Tensor) -> Tensor:
        self.computed += 1
        return super()._compute(tokens)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("frozen-states/*/*.safetensors"))


def test_states_are_the_same_bits_uncached_cold_and_warm(encoder: str, tmp_path: Path) -> None:
    alone = FrozenLayers(Path(encoder), 1)(TOKENS, ATTENTION)
    with sharing(tmp_path / "cache"):
        first = Counting(Path(encoder), 1)
        cold = first(TOKENS, ATTENTION)
    with sharing(as_another_process_finds_it(tmp_path / "cache")):
        second = Counting(Path(encoder), 1)
        warm = second(TOKENS, ATTENTION)
    assert torch.equal(alone, cold)
    assert torch.equal(alone, warm)
    assert (first.computed, second.computed, len(entries(tmp_path / "cache"))) == (3, 0, 3)
    assert (warm.dtype, warm.shape) == (torch.float32, (4, 6, 32))


def test_a_training_that_was_interrupted_leaves_what_it_had(encoder: str, tmp_path: Path) -> None:
    with sharing(tmp_path / "cache"):
        FrozenLayers(Path(encoder), 1)(TOKENS[:1], ATTENTION[:1])
    with sharing(as_another_process_finds_it(tmp_path / "cache")):
        layers = Counting(Path(encoder), 1)
        layers(TOKENS, ATTENTION)
    assert layers.computed == 2


def test_padding_is_no_part_of_a_window(encoder: str, tmp_path: Path) -> None:
    with sharing(tmp_path):
        layers = Counting(Path(encoder), 1)
        wide = layers(TOKENS, ATTENTION)
        narrow = layers(TOKENS[1:2, :3], ATTENTION[1:2, :3])
    assert layers.computed == 3
    assert torch.equal(wide[1, :3], narrow[0])


def test_other_weights_and_other_layers_have_states_of_their_own(encoder: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(encoder, tmp_path / "encoder"))
    with sharing(tmp_path / "cache"):
        first = FrozenLayers(folder, 1)(TOKENS, ATTENTION)
        none = FrozenLayers(folder, 0)(TOKENS, ATTENTION)
        moved = Counting(Path(shutil.copytree(folder, tmp_path / "moved")), 1)
        assert torch.equal(moved(TOKENS, ATTENTION), first)
        assert moved.computed == 0
        # Trained further and stored in its old place, under its old name.
        weights = load_file(folder / "model.safetensors")
        name = next(name for name in weights if name.endswith("layer.0.output.dense.weight"))
        weights[name] *= -1
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        encoder_module._original.cache_clear()
        trained = FrozenLayers(folder, 1)(TOKENS, ATTENTION)
    assert not torch.equal(first, none)
    assert not torch.equal(first, trained)


@pytest.mark.parametrize("shared", [False, True])
def test_states_of_one_precision_are_never_given_for_another(encoder: str, tmp_path: Path, shared: bool) -> None:
    alone = FrozenLayers(Path(encoder), 1)(TOKENS, ATTENTION)

    def both() -> tuple[Tensor, Tensor]:
        layers = FrozenLayers(Path(encoder), 1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            low = layers(TOKENS, ATTENTION)
        return low, layers(TOKENS, ATTENTION)

    if shared:
        with sharing(tmp_path):
            low, full = both()
    else:
        low, full = both()
    assert torch.equal(full, alone)
    assert not torch.equal(low, full)


def test_memory_alone_holds_what_fits_and_computes_the_rest_again(encoder: str) -> None:
    layers = Counting(Path(encoder), 1)
    one = 6 * 32 * 2  # the longest window in bfloat16
    layers.room = 2 * one
    expected = FrozenLayers(Path(encoder), 1)(TOKENS, ATTENTION)
    for _ in range(2):
        assert torch.equal(layers(TOKENS, ATTENTION), expected)
    assert layers.computed > 3
    assert sum(state.nbytes for state in layers.states.values()) <= 2 * one


def test_one_instance_a_process_and_encoder(tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "encoder", ["بقيت القوات"])
    assert frozen_layers(folder, 1) is frozen_layers(folder, 1)


def test_what_is_not_kept_is_the_same(encoder: str) -> None:
    layers = Counting(Path(encoder), 1)
    assert torch.equal(layers.unkept(TOKENS, ATTENTION), layers(TOKENS, ATTENTION))
    # What is not kept is read in one go; what is kept window by window, the one that stands there twice only once.
    assert (layers.computed, len(layers.states)) == (3, 3)


def test_matrices_rounded_once_give_the_bits_of_rounding_in_every_call(encoder: str) -> None:
    layers = FrozenLayers(Path(encoder), 1)
    row = TOKENS[:1]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        expected = layers.encoder(input_ids=row).last_hidden_state[0].to(torch.bfloat16).float()
        found = layers.unkept(row, ATTENTION[:1])[0]
    assert torch.equal(found, expected)
    in_full = layers.unkept(row, ATTENTION[:1])[0]
    assert not torch.equal(in_full, found)
    assert layers.encoder.encoder.layer[0].output.dense.weight.dtype == torch.float32
