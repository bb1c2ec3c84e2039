"""What a fit finds out on held-out examples: the temperature, and how many epochs to train."""

from dataclasses import dataclass

import numpy as np

from stance.evaluation.calibration import SMALLEST, fit_temperature


@dataclass(frozen=True)
class Calibration:
    """Temperatures of the `network` and then of what it says together with its expert; the `epochs` that were trained.

    The network is calibrated before it is mixed: trained on little, it is far surer than right, and would drown the
    expert.
    """

    temperature: float = 1.0
    network: float = 1.0
    epochs: int = 0


def pooled_temperature(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """The temperature that fits held-out rows [N, K], none of which was trained on its own example."""
    return fit_temperature(np.log(np.maximum(probabilities, SMALLEST)), gold)
