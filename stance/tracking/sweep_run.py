"""The MLflow run of a sweep, under which its trials lie: begun before them, and showing at any time how far it is."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stance.evaluation.comparison import markdown_table
from stance.evaluation.sweep_figures import best_so_far_figure, importances_figure, parallel_coordinates_figure
from stance.evaluation.trials import (
    Results,
    State,
    Trial,
    Value,
    best,
    best_so_far,
    label,
    settings_table,
    short_names,
    shown,
    trials_frame,
    varying,
)
from stance.tracking.description import NOTE, spaced
from stance.tracking.finished import SWEEP
from stance.tracking.guarding import tracking_errors
from stance.tracking.masking import mask_text
from stance.tracking.processes import host, is_alive, own_process
from stance.tracking.run import TrackedRun
from stance.tracking.starting import search_runs, start_run
from stance.tracking.study import Study

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PARENT = "mlflow.parentRunId"
BEST_RUN = "stance.best_run"
_NOTE_SETTINGS = 15
# Longer tags MLflow refuses.
_LONGEST_NOTE = 8000


@dataclass(frozen=True)
class Heading:
    """What a sweep's run says of itself from its beginning: `line` is what was typed after `stance train -m`."""

    name: str
    sweep_id: str
    line: tuple[str, ...]
    params: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def command(self) -> str:
        """The line that continues or repeats the sweep."""
        return mask_text(f"stance train -m {shlex.join(self.line)}")


def known_run(client: "MlflowClient", experiment: str, sweep_id: str, run_id: str | None) -> "Run | None":
    """The run `run_id`, or else the latest unfinished run of the sweep; None where there is none (any more)."""
    wanted = f"tags.`{SWEEP}` = '{sweep_id}'"
    with tracking_errors("runs that can be searched"):
        found = [run for run in search_runs(client, wanted, [experiment]) if PARENT not in run.data.tags]
    if run_id is not None:
        return next((run for run in found if run.info.run_id == run_id), None)
    return next((run for run in found if run.info.status != "FINISHED"), None)


def start_sweep(client: "MlflowClient", experiment: str, heading: Heading, known: "Run | None") -> TrackedRun:
    """Begin a sweep's run, or continue `known`, also one that had finished: it was given more trials."""
    if known is not None and known.info.status == "FINISHED":
        with tracking_errors(f"a run {known.info.run_id} that can be continued"):
            client.set_terminated(known.info.run_id, "KILLED")
    return start_run(
        client,
        experiment,
        heading.name,
        tags={**heading.tags, SWEEP: heading.sweep_id},
        run_id=None if known is None else known.info.run_id,
    )


def child_of(client: "MlflowClient", experiment: str, sweep_id: str, trial: int) -> str | None:
    """The id of a trial's run, whatever became of it; None where the trial ended before it had one."""
    wanted = f"tags.`{SWEEP}` = '{sweep_id}' and tags.`stance.trial` = '{trial}'"
    with tracking_errors("runs that can be searched"):
        found = next(iter(search_runs(client, wanted, [experiment])), None)
    return None if found is None else found.info.run_id


def still_written(client: "MlflowClient", experiment: str, sweep_id: str) -> list[str]:
    """Trials that another process still trains, a line each: those of a sweeping process that died before them.

    A process of another host cannot be seen, so its RUNNING run counts as living.
    """
    wanted = f"tags.`{SWEEP}` = '{sweep_id}' and attributes.status = 'RUNNING'"
    lines = []
    with tracking_errors("runs that can be searched"):
        for run in search_runs(client, wanted, [experiment]):
            tags = run.data.tags
            pid, where = tags.get("stance.pid", ""), tags.get("stance.host", "")
            if PARENT in tags and pid.isdecimal() and _lives(pid, where, tags.get("stance.process_started", "")):
                lines.append(f"{run.info.run_name} (run {run.info.run_id}) by process {pid} of {where}")
    return lines


def log_progress(run: TrackedRun, heading: Heading, results: Results) -> None:
    """Show the standings in the description, the best setting as tags, counts and the curve of the best as metrics."""
    counts = {f"trials/{state.value}": len(results.of(state)) for state in State if state is not State.RUNNING}
    run.log_metrics(counts)
    for place, objective in enumerate(results.objectives):
        name = f"best_so_far/{objective.metric}"
        # What an interrupted sweep had no time to log comes with the next trial.
        for number, value in best_so_far(results, place)[_logged(run, name) :]:
            run.log_metrics({name: value}, step=number)
    if found := best(results):
        for key, setting in found[0].params.items():
            run.set_tag(f"best/{key}", shown(setting))
        run.set_tag(BEST_RUN, found[0].trials[0].run_id)
        run.log_metrics({f"best/{one.metric}": found[0].mean(place) for place, one in enumerate(results.objectives)})
    run.set_tag(NOTE, _note(run, heading, results))


def log_results(run: TrackedRun, heading: Heading, study: Study) -> None:
    """Tables, pictures and the summary of a sweep whose trials have all ended."""
    results = study.results()
    frame = trials_frame(results)
    run.log_text(frame.to_csv(index=False), "trials.csv")
    run.log_table_html(frame.astype(object).fillna(""), "trials.html", f"Trials of {heading.name}")
    run.log_figure(best_so_far_figure(results), "figures/best-so-far.png")
    if varying(results.of(State.COMPLETE)):
        figure = parallel_coordinates_figure(results, study.search.logarithmic)
        run.log_figure(figure, "figures/parallel-coordinates.png")
    importances, reason = study.importances()
    if importances:
        run.log_figure(importances_figure(importances, results.objectives[0]), "figures/importances.png")
        run.log_metrics({f"importance/{key}": share for key, share in importances.items()})
    run.log_text(summary(heading, results, importances, reason), "summary.md")


def summary(heading: Heading, results: Results, importances: Mapping[str, float], reason: str) -> str:
    """The whole outcome as Markdown; `reason` is why there are no importances."""
    parts = [f"# {_safe(heading.name)}", _standing(results), *_best_lines(results)]
    parts.append(markdown_table(*settings_table(results)).rstrip())
    if lost := results.of(State.FAILED, State.PRUNED):
        parts.append("Without a score:\n\n" + "\n".join(map(_without_score, lost)))
    if importances:
        shares = ", ".join(f"{key} {share:.0%}" for key, share in importances.items())
        parts.append(f"Share of the variance of {results.objectives[0].metric} (fANOVA): {shares}.")
    else:
        parts.append(f"No importances of parameters: {reason}.")
    parts.append(f"Continue or repeat it:\n\n    {heading.command}")
    return "\n\n".join(parts) + "\n"


def _note(run: TrackedRun, heading: Heading, results: Results) -> str:
    runs = f"#/experiments/{run.experiment_id}/runs/"
    table = markdown_table(*settings_table(results, most=_NOTE_SETTINGS)).rstrip()
    # Spaced now, since that makes it longer.
    body = spaced("\n\n".join([_standing(results), *_best_lines(results, runs), table]))
    closing = f"\n\nContinue or repeat it: `{_safe(heading.command)}`"
    room = _LONGEST_NOTE - len(closing)
    return (body if len(body) <= room else body[:room].rpartition("\n")[0]) + closing


def _standing(results: Results) -> str:
    aims = ", then ".join(f"{one.metric} ({one.direction})" for one in results.objectives)
    counts = ", ".join(f"{len(found)} {state.value}" for state in State if (found := results.of(state)))
    return f"**Objective**: {aims}. **Trials**: {counts or 'none yet'}."


def _best_lines(results: Results, runs: str = "") -> list[str]:
    """The best setting, or each that no other beats; `runs` is where runs are shown, before their ids."""
    lines = []
    for setting in best(results):
        scores = ", ".join(f"{one.metric} {setting.mean(place):.4f}" for place, one in enumerate(results.objectives))
        which = ", ".join(
            f"[trial {one.number}]({runs}{one.run_id})" if runs else f"trial {one.number}, run {one.run_id}"
            for one in setting.trials
        )
        lines.append(f"**Best**: {_described(setting.params)}: {scores} ({which})")
    return lines


def _without_score(trial: Trial) -> str:
    return f"- trial {trial.number}, {_described(trial.params)}, {trial.state.value}: {_safe(trial.error or '')}"


def _described(params: Mapping[str, Value]) -> str:
    return _safe(label(params, short_names(params))) or "as configured"


def _safe(text: str) -> str:
    # Values and errors come from outside, and Markdown may hold HTML.
    return text.replace("<", "&lt;").replace("`", "'")


def _logged(run: TrackedRun, metric: str) -> int:
    with tracking_errors("metrics that can be read"):
        return len({point.step for point in run.client.get_metric_history(run.id, metric)})


def _lives(pid: str, where: str, started: str) -> bool:
    if where != host():
        return True
    return pid != own_process()["stance.pid"] and is_alive(int(pid), started)
