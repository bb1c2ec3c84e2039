"""What the true label of each unit is by models of the annotators, fitted by crowd-kit.

Dawid and Skene (1979, https://doi.org/10.2307/2346806) give every annotator a confusion matrix; MACE (Hovy et al. 2013,
https://aclanthology.org/N13-1132) a share of answers that it knows, the others being habit. U units, V votes, A
annotators, K classes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas

FITTED_UNITS = 50_000
"""So many units MACE's annotators are fitted on; more change their third digit, and take minutes."""
_WITHOUT = (
    "Expected crowd-kit for this method, found that it is not installed. Install it: pip install 'stance[labelling]'"
)


@dataclass(frozen=True)
class Votes:
    """Votes as numbers from 0: `unit` [V], `annotator` [V], `label` [V], of `units` units and `classes` classes."""

    unit: np.ndarray
    annotator: np.ndarray
    label: np.ndarray
    units: int
    classes: int


def dawid_skene(votes: Votes, known: np.ndarray) -> np.ndarray:
    """Posterior [U, K] of each unit's label; `known` [U] are labels taken for certain, -1 elsewhere.

    Units without a vote have the uniform one. Raises ConfigurationError where crowd-kit is missing.
    """
    try:
        from crowdkit.aggregation.classification.dawid_skene import DawidSkene
    except ImportError:
        raise ConfigurationError(_WITHOUT) from None
    import pandas

    certain = np.flatnonzero(known >= 0)
    found: Any = DawidSkene().fit_predict_proba(_frame(votes), pandas.Series(known[certain], index=certain))
    posterior = np.full((votes.units, votes.classes), 1 / votes.classes)
    posterior[found.index.to_numpy()] = 0
    posterior[np.ix_(found.index.to_numpy(), found.columns.to_numpy())] = found.to_numpy()
    return posterior


def mace(votes: Votes) -> np.ndarray:
    """Posterior [U, K] of each unit's label. Raises ConfigurationError where crowd-kit is missing."""
    try:
        from crowdkit.aggregation.classification.mace import MACE
    except ImportError:
        raise ConfigurationError(_WITHOUT) from None
    fitted = _thinned(votes)
    people, person = np.unique(fitted.annotator, return_inverse=True)
    labels, label = np.unique(fitted.label, return_inverse=True)
    # crowd-kit 1.4 numbers annotators and labels by first appearance in one place and by name in another: both are the
    # same where each is its own place of first appearance. Its restarts all start alike.
    person_order, person = _by_appearance(person)
    label_order, label = _by_appearance(label)
    model = MACE(n_restarts=1)
    model.fit(_frame(Votes(fitted.unit, person, label, fitted.units, len(labels))))
    knows, habits = np.zeros(votes.annotator.max() + 1), np.zeros((votes.annotator.max() + 1, votes.classes))
    knows[people[person_order]] = model.spamming_[:, 1]
    habits[np.ix_(people[person_order], labels[label_order])] = model.thetas_
    return _posterior(votes, knows, habits)


def _posterior(votes: Votes, knows: np.ndarray, habits: np.ndarray) -> np.ndarray:
    """MACE's E-step: an annotator says the truth where it `knows` [A], else one of its `habits` [A, K]."""
    habit = (1 - knows[votes.annotator]) * habits[votes.annotator, votes.label]  # [V]
    logs = np.zeros((votes.units, votes.classes))
    for place in range(votes.classes):
        likelihood = habit + knows[votes.annotator] * (votes.label == place)
        logs[:, place] = np.bincount(votes.unit, np.log(np.maximum(likelihood, 1e-12)), minlength=votes.units)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _thinned(votes: Votes) -> Votes:
    """The votes on some units, drawn evenly, where there are more than a fit needs."""
    if votes.units <= FITTED_UNITS:
        return votes
    drawn = np.zeros(votes.units, bool)
    drawn[np.random.default_rng(0).choice(votes.units, FITTED_UNITS, replace=False)] = True
    # Every annotator has to be fitted on something: those that the draw missed bring all their units.
    missed = ~np.isin(votes.annotator, votes.annotator[drawn[votes.unit]])
    drawn[votes.unit[missed]] = True
    kept = drawn[votes.unit]
    return Votes(votes.unit[kept], votes.annotator[kept], votes.label[kept], votes.units, votes.classes)


def _by_appearance(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes in the order in which they first appear, and each by its place there."""
    _, first = np.unique(codes, return_index=True)
    order = np.argsort(first)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return order, places[codes]


def _frame(votes: Votes) -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame({"task": votes.unit, "worker": votes.annotator, "label": votes.label})
