"""What a split lets through: checked on the pairs themselves, so that a mistake in the grouping shows."""

from collections.abc import Iterable

from stance.data.examples import Dataset
from stance.data.splits import Fold, Grouping, Manifest


def leakage_report(dataset: Dataset, grouping: Grouping, manifest: Manifest) -> dict[str, float]:
    """Counts over all folds, and shares of test examples, of what test shares with train and validation.

    `near_duplicate_pairs`, `same_page_pairs` and `same_text_documents` must be 0. `seen_actors` and
    `seen_actor_targets` are the shares of test examples whose actor, or actor with target, was trained on.
    """
    totals = {"near_duplicate_pairs": 0, "same_page_pairs": 0, "same_text_documents": 0}
    seen_actors = seen_pairs = tested = 0
    examples = {example.id: example for example in dataset.examples}
    for fold in manifest.folds:
        learned = [examples[name] for name in (*fold.train, *fold.validation)]
        held = [examples[name] for name in fold.test]
        for name, count in _shared_documents(dataset, grouping, fold).items():
            totals[name] += count
        actors = {example.actor for example in learned}
        pairs = {(example.actor, example.target) for example in learned}
        seen_actors += sum(example.actor in actors for example in held)
        seen_pairs += sum((example.actor, example.target) in pairs for example in held)
        tested += len(held)
    return {
        **totals,
        "seen_actors": round(seen_actors / tested, 4),
        "seen_actor_targets": round(seen_pairs / tested, 4),
        "left_out": float(sum(manifest.left_out.values())),
    }


def _shared_documents(dataset: Dataset, grouping: Grouping, fold: Fold) -> dict[str, int]:
    owner = {example.id: example.document_id for example in dataset.examples}
    learned = {owner[name] for name in (*fold.train, *fold.validation)}
    held = {owner[name] for name in fold.test}
    straddling = sum((a in held and b in learned) or (b in held and a in learned) for a, b in grouping.pairs)
    return {
        "near_duplicate_pairs": straddling,
        "same_page_pairs": len(_pages(dataset, held) & _pages(dataset, learned)),
        "same_text_documents": len(_texts(dataset, held) & _texts(dataset, learned)),
    }


def _pages(dataset: Dataset, ids: Iterable[str]) -> set[str]:
    return {dataset.documents[name].page or name for name in ids}


def _texts(dataset: Dataset, ids: Iterable[str]) -> set[str]:
    return {" ".join(dataset.documents[name].text.split()) for name in ids}
