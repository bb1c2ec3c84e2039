"""One fit with Lightning: precision, stopping, checkpoints that survive a kill, and what is left when it ends."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint, TQDMProgressBar

from stance.errors import ConfigurationError
from stance.settings import TrainerSettings

LAST = "last.ckpt"
PRECISIONS = ("auto", "bf16-mixed", "32-true")

Report = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class Progress:
    """Where checkpoints go (None: a temporary folder), who hears of epochs, and which weights are kept.

    `validated` tells whether there is something to validate on. `monitor` tells the best epoch, where a model has a
    measure of its own (None: the configured one).
    """

    folder: Path | None
    report: Report | None
    validated: bool
    epochs: int
    monitor: str | None = None


def resolve_precision(name: str) -> str:
    """`auto` as bf16-mixed where the processor computes in bfloat16, else 32-true; others as they are."""
    if name not in PRECISIONS:
        raise ConfigurationError(f"Expected trainer.precision among {', '.join(PRECISIONS)}, found {name!r}.")
    if name != "auto":
        return name
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = torch.cpu.get_capabilities()
        native = bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))
    return "bf16-mixed" if native else "32-true"


def set_threads(count: int | None) -> int:
    """Let the processor compute with `count` threads (None: as many as it has cores); returns how many that is."""
    if count is not None:
        if count < 1:
            raise ConfigurationError(f"Expected trainer.threads of at least 1, found {count}.")
        torch.set_num_threads(count)
    return torch.get_num_threads()


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """The context in which predictions are made as in training."""
    if resolve_precision(precision) == "bf16-mixed":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def fit(module: pl.LightningModule, data: pl.LightningDataModule, settings: TrainerSettings, progress: Progress) -> int:
    """Train `module` in place and leave the chosen weights in it; returns how many epochs they were trained.

    A last checkpoint in the folder is continued. The folder is removed when training ends, and stays when it is
    interrupted. Raises KeyboardInterrupt where Lightning would swallow it.
    """
    temporary = progress.folder is None
    folder = progress.folder or Path(tempfile.mkdtemp(prefix="stance-fit-"))
    monitor = progress.monitor or settings.monitor
    best = ModelCheckpoint(folder, "best", monitor=monitor, mode=_mode(monitor), save_weights_only=True)
    last = ModelCheckpoint(folder, "last", save_on_train_epoch_end=True, enable_version_counter=False)
    watchers: list[Callback] = [last, _EpochReport(progress.report)]
    patience = settings.patience if progress.validated else None
    if patience is not None:
        stop = EarlyStopping(monitor, mode=_mode(monitor), patience=patience)
        # The last checkpoint is written after the others moved on, so that it holds their state too.
        watchers = [best, stop, *watchers]
    if settings.progress:
        watchers.append(TQDMProgressBar(refresh_rate=5))
    resumed = folder / LAST
    # A pre-trained encoder arrives in evaluation mode, and the trainer keeps the mode it finds.
    module.train()
    with warnings.catch_warnings():
        _quiet()
        trainer = _trainer(settings, progress, watchers)
        try:
            trainer.fit(module, datamodule=data, ckpt_path=resumed if resumed.exists() else None, weights_only=True)
        except SystemExit as ended:
            # The trainer turns Ctrl-C into an exit, and SIGTERM into one that is no Ctrl-C.
            if isinstance(ended.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise
    epochs = trainer.current_epoch
    if patience is not None and best.best_model_path:
        chosen = torch.load(best.best_model_path, weights_only=True)
        module.load_state_dict(chosen["state_dict"])
        epochs = int(chosen["epoch"]) + 1
    shutil.rmtree(folder, ignore_errors=temporary)
    return epochs


def _trainer(settings: TrainerSettings, progress: Progress, watchers: list[Callback]) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=1 if settings.fast_dev_run else progress.epochs,
        accelerator="auto",
        devices=1,
        precision=resolve_precision(settings.precision),  # type: ignore[arg-type]
        callbacks=watchers,
        logger=False,
        enable_progress_bar=settings.progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_val_batches=None if progress.validated else 0,
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
    )


def _mode(monitor: str) -> str:
    return "min" if monitor.endswith("loss") else "max"


def _quiet() -> None:
    # Advice on worker processes, steps and paid services, which does not apply to batches made in place.
    warnings.filterwarnings("ignore", ".*does not have many workers.*")
    warnings.filterwarnings("ignore", ".*`__len__` of the `IterableDataset`.*")
    warnings.filterwarnings("ignore", ".*`IterableDataset` has `__len__` defined.*")
    warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
    for name in ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _EpochReport(Callback):
    """Hands each epoch's metrics on, once the epoch is over."""

    def __init__(self, report: Report | None):
        self.report = report

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self.report is not None:
            values: dict[str, Any] = trainer.callback_metrics
            self.report(trainer.current_epoch, {name: float(value) for name, value in values.items()})
