"""What a finished run shows in MLflow: metrics with intervals, figures, predictions, errors, lineage."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from stance.data.examples import Dataset
from stance.data.splits import Manifest
from stance.evaluation.comparison import Row, render_markdown
from stance.evaluation.errors_table import errors_table
from stance.evaluation.example_facts import ExampleFacts, pack_facts
from stance.evaluation.figures import actors_figure, confusion_figure, models_figure, reliability_figure
from stance.evaluation.predictions import write_predictions
from stance.evaluation.scorecard import scorecard
from stance.evaluation.scored import Scored
from stance.evaluation.scored_file import FILE as SCORED
from stance.evaluation.scored_file import write_scored
from stance.evaluation.validity import AS_IT_IS, Answers, probe_metrics, probe_scores, swap_of
from stance.models.crossfit import CrossFit
from stance.models.rows import prediction_frame, prediction_rows
from stance.tracking.description import code
from stance.tracking.run import TrackedRun

if TYPE_CHECKING:
    import pandas

VALIDITY = "validity"
"""The folder of what the figures of `stance evaluate RUN` are made from."""
FACTS, UNCALIBRATED = "facts.json", "uncalibrated.parquet"
_SHOWN_ERRORS = 500
# What fits a screen; errors.csv has everything.
_SHOWN_COLUMNS = ("document_id", "actor", "target", "gold", "predicted", "confidence", "statements", "evidence")


def log_results(
    run: TrackedRun,
    fit: CrossFit,
    dataset: Dataset,
    facts: Sequence[ExampleFacts],
    *,
    prior: Scored | None,
    resamples: int,
) -> dict[str, float]:
    """Metrics, predictions and errors of one model over the test parts of its split; returns the metrics.

    `facts` of the tested examples, and what the model said before its temperature, are kept for `stance evaluate`.
    """
    scored = fit.calibrated
    metrics = scorecard(scored, prior=prior, training_actors=fit.training_actors, resamples=resamples)
    run.log_metrics(metrics)
    run.describe(metrics=metrics)
    frame = _frame(fit, dataset)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        write_predictions(frame, path)
        run.log_file(path)
        # What runs are compared by: gold too, and every digit.
        write_scored(scored, path.with_name(SCORED))
        run.log_file(path.with_name(SCORED))
        _log_scored(run, fit.uncalibrated, UNCALIBRATED)
    run.log_text(pack_facts(facts), f"{VALIDITY}/{FACTS}")
    errors = errors_table(scored, _beside(fit, dataset))
    run.log_text(errors.to_csv(index=False), "errors.csv")
    page = errors[list(_SHOWN_COLUMNS)].head(_SHOWN_ERRORS).round(2)
    run.log_table_html(page, "errors.html", f"Errors of {scored.model}, most confident first")
    return metrics


def log_probes(
    run: TrackedRun, answers: Mapping[str, Answers], model: str, *, reference: str | None, resamples: int
) -> None:
    """What `model` said of the changed texts, ids and labels and no text, and its figures beside the `reference`'s.

    `answers` are by model; nothing is logged where no text was changed.
    """
    if answers[model].keys() <= {AS_IT_IS}:
        return
    for probe, scored in answers[model].items():
        if probe != AS_IT_IS:
            _log_scored(run, scored, f"{probe}.parquet")
    known = reference if reference in answers else None
    scores = probe_scores(answers, model, reference=known, resamples=resamples)
    run.log_metrics(probe_metrics(scores, swap_of(answers[model], resamples=resamples), known))


def log_figures(run: TrackedRun, scored: Scored, *, uncalibrated: Scored | None, resamples: int) -> None:
    """Pictures of what one model got right, how far it can be believed, and on whom.

    They take longer than a linear model's fit, so trials of a sweep go without; the best of them gets its own.
    """
    run.log_figure(confusion_figure(scored), "figures/confusion.png")
    before, after = (scored, None) if uncalibrated is None else (uncalibrated, scored)
    run.log_figure(reliability_figure(before, after), "figures/reliability.png")
    run.log_figure(actors_figure(scored, resamples=resamples), "figures/actors.png")


def log_comparison(run: TrackedRun, rows: Sequence[Row], *, pictures: bool = True) -> None:
    """The table of all models on the same examples, and its picture."""
    table = render_markdown(rows)
    run.log_text(table, "comparison.md")
    run.describe(table=table)
    if pictures:
        run.log_figure(models_figure(rows), "figures/models.png")


def log_lineage(run: TrackedRun, dataset: Dataset, source: str, manifest: str, leakage: dict[str, float]) -> None:
    """The data set by its content digest, the split's manifest (JSON), and what the split lets through."""
    # Most exports are called export: the folder says more.
    path = Path(source)
    name = f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem
    run.log_dataset(dataset.digest, name, source, len(dataset), "training")
    run.log_text(manifest, "split.json")
    run.log_text(json.dumps(leakage, indent=1), "leakage.json")
    parts = msgspec.json.decode(manifest, type=Manifest)
    run.describe(data=_data_line(name, dataset), split=_split_line(parts, leakage))


def _log_scored(run: TrackedRun, scored: Scored, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_scored(scored, path)
        run.log_file(path, VALIDITY)


def _data_line(name: str, dataset: Dataset) -> str:
    count = Counter(example.label for example in dataset.examples)
    classes = ", ".join(f"{count[label]} {label}" for label in dataset.label_set.classes)
    actors = len({example.actor for example in dataset.examples})
    size = f"{len(dataset)} examples of {len(dataset.documents)} documents and {actors} actors ({classes})"
    return f"{code(name)}, digest {code(dataset.digest)}: {size}"


def _split_line(manifest: Manifest, leakage: dict[str, float]) -> str:
    release = f", {len(manifest.release)} examples set aside for release" if manifest.release else ""
    return (
        f"{manifest.strategy}, seed {manifest.seed}, {len(manifest.folds)} folds{release}; near-duplicates across "
        f"parts: {leakage['near_duplicate_pairs']:.0f}; {leakage['seen_actors']:.0%} of the test examples have an "
        "actor that was trained on"
    )


def _frame(fit: CrossFit, dataset: Dataset) -> "pandas.DataFrame":
    scored = fit.calibrated
    if scored.channel_probabilities is None:
        raise ValueError("Every model gives a stance per channel.")
    rows = prediction_rows(
        dataset.take(scored.ids),
        probabilities=scored.probabilities,
        channels=scored.channel_probabilities,
        evidence=fit.evidence,
        clusters=dict(zip(scored.documents, scored.clusters, strict=True)),
        model=scored.model,
    )
    return prediction_frame(rows, dataset.label_set)


def _beside(fit: CrossFit, dataset: Dataset) -> dict[str, list[str]]:
    """What helps to see why an example went wrong: the statements that annotators marked, and the model's evidence."""
    marked, shown = [], []
    for example in dataset.take(fit.calibrated.ids).examples:
        text = dataset.documents[example.document_id].text
        marked.append(" ⏎ ".join(f"[{s.stance}] {text[s.start : s.end]}" for s in example.statements))
        shown.append(" ⏎ ".join(f"[{e.stance}] {text[e.start : e.end]}" for e in fit.evidence.get(example.id, ())))
    return {"statements": marked, "evidence": shown}
