"""A predictions file as columns of numbers: what a report counts, with a million rows in some hundred megabytes.

Sentences are handed on, batch by batch, to whoever packs them; nothing of them stays here.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stance.errors import DataError
from stance.evaluation.predictions import PROBABILITY
from stance.labels import LABEL_SETS, Channel, LabelSet

if TYPE_CHECKING:
    import pandas

NOTHING = -1
"""The code of a stance, a day or an outlet that is not known."""
EPOCH = datetime.date(1970, 1, 1)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Vocabulary:
    """Texts by number, in the order in which they were met."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The number of `text`."""
        return self._places.setdefault(text, len(self._places))

    @property
    def texts(self) -> list[str]:
        """All texts, by their numbers."""
        return list(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass
class DocumentFacts:
    """What is known of an article beside its text; the day is counted from 1970, -1 where unknown."""

    title: str | None
    published: str | None
    day: int
    source: int
    page: str | None


@dataclass
class ReportRows:
    """N rows (document, actor, target) as numbers into vocabularies.

    `actor`, `target`, `document`, `cluster` [N]; `stance` [N] an index of the label set's classes; `channels` [N, C] in
    the order of `Channel`, -1 where the file has none; `abstained` [N]. Days and outlets belong to documents.
    """

    label_set: LabelSet
    actor: np.ndarray
    target: np.ndarray
    document: np.ndarray
    cluster: np.ndarray
    stance: np.ndarray
    channels: np.ndarray
    abstained: np.ndarray
    actors: list[str]
    targets: list[str]
    sources: list[str]
    document_ids: list[str]
    documents: list[DocumentFacts]
    models: list[str]

    def __len__(self) -> int:
        return len(self.actor)

    @property
    def day(self) -> np.ndarray:
        """Day of each row's article [N], counted from 1970, -1 where unknown."""
        return self._of_documents([facts.day for facts in self.documents])

    @property
    def source(self) -> np.ndarray:
        """Outlet of each row's article [N], -1 where unknown."""
        return self._of_documents([facts.source for facts in self.documents])

    def _of_documents(self, values: Sequence[int]) -> np.ndarray:
        return np.array(values, dtype=np.int32)[self.document] if len(self) else np.zeros(0, np.int32)


@dataclass
class _Reader:
    """What has been read so far."""

    label_set: LabelSet | None = None
    codes: dict[str, list[np.ndarray]] = field(default_factory=dict)
    actors: Vocabulary = field(default_factory=Vocabulary)
    targets: Vocabulary = field(default_factory=Vocabulary)
    sources: Vocabulary = field(default_factory=Vocabulary)
    clusters: Vocabulary = field(default_factory=Vocabulary)
    document_ids: Vocabulary = field(default_factory=Vocabulary)
    models: Vocabulary = field(default_factory=Vocabulary)
    documents: list[DocumentFacts] = field(default_factory=list)

    def add(self, batch: "pandas.DataFrame") -> None:
        if not len(batch):
            return
        self._check_labels([name.removeprefix(PROBABILITY) for name in batch.columns if name.startswith(PROBABILITY)])
        for row in batch[["document_id", "title", "published", "source", "page"]].itertuples(index=False):
            self._document(*row)
        documents = batch["document_id"].tolist()
        # An article without a cluster is a story of its own; the first character keeps the two kinds of id apart.
        clusters = [
            f"c{cluster}" if cluster is not None else f"d{document}"
            for cluster, document in zip(batch["cluster"], documents, strict=True)
        ]
        self._keep("actor", map(self.actors.code, batch["actor"]), np.int32)
        self._keep("target", map(self.targets.code, batch["target"]), np.int32)
        self._keep("document", map(self.document_ids.code, documents), np.int32)
        self._keep("cluster", map(self.clusters.code, clusters), np.int32)
        self._keep("stance", map(self._stance, batch["stance"]), np.int8)
        self._keep("abstained", batch["abstained"].tolist(), np.bool_)
        for channel in Channel:
            self._keep(channel, map(self._stance, batch[f"stance_{channel}"]), np.int8)
        for model in batch["model"].dropna().unique():
            self.models.code(model)

    def _keep(self, name: str, values: Iterable, kind: type) -> None:
        self.codes.setdefault(name, []).append(np.fromiter(values, kind))

    def _document(self, name: str, title: str | None, published: str | None, source: str | None, page: str | None):
        if self.document_ids.code(name) == len(self.documents):
            code = NOTHING if source is None else self.sources.code(source)
            self.documents.append(DocumentFacts(title, published, day_of(published), code, page))

    def _stance(self, name: str | None) -> int:
        if name is None or self.label_set is None:
            return NOTHING
        return self.label_set.index(name)

    def _check_labels(self, classes: list[str]) -> None:
        if self.label_set is None:
            self.label_set = _label_set(classes)
        if set(self.label_set.classes) != set(classes):
            raise DataError(
                f"Expected rows of one label set ({', '.join(self.label_set.classes)}), "
                f"found {', '.join(classes)} further on."
            )

    def finish(self) -> ReportRows:
        def column(name: str, kind: type) -> np.ndarray:
            return np.concatenate(self.codes[name]) if name in self.codes else np.zeros(0, kind)

        return ReportRows(
            label_set=self.label_set or next(iter(LABEL_SETS.values())),
            **{name: column(name, np.int32) for name in ("actor", "target", "document", "cluster")},
            stance=column("stance", np.int8),
            channels=np.stack([column(channel, np.int8) for channel in Channel], axis=1),
            abstained=column("abstained", np.bool_),
            actors=self.actors.texts,
            targets=self.targets.texts,
            sources=self.sources.texts,
            document_ids=self.document_ids.texts,
            documents=self.documents,
            models=self.models.texts,
        )


def collect_rows(
    batches: Iterable["pandas.DataFrame"], keep: Callable[["pandas.DataFrame", LabelSet], None] | None = None
) -> ReportRows:
    """All rows of `batches` (see `read_prediction_batches`) as numbers; `keep` gets each batch that has rows.

    Raises DataError for classes of no known label set, or of two, and ConfigurationError for a stance outside it.
    """
    reader = _Reader()
    for batch in batches:
        reader.add(batch)
        if keep is not None and reader.label_set is not None and len(batch):
            keep(batch, reader.label_set)
    return reader.finish()


def day_of(published: str | None) -> int:
    """The first ten characters of `published` as a day counted from 1970; -1 where they are none."""
    if published is None or not _DAY.match(published):
        return NOTHING
    try:
        days = (datetime.date.fromisoformat(published[:10]) - EPOCH).days
    except ValueError:
        return NOTHING
    return max(days, NOTHING)


def _label_set(classes: list[str]) -> LabelSet:
    for known in LABEL_SETS.values():
        if set(known.classes) == set(classes):
            return known
    sets = "; ".join(f"{known.id}: {', '.join(known.classes)}" for known in LABEL_SETS.values())
    raise DataError(f"Expected the classes of a known label set ({sets}), found {', '.join(classes)}.")
