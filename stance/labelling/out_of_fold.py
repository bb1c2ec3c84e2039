"""What a model's own run predicted of the examples that it held out, and what it learned from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stance.errors import TrackingError
from stance.tracking.finished import find_run, manifest_of, scored_of
from stance.tracking.guarding import tracking_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class HeldOut:
    """Class probabilities [K] by example id, each by a model that had not seen it, and the ids of all that were split.

    `learned` has the held-out ones too: with cross-validation the stored model was trained on all of them.
    """

    probabilities: dict[str, np.ndarray]
    learned: frozenset[str]


def held_out(client: "MlflowClient | None", uri: str) -> HeldOut:
    """The out-of-fold predictions of the run that the model at `uri` came from.

    Raises TrackingError for a model without a run: of what it learned from, it would only say what it was told.
    """
    run_id = None if client is None else _run_of(client, uri)
    if client is None or run_id is None:
        raise TrackingError(
            f"Expected a model that a run logged (models:/… or runs:/…), found {uri}, of which nothing says what it "
            "learned from. Name the model by its run, or queue by another way: --by uncertainty."
        )
    run = find_run(client, run_id)
    scored = scored_of(client, run)
    learned = {name for fold in manifest_of(client, run).folds for name in (*fold.train, *fold.validation, *fold.test)}
    return HeldOut(dict(zip(scored.ids, scored.probabilities, strict=True)), frozenset(learned))


def _run_of(client: "MlflowClient", uri: str) -> str | None:
    scheme, _, rest = uri.partition(":/")
    model, _, number = rest.strip("/").partition("/")
    if scheme == "runs":
        return model
    if scheme != "models":
        return None
    with tracking_errors(f"a registry that says which run {uri} came from"):
        if "@" in model:
            found = client.get_model_version_by_alias(*model.split("@", 1))
        elif number:
            found = client.get_model_version(model, number)
        else:
            return client.get_logged_model(model).source_run_id
        return found.run_id
