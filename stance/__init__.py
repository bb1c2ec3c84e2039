"""Each actor's stance on foreign troop presence in Arabic news: data, training, evaluation and tracking."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stance.commands.loading import LoadedModel


def load_model(uri: str, *, actors: str | None = None, targets: str | None = None) -> "LoadedModel":
    """The model at `uri` (models:/NAME@alias, runs:/RUN or a folder): its `predict(documents)` gives a data frame.

    MLFLOW_TRACKING_URI names the store, mlflow.db in this folder by default. `actors` and `targets` name files of
    registries, by default those stored with the model. Raises StanceError where something is missing.
    """
    # Imported when it is called, so that the package itself is there at once.
    from stance.commands.loading import ModelAddress

    return ModelAddress(uri, actors, targets).load()
