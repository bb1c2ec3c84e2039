"""What every model does: fit on one part of a data set, give class probabilities for another."""

from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np

from stance.data.examples import Dataset
from stance.evaluation.scored import Scored
from stance.labels import Channel


class Evidence(msgspec.Struct, frozen=True):
    """A sentence that shows an actor's stance: code points in the document, and the probability that it does."""

    start: int
    end: int
    stance: str
    p: float


@dataclass(frozen=True)
class Prediction:
    """What a model says of N examples, in their order.

    `probabilities` [N, K] and `channels` [N, C, K] have rows that sum to 1, classes in the label set's order;
    `evidence` has a tuple per example, empty where a model gives none.
    """

    probabilities: np.ndarray
    channels: np.ndarray
    evidence: tuple[tuple[Evidence, ...], ...]

    def scored(self, model: str, dataset: Dataset, clusters: dict[str, str]) -> Scored:
        """Beside the gold of `dataset`; `clusters` maps document ids to near-duplicate clusters."""
        examples = dataset.examples
        return Scored(
            model=model,
            label_set=dataset.label_set,
            ids=tuple(example.id for example in examples),
            documents=tuple(example.document_id for example in examples),
            actors=tuple(example.actor for example in examples),
            targets=tuple(example.target for example in examples),
            clusters=tuple(clusters[example.document_id] for example in examples),
            gold=dataset.gold(),
            probabilities=self.probabilities,
            channel_gold=dataset.channel_gold(),
            channel_probabilities=self.channels,
        )


class StanceModel(Protocol):
    """A classifier of actor stances. The same seed, data and settings give the same predictions."""

    name: str

    def fit(self, train: Dataset, validation: Dataset) -> None:
        """Learn from `train`; `validation` chooses when to stop and calibrates, and is never learned from."""

    def predict(self, dataset: Dataset) -> Prediction:
        """Probabilities for every example of `dataset`, whose labels are not looked at."""


def no_evidence(count: int) -> tuple[tuple[Evidence, ...], ...]:
    """An empty tuple for each of `count` examples."""
    return ((),) * count


def nothing(classes: int) -> Prediction:
    """The prediction of no examples."""
    return Prediction(np.zeros((0, classes)), np.zeros((0, len(Channel), classes)), ())
