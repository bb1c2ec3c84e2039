"""From settings to models: the one place that knows every model by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stance.annotation.registry import ActorRegistry, TargetRegistry
from stance.data.sources import Source
from stance.errors import ConfigurationError
from stance.labels import LabelSet
from stance.models.contract import StanceModel
from stance.settings import (
    MODEL_SETTINGS,
    ActorPriorSettings,
    DataSettings,
    EncoderSettings,
    MajoritySettings,
    ModelSettings,
    NetworkSettings,
    TfidfSettings,
    TrainerSettings,
)

if TYPE_CHECKING:
    from stance.models.actor_network import NetworkPlan


@dataclass(frozen=True)
class Workshop:
    """All that a model may need to be built; `begins_at` is the folder of a stored network to begin from, `actors` the
    registry of who is spoken of (None: nobody but the annotators knows), `sources` what a network learns from beside.
    """

    encoder: EncoderSettings
    data: DataSettings
    trainer: TrainerSettings
    labels: LabelSet
    targets: TargetRegistry
    seed: int = 0
    begins_at: Path | None = None
    actors: ActorRegistry | None = None
    sources: tuple[Source, ...] = ()

    def network_plan(self, settings: NetworkSettings) -> "NetworkPlan":
        """What a network with these settings is built from."""
        from stance.models.actor_network import NetworkPlan

        return NetworkPlan(
            settings,
            self.encoder,
            self.data,
            self.trainer,
            self.seed,
            begins_at=self.begins_at,
            actors=self.actors,
            sources=self.sources,
        )


def build(
    settings: ModelSettings,
    workshop: Workshop,
    *,
    folder: Path | None = None,
    report: Callable[[int, dict[str, float]], None] | None = None,
    epochs: int | None = None,
) -> StanceModel:
    """An untrained model. `folder`, `report` and `epochs` matter to models that train in epochs only."""
    if isinstance(settings, NetworkSettings):
        # Heavy imports only where a network is asked for.
        from stance.models.actor_network import ActorNetworkModel

        plan = workshop.network_plan(settings)
        return ActorNetworkModel(plan, workshop.labels, workshop.targets, folder=folder, report=report, epochs=epochs)
    from stance.models.baselines import ActorPrior, Majority, TfidfLogisticRegression

    if isinstance(settings, MajoritySettings):
        return Majority(settings)
    if isinstance(settings, ActorPriorSettings):
        return ActorPrior(settings)
    if isinstance(settings, TfidfSettings):
        return TfidfLogisticRegression(settings, seed=workshop.seed)
    raise ConfigurationError(f"Expected a model among {', '.join(MODEL_SETTINGS)}, found {settings.name!r}.")


def default_settings(name: str) -> ModelSettings:
    """The settings a model has when nothing else is asked for; raises ConfigurationError for an unknown name."""
    if name not in MODEL_SETTINGS:
        raise ConfigurationError(f"Expected a model among {', '.join(MODEL_SETTINGS)}, found {name!r}.")
    return MODEL_SETTINGS[name]()
