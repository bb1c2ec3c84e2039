from pathlib import Path

import pytest

from stance.annotation.document_lines import read_document_lines
from stance.annotation.importers import read_source
from stance.annotation.importers.source import Imported
from stance.commands.importing import import_source
from stance.data.examples import build_dataset
from stance.errors import DataError
from stance.labels import AUTHOR, FAVOR_AGAINST_NONE, MAWQIF_SARCASM, MAWQIF_SENTIMENT
from tests.annotation.importers.sources import mawqif, tweet


def imported(folder: Path, *rows: dict[str, str], asked: tuple[dict[str, str], ...] = ()) -> tuple[Imported, list[str]]:
    found, source = read_source("mawqif", mawqif(folder, rows, asked))
    return found, [problem.removeprefix(f"{folder}/") for problem in source.problems]


def test_a_tweet_is_a_document_whose_author_has_a_stance(tmp_path: Path) -> None:
    row = tweet(
        7, text=" نعم للقاح 😅 \nالآن", target="Covid Vaccine", stance="Favor", **{"stance:confidence": "0.5116"}
    )
    found, problems = imported(tmp_path, row)
    (document,) = found.documents
    assert not problems
    assert document.text == " نعم للقاح 😅 \nالآن"
    assert (document.document_id, document.target, document.language) == ("mawqif-7", "covid-vaccine", "ar")
    assert (document.split, document.published) == ("train", "2021-01-16")
    (annotation,) = document.annotations
    assert (annotation.annotator, annotation.ground_truth, annotation.score) == ("published", True, 0.5116)
    (statement,) = annotation.statements
    assert (statement.start, statement.end, statement.holder, statement.stance) == (0, 18, AUTHOR, "favor")
    assert annotation.mentions == ()


def test_the_three_stances_and_the_empty_cell_that_means_none(tmp_path: Path) -> None:
    rows = [tweet(number, stance=name) for number, name in enumerate(("Favor", "Against", "None", ""))]
    found, _ = imported(tmp_path, *rows)
    dataset = build_dataset(found.documents, FAVOR_AGAINST_NONE)
    assert [example.label for example in dataset.examples] == ["favor", "against", "none", "none"]
    assert [example.soft for example in dataset.examples][:2] == [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)]


def test_sentiment_and_sarcasm_stand_beside_under_the_same_ids(tmp_path: Path) -> None:
    confidences = {"sentiment:confidence": "0.6", "sarcasm:confidence": "0.9"}
    found, _ = imported(tmp_path, tweet(1, sentiment="Negative", sarcasm="Yes", **confidences), tweet(2))
    assert list(found.beside) == ["sentiment", "sarcasm"]
    for kind, labels, expected, score in (
        ("sentiment", MAWQIF_SENTIMENT, ["negative", "neutral"], 0.6),
        ("sarcasm", MAWQIF_SARCASM, ["sarcastic", "not_sarcastic"], 0.9),
    ):
        other = found.beside[kind]
        dataset = build_dataset(other.documents, labels)
        assert other.label_set == labels.id
        assert [example.label for example in dataset.examples] == expected
        assert [one.document_id for one in other.documents] == [one.document_id for one in found.documents]
        assert {one.target for one in other.documents} == other.targets.ids()
        assert other.documents[0].annotations[0].score == score


def test_the_official_test_becomes_documents_to_predict(tmp_path: Path) -> None:
    asked = (tweet(3, text="ماذا؟", target="Women empowerment"),)
    imported(tmp_path / "source", tweet(1), asked=asked)
    import_source("mawqif", str(tmp_path / "source"), str(tmp_path / "made.json"))
    (line,) = read_document_lines(tmp_path / "made.unlabelled.jsonl")
    assert (line.document_id, line.text, line.target, line.language) == (
        "mawqif-3",
        "ماذا؟",
        "women-empowerment",
        "ar",
    )
    assert [(given.actor, given.mentions) for given in line.actors or ()] == [(AUTHOR, ())]
    assert "mawqif-3" not in (tmp_path / "made.json").read_text("utf-8")
    assert "mawqif-3" not in (tmp_path / "made.sentiment.json").read_text("utf-8")


def test_targets_are_worded_in_arabic_first(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, tweet(1))
    assert [target.id for target in found.targets.targets] == [
        "covid-vaccine",
        "digital-transformation",
        "women-empowerment",
    ]
    assert found.targets.describe("covid-vaccine", "ar") == "لقاح كورونا | مع | ضد"
    # A document that names no language gets the same.
    assert found.targets.describe("covid-vaccine", None) == "لقاح كورونا | مع | ضد"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"stance": "For"}, "expected a stance among Favor, Against, None, nothing, found 'For'."),
        ({"target": "Vaccine"}, "expected a target among Covid Vaccine, Digital Transformation, Women empowerment, "
         "found 'Vaccine'."),
        ({"sentiment": ""}, "expected a sentiment among Positive, Negative, Neutral, found ''."),
        ({"sarcasm": "yes"}, "expected sarcasm among Yes, No, found 'yes'."),
        ({"stance:confidence": "1.2"}, "expected a number from 0 to 1 in stance:confidence, found '1.2'."),
        ({"sarcasm:confidence": "nan"}, "expected a number from 0 to 1 in sarcasm:confidence, found 'nan'."),
        ({"text": "  "}, "expected a text, found an empty one."),
        ({"ID": " "}, "expected an ID, found an empty one."),
        ({"ID": "1"}, "expected an id of its own, found 'mawqif-1' again."),
        ({"datetime": "16/01/2021"}, "expected a time such as 2021-01-16 03:19:19+00:00 in datetime, "
         "found '16/01/2021'."),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_told_and_left_out_of_all(
    tmp_path: Path, wrong: dict[str, str], problem: str
) -> None:
    found, problems = imported(tmp_path, tweet(1), tweet(2, **wrong), tweet(3))
    assert problems == [f"train.csv, line 3: {problem}"]
    for part in (found, *found.beside.values()):
        assert [document.document_id for document in part.documents] == ["mawqif-1", "mawqif-3"]


def test_an_unlabelled_row_of_another_target_is_told(tmp_path: Path) -> None:
    found, problems = imported(tmp_path, tweet(1), asked=(tweet(2, target="x"), tweet(3)))
    assert [document.document_id for document in found.unlabelled] == ["mawqif-3"]
    assert len(problems) == 1
    assert problems[0].startswith("test_unlabelled.csv, line 2: expected a target among")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    mawqif(tmp_path, [tweet(1)])
    (tmp_path / "test_unlabelled.csv").unlink()
    with pytest.raises(DataError) as caught:
        read_source("mawqif", tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/test_unlabelled.csv: no such file. Name the folder that holds train.csv and test_unlabelled.csv."
    )
