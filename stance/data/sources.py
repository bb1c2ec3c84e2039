"""Other data sets to learn from beside the one that is tested, and what of them must not be learned from."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from stance.annotation.records import Document
from stance.data.examples import Dataset
from stance.data.loading import Loaded, load
from stance.data.splits import group
from stance.errors import ConfigurationError, DataError
from stance.settings import SourceSettings

TEST = "test"
"""The published part that belongs to its authors' test."""
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Source:
    """A data set to learn from beside another, the main one.

    `dataset` holds the examples that may be learned from at all: none of its published test part, nor what copies that.
    `beside` maps its documents to those of the main set that are in their cluster of near-duplicates, where any are.
    """

    name: str
    settings: SourceSettings
    loaded: Loaded
    dataset: Dataset
    beside: Mapping[str, frozenset[str]]

    def learnable(self, trained: Collection[str]) -> Dataset:
        """What may be learned from next to the main set's documents `trained`.

        A copy of any other of its documents, be it validated on, tested or set aside, is left out.
        """
        known = frozenset(trained)
        kept = (one.id for one in self.dataset.examples if self.beside.get(one.document_id, _NONE) <= known)
        return self.dataset.take(kept)


def load_source(name: str, settings: SourceSettings, main: Loaded, export: str) -> Source:
    """Read the source `name`, to be learned from beside `main`, which was read from `export`.

    Raises ConfigurationError for a share that is none and for the main set itself, and DataError where nothing is left.
    """
    if not settings.share > 0:
        raise ConfigurationError(f"Expected sources.{name}.share above 0, found {settings.share}.")
    loaded = load(settings.data, settings.target)
    own = Path(settings.data.export)
    if loaded.dataset.digest == main.dataset.digest or own.resolve() == Path(export).resolve():
        raise ConfigurationError(
            f"Expected another data set as the source {name!r}, found {own}, which is trained and tested on. "
            "Leave it out of sources."
        )
    beside, test = _clusters(main.dataset, loaded.dataset)
    examples = tuple(one for one in loaded.dataset.examples if one.document_id not in test)
    if not examples:
        raise DataError(f"{own}: expected examples to learn from, found its published test part alone.")
    return Source(name, settings, loaded, replace(loaded.dataset, examples=examples), beside)


def _clusters(main: Dataset, source: Dataset) -> tuple[dict[str, frozenset[str]], set[str]]:
    """By document of `source` those of `main` in its cluster; and the documents that stand with its test part."""
    clusters = group(_marked(main, "main") | _marked(source, "source")).clusters
    held: dict[str, set[str]] = defaultdict(set)
    tested = set()
    for document in _used(main):
        held[clusters[f"main|{document}"]].add(document)
    for document in _used(source):
        if source.documents[document].split == TEST:
            tested.add(clusters[f"source|{document}"])
    roots = {document: clusters[f"source|{document}"] for document in _used(source)}
    beside = {document: frozenset(held[root]) for document, root in roots.items() if root in held}
    return beside, {document for document, root in roots.items() if root in tested}


def _marked(dataset: Dataset, mark: str) -> dict[str, Document]:
    """The documents that have examples, under ids and pages that no other data set has."""
    return {
        f"{mark}|{name}": msgspec.structs.replace(document, page=f"{mark}|{document.page or name}")
        for name in _used(dataset)
        for document in [dataset.documents[name]]
    }


def _used(dataset: Dataset) -> list[str]:
    return list(dict.fromkeys(example.document_id for example in dataset.examples))
