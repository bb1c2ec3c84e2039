"""The record of a sweep in an Optuna study: what was tried, how it ended, and what to try next.

Everything lies in a database that outlives the process. What trial k tries depends on the sweep's seed, on k and on the
trials of earlier batches alone, so that a sweep that was killed and continued tries what an undisturbed one tries.
"""

import hashlib
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stance.evaluation.trials import SEED, Objective, Results, State, Trial, Value, varying
from stance.tracking.study_storage import open_storage, storage_errors, trial_id

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

GRID, TPE = "grid", "tpe"
RUN, ERROR = "run", "error"
FEWEST_FOR_IMPORTANCE = 4
# From this factor on between the smallest and the largest value, orders of magnitude matter more than distances.
_LOGARITHMIC = 30


@dataclass(frozen=True)
class Choices:
    """Values to choose from, in order."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, both included; `log` spreads them over orders of magnitude."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Axis = Choices | Interval


@dataclass(frozen=True)
class Search:
    """What a sweep searches: one axis per configuration key, by `grid` or `tpe`, for which objectives."""

    axes: Mapping[str, Axis]
    sampler: str
    objectives: tuple[Objective, ...]
    seed: int = 0

    @property
    def size(self) -> float:
        """How many combinations there are; infinite with an interval."""
        return math.prod(len(axis.values) if isinstance(axis, Choices) else math.inf for axis in self.axes.values())

    @property
    def seeds(self) -> int:
        """With how many seeds each setting is tried."""
        axis = self.axes.get(SEED)
        return len(axis.values) if isinstance(axis, Choices) else 1

    @property
    def logarithmic(self) -> frozenset[str]:
        """The keys whose values spread over orders of magnitude."""
        return frozenset(key for key, axis in self.axes.items() if _spreads(axis))

    def combination(self, number: int) -> dict[str, Value]:
        """Trial `number` of the grid, the last axis changing fastest."""
        values = itertools.product(*(axis.values for axis in self.axes.values() if isinstance(axis, Choices)))
        return dict(zip(self.axes, next(itertools.islice(values, number, None)), strict=True))


class Study:
    """The study `name` in the database at `storage`, made if missing. Raises TrackingError where that fails."""

    def __init__(self, storage: str, name: str, search: Search) -> None:
        import optuna
        from optuna.study import StudyDirection

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.search = search
        self._url = storage
        with storage_errors(storage):
            self._storage = open_storage(storage)
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=name,
                directions=[StudyDirection[objective.direction.upper()] for objective in search.objectives],
                load_if_exists=True,
            )

    @property
    def parent(self) -> str | None:
        """The MLflow id of the sweep's run, once it was told."""
        with storage_errors(self._url):
            return self._study.user_attrs.get(RUN)

    @parent.setter
    def parent(self, run_id: str) -> None:
        with storage_errors(self._url):
            self._study.set_user_attr(RUN, run_id)

    def results(self) -> Results:
        """All trials so far, in order."""
        search = self.search
        return Results(tuple(map(_trial, self._frozen())), search.objectives, search.seeds)

    def next_batch(self, wanted: int, size: int) -> list[Trial]:
        """Trials to run now, side by side; empty once `wanted` have ended.

        Those that a dead process left running come first, with their parameters; new ones fill their batch up to
        `size`. A batch always starts at a multiple of `size`, and what is new in it rests on what ended before it.
        """
        frozen = self._frozen()
        left = [trial.number for trial in frozen if not trial.state.is_finished()]
        start = left[0] if left else len(frozen)
        start -= start % size
        for number in range(len(frozen), min(start + size, wanted)):
            self._add(self._suggest(number, frozen[:start], frozen[start:]))
            frozen = self._frozen()
        return [_trial(one) for one in frozen[start : start + size] if not one.state.is_finished()]

    def end(self, trial: Trial) -> None:
        """Record how a running trial ended, with its values, its MLflow run and its error."""
        from optuna.trial import TrialState

        states = {State.COMPLETE: TrialState.COMPLETE, State.FAILED: TrialState.FAIL, State.PRUNED: TrialState.PRUNED}
        with storage_errors(self._url):
            place = trial_id(self._storage, self._study.study_name, trial.number)
            for key, value in ((RUN, trial.run_id), (ERROR, trial.error)):
                if value is not None:
                    self._storage.set_trial_user_attr(place, key, value)
            values = list(trial.values) if trial.state is State.COMPLETE else None
            self._study.tell(trial.number, values, state=states[trial.state])

    def importances(self) -> tuple[dict[str, float], str]:
        """How much of the first objective's variance each varying parameter explains (fANOVA), or why nobody can say.

        Hutter et al. 2014, https://proceedings.mlr.press/v32/hutter14.html. Only complete trials count.
        """
        complete = self.results().of(State.COMPLETE)
        keys = varying(complete)
        if len(complete) < FEWEST_FOR_IMPORTANCE:
            return {}, f"{len(complete)} complete trials are too few, {FEWEST_FOR_IMPORTANCE} are needed"
        if len(keys) < 2:
            return {}, f"only {keys[0]} varies" if keys else "nothing varies"
        if len({trial.values[0] for trial in complete}) == 1:
            return {}, "all trials score alike"
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        found = get_param_importances(
            self._study,
            evaluator=FanovaImportanceEvaluator(seed=self.search.seed),
            params=keys,
            target=lambda frozen: frozen.values[0],
        )
        return {key: float(share) for key, share in found.items()}, ""

    def clear(self) -> None:
        """Forget all trials, for good."""
        import optuna

        name = self._study.study_name
        with storage_errors(self._url):
            optuna.delete_study(study_name=name, storage=self._storage)
            self._study = optuna.create_study(storage=self._storage, study_name=name, directions=self._study.directions)

    def _frozen(self) -> "list[FrozenTrial]":
        with storage_errors(self._url):
            return self._study.get_trials(deepcopy=False)

    def _suggest(self, number: int, ended: "list[FrozenTrial]", beside: "list[FrozenTrial]") -> dict[str, Value]:
        """Parameters of a new trial after those that `ended`; the ones `beside` it are taken for running still."""
        if self.search.sampler == GRID:
            return self.search.combination(number)
        import optuna
        from optuna.trial import TrialState, create_trial

        sampler = optuna.samplers.TPESampler(seed=_draw(self.search.seed, number))
        copy = optuna.create_study(directions=self._study.directions, sampler=sampler)
        copy.add_trials(ended)
        running = TrialState.RUNNING
        for one in beside:
            copy.add_trial(create_trial(state=running, params=one.params, distributions=one.distributions))
        return dict(copy.ask(self._distributions).params)

    def _add(self, params: dict[str, Value]) -> None:
        """Write a running trial with all its parameters in one transaction: a kill leaves all of it or nothing."""
        from optuna.trial import TrialState, create_trial

        trial = create_trial(state=TrialState.RUNNING, params=params, distributions=self._distributions)
        with storage_errors(self._url):
            self._study.add_trial(trial)

    @cached_property
    def _distributions(self) -> "dict[str, BaseDistribution]":
        return {key: _distribution(axis) for key, axis in self.search.axes.items()}


def _trial(frozen: "FrozenTrial") -> Trial:
    states = {"COMPLETE": State.COMPLETE, "FAIL": State.FAILED, "PRUNED": State.PRUNED}
    state = states.get(frozen.state.name, State.RUNNING)
    values = tuple(frozen.values) if state is State.COMPLETE and frozen.values is not None else ()
    attributes = frozen.user_attrs
    return Trial(frozen.number, dict(frozen.params), state, values, attributes.get(RUN), attributes.get(ERROR))


def _distribution(axis: Axis) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(axis, Choices):
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _spreads(axis: Axis) -> bool:
    if isinstance(axis, Interval):
        return axis.log
    numbers = [value for value in axis.values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == len(axis.values) and min(numbers) > 0 and max(numbers) / min(numbers) >= _LOGARITHMIC


def _draw(seed: int, number: int) -> int:
    """The seed of one trial's sampler: another one for each trial, the same one each time."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:4])
