"""Hydra's composition with errors a person can act on."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stance.commands.schemas import register_schemas
from stance.errors import ConfigurationError
from stance.settings import (
    TRAINABLE,
    ModelSettings,
    PretrainSettings,
    SweepSettings,
    TrainSettings,
)

CONFIGURATIONS = Path("conf")
_TRAIN, _PRETRAIN = "train", "pretrain"
_SCHEMAS = {_TRAIN: TrainSettings, _PRETRAIN: PretrainSettings}
"""The commands that are configured, by the name of their file in `conf`."""
_KEY = re.compile(r"(?:Key|option) '([^']+)'")
Settings = TypeVar("Settings", TrainSettings, PretrainSettings)


@dataclass(frozen=True)
class Composed:
    """A configuration as typed settings, as plain data, and the plain data of the defaults it departs from."""

    settings: TrainSettings
    model: ModelSettings
    resolved: dict[str, Any]
    defaults: dict[str, Any]


@dataclass(frozen=True)
class ComposedPretraining:
    """The configuration of a pre-training as typed settings and as plain data."""

    settings: PretrainSettings
    resolved: dict[str, Any]


def compose_train(overrides: Sequence[str], folder: Path = CONFIGURATIONS) -> Composed:
    """Compose `train.yaml` in `folder` with `overrides`; raises ConfigurationError, naming the nearest known key."""
    with composing(folder) as compose_with:
        composed = typed(compose_with(overrides), plain(compose_with([])))
    if composed.settings.sweep.params:
        raise ConfigurationError("Expected one training, found a sweep in the configuration. Run it with -m.")
    return composed


def compose_pretrain(overrides: Sequence[str], folder: Path = CONFIGURATIONS) -> ComposedPretraining:
    """Compose `pretrain.yaml` in `folder` with `overrides`, as `compose_train` does."""
    with composing(folder, _PRETRAIN) as compose_with:
        config = compose_with(overrides)
    resolved = plain(config)
    return ComposedPretraining(_settings(config, resolved, PretrainSettings, _PRETRAIN), resolved)


@contextmanager
def composing(folder: Path = CONFIGURATIONS, job: str = _TRAIN) -> Iterator[Callable[..., DictConfig]]:
    """A function from overrides to the file of `job` in `folder` with them, Hydra's own part only with `hydra=True`.

    Raises ConfigurationError, and so does the function.
    """
    path = folder / f"{job}.yaml"
    if not path.exists():
        raise ConfigurationError(f"Expected {path}, found none in {Path.cwd()}. Run from the project's folder.")
    register_schemas()
    with initialize_config_dir(str(folder.resolve()), version_base="1.3"):
        yield partial(_compose, job)


def typed(config: DictConfig, defaults: dict[str, Any]) -> Composed:
    """What one run is made of; how it is swept is no part of its plain data. Raises ConfigurationError."""
    resolved = plain(config)
    return Composed(
        settings=_settings(config, resolved, TrainSettings, _TRAIN),
        model=OmegaConf.to_object(config.model),  # type: ignore[arg-type]
        resolved=_without_sweep(resolved),
        defaults=_without_sweep(defaults),
    )


def recompose(resolved: Mapping[str, Any], defaults: dict[str, Any]) -> Composed:
    """A configuration from the plain data that a run once logged.

    Raises ConfigurationError where this version of the code knows other settings.
    """
    register_schemas()
    try:
        model = OmegaConf.structured(TRAINABLE[resolved["model"]["name"]])
        schema = OmegaConf.structured(TrainSettings)
        schema.sweep = SweepSettings()
        schema.model = model
        return typed(cast(DictConfig, OmegaConf.merge(schema, OmegaConf.create(dict(resolved)))), defaults)
    except (KeyError, TypeError, OmegaConfBaseException) as error:
        raise ConfigurationError(
            f"Expected a logged configuration that this version of the code can read, found: "
            f"{str(error).splitlines()[0]}. Check out the commit that the run names (tag mlflow.source.git.commit)."
        ) from None


def plain(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain data, without Hydra's own part; raises ConfigurationError for a value left open."""
    try:
        return OmegaConf.to_container(config, resolve=True, throw_on_missing=True)  # type: ignore[return-value]
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None)
        raise ConfigurationError(f"Expected a value for {key}, found none. Set it: {key}=VALUE.") from None


def update(config: DictConfig, override: str) -> None:
    """Set one value of a composed configuration; raises ConfigurationError where it is of the wrong type."""
    parsed = OverridesParser.create().parse_override(override)
    try:
        OmegaConf.update(config, parsed.key_or_group, parsed.value())
    except OmegaConfBaseException as error:
        raise ConfigurationError(f"{str(error).splitlines()[0]}.") from None


def show(composed: Composed | ComposedPretraining) -> str:
    """The resolved configuration as YAML."""
    return OmegaConf.to_yaml(OmegaConf.create(composed.resolved))


def _without_sweep(resolved: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resolved.items() if key != "sweep"}


def _settings(config: DictConfig, resolved: dict[str, Any], schema: type[Settings], job: str) -> Settings:
    settings = OmegaConf.to_object(config)
    if not isinstance(settings, schema):
        raise ConfigurationError(
            f"Expected conf/{job}.yaml to start its defaults with {job}_schema, found it does not."
        )
    added = next(_added(resolved, asdict(settings)), None)
    if added is not None:
        raise ConfigurationError(_unknown(added, job))
    return settings


def _added(found: dict[str, Any], known: dict[str, Any], place: str = "") -> Iterator[str]:
    """Keys that Hydra's + put beside those of the schemas."""
    for key, value in found.items():
        if key not in known:
            yield place + key
        elif isinstance(value, dict) and isinstance(known[key], dict):
            yield from _added(value, known[key], f"{place}{key}.")


def _compose(job: str, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
    try:
        return compose(job, overrides=list(overrides), return_hydra_config=hydra)
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(_explained(error, overrides, job)) from None


def _explained(error: Exception, overrides: Sequence[str], job: str) -> str:
    causes = [error, error.__cause__, error.__context__]
    text = " ".join(str(cause) for cause in causes if cause is not None)
    match = _KEY.search(text) or re.search(r"Could not override '([^']+)'", text)
    missing = re.search(r"Could not (?:find|load) '(\w+/[^']+)'", text)
    if missing:
        group, _, name = missing[1].rpartition("/")
        options = GlobalHydra.instance().config_loader().get_group_options(group)
        known = sorted(option for option in options if not option.endswith("schema"))
        return f"Expected {group} among {', '.join(known)}, found {name!r}."
    several = re.search(r"Ambiguous value for argument '(.+)'|Sweep parameters '(.+)' requires --multirun", text)
    if several:
        advice = "Sweep over them: stance train -m." if job == _TRAIN else "A list stands in brackets: [ONE,TWO]."
        return f"Expected one value, found several in {several[1] or several[2]}. {advice}"
    single = re.search(r"Error merging override ([^=]+)=(.+?) Invalid value assigned: str is not a ListConfig", text)
    if single:
        return (
            f"Expected a list for {single[1]}, found {single[2]}. A list stands in brackets: {single[1]}=[{single[2]}]."
        )
    if match is None:
        lines = dict.fromkeys(str(cause).strip().splitlines()[0] for cause in causes[:2] if cause)
        return "; ".join(lines).rstrip(".") + "."
    asked = match[1]
    full = next((item.split("=")[0].lstrip("+~") for item in overrides if asked in item.split("=")[0]), asked)
    reference = re.search(r"full_key: (\S+)", text)
    if full == asked and reference:
        full = reference[1]
    return _unknown(full, job)


def _unknown(key: str, job: str) -> str:
    shown = f"`stance {job} --cfg job` shows them all."
    group, _, name = key.rpartition(".")
    owners = [model for model, kind in TRAINABLE.items() if name in {item.name for item in fields(kind)}]
    if job == _TRAIN and group == "model" and owners:
        return f"Expected a setting of the model, found {key!r}, which {', '.join(owners)} has. {shown}"
    near = difflib.get_close_matches(key, sorted(set(_known_keys(job))), n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"Expected a known configuration key, found {key!r}.{hint} {shown}"


def _known_keys(job: str) -> Iterator[str]:
    schema = _SCHEMAS[job]
    yield from (item.name for item in fields(schema))
    for group, kind in schema.__annotations__.items():
        if hasattr(kind, "__dataclass_fields__"):
            yield from (f"{group}.{item.name}" for item in fields(kind))
    for settings in TRAINABLE.values() if job == _TRAIN else ():
        yield from (f"model.{item.name}" for item in fields(settings))
