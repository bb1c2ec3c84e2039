"""Whether a run that was repeated came out as before."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stance.evaluation.comparison import markdown_table
from stance.evaluation.scored import Scored, align

_SHOWN = 12


@dataclass(frozen=True)
class Repetition:
    """Metrics (then, now) that are not equal, of `compared` in all; examples whose answer changed, of `examples`;
    and the largest difference between two probabilities.
    """

    changed: Mapping[str, tuple[float, float]]
    compared: int
    answers: int
    examples: int
    largest: float

    @property
    def agrees(self) -> bool:
        """Whether every metric is the same number and every example got the same answer."""
        return not self.changed and self.answers == 0

    @property
    def sentence(self) -> str:
        """The outcome in one line."""
        if self.agrees:
            return f"all {self.compared} metrics agree, and so do the answers on all {self.examples} examples."
        return (
            f"{len(self.changed)} of {self.compared} metrics differ, {self.answers} of {self.examples} examples got "
            f"another answer, probabilities differ by {self.largest:.2g} at most."
        )

    @property
    def table(self) -> str:
        """The metrics that moved, the furthest first, as Markdown; empty where none did."""
        if not self.changed:
            return ""
        ranked = sorted(self.changed.items(), key=lambda item: -abs(item[1][1] - item[1][0]))
        rows = [[name, f"{then:.4f}", f"{now:.4f}", f"{now - then:+.4f}"] for name, (then, now) in ranked[:_SHOWN]]
        more = [[f"{len(ranked) - _SHOWN} more", "", "", ""]] if len(ranked) > _SHOWN else []
        return markdown_table(["metric", "then", "now", "difference"], [*rows, *more])


def repetition(then: Mapping[str, float], now: Mapping[str, float], before: Scored, after: Scored) -> Repetition:
    """Compare the metrics and the scored examples of a run with those of its repetition.

    Raises DataError (see `align`) where they scored other examples.
    """
    after = align(after, before)
    # A metric that only one of the two has is none that agrees.
    pairs = {name: (then.get(name, np.nan), now.get(name, np.nan)) for name in [*then, *({*now} - {*then})]}
    return Repetition(
        changed={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        compared=len(pairs),
        answers=int((before.predicted != after.predicted).sum()),
        examples=len(before),
        largest=float(np.abs(before.probabilities - after.probabilities).max()),
    )
