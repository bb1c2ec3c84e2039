"""Runs that have ended, found by what a person types and read back: tags, parameters, what they scored, their split."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from stance.errors import TrackingError
from stance.evaluation.scored import Scored
from stance.evaluation.scored_file import FILE as SCORED
from stance.evaluation.scored_file import read_scored
from stance.tracking.guarding import tracking_errors
from stance.tracking.masking import mask
from stance.tracking.starting import search_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from stance.data.splits import Manifest

DIGEST = "stance.data_digest"
SWEEP = "stance.sweep_id"
TRIALS = "trials.csv"
_PARENT = "mlflow.parentRunId"
_ID = re.compile(r"[0-9a-f]{1,32}")
_WHOLE_ID = 32
_SHOWN = 10


@dataclass(frozen=True)
class FinishedRun:
    """What MLflow keeps of a run that ended well; `name` and the values are as somebody once gave them."""

    id: str
    name: str
    experiment_id: str
    tags: Mapping[str, str]
    params: Mapping[str, str]

    @property
    def short(self) -> str:
        """The first eight digits of the id, as the UI shows it."""
        return self.id[:8]


@dataclass(frozen=True)
class Sweep:
    """A sweep's finished trials in their order, and how many others there are by MLflow status."""

    name: str
    runs: tuple[FinishedRun, ...]
    unfinished: Mapping[str, int]


def find_run(client: "MlflowClient", word: str) -> FinishedRun:
    """The finished run whose id is, or begins with, `word`.

    Raises TrackingError where there is none or several, where the run did not finish, and for a run's name, which says
    too little (it repeats), with the ids that it may mean.
    """
    return finished(_find(client, word))


def find_sweep(client: "MlflowClient", word: str) -> Sweep | None:
    """The sweep whose parent run's id (or its beginning), or whose tag `stance.sweep_id`, is `word`.

    None where `word` is a run without trials; raises TrackingError where it is nothing at all.
    """
    with tracking_errors("runs that can be searched"):
        tagged = [] if _unquotable(word) else list(search_runs(client, f"tags.`{SWEEP}` = '{word}'"))
    # A sweep that was begun anew has trials of its earlier run too.
    parent = next((run for run in tagged if _PARENT not in run.data.tags), None) or _find(client, word)
    with tracking_errors("runs that can be searched"):
        trials = list(search_runs(client, f"tags.`{_PARENT}` = '{parent.info.run_id}'"))
    trials += _found_elsewhere(client, parent.info.run_id, {run.info.run_id for run in trials})
    return _sweep(parent, trials) if trials else None


def finished(run: "Run") -> FinishedRun:
    """`run` as a finished one; raises TrackingError with its status where it is not."""
    info = run.info
    status = info.status if info.lifecycle_stage == "active" else "deleted"
    if status != "FINISHED":
        raise TrackingError(
            f"Expected a run that is FINISHED, found {info.run_id} ({info.run_name}) {status}. "
            "Name another run, or train it again."
        )
    return FinishedRun(info.run_id, info.run_name, info.experiment_id, dict(run.data.tags), dict(run.data.params))


def scored_of(client: "MlflowClient", run: FinishedRun) -> Scored:
    """What `run` scored; raises TrackingError for a run that does not keep it (it is no training, or an old one)."""
    with tracking_errors(f"the run {run.id} and its artifacts"):
        kept = {item.path for item in client.list_artifacts(run.id)}
    if SCORED not in kept:
        raise TrackingError(
            f"Expected a run that keeps what it scored in {SCORED}, found {run.id} ({run.name}) without. Name a run of "
            "`stance train`; one from before that file was kept must be trained again, as its config.yaml says."
        )
    with artifact(client, run.id, SCORED) as path:
        return read_scored(path)


def manifest_of(client: "MlflowClient", run: FinishedRun) -> "Manifest":
    """The split that `run` was trained on. Raises TrackingError where it is missing or something else."""
    import msgspec

    from stance.data.splits import Manifest

    with artifact(client, run.id, "split.json") as path:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise TrackingError(f"Expected a split in split.json of the run {run.id}, found: {error}") from error


def config_of(client: "MlflowClient", run: FinishedRun) -> dict[str, Any]:
    """The whole configuration of `run`, secrets masked. Raises TrackingError where it is missing."""
    import yaml

    with artifact(client, run.id, "config.yaml") as path:
        return yaml.safe_load(path.read_text("utf-8"))


def _find(client: "MlflowClient", word: str) -> "Run":
    with tracking_errors("runs that can be searched"):
        if _ID.fullmatch(word):
            found = list(search_runs(client, f"attributes.run_id LIKE '{word}%'"))
            if len(found) == 1:
                return found[0]
            if found:
                raise TrackingError(
                    f"Expected the beginning of one run's id, found {word!r}, with which {len(found)} begin. "
                    f"Write more of it:\n{_listed(found)}"
                )
        named = [] if _unquotable(word) else list(search_runs(client, f"attributes.run_name = '{word}'"))
    if named:
        raise TrackingError(f"Expected a run's id, found the name {word!r}. Runs of that name:\n{_listed(named)}")
    hint = " It may be deleted." if len(word) == _WHOLE_ID and _ID.fullmatch(word) else ""
    raise TrackingError(
        f"Expected a run's id or its beginning, found {word!r}, which no run of {mask(client.tracking_uri)} has.{hint} "
        "The MLflow UI shows the ids (make ui); MLFLOW_TRACKING_URI names another store."
    )


def _found_elsewhere(client: "MlflowClient", parent_id: str, known: set[str]) -> "list[Run]":
    """Runs that were there before the sweep and stand for trials of it, as its table says."""
    with tracking_errors(f"the run {parent_id} and its artifacts"):
        if TRIALS not in {item.path for item in client.list_artifacts(parent_id)}:
            return []
    with artifact(client, parent_id, TRIALS) as path, path.open(encoding="utf-8", newline="") as lines:
        told = {row["run_id"] for row in csv.DictReader(lines) if row.get("run_id") and row["state"] == "complete"}
    with tracking_errors(f"the runs that {TRIALS} of the run {parent_id} names"):
        found = [client.get_run(run_id) for run_id in sorted(told - known)]
    return [run for run in found if run.info.lifecycle_stage == "active"]


def _sweep(parent: "Run", trials: "list[Run]") -> Sweep:
    name, parent_id = parent.info.run_name, parent.info.run_id
    unfinished: dict[str, int] = {}
    for run in trials:
        if run.info.status != "FINISHED":
            unfinished[run.info.status] = unfinished.get(run.info.status, 0) + 1
    ended = [run for run in trials if run.info.status == "FINISHED"]
    if not ended:
        counted = ", ".join(f"{count} {status}" for status, count in unfinished.items())
        raise TrackingError(f"Expected a sweep with finished trials, found {name} ({parent_id}) with {counted}.")
    ordered = sorted(ended, key=lambda run: (int(run.data.tags.get("stance.trial", 0)), run.info.start_time))
    return Sweep(name, tuple(finished(run) for run in ordered), unfinished)


def _listed(runs: "list[Run]") -> str:
    lines = []
    for run in runs[:_SHOWN]:
        score = run.data.metrics.get("f_avg")
        shown = "" if score is None else f", f_avg {score:.3f}"
        lines.append(f"  {run.info.run_id}  {run.info.run_name}, {run.info.status}{shown}")
    rest = len(runs) - _SHOWN
    return "\n".join([*lines, *([f"  and {rest} more"] if rest > 0 else [])])


def _unquotable(word: str) -> bool:
    return "'" in word or "`" in word or "\\" in word


@contextmanager
def artifact(client: "MlflowClient", run_id: str, path: str) -> Iterator[Path]:
    """A local copy of the file or folder `path` among the artifacts of a run; TrackingError where there is none."""
    with TemporaryDirectory() as folder:
        with tracking_errors(f"an artifact {path} of the run {run_id}"):
            found = client.download_artifacts(run_id, path, folder)
        yield Path(found)
