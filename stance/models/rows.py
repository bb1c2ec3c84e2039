"""Predictions as rows of the predictions file."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.data.examples import Dataset, Example
from stance.evaluation.predictions import HEAD, PROBABILITY, TAIL
from stance.labels import Channel, LabelSet
from stance.models.contract import Evidence

if TYPE_CHECKING:
    import pandas


def prediction_rows(
    dataset: Dataset,
    *,
    probabilities: np.ndarray,
    channels: np.ndarray,
    evidence: Mapping[str, tuple[Evidence, ...]],
    clusters: Mapping[str, str],
    model: str,
) -> list[dict[str, Any]]:
    """One row of the predictions file per example of `dataset`: `probabilities` [N, K] and `channels` [N, C, K] in its
    order.

    `evidence` maps example ids to sentences, `clusters` document ids to near-duplicate clusters.
    """
    rows = []
    for number, example in enumerate(dataset.examples):
        document = dataset.documents[example.document_id]
        heads = dict(zip(Channel, channels[number], strict=True))
        rows.append(
            {
                "document_id": example.document_id,
                "actor": example.actor,
                "target": example.target,
                **_stances(probabilities[number], heads, dataset.label_set),
                "mentions": [list(span) for span in example.mentions],
                "evidence": [
                    _item(document.text, found, heads, dataset.label_set) for found in evidence.get(example.id, ())
                ],
                "title": document.title,
                "published": document.published,
                "source": document.source,
                "cluster": clusters.get(example.document_id),
                "page": document.page,
                "model": model,
            }
        )
    return rows


def prediction_frame(rows: Sequence[Mapping[str, Any]], label_set: LabelSet) -> "pandas.DataFrame":
    """`rows` with all columns of a predictions file over `label_set`, also where there are none."""
    import pandas

    columns = [*HEAD, *(f"{PROBABILITY}{name}" for name in label_set.classes), *TAIL]
    return pandas.DataFrame(list(rows), columns=columns)


def _stances(row: np.ndarray, heads: Mapping[Channel, np.ndarray], label_set: LabelSet) -> dict[str, Any]:
    return {
        "stance": label_set.classes[int(row.argmax())],
        "abstained": False,
        **{f"{PROBABILITY}{name}": float(p) for name, p in zip(label_set.classes, row, strict=True)},
        **{f"stance_{channel}": label_set.classes[int(head.argmax())] for channel, head in heads.items()},
    }


def _item(text: str, found: Evidence, heads: Mapping[Channel, np.ndarray], label_set: LabelSet) -> dict[str, Any]:
    # The channel is predicted per document; a sentence is given the one in which its stance is likeliest.
    side = label_set.index(found.stance)
    channel = max(heads, key=lambda name: float(heads[name][side]))
    return {
        "start": found.start,
        "end": found.end,
        "text": text[found.start : found.end],
        "stance": found.stance,
        "channel": str(channel),
        "p": found.p,
    }


def unlabelled(
    asked: tuple[str, str, str],
    labels: LabelSet,
    *,
    mentions: tuple[tuple[int, int], ...],
    rivals: tuple[tuple[str, tuple[tuple[int, int], ...]], ...],
) -> Example:
    """An example (document, actor, target) whose label is not known, to be predicted."""
    from stance.data.examples import example_id

    return Example(
        id=example_id(*asked),
        document_id=asked[0],
        actor=asked[1],
        target=asked[2],
        label=labels.classes[0],
        soft=(0.0,) * len(labels.classes),
        channels=(None,) * len(Channel),
        mentions=mentions,
        statements=(),
        rivals=rivals,
    )
