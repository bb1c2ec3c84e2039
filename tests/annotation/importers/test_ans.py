from pathlib import Path

import pytest

from stance.annotation.importers import read_source
from stance.data.examples import build_dataset
from stance.data.splits import SplitPlan, group_documents, split
from stance.labels import ANS, AUTHOR
from tests.annotation.importers.sources import ans, write_all


def test_the_first_headline_is_the_claim_the_second_is_read(tmp_path: Path) -> None:
    found, source = read_source(
        "ans",
        ans(
            tmp_path,
            train=[("سعر النفط  يرتفع ", " هبوط النفط", "disagree"), ("مطر", "سعر القمح", "other")],
            dev=[("سعر النفط يرتفع", "صعود النفط", "agree")],
            test=[("ثلج", "برد", "agree")],
        ),
    )
    assert (source.read, source.problems) == (4, [])
    assert [(d.document_id, d.text, d.target, d.split, d.language) for d in found.documents] == [
        ("ans-train-1", " هبوط النفط", "train-1", "train", "ar"),
        ("ans-train-2", "سعر القمح", "train-2", "train", "ar"),
        # The claim is the first pair's, but for a space.
        ("ans-dev-1", "صعود النفط", "train-1", "validation", "ar"),
        ("ans-test-1", "برد", "test-1", "test", "ar"),
    ]
    assert found.targets.describe("train-1", "ar") == "سعر النفط يرتفع"
    assert len(found.targets.targets) == 3
    assert found.documents[0].page == found.documents[2].page != found.documents[1].page
    examples = build_dataset(found.documents, ANS).examples
    assert [(e.actor, e.label) for e in examples] == [
        (AUTHOR, "disagree"),
        (AUTHOR, "other"),
        (AUTHOR, "agree"),
        (AUTHOR, "agree"),
    ]


def test_the_published_parts_are_the_official_split(tmp_path: Path) -> None:
    found, _ = read_source("ans", write_all(tmp_path)["ans"])
    dataset = build_dataset(found.documents, ANS)
    (fold,) = split(dataset, group_documents(dataset), SplitPlan("official", 0)).folds
    assert {name.split("-")[1] for name in fold.train} == {"train"}
    assert {name.split("-")[1] for name in fold.validation} == {"dev"}
    assert {name.split("-")[1] for name in fold.test} == {"test"}


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        (("نص", "نص", "unrelated"), "expected a stance among agree, disagree, other, found 'unrelated'."),
        ((" ", "نص", "agree"), "expected a headline in s1, found an empty one."),
        (("نص", "", "agree"), "expected a headline in s2, found an empty one."),
    ],
)
def test_a_pair_that_cannot_be_read_is_told(tmp_path: Path, pair: tuple[str, str, str], problem: str) -> None:
    found, source = read_source("ans", ans(tmp_path, train=[("نص", "نص", "agree"), pair]))
    assert source.problems == [f"{tmp_path}/train.csv, line 3: {problem}"]
    assert [document.document_id for document in found.documents] == ["ans-train-1"]
    assert len(found.targets.targets) == 1
