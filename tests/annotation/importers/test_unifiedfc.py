from pathlib import Path
from typing import Any

import pytest

from stance.annotation.importers import read_source
from stance.annotation.importers.source import Imported
from stance.data.examples import build_dataset
from stance.data.splits import SplitPlan, group_documents, split
from stance.errors import DataError
from stance.labels import AUTHOR, UNIFIEDFC
from tests.annotation.importers.sources import claim, invented, unifiedfc, write_all

ARTICLE = "أول السطور .\n  ثاني السطور .  \n\nرابع 😀 السطور ."


def imported(folder: Path, *claims: dict[str, Any], folds: str = "Fold_1: R-1\nFold_2: R-2 V-3 \n") -> Imported:
    found, source = read_source("unifiedfc", unifiedfc(folder, claims, folds))
    assert not source.problems
    return found


def test_lines_of_the_rationale_become_statements(tmp_path: Path) -> None:
    found = imported(tmp_path, claim("R-1", (ARTICLE, "disagree", "[3, 1]")))
    (document,) = found.documents
    (annotation,) = document.annotations
    assert [(s.holder, s.stance, s.target) for s in annotation.statements] == [(AUTHOR, "disagree", None)] * 2
    # The first line has 12 characters and its end, so the second begins at 13, its words at 15; they end at 28.
    # With the spaces and the end behind them and the empty line, the fourth begins at 32; it has 15.
    assert [(s.start, s.end) for s in annotation.statements] == [(15, 28), (32, 47)]
    assert [ARTICLE[s.start : s.end] for s in annotation.statements] == ["ثاني السطور .", "رابع 😀 السطور ."]
    (example,) = build_dataset(found.documents, UNIFIEDFC).examples
    assert (example.actor, example.target, example.label) == (AUTHOR, "R-1", "disagree")


def test_without_a_rationale_the_stance_is_the_whole_text_s(tmp_path: Path) -> None:
    found = imported(tmp_path, claim("R-1", (ARTICLE, "unrelated", ""), (ARTICLE, "discuss", "")))
    for document, stance in zip(found.documents, ("unrelated", "discuss"), strict=True):
        (statement,) = document.annotations[0].statements
        assert (statement.start, statement.end, statement.stance) == (0, len(ARTICLE), stance)


def test_claims_are_targets_and_folds_are_parts(tmp_path: Path) -> None:
    first = claim("R-1", (ARTICLE, "discuss", ""), text="قال  إنه\nعاد")
    # Another article, on the claim that another file words alike.
    alike = claim("V-3", ("نص آخر", "agree", "[0]"), text="قال إنه عاد")
    found = imported(tmp_path, first, claim("R-2", (ARTICLE, "agree", "[0]")), alike)
    assert {target.id: target.wording for target in found.targets.targets} == {
        "R-1": {"ar": "قال إنه عاد"},
        "R-2": {"ar": "زعم R-2"},
    }
    assert found.targets.describe("R-2", "ar") == "زعم R-2"
    assert [(d.document_id, d.target, d.split, d.source) for d in found.documents] == [
        ("unifiedfc-R-1-1", "R-1", "fold-1", "news.example"),
        ("unifiedfc-R-2-1", "R-2", "fold-2", "news.example"),
        ("unifiedfc-V-3-1", "R-1", "fold-2", "news.example"),
    ]
    assert found.documents[0].url == "https://www.news.example/R-1/0"
    assert found.not_kept == ("fact",)


def test_each_published_fold_is_tested_once_without_copies_in_training(tmp_path: Path) -> None:
    found, _ = read_source("unifiedfc", write_all(tmp_path)["unifiedfc"])
    # An article that was found for a claim of the second fold, too.
    copied = unifiedfc(tmp_path / "more", [claim("R-1", (found.documents[0].text, "unrelated", ""))], "Fold_2: R-1")
    again, _ = read_source("unifiedfc", copied)
    (copy,) = again.documents
    dataset = build_dataset([*found.documents, type(copy)("copy", "copy", copy.text, copy.annotations, target="R-1",
                                                          split="fold-2")], UNIFIEDFC)  # fmt: skip
    manifest = split(dataset, group_documents(dataset), SplitPlan("official", 0))
    folds = {example.id: dataset.documents[example.document_id].split for example in dataset.examples}
    assert [{folds[name] for name in fold.test} for fold in manifest.folds] == [{f"fold-{n}"} for n in range(1, 6)]
    assert sorted(name for fold in manifest.folds for name in fold.test) == sorted(folds)
    for fold in manifest.folds:
        held = {folds[name] for name in fold.test}
        assert not held & {folds[name] for name in (*fold.train, *fold.validation)}
    assert not [name for name in (*manifest.folds[0].train, *manifest.folds[0].validation) if name.startswith("copy")]


@pytest.mark.parametrize(
    ("article", "problem"),
    [
        ((ARTICLE, "agreed", "[0]"), "expected a stance among agree, disagree, discuss, unrelated, found 'agreed'."),
        ((" ", "agree", "[0]"), "expected a text, found an empty one."),
        ((ARTICLE, "agree", "[4]"), "[4]"),
        ((ARTICLE, "agree", "[-1]"), "[-1]"),
        ((ARTICLE, "agree", "[2]"), "[2]"),
        ((ARTICLE, "agree", "[true]"), "[true]"),
        ((ARTICLE, "agree", "3"), "3"),
        ((ARTICLE, "agree", "[0"), "[0"),
    ],
)
def test_an_article_that_cannot_be_read_is_told(tmp_path: Path, article: tuple[str, str, str], problem: str) -> None:
    if not problem.startswith("expected"):
        problem = f"expected a rationale such as [0, 1], of lines below 4 with text in them, found {problem!r}."
    one = claim("R-1", (ARTICLE, "discuss", ""), article)
    found, source = read_source("unifiedfc", unifiedfc(tmp_path, [one], "Fold_1: R-1"))
    assert source.problems == [f"{tmp_path}/dataset/R-1.json, article 2: {problem}"]
    assert [document.document_id for document in found.documents] == ["unifiedfc-R-1-1"]


def test_articles_of_a_claim_in_no_fold_are_told(tmp_path: Path) -> None:
    claims = [claim("R-1", (ARTICLE, "discuss", "")), claim("R-9", (invented(1), "agree", "[0]"))]
    found, source = read_source("unifiedfc", unifiedfc(tmp_path, claims, "Fold_1: R-1"))
    assert len(found.documents) == 1
    assert source.problems == [
        f"{tmp_path}/dataset/R-9.json, article 1: expected claim R-9 in a fold of train_test_splits.txt, found it in "
        "none."
    ]


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ("Fold_1: R-1\nfold two: R-2", "line 2: expected Fold_<number>: and the ids of claims, found 'fold two: R-2'."),
        ("Fold_1: R-1\nFold_2: R-1", "line 2: expected each claim in one fold, found R-1 again."),
    ],
)
def test_folds_that_are_none_are_refused(tmp_path: Path, folds: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_source("unifiedfc", unifiedfc(tmp_path, [claim("R-1")], folds))
    assert str(caught.value) == f"{tmp_path}/train_test_splits.txt, {message}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"claim": " "}, "expected a claim with an id and its text, found none."),
        ({"id": 3}, "expected a claim with an id and its text, found none."),
        ({"stance": []}, "expected article, url, stance, rationale of one length, found others."),
        ({"url": None}, "expected article, url, stance, rationale of one length, found others."),
    ],
)
def test_a_claim_whose_lists_differ_is_refused(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    unifiedfc(tmp_path, [], "Fold_1: R-1")
    one = {**claim("R-1", (ARTICLE, "discuss", "")), **fields}
    unifiedfc(tmp_path, [one], "Fold_1: R-1")
    with pytest.raises(DataError) as caught:
        read_source("unifiedfc", tmp_path)
    assert str(caught.value) == f"{tmp_path}/dataset/{one['id']}.json: {message}"
