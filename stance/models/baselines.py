"""Models a network has to beat: majority class, actor prior, TF-IDF with logistic regression."""

from collections.abc import Sequence

import numpy as np

from stance.data.examples import Dataset, Example
from stance.models.contract import Prediction, no_evidence
from stance.settings import ActorPriorSettings, MajoritySettings, TfidfSettings
from stance.text.sentences import sentence_spans


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
        """Fit the vocabulary and the regressions on `train`."""
        from sklearn.linear_model import LogisticRegression

        self.classes = len(train.label_set.classes)
        self.features = _features(self.settings.max_features)
        matrix = self.features.fit_transform(_rows(train)).tocsr()
        labels = _labels(train)
        self.shares = _shares(labels, self.classes)
        self.regressions = []
        for column in labels.T:
            known = column >= 0
            regression = LogisticRegression(
                C=self.settings.C,
                class_weight="balanced" if self.settings.balanced else None,
                max_iter=1000,
                random_state=self.seed,
            )
            varied = len(set(column[known])) > 1
            self.regressions.append(regression.fit(matrix[known], column[known]) if varied else None)

    def predict(self, dataset: Dataset) -> Prediction:
        """Probabilities; a channel with fewer than two classes in training has its training shares."""
        matrix = self.features.transform(_rows(dataset)).tocsr()
        rows = np.repeat(self.shares[None], len(dataset), axis=0)
        for number, regression in enumerate(self.regressions):
            if regression is not None:
                rows[:, number] = 0
                rows[:, number, regression.classes_] = regression.predict_proba(matrix)
        return _prediction(rows)


def _rows(dataset: Dataset) -> list[dict[str, str]]:
    return [example_fields(dataset.documents[example.document_id].text, example) for example in dataset.examples]


def example_fields(text: str, example: Example) -> dict[str, str]:
    """What words can tell of an example: the sentences that name its actor, the whole text, actor and target."""
    near = [text[a:b] for a, b in sentence_spans(text) if any(s < b and e > a for s, e in example.mentions)]
    names = f"actor={example.actor} target={example.target} both={example.actor}/{example.target}"
    return {"near": " ".join(near) or text, "text": text, "names": names}


def _field(name: str):
    def pick(rows: Sequence[dict[str, str]]) -> list[str]:
        return [row[name] for row in rows]

    return pick


def _features(limit: int):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    words = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "max_features": limit}
    characters = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3, "sublinear_tf": True}
    parts = {
        "near_words": ("near", TfidfVectorizer(**words)),
        "near_characters": ("near", TfidfVectorizer(**characters, max_features=limit)),
        "text_words": ("text", TfidfVectorizer(**words)),
        "names": ("names", TfidfVectorizer(analyzer=str.split, binary=True, use_idf=False)),
    }
    return FeatureUnion(
        [(name, make_pipeline(FunctionTransformer(_field(column)), step)) for name, (column, step) in parts.items()]
    )
