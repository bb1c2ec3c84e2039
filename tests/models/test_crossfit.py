"""What a model trained on everything takes over from the folds."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from stance.data.examples import Dataset
from stance.data.splits import Fold, Manifest
from stance.evaluation.calibration import apply_temperature, risk_thresholds
from stance.models.calibrating import Calibration
from stance.models.contract import Prediction
from stance.models.crossfit import CrossFit, FoldBuilder, crossfit
from stance.models.deciding import decision_weights, weighted


class Told:
    """Answers `rows` of each example, weighed and calibrated by what it is given as found out."""

    name = "told"

    def __init__(self, calibration: Calibration, rows: dict[str, np.ndarray]):
        self.calibration, self.rows = calibration, rows

    def fit(self, train: Dataset, validation: Dataset) -> None:
        pass

    def predict(self, dataset: Dataset) -> Prediction:
        rows = np.stack([self.rows[example.id] for example in dataset.examples])
        rows = weighted(rows, dataset.targets(), self.calibration.weights)
        rows = apply_temperature(rows, self.calibration.temperature)
        return Prediction(rows, np.repeat(rows[:, None], 3, 1), ((),) * len(dataset))


def fitted(dataset: Dataset, calibrations: Sequence[Calibration], rows: dict[str, np.ndarray]) -> CrossFit:
    ids = [example.id for example in dataset.examples]
    folds = tuple(Fold(tuple(ids), (), tuple(ids[k::3]), fold=k) for k in range(3))
    given = iter(calibrations)
    builder = FoldBuilder(lambda folder, report: Told(next(given), rows), "told")
    manifest = Manifest("cv", 0, dataset.digest, dataset.label_set.id, folds)
    return crossfit(builder, dataset, manifest, {name: name for name in dataset.documents})


@pytest.mark.parametrize(
    ("shares", "taken"), [((0.1, 0.5, 0.2), 0.2), ((None, None, None), None), ((None, 0.2, 0.4), 0.3)]
)
def test_the_median_of_the_folds_is_taken_over(dataset: Dataset, shares, taken) -> None:
    given = [Calibration(network=k + 1.0, epochs=k + 3, lexical=share) for k, share in enumerate(shares)]
    same = {example.id: np.full(4, 0.25) for example in dataset.examples}
    found = fitted(dataset, given, same).calibration
    assert (found.network, found.epochs, found.lexical) == (2.0, 4, pytest.approx(taken))
    assert found.weights == {}


def test_weights_are_found_on_what_all_folds_said_before_theirs(dataset: Dataset, monkeypatch) -> None:
    monkeypatch.setattr("stance.models.deciding.FEWEST", 1)
    rng = np.random.default_rng(5)
    rows = {example.id: rng.dirichlet(np.ones(4)) for example in dataset.examples}
    names = sorted(set(dataset.targets()))
    given = [Calibration(temperature=0.5 + k, weights=dict.fromkeys(names, (k + 0.5, 1.0, 2.0, 1.0))) for k in range(3)]
    found = fitted(dataset, given, rows)
    whole = np.stack([rows[name] for name in found.calibrated.ids])
    wanted = decision_weights(whole, found.calibrated.gold, found.calibrated.targets, dataset.label_set)
    assert found.calibration.weights == wanted
    assert set(wanted) == set(names)
    # Before the temperature, each fold's answers are still its own.
    assert (found.uncalibrated.predicted == found.calibrated.predicted).all()
    assert not np.allclose(found.uncalibrated.probabilities, whole)


def test_a_target_measured_without_weights_is_stored_without(dataset: Dataset, monkeypatch) -> None:
    monkeypatch.setattr("stance.models.deciding.FEWEST", 1)
    rng = np.random.default_rng(5)
    rows = {example.id: rng.dirichlet(np.ones(4)) for example in dataset.examples}
    targets = ["weighed" if place % 2 else "not" for place in range(len(dataset))]
    moved = [
        msgspec.structs.replace(example, target=name) for example, name in zip(dataset.examples, targets, strict=True)
    ]
    given = [Calibration(weights={"weighed": (2.0, 1.0, 1.0, 1.0), "elsewhere": (1.0,) * 4})] * 3
    found = fitted(replace(dataset, examples=tuple(moved)), given, rows)
    assert set(found.calibration.weights) == {"weighed"}


def test_the_risk_is_that_of_weights_which_an_example_did_not_choose(dataset: Dataset, monkeypatch) -> None:
    monkeypatch.setattr("stance.models.deciding.FEWEST", 1)
    rng = np.random.default_rng(5)
    rows = {example.id: rng.dirichlet(np.ones(4)) for example in dataset.examples}
    names = sorted(set(dataset.targets()))
    given = [Calibration(weights=dict.fromkeys(names, (0.5, 1.0, 2.0, 1.0)))] * 3
    found = fitted(dataset, given, rows)
    judged = apply_temperature(found.uncalibrated.probabilities, found.calibration.temperature)
    assert found.calibration.thresholds == risk_thresholds(judged, found.uncalibrated.gold)
    whole = np.stack([rows[name] for name in found.calibrated.ids])
    chosen = weighted(whole, found.calibrated.targets, found.calibration.weights)
    assert (chosen.argmax(1) != judged.argmax(1)).any()
