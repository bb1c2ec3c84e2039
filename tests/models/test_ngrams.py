"""N-gram matrices: the same bits whoever made them, and made anew where anything differs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from stance.data.cache import sharing
from stance.data.examples import Dataset
from stance.models import ngrams
from stance.models.baselines import TfidfLogisticRegression
from stance.models.ngrams import BUCKETS, TfidfFeatures, hashed_counts
from stance.settings import TfidfSettings
from tests.doubles import as_another_process_finds_it


def parts(dataset: Dataset) -> tuple[Dataset, Dataset]:
    ids = [example.id for example in dataset.examples]
    return dataset.take(ids[:54]), dataset.take(ids[54:])


def bits(matrix) -> list[tuple]:
    return [(part.dtype, part.tobytes()) for part in (matrix.data, matrix.indices, matrix.indptr)] + [matrix.shape]


def matrices(dataset: Dataset, limit: int = 500) -> list[list[tuple]]:
    train, test = parts(dataset)
    features = TfidfFeatures(train, limit)
    return [*map(bits, (features.of_training(), features.of(test), hashed_counts(test)))]


@pytest.fixture
def unable(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Whoever calls this can read no text any more."""

    def fail(dataset: Dataset) -> None:
        raise AssertionError("read again")

    return lambda: monkeypatch.setattr(ngrams, "_rows", fail)


def test_matrices_are_made_once_and_are_the_same_whoever_asks(dataset: Dataset, tmp_path: Path, unable) -> None:
    alone = matrices(dataset)
    with sharing(tmp_path / "cache"):
        cold = matrices(dataset)
    unable()
    with sharing(as_another_process_finds_it(tmp_path / "cache")):
        assert matrices(dataset) == cold == alone


def test_a_test_part_can_be_new_where_the_training_part_is_not(dataset: Dataset, tmp_path: Path) -> None:
    train, test = parts(dataset)
    expected = bits(TfidfFeatures(train, 500).of(test))
    with sharing(tmp_path):
        TfidfFeatures(train, 500).of_training()
        assert bits(TfidfFeatures(train, 500).of(test)) == expected


def test_anything_else_is_read_anew(dataset: Dataset, tmp_path: Path, unable) -> None:
    train, test = parts(dataset)
    example = train.examples[0]
    document = train.documents[example.document_id]
    changed = [
        replace(train, examples=(msgspec.structs.replace(example, **other), *train.examples[1:]))
        for other in ({"mentions": ((0, 3),)}, {"actor": "somebody"}, {"target": "t2"})
    ]
    retold = msgspec.structs.replace(document, text=document.text.replace("القوات", "الجنود"))
    changed += [replace(train, documents={**train.documents, document.document_id: retold}), test]
    with sharing(tmp_path):
        matrices(dataset)
        unable()
        matrices(dataset)
        with pytest.raises(AssertionError, match="read again"):
            TfidfFeatures(train, 499).of_training()
        for other in changed:
            for ask in (TfidfFeatures(other, 500).of_training, lambda other=other: TfidfFeatures(other, 500).of(test)):
                with pytest.raises(AssertionError, match="read again"):
                    ask()


def test_labels_make_no_difference_to_what_is_read(dataset: Dataset, tmp_path: Path, unable) -> None:
    train, _ = parts(dataset)
    relabelled = tuple(msgspec.structs.replace(example, label="none") for example in train.examples)
    with sharing(tmp_path):
        TfidfFeatures(train, 500).of_training()
        unable()
        TfidfFeatures(replace(train, examples=relabelled), 500).of_training()


def test_trainings_with_other_penalties_share_their_matrices(dataset: Dataset, tmp_path: Path, unable) -> None:
    train, test = parts(dataset)

    def answers(strength: float) -> np.ndarray:
        model = TfidfLogisticRegression(TfidfSettings(C=strength))
        model.fit(train, test)
        return model.predict(test).probabilities

    alone = [answers(strength) for strength in (0.1, 10.0)]
    with sharing(tmp_path):
        first = answers(0.1)
        unable()
        second = answers(10.0)
    np.testing.assert_array_equal([first, second], alone)
    assert (alone[0] != alone[1]).any()


def test_hashed_counts_by_hand(dataset: Dataset) -> None:
    _, test = parts(dataset)
    counts = hashed_counts(test)
    assert counts.shape == (len(test), 4 * BUCKETS)
    # actor, target and both together: three names an example
    assert counts[:, 3 * BUCKETS :].sum(1).tolist() == [[3.0]] * len(test)
    words = [len(test.documents[example.document_id].text.split()) for example in test.examples]
    # one n-gram a word and one a pair of neighbours; the tokenizer passes over words of one letter and full stops
    assert counts[:, 2 * BUCKETS : 3 * BUCKETS].sum(1).ravel().tolist()[0] == [2 * count - 1 for count in words]
