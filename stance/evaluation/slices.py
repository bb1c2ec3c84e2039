"""Scores of parts of the examples: where a model that looks good on the whole fails."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from stance.evaluation.metrics import accuracy, confusion, f_avg, macro_f1
from stance.evaluation.scored import CHANNELS, Scored
from stance.labels import Channel


@dataclass(frozen=True)
class SliceScore:
    """Scores of one slice of n examples.

    `f_avg` is None where the slice's gold lacks one of the averaged classes: a flawless model would then score less
    than 1, and slices could not be told from each other. `macro_f1` and `accuracy` always are defined.
    """

    name: str
    n: int
    f_avg: float | None
    macro_f1: float
    accuracy: float


def slice_score(name: str, scored: Scored) -> SliceScore:
    """The scores of all examples in `scored`, under `name`."""
    label_set = scored.label_set
    matrix = confusion(scored.gold, scored.predicted, len(label_set.classes))
    macro, present = macro_f1(matrix)
    complete = all(present[label_set.index(label)] for label in label_set.averaged)
    return SliceScore(
        name=name,
        n=len(scored),
        f_avg=float(f_avg(matrix, label_set)) if complete else None,
        macro_f1=float(macro),
        accuracy=float(accuracy(matrix)),
    )


def by_actor(scored: Scored) -> list[SliceScore]:
    """A score per actor, the actors with most examples first, then by name."""
    return _by(scored, scored.actors)


def by_target(scored: Scored) -> list[SliceScore]:
    """A score per target, the targets with most examples first, then by name."""
    return _by(scored, scored.targets)


def by_channel(scored: Scored) -> dict[Channel, SliceScore]:
    """A score of the predicted stance per channel, over the examples whose stance in that channel is known.

    A channel that is known nowhere is left out; so are all of a model without channels.
    """
    parts = {channel: scored.channel(channel) for channel in CHANNELS}
    return {channel: slice_score(channel.value, part) for channel, part in parts.items() if part is not None}


def unseen_actors(scored: Scored, training_actors: Collection[str]) -> SliceScore | None:
    """The score over actors outside `training_actors`: reading, where memory is no help. None where there are none."""
    known = set(training_actors)
    return _masked("unseen_actors", scored, [actor not in known for actor in scored.actors])


def actors_apart(scored: Scored) -> SliceScore | None:
    """The score over texts whose actors have different gold classes towards one target. None where there are none.

    One answer a text cannot be right here: only a model that tells the actors of a text apart does well.
    """
    return _masked("actors_apart", scored, stances_apart(scored))


def stances_apart(scored: Scored) -> list[bool]:
    """Of each example whether another actor of its text has another gold class towards its target, [N]."""
    found = defaultdict(set)
    texts = list(zip(scored.documents, scored.targets, strict=True))
    for text, gold in zip(texts, scored.gold, strict=True):
        found[text].add(int(gold))
    return [len(found[text]) > 1 for text in texts]


def _by(scored: Scored, names: Sequence[str]) -> list[SliceScore]:
    positions = defaultdict(list)
    for position, name in enumerate(names):
        positions[name].append(position)
    scores = [slice_score(name, scored.take(chosen)) for name, chosen in positions.items()]
    return sorted(scores, key=lambda score: (-score.n, score.name))


def _masked(name: str, scored: Scored, mask: Sequence[bool]) -> SliceScore | None:
    chosen = np.asarray(mask)
    return slice_score(name, scored.take(chosen)) if chosen.any() else None
