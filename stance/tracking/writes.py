"""What is written to a run, as values that can wait in a file and be sent again without harm."""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mlflow import MlflowClient


class Batch(msgspec.Struct, frozen=True, tag="batch"):
    """Metrics as (key, value, milliseconds since 1970, step), parameters and tags as (key, value)."""

    metrics: tuple[tuple[str, float, int, int], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class DatasetUse(msgspec.Struct, frozen=True, tag="dataset"):
    """A data set that the run read, in MLflow's words; `context` is what it was used for."""

    name: str
    digest: str
    source_type: str
    source: str
    profile: str
    context: str


class Artifact(msgspec.Struct, frozen=True, tag="artifact"):
    """A file of the run: `path` below its artifacts, with `/` between folders."""

    path: str
    content: bytes


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The end of the run: MLflow's status, and when, in milliseconds since 1970."""

    status: str
    time: int


Write = Batch | DatasetUse | Artifact | Ended


def send(client: "MlflowClient", run_id: str, write: Write) -> None:
    """Write to the run `run_id`; raises what MLflow raises.

    A write that arrives twice does no harm: MLflow keeps one of two metrics with the same key, value, time and step,
    one of two equal parameters or data sets, and the latest tag, file and end.
    """
    match write:
        case Batch():
            _send_batch(client, run_id, write)
        case DatasetUse():
            _send_dataset(client, run_id, write)
        case Artifact():
            _send_artifact(client, run_id, write)
        case Ended():
            client.set_terminated(run_id, write.status, write.time)


def _send_batch(client: "MlflowClient", run_id: str, write: Batch) -> None:
    from mlflow.entities import Metric, Param, RunTag

    client.log_batch(
        run_id,
        metrics=[Metric(*metric) for metric in write.metrics],
        params=[Param(*param) for param in write.params],
        tags=[RunTag(*tag) for tag in write.tags],
    )


def _send_dataset(client: "MlflowClient", run_id: str, write: DatasetUse) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    dataset = Dataset(
        name=write.name,
        digest=write.digest,
        source_type=write.source_type,
        source=write.source,
        profile=write.profile,
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, write.context)])])


def _send_artifact(client: "MlflowClient", run_id: str, write: Artifact) -> None:
    path = PurePosixPath(write.path)
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / path.name
        file.write_bytes(write.content)
        client.log_artifact(run_id, str(file), None if path.parent == PurePosixPath() else str(path.parent))
