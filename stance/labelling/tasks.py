"""Tasks as they are pushed: data, one prediction, both held against our own reader and the project's configuration."""

import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Annotation, Document
from stance.annotation.registry import ActorRegistry, Target, TargetRegistry
from stance.annotation.writer import task_of
from stance.data.cache import key_of
from stance.labelling.arrivals import Arrival
from stance.labelling.suggestions import Suggestion
from stance.labels import MAIN

if TYPE_CHECKING:
    from label_studio_sdk.label_interface import LabelInterface

PUSHED = "pushed"
"""The field of a task's data that says what its data and prediction were made from."""

_LANGUAGE = "ar"  # of what is shown to annotators


@dataclass(frozen=True)
class Form:
    """What every task of a project is made to: its configuration, the registries, the guidelines' version.

    `configuration` is the labelling configuration (XML) as it is on the server; `targets` None allows any.
    """

    configuration: str
    actors: ActorRegistry
    targets: TargetRegistry | None
    guidelines: str

    @cached_property
    def paths(self) -> dict[str, list[str]]:
        """For each actor that can be chosen, the path to it in the configuration's list."""
        root = ET.fromstring(self.configuration)
        found = next((tag for tag in root.iter("Taxonomy") if tag.get("name") == "actor"), None)
        return {} if found is None else dict(_leaves(found, []))

    @cached_property
    def interface(self) -> "LabelInterface":
        """What the SDK checks predictions with."""
        from label_studio_sdk.label_interface import LabelInterface

        return LabelInterface(self.configuration)

    @cached_property
    def _targets(self) -> dict[str, Target]:
        return {} if self.targets is None else {target.id: target for target in self.targets.targets}

    def data(self, arrival: Arrival, *, blind: bool, identity: str) -> dict[str, Any]:
        """The data of its task; `identity` is that of what suggests (see `Suggester`)."""
        document = msgspec.structs.replace(arrival.document, guidelines=self.guidelines, blind=blind)
        data: dict[str, Any] = task_of(document)["data"]
        if document.source is not None:
            data["source_name"] = document.source  # Label Studio overwrites `source` while it shows a task
        target = self._targets.get(str(document.target))
        if target is not None:
            data["target_wording"] = target.wording.get(_LANGUAGE) or next(iter(target.wording.values()))
        if arrival.page_map:
            data["page_map"] = [list(run) for run in arrival.page_map]
        given = None if arrival.actors is None else msgspec.to_builtins(arrival.actors)
        data[PUSHED] = key_of([data, given, identity])[:16]
        return data

    def task(self, document: Document, data: Mapping[str, Any], suggestion: Suggestion) -> dict[str, Any]:
        """The task as Label Studio imports it: `data` and one of `predictions`."""
        suggested = msgspec.structs.replace(document, predictions=(suggestion.annotation,))
        (prediction,) = task_of(suggested)["predictions"]
        items = [
            self._item(item, suggestion) for item in prediction["result"] if item.get("from_name") != "attribution"
        ]
        if suggestion.note is not None:
            items.append(_note(suggestion))
        made = {"model_version": prediction["model_version"], "score": prediction["score"], "result": items}
        return {"data": dict(data), "predictions": [made]}

    def _item(self, item: dict[str, Any], suggestion: Suggestion) -> dict[str, Any]:
        if item["type"] == "relation":
            return item
        value = item["value"]
        if item["type"] == "taxonomy":
            value = {**value, "taxonomy": [self.paths.get(path[-1], path) for path in value["taxonomy"]]}
        score = suggestion.scores.get(item["id"])
        # The interface shows an item's score beside its region, and its origin as long as nobody changed it.
        return {**item, "value": value, "origin": "prediction", **({} if score is None else {"score": score})}

    def problems(self, tasks: Sequence[Mapping[str, Any]], expected: Sequence[Annotation]) -> list[str | None]:
        """What is wrong with each task, None where the reader finds exactly the text and prediction that are meant."""
        report = Report()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "push.json"
            path.write_bytes(msgspec.json.encode([{"id": number, **task} for number, task in enumerate(tasks)]))
            allowed = None if self.targets is None else self.targets.ids()
            documents = read_export(path, label_set=MAIN, actors=self.actors.ids(), targets=allowed, report=report)
            read = {document.task_id: document for document in documents}
        told: dict[str, str] = {}
        for problem in report.problems:
            if problem.severity.dropped or problem.severity.name == "REPAIRED":
                place = f" ({problem.region})" if problem.region else ""
                told.setdefault(problem.task, f"expected {problem.expected}, found {problem.found}{place}")
        return [
            told.get(str(number)) or self._differs(task, read.get(str(number)), expected[number])
            for number, task in enumerate(tasks)
        ]

    def _differs(self, task: Mapping[str, Any], read: Document | None, expected: Annotation) -> str | None:
        if read is None or read.text != task["data"]["text"] or len(read.predictions) != 1:
            return "expected the reader to find it, found that it does not"
        (found,) = read.predictions
        regions = (found.mentions, found.statements, found.annotator, found.score)
        if regions != (expected.mentions, expected.statements, expected.annotator, expected.score):
            return "expected the reader to find the regions that are meant, found others"
        errors = self.interface.validate_prediction(task["predictions"][0], return_errors=True)
        return f"expected what the project's configuration offers, found: {errors[0]}" if errors else None


def _note(suggestion: Suggestion) -> dict[str, Any]:
    """What fills the screen's field for notes in, under an id of no region."""
    value = {"text": [suggestion.note]}
    names = {"id": f"note-{suggestion.annotation.id}", "from_name": "note", "to_name": "text", "type": "textarea"}
    return {**names, "value": value, "origin": "prediction"}


def _leaves(tag: ET.Element, above: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for choice in tag.findall("Choice"):
        name = choice.get("alias") or choice.get("value") or ""
        path = [*above, name]
        found += _leaves(choice, path) if choice.find("Choice") is not None else [(name, path)]
    return found
