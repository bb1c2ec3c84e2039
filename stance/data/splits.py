"""Splits that near-duplicates never straddle: strategies, folds, and the manifest that records them."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from stance.annotation.records import Document
from stance.data.examples import Dataset
from stance.data.near_duplicates import cluster, near_duplicate_pairs
from stance.errors import ConfigurationError, DataError

PARTS = ("train", "validation", "test")
_FOLD = re.compile(r"fold-[0-9]+")


class Fold(msgspec.Struct, frozen=True):
    """Example ids of the three parts; `repeat` and `fold` count from 0."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    repeat: int = 0
    fold: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """A split that can be made again: its folds, seed and the digest of the data it was made from.

    `left_out` counts, per reason, examples that a fold uses in no part. `release` are ids in no fold at all, kept to
    judge a model once, when it is promoted.
    """

    strategy: str
    seed: int
    digest: str
    label_set: str
    folds: tuple[Fold, ...]
    left_out: dict[str, int] = {}
    release: tuple[str, ...] = ()

    def write(self, path: Path) -> None:
        """Write as readable JSON."""
        path.write_text(json.dumps(msgspec.to_builtins(self), ensure_ascii=False, indent=1), "utf-8")


@dataclass(frozen=True)
class Grouping:
    """Near-duplicate pairs of documents, and the cluster of each document (same page or near-duplicate)."""

    pairs: tuple[tuple[str, str], ...]
    clusters: Mapping[str, str]


@dataclass(frozen=True)
class SplitPlan:
    """How to split: `folds` and `repeats` for cross-validation, shares of the clusters for one-fold strategies.

    Under `unseen_target`, targets with at least `tested_from` examples have a fold each. `release_share` of the
    clusters are set aside before anything else, whatever the strategy and the seed.
    """

    strategy: str
    seed: int
    folds: int = 5
    repeats: int = 1
    test_share: float = 0.2
    validation_share: float = 0.15
    release_share: float = 0.0
    tested_from: int = 300

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1:
            raise ConfigurationError(
                f"Expected split.folds of at least 2 and split.repeats of at least 1, found {self.folds} and "
                f"{self.repeats}."
            )
        for share in (self.test_share, self.validation_share):
            if not 0 < share <= 0.5:
                raise ConfigurationError(
                    f"Expected a share above 0 and at most 0.5 for a part of the split, found {share}."
                )
        if not 0 <= self.release_share <= 0.5:
            raise ConfigurationError(f"Expected split.release_share from 0 to 0.5, found {self.release_share}.")


def group_documents(dataset: Dataset) -> Grouping:
    """Cluster the documents that have examples, by page and by near-duplicate text."""
    return group({example.document_id: dataset.documents[example.document_id] for example in dataset.examples})


def group(documents: Mapping[str, Document]) -> Grouping:
    """Cluster `documents`, by page and by near-duplicate text."""
    pairs = near_duplicate_pairs({name: document.text for name, document in documents.items()})
    first_of_page: dict[str, str] = {}
    same_page = [(first_of_page.setdefault(one.page or name, name), name) for name, one in documents.items()]
    return Grouping(tuple(pairs), cluster(documents, [*pairs, *same_page]))


def split(dataset: Dataset, grouping: Grouping, plan: SplitPlan) -> Manifest:
    """Make the folds of `plan`; raises ConfigurationError or DataError where the data cannot be split so."""
    if plan.strategy not in STRATEGIES:
        raise ConfigurationError(f"Expected a split among {', '.join(STRATEGIES)}, found {plan.strategy!r}.")
    release = _release(dataset, grouping, plan.release_share)
    held = set(release)
    table = _Table(dataset.take(example.id for example in dataset.examples if example.id not in held), grouping)
    folds = []
    left_out: Counter[str] = Counter()
    for fold in STRATEGIES[plan.strategy](table, plan):
        unused = len(table.ids) - sum(len(getattr(fold, part)) for part in PARTS)
        left_out["in no part of a fold"] += unused
        clean = _without_straddling(table, fold, left_out)
        for part in PARTS:
            if not getattr(clean, part):
                raise DataError(
                    f"Split {plan.strategy!r} leaves no example for {part} in fold {fold.fold} of repeat "
                    f"{fold.repeat}. Use fewer folds, other shares, or more data."
                )
        folds.append(clean)
    return Manifest(
        plan.strategy, plan.seed, dataset.digest, dataset.label_set.id, tuple(folds), dict(left_out), release
    )


def _release(dataset: Dataset, grouping: Grouping, share: float) -> tuple[str, ...]:
    """The examples of clusters whose id's hash falls below `share`: a cluster stays where it is as the data grow."""

    def drawn(document: str) -> bool:
        digest = hashlib.sha256(grouping.clusters[document].encode()).digest()
        return int.from_bytes(digest[:8], "big") < share * 2**64

    return tuple(example.id for example in dataset.examples if drawn(example.document_id))


class _Table:
    """Columns of a data set's examples as arrays [N], in its order."""

    def __init__(self, dataset: Dataset, grouping: Grouping):
        examples = dataset.examples
        documents = [dataset.documents[example.document_id] for example in examples]
        self.ids = np.array([example.id for example in examples], dtype=object)
        self.gold = dataset.gold()
        self.clusters = np.array([grouping.clusters[example.document_id] for example in examples], dtype=object)
        self.actors = np.array([example.actor for example in examples], dtype=object)
        self.targets = np.array([example.target for example in examples], dtype=object)
        self.published = np.array([document.published or "" for document in documents], dtype=object)
        self.sources = np.array([document.source or "" for document in documents], dtype=object)
        self.parts = np.array([document.split or "" for document in documents], dtype=object)
        self.cluster_of = dict(zip(self.ids, self.clusters, strict=True))

    def of(
        self, train: np.ndarray, validation: np.ndarray, test: np.ndarray, *, repeat: int = 0, fold: int = 0
    ) -> Fold:
        """The fold with these parts, given as index arrays."""
        ids = [tuple(self.ids[np.sort(part)].tolist()) for part in (train, validation, test)]
        return Fold(ids[0], ids[1], ids[2], repeat, fold)

    def fold(self, test: np.ndarray, rest: np.ndarray, plan: SplitPlan, repeat: int = 0, fold: int = 0) -> Fold:
        """Cut validation clusters out of `rest` (index arrays); a different piece each fold."""
        inner = grouped_folds(self, rest, round(1 / plan.validation_share), plan.seed + 1000 * repeat + fold + 1)
        train, validation = inner[0]
        return self.of(train, validation, test, repeat=repeat, fold=fold)


def grouped_folds(table: _Table, among: np.ndarray, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Stratified folds of the examples `among` (index array) that keep clusters whole: (rest, part) index arrays."""
    found = len(set(table.clusters[among]))
    if found < folds:
        raise DataError(f"Expected at least {folds} clusters of documents for {folds} folds, found {found}.")
    largest = int(np.unique(table.gold[among], return_counts=True)[1].max())
    if largest < folds:
        raise DataError(f"Expected a class with at least {folds} examples for {folds} folds, found at most {largest}.")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = splitter.split(among, table.gold[among], table.clusters[among])
    return [(among[rest], among[part]) for rest, part in parts]


def _cross_validation(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    everything = np.arange(len(table.ids))
    for repeat in range(plan.repeats):
        parts = grouped_folds(table, everything, plan.folds, plan.seed + repeat)
        for number, (rest, test) in enumerate(parts):
            yield table.fold(test, rest, plan, repeat, number)


def _cluster(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    rest, test = grouped_folds(table, np.arange(len(table.ids)), round(1 / plan.test_share), plan.seed)[0]
    yield table.fold(test, rest, plan)


def _unseen_actor(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    """Test examples are new in both: their actor and their cluster occur in no other part."""
    everything = np.arange(len(table.ids))
    actors, counts = np.unique(table.actors.astype(str), return_counts=True)
    if len(actors) < plan.folds:
        raise DataError(f"Expected at least {plan.folds} actors for {plan.folds} folds, found {len(actors)}.")
    order = np.random.default_rng(plan.seed).permutation(len(actors))
    held: list[set[str]] = [set() for _ in range(plan.folds)]
    load = np.zeros(plan.folds)
    for actor, count in sorted(zip(actors[order], counts[order], strict=True), key=lambda pair: -pair[1]):
        lightest = int(load.argmin())
        held[lightest].add(actor)
        load[lightest] += count
    for number, (rest, part) in enumerate(grouped_folds(table, everything, plan.folds, plan.seed)):
        unseen = np.array([actor in held[number] for actor in table.actors])
        yield table.fold(part[unseen[part]], rest[~unseen[rest]], plan, fold=number)


def _unseen_target(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    """Each target with examples enough is tested once, by a model that never met it."""
    targets, counts = np.unique(table.targets.astype(str), return_counts=True)
    if len(targets) < 2 or counts.max() < plan.tested_from:
        raise DataError(
            f"Split 'unseen_target' needs two targets, one of them with {plan.tested_from} examples "
            f"(split.tested_from), found {len(targets)}, the largest with {max(counts, default=0)}."
        )
    for number, target in enumerate(targets[counts >= plan.tested_from]):
        held = table.targets == target
        yield table.fold(np.flatnonzero(held), np.flatnonzero(~held), plan, fold=number)


def _temporal(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    """Train on the past, validate on what follows, test on the latest; a cluster has its earliest document's date."""
    undated = int((table.published == "").sum())
    if undated:
        raise DataError(
            f"Split 'temporal' needs data.published on every task, {undated} of {len(table.ids)} examples have none."
        )
    first: dict[str, str] = {}
    for name, date in zip(table.clusters, table.published, strict=True):
        first[name] = min(date, first.get(name, date))
    dates = np.array([first[name] for name in table.clusters])
    ranked = np.argsort(dates, kind="stable")
    shares = (1 - plan.test_share - plan.validation_share, 1 - plan.test_share)
    cuts = [min(round(len(ranked) * share), len(ranked) - 1) for share in shares]
    # Examples of one day stay together: a cut moves to the first example of its day.
    cuts = [int(np.searchsorted(dates[ranked], dates[ranked][cut])) for cut in cuts]
    parts = np.split(ranked, cuts)
    yield table.of(*parts)


def _source(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    found = len(set(table.sources))
    if found < plan.folds:
        raise DataError(f"Split 'source' with {plan.folds} folds needs as many sources (data.source), found {found}.")
    everything = np.arange(len(table.ids))
    for number, (rest, test) in enumerate(GroupKFold(plan.folds).split(everything, groups=table.sources.astype(str))):
        yield table.fold(test, rest, plan, fold=number)


def _official(table: _Table, plan: SplitPlan) -> Iterable[Fold]:
    """The published parts; published folds (fold-1, fold-2, …) in turn, each validated on the next, as new as it is."""
    found = sorted(set(table.parts))
    if len(found) > 2 and all(_FOLD.fullmatch(part) for part in found):
        ordered = sorted(found, key=lambda name: int(name.removeprefix("fold-")))
        for number, part in enumerate(ordered):
            test, validation = table.parts == part, table.parts == ordered[(number + 1) % len(ordered)]
            yield table.of(*map(np.flatnonzero, (~test & ~validation, validation, test)), fold=number)
        return
    known = {"train", "validation", "test"}
    if not set(found) <= known or not {"train", "test"} <= set(found):
        raise DataError(
            f"Split 'official' needs data.split to be train, validation or test, or fold-1, fold-2, fold-3, …, found "
            f"{found}."
        )
    train, validation, test = (np.flatnonzero(table.parts == part) for part in PARTS)
    if len(validation):
        yield table.of(train, validation, test)
    else:
        yield table.fold(test, train, plan)


STRATEGIES: dict[str, Callable[[_Table, SplitPlan], Iterable[Fold]]] = {
    "cv": _cross_validation,
    "cluster": _cluster,
    "unseen_actor": _unseen_actor,
    "unseen_target": _unseen_target,
    "temporal": _temporal,
    "source": _source,
    "official": _official,
}


def _without_straddling(table: _Table, fold: Fold, left_out: Counter[str]) -> Fold:
    """Drop from train what shares a cluster with validation or test, and from validation what shares one with test."""
    test = {table.cluster_of[name] for name in fold.test}
    validation = tuple(name for name in fold.validation if table.cluster_of[name] not in test)
    held = test | {table.cluster_of[name] for name in validation}
    train = tuple(name for name in fold.train if table.cluster_of[name] not in held)
    left_out["near-duplicate of a held-out document"] += (
        len(fold.validation) - len(validation) + len(fold.train) - len(train)
    )
    return Fold(train, validation, fold.test, fold.repeat, fold.fold)
