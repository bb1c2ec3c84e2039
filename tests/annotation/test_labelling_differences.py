"""What differs is found and said; what only looks otherwise in the file is not."""

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from msgspec.structs import replace

from stance.annotation.labelling_configuration import Screen
from stance.annotation.labelling_differences import compare, differences
from stance.annotation.registry import ActorKind, ActorRegistry, read_actors, read_targets
from stance.labels import MAIN

LABELS = Path(__file__).parents[2] / "labels"
CORPUS = read_actors(LABELS / "corpus" / "actors.yaml")
SCREEN = Screen(MAIN, CORPUS, read_targets(LABELS / "targets.yaml"), "1.0")
OURS = SCREEN.configuration()


def changed(old: str, new: str) -> str:
    assert OURS.count(old) == 1, old
    return OURS.replace(old, new)


def without(name: str) -> str:
    root = ET.fromstring(OURS)
    for parent in root.iter():
        for child in list(parent):
            if child.get("name") == name:
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")


def test_the_same_said_otherwise_is_the_same() -> None:
    root = ET.fromstring(OURS)
    for element in root.iter():
        element.attrib = dict(reversed(element.attrib.items()))
        element.tail = "\n\n\t"
    assert differences(f"<!-- by hand -->{ET.tostring(root, encoding='unicode')}", OURS) == []


FAVOR = 'alias="favor" hint="يريد بقاء القوة في النهاية" hotkey="3"'


@pytest.mark.parametrize(
    ("theirs", "said", "stored"),
    [
        (changed(FAVOR, FAVOR.replace("3", "z")), "stance: hotkey of favor is 'z', expected '3'", False),
        (
            changed(FAVOR, 'alias="favor" hotkey="3"'),
            "stance: hint of favor is missing, expected 'يريد بقاء القوة في النهاية'",
            False,
        ),
        (
            changed('value="معارض · against"', 'value="ضد"'),
            "stance: wording of against is 'ضد', expected 'معارض · against'",
            False,
        ),
        (changed('alias="ambivalent"', 'alias="mixed"'), "stance: ambivalent gone|stance: mixed added", True),
        (changed('alias="Statement" ', 'alias="Claim" '), "label: Statement gone|label: Claim added", True),
        (changed('value="holder"', 'value="says"'), "relations: holder gone|relations: says added", True),
        (changed('granularity="symbol"', 'granularity="word"'), "text: granularity is 'word', expected 'symbol'", True),
        (changed('value="$text"', 'value="$body"'), "text: value is '$body', expected '$text'", True),
        (without("channel"), "channel: Choices gone", True),
        (without("note"), "note: TextArea gone", True),
        (changed("<Relations>", '<Rating name="ease" toName="text"/><Relations>'), "ease: Rating added", False),
        (changed('value="من هو؟ · Who?"', 'value="Who?"'), "headings: 1 gone (من هو؟ · Who?), 1 added (Who?)", False),
        (changed("line-height: 2;", "line-height: 3;"), "layout or style: changed", False),
        (OURS.replace("1.0", "0.9"), None, False),
    ],
)
def test_each_difference_in_words(theirs: str, said: str | None, stored: bool) -> None:
    found = compare(theirs, OURS)
    assert {one.stored for one in found} == {stored}
    if said is None:
        (line,) = found
        assert line.words.startswith("headings: 1 gone (")
        assert "0.9" in line.words
    else:
        assert differences(theirs, OURS) == said.split("|")


def test_actors_that_came_and_went() -> None:
    fewer = dataclasses.replace(SCREEN, actors=ActorRegistry(CORPUS.actors[6:], world=CORPUS.world)).configuration()
    gone = [actor.id for actor in CORPUS.actors[:6]]
    (missing,) = compare(fewer, OURS)
    # In the order of the screen, which is by kind.
    assert sorted(missing.lacking) == sorted(gone)
    assert missing.words.startswith("actor: khaldunia.government, ")
    assert missing.words.endswith(" and 2 more gone")
    (added,) = compare(OURS, fewer)
    assert sorted(map(str, added.lost)) == sorted(gone)
    assert added.stored


def test_an_actor_under_another_kind() -> None:
    first = CORPUS.actors[0]
    moved = dataclasses.replace(
        SCREEN, actors=ActorRegistry((replace(first, kind=ActorKind.OUTLET), *CORPUS.actors[1:]), world=CORPUS.world)
    ).configuration()
    assert differences(moved, OURS) == [
        f"actor: heading of {first.id} is 'outlet', expected 'government'",
        "actor: choices in another order",
    ]


def test_long_wordings_are_shown_from_where_they_part() -> None:
    first = replace(CORPUS.actors[0], name={"ar": "حكومة"}, names=("a" * 70 + "b" * 70,), if_acting=())
    other = replace(first, names=("a" * 70 + "c" * 70,))
    theirs, ours = (
        dataclasses.replace(SCREEN, actors=ActorRegistry((actor,), world="invented")).configuration()
        for actor in (first, other)
    )
    assert differences(theirs, ours) == [
        f"actor: wording of {first.id} is '…{'a' * 20}{'b' * 39}…', expected '…{'a' * 20}{'c' * 39}…'"
    ]


def test_what_is_no_xml() -> None:
    assert differences("<View>", OURS) == ["the configuration is no XML (no element found: line 1, column 6)"]


def test_another_kind_of_field_under_our_name() -> None:
    root = ET.fromstring(OURS)
    (actor,) = [element for element in root.iter() if element.get("name") == "actor"]
    actor.tag, actor[:] = "TextArea", []
    (found,) = compare(ET.tostring(root, encoding="unicode"), OURS)
    assert found.words == "actor: TextArea where Taxonomy is expected"
    assert found.lost == found.lacking == (None,)
