from pathlib import Path
from typing import Any

import pytest

from stance.annotation.importers import read_source
from stance.annotation.importers.source import Imported
from stance.data.examples import build_dataset
from stance.errors import DataError
from stance.labels import AUTHOR, FAVOR_AGAINST_NONE
from tests.annotation.importers.sources import arabicstancex, write_json

TRAIN = {"3": "أحب نيوم\n#نيوم", "5": "لا"}
GIVEN = {"3": "Favor", "5": "Against"}


def imported(folder: Path, topics: dict[str, Any]) -> tuple[Imported, list[str]]:
    found, source = read_source("arabicstancex", arabicstancex(folder, topics))
    return found, [problem.removeprefix(f"{folder}/") for problem in source.problems]


def test_tweets_of_both_parts_are_documents_on_their_topic(tmp_path: Path) -> None:
    found, problems = imported(
        tmp_path,
        {"train/economy/Neom": (TRAIN, GIVEN), "test/economy/Neom": ({"4": "ربما"}, {"4": "None"})},
    )
    assert not problems
    assert [(d.document_id, d.target, d.split, d.text) for d in found.documents] == [
        ("arabicstancex-Neom-3", "Neom", "train", "أحب نيوم\n#نيوم"),
        ("arabicstancex-Neom-5", "Neom", "train", "لا"),
        ("arabicstancex-Neom-4", "Neom", "test", "ربما"),
    ]
    examples = build_dataset(found.documents, FAVOR_AGAINST_NONE).examples
    assert [(example.actor, example.label) for example in examples] == [
        (AUTHOR, "favor"),
        (AUTHOR, "against"),
        (AUTHOR, "none"),
    ]
    assert found.label_set == "favor-against-none"


def test_topics_are_worded_by_what_they_ask_or_else_by_their_name(tmp_path: Path) -> None:
    found, _ = imported(
        tmp_path,
        {"train/x/mosques_speakers": (TRAIN, GIVEN), "train/x/Some_new_topic": (TRAIN, GIVEN),
         "test/x/Some_new_topic": ({"9": "نعم"}, {"9": "Favor"})},
    )  # fmt: skip
    assert found.targets.describe("mosques_speakers", "ar") == "إغلاق مكبرات الصوت في المساجد | مع | ضد"
    assert found.targets.describe("Some_new_topic", "ar") == "Some new topic | مع | ضد"
    assert len(found.targets.targets) == 2


@pytest.mark.parametrize(
    ("texts", "stances", "problem"),
    [
        (TRAIN, {**GIVEN, "5": "against"}, "expected a stance among Favor, Against, None, found 'against'."),
        (TRAIN, {"3": "Favor"}, "expected a stance among Favor, Against, None, found None."),
        ({"3": "نعم"}, GIVEN, "expected a text, found nothing."),
        ({**TRAIN, "5": 7}, GIVEN, "expected a text, found 7."),
        ({**TRAIN, "5": ""}, GIVEN, "expected a text, found an empty one."),
        (TRAIN, {**GIVEN, "5": ["Favor"]}, "expected a stance among Favor, Against, None, found ['Favor']."),
    ],
)
def test_a_tweet_that_cannot_be_read_is_told_with_its_id(
    tmp_path: Path, texts: Any, stances: Any, problem: str
) -> None:
    found, problems = imported(
        tmp_path, {"train/economy/Neom": (texts, stances), "test/economy/Neom": ({"4": "ربما"}, {"4": "None"})}
    )
    assert problems == [f"train/economy/Neom.json, id 5: {problem}"]
    assert [document.document_id for document in found.documents] == ["arabicstancex-Neom-3", "arabicstancex-Neom-4"]


def test_a_tweet_of_both_parts_is_told(tmp_path: Path) -> None:
    _, problems = imported(tmp_path, {"train/a/Neom": (TRAIN, GIVEN), "test/a/Neom": (TRAIN, GIVEN)})
    assert problems == [
        f"test/a/Neom.json, id {key}: expected an id of its own, found 'arabicstancex-Neom-{key}' again."
        for key in ("3", "5")
    ]


@pytest.mark.parametrize("content", [["text"], {"text": []}, {"text": {}, "stance": None}])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: Any) -> None:
    write_json(tmp_path / "train" / "a" / "Neom.json", content)
    with pytest.raises(DataError) as caught:
        read_source("arabicstancex", tmp_path)
    assert str(caught.value) == (
        f'{tmp_path}/train/a/Neom.json: expected {{"text": {{…}}, "stance": {{…}}}}, found something else.'
    )


def test_a_part_without_files_is_refused(tmp_path: Path) -> None:
    arabicstancex(tmp_path, {"train/a/Neom": (TRAIN, GIVEN)})
    with pytest.raises(DataError) as caught:
        read_source("arabicstancex", tmp_path)
    assert str(caught.value) == f"{tmp_path}/test: expected files <domain>/<Topic>.json, found none."
