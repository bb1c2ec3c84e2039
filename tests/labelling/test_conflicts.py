"""Conflicts as tasks for a third person: what they show, and that the answers settle them on a real server."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stance.__main__ import main
from stance.annotation.disputes import find_disputes
from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import guideline_version
from stance.annotation.problems import Report
from stance.annotation.records import Annotation, Document
from stance.annotation.registry import read_actors, read_targets
from stance.annotation.writer import write_export
from stance.data.examples import build_dataset
from stance.labelling.conflicts import AdjudicationScreen, conflict_tasks
from stance.labelling.neutral import OPEN, common_answer
from stance.labels import MAIN, Channel
from tests.annotation.marking import by, names, says, task

REGISTRIES = ("--actors", "labels/corpus/actors.yaml", "--targets", "labels/targets.yaml")
TEXT = "قال الراشدي إنه يريد خروج القوات. وقالت السفيرة إنها باقية."
CHIEF, ENVOY = "khaldunia.prime_minister", "valoria.ambassador"
EVIL = "<img src=x onerror=alert(1)>"


def screen(*, listed: bool = True) -> AdjudicationScreen:
    actors = read_actors("labels/corpus/actors.yaml") if listed else None
    return AdjudicationScreen(MAIN, actors, read_targets("labels/targets.yaml"), guideline_version())


def answers() -> tuple[Annotation, Annotation]:
    """Two people who agree on the envoy, and not on the chief."""
    chief, envoy = names(CHIEF, 4, 11), names(ENVOY, 40, 47)
    alike = says(ENVOY, "favor", 48, 58, mention=envoy.id)
    lina = by("lina@example.org", chief, envoy, says(CHIEF, "against", 16, 32, mention=chief.id), alike)
    sami = by("sami@example.org", chief, envoy, says(CHIEF, "favor", 12, 32, mention=chief.id), alike)
    return lina, sami


def disputed(**fields: Any) -> Document:
    return task("d1", *answers(), text=TEXT, **{"target": "khaldunia-valoria", "title": "عنوان", **fields})


def made(document: Document, *, listed: bool = True) -> dict[str, Any]:
    (found,) = conflict_tasks(find_disputes([[document]], MAIN), screen(listed=listed))
    return found


def read(path: Path, *tasks: dict[str, Any]) -> tuple[list[Document], Report]:
    path.write_text(json.dumps([{"id": number, **one} for number, one in enumerate(tasks, 1)]), "utf-8")
    report = Report()
    documents = list(read_export(path, label_set=MAIN, actors=None, targets=None, report=report))
    return documents, report


@pytest.mark.parametrize("listed", [True, False])
def test_both_answers_read_back_as_they_were_given(listed: bool, tmp_path: Path) -> None:
    found = made(disputed(), listed=listed)
    found["data"]["adjudication"] = False
    documents, report = read(tmp_path / "tasks.json", {**found, "annotations": []})
    lina, sami, _ = documents[0].predictions
    for given, shown in zip(answers(), (lina, sami), strict=True):
        # Only the chief is in dispute.
        assert [(m.start, m.end, m.actor) for m in shown.mentions] == [(4, 11, CHIEF)]
        expected = [(s.start, s.end, s.holder, s.stance, s.channel) for s in given.statements if s.holder == CHIEF]
        assert [(s.start, s.end, s.holder, s.stance, s.channel) for s in shown.statements] == expected
        assert shown.annotator == given.annotator
    # What is left open is what the reader finds no stance in.
    assert [problem.kind.value for problem in report.problems if problem.severity.dropped] == [
        "statement without stance"
    ]


def test_an_actor_stands_by_its_path_in_the_list_or_as_it_is_typed() -> None:
    def answer(listed: bool) -> dict[str, Any]:
        items = made(disputed(), listed=listed)["predictions"][0]["result"]
        return next(item for item in items if item.get("from_name") == "actor")

    assert answer(True)["value"]["taxonomy"] == [["person", CHIEF]]
    assert (answer(False)["type"], answer(False)["value"]["text"]) == ("textarea", [CHIEF])


def test_panel_says_who_said_what_and_escapes_it() -> None:
    lina, sami = answers()
    evil = msgspec.structs.replace(lina, annotator=EVIL)
    panel = made(task("d1", evil, sami, text=TEXT, target=EVIL))["data"]["disputes"]
    assert "<img" not in panel
    assert "&lt;img src=x onerror=alert(1)&gt;</bdi>: <b>against</b>" in panel
    assert f"«{TEXT[16:32]}» <small>against · public</small>" in panel
    assert "<b>مأمون الراشدي</b>" in panel
    assert TEXT[48:58] not in panel


def test_screen_is_the_annotators_with_a_panel_above_the_text() -> None:
    ours = screen()
    root = ET.fromstring(ours.configuration())
    classes = [tag.get("className") for tag in root]
    assert classes.index("stance-disputes") == classes.index("stance-columns") - 1
    panel = next(tag for tag in root if tag.get("className") == "stance-disputes")
    root.remove(panel)
    plain = ET.fromstring(super(AdjudicationScreen, ours).configuration())
    assert ET.canonicalize(ET.tostring(root), strip_text=True) == ET.canonicalize(ET.tostring(plain), strip_text=True)


def test_common_answer_takes_no_side() -> None:
    lina = by("lina", names("a", 0, 3), says("a", "favor", 5, 15), says("a", "against", 20, 30))
    sami = by("sami", names("a", 0, 3), names("a", 31, 34), says("a", "against", 6, 15, channel=Channel.ACTION))
    nour = by("nour", says("a", "favor", 5, 14), says("a", "against", 20, 30))
    document = task("d", lina, sami, nour)
    common = common_answer(document, [lina, sami, nour])
    assert [(m.id, m.start, m.end) for m in common.mentions] == [("mention-1", 0, 3), ("mention-2", 31, 34)]
    # The first is disputed, the second was not seen by sami.
    assert [(s.id, s.start, s.end, s.stance) for s in common.statements] == [
        ("statement-0", 5, 15, OPEN),
        ("statement-1", 20, 30, OPEN),
    ]
    both = common_answer(document, [lina, nour])
    assert [(s.stance, s.channel) for s in both.statements] == [("favor", Channel.PUBLIC), ("against", Channel.PUBLIC)]


def test_common_answer_keeps_the_links_to_holders() -> None:
    chief = names(CHIEF, 4, 11)
    lina = by("lina", chief, says(CHIEF, "favor", 12, 20, mention=chief.id))
    sami = by("sami", names(CHIEF, 4, 11), says(CHIEF, "favor", 30, 38))
    common = common_answer(task("d", lina, sami), [lina, sami])
    assert [statement.mention for statement in common.statements] == ["mention-1", None]
    assert len({mark.id for mark in (*common.mentions, *common.statements)}) == 3


@pytest.mark.label_studio
def test_a_third_person_settles_what_two_dispute(
    as_first_user: Any, title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from stance.labelling.client import connect

    lina, sami = answers()
    paths = [str(tmp_path / name) for name in ("lina.json", "sami.json")]
    for path, answer in zip(paths, (lina, sami), strict=True):
        write_export(path, [msgspec.structs.replace(disputed(), annotations=(answer,))])
    gold, third = tmp_path / "gold.json", tmp_path / "third.json"
    adjudicate = ["label", "adjudicate", *paths, *REGISTRIES, "--out", str(gold), "--push", "--title", title]
    assert main(adjudicate) == 0
    assert "1 tasks added, 0 were there" in capsys.readouterr().out
    assert main(adjudicate) == 0
    assert "0 tasks added, 1 were there" in capsys.readouterr().out

    server = connect()
    project = server.project(title)
    (shown,) = server.sdk.tasks.list(project=project.id, fields="all")
    begun = {one.model_version: one.result for one in shown.predictions}
    assert begun.keys() == {"lina@example.org", "sami@example.org", "to be settled"}
    server.sdk.annotations.create(id=shown.id, result=begun["sami@example.org"], lead_time=1.0)

    assert main(["label", "pull", "--project", title, *REGISTRIES, "--out", str(third)]) == 0
    assert main(["label", "adjudicate", *paths, str(third), *REGISTRIES, "--out", str(gold)]) == 0
    assert "0 in conflict" in capsys.readouterr().out
    documents = read_export(gold, label_set=MAIN, actors=None, targets=None, report=Report())
    examples = {example.actor: example for example in build_dataset(documents, MAIN).examples}
    assert {actor: example.label for actor, example in examples.items()} == {CHIEF: "favor", ENVOY: "favor"}
    # The annotators' division stays in the soft label of what was settled.
    assert examples[CHIEF].soft == (0.5, 0.5, 0.0, 0.0)


@pytest.mark.label_studio
def test_another_project_of_that_title_is_left_alone(
    as_first_user: Any, title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["label", "init", "--title", title, *REGISTRIES]) == 0
    path = tmp_path / "both.json"
    write_export(path, [disputed()])
    options = [*REGISTRIES, "--out", str(tmp_path / "gold.json"), "--push", "--title", title]
    assert main(["label", "adjudicate", str(path), *options]) == 2
    assert "found that it has no panel of disputes. Name another: --title TITLE" in capsys.readouterr().err
