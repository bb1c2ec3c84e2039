"""What one model scored, as a file: all of `Scored`, so that runs can be compared long after they ended."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import DataError
from stance.evaluation.scored import CHANNELS, UNKNOWN, Scored
from stance.labels import LabelSet

if TYPE_CHECKING:
    import pyarrow

FILE = "scored.parquet"
_DESCRIPTION = b"stance"
_UNITS = 10_000
_TEXTS = {"id": "ids", "document_id": "documents", "actor": "actors", "target": "targets", "cluster": "clusters"}


def write_scored(scored: Scored, path: Path) -> None:
    """Write `scored` as Parquet: a row per example, model and label set in the file's metadata.

    Columns: id, document_id, actor, target, cluster, gold, `p_<class>`…, `gold_<channel>`… (null where unknown; none
    where all are), and `p_<channel>_<class>`… of a model with channels.
    """
    import pyarrow
    from pyarrow import parquet

    classes = scored.label_set.classes
    columns: dict[str, Any] = {name: getattr(scored, field) for name, field in _TEXTS.items()}
    columns["gold"] = [classes[index] for index in scored.gold]
    columns |= {f"p_{name}": scored.probabilities[:, index] for index, name in enumerate(classes)}
    for place, channel in enumerate(CHANNELS):
        if (scored.channel_gold != UNKNOWN).any():
            known = scored.channel_gold[:, place]
            columns[f"gold_{channel}"] = pyarrow.array(
                [None if index == UNKNOWN else classes[index] for index in known], pyarrow.string()
            )
        if scored.channel_probabilities is not None:
            heads = scored.channel_probabilities[:, place]
            columns |= {f"p_{channel}_{name}": heads[:, index] for index, name in enumerate(classes)}
    described = json.dumps({"model": scored.model, "label_set": asdict(scored.label_set)}, ensure_ascii=False)
    table = pyarrow.table(columns).replace_schema_metadata({_DESCRIPTION: described.encode()})
    parquet.write_table(table, path, compression="zstd")


def read_scored(path: Path) -> Scored:
    """What `write_scored` wrote; raises DataError for a file that is missing or holds something else."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
        described = json.loads(table.schema.metadata[_DESCRIPTION])
        return _scored(table, described["model"], _label_set(described["label_set"]))
    except (OSError, pyarrow.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: expected a table of scored examples, found another file: {error}") from error


def shortened(scored: Scored) -> Scored:
    """`scored` in as few bytes as give the same answers: no channels, probabilities of four decimals in 32 bits.

    A row whose answer four decimals would change keeps all that 32 bits hold; where even those would change one, all
    probabilities stay as they are.
    """
    exact = scored.probabilities
    rounded = _four_decimals(exact)
    same = rounded.argmax(axis=1) == scored.predicted
    short = np.where(same[:, None], rounded, exact).astype(np.float32)
    if (short.argmax(axis=1) != scored.predicted).any():
        short = exact
    unknown = np.full_like(scored.channel_gold, UNKNOWN)
    return replace(scored, probabilities=short, channel_gold=unknown, channel_probabilities=None)


def _four_decimals(probabilities: np.ndarray) -> np.ndarray:
    """Rows [N, K] in ten-thousandths that sum to 1: those that were rounded down most get what is missing."""
    units = probabilities.astype(float) * _UNITS
    whole = np.floor(units)
    missing = _UNITS - whole.sum(axis=1, keepdims=True)  # [N, 1]
    rank = (whole - units).argsort(axis=1, kind="stable").argsort(axis=1)  # [N, K]
    return (whole + (rank < missing)) / _UNITS


def _label_set(described: dict[str, Any]) -> LabelSet:
    # JSON knows no tuples.
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in described.items()
    }
    return LabelSet(**fields)


def _scored(table: "pyarrow.Table", model: str, labels: LabelSet) -> Scored:
    classes = labels.classes
    texts: dict[str, Any] = {field: tuple(table[name].to_pylist()) for name, field in _TEXTS.items()}
    heads = None
    if f"p_{CHANNELS[0]}_{classes[0]}" in table.column_names:
        heads = np.stack([_probabilities(table, classes, f"p_{channel}_") for channel in CHANNELS], axis=1)
    return Scored(
        model=model,
        label_set=labels,
        **texts,
        gold=_indices(table, "gold", labels),
        probabilities=_probabilities(table, classes, "p_"),
        channel_gold=np.stack([_channel(table, channel, labels) for channel in CHANNELS], axis=1),
        channel_probabilities=heads,
    )


def _probabilities(table: "pyarrow.Table", classes: tuple[str, ...], prefix: str) -> np.ndarray:
    return np.stack([table[f"{prefix}{name}"].to_numpy() for name in classes], axis=1)


def _channel(table: "pyarrow.Table", channel: str, labels: LabelSet) -> np.ndarray:
    column = f"gold_{channel}"
    return _indices(table, column, labels) if column in table.column_names else np.full(len(table), UNKNOWN)


def _indices(table: "pyarrow.Table", column: str, labels: LabelSet) -> np.ndarray:
    named = table[column].to_pylist()
    return np.array([UNKNOWN if name is None else labels.index(name) for name in named], dtype=np.int64)
