"""A small network of the invented world behind an MLflow store, with what its run held out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stance.data.examples import Dataset, build_dataset
from stance.data.splits import Fold, Manifest
from stance.evaluation.scored import Scored
from stance.evaluation.scored_file import write_scored
from stance.labels import MAIN
from stance.models.catalogue import Workshop, build, default_settings
from stance.models.predictor import add_registries
from stance.settings import DataSettings, EncoderSettings, TrainerSettings
from stance.tracking.registry import log_network
from stance.tracking.starting import start_run
from stance.tracking.store import connect
from tests.doubles import TARGETS, documents, tiny_encoder, write_registries

ARTICLE = {"document_id": "1", "text": "الحكومة ترفض بقاء القوات في اليوم الأول.", "target": "t1"}
COUNT = 24


@dataclass(frozen=True)
class Trained:
    """`folder` holds actors.yaml, targets.yaml and the network; the champion of the store at `uri` is that network."""

    uri: str
    folder: Path
    run_id: str
    dataset: Dataset

    @property
    def sources(self) -> list[str]:
        return ["--actors", str(self.folder / "actors.yaml"), "--targets", str(self.folder / "targets.yaml")]


def train(folder: Path) -> Trained:
    """Trained for a moment; its run held every example out, and was sure of each label."""
    actors, targets = write_registries(folder)
    texts = [document.text for document in documents(COUNT)] + [TARGETS.describe("t1", "ar")]
    dataset = build_dataset(documents(COUNT), MAIN)
    workshop = Workshop(
        encoder=EncoderSettings(name=str(tiny_encoder(folder / "encoder", texts)), prefix="", frozen_layers=1),
        data=DataSettings(export="", max_tokens=96),
        trainer=TrainerSettings(max_epochs=1, token_budget=512, learning_rate=1e-3, progress=False, threads=1),
        labels=MAIN,
        targets=TARGETS,
        seed=0,
    )
    model = build(default_settings("actor_network"), workshop)
    ids = [example.id for example in dataset.examples]
    model.fit(dataset.take(ids[:50]), dataset.take(ids[50:]))
    model.save(folder / "network")  # type: ignore[attr-defined]
    add_registries(folder / "network", targets=targets, actors=str(actors))
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = connect(uri)
    with start_run(client, "main", "small") as run:
        log_network(run, folder / "network", example=[ARTICLE], digest=dataset.digest, f_avg=0.5)
        write_scored(scored(dataset), folder / "scored.parquet")
        run.log_file(folder / "scored.parquet")
        Manifest("cv", 0, dataset.digest, MAIN.id, (Fold(tuple(ids), (), ()),)).write(folder / "split.json")
        run.log_file(folder / "split.json")
    return Trained(uri, folder, run.id, dataset)


def scored(dataset: Dataset) -> Scored:
    rows = np.full((len(dataset), 4), 0.02) + np.eye(4)[dataset.gold()] * 0.92
    examples = dataset.examples
    return Scored(
        model="actor_network",
        label_set=MAIN,
        ids=tuple(example.id for example in examples),
        documents=tuple(example.document_id for example in examples),
        actors=tuple(example.actor for example in examples),
        targets=tuple(example.target for example in examples),
        clusters=tuple(example.document_id for example in examples),
        gold=dataset.gold(),
        probabilities=rows,
        channel_gold=dataset.channel_gold(),
    )
