"""Models a network has to beat: majority class, actor prior, TF-IDF with logistic regression."""

from typing import TYPE_CHECKING

import numpy as np

from stance.data.examples import Dataset
from stance.models.calibrating import Calibration
from stance.models.contract import Prediction, no_evidence
from stance.models.deciding import decision_weights, weighted
from stance.models.ngrams import TfidfFeatures
from stance.settings import ActorPriorSettings, MajoritySettings, TfidfSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression


def _labels(dataset: Dataset) -> np.ndarray:
    """Overall label, then the label per channel: [N, 1 + C], -1 where unknown."""
    return np.concatenate([dataset.gold()[:, None], dataset.channel_gold()], axis=1)


def _shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Class shares per column of `labels` [N, M]: [M, K]; equal shares for a column nobody labelled."""
    counts = np.stack([np.bincount(column[column >= 0], minlength=classes) for column in labels.T]).astype(float)
    counts[counts.sum(1) == 0] = 1
    return counts / counts.sum(1, keepdims=True)


def _prediction(rows: np.ndarray) -> Prediction:
    """From [N, 1 + C, K], the overall row first."""
    return Prediction(rows[:, 0], rows[:, 1:], no_evidence(len(rows)))


class Majority:
    """Class shares of the training part for everyone; the most frequent class wins."""

    name = "majority"

    def __init__(self, settings: MajoritySettings):
        self.settings = settings

    def fit(self, train: Dataset, validation: Dataset) -> None:
        """Count classes, overall and per channel."""
        self.shares = _shares(_labels(train), len(train.label_set.classes))

    def predict(self, dataset: Dataset) -> Prediction:
        """The same row for every example."""
        return _prediction(np.repeat(self.shares[None], len(dataset), axis=0))


class ActorPrior:
    """Each actor's usual side: what can be had without reading. An unseen actor gets the overall shares."""

    name = "actor_prior"

    def __init__(self, settings: ActorPriorSettings):
        self.settings = settings

    def fit(self, train: Dataset, validation: Dataset) -> None:
        """Count classes per actor, smoothed with the overall shares."""
        labels, classes = _labels(train), len(train.label_set.classes)
        self.overall = _shares(labels, classes)
        actors = np.array([example.actor for example in train.examples])
        self.rows = {}
        for actor in set(actors):
            own = labels[actors == actor]
            counts = np.stack([np.bincount(column[column >= 0], minlength=classes) for column in own.T])
            smoothed = counts + self.settings.strength * self.overall
            self.rows[actor] = smoothed / smoothed.sum(1, keepdims=True)

    def predict(self, dataset: Dataset) -> Prediction:
        """The actor's row, whatever the text says."""
        return _prediction(np.stack([self.rows.get(example.actor, self.overall) for example in dataset.examples]))


class TfidfLogisticRegression:
    """Word and character n-grams of the sentences that name the actor, and of the whole text; actor and target as
    tokens; one logistic regression for the stance and one per channel.
    """

    name = "tfidf_logreg"

    def __init__(self, settings: TfidfSettings, *, seed: int = 0):
        self.settings = settings
        self.seed = seed

    def fit(self, train: Dataset, validation: Dataset) -> None:
        """Fit vocabulary and regressions on `train`, and the weights of classes, if asked for, on `validation`."""
        self.features = TfidfFeatures(train, self.settings.max_features)
        matrix = self.features.of_training()
        labels = _labels(train)
        self.shares = _shares(labels, len(train.label_set.classes))
        # Where all statements are public, that channel's labels are the overall ones: what is learned of them too.
        distinct = {column.tobytes(): column for column in labels.T}
        learned = {key: self._regression(matrix, column) for key, column in distinct.items()}
        self.regressions = [learned[column.tobytes()] for column in labels.T]
        self.calibration = Calibration()
        if self.settings.decision_weights and len(validation):
            rows, targets = self.predict(validation).probabilities, validation.targets()
            found = decision_weights(rows, validation.gold(), targets, train.label_set)
            self.calibration = Calibration(weights=found)

    def _regression(self, matrix: "csr_matrix", column: np.ndarray) -> "LogisticRegression | None":
        """Of the known labels in `column` [N]; None where fewer than two classes are known."""
        from sklearn.linear_model import LogisticRegression

        known = column >= 0
        if len(set(column[known])) < 2:
            return None
        regression = LogisticRegression(
            C=self.settings.C,
            class_weight="balanced" if self.settings.balanced else None,
            max_iter=1000,
            random_state=self.seed,
        )
        return regression.fit(matrix[known], column[known])

    def predict(self, dataset: Dataset) -> Prediction:
        """Probabilities; a channel with fewer than two classes in training has its training shares."""
        matrix = self.features.of(dataset)
        rows = np.repeat(self.shares[None], len(dataset), axis=0)
        for number, regression in enumerate(self.regressions):
            if regression is not None:
                rows[:, number] = 0
                rows[:, number, regression.classes_] = regression.predict_proba(matrix)
        rows[:, 0] = weighted(rows[:, 0], dataset.targets(), self.calibration.weights)
        return _prediction(rows)
