"""One model over all folds of a split: each example is predicted by a model that never saw its cluster."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from stance.data.examples import Dataset
from stance.data.splits import Fold, Manifest
from stance.evaluation.calibration import apply_temperature
from stance.evaluation.scored import Scored, average
from stance.models.calibrating import Calibration, held_out
from stance.models.contract import Evidence, Prediction, StanceModel
from stance.models.deciding import Weights, decision_weights, unweighted, weighted

logger = logging.getLogger(__name__)

NETWORK = "network"
Report = Callable[[int, dict[str, float]], None]


class FoldResult(msgspec.Struct, frozen=True):
    """What one fold leaves: test probabilities (calibrated), evidence, and how the model was calibrated."""

    probabilities: list[list[float]]
    channels: list[list[list[float]]]
    evidence: list[tuple[Evidence, ...]]
    calibration: Calibration


@dataclass(frozen=True)
class CrossFit:
    """All folds' results. Evidence per example id comes from the first repeat.

    `calibration` is what a model trained on everything takes over: the folds' median epochs, network temperature,
    share of the expert, and the weights, last temperature and thresholds of the pooled out-of-fold predictions.
    """

    calibrated: Scored
    uncalibrated: Scored
    evidence: dict[str, tuple[Evidence, ...]]
    calibration: Calibration
    training_actors: frozenset[str]


@dataclass(frozen=True)
class FoldBuilder:
    """Makes the model of one fold, given the folder for its checkpoints and who hears of its epochs.

    `folder` holds the finished folds' results, so that an interrupted run goes on with the fold it was in.
    """

    build: Callable[[Path | None, Report], StanceModel]
    name: str
    folder: Path | None = None
    report: Callable[[Fold, int, dict[str, float]], None] | None = None


def crossfit(builder: FoldBuilder, dataset: Dataset, manifest: Manifest, clusters: dict[str, str]) -> CrossFit:
    """Fit and predict every fold of `manifest`; `clusters` maps document ids to near-duplicate clusters."""
    calibrated, uncalibrated, unweighted_parts, calibrations = [], [], [], []
    evidence: dict[str, tuple[Evidence, ...]] = {}
    tested: set[str] = set()
    for fold in manifest.folds:
        result = _fold(builder, dataset, fold, keep_network=len(manifest.folds) == 1)
        test = dataset.take(fold.test)
        prediction = Prediction(np.array(result.probabilities), np.array(result.channels), tuple(result.evidence))
        calibrated.append(prediction.scored(builder.name, test, clusters))
        # Dividing by the temperature is undone by the same power, so that both stand side by side.
        found_out = result.calibration
        raw = apply_temperature(prediction.probabilities, 1 / found_out.temperature)
        uncalibrated.append(replace(prediction, probabilities=raw).scored(builder.name, test, clusters))
        plain = unweighted(raw, test.targets(), found_out.weights)
        unweighted_parts.append(replace(prediction, probabilities=plain).scored(builder.name, test, clusters))
        calibrations.append(found_out)
        tested |= found_out.weights.keys() & set(test.targets())
        for example, found in zip(test.examples, result.evidence, strict=True):
            evidence.setdefault(example.id, found)
    pooled, as_decided = average(unweighted_parts), average(uncalibrated)
    weights = _weights(pooled, tested)
    shares = [one.lexical for one in calibrations if one.lexical is not None]
    return CrossFit(
        calibrated=average(calibrated),
        uncalibrated=as_decided,
        evidence=evidence,
        calibration=held_out(
            weighted(pooled.probabilities, pooled.targets, weights),
            pooled.gold,
            Calibration(
                network=float(np.median([one.network for one in calibrations])),
                epochs=int(np.median([one.epochs for one in calibrations])),
                lexical=float(np.median(shares)) if shares else None,
                weights=weights,
            ),
            unseen=as_decided.probabilities,
        ),
        training_actors=_training_actors(dataset, manifest),
    )


def _weights(pooled: Scored, measured: set[str]) -> Weights:
    """For the targets `measured` under weights in some fold: the stored model answers others as they were measured."""
    if not measured:
        return {}
    found = decision_weights(pooled.probabilities, pooled.gold, pooled.targets, pooled.label_set)
    return {target: given for target, given in found.items() if target in measured}


def _fold(builder: FoldBuilder, dataset: Dataset, fold: Fold, *, keep_network: bool) -> FoldResult:
    place = f"repeat-{fold.repeat}-fold-{fold.fold}"
    stored = builder.folder / f"{place}.json" if builder.folder else None
    if stored is not None and stored.exists():
        logger.info("%s was finished before, its result is taken as it is", place)
        return msgspec.json.decode(stored.read_bytes(), type=FoldResult)

    def report(epoch: int, metrics: dict[str, float]) -> None:
        if builder.report is not None:
            builder.report(fold, epoch, metrics)

    checkpoints = builder.folder / place if builder.folder else None
    model = builder.build(checkpoints, report)
    model.fit(dataset.take(fold.train), dataset.take(fold.validation))
    prediction = model.predict(dataset.take(fold.test))
    result = FoldResult(
        prediction.probabilities.tolist(),
        prediction.channels.tolist(),
        list(prediction.evidence),
        getattr(model, "calibration", Calibration()),
    )
    if stored is not None:
        save = getattr(model, "save", None)
        if keep_network and save is not None:
            save(stored.parent / NETWORK)
        _write(stored, msgspec.json.encode(result))
    return result


def _write(path: Path, content: bytes) -> None:
    # Whole or not at all: a fold counts as finished by this file's being there.
    path.parent.mkdir(parents=True, exist_ok=True)
    working = path.with_suffix(".part")
    working.write_bytes(content)
    os.replace(working, path)


def _training_actors(dataset: Dataset, manifest: Manifest) -> frozenset[str]:
    """Actors that every fold has learned from: an actor outside is unseen somewhere."""
    actor = {example.id: example.actor for example in dataset.examples}
    learned = [{actor[name] for name in fold.train} for fold in manifest.folds]
    return frozenset(set.intersection(*learned))
