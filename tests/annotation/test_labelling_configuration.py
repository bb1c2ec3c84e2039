"""The labelling configuration offers exactly what the code and the registries know."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from stance.labels import MAIN, Attribution, Channel

LABELS = Path(__file__).parents[2] / "labels"
CONFIGURATION = (LABELS / "labelling.xml").read_text(encoding="utf-8")
GUIDELINES = (LABELS / "guidelines.md").read_text(encoding="utf-8")

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


def registry(name: str) -> dict:
    return yaml.safe_load((LABELS / name).read_text(encoding="utf-8"))


def actors() -> dict[str, dict]:
    return {actor["id"]: actor for actor in registry("corpus/actors.yaml")["actors"]}


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


def test_targets_and_their_wording(root: ET.Element) -> None:
    # The configuration is the corpus's: it offers the actors and targets of its world only.
    targets = [target for target in registry("targets.yaml")["targets"] if target.get("world") == "invented"]
    choices = list(control(root, "target").iter("Choice"))
    assert [(choice.get("alias"), choice.get("value")) for choice in choices] == [
        (target["id"], target["wording"]["ar"]) for target in targets
    ]
    shown = " ".join(header.get("value", "") for header in root.iter("Header"))
    for target in targets:
        assert target["id"] in shown
        assert target["poles"]["favor"]["ar"] in shown
        assert target["poles"]["against"]["ar"] in shown


def test_actors_stand_under_their_kind(root: ET.Element) -> None:
    found = {
        leaf.attrib["alias"]: (kind.attrib["alias"], leaf.attrib["value"])
        for kind in control(root, "actor")
        for leaf in kind
    }
    assert len(stored(root, "actor")) == len(found)
    assert found == {name: (actor["kind"], actor["name"]["ar"]) for name, actor in actors().items()}


def test_no_two_siblings_look_alike(root: ET.Element) -> None:
    """Label Studio drops a taxonomy choice whose shown value a sibling has already."""
    for kind in control(root, "actor"):
        shown = [leaf.get("value") for leaf in kind]
        assert len(set(shown)) == len(shown)


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
    _, arabic, english = re.split(r"## ورقة واحدة|## Cheat sheet", GUIDELINES)
    for element in keyed:
        shown, _, name = element.attrib["value"].partition(" · ")
        assert f"| `{element.get('hotkey')}` | {shown} |" in arabic
        assert f"| `{element.get('hotkey')}` | {name} |" in english


def test_guideline_version_is_stated_the_same_everywhere(root: ET.Element) -> None:
    arabic, english = re.findall(r"\*\*الإصدار (\S+) · Version (\S+)\*\*", GUIDELINES)[0]
    assert arabic == english
    newest = re.findall(r"^- \*\*(\d+\.\d+)\*\*", GUIDELINES, flags=re.MULTILINE)[0]
    assert newest == english
    (panel,) = root.iter("Panel")
    assert re.findall(r"(?:الإصدار|version) (\S+)", panel.attrib["value"]) == [english, english]
    assert f"version {english} of labels/guidelines.md" in CONFIGURATION


def test_guidelines_name_what_can_be_chosen() -> None:
    _, arabic, english = re.split(r'<a id="العربية"></a>|<a id="english"></a>', GUIDELINES)
    for half in (arabic, english):
        for name in (*MAIN.classes, *Channel, *Attribution):
            assert f"`{name}`" in half
        assert len(re.findall(r"^\| \d+ \|", half, flags=re.MULTILINE)) >= 15


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
