"""Several runs, or configurations of several seeds, on the same examples: scores, paired tests, changed sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stance.errors import DataError
from stance.evaluation.intervals import TARGET_MEAN, Interval, target_statistics
from stance.evaluation.metrics import grouped_confusion
from stance.evaluation.scored import Scored, align, average
from stance.evaluation.significance import RESAMPLES, McNemar, Resampled, Spread, holm, mcnemar, resampled, spread

if TYPE_CHECKING:
    import pandas

SCORES = ("f_avg", "macro_f1")
"""The scores that are tested of every data set, the one that decides first."""
ALPHA = 0.05


@dataclass(frozen=True)
class Contender:
    """A configuration among others, by a name of its own: one run of it, or several that differ in their seed only."""

    name: str
    parts: tuple[Scored, ...]

    @cached_property
    def pooled(self) -> Scored:
        """Its answers as one: over several seeds those of the mean probabilities. Raises DataError as `average`."""
        return average([replace(part, model=self.name) for part in self.parts])

    @cached_property
    def averaged(self) -> "Contender | None":
        """Its seeds as an ensemble, that of the mean probabilities; None where no example has several answers."""
        if len(self.parts) == 1 or len(_test_parts(self)) > 1:
            return None
        return Contender(f"{self.name}, averaged", (self.pooled,))

    @property
    def f_avg(self) -> float:
        """The mean f_avg of its runs."""
        return float(np.mean([_scores(part)["f_avg"] for part in self.parts]))


@dataclass(frozen=True)
class Standing:
    """A contender's scores: `scores` of `intervals.statistics` with intervals over documents, the mean over its seeds.

    `seeds` has the spread of each tested score over several seeds, and is empty for a single run. Where several seeds
    answered the same examples, `averaged` is how their mean probabilities stand.
    """

    name: str
    n: int
    runs: int
    scores: dict[str, Interval]
    seeds: dict[str, Spread]
    averaged: "Standing | None" = None


@dataclass(frozen=True)
class Difference:
    """One score of a contender minus the reference's; `p` of the paired cluster bootstrap, `holm` corrected."""

    interval: Interval
    p: float
    holm: float


@dataclass(frozen=True)
class Pair:
    """A contender against the reference: differences by score, and McNemar's test with its corrected p-value."""

    name: str
    reference: str
    differences: dict[str, Difference]
    mcnemar: McNemar
    mcnemar_holm: float

    @property
    def shown(self) -> bool:
        """Whether a difference in f_avg is shown at 5 %, all comparisons taken together."""
        return self.differences[SCORES[0]].holm < ALPHA


@dataclass(frozen=True)
class RunComparison:
    """All contenders in the order given, and every one but the first, the reference, against it."""

    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    clusters: int
    resamples: int

    @property
    def scores(self) -> tuple[str, ...]:
        """The scores that are tested here: f_avg_target_mean too, where the data have several targets to average."""
        return _tested(self.standings[0].scores)

    @property
    def reference(self) -> str:
        """The name of the contender that the others are compared with."""
        return self.standings[0].name


def compare_runs(contenders: Sequence[Contender], *, resamples: int = RESAMPLES) -> RunComparison:
    """Compare each of M ≥ 1 contenders of distinct names with the first.

    p-values are corrected (Holm) over all pairs, each score and McNemar's test for itself. Raises DataError unless all
    scored the same examples with the same gold: see `check_comparable`.
    """
    reference, *others = contenders
    for other in others:
        check_comparable(other, reference)
    ensembles = {place: one.averaged for place, one in enumerate(contenders) if one.averaged is not None}
    shown = [*contenders, *ensembles.values()]
    found = resampled([contender.parts for contender in shown], resamples=resamples)
    alone = [_standing(contender, found, place) for place, contender in enumerate(shown)]
    averaged = {
        place: replace(standing, runs=len(contenders[place].parts))
        for place, standing in zip(ensembles, alone[len(contenders) :], strict=True)
    }
    standings = tuple(
        replace(standing, averaged=averaged.get(place)) for place, standing in enumerate(alone[: len(contenders)])
    )
    clusters = {name for contender in contenders for part in contender.parts for name in part.clusters}
    return RunComparison(standings, _pairs(reference, others, found), len(clusters), resamples)


def check_comparable(contender: Contender, reference: Contender) -> None:
    """Raise DataError, with what differs, unless both scored the same examples with the same gold and clusters."""
    pair = f"{reference.name!r} and {contender.name!r} cannot be compared:"
    advice = "Train both on the same split of the same data (same `split`, `target` and `data` settings)."
    ours, theirs = set(contender.pooled.ids), set(reference.pooled.ids)
    if contender.pooled.label_set == reference.pooled.label_set and ours != theirs:
        shared, first = len(ours & theirs), min(ours ^ theirs)
        raise DataError(
            f"{pair} expected the same examples, found {len(theirs)} and {len(ours)} with {shared} in common (the "
            f"first that only one scored: {first!r}). {advice}"
        )
    align(contender.pooled, reference.pooled)
    if _test_parts(contender) != _test_parts(reference):
        raise DataError(
            f"{pair} expected the same test parts, found {len(reference.parts)} and {len(contender.parts)} runs whose "
            "seeds cut the test part in other places. Give both the same seeds, or use split=cv, which tests on "
            "everything."
        )


def changed_sides(contenders: Sequence[Contender]) -> "pandas.DataFrame":
    """A row for each example on which the contenders' answers differ, what the reference had right first.

    Columns: `change` (`lost`: only the reference, the first, and perhaps others are right; `gained`: the reference is
    wrong and another right; `other error`: all are wrong), id, document_id, actor, target, gold, and `answer of <name>`
    of each contender. Raises DataError where they scored other examples.
    """
    import pandas

    reference = contenders[0].pooled
    classes = np.array(reference.label_set.classes, dtype=object)
    answers = np.stack([align(contender.pooled, reference).predicted for contender in contenders])  # [M, N]
    right = answers == reference.gold
    change = np.where(right[0], "lost", np.where(right.any(axis=0), "gained", "other error")).tolist()
    differing = np.flatnonzero((answers != answers[0]).any(axis=0)).tolist()
    rank = {"lost": 0, "gained": 1, "other error": 2}
    order = sorted(differing, key=lambda place: rank[change[place]])
    columns = {
        "change": change,
        "id": reference.ids,
        "document_id": reference.documents,
        "actor": reference.actors,
        "target": reference.targets,
        "gold": classes[reference.gold],
        **{f"answer of {one.name}": classes[row] for one, row in zip(contenders, answers, strict=True)},
    }
    return pandas.DataFrame({name: [values[i] for i in order] for name, values in columns.items()})


def _standing(contender: Contender, found: dict[str, Resampled], place: int) -> Standing:
    seeds = {}
    if len(contender.parts) > 1:
        single = [_scores(part) for part in contender.parts]
        spreads = {name: spread([float(scores[name]) for scores in single]) for name in _tested(found)}
        seeds = {name: value for name, value in spreads.items() if value is not None}
    scores = {name: values.interval(place) for name, values in found.items()}
    return Standing(contender.name, len(contender.pooled), len(contender.parts), scores, seeds)


def _scores(scored: Scored) -> dict[str, np.ndarray]:
    classes = len(scored.label_set.classes)
    _, matrices = grouped_confusion(scored.gold, scored.predicted, scored.targets, classes)
    return target_statistics(matrices, scored.label_set)


def _tested(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in (*SCORES, TARGET_MEAN) if name in names)


def _pairs(reference: Contender, others: Sequence[Contender], found: dict[str, Resampled]) -> tuple[Pair, ...]:
    tests = [mcnemar(other.pooled, reference.pooled) for other in others]
    corrected = holm([test.p for test in tests])
    columns = {name: _differences(found[name], len(others)) for name in _tested(found)}
    return tuple(
        Pair(
            name=other.name,
            reference=reference.name,
            differences={name: column[place] for name, column in columns.items()},
            mcnemar=tests[place],
            mcnemar_holm=corrected[place],
        )
        for place, other in enumerate(others)
    )


def _differences(found: Resampled, others: int) -> list[Difference]:
    tested = [found.difference(place + 1, 0) for place in range(others)]
    corrected = holm([p for _, p in tested])
    return [Difference(interval, p, q) for (interval, p), q in zip(tested, corrected, strict=True)]


def _test_parts(contender: Contender) -> set[frozenset[str]]:
    return {frozenset(part.ids) for part in contender.parts}
