"""Runs begin, or go on where they stopped; those whose process died are closed."""

import getpass
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from stance.errors import TrackingError
from stance.tracking.code_version import code_version, git_commit
from stance.tracking.guarding import patiently, tracking_errors
from stance.tracking.outbox import deliver_waiting
from stance.tracking.processes import host, is_alive, own_process
from stance.tracking.run import TrackedRun
from stance.tracking.store import ensure_experiment

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ORPHANED = "stance.orphaned"
ERROR = "stance.error"
RESUMED = "stance.resumed"

_PAGE = 500
_logger = logging.getLogger(__name__)


def start_run(
    client: "MlflowClient",
    experiment: str,
    name: str | None,
    *,
    tags: Mapping[str, str] | None = None,
    run_id: str | None = None,
    parent_run_id: str | None = None,
) -> TrackedRun:
    """Start a run in `experiment` (made if missing), or continue `run_id`, whose name and experiment stay its own.

    Process, host, code version and git commit become tags in the same write, so that a run that dies at once can be
    told from one that lives. What earlier processes could not send is sent first. Raises TrackingError, among others
    for a `run_id` that finished, was deleted, or that another living process of this host still writes.
    """
    deliver_waiting(client)
    whole = {**_origin(), **(tags or {})}
    if parent_run_id is not None:
        whole["mlflow.parentRunId"] = parent_run_id
    if run_id is not None:
        _continue(client, run_id, whole)
        return TrackedRun(client, run_id)
    experiment_id = ensure_experiment(client, experiment)
    run = patiently(
        f"a run that can start in the experiment {experiment!r}",
        lambda: client.create_run(experiment_id, tags=whole, run_name=name),
    )
    return TrackedRun(client, run.info.run_id)


def close_orphans(client: "MlflowClient", experiments: Sequence[str] | None = None) -> list[str]:
    """End as KILLED every RUNNING run of this host whose process is gone, and return their ids.

    `experiments` are names (None: all). Runs of other hosts, and runs that carry no process tags, are left alone. What
    the dead processes could not send is sent first: a run may have ended, and its end be late. Raises TrackingError.
    """
    deliver_waiting(client)
    closed = []
    with tracking_errors("runs that can be searched and ended"):
        # Host names hold no quotes, so the text goes into the filter as it is.
        wanted = f"attributes.status = 'RUNNING' and tags.`stance.host` = '{host()}'"
        for run in list(search_runs(client, wanted, experiments)):
            pid, started = run.data.tags.get("stance.pid", ""), run.data.tags.get("stance.process_started", "")
            if pid.isdecimal() and not is_alive(int(pid), started):
                client.set_tag(run.info.run_id, ORPHANED, f"process {pid} on {host()} ended without closing its run")
                client.set_terminated(run.info.run_id, "KILLED")
                closed.append(run.info.run_id)
    return closed


def _origin() -> dict[str, str]:
    commit, dirty = git_commit()
    tags = {
        **own_process(),
        "stance.code_version": code_version(),
        "mlflow.source.name": "stance",
        "mlflow.source.type": "LOCAL",
    }
    if commit is not None:
        tags |= {"mlflow.source.git.commit": commit, "stance.git_dirty": str(dirty).lower()}
    try:
        tags["mlflow.user"] = getpass.getuser()
    except (OSError, KeyError):
        _logger.debug("The user of this process has no name; the run goes without.")
    return tags


def _continue(client: "MlflowClient", run_id: str, tags: dict[str, str]) -> None:
    from mlflow.entities import RunTag

    with tracking_errors(f"a run {run_id} that can be continued"):
        run = client.get_run(run_id)
        _check_can_continue(run)
        # The process tags go first: a run must never be RUNNING under the name of a dead process.
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in {**tags, RESUMED: "true"}.items()])
        for tag in (ORPHANED, ERROR):
            if tag in run.data.tags:
                client.delete_tag(run_id, tag)
        client.update_run(run_id, status="RUNNING")


def _check_can_continue(run: "Run") -> None:
    run_id, tags = run.info.run_id, run.data.tags
    if run.info.lifecycle_stage != "active" or run.info.status == "FINISHED":
        state = "deleted" if run.info.lifecycle_stage != "active" else "FINISHED"
        raise TrackingError(f"Expected a run that stopped before its end, found {run_id} {state}; start a new run.")
    pid = tags.get("stance.pid", "")
    if run.info.status != "RUNNING" or tags.get("stance.host") != host() or not pid.isdecimal():
        return
    own = own_process()
    if is_alive(int(pid), tags.get("stance.process_started", "")) and pid != own["stance.pid"]:
        raise TrackingError(
            f"Expected a run that nobody writes, found {run_id} written by process {pid}; end it first."
        )


def search_runs(client: "MlflowClient", wanted: str, experiments: Sequence[str] | None = None) -> "Iterator[Run]":
    """All runs that MLflow's filter `wanted` finds in the experiments with these names (None: all), latest first."""
    ids = _experiment_ids(client, experiments)
    token: str | None = None
    while ids:
        page = client.search_runs(ids, wanted, max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _experiment_ids(client: "MlflowClient", names: Iterable[str] | None) -> list[str]:
    if names is not None:
        found = [client.get_experiment_by_name(name) for name in names]
        return [experiment.experiment_id for experiment in found if experiment is not None]
    ids: list[str] = []
    token: str | None = None
    while True:
        page = client.search_experiments(max_results=_PAGE, page_token=token)
        ids += [experiment.experiment_id for experiment in page]
        token = page.token
        if not token:
            return ids
