"""What a model errs in where it may leave the least sure of its answers out."""

from dataclasses import dataclass

import numpy as np

from stance.evaluation.scored import Scored


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Of the surest 1, 2, … N answers: their share of all, `coverage` [N], and the share of errors in them, `risk` [N].

    `area` lies under the curve, the mean risk over all coverages; `least` is what it would be if every error were less
    sure than every right answer.
    """

    coverage: np.ndarray
    risk: np.ndarray
    area: float
    least: float

    def risk_at(self, coverage: float) -> float:
        """The risk where this share of the examples (above 0) is answered, at least."""
        return float(self.risk[np.searchsorted(self.coverage, coverage - 1e-12)])

    def coverage_at(self, risk: float) -> float:
        """The largest share that can be answered with no more than this share of errors; 0 where none can."""
        allowed = np.flatnonzero(self.risk <= risk + 1e-12)
        return float(self.coverage[allowed[-1]]) if len(allowed) else 0.0


def risk_coverage(scored: Scored) -> RiskCoverage:
    """Risk beside coverage, the surest first by their highest probability.

    After El-Yaniv and Wiener 2010 (https://jmlr.org/papers/v11/el-yaniv10a.html), the area Geifman and El-Yaniv's
    (2019, https://arxiv.org/abs/1805.08206). Answers that are equally sure count with their mean error, so that the
    curve does not depend on the order of the examples.
    """
    wrong = (scored.predicted != scored.gold).astype(float)  # [N]
    # Rounded, since what is equal in truth differs in the last bits.
    sure = scored.probabilities.max(axis=1).round(12)
    _, level = np.unique(-sure, return_inverse=True)  # 0 the surest
    mean = np.bincount(level, weights=wrong) / np.bincount(level)
    order = np.argsort(level, kind="stable")
    return _curve(mean[level][order], least=_curve(np.sort(wrong)).area)


def _curve(errors: np.ndarray, least: float = 0.0) -> RiskCoverage:
    counts = np.arange(1, len(errors) + 1)
    risk = np.cumsum(errors) / counts
    return RiskCoverage(counts / len(errors), risk, float(risk.mean()), least)
