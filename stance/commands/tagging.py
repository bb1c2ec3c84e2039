"""`stance train experiment=actor_tagger`: the tagger of actors in no registry, judged on actors it never saw."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from stance.annotation.records import Document
from stance.commands.composition import Composed
from stance.commands.job import CONSOLE, Job, prepare
from stance.commands.runs import describe, find_finished, start
from stance.commands.train import Trained
from stance.data.cache import sharing
from stance.data.spans import actor_spans
from stance.data.splits import Fold
from stance.errors import ConfigurationError
from stance.evaluation.comparison import markdown_table, rich_table, with_interval
from stance.evaluation.intervals import Interval
from stance.evaluation.span_scores import SpanCounts, count_spans, span_scores
from stance.settings import TaggerSettings

if TYPE_CHECKING:
    from stance.models.tagger import ActorTagger
    from stance.tracking.run import TrackedRun

TAGGER = "tagger"
"""The artifact folder of a run that holds the tagger."""
_BY = {"exact": True, "overlap": False}
_HEADINGS = ("spans", "precision", "recall", "f1", "recall, unseen actors", "f1, unseen actors")
Find = Callable[[Sequence[Document]], list[list[tuple[int, int]]]]


@dataclass(frozen=True)
class _Parts:
    """The documents of a fold; `hidden` are the actors that training must not see."""

    train: list[Document]
    validation: list[Document]
    test: list[Document]
    hidden: frozenset[str]


@sharing()
def train_tagger(composed: Composed) -> Trained:
    """Train on each fold's seen actors, score the spans of all and of unseen ones, store one trained on everything.

    Raises StanceError for what a user can mend, KeyboardInterrupt on Ctrl-C.
    """
    from stance.tracking.starting import close_orphans
    from stance.tracking.store import connect

    settings = composed.settings
    if settings.split.strategy != "unseen_actor":
        raise ConfigurationError(
            f"Expected split=unseen_actor for a tagger, which is judged on actors it never saw, found "
            f"split={settings.split.strategy}. Take experiment=actor_tagger."
        )
    job = prepare(composed)
    client = connect(settings.tracking.uri)
    close_orphans(client, [settings.tracking.experiment])
    found = None if settings.force else find_finished(client, job, whole_job=True)
    if found is not None:
        CONSOLE.print(f"Run {found.info.run_id} is finished; run it again with force=true.", soft_wrap=True)
        return Trained(found.info.run_id, dict(found.data.metrics), found=True)
    with start(job, client, composed.model) as run:
        describe(run, job, composed.model)
        folder = Path(settings.runs) / run.id
        metrics, table, epochs = _crossfit(job, run, folder)
        run.log_metrics(metrics)
        run.log_text(markdown_table(_HEADINGS, table), "comparison.md")
        run.describe(table=markdown_table(_HEADINGS, table))
        _store(job, run, folder, epochs)
    shutil.rmtree(folder, ignore_errors=True)
    Console(width=max(CONSOLE.width, 132), highlight=False).print(rich_table(_HEADINGS, table))
    CONSOLE.print(f"Names that no registry knows: stance label actors PAGES --tagger runs:/{run.id}", soft_wrap=True)
    return Trained(run.id, metrics)


def _crossfit(job: Job, run: "TrackedRun", folder: Path) -> tuple[dict[str, float], list[list[str]], int]:
    """Metrics, table and the folds' median epochs."""
    counts: dict[str, list[SpanCounts]] = {name: [] for name in _BY}
    clusters: list[str] = []
    epochs: list[int] = []
    for number, fold in enumerate(job.manifest.folds):
        parts = _parts(job, fold)
        tagger = _tagger(job, run, folder / f"fold-{fold.fold}", f"Fit {number + 1} of {len(job.manifest.folds)}")
        tagger.fit(parts.train, parts.validation, parts.hidden)
        epochs.append(tagger.trained_epochs)
        found = tagger.find(parts.test)
        for name, exact in _BY.items():
            counts[name] += _counts(parts, found, exact=exact)
        clusters += [job.grouping.clusters[document.document_id] for document in parts.test]
        run.log_text(_misses(parts, found), f"misses/fold-{fold.fold}.csv")
    scores = {name: span_scores(counts[name], clusters) for name in _BY}
    table = [_row(f"{name} match", scores[name]) for name in _BY]
    return _metrics(scores), table, int(np.median(epochs))


def _parts(job: Job, fold: Fold) -> _Parts:
    examples = {example.id: example for example in job.dataset.examples}
    train, validation, test = (
        [job.dataset.documents[name] for name in dict.fromkeys(examples[one].document_id for one in part)]
        for part in (fold.train, fold.validation, fold.test)
    )
    seen = {examples[name].actor for name in (*fold.train, *fold.validation)}
    everyone = {span.actor for document in job.dataset.documents.values() for span in actor_spans(document)}
    return _Parts(train, validation, test, frozenset(everyone - seen))


def _tagger(job: Job, run: "TrackedRun", folder: Path, what: str, epochs: int | None = None) -> "ActorTagger":
    from stance.models.tagger import ActorTagger, TaggerPlan

    settings, model = job.composed.settings, job.composed.model
    if not isinstance(model, TaggerSettings):
        raise ConfigurationError(f"Expected model=actor_tagger, found {model.name!r}.")

    def report(epoch: int, metrics: dict[str, float]) -> None:
        name = what.lower().replace(" ", "-")
        run.log_metrics({f"epoch/{key.replace('/', '_')}/{name}": value for key, value in metrics.items()}, step=epoch)
        shown = ", ".join(f"{key} {value:.3f}" for key, value in sorted(metrics.items()))
        CONSOLE.print(f"{what}, epoch {epoch + 1}: {shown}", soft_wrap=True)

    plan = TaggerPlan(model, settings.encoder, settings.data, settings.trainer, settings.seed)
    return ActorTagger(plan, folder=folder, report=report, epochs=epochs)


def _counts(parts: _Parts, found: list[list[tuple[int, int]]], *, exact: bool) -> list[SpanCounts]:
    gold = [{(s.start, s.end): s.actor not in parts.hidden for s in actor_spans(one)} for one in parts.test]
    return [count_spans(spans, predicted, exact=exact) for spans, predicted in zip(gold, found, strict=True)]


def _misses(parts: _Parts, found: list[list[tuple[int, int]]]) -> str:
    """What was missed and what was found where nothing is, as CSV, so that a person sees why."""
    import pandas

    rows = []
    for document, predicted in zip(parts.test, found, strict=True):
        spans = actor_spans(document)
        missed = [s for s in spans if not any(a < s.end and b > s.start for a, b in predicted)]
        spurious = [(a, b) for a, b in predicted if not any(a < s.end and b > s.start for s in spans)]
        rows += [
            (document.document_id, "missed", s.start, document.text[s.start : s.end], s.actor, s.actor in parts.hidden)
            for s in missed
        ]
        rows += [(document.document_id, "spurious", a, document.text[a:b], "", False) for a, b in spurious]
    columns = ["document_id", "kind", "start", "text", "actor", "unseen"]
    return str(pandas.DataFrame(rows, columns=columns).to_csv(index=False))


def _row(name: str, scores: dict[str, Interval]) -> list[str]:
    return [name, *(with_interval(scores[key]) for key in ("precision", "recall", "f1", "unseen_recall", "unseen_f1"))]


def _metrics(scores: dict[str, dict[str, Interval]]) -> dict[str, float]:
    named = {f"span_{by}/{name}": value for by, found in scores.items() for name, value in found.items()}
    metrics = {name: value.estimate for name, value in named.items()}
    metrics |= {f"{name}_low": value.low for name, value in named.items()}
    return metrics | {f"{name}_high": value.high for name, value in named.items()}


def _store(job: Job, run: "TrackedRun", folder: Path, epochs: int) -> None:
    """Train on every actor for the folds' median epochs and keep the weights with the run."""
    held = set(job.manifest.release)
    learnable = {example.document_id for example in job.dataset.examples if example.id not in held}
    documents = [document for name, document in job.dataset.documents.items() if name in learnable]
    tagger = _tagger(job, run, folder / "final", "Final fit", epochs)
    tagger.fit(documents, ())
    with TemporaryDirectory() as scratch:
        tagger.save(Path(scratch))
        for path in sorted(Path(scratch).iterdir()):
            run.log_file(path, TAGGER)
