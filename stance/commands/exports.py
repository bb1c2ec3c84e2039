"""Several exports read as one: the projects of several annotators, joined by document, target and text."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.annotation.registry import read_actors, read_targets
from stance.annotation.votes import join_tasks
from stance.labels import LabelSet


@dataclass(frozen=True)
class Asked:
    """What a command was asked to read: exports, and the registries of what is allowed in them (None: anything)."""

    exports: tuple[str, ...]
    label_set: LabelSet
    actors: str | None
    targets: str | None


def read_joined(asked: Asked) -> list[list[Document]]:
    """The tasks of each document in all exports together; what was wrong is summed up on standard error.

    Drafts and predictions are left behind.
    """
    report = Report()
    refused: list[Document] = []
    joined = join_tasks(_documents(asked, report), refused.append)
    if report.dropped + report.repaired:
        _warn(
            f"{report.dropped} problems cost something, {report.repaired} were repaired: stance label check lists them"
        )
    if refused:
        ids = ", ".join(sorted({document.document_id for document in refused})[:3])
        _warn(f"{len(refused)} tasks left out, whose text differs from another task's of the same document: {ids} …")
    numbered = {
        one.annotator for tasks in joined for task in tasks for one in task.annotations if one.annotator.isdigit()
    }
    if numbered and len(asked.exports) > 1:
        _warn("some annotators are numbers, the same person in every export only if all are of one server")
    return joined


def _documents(asked: Asked, report: Report) -> Iterator[Document]:
    actors = read_actors(asked.actors).ids() if asked.actors else None
    targets = read_targets(asked.targets).ids() if asked.targets else None
    for export in asked.exports:
        found = read_export(export, label_set=asked.label_set, actors=actors, targets=targets, report=report)
        for document in found:
            yield msgspec.structs.replace(document, drafts=(), predictions=())


def _warn(line: str) -> None:
    print(f"stance: {line}", file=sys.stderr)
