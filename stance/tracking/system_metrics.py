"""The load of the machine while a run goes on, under MLflow's own names: its UI shows them in a tab of their own."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.system_metrics.metrics.base_metrics_monitor import BaseMetricsMonitor

INTERVAL = 10.0
"""Seconds between two samples, where MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL says nothing else."""

PREFIX = "system/"

_STOP_SECONDS = 15.0
_logger = logging.getLogger(__name__)


class SystemMetrics:
    """A thread that logs the use of processors, memory, disk, network and NVIDIA GPUs, the last time when it stops.

    MLflow's own monitor ends as soon as its server is away; this one writes through the run's outbox. As with MLflow,
    MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING=false switches it off.
    """

    def __init__(self, log: Callable[[Mapping[str, float], int], None], began: float) -> None:
        """`log` takes metrics and a step, which is the number of seconds since `began` (seconds since 1970)."""
        self._log = log
        self._began = began
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to sample, unless it is switched off or this machine cannot be measured."""
        from mlflow.environment_variables import (
            MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING,
            MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL,
        )

        if MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING.is_set() and not MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING.get():
            return
        interval = MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL.get() or INTERVAL
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, args=(interval,), name="system metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the last sample and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None

    def _work(self, interval: float) -> None:
        # A container may hide what is measured, in ways of its own; a training never fails for that.
        try:
            monitors = _monitors()
            stopping = False
            while not stopping:
                stopping = self._stopping.wait(interval)
                self._sample(monitors)
        except Exception as error:
            _logger.warning("No more system metrics in this run: %s: %s", type(error).__name__, error)

    def _sample(self, monitors: "list[BaseMetricsMonitor]") -> None:
        metrics: dict[str, float] = {}
        for monitor in monitors:
            monitor.collect_metrics()
            metrics |= {f"{PREFIX}{name}": value for name, value in monitor.aggregate_metrics().items()}
            monitor.clear_metrics()
        self._log(metrics, int(time.time() - self._began))


def _monitors() -> "list[BaseMetricsMonitor]":
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
    from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor
    from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor

    monitors: list[BaseMetricsMonitor] = [CPUMonitor(), DiskMonitor(), NetworkMonitor()]
    # It says so where there is no GPU, or no package to ask one.
    with contextlib.suppress(ImportError, RuntimeError):
        monitors.append(GPUMonitor())
    # The first look at the processors measures nothing but is what the next one counts from.
    monitors[0].collect_metrics()
    monitors[0].clear_metrics()
    return monitors
