"""Continued pre-training of an encoder (https://arxiv.org/abs/2004.10964), from passages to an ordinary folder."""

import copy
import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from stance.annotation.registry import TargetRegistry
from stance.data.datamodule import ReadingsModule
from stance.data.hidden_words import Words, collate_passages, mask_token, words_of
from stance.data.pretrained import HUB_FILES, encoder_folder, load_tokenizer
from stance.data.unlabelled import Corpus
from stance.data.windows import SHORTEST, WindowReader
from stance.errors import ConfigurationError
from stance.evaluation.intervals import ratio_intervals
from stance.models.encoder import frozen_layers, trained_layers
from stance.models.masked_language import MaskedLanguageModule, MaskedLanguageNetwork
from stance.models.training import Progress, autocast, fit
from stance.models.weights import read_weights, restore, trained
from stance.settings import EncoderSettings, TrainerSettings

ROUND = 500
"""Steps after which the held-out part is scored and a checkpoint written, if the text does not end before."""

_CHECKPOINTS, _WEIGHTS = "checkpoints", "pretrained.safetensors"


@dataclass(frozen=True)
class PretrainingPlan:
    """All settings that shape a pre-training; `max_tokens` is the length of a window."""

    encoder: EncoderSettings
    trainer: TrainerSettings
    max_tokens: int
    seed: int = 0


@dataclass(frozen=True)
class HeldOut:
    """Cross-entropy in nats per hidden word of the held-out text, `words` of them.

    By how frequent words are, by the encoder as it was and as it is now, each with a head that learned as long.
    `change` is the 95 % interval of `after` minus `before`, by a bootstrap over clusters of near-duplicates; None where
    there is one cluster only.
    """

    frequencies: float
    before: float
    after: float
    words: int
    change: tuple[float, float] | None

    @property
    def perplexities(self) -> dict[str, float]:
        """The same as perplexities: among how many words, equally likely, a guess would be as hard."""
        return {name: math.exp(getattr(self, name)) for name in ("frequencies", "before", "after")}


class Pretraining:
    """Corpus in, encoder out. `folder` keeps what an unfinished pre-training needs to go on, `report` hears of rounds.

    Its arguments are the number of passes over the text so far, the round (from 0), and the metrics.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        *,
        folder: Path | None = None,
        report: Callable[[float, int, dict[str, float]], None] | None = None,
    ):
        self.plan, self.folder, self.report = plan, folder, report
        self.source = encoder_folder(plan.encoder.name)
        self.tokenizer = load_tokenizer(self.source)
        self.mask = mask_token(self.source, self.tokenizer)
        self.layers = self._upper_layers()
        self.frozen = frozen_layers(self.source, plan.encoder.frozen_layers)
        self._check()
        self.reader = WindowReader(
            self.tokenizer, TargetRegistry(()), max_tokens=plan.max_tokens, overlap=0, prefix=plan.encoder.prefix
        )

    def fit(self, corpus: Corpus) -> HeldOut:
        """Train on `corpus` and score its held-out part; what an earlier call for the same corpus left is used."""
        words = words_of(corpus, self.tokenizer)
        data, module = self._prepared(corpus, words)
        stored = None if self.folder is None else self.folder / _WEIGHTS
        if stored is not None and stored.exists():
            restore(module.network, read_weights(stored))
        else:
            self._train(module, data)
            if stored is not None:
                _write(stored, module.network)
        return self._score(module, data)

    def save(self, folder: Path) -> None:
        """Write the encoder, the layers that were used, as a transformers folder: weights, configuration, tokenizer."""
        whole = copy.deepcopy(self.frozen.encoder.cpu())
        whole.encoder.layer.extend(self.layers.cpu().encoder.layer)  # type: ignore[union-attr, operator]
        folder.mkdir(parents=True)
        weights = {name: value.contiguous() for name, value in whole.state_dict().items()}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        # It is the same architecture with other weights, and perhaps without the top layers.
        described = json.loads((self.source / "config.json").read_text("utf-8"))
        described["num_hidden_layers"] = len(whole.encoder.layer)  # type: ignore[union-attr, arg-type]
        (folder / "config.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
        # The library writes for its owner alone; a folder may be for others too.
        (folder / "model.safetensors").chmod((folder / "config.json").stat().st_mode)
        for name in HUB_FILES:
            if "*" not in name and not (folder / name).exists() and (self.source / name).exists():
                shutil.copyfile(self.source / name, folder / name)
        if not (folder / "tokenizer.json").exists():
            self.tokenizer.save(str(folder / "tokenizer.json"))

    def _upper_layers(self) -> nn.Module:
        """The layers above the frozen ones, as the encoder came."""
        encoder = self.plan.encoder
        return trained_layers(self.source, encoder.frozen_layers, encoder.layers)

    def _check(self) -> None:
        longest = int(getattr(self.layers.config, "max_position_embeddings", self.plan.max_tokens))
        if not SHORTEST <= self.plan.max_tokens <= longest:
            raise ConfigurationError(
                f"Expected max_tokens from {SHORTEST} to {longest}, which the encoder can read, found "
                f"{self.plan.max_tokens}."
            )
        monitor = self.plan.trainer.monitor
        if monitor != "val/loss":
            raise ConfigurationError(f"Expected trainer.monitor=val/loss, the held-out loss, found {monitor}.")

    def _prepared(self, corpus: Corpus, words: Words) -> tuple["Rounds", MaskedLanguageModule]:
        trainer, seed = self.plan.trainer, self.plan.seed
        torch.manual_seed(seed)
        network = MaskedLanguageNetwork(self.frozen, self.layers, self._upper_layers(), words=words)
        data = Rounds(
            corpus.train,
            corpus.held_out,
            token_budget=trainer.token_budget,
            padding=int(self.layers.config.pad_token_id or 0),  # type: ignore[union-attr, arg-type]
            seed=seed,
            limit_batches=1 if trainer.fast_dev_run else trainer.limit_batches,
            join=collate_passages,
        )
        steps = trainer.max_epochs * len(data.batches_of_pass(0))
        return data, MaskedLanguageModule(network, words, trainer, mask=self.mask, steps=steps, seed=seed)

    def _train(self, module: MaskedLanguageModule, data: "Rounds") -> None:
        trainer, rounds = self.plan.trainer, data.rounds

        def report(number: int, metrics: dict[str, float]) -> None:
            if self.report is not None:
                self.report((number + 1) / rounds, number, metrics)

        checkpoints = None if self.folder is None else self.folder / _CHECKPOINTS
        progress = Progress(checkpoints, report, validated=True, epochs=trainer.max_epochs * rounds)
        # Patience is told in passes over the text, and asked for after every round.
        patience = None if trainer.patience is None else trainer.patience * rounds
        fit(module, data, replace(trainer, patience=patience), progress)

    @torch.no_grad()
    def _score(self, module: MaskedLanguageModule, data: "Rounds") -> HeldOut:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        module.to(device).eval()
        rows: list[np.ndarray] = []
        clusters: list[str] = []
        for index, batch in enumerate(data.val_dataloader()):
            with autocast(self.plan.trainer.precision, device):
                rows.append(module.nats(batch.to(device), index).cpu().numpy())
            clusters += map(str, batch.clusters)
        return _held_out(np.concatenate(rows), clusters)


class Rounds(ReadingsModule):
    """Passes over the text in rounds of at most ROUND steps, each of which is an epoch to the trainer.

    So a pass that takes a day is not lost by a kill, nor is its course unknown before it ends.
    """

    @cached_property
    def rounds(self) -> int:
        """How many rounds make a pass."""
        return math.ceil(len(self.batches_of_pass(0)) / ROUND)

    def batches_of_pass(self, number: int) -> list[list[int]]:
        """Passage numbers of every batch of a pass over the text."""
        return super().training_batches(number)

    def training_batches(self, epoch: int) -> list[list[int]]:
        """Passage numbers of every batch of the round `epoch`, counted through all passes."""
        number, part = divmod(epoch, self.rounds)
        batches = self.batches_of_pass(number)
        first, last = (len(batches) * edge // self.rounds for edge in (part, part + 1))
        return batches[first:last]


def _held_out(nats: np.ndarray, clusters: Sequence[str]) -> HeldOut:
    """Means over the words of all passages, from their sums `nats` [N, 4] (see MaskedLanguageModule.nats)."""
    after, before, frequencies, words = nats.T
    total = words.sum()
    change = ratio_intervals(clusters, {"change": (after - before, words)})["change"]
    return HeldOut(
        frequencies=float(frequencies.sum() / total),
        before=float(before.sum() / total),
        after=float(after.sum() / total),
        words=round(total),
        change=(change.low, change.high) if change.known else None,
    )


def _write(path: Path, network: nn.Module) -> None:
    """Store the weights of `network` as they are, whole or not at all."""
    part = path.with_suffix(".part")
    save_file({name: value.contiguous().cpu() for name, value in trained(network).items()}, part)
    part.rename(path)
