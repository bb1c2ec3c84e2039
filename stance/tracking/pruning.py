"""Trainings that are given up after an epoch, since others did better by then."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from stance.errors import Pruned
from stance.tracking.study_storage import open_storage, storage_errors, trial_id

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage


@dataclass
class Watch:
    """Reports the first fold's epochs of one trial, and raises Pruned where the trial is behind.

    It is behind if its best epoch so far is worse than the median of at least `after` earlier trials at this epoch. A
    watch can be sent to another process: the study is reached by its `storage`.
    """

    storage: str
    study: str
    monitor: str
    after: int
    trial: int = -1

    def of(self, trial: int) -> "Watch":
        """The watch of one trial."""
        return replace(self, trial=trial)

    def __call__(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Hear of an epoch; raises Pruned."""
        from optuna.study import StudyDirection

        value = metrics.get(self.monitor)
        if value is None or not math.isfinite(value):
            return
        with storage_errors(self.storage):
            storage, study = self._connection
            # The pruner takes the study's direction; a loss falls whatever the objective does.
            if self.monitor.endswith("loss") == (study.direction == StudyDirection.MAXIMIZE):
                value = -value
            place = trial_id(storage, self.study, self.trial)
            storage.set_trial_intermediate_value(place, epoch, value)
            behind = study.pruner.prune(study, storage.get_trial(place))
        if behind:
            raise Pruned(f"behind the median of other trials after epoch {epoch + 1}")

    @cached_property
    def _connection(self) -> "tuple[RDBStorage, Study]":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage, pruner = open_storage(self.storage), optuna.pruners.MedianPruner(n_startup_trials=self.after)
        return storage, optuna.load_study(study_name=self.study, storage=storage, pruner=pruner)
