"""How far annotators agree: on stances, on single statements, on what they marked; overall and broken down.

Krippendorff's alpha throughout, since annotators answer different units. Nominal alpha takes every class of the set,
`none` among them. Ordinal alpha takes the classes of the set's scale only (against, ambivalent, favor): `none` lies
nowhere between two poles, so values of it are left out there, and whether an actor has a stance at all is judged apart.
Intervals are bootstrap intervals over pages: articles cut from one are drawn together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.annotation.agreement_rows import Marks, Row, Sample, Values
from stance.annotation.agreement_table import BLIND, SUGGESTED, Table
from stance.annotation.reliability import ENOUGH_DOCUMENTS, coincidences, f1, figure, resample, summed
from stance.labels import Channel, LabelSet


@dataclass(frozen=True)
class Agreement:
    """Everything the report shows. `groups` holds rows by what they are broken down by."""

    label_set: str
    documents: int
    annotations: int
    annotators: tuple[str, ...]
    units: int
    single: int
    disputed: int
    left_out: dict[str, int]
    overall: tuple[Row, ...]
    statements: tuple[Row, ...]
    marks: tuple[Marks, ...]
    groups: dict[str, tuple[Row, ...]]
    confusion: tuple[tuple[float, ...], ...]


def measure_agreement(table: Table, label_set: LabelSet) -> Agreement:
    """The agreement of the annotators in `table`."""
    counts = _counts(table, label_set)
    answered = np.flatnonzero(counts.sum(axis=1) > 1)
    values = _values(counts[answered], table.page[table.unit_document[answered]], label_set)
    whole = Sample(values)
    return Agreement(
        label_set=label_set.id,
        documents=len(table.documents),
        annotations=table.annotations,
        annotators=tuple(sorted(table.annotators)),
        units=len(table.unit_document),
        single=int((counts.sum(axis=1) == 1).sum()),
        disputed=int(((counts > 0).sum(axis=1) > 1).sum()),
        left_out={why: number for why, number in table.left_out.items() if number},
        overall=_overall(whole, label_set),
        statements=_statements(table, label_set),
        marks=_marks(table),
        groups={
            "label": tuple(whole.binary_row(name, place) for place, name in enumerate(label_set.classes)),
            "actor": _by_name(values, table.unit_actor[answered], table.actors),
            "target": _by_name(values, table.unit_target[answered], table.targets),
            "annotators": _by_pair(table, label_set),
            "suggestions": _by_condition(table, values, answered),
        },
        confusion=tuple(map(tuple, values.matrices.sum(axis=0).tolist())),
    )


def most_disputed(table: Table, label_set: LabelSet) -> list[int]:
    """The places in `table.documents` of those with disputes, those with most first."""
    disputed = (_counts(table, label_set) > 0).sum(axis=1) > 1
    times = np.bincount(table.unit_document[disputed], minlength=len(table.documents))
    order = np.argsort(-times, kind="stable")
    return order[: int((times > 0).sum())].tolist()


def _counts(table: Table, label_set: LabelSet) -> np.ndarray:
    """How often each unit was given each class, [U, K]."""
    size = len(label_set.classes)
    flat = np.bincount(table.vote_unit * size + table.vote_label, minlength=len(table.unit_document) * size)
    return flat.reshape(-1, size)


def _values(counts: np.ndarray, page: np.ndarray, label_set: LabelSet) -> Values:
    return Values(coincidences(counts), coincidences(counts[:, _scale(label_set)]), page)


def _scale(label_set: LabelSet) -> list[int]:
    return [label_set.index(name) for name in label_set.scale]


def _overall(whole: Sample, label_set: LabelSet) -> tuple[Row, ...]:
    rows = [whole.row("stance, all classes")]
    if label_set.absent is not None:
        rows.append(whole.binary_row(f"a stance or {label_set.absent}", label_set.index(label_set.absent)))
        rows.append(whole.scale_row("which stance"))
    return tuple(rows)


def _by_name(values: Values, numbers: np.ndarray, names: Sequence[str]) -> tuple[Row, ...]:
    """A row for each name, those with most units first."""
    order = np.argsort(numbers, kind="stable")
    present, starts = np.unique(numbers[order], return_index=True)
    groups = np.split(order, starts[1:]) if len(present) else []
    rows = [Sample(values.take(group)).row(names[number]) for number, group in zip(present, groups, strict=True)]
    return tuple(sorted(rows, key=lambda row: (-row.units, row.name)))


def _by_pair(table: Table, label_set: LabelSet) -> tuple[Row, ...]:
    """A row for each two annotators that share units."""
    rank = np.argsort(np.argsort(np.array(table.annotators)))  # by name
    order = np.lexsort((rank[table.vote_annotator], table.vote_unit)) if len(table.vote_unit) else np.empty(0, int)
    unit, person, label = table.vote_unit[order], table.vote_annotator[order], table.vote_label[order]
    found: list[np.ndarray] = []
    for step in range(1, int(np.bincount(unit).max(initial=0))):
        here = np.flatnonzero(unit[:-step] == unit[step:])
        found.append(np.stack([unit[here], person[here], person[here + step], label[here], label[here + step]]))
    rows = np.concatenate(found, axis=1) if found else np.empty((5, 0), np.int64)
    page = table.page[table.unit_document[rows[0]]]
    values = _paired(rows[3:].T, page, len(label_set.classes), _scale(label_set))
    size = len(table.annotators)
    names = {
        first * size + second: f"{table.annotators[first]} – {table.annotators[second]}"
        for first, second in zip(*np.unique(rows[1:3], axis=1), strict=True)
    }
    keys = rows[1] * size + rows[2]
    _, numbers = np.unique(keys, return_inverse=True)
    return _by_name(values, numbers, [names[key] for key in sorted(names)])


def _paired(
    labels: np.ndarray, page: np.ndarray, size: int, scale: Sequence[int], weights: np.ndarray | float = 1.0
) -> Values:
    """Units of exactly two values, [N, 2], of which `size` are possible."""
    tables = np.zeros((len(labels), size, size))
    tables[np.arange(len(labels)), labels[:, 0], labels[:, 1]] = weights
    matrices = tables + tables.transpose(0, 2, 1)
    return Values(matrices, matrices[:, scale][:, :, scale], page, tables)


def _by_condition(table: Table, values: Values, answered: np.ndarray) -> tuple[Row, ...]:
    """Units that all annotators read without the model's stances, against those that all read with them."""
    votes = np.bincount(table.vote_unit, minlength=len(table.unit_document))
    rows = []
    for name, condition in (("blind", BLIND), ("suggested", SUGGESTED)):
        alike = np.bincount(table.vote_unit[table.vote_blind == condition], minlength=len(votes))
        chosen = np.flatnonzero((alike == votes)[answered])
        if len(chosen):
            rows.append(Sample(values.take(chosen)).row(name))
    return tuple(rows)


def _statements(table: Table, label_set: LabelSet) -> tuple[Row, ...]:
    """What two annotators say of a statement that both marked; its row counts pairs of marks."""
    page = table.page[table.same_document]
    stances = _paired(table.same_stance, page, len(label_set.classes), _scale(label_set), table.same_weight)
    channels = _paired(table.same_channel, page, len(Channel), [], table.same_weight)
    return tuple(
        Sample(Values(values.matrices, values.scaled, values.page)).row(name)
        for name, values in (("stance of a statement", stances), ("channel of a statement", channels))
    )


def _marks(table: Table) -> tuple[Marks, ...]:
    page = table.page[table.pair_document]
    rows = []
    for name, columns in (("actors marked", slice(0, 2)), ("statements marked", slice(2, 4))):
        documents = summed(table.pair_marks[:, columns].astype(float), page)
        drawn = resample(documents) if len(documents) >= ENOUGH_DOCUMENTS else None
        rows.append(Marks(name, len(page), figure(documents, drawn, int(documents[:, 1].sum()), f1)))
    return tuple(rows)
