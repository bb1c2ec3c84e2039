"""One temperature for a model that no validation part is left for."""

import numpy as np

from stance.evaluation.calibration import SMALLEST, fit_temperature
from stance.evaluation.scored import Scored


def pooled_temperature(uncalibrated: Scored) -> float:
    """The temperature that fits the pooled out-of-fold predictions: none of them was trained on its own example."""
    return fit_temperature(np.log(np.maximum(uncalibrated.probabilities, SMALLEST)), uncalibrated.gold)
