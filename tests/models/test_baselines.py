"""Baselines against numbers worked by hand."""

import msgspec
import numpy as np

from stance.data.examples import Dataset, Example
from stance.labels import MAIN
from stance.models.baselines import ActorPrior, Majority, TfidfLogisticRegression
from stance.settings import ActorPriorSettings, MajoritySettings, TfidfSettings

NONE = ("none", "none", "none")


def example(number: int, actor: str, label: str, channels: tuple = NONE) -> Example:
    return Example(f"e{number}", "d", actor, "t", label, (0.0,) * 4, channels, ((0, 1),), ())


def data(*examples: Example) -> Dataset:
    from stance.annotation.records import Document

    return Dataset(MAIN, {"d": Document("d", "1", "نص قصير عن لا شيء")}, examples, "digest")


TRAIN = data(
    example(1, "a", "favor", ("favor", "against", "none")),
    example(2, "a", "favor"),
    example(3, "a", "none"),
    example(4, "b", "against", (None, None, None)),
)


def test_majority_gives_the_training_shares_to_everyone() -> None:
    model = Majority(MajoritySettings())
    model.fit(TRAIN, data())
    prediction = model.predict(data(example(9, "z", "none"), example(10, "a", "none")))
    # favor 2, against 1, ambivalent 0, none 1 of 4
    np.testing.assert_allclose(prediction.probabilities, [[0.5, 0.25, 0, 0.25]] * 2)
    # private: known for three, of which against 1 and none 2
    np.testing.assert_allclose(prediction.channels[0, 1], [0, 1 / 3, 0, 2 / 3])


def test_actor_prior_adds_the_overall_shares_once_and_falls_back_on_them() -> None:
    model = ActorPrior(ActorPriorSettings(strength=1.0))
    model.fit(TRAIN, data())
    prediction = model.predict(data(example(9, "a", "none"), example(10, "unseen", "none")))
    # a: favor 2 + 0.5, against 0 + 0.25, none 1 + 0.25, over 3 + 1
    np.testing.assert_allclose(prediction.probabilities[0], [2.5 / 4, 0.25 / 4, 0, 1.25 / 4])
    np.testing.assert_allclose(prediction.probabilities[1], [0.5, 0.25, 0, 0.25])


def test_tfidf_learns_words_that_tell_the_stance_and_the_actors_sentence_from_the_rest(dataset) -> None:
    ids = [item.id for item in dataset.examples]
    model = TfidfLogisticRegression(TfidfSettings())
    model.fit(dataset.take(ids[:54]), dataset.take(ids[54:60]))
    held = dataset.take(ids[60:])
    share = (model.predict(held).probabilities.argmax(1) == held.gold()).mean()
    # Chance is about a third: each actor's own sentence tells its stance.
    assert share > 0.6


def test_a_channel_with_one_class_keeps_its_share() -> None:
    model = TfidfLogisticRegression(TfidfSettings())
    varied = [example(n, "a", "favor" if n % 2 else "none") for n in range(6)]
    documents = {"d": msgspec.structs.replace(TRAIN.documents["d"], text="قال إنه يؤيد. " * 3)}
    train = Dataset(MAIN, documents, tuple(varied), "digest")
    model.fit(train, train.take(()))
    np.testing.assert_allclose(model.predict(train).channels[0], [[0, 0, 0, 1]] * 3)
