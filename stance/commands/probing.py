"""A run's models asked about changed texts too, while they are there: a fold's model is gone after its fold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stance.annotation.registry import read_actors
from stance.commands.job import Job
from stance.data.examples import Dataset
from stance.data.naming import Names
from stance.data.probes import PROBES, perturbed
from stance.errors import ConfigurationError
from stance.evaluation.scored import Scored, average
from stance.models.contract import Prediction, StanceModel, no_evidence

SUFFIX = ".probes"


class _Answers(msgspec.Struct, frozen=True):
    """What one fold's model says of the examples `ids` of one probe: rows [N, K] and [N, C, K]."""

    probe: str
    ids: tuple[str, ...]
    probabilities: list[list[float]]
    channels: list[list[list[float]]]


class Probing:
    """The probes of a job (`probes` of its settings), and what its models say of them.

    `folder` holds the checkpoints of the job's own model: what a fold's model said is kept beside them, so that an
    interrupted run goes on.
    """

    def __init__(self, job: Job, folder: Path):
        self._job, self._folder = job, folder
        self._said: dict[str, list[list[_Answers]]] = {}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """By probe, all examples that it can be made of."""
        actors = self._job.composed.settings.data.actors
        names = Names(None if actors is None else read_actors(actors))
        return {name: perturbed(name, self._job.dataset, names) for name in self._job.composed.settings.probes}

    def around(self, model: StanceModel, checkpoints: Path | None) -> StanceModel:
        """`model`, which will be asked the probes of its test part before that part itself."""
        if not self.datasets:
            return model
        said: list[_Answers] = []
        self._said.setdefault(model.name, []).append(said)
        return _Asked(model, self.datasets, said, None if checkpoints is None else checkpoints.with_suffix(SUFFIX))

    def answers(self, model: str) -> dict[str, Scored]:
        """What `model` said, by probe, beside the gold of the changed texts.

        A probe that could be made of no tested example is left out.
        """
        folds = self._said.get(model, [])
        if model == self._job.composed.model.name:
            files = sorted(self._folder.glob(f"*{SUFFIX}"))
            folds = [msgspec.json.decode(path.read_bytes(), type=list[_Answers]) for path in files]
        found = {}
        for name, dataset in self.datasets.items():
            parts = [self._scored(model, dataset, one) for said in folds for one in said if one.probe == name]
            if parts:
                found[name] = average(parts)
        return found

    def _scored(self, model: str, dataset: Dataset, said: _Answers) -> Scored:
        """Under the document and actor that was asked about, whatever they are called in the changed text."""
        prediction = Prediction(np.array(said.probabilities), np.array(said.channels), no_evidence(len(said.ids)))
        asked, changed = self._job.dataset.take(said.ids), dataset.take(said.ids)
        scored = prediction.scored(model, asked, dict(self._job.grouping.clusters))
        return replace(scored, gold=changed.gold(), channel_gold=changed.channel_gold())


def check_probes(names: Sequence[str]) -> None:
    """Raise ConfigurationError for a probe that there is not."""
    unknown = [name for name in names if name not in PROBES]
    if unknown:
        raise ConfigurationError(f"Expected probes among {', '.join(PROBES)}, found {', '.join(map(repr, unknown))}.")


class _Asked:
    """A model that is asked the probes of what it predicts, and is otherwise what it was."""

    def __init__(self, model: StanceModel, probes: Mapping[str, Dataset], said: list[_Answers], stored: Path | None):
        self.model, self.name = model, model.name
        self._probes, self._said, self._stored = probes, said, stored

    def __getattr__(self, name: str) -> Any:
        # What only some models have: a calibration, a way to be saved.
        return getattr(self.model, name)

    def fit(self, train: Dataset, validation: Dataset) -> None:
        self.model.fit(train, validation)

    def predict(self, dataset: Dataset) -> Prediction:
        ids = [example.id for example in dataset.examples]
        for name, probe in self._probes.items():
            there = {example.id for example in probe.examples}
            part = probe.take(one for one in ids if one in there)
            if len(part):
                self._said.append(_answers(name, part, self.model.predict(part)))
        if self._stored is not None:
            self._stored.parent.mkdir(parents=True, exist_ok=True)
            self._stored.write_bytes(msgspec.json.encode(self._said))
        return self.model.predict(dataset)


def _answers(name: str, part: Dataset, prediction: Prediction) -> _Answers:
    ids = tuple(example.id for example in part.examples)
    return _Answers(name, ids, prediction.probabilities.tolist(), prediction.channels.tolist())
