"""Which tasks are pushed without the model's stances, so that agreement isn't flattered by a common suggestion."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from stance.data.near_duplicates import cluster
from stance.data.sketches import cluster_sketches, sketch


def is_blind(document_id: str, share: float) -> bool:
    """Whether a document belongs to the `share` (0 to 1) that is blind: the same everywhere and always."""
    digest = hashlib.sha256(f"blind\x1f{document_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def choose_blind(
    ids: Sequence[str],
    known: Mapping[str, bool],
    share: float,
    documents: Callable[[], Iterable[tuple[str, str]]],
) -> dict[str, bool]:
    """For each document whether its tasks are blind; near-duplicates of one another are so together.

    What a document on the server is (`known`) it stays, and its near-duplicates follow it, the first one's where they
    differ: a task may be half labelled, and a person who reads both would have seen the suggestion. `documents` (id and
    text) are asked for only where one is new.
    """
    if all(name in known for name in ids):
        return {name: known[name] for name in ids}
    groups = cluster(ids, similar(documents()))
    fates: dict[str, bool] = {}
    for name in ids:
        if name in known:
            fates.setdefault(groups[name], known[name])
    for name in sorted(ids):
        # By the least id, so that the order in which documents are named is nothing to them.
        fates.setdefault(groups[name], is_blind(name, share))
    return {name: known.get(name, fates[groups[name]]) for name in ids}


def similar(documents: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs that link near-duplicates, judged by their sketches alone: no text is held, 0.5 KB a document.

    What a person would not take for a copy needs no share in its fate.
    """
    names: list[str] = []
    sketches = []
    for name, text in documents:
        names.append(name)
        sketches.append(sketch(text))
    if not names:
        return []
    clusters = cluster_sketches(np.stack(sketches)).tolist()
    return [(names[first], name) for first, name in zip(clusters, names, strict=True) if names[first] != name]
