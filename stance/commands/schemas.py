"""The schemas of `stance.settings` where Hydra finds them."""

from hydra.core.config_store import ConfigStore

from stance.settings import (
    TRAINABLE,
    DataSettings,
    EncoderSettings,
    PretrainSettings,
    SplitSettings,
    SweepSettings,
    TargetSettings,
    TrackingSettings,
    TrainerSettings,
    TrainSettings,
)


def register_schemas() -> None:
    """Put the schemas where Hydra finds them; every group file names its schema first in its defaults."""
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainSettings)
    store.store(name="pretrain_schema", node=PretrainSettings)
    for group, schema in (
        ("data", DataSettings),
        ("target", TargetSettings),
        ("split", SplitSettings),
        ("encoder", EncoderSettings),
        ("trainer", TrainerSettings),
        ("tracking", TrackingSettings),
        ("sweep", SweepSettings),
    ):
        store.store(group=group, name="schema", node=schema)
    for name, model in TRAINABLE.items():
        store.store(group="model", name=f"{name}_schema", node=model)
