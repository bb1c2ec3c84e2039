"""Networks beside the one that is stored, which learn from other data sets: one encoder, heads for each label set."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from stance.data.examples import Dataset
from stance.data.sources import Source
from stance.labels import LabelSet
from stance.models.beginning import not_shared
from stance.models.lightning_module import Lesson
from stance.models.losses import StanceLoss
from stance.models.network import ActorNetwork


@dataclass(frozen=True)
class Taught:
    """A source, and what of it one fit learns from."""

    source: Source
    dataset: Dataset


def learnable(sources: Iterable[Source], train: Dataset) -> list[Taught]:
    """What a fit on `train` may learn from `sources`."""
    documents = {example.document_id for example in train.examples}
    return [Taught(source, source.learnable(documents)) for source in sources]


def beside(first: Lesson, taught: Iterable[Taught], seed: int) -> list[Lesson]:
    """A lesson for each of `taught`, in networks that learn together with that of the lesson `first`.

    Their heads begin by `seed`, whatever was drawn before.
    This is multi-task learning with hard sharing of parameters, as in MT-DNN (https://aclanthology.org/P19-1441/).
    """
    networks: dict[str, ActorNetwork] = {}
    lessons = []
    for one in taught:
        labels = one.dataset.label_set
        if labels.id not in networks:
            torch.manual_seed(seed)
            networks[labels.id] = companion(first, labels)
        loss = StanceLoss(one.dataset, first.loss.settings)
        lessons.append(Lesson(one.source.name, networks[labels.id], loss))
    return lessons


def companion(first: Lesson, labels: LabelSet) -> ActorNetwork:
    """A network for `labels` that shares all it can with the one of `first`, but for what is of one data set alone.

    Encoder, links and evidence are the same modules, and so are the heads where the label set is the same. What a
    network remembers of actors and wordings it has not.
    """
    network = first.network
    dropout = first.loss.settings.dropout
    other = ActorNetwork(network.frozen, network.encoder, labels, pooling=network.pooling, dropout=dropout)
    apart = not_shared(first.loss.label_set.id, labels.id)
    there = {name for name, _ in other.named_children()}
    for name, module in network.named_children():
        if name in there and not f"{name}.".startswith(apart):
            setattr(other, name, module)
    return other
