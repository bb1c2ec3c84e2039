"""Finds names of actors that no registry knows, from the spans that annotators marked."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from stance.annotation.records import Document
from stance.annotation.registry import TargetRegistry
from stance.data.batches import batch_readings
from stance.data.datamodule import ReadingsModule
from stance.data.pretrained import encoder_folder, load_tokenizer
from stance.data.spans import TaggedWindow, collate_tagged, spans_of, tagged_windows
from stance.data.windows import WindowReader
from stance.models.encoder import frozen_layers, trained_layers
from stance.models.tagger_module import TaggerModule, TagNetwork
from stance.models.training import Progress, autocast, fit
from stance.models.weights import read_description, read_weights, restore, round_to_stored, write_weights
from stance.settings import DataSettings, EncoderSettings, TaggerSettings, TrainerSettings

WEIGHTS = "tagger.safetensors"
DESCRIPTION = "tagger.json"
_MONITOR = "val/token_f1"
# Written as one with a name that has the article: and, so, with, as.
_CLITICS = "وفبك"


@dataclass(frozen=True)
class TaggerPlan:
    """All settings that shape the tagger and its training."""

    model: TaggerSettings
    encoder: EncoderSettings
    data: DataSettings
    trainer: TrainerSettings
    seed: int = 0


class ActorTagger:
    """Documents in, spans of actors out. `folder`, `report` and `epochs` are as in the actor network."""

    name = "actor_tagger"

    def __init__(
        self,
        plan: TaggerPlan,
        *,
        folder: Path | None = None,
        report: Callable[[int, dict[str, float]], None] | None = None,
        epochs: int | None = None,
    ):
        self.plan, self.folder, self.report, self.epochs = plan, folder, report, epochs
        self.trained_epochs = 0
        torch.manual_seed(plan.seed)
        source = encoder_folder(plan.encoder.name)
        tokenizer = load_tokenizer(source)
        encoder = trained_layers(source, plan.encoder.frozen_layers, plan.encoder.layers)
        self.padding = int(encoder.config.pad_token_id or 0)  # type: ignore[union-attr, arg-type]
        self.network = TagNetwork(frozen_layers(source, plan.encoder.frozen_layers), encoder, plan.model.dropout)
        self.reader = WindowReader(
            tokenizer,
            TargetRegistry(()),
            max_tokens=plan.data.max_tokens,
            overlap=plan.data.overlap,
            prefix=plan.encoder.prefix,
        )

    def fit(self, train: Sequence[Document], validation: Sequence[Document], hidden: Collection[str] = ()) -> None:
        """Train, with `trainer.patience` until validation stops it; spans of `hidden` actors are nothing at all."""
        trainer = self.plan.trainer
        data = ReadingsModule(
            tagged_windows(train, self.reader, hidden),
            tagged_windows(validation, self.reader),
            token_budget=trainer.token_budget,
            padding=self.padding,
            seed=self.plan.seed,
            limit_batches=1 if trainer.fast_dev_run else trainer.limit_batches,
            join=collate_tagged,
        )
        epochs = self.epochs or trainer.max_epochs
        steps = epochs * len(data.training_batches(0))
        module = TaggerModule(self.network, trainer, steps=steps, seed=self.plan.seed)
        progress = Progress(self.folder, self.report, validated=self.epochs is None, epochs=epochs, monitor=_MONITOR)
        self.trained_epochs = fit(module, data, trainer, progress)
        round_to_stored(self.network)

    def find(self, documents: Sequence[Document]) -> list[list[tuple[int, int]]]:
        """Spans (start, end) of actors in each document, in order, none overlapping another."""
        windows = tagged_windows(documents, self.reader)
        tags = self._tags(windows)
        found: dict[str, set[tuple[int, int]]] = {document.document_id: set() for document in documents}
        for tagged, row in zip(windows, tags, strict=True):
            found[tagged.document_id].update(spans_of(row, tagged.window.offsets))
        return [
            _apart(sorted({_whole_name(document.text, span) for span in found[document.document_id]}))
            for document in documents
        ]

    @torch.no_grad()
    def _tags(self, windows: Sequence[TaggedWindow]) -> list[np.ndarray]:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(device).eval()
        rows: dict[int, np.ndarray] = {}
        for numbers in batch_readings(windows, 4 * self.plan.trainer.token_budget, seed=None):
            batch = collate_tagged([windows[number] for number in numbers], self.padding).to(device)
            with autocast(self.plan.trainer.precision, device):
                chosen = self.network(batch).float().argmax(-1).cpu().numpy()
            rows |= {n: row[: windows[n].length] for n, row in zip(numbers, chosen, strict=True)}
        return [rows[number] for number in range(len(windows))]

    def save(self, folder: Path) -> None:
        """Store the trained weights and what is needed to read text as in training."""
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(folder / WEIGHTS, self.network)
        described = {
            "model": asdict(self.plan.model),
            "encoder": asdict(self.plan.encoder),
            "data": {"max_tokens": self.plan.data.max_tokens, "overlap": self.plan.data.overlap},
            "trainer": {"precision": self.plan.trainer.precision, "token_budget": self.plan.trainer.token_budget},
        }
        (folder / DESCRIPTION).write_text(json.dumps(described, ensure_ascii=False, indent=1), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "ActorTagger":
        """Read what `save` wrote; raises DataError where `folder` holds something else."""
        described = read_description(folder / DESCRIPTION, f"a stored tagger with {DESCRIPTION} and {WEIGHTS}")
        plan = TaggerPlan(
            model=TaggerSettings(**described["model"]),
            encoder=EncoderSettings(**described["encoder"]),
            data=DataSettings(**described["data"]),
            trainer=TrainerSettings(**described["trainer"]),
        )
        tagger = cls(plan)
        restore(tagger.network, read_weights(folder / WEIGHTS))
        return tagger


def _whole_name(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """`span` widened to whole words, without the particles written before an article and the marks around it."""
    start, end = span
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return (start + 1 if text[start] in _CLITICS and text[start + 1 : start + 3] == "ال" else start, end)


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans`, sorted, with those joined that overlap, as the windows' common sentences make them."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined
