"""Labels that are likely wrong, by what models say that never saw them."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from stance.data.examples import Dataset, Example
from stance.errors import DataError

# Confident learning estimates how often each class is taken for each other: below this there is nothing to count.
FEWEST_EXAMPLES = 20


@dataclass(frozen=True)
class Suspect:
    """An example whose label is in doubt; `doubt` is one minus the probability that a model gives to the label."""

    example: Example
    doubt: float


def suspects(dataset: Dataset, judged: Mapping[str, np.ndarray]) -> list[Suspect]:
    """The examples whose label confident learning takes for an error, the most doubtful first.

    Northcutt et al. 2021 (https://arxiv.org/abs/1911.00068), as cleanlab has it. `judged` maps ids of examples to
    class probabilities [K] by a model that saw neither the example nor a copy of its document; other examples are
    passed over. Raises DataError for too few, and where cleanlab is not installed.
    """
    examples = [example for example in dataset.examples if example.id in judged]
    if len(examples) < FEWEST_EXAMPLES:
        raise DataError(
            f"Expected at least {FEWEST_EXAMPLES} labelled examples that the model did not learn from, found "
            f"{len(examples)}. Label more, or train anew with cross-validation (split=cv), which holds each out once."
        )
    labels = np.array([dataset.label_set.index(example.label) for example in examples])
    rows = np.stack([judged[example.id] for example in examples])  # [E, K]
    rows /= rows.sum(axis=1, keepdims=True)
    doubt = 1 - rows[np.arange(len(labels)), labels]
    return [Suspect(examples[place], float(doubt[place])) for place in _likely_errors(labels, rows)]


def never_learned(
    dataset: Dataset, *, learned: Iterable[str], held_out: Mapping[str, np.ndarray], clusters: Mapping[str, str]
) -> tuple[Dataset, list[str]]:
    """Which labelled examples a model can still be asked about, and which it cannot.

    `learned` are the ids of all examples of its training, `held_out` those that were predicted out of fold. Returns
    the examples of documents that are no near-duplicates of any it learned from (`clusters`: document → cluster), and
    the ids of those that neither hold: of them the model says what it was told.
    """
    learned_documents = {name.rsplit("|", 2)[0] for name in learned}
    known = {clusters.get(name, name) for name in learned_documents} | learned_documents
    new: list[str] = []
    lost: list[str] = []
    for example in dataset.examples:
        if example.id in held_out:
            continue
        fresh = not {example.document_id, clusters.get(example.document_id)} & known
        (new if fresh else lost).append(example.id)
    return dataset.take(new), lost


def _likely_errors(labels: np.ndarray, rows: np.ndarray) -> list[int]:
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        raise DataError(
            "Expected the package cleanlab, found none. Install it: pip install 'stance[labelling]'"
        ) from None
    with warnings.catch_warnings():
        # A class that nearly nobody chose: it is judged as far as it can be.
        warnings.filterwarnings("ignore", message="May not flag all label issues")
        found = find_label_issues(labels, rows, return_indices_ranked_by="self_confidence", n_jobs=1)
    return [int(place) for place in found]
