"""Networks in MLflow: logged once as a model from code, registered, and found again."""

import json
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from stance.errors import TrackingError
from stance.tracking.guarding import one_line, tracking_errors
from stance.tracking.run import TrackedRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MODEL = "actor-stance"
CHAMPION, FORMER = "champion", "former-champion"
RELEASE = "release"
NETWORK = "network"

_CODE = Path(__file__).with_name("pyfunc_model.py")
# Fixed, since MLflow would import the model and ask the index to find them. This package is in no index: it is
# installed from its repository, and naming it would fetch whatever has its name there.
_REQUIREMENTS = ("mlflow", "msgspec", "numpy", "pandas", "pydantic", "safetensors", "tokenizers", "torch")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoggedNetwork:
    """Where a logged network is: its model id (`models:/<model_id>`), its version in the registry, if any."""

    model_id: str
    version: str | None
    is_champion: bool = False

    @property
    def uri(self) -> str:
        """The address that MLflow loads it from."""
        return f"models:/{self.model_id}"


def log_network(
    run: TrackedRun,
    folder: Path,
    *,
    example: Sequence[Mapping[str, Any]],
    digest: str,
    f_avg: float,
    registered_name: str | None = MODEL,
) -> LoggedNetwork:
    """Log the network in `folder` (safetensors and JSON) as a model of `run` and register it.

    `example` are one or more articles (`stance.tracking.articles.ArticleInput`), kept as the input example and
    predicted once, so that a model that cannot be loaded is never registered. The version carries the run, the
    `digest` of the data and `f_avg` as tags; it becomes `champion` if there is none. `registered_name` None: not
    registered. The weights are stored once. Raises TrackingError.
    """
    client = run.client
    with tracking_errors(f"a network in {folder} that can be logged"):
        model = client.create_logged_model(
            run.experiment_id, name=registered_name or NETWORK, source_run_id=run.id, model_type="actor stance"
        )
        with _failing(client, model.model_id), TemporaryDirectory() as scratch:
            saved = Path(scratch) / "model"
            _save(saved, folder, example, model_id=model.model_id, run_id=run.id, location=model.artifact_location)
            _try_out(saved, example)
            client.log_model_artifacts(model.model_id, str(saved))
        _finish(run, model.model_id)
        if registered_name is None:
            return LoggedNetwork(model.model_id, None)
        return _register(run, model.model_id, registered_name, {"digest": digest, "f_avg": f"{f_avg:.4f}"})


def champion(client: "MlflowClient", name: str = MODEL) -> "ModelVersion | None":
    """The version of `name` that is the champion; None where there is no model or no champion. Raises TrackingError."""
    from mlflow.exceptions import MlflowException

    with tracking_errors(f"a registry that says which {name} is the champion"):
        try:
            return client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            # A registry says "no such alias" as an invalid parameter.
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise


def version_of_run(client: "MlflowClient", run_id: str, name: str = MODEL) -> "ModelVersion | None":
    """The newest version of `name` that came from the run `run_id`; None where it registered none."""
    with tracking_errors(f"a registry that says which versions of {name} there are"):
        found = client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
    return max(found, key=lambda one: int(one.version), default=None)


def promote(client: "MlflowClient", version: str, evidence: Mapping[str, str], name: str = MODEL) -> str | None:
    """Make `version` of `name` the champion, with `evidence` as its tags; the champion before keeps another alias.

    Returns the version that was the champion and now is the `former-champion`, None where there was none. Raises
    TrackingError.
    """
    former = champion(client, name)
    with tracking_errors(f"a registry in which version {version} of {name} can become the champion"):
        for key, value in evidence.items():
            client.set_model_version_tag(name, version, key, value)
        if former is not None:
            client.set_registered_model_alias(name, FORMER, former.version)
        # Last, so that what stopped half-way leaves the champion where it was.
        client.set_registered_model_alias(name, CHAMPION, version)
    return None if former is None else str(former.version)


def log_release(client: "MlflowClient", version: "ModelVersion", figures: Mapping[str, float]) -> None:
    """Keep what `version` scored on the release part: as metrics `release/…` of its run, and as tags of its own.

    `figures` end with `n`, the number of examples. Raises TrackingError.
    """
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [Metric(f"{RELEASE}/{key}", value, now, 0) for key, value in figures.items()]
    with tracking_errors(f"figures of the release part that version {version.version} of {version.name} can keep"):
        client.log_batch(str(version.run_id), metrics=metrics)
        for key, value in figures.items():
            client.set_model_version_tag(version.name, version.version, f"{RELEASE}.{key}", f"{value:.6f}")


def released(version: "ModelVersion") -> dict[str, float]:
    """What `log_release` kept of `version`; empty where its release part was not scored yet."""
    prefix = f"{RELEASE}."
    found = {key.removeprefix(prefix): float(value) for key, value in version.tags.items() if key.startswith(prefix)}
    # Written last: without it the others are not all there.
    return found if "n" in found else {}


def network_folder(client: "MlflowClient", uri: str) -> Path:
    """The local folder of weights of a model: `uri` is a local folder, `models:/…` or `runs:/<run id>`.

    A model in a local store is not copied. Raises TrackingError.
    """
    if not uri.startswith(("models:/", "runs:/")):
        if not Path(uri).is_dir():
            raise TrackingError(f"Expected a folder, models:/NAME@alias or runs:/RUN as the model, found {uri!r}.")
        return Path(uri)
    from mlflow.artifacts import download_artifacts

    with tracking_errors(f"a model {uri} that can be read"):
        location = _location(client, uri)
        return _weights(Path(download_artifacts(artifact_uri=location, tracking_uri=client.tracking_uri)))


def run_of_model(client: "MlflowClient", uri: str) -> str | None:
    """The id of the run that made the model at `uri` (`models:/…` or `runs:/…`), None where that is not known."""
    scheme, _, rest = uri.partition(":/")
    model, _, number = rest.strip("/").partition("/")
    if scheme == "runs":
        return model
    with tracking_errors(f"a registry that says which run made {uri}"):
        if "@" in model:
            name, _, alias = model.partition("@")
            return client.get_model_version_by_alias(name, alias).run_id
        if number:
            return client.get_model_version(model, number).run_id
        return client.get_logged_model(model).source_run_id


def _save(
    target: Path, folder: Path, example: Sequence[Mapping[str, Any]], *, model_id: str, run_id: str, location: str
) -> None:
    from mlflow import pyfunc
    from mlflow.models import Model

    pyfunc.save_model(
        target,
        python_model=str(_CODE),
        artifacts={NETWORK: str(folder.resolve())},
        pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
        input_example=[dict(article) for article in example],
        mlflow_model=Model(artifact_path=location, model_uuid=model_id, model_id=model_id, run_id=run_id),
    )
    for cache in list(target.rglob("__pycache__")):
        shutil.rmtree(cache)


def _try_out(saved: Path, example: Sequence[Mapping[str, Any]]) -> None:
    # MLflow tries the example too, and logs a warning where it fails.
    from mlflow import pyfunc

    try:
        pyfunc.load_model(str(saved)).predict([dict(article) for article in example])
    except Exception as error:
        raise TrackingError(f"Expected a network that predicts its example, found: {one_line(error)}") from error


@contextmanager
def _failing(client: "MlflowClient", model_id: str) -> "Iterator[None]":
    """Mark the model FAILED when the body raises, so that nobody takes it for one that can be loaded."""
    try:
        yield
    except BaseException:
        client.finalize_logged_model(model_id, "FAILED")
        raise


def _finish(run: TrackedRun, model_id: str) -> None:
    from mlflow.entities import LoggedModelOutput

    run.client.finalize_logged_model(model_id, "READY")
    run.client.log_outputs(run.id, [LoggedModelOutput(model_id, step=0)])


def _register(run: TrackedRun, model_id: str, name: str, tags: dict[str, str]) -> LoggedNetwork:
    client = run.client
    _ensure_registered(client, name)
    # A source `models:/<id>` would be looked up in whatever store the process has as its default.
    source = client.get_logged_model(model_id).artifact_location
    made = client.create_model_version(
        name, source, run_id=run.id, model_id=model_id, tags={"stance.run_id": run.id, **tags}
    )
    # The interface links a logged model to its versions by this tag.
    client.set_logged_model_tags(
        model_id, {"mlflow.modelVersions": json.dumps([{"name": name, "version": made.version}])}
    )
    first = champion(client, name) is None
    if first:
        client.set_registered_model_alias(name, CHAMPION, made.version)
        _logger.info("Version %s of %s is the first champion.", made.version, name)
    return LoggedNetwork(model_id, str(made.version), first)


def _ensure_registered(client: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"):
            raise


def _location(client: "MlflowClient", uri: str) -> str:
    """Where the files of a model are; MLflow itself would ask the store that the process has as its default."""
    scheme, _, rest = uri.partition(":/")
    model, _, number = rest.strip("/").partition("/")
    if scheme == "runs":
        return client.get_logged_model(_model_of_run(client, model)).artifact_location
    if "@" in model:
        name, _, alias = model.partition("@")
        found = client.get_model_version_by_alias(name, alias)
        return client.get_model_version_download_uri(name, found.version)
    if number:
        return client.get_model_version_download_uri(model, number)
    return client.get_logged_model(model).artifact_location


def _model_of_run(client: "MlflowClient", run_id: str) -> str:
    outputs = client.get_run(run_id).outputs
    models = outputs.model_outputs if outputs is not None else []
    if not models:
        raise TrackingError(f"Expected a run that logged a model, found {run_id} without one; name another run.")
    return models[-1].model_id


def _weights(model: Path) -> Path:
    import yaml

    described = yaml.safe_load((model / "MLmodel").read_text(encoding="utf-8"))
    try:
        return model / described["flavors"]["python_function"]["artifacts"][NETWORK]["path"]
    except (KeyError, TypeError):
        raise TrackingError(f"Expected a model logged by this package, found another one in {model}.") from None
