"""The model that MLflow loads: this file as it is, a folder of weights beside it, nothing pickled."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

# MLflow runs a copy of this file, which finds the package where it is installed.
from stance.tracking.articles import ArticleInput, to_articles

if TYPE_CHECKING:
    pass

NETWORK = "network"
"""The artifact that holds the folder of weights."""


class ActorStanceModel(PythonModel):
    """Each actor's stance in each article, as the rows of a predictions file."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the network from the model's folder."""
        from stance.models.predictor import StancePredictor

        self._predictor: StancePredictor = StancePredictor.load(Path(context.artifacts[NETWORK]))

    # MLflow takes this shorter form, and reads the schema from it.
    def predict(self, model_input: list[ArticleInput]) -> pandas.DataFrame:  # type: ignore[override]
        """The predictions, a row per (document, actor, target); None where an article didn't say.

        Takes a list of dictionaries with the fields of ArticleInput, or a DataFrame with those columns.
        """
        frame = self._predictor.predict(to_articles(model_input))
        # A server would write the NaN that pandas makes of None in a column of texts, and no JSON has NaN.
        texts = frame.select_dtypes(exclude=["number", "bool"]).columns
        return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), None) for name in texts})


set_model(ActorStanceModel())
