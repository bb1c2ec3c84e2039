"""N examples as one model scored them: the only thing the rest of this package looks at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from stance.errors import DataError
from stance.labels import Channel, LabelSet

CHANNELS = tuple(Channel)
UNKNOWN = -1
"""The index in `channel_gold` of a channel that nobody annotated."""
ROW_SUM_TOLERANCE = 1e-4
# What describes an example whichever model scored it, and so must agree between two models or two repeats.
EXAMPLE_FIELDS = ("documents", "actors", "targets", "clusters", "gold", "channel_gold")


@dataclass(frozen=True, eq=False)
class Scored:
    """N ≥ 1 examples (document, actor, target) with their gold classes and one model's probabilities.

    `gold` [N] holds class indices of `label_set`; `probabilities` [N, K]; `channel_gold` [N, C] in the order of
    `Channel`, -1 where unknown; `channel_probabilities` [N, C, K], or None for a model without channels. `clusters`
    [N] names the group of near-duplicates an example's document belongs to: what the intervals resample.

    Raises DataError at construction for wrong shapes, repeated ids, classes out of range and rows that are not
    probabilities (each must sum to 1 within 1e-4).
    """

    model: str
    label_set: LabelSet
    ids: tuple[str, ...]
    documents: tuple[str, ...]
    actors: tuple[str, ...]
    targets: tuple[str, ...]
    clusters: tuple[str, ...]
    gold: np.ndarray
    probabilities: np.ndarray
    channel_gold: np.ndarray
    channel_probabilities: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not self.ids:
            raise DataError(f"Model {self.model!r}: expected at least one scored example, found none.")
        for name in ("ids", "documents", "actors", "targets", "clusters"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("gold", "probabilities", "channel_gold", "channel_probabilities"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
        self._check_shapes()
        self._check_ids()
        self._check_classes("gold", lowest=0)
        self._check_classes("channel_gold", lowest=UNKNOWN)
        self._check_rows("probabilities")
        self._check_rows("channel_probabilities")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def predicted(self) -> np.ndarray:
        """Class index of each example's highest probability, int [N]; the first of equals."""
        return self.probabilities.argmax(axis=1)

    def take(self, indices: Sequence[int] | np.ndarray) -> "Scored":
        """The examples at `indices` (positions, or a boolean mask [N]), in that order; DataError where none is left."""
        chosen = np.arange(len(self))[np.asarray(indices, dtype=None if len(indices) else int)]
        changed: dict = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                changed[field.name] = value[chosen]
            elif isinstance(value, tuple):
                changed[field.name] = tuple(value[i] for i in chosen)
        return replace(self, **changed)

    def channel(self, channel: Channel) -> "Scored | None":
        """The examples whose stance in `channel` is known, scored on it; None where there are none or no model."""
        position = CHANNELS.index(channel)
        known = self.channel_gold[:, position] != UNKNOWN
        if self.channel_probabilities is None or not known.any():
            return None
        return replace(
            self.take(known),
            gold=self.channel_gold[known, position],
            probabilities=self.channel_probabilities[known, position],
            channel_gold=np.full((known.sum(), len(CHANNELS)), UNKNOWN),
            channel_probabilities=None,
        )

    def _check_shapes(self) -> None:
        n, k, c = len(self.ids), len(self.label_set.classes), len(CHANNELS)
        expected = {
            **dict.fromkeys(("documents", "actors", "targets", "clusters", "gold"), (n,)),
            "probabilities": (n, k),
            "channel_gold": (n, c),
            "channel_probabilities": (n, c, k),
        }
        for name, shape in expected.items():
            value = getattr(self, name)
            found = (len(value),) if isinstance(value, tuple) else None if value is None else value.shape
            if found is not None and found != shape:
                raise DataError(
                    f"Model {self.model!r}: expected {name} of shape {shape} for {n} ids and label set "
                    f"{self.label_set.id!r}, found {found}."
                )

    def _check_ids(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            repeated = [name for name, count in Counter(self.ids).items() if count > 1]
            raise DataError(
                f"Model {self.model!r}: expected distinct ids, found {repeated[0]!r} more than once "
                f"({len(repeated)} such ids). Average repeats with `average` before scoring."
            )

    def _check_classes(self, name: str, *, lowest: int) -> None:
        value, classes = getattr(self, name), self.label_set.classes
        if not np.issubdtype(value.dtype, np.integer):
            raise DataError(f"Model {self.model!r}: expected {name} to hold integers, found {value.dtype}.")
        wrong = (value < lowest) | (value >= len(classes))
        if wrong.any():
            raise DataError(
                f"Model {self.model!r}: expected {name} from {lowest} to {len(classes) - 1} ({', '.join(classes)}), "
                f"found {value[wrong][0]} for id {self.ids[np.argwhere(wrong)[0][0]]!r}."
            )

    def _check_rows(self, name: str) -> None:
        value = getattr(self, name)
        if value is None:
            return
        # Written so that a row with a nan fails too.
        good = (np.abs(value.sum(axis=-1) - 1) <= ROW_SUM_TOLERANCE) & (value >= -ROW_SUM_TOLERANCE).all(axis=-1)
        if not good.all():
            first = tuple(np.argwhere(~good)[0])
            row = ", ".join(f"{p:.4g}" for p in value[first])
            raise DataError(
                f"Model {self.model!r}: expected {name} whose rows are finite, not negative and sum to 1, found "
                f"[{row}] for id {self.ids[first[0]]!r}."
            )


def join(parts: Sequence[Scored]) -> Scored:
    """Disjoint parts (the folds of one cross-validation) as one, in their order.

    Raises DataError for no parts, an id in two parts (see `average`), parts of several models or label sets, and
    channel probabilities in only some parts.
    """
    _check_alike(parts)
    return replace(parts[0], **_concatenated(parts))


def average(parts: Sequence[Scored]) -> Scored:
    """Repeats of a cross-validation as one: the mean probabilities of each id over the parts that hold it.

    Parts may be whole repeats or single folds, and an id may occur in any number of them. Examples come in the order
    in which their ids first occur. Raises DataError as `join` does, and where an id's gold, channels, actor, target,
    document or cluster differ between parts.
    """
    _check_alike(parts)
    columns = _concatenated(parts)
    ids = columns["ids"]
    order = {name: i for i, name in enumerate(dict.fromkeys(ids))}
    group = np.array([order[name] for name in ids])
    first = np.unique(group, return_index=True)[1]
    for name in EXAMPLE_FIELDS:
        _check_agree(name, columns[name], group, first, ids)
    kept: dict = {
        name: value[first] if isinstance(value, np.ndarray) else tuple(value[i] for i in first)
        for name, value in columns.items()
        if value is not None
    }
    for name in ("probabilities", "channel_probabilities"):
        if columns[name] is not None:
            kept[name] = _group_means(columns[name], group, len(order))
    return replace(parts[0], **kept)


def align(scored: Scored, reference: Scored) -> Scored:
    """`scored` in the order of `reference`'s ids.

    Raises DataError, with the first difference, unless both hold the same ids with the same gold, channels, clusters
    and label set: scores on different examples cannot be compared.
    """
    pair = f"Models {reference.model!r} and {scored.model!r} cannot be compared:"
    if scored.label_set != reference.label_set:
        raise DataError(f"{pair} expected one label set, found {reference.label_set.id!r} and {scored.label_set.id!r}.")
    differing = set(scored.ids) ^ set(reference.ids)
    if differing:
        only = reference if min(differing) in set(reference.ids) else scored
        raise DataError(
            f"{pair} expected the same examples, found {len(differing)} that only one of them scored (the first, "
            f"{min(differing)!r}, only by {only.model!r}). Score both on the same split."
        )
    position = {name: i for i, name in enumerate(scored.ids)}
    aligned = scored.take([position[name] for name in reference.ids])
    for name in EXAMPLE_FIELDS:
        ours, theirs = np.asarray(getattr(reference, name)), np.asarray(getattr(aligned, name))
        wrong = (ours != theirs).reshape(len(reference), -1).any(axis=1)
        if wrong.any():
            raise DataError(
                f"{pair} expected the same {name}, found {wrong.sum()} examples that differ (the first: "
                f"{reference.ids[wrong.argmax()]!r}). Score both on the same version of the data."
            )
    return aligned


def _check_alike(parts: Sequence[Scored]) -> None:
    if not parts:
        raise DataError("Expected at least one part to put together, found none.")
    for name in ("model", "label_set"):
        found = list(dict.fromkeys(getattr(part, name) for part in parts))
        if len(found) > 1:
            raise DataError(f"Expected parts of one {name}, found {' and '.join(map(repr, found))}.")
    if len({part.channel_probabilities is None for part in parts}) > 1:
        raise DataError(
            f"Model {parts[0].model!r}: expected channel probabilities in all parts or in none, found them in "
            f"{sum(part.channel_probabilities is not None for part in parts)} of {len(parts)}."
        )


def _concatenated(parts: Sequence[Scored]) -> dict:
    columns: dict = {}
    for field in fields(Scored):
        values = [getattr(part, field.name) for part in parts]
        if isinstance(values[0], np.ndarray):
            columns[field.name] = np.concatenate(values)
        elif isinstance(values[0], tuple):
            columns[field.name] = tuple(item for value in values for item in value)
        elif values[0] is None:
            columns[field.name] = None
    return columns


def _check_agree(name: str, values, group: np.ndarray, first: np.ndarray, ids: tuple[str, ...]) -> None:
    values = np.asarray(values)
    wrong = (values != values[first[group]]).reshape(len(values), -1).any(axis=1)
    if wrong.any():
        at = wrong.argmax()
        raise DataError(
            f"Expected the same {name} for id {ids[at]!r} in every repeat, found {values[first[group[at]]].tolist()!r} "
            f"and {values[at].tolist()!r}. All repeats must score one version of the data."
        )


def _group_means(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros((count, *values.shape[1:]))
    np.add.at(total, group, values)
    return total / np.bincount(group, minlength=count).reshape(-1, *[1] * (values.ndim - 1))
