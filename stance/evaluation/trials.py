"""The trials of a sweep: which setting is best, what the seed alone changes, and the tables that show both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stance.evaluation.cells import encode_text
from stance.evaluation.significance import Spread, spread

if TYPE_CHECKING:
    import pandas

Value = bool | int | float | str | None
SEED = "seed"


class State(StrEnum):
    """How a trial stands; `failed` by an error or without a finite score, `pruned` given up for being behind."""

    COMPLETE = "complete"
    FAILED = "failed"
    PRUNED = "pruned"
    RUNNING = "running"


@dataclass(frozen=True)
class Objective:
    """A metric of a finished run, and where it should go: `maximize` or `minimize`."""

    metric: str
    direction: str

    @property
    def sign(self) -> int:
        """What a value is multiplied by so that more is better."""
        return 1 if self.direction == "maximize" else -1


@dataclass(frozen=True)
class Trial:
    """One training of a sweep: `params` by configuration key, one of `values` per objective once it is complete."""

    number: int
    params: dict[str, Value]
    state: State
    values: tuple[float, ...] = ()
    run_id: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Results:
    """The trials of a sweep so far, in order; `seeds` is with how many seeds each setting is to be tried."""

    trials: tuple[Trial, ...]
    objectives: tuple[Objective, ...]
    seeds: int = 1

    def of(self, *states: State) -> list[Trial]:
        """The trials in one of `states`."""
        return [trial for trial in self.trials if trial.state in states]

    @property
    def ended(self) -> list[Trial]:
        """All but those that run."""
        return [trial for trial in self.trials if trial.state is not State.RUNNING]


@dataclass(frozen=True)
class Setting:
    """What trials that differ in nothing but their seed have in common, and those of them that are complete.

    `whole` says that no seed is missing; only then are two means comparable.
    """

    params: dict[str, Value]
    trials: tuple[Trial, ...]
    whole: bool

    def mean(self, objective: int) -> float:
        """The mean of one objective over the trials."""
        return sum(trial.values[objective] for trial in self.trials) / len(self.trials)

    def spread(self, objective: int) -> Spread | None:
        """The spread of one objective over several seeds; None for a single trial."""
        return spread([trial.values[objective] for trial in self.trials])


def ranked(results: Results) -> list[Setting]:
    """Settings that can be ranked, the best first: by the mean of the first objective, the earlier of two equal ones.

    With several objectives those come first that no other beats in all. Settings with a missing seed are left out
    unless all have one missing.
    """
    found = _settings(results)
    found = [setting for setting in found if setting.whole] or found
    sign = results.objectives[0].sign
    order = sorted(found, key=lambda setting: (-sign * setting.mean(0), setting.trials[0].number))
    return sorted(order, key=lambda setting: _is_beaten(setting, order, results.objectives))


def best(results: Results) -> list[Setting]:
    """The best setting; with several objectives all that no other beats in every one (the Pareto front)."""
    order = ranked(results)
    if len(results.objectives) == 1:
        return order[:1]
    return [setting for setting in order if not _is_beaten(setting, order, results.objectives)]


def best_so_far(results: Results, objective: int) -> list[tuple[int, float]]:
    """(trial, the best mean of one objective among settings that were whole by then), a point per ended trial.

    It starts where the first setting is whole; trials that come later change no earlier point.
    """
    sign, curve = results.objectives[objective].sign, []
    values: dict[tuple, list[float]] = {}
    reached: float | None = None
    for trial in results.ended:
        if trial.state is State.COMPLETE:
            found = values.setdefault(_key(trial), [])
            found.append(trial.values[objective])
            mean = sum(found) / len(found)
            if len(found) == results.seeds and (reached is None or sign * mean > sign * reached):
                reached = mean
        if reached is not None:
            curve.append((trial.number, reached))
    return curve


def varying(trials: Iterable[Trial]) -> list[str]:
    """The parameters that have more than one value, in the order of the first trial."""
    seen: dict[str, set] = {}
    for trial in trials:
        for key, value in trial.params.items():
            seen.setdefault(key, set()).add((type(value), value))
    return [key for key, values in seen.items() if len(values) > 1]


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Each key's last part, or the whole key where two keys end alike."""
    ends = {key: key.rpartition(".")[2] for key in keys}
    counts = [*ends.values()]
    return {key: end if counts.count(end) == 1 else key for key, end in ends.items()}


def label(params: Mapping[str, Value], names: Mapping[str, str]) -> str:
    """`C=0.1 balanced=true`: what differs, on one line."""
    return " ".join(f"{names[key]}={shown(value)}" for key, value in params.items())


def shown(value: Value) -> str:
    """A value as people read it: four significant digits, and words as configuration files write them."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def settings_table(results: Results, most: int | None = None) -> tuple[list[str], list[list[str]]]:
    """Headings and lines of the ranked settings; over several seeds with mean, sample deviation and t-interval."""
    names = short_names(key for trial in results.trials for key in trial.params)
    seeded = results.seeds > 1
    over = ": mean ± sd [95 % interval]" if seeded else ""
    headings = ["setting", "seeds" if seeded else "trial", *(f"{one.metric}{over}" for one in results.objectives)]
    lines = []
    for setting in ranked(results)[:most]:
        which = str(len(setting.trials) if seeded else setting.trials[0].number)
        scores = [_score(setting, place) for place in range(len(results.objectives))]
        lines.append([label(setting.params, names) or "as configured", which, *scores])
    return headings, lines


def trials_frame(results: Results) -> "pandas.DataFrame":
    """A row per trial: number, state, parameters by their whole keys, objectives, run and error."""
    import pandas as pd

    metrics = [objective.metric for objective in results.objectives]
    rows = []
    for trial in results.trials:
        row: dict[str, object] = {"trial": trial.number, "state": trial.state.value}
        row |= {key: encode_text(value) if isinstance(value, str) else value for key, value in trial.params.items()}
        row |= dict(zip(metrics, trial.values or (None,) * len(metrics), strict=True))
        rows.append({**row, "run_id": trial.run_id or "", "error": encode_text(trial.error)})
    return pd.DataFrame(rows)


def _settings(results: Results) -> list[Setting]:
    """The settings that have a complete trial."""
    groups: dict[tuple, list[Trial]] = {}
    for trial in results.of(State.COMPLETE):
        groups.setdefault(_key(trial), []).append(trial)
    return [
        Setting(
            {key: value for key, value in group[0].params.items() if key != SEED},
            tuple(group),
            whole=len(group) == results.seeds,
        )
        for group in groups.values()
    ]


def _key(trial: Trial) -> tuple:
    """What tells a setting from others; without a swept seed every trial is a setting of its own."""
    if SEED not in trial.params:
        return (trial.number,)
    return tuple((key, type(value), value) for key, value in trial.params.items() if key != SEED)


def _is_beaten(setting: Setting, others: Sequence[Setting], objectives: Sequence[Objective]) -> bool:
    """Whether another setting is at least as good in every objective and better in one; never by a single objective."""
    return len(objectives) > 1 and any(_beats(other, setting, objectives) for other in others)


def _beats(one: Setting, other: Setting, objectives: Sequence[Objective]) -> bool:
    ahead = [o.sign * (one.mean(place) - other.mean(place)) for place, o in enumerate(objectives)]
    return all(step >= 0 for step in ahead) and any(step > 0 for step in ahead)


def _score(setting: Setting, objective: int) -> str:
    found = setting.spread(objective)
    if found is None:
        return f"{setting.mean(objective):.4f}"
    return f"{found.mean:.4f} ± {found.deviation:.4f} [{found.low:.4f}, {found.high:.4f}]"
