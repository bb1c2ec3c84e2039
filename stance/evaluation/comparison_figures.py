"""Pictures of a comparison of runs, as matplotlib Figures that belong to nobody's global state."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from stance.evaluation.figures import BLUE, GREY, ORANGE, blank, tidy, whiskers, words
from stance.evaluation.run_comparison import SCORES, RunComparison
from stance.labels import LabelSet

# The rest of Okabe and Ito's palette; the reference is grey.
COLOURS = (GREY, BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "black")

_LONGEST = 48


def differences_figure(comparison: RunComparison) -> Figure:
    """A forest plot: each run minus the reference with 95 % whiskers, F_avg and macro F1, around a line at zero."""
    pairs = comparison.pairs
    figure, axes = blank(8.5, 1.9 + 0.5 * len(pairs))
    places = np.arange(len(pairs))
    axes.axvline(0, color="black", linewidth=1)
    for name, shift, colour, marker in zip(SCORES, (-0.13, 0.13), (BLUE, ORANGE), ("o", "s"), strict=True):
        found = [pair.differences[name].interval for pair in pairs]
        whiskers(axes, found, places + shift, colour)
        estimates = [interval.estimate for interval in found]
        axes.plot(estimates, places + shift, marker, color=colour, markeredgecolor="black", label=words(name))
    _rows(axes, [_short(pair.name) for pair in pairs])
    axes.set_xlabel("difference with 95 % interval; right of 0 is better than the reference")
    axes.set_title(f"Difference to {_short(comparison.reference)}", parse_math=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    tidy(axes, "x")
    return figure


def classes_figure(comparison: RunComparison, classes: LabelSet) -> Figure:
    """F1 of each class with 95 % whiskers, the first eight runs side by side."""
    shown = comparison.standings[: len(COLOURS)]
    names = classes.classes
    figure, axes = blank(8.5, 1.6 + len(names) * (0.35 + 0.17 * len(shown)))
    places = np.arange(len(names))
    for standing, colour, shift in zip(shown, COLOURS, _shifts(len(shown)), strict=False):
        found = [standing.scores[f"class/{name}/f1"] for name in names]
        whiskers(axes, found, places + shift, colour)
        estimates = [interval.estimate for interval in found]
        axes.plot(estimates, places + shift, "o", color=colour, markeredgecolor="black", label=_short(standing.name))
    _rows(axes, names)
    left_out = len(comparison.standings) - len(shown)
    axes.set(xlim=(0, 1), xlabel="F1 with 95 % interval")
    axes.set_title("F1 by class" + (f", {left_out} more runs left out" if left_out else ""))
    for text in axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False).get_texts():
        text.set_parse_math(False)
    tidy(axes, "x")
    return figure


def _shifts(count: int) -> np.ndarray:
    return (np.arange(count) - (count - 1) / 2) * min(0.2, 0.8 / count)


def _short(name: str) -> str:
    """A name that leaves room for the picture: its beginning and its end."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[1 - _LONGEST // 2 :]}"


def _rows(axes, names: Sequence[str]) -> None:
    # A dollar in a name begins no formula.
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
