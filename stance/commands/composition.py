"""Hydra's composition with errors a person can act on."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stance.errors import ConfigurationError
from stance.settings import TRAINABLE, ModelSettings, SweepSettings, TrainSettings, register_schemas

CONFIGURATIONS = Path("conf")
_KEY = re.compile(r"(?:Key|option) '([^']+)'")


@dataclass(frozen=True)
class Composed:
    """A configuration as typed settings, as plain data, and the plain data of the defaults it departs from."""

    settings: TrainSettings
    model: ModelSettings
    resolved: dict[str, Any]
    defaults: dict[str, Any]


def compose_train(overrides: Sequence[str], folder: Path = CONFIGURATIONS) -> Composed:
    """Compose `train.yaml` in `folder` with `overrides`; raises ConfigurationError, naming the nearest known key."""
    with composing(folder) as compose_with:
        composed = typed(compose_with(overrides), plain(compose_with([])))
    if composed.settings.sweep.params:
        raise ConfigurationError("Expected one training, found a sweep in the configuration. Run it with -m.")
    return composed


@contextmanager
def composing(folder: Path = CONFIGURATIONS) -> Iterator[Callable[..., DictConfig]]:
    """A function from overrides to `train.yaml` in `folder` with them, Hydra's own part only with `hydra=True`.

    Raises ConfigurationError, and so does the function.
    """
    if not (folder / "train.yaml").exists():
        raise ConfigurationError(
            f"Expected {folder / 'train.yaml'}, found none in {Path.cwd()}. Run from the project's folder."
        )
    register_schemas()
    with initialize_config_dir(str(folder.resolve()), version_base="1.3"):
        yield _compose


def typed(config: DictConfig, defaults: dict[str, Any]) -> Composed:
    """What one run is made of; how it is swept is no part of its plain data. Raises ConfigurationError."""
    resolved = plain(config)
    settings = _settings(config)
    added = next(_added(resolved, asdict(settings)), None)
    if added is not None:
        raise ConfigurationError(_unknown(added))
    return Composed(
        settings=settings,
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


def show(composed: Composed) -> str:
    """The resolved configuration as YAML."""
    return OmegaConf.to_yaml(OmegaConf.create(composed.resolved))


def _without_sweep(resolved: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resolved.items() if key != "sweep"}


def _settings(config: DictConfig) -> TrainSettings:
    settings = OmegaConf.to_object(config)
    if not isinstance(settings, TrainSettings):
        raise ConfigurationError("Expected conf/train.yaml to start its defaults with train_schema, found it does not.")
    return settings


def _added(found: dict[str, Any], known: dict[str, Any], place: str = "") -> Iterator[str]:
    """Keys that Hydra's + put beside those of the schemas."""
    for key, value in found.items():
        if key not in known:
            yield place + key
        elif isinstance(value, dict) and isinstance(known[key], dict):
            yield from _added(value, known[key], f"{place}{key}.")


def _compose(overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
    try:
        return compose("train", overrides=list(overrides), return_hydra_config=hydra)
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(_explained(error, overrides)) from None


def _explained(error: Exception, overrides: Sequence[str]) -> str:
    causes = [error, error.__cause__, error.__context__]
    text = " ".join(str(cause) for cause in causes if cause is not None)
    match = _KEY.search(text) or re.search(r"Could not override '([^']+)'", text)
    missing = re.search(r"Could not find '([^']+)'", text)
    if missing:
        group, _, name = missing[1].rpartition("/")
        options = GlobalHydra.instance().config_loader().get_group_options(group)
        known = sorted(option for option in options if not option.endswith("schema"))
        return f"Expected {group} among {', '.join(known)}, found {name!r}."
    several = re.search(r"Ambiguous value for argument '(.+)'|Sweep parameters '(.+)' requires --multirun", text)
    if several:
        return f"Expected one value, found several in {several[1] or several[2]}. Sweep over them: stance train -m."
    if match is None:
        lines = dict.fromkeys(str(cause).strip().splitlines()[0] for cause in causes[:2] if cause)
        return "; ".join(lines).rstrip(".") + "."
    asked = match[1]
    full = next((item.split("=")[0].lstrip("+~") for item in overrides if asked in item.split("=")[0]), asked)
    reference = re.search(r"full_key: (\S+)", text)
    if full == asked and reference:
        full = reference[1]
    return _unknown(full)


def _unknown(key: str) -> str:
    shown = "`stance train --cfg job` shows them all."
    group, _, name = key.rpartition(".")
    owners = [model for model, kind in TRAINABLE.items() if name in {item.name for item in fields(kind)}]
    if group == "model" and owners:
        return f"Expected a setting of the model, found {key!r}, which {', '.join(owners)} has. {shown}"
    near = difflib.get_close_matches(key, sorted(set(_known_keys())), n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"Expected a known configuration key, found {key!r}.{hint} {shown}"


def _known_keys() -> Iterator[str]:
    schema = OmegaConf.structured(TrainSettings)
    yield from (str(key) for key in schema)
    for group, kind in TrainSettings.__annotations__.items():
        if hasattr(kind, "__dataclass_fields__"):
            yield from (f"{group}.{item.name}" for item in fields(kind))
    for settings in TRAINABLE.values():
        yield from (f"model.{item.name}" for item in fields(settings))
