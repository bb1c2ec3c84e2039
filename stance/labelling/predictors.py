"""A model named by its address, with the version that its suggestions carry."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from stance.tracking.registry import network_folder, version_of_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.models.predictor import StancePredictor

_DIGITS = 8


def load_predictor(
    uri: str,
    client: "MlflowClient | None",
    *,
    actors: str | None = None,
    targets: str | None = None,
    relevant: bool = False,
) -> tuple["StancePredictor", str]:
    """The predictor at `uri` (models:/…, runs:/… or a folder, for which `client` may be None) and its version.

    The version is the registered one (`actor-stance/3`); of a model that is not registered, its run or a digest of its
    weights. What else may be given is that of `StancePredictor.load`. Raises TrackingError or DataError.
    """
    from stance.models.predictor import StancePredictor

    folder = Path(network_folder(client, uri))  # type: ignore[arg-type]
    predictor = StancePredictor.load(folder, actors=actors, targets=targets, relevant=relevant)
    return predictor, _version(uri, client, folder, predictor.name)


def _version(uri: str, client: "MlflowClient | None", folder: Path, name: str) -> str:
    from stance.tracking.guarding import tracking_errors

    scheme, _, rest = uri.partition(":/")
    model, _, number = rest.strip("/").partition("/")
    if client is None or scheme not in ("models", "runs"):
        return f"{name}/{_digest(folder)}"
    with tracking_errors(f"a registry that says which version {uri} is"):
        if scheme == "runs":
            found = version_of_run(client, model)
            return f"{found.name}/{found.version}" if found is not None else f"{name}/{model[:_DIGITS]}"
        if "@" in model:
            registered, _, alias = model.partition("@")
            return f"{registered}/{client.get_model_version_by_alias(registered, alias).version}"
        if number:
            return f"{model}/{number}"
        # A logged model's own id: its registered version where it has one.
        run = client.get_logged_model(model).source_run_id
        found = version_of_run(client, run) if run else None
        return f"{found.name}/{found.version}" if found is not None else f"{name}/{model[-_DIGITS:]}"


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:_DIGITS]
