"""What may be learned from beside a data set: never what copies a text that is held out."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stance.annotation.records import Document
from stance.annotation.writer import write_export
from stance.data.loading import Loaded, load
from stance.data.sources import Source, load_source
from stance.errors import ConfigurationError, DataError
from stance.settings import DataSettings, SourceSettings, TargetSettings
from tests.doubles import write_registries

from .articles import annotation, document, invented_text, says

CHANCE = random.Random(5)
OWN, SHARED, OTHER, TESTED = ([*invented_text(CHANCE)] for _ in range(4))


def article(name: str, words: list[str], **fields: str) -> Document:
    return document(name, annotation("lina", says("gov", "favor")), text=" ".join(words), **{"target": "t1", **fields})


def changed(words: list[str]) -> list[str]:
    """A near-duplicate: one word of sixty is another."""
    return [*words[:-1], "نسخة"]


def settings(folder: Path, name: str, documents: list[Document], share: float = 1.0) -> SourceSettings:
    _, targets = write_registries(folder)
    write_export(folder / f"{name}.json", documents)
    data = DataSettings(export=str(folder / f"{name}.json"))
    return SourceSettings(data, TargetSettings(str(targets)), share)


@pytest.fixture
def main(tmp_path: Path) -> tuple[Loaded, str]:
    """Two articles of texts of their own, and the export they were read from."""
    given = settings(tmp_path, "main", [article("m1", OWN), article("m2", SHARED)])
    return load(given.data, given.target), given.data.export


def source(folder: Path, main: tuple[Loaded, str], *documents: Document, share: float = 1.0) -> Source:
    return load_source("other", settings(folder, "other", list(documents), share), *main)


def learned(source: Source, *trained: str) -> list[str]:
    return [example.document_id for example in source.learnable(trained).examples]


def test_a_copy_is_learned_from_only_where_what_it_copies_is_trained_on(
    tmp_path: Path, main: tuple[Loaded, str]
) -> None:
    # The same id says nothing: m1 is another text there.
    found = source(tmp_path, main, article("m1", OTHER), article("s2", changed(SHARED)), article("s3", OWN))
    assert learned(found, "m1", "m2") == ["m1", "s2", "s3"]
    assert learned(found, "m1") == ["m1", "s3"]
    assert learned(found, "m2") == ["m1", "s2"]
    assert learned(found) == ["m1"]


def test_what_stands_on_a_page_with_a_copy_goes_with_it(tmp_path: Path, main: tuple[Loaded, str]) -> None:
    found = source(tmp_path, main, article("s1", changed(OWN), page="p"), article("s2", OTHER, page="p"))
    assert learned(found, "m2") == []
    assert learned(found, "m1") == ["s1", "s2"]


def test_the_published_test_part_is_never_learned_from_nor_its_copies(tmp_path: Path, main: tuple[Loaded, str]) -> None:
    parts = [
        article("s1", OTHER, split="train"),
        article("s2", TESTED, split="test"),
        article("s3", changed(TESTED), split="validation"),
    ]
    found = source(tmp_path, main, *parts)
    assert learned(found, "m1", "m2") == ["s1"]
    assert (len(found.loaded.dataset), len(found.dataset)) == (3, 1)
    with pytest.raises(DataError, match="expected examples to learn from, found its published test part alone"):
        source(tmp_path, main, *parts[1:])


def test_the_same_data_and_no_share_are_refused(tmp_path: Path, main: tuple[Loaded, str]) -> None:
    given = settings(tmp_path, "other", [])
    shutil.copyfile(main[1], given.data.export)
    with pytest.raises(ConfigurationError) as caught:
        load_source("other", given, *main)
    assert str(caught.value) == (
        f"Expected another data set as the source 'other', found {tmp_path / 'other.json'}, which is trained and "
        "tested on. Leave it out of sources."
    )
    with pytest.raises(ConfigurationError, match=r"^Expected sources\.other\.share above 0, found 0\.$"):
        source(tmp_path, main, article("s1", OTHER), share=0)


def test_the_import_of_a_public_set_that_is_missing_is_shown(tmp_path: Path, main: tuple[Loaded, str]) -> None:
    given = settings(tmp_path, "other", [article("s1", OTHER)])
    for name in ("ans.json", "mawqif.sentiment.json"):
        missing = replace(given, data=DataSettings(export=str(tmp_path / name)))
        public = name.partition(".")[0]
        with pytest.raises(DataError) as caught:
            load_source(public, missing, *main)
        assert str(caught.value) == (
            f"{tmp_path / name}: no such file. Make it: stance import {public} FOLDER --out {tmp_path / public}.json"
        )
