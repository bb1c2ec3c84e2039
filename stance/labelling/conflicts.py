"""What annotators could not agree on, as a project in which a third person sees both answers and settles them.

A task of it holds the disputed document; each annotator's answer is a prediction under the annotator's name, and a
panel above the text says who said what. Label Studio begins from the last prediction, so that is one of its own, with
what is disputed left open (see neutral.py). Only the disputed actors are marked, with all that was said of them, so
that whatever is submitted settles these actors and nothing else. `data.adjudication` tells the reader that it is ground
truth.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import msgspec

from stance.annotation.disputes import Dispute, DisputedDocument
from stance.annotation.labelling_configuration import Screen
from stance.annotation.records import Annotation, Document
from stance.annotation.registry import ActorRegistry
from stance.annotation.votes import statements_of
from stance.annotation.writer import task_of
from stance.errors import ConfigurationError, LabelStudioError
from stance.labelling.arrivals import Arrival
from stance.labelling.client import Server
from stance.labelling.holdings import read_holdings
from stance.labelling.neutral import OPEN, common_answer
from stance.labelling.project import create_project
from stance.labelling.tasks import Form

TOGETHER = 50
"""Tasks of one import."""
_PANEL = "disputes"
_BEFORE = "stance-columns"
_LANGUAGE = "ar"  # of what is shown to annotators


@dataclass(frozen=True)
class AdjudicationScreen(Screen):
    """The annotators' own screen, with a panel of their answers above the text."""

    def configuration(self) -> str:
        """The XML for Label Studio."""
        made = super().configuration()
        root = ET.fromstring(made)
        below = next((tag for tag in root if tag.get("className") == _BEFORE), None)
        if below is None:
            raise ConfigurationError(f"Expected a view {_BEFORE!r} in the labelling template, found none. Put it back.")
        panel = ET.Element("View", {"className": "stance-disputes"})
        ET.SubElement(panel, "HyperText", {"name": _PANEL, "value": f"${_PANEL}", "selectionEnabled": "false"})
        root.insert(list(root).index(below), panel)
        ET.indent(root)
        return f"{made.partition('<View')[0]}{ET.tostring(root, encoding='unicode')}\n"


def conflict_tasks(conflicts: Sequence[DisputedDocument], screen: Screen) -> list[dict[str, Any]]:
    """The tasks, as Label Studio imports them."""
    form = Form(screen.configuration(), screen.actors or ActorRegistry(()), screen.targets, screen.guidelines)
    return [_task(conflict, form, screen) for conflict in conflicts]


def push_conflicts(server: Server, title: str, tasks: Sequence[Mapping[str, Any]], screen: Screen) -> tuple[Any, int]:
    """The project `title`, made if there is none, and how many `tasks` it did not hold and now does.

    Raises LabelStudioError, also where the project there is was made for something else. Repeated, it goes on.
    """
    if server.titled(title):
        project = server.project(title)
        if f'name="{_PANEL}"' not in project.label_config:
            raise LabelStudioError(
                f"Expected that project {project.id} {title!r} is one of adjudications, found that it has no panel of "
                "disputes. Name another: --title TITLE"
            )
    else:
        project = create_project(server, title, screen)
    held = read_holdings(server, project.id)
    missing = [task for task in tasks if _key(task) not in held]
    for start in range(0, len(missing), TOGETHER):
        part: Any = [dict(one) for one in missing[start : start + TOGETHER]]
        server.call_once(f"store {len(part)} tasks", server.sdk.projects.import_tasks, project.id, request=part)
    return project, len(missing)


def _key(task: Mapping[str, Any]) -> tuple[str, str]:
    return task["data"]["document_id"], task["data"].get("target") or ""


def _task(conflict: DisputedDocument, form: Form, screen: Screen) -> dict[str, Any]:
    document = conflict.document
    data = form.data(Arrival(document), blind=True, identity="adjudication")
    data |= {"adjudication": True, _PANEL: _panel(conflict, screen)}
    disputed = {dispute.actor for dispute in conflict.disputes}
    answers = [_about(person, disputed) for person in conflict.people]
    answers.append(common_answer(document, answers))
    shown = task_of(msgspec.structs.replace(document, annotations=(), predictions=tuple(answers)))["predictions"]
    return {"data": data, "predictions": [_prediction(one, form) for one in shown]}


def _prediction(made: Mapping[str, Any], form: Form) -> dict[str, Any]:
    items = [_item(item, form) for item in made["result"] if item.get("value", {}).get("choices") != [OPEN]]
    return {"model_version": made["model_version"], "result": items}


def _about(person: Annotation, actors: set[str]) -> Annotation:
    """What `person` marked of `actors`."""
    return msgspec.structs.replace(
        person,
        mentions=tuple(mention for mention in person.mentions if mention.actor in actors),
        statements=tuple(statement for statement in person.statements if statement.holder in actors),
    )


def _item(item: dict[str, Any], form: Form) -> dict[str, Any]:
    """A result item as the project's configuration has it: an actor by its path in the list, or as it is typed."""
    if item["type"] != "taxonomy":
        return item
    value = dict(item["value"])
    ((actor,),) = value.pop("taxonomy")
    if form.paths:
        return {**item, "value": {**value, "taxonomy": [form.paths.get(actor, [actor])]}}
    return {**item, "type": "textarea", "value": {**value, "text": [actor]}}


def _panel(conflict: DisputedDocument, screen: Screen) -> str:
    """Who said what, as HTML; every word from outside is escaped."""
    names = {} if screen.actors is None else {actor.id: actor.name for actor in screen.actors.actors}
    rows = "".join(_row(dispute, conflict, names) for dispute in conflict.disputes)
    return (
        '<div dir="rtl" style="font-size:15px;line-height:1.7"><b>ما اختلف فيه المرمِّزون · What annotators dispute</b>'
        f'<table style="border-collapse:collapse">{rows}</table></div>'
    )


def _row(dispute: Dispute, conflict: DisputedDocument, names: Mapping[str, Mapping[str, str]]) -> str:
    name = names.get(dispute.actor, {})
    actor = name.get(_LANGUAGE) or next(iter(name.values()), dispute.actor)
    people = {person.annotator: person for person in conflict.people}
    cell = "padding:2px 10px;border-top:1px solid #8886;vertical-align:top"
    said = "".join(
        f'<td style="{cell}"><bdi>{escape(annotator)}</bdi>: <b>{escape(label)}</b>'
        f"{_quoted(conflict.document, people.get(annotator), dispute)}</td>"
        for annotator, label in dispute.votes
    )
    target = "" if dispute.target == conflict.document.target else f"<br><small>{escape(dispute.target)}</small>"
    return f'<tr><td style="{cell}"><b>{escape(actor)}</b>{target}</td>{said}</tr>'


def _quoted(document: Document, person: Annotation | None, dispute: Dispute) -> str:
    """The statements that made an annotator's label."""
    if person is None:
        return ""
    found = statements_of(document, person, (dispute.actor, dispute.target))
    quoted = [(document.text[one.start : one.end], f"{one.stance} · {one.channel}") for one in found]
    return "".join(f"<br>«{escape(text)}» <small>{escape(said)}</small>" for text, said in quoted)
