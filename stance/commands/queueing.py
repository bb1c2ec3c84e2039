"""`stance label queue`: which tasks to label next, as fields of the tasks on the server or as a list in a file."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.commands.contenders import open_store
from stance.commands.initialising import Sources
from stance.commands.progress import Tell, progress
from stance.commands.writing import writing
from stance.data.examples import build_dataset
from stance.errors import ConfigurationError, StanceError
from stance.labelling.client import Server, connect
from stance.labelling.judging import judge_labelled, judge_open, knows
from stance.labelling.out_of_fold import held_out
from stance.labelling.predictors import load_predictor
from stance.labelling.project import check_project
from stance.labelling.pulling import pull
from stance.labelling.queue_fields import Standing, read_standing, write_queue
from stance.labelling.queueing import Queued, Tasks, doubts, rank, sort_out
from stance.labelling.suspects import Suspect, never_learned, suspects

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.models.predictor import StancePredictor

_SHOWN = 10
_COLUMNS = ("rank", "score", "reason", "document_id", "target", "task")


@dataclass(frozen=True)
class QueueOptions:
    """What to queue: the tasks of `project`, or those of `export`, whose queue goes to `out`."""

    by: str
    limit: int
    sources: Sources
    project: str
    url: str | None = None
    model: str | None = None
    export: str | None = None
    out: str | None = None


@dataclass(frozen=True)
class Model:
    """A predictor with the actors of the project, and where it came from."""

    uri: str
    predictor: "StancePredictor"
    client: "MlflowClient | None"


def queue(options: QueueOptions) -> int:
    """Rank, write, print; raises StanceError for what a user can mend."""
    _check(options)
    with progress() as tell:
        if options.export is not None:
            read = _read(Path(options.export), options.sources, Report())
            found = _rank(options, read, read_standing(Path(options.export)), tell)
        else:
            found = _on_server(options, tell)
    if options.out is not None:
        _write_list(options.out, found)
    _show(found)
    return 0


def _check(options: QueueOptions) -> None:
    if options.export is not None and options.out is None:
        raise ConfigurationError(
            "Expected --out FILE.csv with an export, found none. Without an export a project's tasks are queued."
        )
    if options.out is not None and not options.out.endswith(".csv"):
        raise ConfigurationError(f"Expected a file that ends in .csv for the queue, found {options.out}.")
    if options.model is None and options.by != "diversity":
        raise ConfigurationError(
            f"Expected --model URI to queue by {options.by}, found none. Name one (models:/actor-stance@champion), or "
            "queue --by diversity, which needs none."
        )


def _on_server(options: QueueOptions, tell: Tell) -> list[Queued]:
    server = connect(options.url)
    project = server.project(options.project)
    screen = options.sources.screen()
    for line in check_project(server, project, screen.configuration(), pulling=True):
        print(f"stance: the project differs from ours: {line}", file=sys.stderr)
    with TemporaryDirectory() as folder:
        pulled = pull(server, project, Path(folder) / "snapshot.json", screen=screen)
        documents, standing = _read(pulled.path, options.sources, Report()), read_standing(pulled.path)
    found = _rank(options, documents, standing, tell)
    _place(server, project, found, standing, tell)
    return found


def _place(server: Server, project: Any, found: Sequence[Queued], standing: Standing, tell: Tell) -> None:
    written = write_queue(server, project.id, found, standing, partial(tell, "writing the queue"))
    gone = f", {written.gone} were deleted meanwhile" if written.gone else ""
    print(f"{written.placed} tasks queued, {written.cleared} left the queue{gone}.")
    print(f'Label them in the tab "Queue" with "Label Tasks As Displayed": {server.address(project.id)}')


def _read(path: Path, sources: Sources, report: Report) -> list[Document]:
    screen = sources.screen()
    return list(
        read_export(
            path,
            label_set=screen.label_set,
            actors=None if screen.actors is None else screen.actors.ids(),
            targets=None if screen.targets is None else screen.targets.ids(),
            report=report,
        )
    )


def _rank(options: QueueOptions, documents: Sequence[Document], standing: Standing, tell: Tell) -> list[Queued]:
    tasks = sort_out(documents)
    print(f"{len(tasks.open)} tasks are open, {len(tasks.labelled)} labelled, {tasks.skipped} skipped.")
    if options.model is None:
        return rank(tasks, options.by, options.limit)
    model = _load(options.model, options.sources, tell)
    doubted = None
    if options.by in ("uncertainty", "mixed"):
        unknown = sum(not knows(model.predictor, task.target) for task in tasks.open)
        if unknown:
            print(f"{unknown} tasks are on a target that the model does not know; they come last.")
        rows = judge_open(model.predictor, tasks.open, partial(tell, "asking the model"))
        doubted = doubts(tasks.open, rows, model.predictor.model.labels)
    suspected = _suspected(options.by, tasks, standing, model, tell)
    return rank(tasks, options.by, options.limit, doubted=doubted, suspected=suspected)


def _load(uri: str, sources: Sources, tell: Tell) -> Model:
    from stance.models.predictor import StancePredictor

    tell(f"loading {uri}", 0, None)
    client = open_store() if uri.startswith(("models:/", "runs:/")) else None
    predictor, _ = load_predictor(uri, client)
    screen = sources.screen()
    if predictor.model.labels.id != screen.label_set.id:
        raise ConfigurationError(
            f"Expected a model of the label set {screen.label_set.id!r}, found one of {predictor.model.labels.id!r}. "
            "Name another with --model, or the label set with --label-set."
        )
    if screen.actors is not None:
        # The actors that a push would find, which may be more than when the model was trained.
        predictor = StancePredictor(predictor.model, screen.actors, name=predictor.name)
    return Model(uri, predictor, client)


def _suspected(by: str, tasks: Tasks, standing: Standing, model: Model, tell: Tell) -> list[Suspect]:
    """Likely label errors among the labelled tasks that nobody has confirmed; in a mixed queue none where they cannot
    be told.
    """
    if by == "uncertainty":
        return []
    try:
        return _doubtful(tasks, standing, model, tell)
    except StanceError as error:
        if by == "label-error":
            raise
        print(f"No label is held in doubt: {error}")
        return []


def _doubtful(tasks: Tasks, standing: Standing, model: Model, tell: Tell) -> list[Suspect]:
    labels = model.predictor.model.labels
    dataset = build_dataset(tasks.labelled, labels)
    held = held_out(model.client, model.uri)
    clusters = {task.document_id: tasks.clusters[task.task_id] for task in (*tasks.open, *tasks.labelled)}
    new, lost = never_learned(dataset, learned=held.learned, held_out=held.probabilities, clusters=clusters)
    judged = {**held.probabilities, **judge_labelled(model.predictor, new, partial(tell, "asking the model"))}
    print(
        f"{len(dataset) - len(new) - len(lost)} labels are judged out of fold, {len(new)} by a model that never saw "
        f"them, {len(lost)} not at all, since it learned from them."
    )
    confirmed = {(task.document_id, task.target) for task in tasks.labelled if task.task_id in standing.checked}
    return [one for one in suspects(dataset, judged) if (one.example.document_id, one.example.target) not in confirmed]


def _write_list(name: str, found: Sequence[Queued]) -> None:
    with writing(name) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for place, one in enumerate(found, 1):
            writer.writerow([place, one.score, one.reason, one.document_id, one.target or "", one.task])
    print(f"Wrote {name}.")


def _show(found: Sequence[Queued]) -> None:
    if not found:
        print("Nothing is to be labelled.")
        return
    table = Table("rank", "score", "document", "why", box=None, pad_edge=False)
    for place, one in enumerate(found[:_SHOWN], 1):
        table.add_row(str(place), f"{one.score:.2f}", Text(one.document_id), Text(one.reason))
    Console(highlight=False).print(table)
    again = sum(one.again for one in found)
    print(f"{len(found)} tasks: {len(found) - again} new, {again} to look at again.")
