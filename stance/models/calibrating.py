"""What is fitted on held-out predictions: a temperature, and how much the lexical expert counts."""

from dataclasses import dataclass

import numpy as np

from stance.evaluation.calibration import SMALLEST, fit_temperature


@dataclass(frozen=True)
class Calibration:
    """`share` of the lexical expert in the mixture, the mixture's `temperature`, and the epochs that were trained."""

    temperature: float = 1.0
    share: float = 0.0
    epochs: int = 0


def pooled_temperature(probabilities: np.ndarray, gold: np.ndarray) -> float:
    """The temperature that fits held-out rows [N, K], none of which was trained on its own example."""
    return fit_temperature(np.log(np.maximum(probabilities, SMALLEST)), gold)
