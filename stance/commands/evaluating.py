"""`stance evaluate`: a model against a person's own gold, from the raw page to the stance; or a run by itself."""

import datetime
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from stance.annotation.inputs import read_inputs
from stance.annotation.records import Document
from stance.commands.gold import Asker, Gold, read_gold
from stance.commands.progress import progress
from stance.commands.validity import evaluate_run
from stance.commands.writing import write_text
from stance.errors import ConfigurationError, DataError
from stance.evaluation.comparison import rich_table
from stance.evaluation.end_to_end import Outcome, cut_scores, end_to_end_scores, finder_scores, judge, stance_scores
from stance.evaluation.end_to_end_report import (
    ACTORS,
    PAGES,
    STANCES,
    WHOLE,
    Evaluation,
    as_json,
    markdown,
    metrics,
    opening,
    tables,
)
from stance.evaluation.intervals import Interval
from stance.evaluation.scored import Scored
from stance.labelling.predictors import load_predictor
from stance.labels import AUTHOR

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "stance-evaluation"
_WITH_EXPORT = ("actors", "targets", "pages", "seen", "json", "track")
_FEW = 20  # clusters; with fewer, percentile intervals are too narrow


@dataclass(frozen=True)
class EvaluateOptions:
    """Which model on which export (None: a run on its own test data), with which registries (None: those stored with
    it).

    `pages` is the folder that the export's documents were cut from, `seen` the day on which they were scraped.
    """

    model: str
    export: str | None = None
    actors: str | None = None
    targets: str | None = None
    pages: str | None = None
    seen: datetime.date | None = None
    out: str | None = None
    json: str | None = None
    track: bool = False


def evaluate(options: EvaluateOptions) -> int:
    """Print what the model scored and write it where asked; raises StanceError for what a user can mend."""
    if options.export is None:
        return _of_run(options)
    client = _store(options.model)
    failures: list[DataError] = []
    with progress() as tell:
        tell(f"loading {options.model}", 0, None)
        predictor, version = load_predictor(options.model, client, actors=options.actors, targets=options.targets)
        model = predictor.model
        gold = read_gold(options.export, model.labels, model.targets.ids())
        pages = None if options.pages is None else _pages(options.pages, options.seen, failures)
        asker = Asker(predictor, tell)
        made = _evaluation(options, version, gold, asker.score(gold, version), asker.outcomes(gold, pages))
    notes = [*_notes(gold, predictor.actors.ids(), options.pages), *(f"Passed over: {failure}" for failure in failures)]
    made = replace(made, logged=_logged(client, options.model), notes=notes)
    _show(made)
    _write(options, made)
    if options.track:
        run_id = _track(made, gold.dataset.digest)
        print(f"Metrics, and no texts, in run {run_id} of the experiment {EXPERIMENT}.")
    return 0


def _of_run(options: EvaluateOptions) -> int:
    given = [name for name in _WITH_EXPORT if getattr(options, name)]
    if given:
        raise ConfigurationError(
            f"Expected an export beside --{given[0]}, found none. Name the gold to judge by after the model, or leave "
            f"--{given[0]} out to judge a run by its own test data."
        )
    return evaluate_run(options.model, options.out)


def _store(model: str) -> "MlflowClient | None":
    if not model.startswith(("models:/", "runs:/")):
        return None
    from stance.commands.contenders import open_store

    return open_store()


def _pages(folder: str, seen: datetime.date | None, failures: list[DataError]) -> list[Document]:
    if not Path(folder).exists():
        raise DataError(f"Expected a folder of pages at {folder}, found none. Name the one that gold was cut from.")
    return [given.document for given in read_inputs([folder], seen=seen, refused=failures.append)]


def _evaluation(
    options: EvaluateOptions,
    version: str,
    gold: Gold,
    judged: tuple[Scored, np.ndarray],
    outcomes: Sequence[Outcome],
) -> Evaluation:
    label_set = gold.dataset.label_set
    scores: dict[str, dict[str, Interval]] = {}
    cuts = [one.cut for one in outcomes if one.cut is not None]
    if cuts:
        scores[PAGES] = cut_scores(cuts, [one.cluster for one in gold.documents])
    if any(actor != AUTHOR for one in gold.documents for actor in one.mentions):
        scores[ACTORS] = finder_scores(gold.documents, outcomes)
    scores[STANCES] = stance_scores(*judged)
    verdicts = [
        verdict
        for one, outcome in zip(gold.documents, outcomes, strict=True)
        for verdict in judge(one, outcome, absent=label_set.absent)
    ]
    scores[WHOLE] = end_to_end_scores(verdicts, label_set)
    sizes = {
        "documents": len(gold.documents),
        "clusters": len(set(gold.clusters.values())),
        "actors": sum(len(one.mentions) for one in gold.documents),
        "stances": len(gold.dataset),
    }
    return Evaluation(version, str(options.export), sizes, scores, verdicts)


def _notes(gold: Gold, known: frozenset[str], pages: str | None) -> list[str]:
    """What keeps the figures from meaning more, or less, than they say."""
    notes = []
    clusters = len(set(gold.clusters.values()))
    if clusters < _FEW:
        notes.append(f"Only {clusters} clusters of documents: the intervals are narrower than they should be.")
    if pages is None:
        notes.append("No pages were given: documents count as split right.")
    if gold.report.dropped:
        notes.append(f"{gold.report.dropped} problems of the export cost something: stance label check lists them.")
    for reason, count in gold.dataset.left_out.items():
        notes.append(f"Left out: {count} stances ({reason}).")
    strangers = {actor for one in gold.documents for actor in one.mentions} - known - {AUTHOR}
    if strangers:
        notes.append(f"{len(strangers)} actors of gold are in no registry and cannot be found: name one with --actors.")
    return notes


def _logged(client: "MlflowClient | None", uri: str) -> dict[str, tuple[float, float]]:
    """f_avg and macro-F1 of the model's own run and of the baselines beside it; nothing of a local folder."""
    if client is None:
        return {}
    from stance.commands.runs import GROUP
    from stance.tracking.registry import run_of_model
    from stance.tracking.starting import search_runs

    run_id = run_of_model(client, uri)
    if run_id is None:
        return {}
    runs = [client.get_run(run_id), *search_runs(client, f"tags.`{GROUP}` = '{run_id}'")]
    return {
        run.data.tags.get("stance.model", run.info.run_name): (run.data.metrics["f_avg"], run.data.metrics["macro_f1"])
        for run in runs
        if {"f_avg", "macro_f1"} <= run.data.metrics.keys()
    }


def _show(made: Evaluation) -> None:
    console = Console(highlight=False)
    for line in opening(made):
        console.print(line, markup=False, soft_wrap=True)
    for title, headings, rows in tables(made):
        console.print(f"\n{title}", markup=False)
        console.print(rich_table(headings, rows))


def _write(options: EvaluateOptions, made: Evaluation) -> None:
    texts = {
        options.out: lambda: markdown(made),
        options.json: lambda: json.dumps(as_json(made), ensure_ascii=False, indent=1) + "\n",
    }
    for name, text in texts.items():
        if name is None:
            continue
        write_text(name, text())
        print(f"Written: {name}")


def _track(made: Evaluation, digest: str) -> str:
    """Log figures alone, in an experiment of its own: no text, no name of a file, no id of a document."""
    from stance.tracking.starting import start_run
    from stance.tracking.store import DEFAULT_URI, connect

    client = connect(os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI)
    tags = {"stance.evaluated_model": made.model, "stance.data_digest": digest}
    with start_run(client, EXPERIMENT, made.model, tags=tags) as run:
        run.log_metrics(metrics(made))
    return run.id
