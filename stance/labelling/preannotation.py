"""Predictions for tasks as Label Studio sends them: the very ones that a push would have made of their data."""

import logging
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from stance.annotation.export import read_export
from stance.annotation.labelling_differences import compare
from stance.annotation.problems import Report, Severity
from stance.annotation.records import Document
from stance.annotation.registry import ActorRegistry, TargetRegistry
from stance.errors import LabelStudioError
from stance.labelling.arrivals import Arrival
from stance.labelling.suggestions import Suggester
from stance.labelling.tasks import Form
from stance.labels import MAIN

_logger = logging.getLogger(__name__)


class Preannotator:
    """What the ML backend answers with. A task that is to be labelled blind gets its actors and no stances."""

    def __init__(self, suggester: Suggester, actors: ActorRegistry, targets: TargetRegistry, configuration: str):
        """`configuration` is ours, which a project's is held against."""
        self.suggester, self.actors, self.targets = suggester, actors, targets
        self.configuration = configuration
        self._form = lru_cache(maxsize=8)(self._made)

    def check(self, configuration: str) -> None:
        """Raise LabelStudioError where a project's configuration differs from ours in what annotations can hold."""
        found = [one.words for one in compare(configuration, self.configuration) if one.stored]
        if found:
            raise LabelStudioError(
                f"Expected a project that is set up as ours, found: {'; '.join(found)}. Name the files that it was "
                "made with, or bring it to ours: stance label init --update"
            )

    def __call__(self, configuration: str, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        """The prediction of each task's data; None for a task that cannot be read, which is logged."""
        form = self._form(configuration)
        documents, report = self._read(tasks)
        numbers = list(documents)
        arrivals = [Arrival(documents[number]) for number in numbers]
        blind = [documents[number].blind is True for number in numbers]
        suggestions = self.suggester.suggest(arrivals, blind)
        made = [
            form.task(documents[number], tasks[number], suggestion)
            for number, suggestion in zip(numbers, suggestions, strict=True)
        ]
        problems = form.problems(made, [suggestion.annotation for suggestion in suggestions])
        answers: list[dict[str, Any] | None] = [None] * len(tasks)
        for number, task, problem in zip(numbers, made, problems, strict=True):
            if problem is None:
                (answers[number],) = task["predictions"]
            else:
                _logger.warning("No prediction for %s: %s", documents[number].document_id, problem)
        for refused in report.problems:
            if refused.severity is Severity.TASK:
                name = tasks[int(refused.task)].get("document_id")
                _logger.warning("No prediction for %s: expected %s, found %s", name, refused.expected, refused.found)
        return answers

    def _made(self, configuration: str) -> Form:
        return Form(configuration, self.actors, self.targets, guidelines="")

    def _read(self, tasks: Sequence[dict[str, Any]]) -> tuple[dict[int, Document], Report]:
        """The documents of `tasks` by their place, and why others are missing."""
        report = Report()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "asked.json"
            path.write_bytes(msgspec.json.encode([{"id": number, "data": data} for number, data in enumerate(tasks)]))
            found = read_export(
                path, label_set=MAIN, actors=self.actors.ids(), targets=self.targets.ids(), report=report
            )
            return {int(document.task_id): document for document in found}, report
