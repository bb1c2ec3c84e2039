"""What the true label of each unit is by models of the annotators that crowd-kit fits.

Dawid and Skene (1979, https://doi.org/10.2307/2346806) give every annotator a confusion matrix; MACE (Hovy et al. 2013,
https://aclanthology.org/N13-1132) a share of answers that it knows, the others being habit. U units, V votes, A
annotators, K classes.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas

_NEVER = 1e-12

FITTED_UNITS = 50_000
"""So many units the annotators are fitted on. Of 70,000, all of them moved no posterior by more than 0.04."""
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
    """Posterior [U, K] of each unit's label; `known` [U] are labels that the fit takes for certain, -1 elsewhere.

    Units without a vote have the prior. Raises ConfigurationError where crowd-kit is missing.
    """
    try:
        from crowdkit.aggregation.classification.dawid_skene import DawidSkene
    except ImportError:
        raise ConfigurationError(_WITHOUT) from None
    import pandas

    fitted = _thinned(votes, known)
    certain = np.flatnonzero(known >= 0)
    # A label that no annotator gave would be a column without numbers to crowd-kit.
    certain = certain[np.isin(certain, fitted.unit) & np.isin(known[certain], fitted.label)]
    model: Any = DawidSkene()
    with _quiet():
        model.fit(_frame(fitted), pandas.Series(known[certain], index=certain))
    prior = np.zeros(votes.classes)
    prior[model.priors_.index.to_numpy(int)] = model.priors_.to_numpy()
    people, labels = (model.errors_.index.get_level_values(name).to_numpy(int) for name in ("worker", "label"))
    says = np.zeros((votes.annotator.max() + 1, votes.classes, votes.classes))  # [A, said, true]
    says[people[:, None], labels[:, None], model.errors_.columns.to_numpy(int)] = model.errors_.to_numpy()
    logs = np.tile(_log(prior), (votes.units, 1))
    for place in range(votes.classes):
        logs[:, place] += _summed(votes, _log(says[votes.annotator, votes.label, place]))
    return _shares(logs)


def mace(votes: Votes) -> np.ndarray:
    """Posterior [U, K] of each unit's label. Raises ConfigurationError where crowd-kit is missing."""
    try:
        from crowdkit.aggregation.classification.mace import MACE
    except ImportError:
        raise ConfigurationError(_WITHOUT) from None
    fitted = _thinned(votes, np.full(votes.units, -1))
    people, person = np.unique(fitted.annotator, return_inverse=True)
    labels, label = np.unique(fitted.label, return_inverse=True)
    # crowd-kit 1.4 numbers annotators and labels by first appearance in one place and by name in another: both are the
    # same where each is its own place of first appearance. Its restarts all start alike.
    person_order, person = _by_appearance(person)
    label_order, label = _by_appearance(label)
    model = MACE(n_restarts=1)
    with _quiet():
        model.fit(_frame(Votes(fitted.unit, person, label, fitted.units, len(labels))))
    knows = np.zeros(votes.annotator.max() + 1)
    knows[people[person_order]] = model.spamming_[:, 1]
    habits = np.zeros((len(knows), votes.classes))
    habits[np.ix_(people[person_order], labels[label_order])] = model.thetas_
    # An annotator says the truth where it knows [A], else one of its habits [A, K].
    habit = (1 - knows[votes.annotator]) * habits[votes.annotator, votes.label]  # [V]
    logs = np.zeros((votes.units, votes.classes))
    for place in range(votes.classes):
        logs[:, place] = _summed(votes, _log(habit + knows[votes.annotator] * (votes.label == place)))
    return _shares(logs)


def _summed(votes: Votes, logs: np.ndarray) -> np.ndarray:
    return np.bincount(votes.unit, logs, minlength=votes.units)


def _log(likelihoods: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(likelihoods, _NEVER))


def _shares(logs: np.ndarray) -> np.ndarray:
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """crowd-kit 1.4 uses what pandas 3 calls deprecated, which is nothing a user can mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _thinned(votes: Votes, known: np.ndarray) -> Votes:
    """The votes on some units, drawn evenly, where there are more than a fit needs; all that are `known` are kept."""
    if votes.units <= FITTED_UNITS:
        return votes
    drawn = known >= 0
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
