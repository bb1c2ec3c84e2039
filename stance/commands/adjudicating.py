"""`stance label adjudicate`: one label for each actor in each document, and tasks of what is still in conflict."""

import json
from dataclasses import dataclass
from pathlib import Path

from stance.annotation.adjudication import Adjudication, Method, adjudicate
from stance.annotation.writer import write_export
from stance.commands.exports import Asked, read_joined
from stance.commands.writing import write_text, writing
from stance.errors import DataError
from stance.labels import MAIN


@dataclass(frozen=True)
class Conflicts:
    """What becomes of conflicts: an import file, a project called `title` on a server, both or neither."""

    file: str | None = None
    push: bool = False
    title: str = ""
    url: str | None = None


def settle(asked: Asked, method: Method, out: str, conflicts: Conflicts) -> None:
    """Write the gold export `out` and say what settled its labels; raises StanceError for what a user can mend."""
    if any(Path(export).resolve() == Path(out).resolve() for export in asked.exports):
        raise DataError(f"Expected another file than the exports that are read for the gold, found --out {out}.")
    result = adjudicate(read_joined(asked), asked.label_set, method)
    settled = result.sources.total()
    if not settled and not result.conflicts:
        raise DataError("Expected actors that somebody labelled, found none. stance label check lists what is wrong.")
    with writing(out):
        write_export(out, result.documents)
    disputes = sum(len(one.disputes) for one in result.conflicts)
    print(f"{settled} labels settled, in {len(result.documents)} documents: {out}")
    for source, number in result.sources.most_common():
        print(f"  {number} {source}")
    if result.unsettled:
        print(f"{result.unsettled} labels left out, that nobody disputes and nobody made ground truth")
    print(f"{disputes} in conflict, in {len(result.conflicts)} documents, left out of gold")
    if conflicts.file is not None or conflicts.push:
        _pass_on(result, asked, conflicts)
    if settled:
        print(f"Train on it: stance train data=export data.export={out}{_overrides(asked)}")


def _overrides(asked: Asked) -> str:
    """What a training has to be told of the export besides its name."""
    given = {"data.actors": asked.actors, "target.registry": asked.targets}
    if asked.label_set != MAIN:
        given["data.label_set"] = asked.label_set.id
    return "".join(f" {name}={value}" for name, value in given.items() if value is not None)


def _pass_on(result: Adjudication, asked: Asked, conflicts: Conflicts) -> None:
    """Make tasks for a third person."""
    from stance.commands.initialising import ANY, Sources
    from stance.labelling.conflicts import AdjudicationScreen, conflict_tasks, push_conflicts

    made = Sources(asked.actors or ANY, asked.targets or ANY, asked.label_set.id).screen()
    screen = AdjudicationScreen(made.label_set, made.actors, made.targets, made.guidelines, made.whole_texts)
    tasks = conflict_tasks(result.conflicts, screen)
    if conflicts.file is not None:
        write_text(conflicts.file, json.dumps(tasks, ensure_ascii=False, indent=1))
        print(f"Tasks to import into Label Studio: {conflicts.file}")
    if conflicts.push and tasks:
        from stance.labelling.client import connect

        server = connect(conflicts.url)
        project, added = push_conflicts(server, conflicts.title, tasks, screen)
        print(f"{added} tasks added, {len(tasks) - added} were there: {server.address(project.id)}")
        print(
            f"When they are done: stance label pull --project {project.id}, and adjudicate again with that export too"
        )
