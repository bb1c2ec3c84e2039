"""Pictures of scores as matplotlib Figures that belong to nobody's global state; `save_figure` writes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from stance.evaluation.calibration import Reliability, reliability
from stance.evaluation.comparison import Row
from stance.evaluation.intervals import RESAMPLES, Interval, intervals
from stance.evaluation.metrics import confusion
from stance.evaluation.scored import Scored
from stance.evaluation.slices import SliceScore, by_actor

# Okabe and Ito's palette: told apart with any colour vision, and in grey.
BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#555555"
RESOLUTION = 150


def save_figure(figure: Figure, path: Path | str) -> None:
    """Write `figure` in the format of `path`'s ending (.png, .svg, .pdf), at 150 dots per inch."""
    figure.savefig(path, dpi=RESOLUTION)


def confusion_figure(scored: Scored) -> Figure:
    """The confusion matrix: counts, and each gold class's share of predictions, which is also the shade."""
    classes = scored.label_set.classes
    matrix = confusion(scored.gold, scored.predicted, len(classes))  # [K, K]
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    size = 2.6 + 0.95 * len(classes)
    figure, axes = blank(size + 1.4, size - 0.4)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*matrix.shape):
        # White on the dark half of the shades, black on the light one.
        colour = "white" if share[row, column] > 0.65 else "black"
        text = f"{matrix[row, column]}\n{share[row, column]:.0%}" if matrix[row].any() else "0"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), [f"{name}\n(n = {n})" for name, n in zip(classes, matrix.sum(1), strict=True)])
    axes.set(xlabel="predicted", ylabel="gold", title=f"{scored.model}: {matrix.sum()} examples")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(image, ax=axes, label="share of the gold class", fraction=0.046, pad=0.04)
    bar.outline.set_visible(False)
    return figure


def reliability_figure(before: Scored, after: Scored | None = None, *, bins: int = 10) -> Figure:
    """Accuracy beside confidence in bins of equal mass, with their counts below and the calibration error on top.

    Bins stand side by side, whatever they span: on a scale of confidence the highest ones would hide each other.
    `after` is the same model with its probabilities scaled by a temperature: shown beside `before`.
    """
    shown = [("", before)] if after is None else [("before temperature", before), ("after temperature", after)]
    figure = _canvas(Figure(figsize=(5.6 * len(shown), 5.4), layout="constrained"))
    grid = figure.subplots(2, len(shown), squeeze=False, sharex="col", sharey="row", height_ratios=(4, 1))
    for column, (stage, scored) in enumerate(shown):
        found = reliability(scored.probabilities, scored.gold, bins=bins)
        _reliability_bars(grid[0, column], found)
        grid[0, column].set_title(f"{stage or scored.model}: ECE {found.error:.3f}")
        _count_bars(grid[1, column], found)
    grid[0, 0].set_ylabel("accuracy")
    grid[1, 0].set_ylabel("examples")
    grid[0, 0].legend(loc="upper left", frameon=False)
    if after is not None:
        figure.suptitle(before.model)
    return figure


def actors_figure(scored: Scored, *, score: str = "accuracy", most: int = 20, resamples: int = RESAMPLES) -> Figure:
    """`score` (accuracy or macro_f1) of each actor with its 95 % interval and n, the most frequent actors first.

    At most `most` actors are shown. f_avg is no choice here: few actors have gold of every averaged class.
    """
    shown = by_actor(scored)[:most]
    actors = np.array(scored.actors)
    found = [intervals(scored.take(actors == part.name), resamples=resamples)[score] for part in shown]
    figure, axes = blank(7.5, 1.6 + 0.36 * len(shown))
    rows = np.arange(len(shown))
    axes.barh(rows, [interval.estimate for interval in found], color=BLUE, alpha=0.45, height=0.7)
    whiskers(axes, found, rows, GREY)
    axes.set_yticks(rows, [_with_count(part) for part in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    left_out = len(set(scored.actors)) - len(shown)
    rest = f", {left_out} rarer actors left out" if left_out else ""
    axes.set(xlim=(0, 1), xlabel=f"{words(score)} with 95 % interval", ylabel="actor (n examples)")
    axes.set_title(f"{scored.model}: {words(score)} by actor{rest}")
    tidy(axes, "x")
    return figure


def models_figure(rows: Sequence[Row]) -> Figure:
    """F_avg and macro F1 of each model as dots with 95 % whiskers, the first row on top."""
    figure, axes = blank(7.5, 1.9 + 0.55 * len(rows))
    places = np.arange(len(rows))
    series = (
        ("f_avg", [row.f_avg for row in rows], -0.13, BLUE, "o"),
        ("macro_f1", [row.macro_f1 for row in rows], 0.13, ORANGE, "s"),
    )
    for name, found, shift, colour, marker in series:
        whiskers(axes, found, places + shift, colour)
        estimates = [interval.estimate for interval in found]
        axes.plot(estimates, places + shift, marker, color=colour, markeredgecolor="black", label=words(name))
    axes.set_yticks(places, [row.model for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set(xlim=(0, 1), xlabel="score with 95 % interval", ylabel="model")
    counts = sorted({row.n for row in rows})
    axes.set_title(f"Models side by side on {' or '.join(map(str, counts))} examples")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    tidy(axes, "x")
    return figure


def _canvas(figure: Figure) -> Figure:
    FigureCanvasAgg(figure)
    return figure


def blank(width: float, height: float) -> tuple[Figure, Any]:
    """A figure of this size in inches, and its only axes."""
    figure = _canvas(Figure(figsize=(width, height), layout="constrained"))
    return figure, figure.subplots()


def _reliability_bars(axes: Any, found: Reliability) -> None:
    places = np.arange(len(found.count))
    axes.bar(places, found.accuracy, color=BLUE, alpha=0.6, label="accuracy")
    axes.vlines(places, found.accuracy, found.confidence, color="black", linewidth=1, label="gap")
    axes.plot(places, found.confidence, "D", color=ORANGE, markeredgecolor="black", label="mean confidence")
    # Room above 1 for the legend.
    axes.set(ylim=(0, 1.35), yticks=np.linspace(0, 1, 6))
    tidy(axes, "y")


def _count_bars(axes: Any, found: Reliability) -> None:
    places = np.arange(len(found.count))
    bars = axes.bar(places, found.count, color=GREY, alpha=0.6)
    axes.bar_label(bars, fontsize="small")
    axes.set_xticks(places, [f"{confidence:.2f}" for confidence in found.confidence])
    axes.set(xlabel="bins of equal mass, by mean confidence")
    axes.margins(y=0.3)
    tidy(axes, "y")


def whiskers(axes: Any, found: Sequence[Interval], rows: np.ndarray, colour: str) -> None:
    """A horizontal whisker for each interval that is known, at its row."""
    for interval, row in zip(found, rows, strict=True):
        if interval.known:
            axes.plot([interval.low, interval.high], [row, row], "-|", color=colour, markersize=8, linewidth=1.5)


def _with_count(part: SliceScore) -> str:
    return f"{part.name} ({part.n})"


def words(score: str) -> str:
    """A score's name as it is written in prose."""
    return {"f_avg": "F_avg", "macro_f1": "macro F1"}.get(score, score)


def tidy(axes: Any, grid: str) -> None:
    """Two spines and a pale grid along `grid` (x or y)."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color="0.9")
