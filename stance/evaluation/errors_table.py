"""The examples that went wrong, for a person to read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import DataError
from stance.evaluation.scored import Scored

if TYPE_CHECKING:
    import pandas

OWN_COLUMNS = ("id", "document_id", "actor", "target", "cluster", "gold", "predicted", "confidence", "p_gold")


def errors_table(scored: Scored, columns: Mapping[str, Sequence[Any]] | None = None) -> "pandas.DataFrame":
    """A row for each example whose prediction is not gold, the most confident error first.

    `confidence` is the probability of the predicted class, `p_gold` that of the gold class. `columns` [N each, in the
    order of `scored.ids`] are shown beside: the text, the evidence, whatever helps to see why. Raises DataError for a
    column of another length or one whose name is taken.
    """
    import pandas

    columns = dict(columns or {})
    for name, values in columns.items():
        if name in OWN_COLUMNS:
            raise DataError(f"Expected columns other than {', '.join(OWN_COLUMNS)}, found {name!r}. Rename it.")
        if len(values) != len(scored):
            raise DataError(f"Expected {len(scored)} values in column {name!r}, one per example, found {len(values)}.")
    confidence = scored.probabilities.max(axis=1)  # [N]
    wrong = np.flatnonzero(scored.predicted != scored.gold)
    worst_first = wrong[np.argsort(-confidence[wrong], kind="stable")]
    classes = np.array(scored.label_set.classes, dtype=object)
    own = (
        *(scored.ids, scored.documents, scored.actors, scored.targets, scored.clusters),
        *(classes[scored.gold], classes[scored.predicted]),
        *(confidence, scored.probabilities[np.arange(len(scored)), scored.gold]),
    )
    shown = dict(zip(OWN_COLUMNS, own, strict=True)) | columns
    return pandas.DataFrame({name: [values[i] for i in worst_first] for name, values in shown.items()})
