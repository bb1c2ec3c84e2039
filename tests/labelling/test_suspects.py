"""Likely label errors: found where they were made, and never by what a model was told."""

import numpy as np
import pytest

from stance.data.examples import Dataset, Example, build_dataset, example_id
from stance.errors import DataError
from stance.labelling.suspects import never_learned, suspects
from stance.labels import MAIN
from tests.doubles import documents


def dataset(labels: list[str]) -> Dataset:
    examples = tuple(
        Example(example_id(f"d{i}", "gov", "t1"), f"d{i}", "gov", "t1", label, (0.0,) * 4, (None,) * 3, (), ())
        for i, label in enumerate(labels)
    )
    return Dataset(MAIN, {}, examples, "")


def sure_of(labels: list[str], p: float = 0.91) -> dict[str, np.ndarray]:
    rows = {}
    for i, label in enumerate(labels):
        row = np.full(4, (1 - p) / 3)
        row[MAIN.index(label)] = p
        rows[example_id(f"d{i}", "gov", "t1")] = row
    return rows


def test_labels_that_were_made_wrong_are_found_worst_first() -> None:
    true = ["favor", "against"] * 30
    given = list(true)
    given[4], given[9] = "against", "favor"
    judged = sure_of(true)
    judged["d9|gov|t1"] = np.array([0.01, 0.97, 0.01, 0.01])
    found = suspects(dataset(given), judged)
    assert [one.example.id for one in found] == ["d9|gov|t1", "d4|gov|t1"]
    assert [one.doubt for one in found] == pytest.approx([0.99, 0.97])


def test_labels_that_agree_raise_no_doubt() -> None:
    true = ["favor", "against", "none"] * 10
    assert suspects(dataset(true), sure_of(true)) == []


def test_only_judged_examples_are_doubted() -> None:
    true = ["favor", "against"] * 30
    given = list(true)
    given[4] = "against"
    judged = sure_of(true)
    del judged["d4|gov|t1"]
    assert suspects(dataset(given), judged) == []


def test_too_few_labels_are_said() -> None:
    with pytest.raises(DataError) as raised:
        suspects(dataset(["favor"] * 30), sure_of(["favor"] * 3))
    assert str(raised.value) == (
        "Expected at least 20 labelled examples that the model did not learn from, found 3. Label more, or train anew "
        "with cross-validation (split=cv), which holds each out once."
    )


def test_what_a_model_learned_from_is_not_asked_of_it() -> None:
    whole = build_dataset(documents(6), MAIN)
    ids = {number: [e.id for e in whole.examples if e.document_id == f"d{number}"] for number in range(6)}
    held_out = {name: np.ones(4) / 4 for name in ids[0]}
    learned = [*ids[0], *ids[1], ids[2][0]]  # of d2 one actor alone
    clusters = {f"d{number}": f"d{number}" for number in range(6)} | {"d4": "d1"}  # d4 is a copy of d1
    new, lost = never_learned(whole, learned=learned, held_out=held_out, clusters=clusters)
    assert [example.id for example in new.examples] == [*ids[3], *ids[5]]
    assert lost == [*ids[1], *ids[2], *ids[4]]


def test_a_copy_of_a_learned_document_that_is_gone_counts_by_its_cluster() -> None:
    whole = build_dataset(documents(3), MAIN)
    clusters = {"d0": "gone", "d1": "d1", "d2": "d2"}
    new, lost = never_learned(whole, learned=["gone|gov|t1"], held_out={}, clusters=clusters)
    assert {name.split("|")[0] for name in lost} == {"d0"}
    assert {example.document_id for example in new.examples} == {"d1", "d2"}
