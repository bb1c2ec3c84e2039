"""The labelling configuration offers exactly what the code and the registries know, and what the reader takes."""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import GUIDELINES, Screen, actor_path, digest, guideline_version
from stance.annotation.problems import Report
from stance.annotation.registry import (
    Actor,
    ActorKind,
    ActorRegistry,
    Target,
    TargetRegistry,
    read_actors,
    read_targets,
)
from stance.errors import ConfigurationError, DataError
from stance.labels import AUTHOR, ISSUEPOSITIONS, MAIN, Attribution, Channel, LabelSet

LABELS = Path(__file__).parents[2] / "labels"
WORDS = GUIDELINES.read_text(encoding="utf-8")
CORPUS = read_actors(LABELS / "corpus" / "actors.yaml")
TARGETS = read_targets(LABELS / "targets.yaml")
SCREEN = Screen(MAIN, CORPUS, TARGETS, guideline_version())
CONFIGURATION = SCREEN.configuration()

TEXT = "قال مأمون الراشدي إن المهمة انتهت"
ACTOR = (4, 17)
STATEMENT = (18, 33)


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(CONFIGURATION)


def control(root: ET.Element, name: str) -> ET.Element:
    (found,) = [element for element in root.iter() if element.get("name") == name]
    return found


def stored(root: ET.Element, name: str) -> list[str]:
    """The leaves' values as an export carries them, in the order shown."""
    leaves = [choice for choice in control(root, name).iter("Choice") if choice.find("Choice") is None]
    return [choice.get("alias") or choice.attrib["value"] for choice in leaves]


def item(identifier: str, kind: str, name: str, span: tuple[int, int], values: list) -> dict:
    value = {"start": span[0], "end": span[1], "text": TEXT[slice(*span)], kind: values}
    return {"id": identifier, "type": kind, "from_name": name, "to_name": "text", "value": value}


def sample(**changed: list) -> list[dict]:
    """An annotation as a server exports it; `changed` replaces a field's values."""
    values = {"stance": ["against"], "channel": ["private"], "attribution": ["own"], "target": ["khaldunia-valoria"]}
    values.update(changed)
    actor = values.pop("actor", [["person", "khaldunia.prime_minister"]])
    return [
        item("a", "labels", "label", ACTOR, ["Actor"]),
        item("a", "taxonomy", "actor", ACTOR, actor),
        item("s", "labels", "label", STATEMENT, ["Statement"]),
        *(item("s", "choices", name, STATEMENT, chosen) for name, chosen in values.items()),
        {"type": "relation", "from_id": "s", "to_id": "a", "direction": "right", "labels": ["holder"]},
    ]


def read(results: list[list[dict]], folder: Path, label_set: LabelSet = MAIN, actors=None, targets=None):
    """What the reader makes of one annotation after the other, each of a task of its own; nothing may be wrong."""
    tasks = [
        {"id": number, "data": {"text": TEXT, "document_id": str(number)}, "annotations": [{"id": 1, "result": result}]}
        for number, result in enumerate(results)
    ]
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), "utf-8")
    report = Report()
    found = list(read_export(path, label_set=label_set, actors=actors, targets=targets, report=report))
    assert not report.problems
    return [document.annotations[0] for document in found]


def test_region_labels_and_relation(root: ET.Element) -> None:
    assert [label.get("alias") for label in control(root, "label")] == ["Actor", "Statement"]
    assert [relation.get("value") for relation in root.iter("Relation")] == ["holder"]


def test_stances_are_the_main_sets_sides(root: ET.Element) -> None:
    assert stored(root, "stance") == list(MAIN.sides)
    assert MAIN.absent not in stored(root, "stance")
    assert control(root, "stance").get("required") == "true"


def test_channels_and_attributions(root: ET.Element) -> None:
    assert stored(root, "channel") == [channel.value for channel in Channel]
    assert stored(root, "attribution") == [attribution.value for attribution in Attribution]


def test_targets_are_those_of_the_actors_world(root: ET.Element) -> None:
    targets = [target for target in TARGETS.targets if target.world == "invented"]
    assert 0 < len(targets) < len(TARGETS.targets)
    choices = list(control(root, "target").iter("Choice"))
    assert [(choice.get("alias"), choice.get("value")) for choice in choices] == [
        (target.id, target.wording["ar"]) for target in targets
    ]
    shown = [header.get("value", "") for header in root.iter("Header")]
    for target in targets:
        wording = shown.index(f"{target.wording['ar']} — {target.id}")
        assert shown[wording + 1] == f"مؤيِّد: {target.poles['favor']['ar']} · معارض: {target.poles['against']['ar']}"


def test_actors_stand_under_their_kind(root: ET.Element) -> None:
    found = {
        leaf.attrib["alias"]: (kind.attrib["alias"], leaf.attrib["value"].split(" · ")[0])
        for kind in control(root, "actor")
        for leaf in kind
    }
    assert len(stored(root, "actor")) == len(found)
    assert found == {actor.id: (actor.kind.value, actor.name["ar"]) for actor in CORPUS.actors}


@pytest.mark.parametrize("registry", ["actors.yaml", "corpus/actors.yaml"])
def test_every_name_of_an_actor_can_be_searched(registry: str) -> None:
    """Label Studio searches what it shows of a choice, neither alias nor hint."""
    actors = read_actors(LABELS / registry)
    made = ET.fromstring(dataclasses.replace(SCREEN, actors=actors).configuration())
    shown = {leaf.attrib["alias"]: leaf.attrib["value"] for leaf in control(made, "actor").iter("Choice")}
    for actor in actors.actors:
        for name in (*actor.name.values(), *actor.names, *actor.short, *actor.if_acting):
            assert name in shown[actor.id]


def test_every_kind_of_actor_has_a_heading() -> None:
    actors = tuple(Actor(f"one.{kind}", kind, {"en": kind.value}) for kind in ActorKind)
    screen = Screen(MAIN, ActorRegistry(actors), None, "1.0")
    kinds = control(ET.fromstring(screen.configuration()), "actor")
    assert {kind.attrib["alias"]: len(kind) for kind in kinds} == {kind.value: 1 for kind in ActorKind}


def test_no_two_siblings_look_alike() -> None:
    """Label Studio drops a taxonomy choice whose shown value a sibling has already."""
    twins = tuple(Actor(f"syria.government_{year}", ActorKind.GOVERNMENT, {"ar": "حكومة"}) for year in (2011, 2024))
    (kind,) = control(ET.fromstring(Screen(MAIN, ActorRegistry(twins), None, "1").configuration()), "actor")
    assert [leaf.attrib["value"] for leaf in kind] == [
        "حكومة · syria.government_2011",
        "حكومة · syria.government_2024",
    ]


def test_the_real_registry_makes_a_configuration_that_a_browser_can_take() -> None:
    real = read_actors(LABELS / "actors.yaml")
    made = dataclasses.replace(SCREEN, actors=real).configuration()
    assert len(stored(ET.fromstring(made), "actor")) == len(real.actors) > 700
    assert len(made.encode()) < 300_000


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("stance", "Statement"),
        ("channel", "Statement"),
        ("attribution", "Statement"),
        ("target", "Statement"),
        ("actor", "Actor,Statement"),
    ],
)
def test_per_region_fields_show_for_their_regions_only(root: ET.Element, name: str, labels: str) -> None:
    field = control(root, name)
    assert field.get("perRegion") == "true"
    assert (field.get("visibleWhen"), field.get("whenTagName")) == ("region-selected", "label")
    assert field.get("whenLabelValue") == labels
    assert field.get("toName") == "text"


def test_required_never_stands_with_two_labels(root: ET.Element) -> None:
    """Label Studio compares a required field's whenLabelValue as one label: with two it would require nothing."""
    for element in root.iter():
        if element.get("required") == "true":
            assert "," not in element.get("whenLabelValue", "")


def test_text_reads_right_to_left_by_code_points(root: ET.Element) -> None:
    text = control(root, "text")
    assert (text.get("value"), text.get("granularity")) == ("$text", "symbol")
    (around,) = [view for view in root.iter("View") if text in list(view)]
    assert around.get("className") == "stance-text"
    (style,) = root.iter("Style")
    assert re.search(r"\.stance-text[^}]*\{[^}]*direction: rtl", style.text or "")


def test_headers_show_no_undefined(root: ET.Element) -> None:
    """A missing field shows as "undefined" unless it is alone, and data.source is overwritten while labelling."""
    for header in root.iter("Header"):
        value = header.attrib["value"]
        assert "$" not in value or re.fullmatch(r"\$\w+", value)
        assert value != "$source"


def test_hotkeys_are_distinct_and_on_the_cheat_sheets(root: ET.Element) -> None:
    keyed = [element for element in root.iter() if element.get("hotkey")]
    assert len({element.get("hotkey") for element in keyed}) == len(keyed) == 11
    _, arabic, english = re.split(r"## ورقة واحدة|## Cheat sheet", WORDS)
    for element in keyed:
        shown, _, name = element.attrib["value"].partition(" · ")
        assert f"| `{element.get('hotkey')}` | {shown} |" in arabic
        assert f"| `{element.get('hotkey')}` | {name} |" in english


def test_guideline_version_is_stated_the_same_everywhere(root: ET.Element) -> None:
    version = guideline_version()
    newest = re.findall(r"^- \*\*(\d+\.\d+)\*\*", WORDS, flags=re.MULTILINE)[0]
    assert newest == version
    shown = " ".join(header.attrib["value"] for header in root.iter("Header"))
    assert re.findall(r"(?:الإصدار|version) ([\d.]+)", shown) == [version, version]


@pytest.mark.parametrize(
    ("words", "found"),
    [("# دليل", "none"), ("**الإصدار 1.0 · Version 1.1**", "1.0 and 1.1")],
)
def test_guidelines_of_no_one_version(words: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "guidelines.md"
    path.write_text(words, "utf-8")
    with pytest.raises(DataError, match=f"expected one version in the line .*, found {found}"):
        guideline_version(path)


def test_guidelines_name_what_can_be_chosen() -> None:
    _, arabic, english = re.split(r'<a id="العربية"></a>|<a id="english"></a>', WORDS)
    for half in (arabic, english):
        for name in (*MAIN.classes, *Channel, *Attribution):
            assert f"`{name}`" in half
        assert len(re.findall(r"^\| \d+ \|", half, flags=re.MULTILINE)) >= 15


def test_no_placeholder_is_left(root: ET.Element) -> None:
    for element in root.iter():
        assert not {"only", "each"} & element.attrib.keys()
        assert not any(re.search(r"\{\w+\}", value) for value in element.attrib.values())


def test_every_choice_comes_back_through_the_reader(root: ET.Element, tmp_path: Path) -> None:
    fields = {name: stored(root, name) for name in ("stance", "channel", "attribution", "target")}
    results = [sample(**{name: [value]}) for name, values in fields.items() for value in values]
    results += [sample(actor=[actor_path(actor)]) for actor in CORPUS.actors]
    read_back = read(results, tmp_path, MAIN, CORPUS.ids(), TARGETS.ids())
    statements = [annotation.statements[0] for annotation in read_back]
    found = [
        getattr(statement, name)
        for statement, name in zip(statements, [name for name in fields for _ in fields[name]], strict=False)
    ]
    assert found == [value for values in fields.values() for value in values]
    assert [statement.holder for statement in statements[len(found) :]] == stored_order(root)


def stored_order(root: ET.Element) -> list[str]:
    offered = set(stored(root, "actor"))
    return [actor.id for actor in CORPUS.actors if actor.id in offered]


def test_an_actors_path_leads_to_it(root: ET.Element) -> None:
    paths = [[kind.attrib["alias"], leaf.attrib["alias"]] for kind in control(root, "actor") for leaf in kind]
    assert sorted(paths) == sorted(actor_path(actor) for actor in CORPUS.actors)


def test_label_studio_accepts_the_configuration() -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(CONFIGURATION)
    interface.validate()
    assert sorted(interface.get_control("label").labels) == ["Actor", "Statement"]
    assert interface.validate_annotation({"result": sample()})
    assert interface.validate_prediction({"result": sample(), "model_version": "1"}, return_errors=True) == []


@pytest.mark.parametrize("changed", [{"stance": ["none"]}, {"channel": ["secret"]}, {"actor": [["person", "nobody"]]}])
def test_label_studio_refuses_what_is_not_offered(changed: dict) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(CONFIGURATION)
    assert not interface.validate_annotation({"result": sample(**changed)})


def dutch() -> Screen:
    targets = TargetRegistry(
        (Target("eu", {"nl": "De EU", "en": "The EU"}, {"L": {"nl": "L: meer"}, "R": {"nl": "R: minder"}}),)
    )
    return Screen(ISSUEPOSITIONS, None, targets, "1.0")


def test_another_label_set_with_actors_that_are_typed(tmp_path: Path) -> None:
    made = dutch().configuration()
    root = ET.fromstring(made)
    assert stored(root, "stance") == ["L", "N", "R"]
    assert [choice.get("hotkey") for choice in control(root, "stance")] == ["3", "4", "5"]
    assert control(root, "actor").tag == "TextArea"
    assert [choice.attrib for choice in control(root, "target")] == [
        {"value": "De EU", "alias": "eu", "hint": "The EU"}
    ]
    shown = " ".join(header.attrib["value"] for header in root.iter("Header"))
    # The question and the guidelines are the main set's.
    assert "يريدها الفاعل" not in shown
    assert "Guidelines" not in shown
    *_, style = root.iter("Style")
    assert "direction: ltr" in (style.text or "")
    pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(made).validate()

    typed = sample(stance=["R"], target=["eu"])
    typed[1] = item("a", "textarea", "actor", ACTOR, [])
    typed[1]["value"]["text"] = ["Rutte "]
    (annotation,) = read([typed], tmp_path, ISSUEPOSITIONS)
    assert [(one.holder, one.stance, one.target) for one in annotation.statements] == [("Rutte", "R", "eu")]


def test_whole_texts_get_their_authors_stance(tmp_path: Path) -> None:
    made = Screen(MAIN, None, TARGETS, "1.0", whole_texts=True).configuration()
    root = ET.fromstring(made)
    assert {element.get("name") for element in root.iter() if element.get("name")} == {"text", "stance", "note"}
    assert stored(root, "stance") == list(MAIN.classes)
    assert "perRegion" not in control(root, "stance").attrib
    assert not list(root.iter("Relations"))
    pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(made).validate()

    answer = {"id": "w", "type": "choices", "from_name": "stance", "to_name": "text", "value": {"choices": ["none"]}}
    (annotation,) = read([[answer]], tmp_path, MAIN, frozenset(), TARGETS.ids())
    assert [(one.holder, one.stance) for one in annotation.statements] == [(AUTHOR, "none")]


def test_more_stances_than_keys() -> None:
    many = LabelSet("many", tuple(f"c{number}" for number in range(13)), ("c0",))
    expected = "Expected at most 12 stances to choose from, found 13."
    with pytest.raises(ConfigurationError, match=f"^{re.escape(expected)}$"):
        Screen(many, None, None, "1.0").configuration()


NASTY = st.text(min_size=1).map(str.strip).filter(bool)


@given(NASTY, NASTY)
def test_whatever_a_name_holds_it_stays_a_name(name: str, wording: str) -> None:
    actors = ActorRegistry((Actor("one", ActorKind.PARTY, {"ar": name}),))
    targets = TargetRegistry((Target("t", {"ar": wording}, {"favor": {"ar": wording}}),))
    root = ET.fromstring(Screen(MAIN, actors, targets, "1.0").configuration())
    (kind,) = control(root, "actor")
    shown = [kind[0].attrib["value"], control(root, "target")[0].attrib["value"]]
    # $ would begin the name of one of the task's fields; what XML cannot hold is replaced.
    assert [value.replace("\u2060", "") for value in shown] == [
        re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", said).replace("\u2060", "")
        for said in (name, wording)
    ]
    assert not any(re.search(r"\$\w", value) for value in shown)
    assert all(child.tag == "Choice" for child in kind)


def test_digest_is_of_what_is_said() -> None:
    spread = CONFIGURATION.replace("<Choices ", "<Choices\n      ").replace("\n  ", "\n\n    ")
    assert digest(spread) == digest(CONFIGURATION)
    assert digest(CONFIGURATION.replace('alias="favor"', 'alias="pro"')) != digest(CONFIGURATION)
    assert re.fullmatch("[0-9a-f]{12}", digest(CONFIGURATION))
