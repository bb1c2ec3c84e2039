"""What a model trained on everything takes over from the folds."""

import numpy as np
import pytest

from stance.data.examples import Dataset
from stance.data.splits import Fold, Manifest
from stance.models.calibrating import Calibration
from stance.models.contract import Prediction
from stance.models.crossfit import FoldBuilder, crossfit


class Told:
    """Answers the same about everything, and has found out what it is given."""

    name = "told"

    def __init__(self, calibration: Calibration):
        self.calibration = calibration

    def fit(self, train: Dataset, validation: Dataset) -> None:
        pass

    def predict(self, dataset: Dataset) -> Prediction:
        rows = np.full((len(dataset), 4), 0.25)
        return Prediction(rows, np.repeat(rows[:, None], 3, 1), ((),) * len(dataset))


@pytest.mark.parametrize(
    ("shares", "taken"), [((0.1, 0.5, 0.2), 0.2), ((None, None, None), None), ((None, 0.2, 0.4), 0.3)]
)
def test_the_median_of_the_folds_is_taken_over(dataset: Dataset, shares, taken) -> None:
    ids = [example.id for example in dataset.examples]
    folds = tuple(Fold(tuple(ids), (), tuple(ids[k::3]), fold=k) for k in range(3))
    given = iter([Calibration(network=k + 1.0, epochs=k + 3, lexical=share) for k, share in enumerate(shares)])
    builder = FoldBuilder(lambda folder, report: Told(next(given)), "told")
    manifest = Manifest("cv", 0, dataset.digest, dataset.label_set.id, folds)
    clusters = {example.document_id: example.document_id for example in dataset.examples}
    found = crossfit(builder, dataset, manifest, clusters).calibration
    assert (found.network, found.epochs, found.lexical) == (2.0, 4, pytest.approx(taken))
