"""A sweep as it was asked for: what all trials share, what is searched, and by which launcher it is run."""

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from stance.commands.composition import CONFIGURATIONS, Composed, composing, plain, show, typed, update
from stance.commands.space import Space, read_space, shown_axis, split_line
from stance.errors import ConfigurationError, DataError
from stance.evaluation.trials import SEED, Objective, label, short_names
from stance.settings import SourceSettings, SweepSettings, TrainSettings
from stance.tracking.study import GRID, TPE, Choices, Search

BASIC = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
# Keys that say how runs are watched, found or kept: they make no two trials different.
_NOT_SWEPT = ("sweep", "tracking", "runs", "name", "ckpt", "force", "run")
_NOT_IDENTITY = ("runs", "name", "ckpt", "force", "run", "baselines")
_SHOWN_TRIALS = 50

Compose = Callable[..., DictConfig]


@dataclass(frozen=True)
class Plan:
    """All of a sweep. `line` is what was typed, `shared` what every trial's configuration starts from.

    `master` is the configuration that launchers start from, Hydra's own part included; `first` that of one trial.
    """

    line: tuple[str, ...]
    shared: tuple[str, ...]
    space: Space
    search: Search
    settings: SweepSettings
    master: DictConfig
    first: Composed
    loader: ConfigLoader
    id: str

    @property
    def wanted(self) -> int:
        """How many trials there are to be."""
        trials = math.inf if self.settings.trials is None else self.settings.trials
        return int(min(trials, self.search.size) if self.search.sampler == GRID else trials)

    @property
    def parallel(self) -> int:
        """How many trials run side by side."""
        launcher = self.master.hydra.launcher
        if launcher["_target_"] == BASIC:
            return 1
        asked = self.settings.parallel or launcher.get("n_jobs", -1)
        return asked if asked > 0 else len(os.sched_getaffinity(0))

    @property
    def folder(self) -> Path:
        """Where the sweep keeps its record and its trials' logs."""
        return Path(self.first.settings.runs) / "sweeps" / self.id

    @property
    def storage(self) -> str:
        """The database of the record."""
        return self.settings.storage or f"sqlite:///{self.folder / 'study.db'}"

    @property
    def names(self) -> dict[str, str]:
        """The swept keys as names show them."""
        return short_names(self.space.axes)


def plan_sweep(overrides: Sequence[str], folder: Path = CONFIGURATIONS) -> Plan:
    """Compose a sweep and find what is wrong with it before anything runs; raises ConfigurationError and DataError."""
    fixed, swept = split_line(overrides)
    with composing(folder) as compose_with:
        master = compose_with(fixed, hydra=True)
        settings: SweepSettings = OmegaConf.to_object(master.sweep)  # type: ignore[assignment]
        space = read_space(settings.params, fixed, swept)
        objectives = tuple(Objective(one.metric, one.direction) for one in settings.objectives)
        search = Search(space.axes, settings.sampler, objectives, settings.seed)
        _raise_all([*_problems(search, settings), *_launcher_problems(master, settings)])
        shared = tuple(str(override) for override in master.hydra.overrides.task)
        defaults = plain(compose_with([]))
        loader = GlobalHydra.instance().config_loader()
        composed = _compose_ends(compose_with, shared, space, loader, defaults)
    first = composed[0]
    _raise_all([*_not_for_sweeps(first.settings)])
    digest = _identity(search, settings, composed)
    return Plan(tuple(overrides), shared, space, search, settings, master, first, loader, digest)


def show_plan(plan: Plan) -> str:
    """What would run: the sweep in comments, then the configuration of its first trial as YAML."""
    lines = [f"Sweep {plan.id}: {plan.wanted} trials, {plan.search.sampler}, {plan.parallel} side by side"]
    lines += [f"  {one.direction} {one.metric}" for one in plan.search.objectives]
    lines += [f"  {shown_axis(key, axis, plan.space.texts[key])}" for key, axis in plan.space.axes.items()]
    if plan.search.sampler == GRID:
        lines.append("Trials:")
        for number in range(min(plan.wanted, _SHOWN_TRIALS)):
            lines.append(f"  {number}: {label(plan.search.combination(number), plan.names)}")
        if plan.wanted > _SHOWN_TRIALS:
            lines.append(f"  and {plan.wanted - _SHOWN_TRIALS} more")
    lines.append("The first of them:" if plan.search.sampler == GRID else "One corner of what is searched:")
    return "".join(f"# {line}\n" for line in lines) + show(plan.first)


def _raise_all(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigurationError("\n".join(problems))


def _problems(search: Search, settings: SweepSettings) -> Iterator[str]:
    intervals = [key for key, axis in search.axes.items() if not isinstance(axis, Choices)]
    if search.sampler not in (GRID, TPE):
        yield f"Expected sweep.sampler {GRID} or {TPE}, found {search.sampler!r}."
    if search.sampler == GRID and intervals:
        yield f"Expected values in a grid, found an interval for {', '.join(intervals)}. Choose from it: sweep=tpe."
    if search.sampler == TPE and settings.trials is None:
        yield "Expected a number of trials with sampler tpe, found none. Set it: sweep.trials=20."
    if search.sampler == TPE and SEED in search.axes:
        yield (
            "Expected one seed with sampler tpe, found several: it would take a lucky seed for a good setting. "
            "Try the best setting with several seeds afterwards: experiment=sweep/seeds."
        )
    if settings.trials is not None and settings.trials < 1:
        yield f"Expected at least one trial (sweep.trials), found {settings.trials}."
    kept = [key for key in search.axes if key.lstrip("+").partition(".")[0] in _NOT_SWEPT]
    if kept:
        yield f"Expected keys that change what a run computes, found {', '.join(kept)}."
    yield from _objective_problems(search, settings)


def _objective_problems(search: Search, settings: SweepSettings) -> Iterator[str]:
    metrics = [objective.metric for objective in search.objectives]
    if not metrics or len(set(metrics)) < len(metrics):
        yield f"Expected different objectives, at least one (sweep.objectives), found {', '.join(metrics) or 'none'}."
    for objective in search.objectives:
        if objective.direction not in ("maximize", "minimize"):
            yield f"Expected {objective.metric} to maximize or minimize, found {objective.direction!r}."
    if settings.prune and len(metrics) > 1:
        yield "Expected one objective with sweep.prune, found several: no trial is behind in all of them for sure."


def _launcher_problems(master: DictConfig, settings: SweepSettings) -> Iterator[str]:
    if settings.parallel is not None and settings.parallel < 1:
        yield f"Expected at least one trial at a time (sweep.parallel), found {settings.parallel}."
    if (settings.parallel or 1) > 1 and master.hydra.launcher["_target_"] == BASIC:
        yield (
            f"Expected a launcher that runs {settings.parallel} trials side by side, found basic. "
            "Add hydra/launcher=joblib, ray or slurm."
        )


def _not_for_sweeps(settings: TrainSettings) -> Iterator[str]:
    if settings.ckpt is not None:
        yield "Expected no ckpt with -m, found one: a sweep goes on by itself where it stopped."
    if settings.run is not None:
        yield "Expected no run with -m, found one: a run is repeated by itself."


def _compose_ends(
    compose_with: Compose, shared: Sequence[str], space: Space, loader: ConfigLoader, defaults: dict[str, Any]
) -> list[Composed]:
    """The first trial, then one per option of each swept group; all other values are only checked for their type.

    Raises ConfigurationError for all of them at once.
    """
    first = compose_with([*shared, *space.first()])
    found, problems = [typed(first, defaults)], []
    for key in space.axes:
        is_group = bool(loader.get_group_options(key.lstrip("+")))
        for override in space.ends(key):
            try:
                if is_group:
                    others = [one for one in space.first() if not one.startswith(f"{key}=")]
                    found.append(typed(compose_with([*shared, *others, override]), defaults))
                else:
                    update(first, override)
            except ConfigurationError as problem:
                problems.append(f"{override}: {problem}")
    _raise_all(problems)
    return found


def _identity(search: Search, settings: SweepSettings, composed: Sequence[Composed]) -> str:
    """What a sweep is known by when its line is given again: all that its trials and their order depend on."""
    from stance.tracking.code_version import code_version
    from stance.tracking.run import config_hash

    resolved = composed[0].resolved
    whole = {
        "shared": {name: value for name, value in resolved.items() if name not in _NOT_IDENTITY},
        "axes": [f"{key}: {axis}" for key, axis in search.axes.items()],
        "objectives": [asdict(objective) for objective in search.objectives],
        "sampler": [search.sampler, search.seed],
        "prune": [settings.prune, settings.prune_after],
        "code": code_version(),
        "files": _digests(composed, search.axes),
    }
    return config_hash(whole)


def _digests(composed: Sequence[Composed], axes: Mapping[str, Any]) -> dict[str, str]:
    """The content of every file that is learned from: with other annotations it is another sweep."""
    files = {value for key in ("data.export", "data.actors", "target.registry") for value in _values(axes, key)}
    for one in composed:
        read: list[TrainSettings | SourceSettings] = [one.settings, *one.settings.sources.values()]
        for learned in read:
            files |= {learned.data.export, learned.data.actors, learned.target.registry}
    digests = {}
    for name in sorted(str(file) for file in files if file is not None):
        try:
            with open(name, "rb") as content:
                digests[name] = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"{name}: {error.strerror}. Name a file that exists.") from None
    return digests


def _values(axes: Mapping[str, Any], key: str) -> Sequence[Any]:
    axis = axes.get(key)
    return axis.values if isinstance(axis, Choices) else ()
