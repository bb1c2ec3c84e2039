"""The annotator's guide says what is so: its hotkeys are the screen's, its examples read as they are explained."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import Screen, guideline_version
from stance.annotation.problems import Report
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import read_actors, read_targets
from stance.annotation.writer import write_export
from stance.labels import MAIN, Attribution, Channel

LABELS = Path(__file__).parents[2] / "labels"
GUIDE = LABELS / "guide"
TEXT = (GUIDE / "README.md").read_text("utf-8")
ACTORS = read_actors(LABELS / "corpus" / "actors.yaml")
TARGETS = read_targets(LABELS / "targets.yaml")


def examples() -> list[Document]:
    """The worked examples as somebody would have submitted them."""
    parts = re.split(r"^### .* · (\d+)$", TEXT, flags=re.M)[1:]
    return [_example(number, part) for number, part in zip(parts[::2], parts[1::2], strict=True)]


def _example(number: str, part: str) -> Document:
    (quoted,) = re.findall(r"^> (.+)$", part, re.M)
    (target,) = re.findall(r"^الهدف: `(.+)`$", part, re.M)
    text = quoted.replace("**", "")

    def spot(words: str) -> tuple[int, int]:
        assert text.count(words) == 1, (number, words)
        return text.index(words), text.index(words) + len(words)

    named = re.findall(r"^\| 🟦 \| (.+?) \| `(.+)` \|$", part, re.M)
    assert [words for words, _ in named] == re.findall(r"\*\*(.+?)\*\*", quoted), number
    mentions = [Mention(f"m{place}", *spot(words), actor) for place, (words, actor) in enumerate(named)]
    statements = []
    for place, (words, fields, holder) in enumerate(re.findall(r"^\| 🟧 \| (.+?) \| (.+) ← `(.+)` \|$", part, re.M)):
        stance, channel, attribution, *other = re.findall(r"`(.+?)`", fields)
        (start, end), held = spot(words), [mention for mention in mentions if mention.actor == holder]
        nearest = min(held, key=lambda mention: max(mention.start - end, start - mention.end))
        filled = (Channel(channel), Attribution(attribution), other[0] if other else None, nearest.id)
        statements.append(Statement(f"s{place}", start, end, holder, stance, *filled))
    assert len(mentions) + len(statements) == part.count("🟦") + part.count("🟧"), number
    annotation = Annotation(f"a{number}", "guide", tuple(mentions), tuple(statements))
    return Document(f"example-{number}", number, text, annotations=(annotation,), target=target)


def test_there_are_twenty_examples_with_reasons_in_both_languages() -> None:
    assert [document.task_id for document in examples()] == [str(number) for number in range(1, 21)]
    assert TEXT.count("**لماذا.**") == TEXT.count("**Why.**") == 20


def test_the_examples_are_annotations_that_the_reader_takes_whole(tmp_path: Path) -> None:
    write_export(tmp_path / "examples.json", examples())
    report = Report()
    allowed = {"actors": ACTORS.ids(), "targets": TARGETS.ids()}
    found = list(read_export(tmp_path / "examples.json", label_set=MAIN, report=report, **allowed))
    assert not report.problems
    for document, expected in zip(found, examples(), strict=True):
        (annotation,), (meant,) = document.annotations, expected.annotations
        assert (annotation.mentions, annotation.statements) == (meant.mentions, meant.statements)
    statements = [statement for document in found for statement in document.annotations[0].statements]
    # All that can be chosen occurs, and articles in which nothing is.
    assert {statement.stance for statement in statements} == set(MAIN.sides)
    assert {statement.channel for statement in statements} == set(Channel)
    assert {statement.attribution for statement in statements} == set(Attribution)
    assert any(not document.annotations[0].statements for document in found)


def test_no_example_is_in_the_guidelines_or_the_corpus() -> None:
    known = (LABELS / "guidelines.md").read_text("utf-8") + (LABELS / "corpus" / "export.json").read_text("utf-8")
    for document in examples():
        assert document.text not in known
        assert all(statement_text(document, one) not in known for one in document.annotations[0].statements)


def statement_text(document: Document, statement: Statement) -> str:
    return document.text[statement.start : statement.end]


def test_the_hotkeys_are_the_screens() -> None:
    screen = ET.fromstring(Screen(MAIN, ACTORS, TARGETS, guideline_version()).configuration())
    made = {tag.get("hotkey"): tag.get("alias") for tag in screen.iter() if tag.get("hotkey")}
    assert made == dict(re.findall(r"^\| `(\w)` \| `(\w+)` \|", TEXT, re.M))


@pytest.mark.parametrize("name", re.findall(r"\]\((pictures/.+?)\)", TEXT))
def test_the_pictures_are_there_and_small(name: str) -> None:
    assert 0 < (GUIDE / name).stat().st_size < 300_000
