"""The actor network behind the common contract: fit with Lightning, predict, store, load."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from stance.annotation.registry import ActorRegistry, TargetRegistry
from stance.data.examples import Dataset
from stance.data.mixing import MixedReadings, SourceReadings
from stance.data.naming import Names
from stance.data.pretrained import encoder_folder, load_tokenizer
from stance.data.renaming import renamed
from stance.data.sources import Source
from stance.data.windows import Reading, WindowReader
from stance.errors import ConfigurationError, DataError
from stance.evaluation.calibration import apply_temperature
from stance.labels import Channel, LabelSet, label_set
from stance.models.answering import Answers, answers
from stance.models.beginning import begin_from
from stance.models.calibrating import Calibration, best_share, held_out, pooled_temperature
from stance.models.companions import Taught, beside, learnable
from stance.models.contract import Prediction, nothing
from stance.models.deciding import decision_weights, weighted, weighted_by_others
from stance.models.encoder import frozen_layers, trained_layers
from stance.models.evidence import evidence
from stance.models.lexical import LexicalExpert, mix
from stance.models.lightning_module import Lesson, StanceModule
from stance.models.losses import StanceLoss
from stance.models.memory import ActorMemory, remembered
from stance.models.network import ActorNetwork
from stance.models.training import Progress, fit
from stance.models.weights import (
    DESCRIPTION,
    WEIGHTS,
    read_description,
    read_weights,
    restore,
    round_to_stored,
    write_weights,
)
from stance.models.wording import Wording
from stance.settings import DataSettings, EncoderSettings, NetworkSettings, TrainerSettings
from stance.text.sentences import sentences_over

# Inverse penalties. There are as many statements as copies of an article, which halves that of the sides.
LEXICAL_STRENGTH, SIDE_STRENGTH, CHANNEL_STRENGTH = 1.0, 1.5, 10.0
LEXICAL_SHARE, SHARE_BESIDE_WORDING = 0.5, 0.3


@dataclass(frozen=True)
class NetworkPlan:
    """All settings that shape the network and its training; `begins_at` is a stored network to begin from, `actors` the
    registry of whom its articles name (None: there is none), `sources` other data sets that it learns from.
    """

    model: NetworkSettings
    encoder: EncoderSettings
    data: DataSettings
    trainer: TrainerSettings
    seed: int = 0
    begins_at: Path | None = None
    actors: ActorRegistry | None = None
    sources: tuple[Source, ...] = ()


class ActorNetworkModel:
    """Windows in, calibrated probabilities and evidence out.

    `folder` keeps the checkpoints of an unfinished fit and is emptied when it ends; a fit finding a last checkpoint
    there continues from it. `report` is called with (epoch, metrics) after every epoch. `epochs`, where given, trains
    that many on everything, for a final fit that has no validation part.
    """

    name = "actor_network"

    def __init__(
        self,
        plan: NetworkPlan,
        labels: LabelSet,
        targets: TargetRegistry,
        *,
        folder: Path | None = None,
        report: Callable[[int, dict[str, float]], None] | None = None,
        epochs: int | None = None,
    ):
        self.plan, self.labels, self.targets = plan, labels, targets
        self.folder, self.report, self.epochs = folder, report, epochs
        self.calibration = Calibration()
        torch.manual_seed(plan.seed)
        source = encoder_folder(plan.encoder.name)
        self.tokenizer = load_tokenizer(source)
        encoder = trained_layers(source, plan.encoder.frozen_layers, plan.encoder.layers)
        self.padding = int(encoder.config.pad_token_id or 0)  # type: ignore[union-attr, arg-type]
        self.network = ActorNetwork(
            frozen_layers(source, plan.encoder.frozen_layers),
            encoder,
            labels,
            pooling=plan.model.pooling,
            dropout=plan.model.dropout,
            wording_weight=plan.model.wording,
        )
        if plan.model.wording and self.network.derivation is not None:
            piece = self.tokenizer.id_to_token
            self.network.wording = Wording(piece, len(labels.sides), strength=SIDE_STRENGTH)
            self.network.channel_wording = Wording(piece, len(Channel), strength=CHANNEL_STRENGTH)
        given, usual = plan.model.lexical, LEXICAL_SHARE if self.network.wording is None else SHARE_BESIDE_WORDING
        self.lexical = usual if given is None else given
        if not 0 <= self.lexical <= 1 or plan.model.wording < 0:
            raise ConfigurationError(
                "Expected model.lexical between 0 and 1 and model.wording of 0 or more, found "
                f"{self.lexical:g} and {plan.model.wording:g}."
            )
        self.expert = LexicalExpert(LEXICAL_STRENGTH, seed=plan.seed) if self.lexical else None
        if plan.begins_at is not None:
            begin_from(self.network, plan.begins_at, plan.encoder, labels)
        self.known: list[tuple[str, str]] = []
        self.reader = self._reader(plan.data, targets)

    def fit(self, train: Dataset, validation: Dataset) -> None:
        """Train, with `trainer.patience` until validation stops it; then fit the temperatures on `validation`."""
        trainer = self.plan.trainer
        self._remember(remembered((example.actor, example.target) for example in train.examples))
        learned, held_out = self._renamed(train, self.plan.actors), self.reader.readings(validation)
        self._read_wording(learned)
        taught = learnable(self.plan.sources, train)
        data = MixedReadings(
            self.reader.readings(learned),
            held_out,
            sources=[self._source_readings(one) for one in taught],
            token_budget=trainer.token_budget,
            padding=self.padding,
            seed=self.plan.seed,
            limit_batches=1 if trainer.fast_dev_run else trainer.limit_batches,
        )
        epochs = self.epochs or trainer.max_epochs
        first = Lesson(self.name, self.network, StanceLoss(train, self.plan.model))
        module = StanceModule(
            [first, *beside(first, taught, self.plan.seed)],
            trainer,
            steps=epochs * len(data.training_batches(0)),
            seed=self.plan.seed,
        )
        progress = Progress(self.folder, self.report, validated=self.epochs is None, epochs=epochs)
        trained = fit(module, data, trainer, progress)
        round_to_stored(self.network)
        if self.expert is not None:
            self.expert.fit(train)
        self.calibration = Calibration(epochs=trained)
        if len(validation):
            self._calibrate(validation, held_out, trained)

    def predict(self, dataset: Dataset) -> Prediction:
        """Calibrated probabilities, stance per channel, and the sentences that show a stance."""
        if not len(dataset):
            return nothing(len(self.labels.classes))
        readings = self.reader.readings(dataset)
        stance, channels, sentences = self._answers(readings)
        order = _order(readings, dataset)
        found = evidence(readings, sentences, self.labels)
        together = weighted(self._with_expert(stance[order], dataset), dataset.targets(), self.calibration.weights)
        rows = apply_temperature(together, self.calibration.temperature)
        return Prediction(rows, channels[order], tuple(found[number] for number in order))

    def _with_expert(self, stance: np.ndarray, dataset: Dataset) -> np.ndarray:
        """What the network says [N, K], calibrated, together with its expert."""
        rows = apply_temperature(stance, self.calibration.network)
        if self.expert is None:
            return rows
        fitted = self.calibration.lexical
        return mix(rows, self.expert.probabilities(dataset), self.lexical if fitted is None else fitted)

    def _calibrate(self, validation: Dataset, readings: Sequence[Reading], epochs: int) -> None:
        gold = validation.gold()
        stance = self._answers(readings).stance[_order(readings, validation)]
        network = pooled_temperature(stance, gold)
        share = None
        # Beside the words of statements, the expert has a share that was settled once.
        if self.expert is not None and self.plan.model.lexical is None and self.network.wording is None:
            share = best_share(apply_temperature(stance, network), self.expert.probabilities(validation), gold)
        self.calibration = Calibration(network=network, epochs=epochs, lexical=share)
        rows, about = self._with_expert(stance, validation), (validation.targets(), validation.label_set)
        unseen = None
        if self.plan.model.decision_weights:
            self.calibration = replace(self.calibration, weights=decision_weights(rows, gold, *about))
            unseen = weighted_by_others(rows, gold, *about)
        rows = weighted(rows, validation.targets(), self.calibration.weights)
        self.calibration = held_out(rows, gold, self.calibration, unseen=unseen)

    def save(self, folder: Path) -> None:
        """Store the trained weights in bfloat16 and what is needed to read text as in training."""
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(folder / WEIGHTS, self.network, None if self.expert is None else self.expert.weights)
        described = {
            "label_set": self.labels.id,
            "classes": self.labels.classes,
            "calibration": asdict(self.calibration),
            "known": self.known,
            "model": asdict(self.plan.model),
            "encoder": asdict(self.plan.encoder),
            "data": {name: getattr(self.plan.data, name) for name in ("max_tokens", "overlap", "nearest")},
            "trainer": {"precision": self.plan.trainer.precision, "token_budget": self.plan.trainer.token_budget},
        }
        (folder / DESCRIPTION).write_text(json.dumps(described, ensure_ascii=False, indent=1), "utf-8")

    @classmethod
    def load(cls, folder: Path, targets: TargetRegistry) -> "ActorNetworkModel":
        """Read what `save` wrote; raises DataError where `folder` holds something else."""
        described = read_description(folder / DESCRIPTION, f"a stored network with {DESCRIPTION} and {WEIGHTS}")
        if "wording" not in described["model"]:
            raise DataError(
                f"{folder}: expected a network of this version, found one of an earlier, which read otherwise. Train "
                "it again."
            )
        weights = read_weights(folder / WEIGHTS)
        plan = NetworkPlan(
            model=NetworkSettings(**described["model"]),
            encoder=EncoderSettings(**described["encoder"]),
            data=DataSettings(**described["data"]),
            trainer=TrainerSettings(**described["trainer"]),
        )
        model = cls(plan, label_set(described["label_set"]), targets)
        model.calibration = Calibration(**described["calibration"])
        model._remember([(actor, target) for actor, target in described["known"]])
        restore(model.network, weights if model.expert is None else model.expert.restore(weights))
        # What is only asked meets each text once.
        model.network.frozen = frozen_layers(encoder_folder(plan.encoder.name), plan.encoder.frozen_layers).unkept
        return model

    def _renamed(self, train: Dataset, registry: ActorRegistry | None) -> Dataset:
        """Copies of the articles of `train` with other names, where that is asked for and the actors are known."""
        copies = self.plan.model.renamed
        if not copies or registry is None:
            return train
        kinds = {actor.id: actor.kind for actor in registry.actors}
        return renamed(train, Names(registry), kinds, copies=copies, seed=self.plan.seed)

    def _read_wording(self, train: Dataset) -> None:
        """Learn the sides of marked statements from their words, their channels from the sentences around them."""
        if self.network.wording is None or self.network.channel_wording is None:
            return
        marked = [(train.documents[one.document_id].text, said) for one in train.examples for said in one.statements]
        words = [text[said.start : said.end] for text, said in marked]
        around = [sentences_over(text, said.start, said.end) for text, said in marked]
        sides = np.array([self.labels.sides.index(said.stance) for _, said in marked], dtype=np.int64)
        channels = np.array([list(Channel).index(said.channel) for _, said in marked], dtype=np.int64)
        self.network.wording.fit(self._pieces(words), sides)
        self.network.channel_wording.fit(self._pieces(around), channels)

    def _pieces(self, texts: list[str]) -> list[list[int]]:
        return [found.ids for found in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def _reader(self, data: DataSettings, targets: TargetRegistry) -> WindowReader:
        return WindowReader(
            self.tokenizer,
            targets,
            max_tokens=data.max_tokens,
            overlap=data.overlap,
            prefix=self.plan.encoder.prefix,
            nearest=data.nearest,
        )

    def _source_readings(self, taught: Taught) -> SourceReadings:
        source = taught.source
        reader = self._reader(source.settings.data, source.loaded.targets)
        return SourceReadings(
            reader.readings(self._renamed(taught.dataset, source.loaded.actors)), source.settings.share
        )

    def _remember(self, known: list[tuple[str, str]]) -> None:
        """Give the network a memory of these (actor, target) pairs, if it is to have one."""
        if self.plan.model.actor_memory and self.network.derivation is None:
            self.known = known
            self.network.memory = ActorMemory(known, self.network.hidden, self.plan.model.memory_dropout)

    def _answers(self, readings: Sequence[Reading]) -> Answers:
        trainer = self.plan.trainer
        return answers(
            self.network,
            readings,
            padding=self.padding,
            token_budget=4 * trainer.token_budget,
            precision=trainer.precision,
        )


def _order(readings: Sequence[Reading], dataset: Dataset) -> list[int]:
    """Where each example of `dataset` stands in the order of the readings' examples."""
    ids = [example.id for reading in readings for example in reading.examples]
    place = {name: number for number, name in enumerate(ids)}
    return [place[example.id] for example in dataset.examples]
