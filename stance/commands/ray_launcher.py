"""A Hydra launcher for Ray: one task per trial, on a local cluster or on any cluster by address.

It takes what hydra-ray-launcher takes, `init` and `remote`. That plugin itself holds cloudpickle below version 3, which
joblib no longer takes, and comes with libraries for one vendor's cloud.
"""

import os
from collections.abc import Sequence
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from stance.errors import ConfigurationError


class RayLauncher(Launcher):
    """`init` goes to `ray.init` (its `address` names a cluster), `remote` to `ray.remote` (what a trial needs)."""

    def __init__(self, init: DictConfig, remote: DictConfig) -> None:
        self.init: dict[str, Any] = OmegaConf.to_container(init, resolve=True)  # type: ignore[assignment]
        self.remote: dict[str, Any] = OmegaConf.to_container(remote, resolve=True)  # type: ignore[assignment]

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what Hydra gives every launcher."""
        self.context, self.task, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Run one job per list of overrides, side by side; raises Ray's errors where a worker died."""
        ray = _ray()
        if not ray.is_initialized():
            ray.init(**self.init)
        run = ray.remote(**self.remote)(_run) if self.remote else ray.remote(_run)
        jobs = []
        for number, overrides in enumerate(job_overrides, start=initial_job_idx):
            config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
            with open_dict(config):
                config.hydra.job.num = number
                config.hydra.job.id = str(number)
            jobs.append(run.remote(self.context, config, self.task, Singleton.get_state()))
        try:
            return ray.get(jobs)
        except BaseException:
            for job in jobs:
                ray.cancel(job, force=True)
            raise


def _run(context: HydraContext, config: DictConfig, task: TaskFunction, state: dict) -> JobReturn:
    setup_globals()
    Singleton.set_state(state)
    HydraConfig.instance().set_config(config)
    return run_job(
        hydra_context=context,
        task_function=task,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _ray() -> Any:
    # Ray reports its use to its makers unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ConfigurationError("Expected Ray for this launcher, found none. pip install 'stance[ray]'") from None
    return ray
