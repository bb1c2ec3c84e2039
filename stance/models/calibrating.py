"""What a fit finds out on held-out examples: the temperature, and how many epochs to train."""

from dataclasses import dataclass, field, replace

import numpy as np

from stance.errors import ConfigurationError
from stance.evaluation.calibration import SMALLEST, apply_temperature, fit_temperature, risk_thresholds
from stance.models.deciding import Weights
from stance.models.lexical import mix

ENOUGH = 200
"""Held-out examples from which on the expert's share can be told: of fewer, the best share is mostly chance."""
_SHARES = tuple(tenth / 10 for tenth in range(8))


@dataclass(frozen=True)
class Calibration:
    """Temperatures of the `network` and then of what it says together with its expert; the `epochs` that were trained.

    The network is calibrated before it is mixed: trained on little, it is far surer than right, and would drown the
    expert. `lexical` is the expert's share (None: the usual one). `weights` are those of the classes on each target,
    where they are weighed before the last temperature. `thresholds` are (probability, risk): answering what is at least
    so probable, the model errs no more often.
    """

    temperature: float = 1.0
    network: float = 1.0
    epochs: int = 0
    thresholds: tuple[tuple[float, float], ...] = ()
    lexical: float | None = None
    weights: Weights = field(default_factory=dict)

    def answered_from(self, risk: float) -> float:
        """The smallest probability to answer at, for errors in at most `risk` (0 to 1) of the answers.

        Raises ConfigurationError where no threshold keeps so small a risk.
        """
        enough = [threshold for threshold, bound in self.thresholds if bound <= risk]
        if not enough:
            least = min((bound for _, bound in self.thresholds), default=1.0)
            raise ConfigurationError(
                f"Expected a risk that the model can keep, found {risk:g}; the smallest that its held-out examples "
                f"show is {least:.2f}. Allow more, or leave --risk out."
            )
        return min(enough)


def pooled_temperature(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """The temperature that fits held-out rows [N, K], none of which was trained on its own example."""
    return fit_temperature(np.log(np.maximum(probabilities, SMALLEST)), gold)


def best_share(network: np.ndarray, expert: np.ndarray, gold: np.ndarray) -> float | None:
    """The share of the expert's rows [N, K] beside the calibrated network's that makes held-out classes likeliest.

    Whole tenths; None where the examples are too few to tell.
    """
    if len(gold) < ENOUGH:
        return None

    def surprise(share: float) -> float:
        rows = mix(network, expert, share)
        rows = apply_temperature(rows, pooled_temperature(rows, gold))
        return float(-np.log(np.maximum(rows[np.arange(len(gold)), gold], SMALLEST)).mean())

    return min(_SHARES, key=surprise)


def held_out(
    probabilities: np.ndarray, gold: np.ndarray, found: Calibration, *, unseen: np.ndarray | None = None
) -> Calibration:
    """`found`, with the last temperature and thresholds from held-out rows [N, K] as they are before it.

    `unseen` are the rows that thresholds come from, where the weights of classes were chosen on the others: these are
    right more often on the examples that chose them, and the risk would be promised too small.
    """
    temperature = pooled_temperature(probabilities, gold)
    judged = probabilities if unseen is None else unseen
    thresholds = risk_thresholds(apply_temperature(judged, temperature), gold)
    return replace(found, temperature=temperature, thresholds=thresholds)
