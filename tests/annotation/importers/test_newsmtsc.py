from pathlib import Path
from typing import Any

import pytest

from stance.annotation.importers import read_source
from stance.annotation.importers.source import Imported
from stance.data.examples import build_dataset
from stance.data.splits import SplitPlan, group_documents, split
from stance.errors import DataError
from stance.labels import NEWSMTSC
from tests.annotation.importers.sources import LATIN, coded, invented, newsmtsc, sentence

TEXT = "😀 Ann met Bo. She liked him."


def imported(folder: Path, *train: Any, **dev: Any) -> tuple[Imported, list[str]]:
    found, source = read_source("newsmtsc", newsmtsc(folder, train, **dev))
    return found, [problem.removeprefix(f"{folder}/") for problem in source.problems]


def test_marked_persons_are_actors_whose_mentions_are_code_points(tmp_path: Path) -> None:
    she = {"from": 14, "to": 17, "mention": "She"}
    found, problems = imported(
        tmp_path,
        sentence(
            TEXT,
            coded(TEXT, "Ann", 6.0, name="Ann Example", further_mentions=[she]),
            coded(TEXT, "Bo", 2.0, name=" Bo\nSample "),
        ),
    )
    assert not problems
    (document,) = found.documents
    assert (document.document_id, document.language, document.split) == ("newsmtsc-train-1", "en", "train")
    (annotation,) = document.annotations
    # The face is one code point, though two UTF-16 units: Ann begins at 2.
    assert [(m.start, m.end, m.actor) for m in annotation.mentions] == [
        (2, 5, "Ann Example"),
        (14, 17, "Ann Example"),
        (10, 12, "Bo Sample"),
    ]
    assert [TEXT[m.start : m.end] for m in annotation.mentions] == ["Ann", "She", "Bo"]
    assert [(s.holder, s.stance, s.start, s.end) for s in annotation.statements] == [
        ("Ann Example", "positive", 0, len(TEXT)),
        ("Bo Sample", "negative", 0, len(TEXT)),
    ]
    assert [s.mention for s in annotation.statements] == [annotation.mentions[0].id, annotation.mentions[2].id]
    examples = build_dataset(found.documents, NEWSMTSC).examples
    assert [(e.actor, e.target, e.label) for e in examples] == [
        ("Ann Example", "portrayal", "positive"),
        ("Bo Sample", "portrayal", "negative"),
    ]
    assert examples[0].mentions == ((2, 5), (14, 17))


def test_the_same_rows_stand_beside_with_nobody_marked(tmp_path: Path) -> None:
    found, _ = imported(
        tmp_path,
        sentence(TEXT, coded(TEXT, "Ann", 6.0), coded(TEXT, "Bo", 2.0)),
        rw=[sentence(TEXT, coded(TEXT, "Bo", 4.0))],
    )
    untold = found.beside["untold"]
    assert [(one.document_id, one.split) for one in untold.documents] == [
        ("newsmtsc-train-1-1", "train"),
        ("newsmtsc-train-1-2", "train"),
        ("newsmtsc-rw-1-1", "test"),
    ]
    assert {one.page for one in untold.documents} == {one.page for one in found.documents}
    examples = build_dataset(untold.documents, NEWSMTSC).examples
    assert [(e.actor, e.target, e.mentions, e.label) for e in examples] == [
        ("author", "portrayal", (), "positive"),
        ("author", "portrayal", (), "negative"),
        ("author", "portrayal", (), "neutral"),
    ]


def test_a_name_that_is_coded_twice_makes_two_examples(tmp_path: Path) -> None:
    text = "Ann praised Ann."
    second = {**coded(text, "Ann", 4.0), "from": 12, "to": 15}
    found, _ = imported(tmp_path, sentence(text, coded(text, "Ann", 6.0), second))
    examples = build_dataset(found.documents, NEWSMTSC).examples
    assert [(e.actor, e.label, e.mentions) for e in examples] == [
        ("Ann Example", "positive", ((0, 3),)),
        ("Ann Example (2)", "neutral", ((12, 15),)),
    ]


def test_both_dev_parts_are_tested_and_articles_are_kept_together(tmp_path: Path) -> None:
    def line(article: int, number: int) -> dict[str, Any]:
        text = f"Ann {invented(number, LATIN)}."
        gid = f"polusa_v1_{article}_-1_{number}_Ann_0_3"
        return sentence(text, {**coded(text, "Ann", (2.0, 4.0, 6.0)[number % 3]), "Input.gid": gid})

    train = [line(number, number) for number in range(30)]
    # Article 5 was trained on; its other sentence is tested.
    found, problems = imported(tmp_path, *train, rw=[line(5, 31)], mt=[line(90, 32), line(91, 33)])
    assert not problems
    assert [(d.document_id, d.split, d.page) for d in found.documents[-3:]] == [
        ("newsmtsc-rw-1", "test", "newsmtsc-polusa_v1_5"),
        ("newsmtsc-mt-1", "test", "newsmtsc-polusa_v1_90"),
        ("newsmtsc-mt-2", "test", "newsmtsc-polusa_v1_91"),
    ]
    dataset = build_dataset(found.documents, NEWSMTSC)
    (fold,) = split(dataset, group_documents(dataset), SplitPlan("official", 0)).folds
    assert len(fold.test) == 3
    assert not [name for name in (*fold.train, *fold.validation) if name.startswith("newsmtsc-train-6|")]
    assert len(fold.train) + len(fold.validation) == 29


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"from": 3, "to": 6}, "expected 'Ann' from 3 to 6, found 'nn '."),
        ({"from": -3, "to": 5}, "expected 'Ann' from -3 to 5, found ''."),
        ({"from": 5, "to": 2}, "expected 'Ann' from 5 to 2, found ''."),
        ({"from": 2, "to": 99}, "expected 'Ann' from 2 to 99, found 'Ann met Bo. She liked him.'."),
        ({"polarity": 3.0}, "expected a polarity among 2.0, 4.0, 6.0, found 3.0."),
        ({"further_mentions": [{"from": 0, "to": 3, "mention": "She"}]}, "expected 'She' from 0 to 3, found '😀 A'."),
        ({"Input.gid": "Ann_0_3"}, "expected an Input.gid of article, sentence, name and offsets, found 'Ann_0_3'."),
        ({"Input.gid": "allsides_1_2_3_ _0_3"}, "expected an Input.gid of article, sentence, name and offsets, "
         "found 'allsides_1_2_3_ _0_3'."),
        ({"from": "2"}, "expected a target with Input.gid, from, to, mention and polarity, found Expected `int`, got "
         "`str` - at `$.from`."),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_read_is_told_and_costs_no_other(
    tmp_path: Path, wrong: dict[str, Any], problem: str
) -> None:
    targets = [{**coded(TEXT, "Ann"), **wrong}, coded(TEXT, "Bo", 2.0, name="Bo")]
    found, problems = imported(tmp_path, sentence(TEXT, coded(TEXT, "Ann")), sentence(TEXT, *targets))
    assert problems == [f"train.jsonl, line 2, target 1: {problem}"]
    assert [len(document.annotations[0].statements) for document in found.documents] == [1, 1]
    assert found.documents[1].annotations[0].statements[0].holder == "Bo"


def test_a_line_that_is_no_sentence_is_told(tmp_path: Path) -> None:
    found, problems = imported(tmp_path, "{", sentence(TEXT, coded(TEXT, "Ann")), '{"targets": []}')
    assert [document.document_id for document in found.documents] == ["newsmtsc-train-2"]
    assert problems == [
        "train.jsonl, line 1: expected sentence_normalized and a list of targets, found Input data was truncated.",
        "train.jsonl, line 3: expected sentence_normalized and a list of targets, found Object missing required field "
        "`sentence_normalized`.",
    ]


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_source("newsmtsc", tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/train.jsonl: no such file. Name the folder that holds train.jsonl, dev_rw.jsonl and dev_mt.jsonl."
    )
