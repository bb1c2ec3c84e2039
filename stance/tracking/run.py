"""A run that is recorded as it went: finished, failed or killed, with what it logs in a form MLflow keeps whole."""

import hashlib
import html
import io
import json
import logging
import math
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from stance.errors import TrackingError
from stance.tracking.description import NOTE, Description, describe_code, describe_run, spaced
from stance.tracking.ending import Terminated, error_text, let_go, outcome
from stance.tracking.guarding import tracking_errors
from stance.tracking.masking import mask, mask_text
from stance.tracking.names import metric_names, parameter_text, plain
from stance.tracking.outbox import Outbox
from stance.tracking.system_metrics import SystemMetrics
from stance.tracking.writes import Artifact, Batch, DatasetUse, Ended, Write

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

LONGEST_PARAMETER = 6000
LONGEST_DIGEST = 36
NON_FINITE = "stance.non_finite_metrics"
CONFIG_HASH = "stance.config_hash"

_METRICS_PER_BATCH = 1000
_PARAMETERS_PER_BATCH = 100
# How long the end of a run waits for a store that is away; somebody who interrupts it is not kept.
_SECONDS_AT_THE_END = 120.0
_SECONDS_AFTER_AN_INTERRUPT = 5.0
_logger = logging.getLogger(__name__)


class TrackedRun:
    """A context manager around one run of an MLflow store; made by `stance.tracking.starting.start_run`.

    Leaving it ends the run FINISHED; an exception ends it FAILED with the tag `stance.error`; Ctrl-C and SIGTERM end
    it KILLED. While it is entered, the machine's load is logged as system metrics. Methods that write raise
    TrackingError where the store refuses; where it is away, what they write waits in the run's outbox.
    """

    def __init__(self, client: "MlflowClient", run_id: str) -> None:
        with tracking_errors(f"a run {run_id} that can be read"):
            run = client.get_run(run_id)
        self.client = client
        self.id = run_id
        self.name: str = run.info.run_name
        self.experiment_id: str = run.info.experiment_id
        self._non_finite = int(run.data.tags.get(NON_FINITE, 0))
        self._names: dict[str, str] = {}
        self._pid = os.getpid()
        self._previous_handler: Any = None
        self._description = Description(code=describe_code(run.data.tags))
        self._outbox = Outbox(client, run_id)
        self._system = SystemMetrics(self.log_metrics, run.info.start_time / 1000)

    def __enter__(self) -> Self:
        try:
            # A handler that somebody else set knows better what SIGTERM means there.
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                self._previous_handler = signal.signal(signal.SIGTERM, self._on_sigterm)
        except ValueError:
            _logger.debug("Outside the main thread: SIGTERM leaves this run to be closed as an orphan.")
        self._system.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A forked worker leaves through here too, and the run is not its own.
        if os.getpid() != self._pid:
            return
        try:
            if error is not None and outcome(error) == "KILLED":
                let_go(error)
            self._system.stop()
            self._end(error)
        except TrackingError as problem:
            if error is None:
                raise
            _logger.warning("The run %s could not be ended: %s", self.id, problem)
        finally:
            if self._previous_handler is not None:
                signal.signal(signal.SIGTERM, self._previous_handler)
                self._previous_handler = None

    def log_params(self, parameters: Mapping[str, Any]) -> None:
        """Log parameters, secrets masked; one longer than 6,000 characters goes whole to `parameters/<name>.txt`.

        Its value then says so. A parameter that the run already has cannot change.
        """
        texts = {name: parameter_text(value) for name, value in mask(dict(parameters)).items()}
        for name, text in texts.items():
            if len(text) > LONGEST_PARAMETER:
                texts[name] = self._long_parameter(name, text)
        for batch in _batches(list(texts.items()), _PARAMETERS_PER_BATCH):
            self._write(Batch(params=tuple(batch)), "parameters that MLflow takes and that do not change")

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log metrics under ASCII names (`/` groups them into panels); `step` None means 0.

        Values that are not finite are left out and counted in the tag `stance.non_finite_metrics`. Raises
        TrackingError for a name without ASCII letters and for two names of this run that become one.
        """
        # System metrics come from a thread of their own: each call works on the names that it has seen itself.
        names = self._names = metric_names(self._names, iter(metrics))
        slugs = {name: slug for slug, name in names.items()}
        now = int(time.time() * 1000)
        values = {slugs[name]: float(value) for name, value in metrics.items()}
        kept = [(slug, value, now, step or 0) for slug, value in values.items() if math.isfinite(value)]
        for batch in _batches(kept, _METRICS_PER_BATCH):
            self._write(Batch(metrics=tuple(batch)), "metrics that MLflow takes")
        if len(kept) < len(values):
            self._non_finite += len(values) - len(kept)
            self.set_tag(NON_FINITE, self._non_finite)

    def log_config(self, resolved: dict) -> None:
        """Log the whole configuration as `config.yaml`, secrets masked, and its hash as the tag `stance.config_hash`.

        The hash is over the masked values, whatever the order of the keys.
        """
        import yaml

        masked = mask(plain(resolved))
        self.log_text(yaml.safe_dump(masked, allow_unicode=True, sort_keys=False), "config.yaml")
        self.set_tag(CONFIG_HASH, config_hash(resolved))

    def log_dataset(self, digest: str, name: str, source: str, rows: int, context: str) -> None:
        """Record that this run read the data set `name`; the UI shows it under Datasets.

        `digest` (36 characters at most) is the content's, `source` a path or URL, `rows` the number of examples, and
        `context` what it was used for, such as `training`.
        """
        if not 0 < len(digest) <= LONGEST_DIGEST:
            raise TrackingError(f"Expected a digest of 1 to {LONGEST_DIGEST} characters, found {digest!r}.")
        remote = source.startswith(("http://", "https://"))
        where = {"url" if remote else "uri": mask_text(source)}
        use = DatasetUse(
            name=name,
            digest=digest,
            source_type="http" if remote else "local",
            source=json.dumps(where, ensure_ascii=False),
            profile=json.dumps({"num_rows": rows}),
            context=context,
        )
        self._write(use, "a data set that MLflow takes")

    def log_figure(self, figure: "Figure", path: str) -> None:
        """Log a matplotlib figure as the artifact `path`, whose ending says the format."""
        image = io.BytesIO()
        figure.savefig(image, format=Path(path).suffix.removeprefix("."))
        self._write(Artifact(path, image.getvalue()), f"a figure that can be stored as {path}")

    def log_file(self, path: Path | str, folder: str | None = None) -> None:
        """Copy a file into the artifact folder `folder` (None: the top)."""
        with tracking_errors(f"a file {path} that can be read"):
            content = Path(path).read_bytes()
        name = Path(path).name
        stored = name if folder is None else f"{folder}/{name}"
        self._write(Artifact(stored, content), f"a file that can be stored as {stored}")

    def log_text(self, text: str, path: str) -> None:
        """Log `text` as the artifact `path`."""
        self._write(Artifact(path, text.encode()), f"a text that can be stored as {path}")

    def read_text(self, path: str) -> str:
        """The text artifact `path` of the run; raises TrackingError where there is none."""
        import mlflow

        with tracking_errors(f"an artifact {path} of the run {self.id}"):
            uri = f"{self.client.get_run(self.id).info.artifact_uri}/{path}"
            with TemporaryDirectory() as folder:
                found = mlflow.artifacts.download_artifacts(
                    artifact_uri=uri, dst_path=folder, tracking_uri=self.client.tracking_uri
                )
                return Path(found).read_text("utf-8")

    def log_table_html(self, frame: "pandas.DataFrame", path: str, title: str) -> None:
        """Log `frame` as a page that the UI shows, its texts escaped and each cell in its own writing direction."""
        self.log_text(table_page(frame, title), path)

    def set_tag(self, key: str, value: Any) -> None:
        """Set a tag of the run; in its description (`mlflow.note.content`), tables are made readable."""
        text = spaced(str(value)) if key == NOTE else str(value)
        self._write(Batch(tags=((key, text),)), f"a tag {key!r} that MLflow takes")

    def describe(self, **parts: Any) -> None:
        """Put parts (fields of Description) into the description that the run's page shows; others stay as they are."""
        self._description = replace(self._description, **parts)
        self.set_tag(NOTE, describe_run(self.id, self._description))

    def _write(self, write: Write, expected: str) -> None:
        with tracking_errors(expected):
            self._outbox.put(write)

    def _end(self, error: BaseException | None) -> None:
        status = outcome(error)
        if error is not None and status == "FAILED":
            self.set_tag("stance.error", error_text(error))
        self._write(Ended(status, int(time.time() * 1000)), f"the run {self.id} to end as {status}")
        self._outbox.close(_SECONDS_AFTER_AN_INTERRUPT if status == "KILLED" else _SECONDS_AT_THE_END)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._pid:
            raise Terminated(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _long_parameter(self, name: str, text: str) -> str:
        path = f"parameters/{name.replace('/', '.')}.txt"
        self.log_text(text, path)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return f"see {path} ({len(text)} characters, sha256 {digest})"


def config_hash(resolved: dict) -> str:
    """A hash of a configuration, secrets masked, whatever the order of its keys; 12 hex digits."""
    canonical = json.dumps(mask(plain(resolved)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def table_page(frame: "pandas.DataFrame", title: str) -> str:
    """A whole HTML page that shows `frame`; every text in it is escaped."""
    style = (
        "body{font:14px sans-serif}td,th{padding:2px 8px;text-align:start;unicode-bidi:plaintext;"
        "border-bottom:1px solid #ddd;max-width:60ch}"
    )
    head = f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><style>{style}</style>"
    return f"{head}<h3>{html.escape(title)}</h3>{frame.to_html(index=False, escape=True, border=0)}"


def _batches(items: list, size: int) -> Iterable[list]:
    return (items[start : start + size] for start in range(0, len(items), size))
