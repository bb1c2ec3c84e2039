"""Build exports of invented rows in a few words, and read them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.labels import MAIN

TEXT = "قالت الحكومة إن القوات باقية"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "label_studio"
ACTORS = frozenset({"government", "diya-bloc", "defence-ministry"})
TARGETS = frozenset({"troops", "advisers"})


class Build:
    """Parts of an export; `region` finds `part` in `text` unless offsets are given."""

    def region(self, key: Any, part: str, text: str = TEXT, **fields: Any) -> list[dict[str, Any]]:
        start = fields.pop("start", None)
        start = text.index(part) if start is None else start
        end = fields.pop("end", start + len(part))
        span = {"start": start, "end": end, "text": part}
        items = [self.item(key, "label", "labels", {**span, "labels": [fields.pop("label")]})]
        for name, answer in fields.items():
            items.append(self.item(key, name, "choices", {**span, "choices": [answer]}))
        return items

    def actor(self, key: Any = "m", part: str = "الحكومة", text: str = TEXT, **fields: Any) -> list[dict[str, Any]]:
        return self.region(key, part, text, label="Actor", **{"actor": "government", **fields})

    def statement(self, key: Any = "s", part: str = "القوات باقية", text: str = TEXT, **fields: Any) -> list[Any]:
        return self.region(key, part, text, label="Statement", **{"stance": "favor", **fields})

    def item(self, key: Any, name: str, kind: str, value: Any) -> dict[str, Any]:
        return {"id": key, "from_name": name, "to_name": "text", "type": kind, "value": value}

    def holder(self, source: str = "s", goal: str = "m", **fields: Any) -> dict[str, Any]:
        relation = {"from_id": source, "to_id": goal, "type": "relation", "direction": "right", "labels": ["holder"]}
        return {**relation, **fields}

    def annotation(self, *result: Any, number: int = 7, **fields: Any) -> dict[str, Any]:
        flat = [item for part in result for item in (part if isinstance(part, list) else [part])]
        return {"id": number, "completed_by": 1, "result": flat, "was_cancelled": False, **fields}

    def task(self, *result: Any, text: Any = TEXT, number: Any = 5, **fields: Any) -> dict[str, Any]:
        annotations = [self.annotation(*result)]
        return {"id": number, "data": {"text": text}, "annotations": annotations, "predictions": [], **fields}


@pytest.fixture
def build() -> Build:
    return Build()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[Document], Report]]:
    """Write tasks (or take a path) and read them; problem lines then start with `export.json`."""

    def reading(
        tasks: Any, actors: Any = ACTORS, targets: Any = TARGETS, **options: Any
    ) -> tuple[list[Document], Report]:
        path = tasks
        if not isinstance(tasks, Path):
            path = tmp_path / "export.json"
            path.write_text(tasks if isinstance(tasks, str) else json.dumps(tasks, ensure_ascii=False), "utf-8")
        report = Report()
        documents = read_export(path, label_set=MAIN, actors=actors, targets=targets, report=report, **options)
        return list(documents), report

    return reading


@pytest.fixture
def lines(read: Callable[..., Any], tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of an export as lines, without the folder."""

    def reporting(tasks: Any, **options: Any) -> list[str]:
        report = read(tasks, **options)[1]
        return [str(problem).replace(f"{tmp_path}/", "") for problem in report.problems]

    return reporting
