"""`stance train run=RUN_ID`: a finished run again, from its logged configuration, and whether its metrics agree."""

from dataclasses import replace
from typing import TYPE_CHECKING

from stance.commands.composition import Composed, recompose
from stance.commands.job import CONSOLE, Job, prepare
from stance.commands.train import Trained, run_job
from stance.data.cache import sharing
from stance.errors import ConfigurationError, DataError
from stance.evaluation.repetition import Repetition, repetition

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.finished import FinishedRun

# What may be said beside run=…: where and how it is recorded, not what it computes.
_ALLOWED = ("run", "name", "runs", "force", "tracking", "trainer.progress")
# What may explain other numbers, by tag.
_CIRCUMSTANCES = {
    "stance.code_version": "code version",
    "mlflow.source.git.commit": "git commit",
    "stance.precision": "precision",
    "stance.threads": "threads",
    "stance.host": "machine",
}


@sharing()
def repeat(composed: Composed) -> bool:
    """Run `composed.settings.run` again and say whether all its metrics agree; returns that.

    Raises ConfigurationError for settings beside `run` that would change what is computed, TrackingError for a run that
    did not finish, and DataError where the data are no longer those it saw.
    """
    from stance.tracking.finished import config_of, find_run, scored_of
    from stance.tracking.names import differing
    from stance.tracking.store import connect

    others = [key for key in differing(composed.resolved, composed.defaults) if not key.startswith(_ALLOWED)]
    if others:
        raise ConfigurationError(
            f"Expected run=… alone, since a run is repeated as it was configured, found {others[0]} beside it. "
            "Leave run=… out to train another configuration."
        )
    client = connect(composed.settings.tracking.uri)
    before = find_run(client, str(composed.settings.run))
    known = scored_of(client, before)
    again = _as_before(recompose(config_of(client, before), composed.defaults), composed, before)
    job = prepare(again)
    _check_data(job, before)
    trained = run_job(job, client, tags={"stance.repeats": before.id})
    after = find_run(client, trained.run_id)
    found = repetition(_metrics(client, before, trained), trained.metrics, known, scored_of(client, after))
    _say(client, before, after, found)
    return found.agrees


def _check_data(job: Job, before: "FinishedRun") -> None:
    """Raise DataError unless the data are those that the run `before` saw."""
    seen = [(job.composed.settings.data.export, before.tags.get("stance.data_digest"), job.dataset.digest)]
    for source in job.sources:
        logged = before.params.get(f"sources.{source.name}.digest")
        seen.append((source.settings.data.export, logged, source.dataset.digest))
    for export, then, now in seen:
        if then != now:
            raise DataError(
                f"{export}: expected the data that run {before.id} saw, digest {then}, found {now}. Put that export "
                "back, or train anew without run=…."
            )


def _as_before(logged: Composed, asked: Composed, before: "FinishedRun") -> Composed:
    """The logged configuration, recorded where and as the user asks now; a run that stood alone stands alone again."""
    alone = "stance.group" in before.tags or "stance.trial" in before.tags
    settings = replace(
        logged.settings,
        tracking=asked.settings.tracking,
        runs=asked.settings.runs,
        name=asked.settings.name or f"repeat of {before.short}",
        ckpt=None,
        baselines=[] if alone else logged.settings.baselines,
        trainer=replace(logged.settings.trainer, progress=asked.settings.trainer.progress),
    )
    resolved = {**logged.resolved, "baselines": settings.baselines, "tracking": asked.resolved["tracking"]}
    return replace(logged, settings=settings, resolved=resolved)


def _metrics(client: "MlflowClient", before: "FinishedRun", trained: Trained) -> dict[str, float]:
    from stance.tracking.guarding import tracking_errors

    with tracking_errors(f"the metrics of run {before.id}"):
        logged = client.get_run(before.id).data.metrics
    return {name: logged[name] for name in trained.metrics if name in logged}


def _say(client: "MlflowClient", before: "FinishedRun", after: "FinishedRun", found: Repetition) -> None:
    from stance.tracking.run import TrackedRun

    run = TrackedRun(client, after.id)
    changed = [
        f"{name} {before.tags.get(tag)} then, {after.tags.get(tag)} now"
        for tag, name in _CIRCUMSTANCES.items()
        if before.tags.get(tag) != after.tags.get(tag)
    ]
    lines = [f"Run {before.id} repeated as {after.id}: {found.sentence}"]
    if not found.agrees:
        lines.append(f"What was not the same: {'; '.join(changed) or 'nothing that is recorded'}.")
    run.set_tag("stance.repeat_agrees", str(found.agrees).lower())
    run.log_text("\n\n".join([*lines, found.table]) + "\n", "repeat.md")
    for line in lines:
        CONSOLE.print(line, soft_wrap=True, markup=False)
    if not found.agrees:
        CONSOLE.print(found.table, soft_wrap=True, markup=False)
