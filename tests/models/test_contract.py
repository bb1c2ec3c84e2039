"""What every model promises, tried on all of them."""

import numpy as np
import pytest

from stance.data.examples import Dataset
from stance.labels import Channel
from stance.models.catalogue import Workshop, build, default_settings
from stance.settings import MODEL_SETTINGS

MODELS = sorted(MODEL_SETTINGS)


@pytest.fixture(scope="module")
def fitted(workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset]):
    train, validation, test = parts
    models = {}
    for name in MODELS:
        models[name] = build(default_settings(name), workshop)
        models[name].fit(train, validation)
    return models, test


@pytest.mark.parametrize("name", MODELS)
def test_rows_are_probabilities_in_the_label_sets_order(name: str, fitted) -> None:
    models, test = fitted
    prediction = models[name].predict(test)
    assert prediction.probabilities.shape == (len(test), 4)
    assert prediction.channels.shape == (len(test), len(Channel), 4)
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(prediction.channels.sum(2), 1, atol=1e-5)
    assert len(prediction.evidence) == len(test)


@pytest.mark.parametrize("name", MODELS)
def test_the_order_of_examples_does_not_matter(name: str, fitted) -> None:
    models, test = fitted
    backwards = test.take([example.id for example in reversed(test.examples)])
    there, back = models[name].predict(test), models[name].predict(backwards)
    # The network batches by length, and bfloat16 sums differ in their last bits between batches.
    np.testing.assert_allclose(there.probabilities, back.probabilities[::-1], atol=2e-2)


@pytest.mark.parametrize("name", MODELS)
def test_labels_are_not_looked_at_when_predicting(name: str, fitted) -> None:
    import msgspec

    models, test = fitted
    blind = tuple(
        msgspec.structs.replace(example, label="none", channels=(None, None, None), statements=())
        for example in test.examples
    )
    hidden = Dataset(test.label_set, test.documents, blind, test.digest)
    np.testing.assert_array_equal(models[name].predict(test).probabilities, models[name].predict(hidden).probabilities)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_model(
    name: str, workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], fitted
) -> None:
    models, test = fitted
    again = build(default_settings(name), workshop)
    again.fit(*parts[:2])
    np.testing.assert_array_equal(again.predict(test).probabilities, models[name].predict(test).probabilities)


@pytest.mark.parametrize("name", MODELS)
def test_predicting_nothing_or_one_example_works(name: str, fitted) -> None:
    models, test = fitted
    one = models[name].predict(test.take([test.examples[0].id]))
    assert one.probabilities.shape == (1, 4)


def test_another_seed_gives_another_network(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], fitted
) -> None:
    from dataclasses import replace

    models, test = fitted
    other = build(default_settings("actor_network"), replace(workshop, seed=4))
    other.fit(*parts[:2])
    assert not np.allclose(
        other.predict(test).probabilities, models["actor_network"].predict(test).probabilities, atol=1e-4
    )
