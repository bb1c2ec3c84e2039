"""What a fit finds out on held-out examples: the temperature, and how many epochs to train."""

from dataclasses import dataclass

import numpy as np

from stance.evaluation.calibration import SMALLEST, fit_temperature


@dataclass(frozen=True)
class Calibration:
    """The `temperature` that probabilities are scaled by, and the `epochs` that were trained."""

    temperature: float = 1.0
    epochs: int = 0


def pooled_temperature(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """The temperature that fits held-out rows [N, K], none of which was trained on its own example."""
    return fit_temperature(np.log(np.maximum(probabilities, SMALLEST)), gold)
