"""Which tasks are pushed without the model's stances, so that agreement isn't flattered by a common suggestion."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from stance.data.near_duplicates import cluster, near_duplicate_pairs


def is_blind(document_id: str, share: float) -> bool:
    """Whether a document belongs to the `share` (0 to 1) that is blind: the same everywhere and always."""
    digest = hashlib.sha256(f"blind\x1f{document_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def choose_blind(
    ids: Sequence[str], known: Mapping[str, bool], share: float, texts: Callable[[], Mapping[str, str]]
) -> dict[str, bool]:
    """For each document whether its tasks are blind; near-duplicates of one another are so together.

    What a document on the server is (`known`) it stays, and its near-duplicates follow it, the first one's where they
    differ: a task may be half labelled, and a person who reads both would have seen the suggestion. `texts` is asked
    only where a document is new.
    """
    if all(name in known for name in ids):
        return {name: known[name] for name in ids}
    groups = cluster(ids, near_duplicate_pairs(texts()))
    fates: dict[str, bool] = {}
    for name in ids:
        if name in known:
            fates.setdefault(groups[name], known[name])
    for name in sorted(ids):
        # By the least id, so that the order in which documents are named is nothing to them.
        fates.setdefault(groups[name], is_blind(name, share))
    return {name: known.get(name, fates[groups[name]]) for name in ids}
