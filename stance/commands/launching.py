"""Trials handed to one of Hydra's launchers: in this process, side by side, on a Ray cluster, or through SLURM."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext
from hydra.utils import instantiate
from omegaconf import DictConfig

from stance.commands.composition import typed
from stance.commands.sweep_plan import Plan
from stance.errors import Pruned
from stance.evaluation.trials import State, Trial, label
from stance.tracking.pruning import Watch

# What launchers raise where a process died under a trial, by name: their packages need not be installed.
_DEATHS = ("UncompletedJobError", "FailedJobError", "WorkerCrashedError", "OutOfMemoryError", "NodeDiedError")


@dataclass(frozen=True)
class Outcome:
    """How one trial ended, in a form that travels between processes whatever was raised."""

    state: State
    run_id: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class TrialTask:
    """What a launcher calls for each trial, in whichever process: trains and says how it ended, and never raises.

    Hydra's job number is the trial's. Relative paths count from `folder`, the sweep's own working folder. What a
    training prints goes to `logs`.
    """

    parent: str
    sweep_id: str
    names: Mapping[int, str]
    defaults: dict[str, Any]
    folder: Path
    logs: Path
    watch: Watch | None

    def __call__(self, config: DictConfig) -> Outcome:
        """Run the trial of `config`; only what ends the process (Ctrl-C, SIGTERM) is raised."""
        number = int(HydraConfig.get().job.num)
        with chdir(self.folder), _printing_to(trial_log(self.logs, number)):
            try:
                return self._train(config, number)
            except Pruned as pruned:
                return Outcome(State.PRUNED, error=str(pruned))
            except Exception as error:
                from stance.tracking.ending import error_text

                traceback.print_exc()
                return Outcome(State.FAILED, error=error_text(error))

    def _train(self, config: DictConfig, number: int) -> Outcome:
        from stance.commands.runs import SweepChild
        from stance.commands.train import train

        watch = None if self.watch is None else self.watch.of(number)
        child = SweepChild(self.parent, self.sweep_id, number, self.names[number], watch)
        trained = train(typed(config, self.defaults), child)
        return Outcome(State.COMPLETE, trained.run_id, dict(trained.metrics))


def trial_log(logs: Path, number: int) -> Path:
    """Where one trial's output goes."""
    return logs / f"trial-{number:04d}.log"


def launch(plan: Plan, parent: str, trials: Sequence[Trial]) -> list[Outcome]:
    """Run `trials`, in their order, by the plan's launcher, and return when all have ended.

    A trial under which its process died has failed; those beside it are run again, alone. Raises what the launcher
    raises where it can't launch.
    """
    # Launchers number their jobs one by one; of a batch that a kill cut short, some in between may have ended.
    outcomes: list[Outcome] = []
    for _, group in groupby(enumerate(trials), key=lambda pair: pair[1].number - pair[0]):
        outcomes += _launch(plan, parent, [trial for _, trial in group])
    return outcomes


def _launch(plan: Plan, parent: str, trials: list[Trial]) -> list[Outcome]:
    overrides = [[*plan.shared, *plan.space.overrides(trial.params)] for trial in trials]
    try:
        returned = _launcher(plan, _task(plan, parent, trials)).launch(overrides, initial_job_idx=trials[0].number)
        return [job.return_value for job in returned]
    except Exception as error:
        if not isinstance(error, BrokenExecutor) and type(error).__name__ not in _DEATHS:
            raise
        if len(trials) == 1:
            from stance.tracking.ending import error_text

            return [Outcome(State.FAILED, error=f"the process died: {error_text(error)}")]
    return [outcome for trial in trials for outcome in _launch(plan, parent, [trial])]


def _task(plan: Plan, parent: str, trials: Sequence[Trial]) -> TrialTask:
    settings = plan.settings
    monitor = plan.first.settings.trainer.monitor
    watch = Watch(plan.storage, plan.id, monitor, settings.prune_after) if settings.prune else None
    return TrialTask(
        parent=parent,
        sweep_id=plan.id,
        names={trial.number: label(trial.params, plan.names) for trial in trials},
        defaults=plan.first.defaults,
        folder=Path.cwd(),
        logs=plan.folder.absolute(),
        watch=watch,
    )


def _launcher(plan: Plan, task: TrialTask) -> Launcher:
    config = plan.master
    context = HydraContext(config_loader=plan.loader, callbacks=Callbacks())
    if Plugins.is_in_toplevel_plugins_module(config.hydra.launcher["_target_"]):
        return Plugins.instance().instantiate_launcher(hydra_context=context, task_function=task, config=config)
    # Hydra takes plugins from its own package only; ours has a place of its own.
    launcher: Launcher = instantiate(config.hydra.launcher)
    launcher.setup(hydra_context=context, task_function=task, config=config)
    return launcher


@contextmanager
def _printing_to(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Line by line, so that a long training can be followed.
    with path.open("a", encoding="utf-8", buffering=1) as log, redirect_stdout(log), redirect_stderr(log):
        yield
