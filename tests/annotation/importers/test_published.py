"""The data sets as their authors publish them: whole, and as many of each label as they say."""

import os
from collections import Counter
from pathlib import Path

import pytest

from stance.annotation.importers import read_source
from stance.annotation.importers.source import Imported
from stance.data.examples import Dataset, build_dataset
from stance.labels import label_set

pytestmark = pytest.mark.dataset

LABELS = {
    "mawqif": {"favor": 2148, "against": 1021, "none": 333},
    "newsmtsc": {"negative": 3586, "neutral": 3381, "positive": 2557},
    "arabicstancex": {"favor": 5198, "against": 4492, "none": 1967},
    "unifiedfc": {"agree": 474, "disagree": 87, "discuss": 409, "unrelated": 2072},
    "ans": {"agree": 1301, "disagree": 2399, "other": 86},
}
PARTS = {
    "mawqif": {"train": 3502},
    "newsmtsc": {"train": 8739, "test": 343 + 442},
    "arabicstancex": {"train": 9247, "test": 2410},
    "unifiedfc": {"fold-1": 616, "fold-2": 634, "fold-3": 592, "fold-4": 587, "fold-5": 613},
    "ans": {"train": 2652, "validation": 755, "test": 379},
}


def published(name: str) -> tuple[Imported, Dataset]:
    folder = os.environ.get("STANCE_DATASETS")
    if not folder:
        pytest.skip(f"STANCE_DATASETS names no folder that holds {name}/")
    found, source = read_source(name, Path(folder) / name)
    assert not source.problems
    return found, build_dataset(found.documents, label_set(found.label_set))


@pytest.mark.parametrize("name", list(LABELS))
def test_every_row_becomes_an_example_with_its_label_and_part(name: str) -> None:
    _, dataset = published(name)
    assert Counter(example.label for example in dataset.examples) == LABELS[name]
    assert Counter(dataset.documents[example.document_id].split for example in dataset.examples) == PARTS[name]
    assert (dataset.ties, dict(dataset.left_out)) == ((), {})
    assert len({example.id for example in dataset.examples}) == sum(LABELS[name].values())


def test_mawqif_has_its_test_and_its_further_labels() -> None:
    found, _ = published("mawqif")
    assert Counter(document.target for document in found.unlabelled) == {
        "women-empowerment": 210,
        "covid-vaccine": 206,
        "digital-transformation": 203,
    }
    sentiment = build_dataset(found.beside["sentiment"].documents, label_set("mawqif-sentiment"))
    assert Counter(example.label for example in sentiment.examples) == {
        "positive": 1476,
        "neutral": 1089,
        "negative": 937,
    }
    sarcasm = build_dataset(found.beside["sarcasm"].documents, label_set("mawqif-sarcasm"))
    assert Counter(example.label for example in sarcasm.examples) == {"not_sarcastic": 3338, "sarcastic": 164}


def test_unifiedfc_has_its_rationales_and_claims() -> None:
    found, dataset = published("unifiedfc")
    assert len(found.targets.targets) == 421
    for example in dataset.examples:
        text = dataset.documents[example.document_id].text
        told = [text[s.start : s.end] for s in example.statements]
        whole = told == [text]
        assert all(part == part.strip() != "" and "\n" not in part for part in told) or whole
        assert whole or example.label in ("agree", "disagree")
