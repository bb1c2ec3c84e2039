"""Runs as `stance train` leaves them, without the training: tags, parameters, what was scored, configuration, split."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stance.data.splits import Manifest
from stance.evaluation.scored import Scored
from stance.evaluation.scored_file import write_scored
from stance.tracking.starting import start_run

DIGEST = "d" * 32
NO_SPLIT = Manifest("cv", 0, DIGEST, "stance", ())


def trained(
    client,
    name: str,
    scored: Scored,
    *,
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    config: dict[str, Any] | None = None,
    parent: str | None = None,
    manifest: Manifest = NO_SPLIT,
) -> str:
    """The id of a finished run called `name`."""
    usual = {"stance.data_digest": DIGEST, "stance.seed": "0", "stance.model": "tfidf_logreg"}
    with start_run(client, "main", name, tags={**usual, **(tags or {})}, parent_run_id=parent) as run:
        run.log_params(params or {})
        run.log_config(config or {})
        with TemporaryDirectory() as folder:
            write_scored(scored, Path(folder) / "scored.parquet")
            run.log_file(Path(folder) / "scored.parquet")
            manifest.write(Path(folder) / "split.json")
            run.log_file(Path(folder) / "split.json")
    return run.id
