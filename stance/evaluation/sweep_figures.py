"""Pictures of a sweep's trials, as matplotlib Figures that belong to nobody's global state."""

import math
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from stance.evaluation.figures import BLUE, GREY, ORANGE, blank, tidy, words
from stance.evaluation.trials import Objective, Results, State, Value, best, best_so_far, short_names, shown, varying

_MOST_TICKS = 6
_NAME_LENGTH = 18


def best_so_far_figure(results: Results) -> Figure:
    """Each trial's value and the best setting so far, one panel per objective; marks below for trials without value."""
    objectives = results.objectives
    figure, axes = blank(8, 1.4 + 2.6 * len(objectives))
    figure.clear()
    panels = figure.subplots(len(objectives), 1, sharex=True, squeeze=False)[:, 0]
    complete = results.of(State.COMPLETE)
    best_label = "best setting so far" if results.seeds == 1 else f"best mean of {results.seeds} seeds so far"
    for place, (axes, objective) in enumerate(zip(panels, objectives, strict=True)):
        values = [trial.values[place] for trial in complete]
        axes.plot([t.number for t in complete], values, "o", color=BLUE, alpha=0.6, label=f"trial ({len(complete)})")
        curve = best_so_far(results, place)
        if curve:
            axes.step(*zip(*curve, strict=True), where="post", color=ORANGE, linewidth=2, label=best_label)
        for state, marker in ((State.FAILED, "x"), (State.PRUNED, "v")):
            numbers = [trial.number for trial in results.of(state)]
            if numbers:
                label = f"{state.value} ({len(numbers)})"
                # In parts of the panel's height: these trials have no value to stand at.
                foot = axes.get_xaxis_transform()
                axes.plot(numbers, [0.03] * len(numbers), marker, color=GREY, transform=foot, label=label)
        better = "more" if objective.direction == "maximize" else "less"
        axes.set_ylabel(f"{words(objective.metric)}\n({better} is better)", parse_math=False)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        axes.xaxis.get_major_locator().set_params(integer=True)
        tidy(axes, "y")
    panels[0].set_title(f"Best of {len(results.trials)} trials so far")
    panels[-1].set_xlabel("trial")
    return figure


def importances_figure(importances: Mapping[str, float], objective: Objective) -> Figure:
    """The share of the objective's variance that each parameter explains, the largest on top."""
    names = short_names(importances)
    order = sorted(importances, key=lambda key: -importances[key])
    figure, axes = blank(7.5, 1.6 + 0.4 * len(order))
    bars = axes.barh(range(len(order)), [importances[key] for key in order], color=BLUE, alpha=0.7, height=0.65)
    axes.bar_label(bars, [f"{importances[key]:.0%}" for key in order], padding=3)
    axes.set_yticks(range(len(order)), [names[key] for key in order], parse_math=False)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set(xlim=(0, 1.08), xlabel="share of the variance (fANOVA)")
    axes.set_title(f"What {words(objective.metric)} depends on", parse_math=False)
    tidy(axes, "x")
    return figure


def parallel_coordinates_figure(results: Results, logarithmic: Collection[str] = ()) -> Figure:
    """A line per complete trial through its values of all varying parameters, then through its objectives.

    The axes of `logarithmic` parameters count in orders of magnitude. Lines are shaded by the first objective; those
    of the best settings are orange and on top.
    """
    complete, objectives = results.of(State.COMPLETE), results.objectives
    keys = varying(complete)
    names = short_names(keys)
    scales = [_scale([trial.params[key] for trial in complete], log=key in logarithmic) for key in keys]
    scales += [_scale([trial.values[place] for trial in complete]) for place in range(len(objectives))]
    headings = [names[key] for key in keys] + [words(objective.metric) for objective in objectives]
    figure, axes = blank(2.2 + 1.7 * len(scales), 4.8)
    shades = _shades([objectives[0].sign * trial.values[0] for trial in complete])
    top = {trial.number for setting in best(results) for trial in setting.trials}
    for trial, shade in sorted(zip(complete, shades, strict=True), key=lambda pair: (pair[0].number in top, pair[1])):
        values = [*(trial.params[key] for key in keys), *trial.values]
        heights = [scale.height(value) for scale, value in zip(scales, values, strict=True)]
        is_best = trial.number in top
        colour = ORANGE if is_best else _colour(shade)
        axes.plot(heights, color=colour, linewidth=2.6 if is_best else 1.1, alpha=1 if is_best else 0.8)
    for place, scale in enumerate(scales):
        _draw_scale(axes, place, scale)
    axes.set_xticks(range(len(scales)), [_wrapped(heading) for heading in headings])
    for tick in axes.get_xticklabels():
        tick.set_parse_math(False)
    axes.set(xlim=(-0.2, len(scales) - 0.5), ylim=(-0.06, 1.06), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_title(f"{len(complete)} trials: dark is better, orange is best")
    return figure


@dataclass(frozen=True)
class _Scale:
    """Where a value stands between 0 and 1, and which values are written beside the axis."""

    places: dict[str, float]
    ends: tuple[float, float] | None = None
    log: bool = False

    def height(self, value: Value) -> float:
        if self.ends is None or not isinstance(value, int | float):
            return self.places[shown(value)]
        low, high, at = (math.log(x) if self.log else x for x in (*self.ends, value))
        return 0.5 if high == low else (at - low) / (high - low)


def _scale(values: Sequence[Value], *, log: bool = False) -> _Scale:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        words_ = list(dict.fromkeys(shown(value) for value in values))
        return _Scale({word: (place + 0.5) / len(words_) for place, word in enumerate(words_)})
    low, high = min(numbers), max(numbers)
    bare = _Scale({}, (low, high), log)
    ticks = sorted(set(numbers))
    if len(ticks) > _MOST_TICKS:
        middle = math.sqrt(low * high) if bare.log else (low + high) / 2
        ticks = [low, middle, high]
    return _Scale({shown(tick): bare.height(tick) for tick in ticks}, bare.ends, bare.log)


def _draw_scale(axes: Any, place: int, scale: _Scale) -> None:
    axes.axvline(place, 0.05, 0.95, color=GREY, linewidth=1)
    for text, height in scale.places.items():
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
        axes.text(
            place + 0.04, height, textwrap.shorten(text, 20), va="center", fontsize="small", bbox=box, parse_math=False
        )


def _wrapped(name: str) -> str:
    # Long keys have no spaces to break at, but underscores.
    return textwrap.fill(name.replace("_", "_ "), _NAME_LENGTH).replace("_ ", "_")


def _shades(goodness: Sequence[float]) -> list[float]:
    low, high = min(goodness), max(goodness)
    return [0.5 if high == low else (value - low) / (high - low) for value in goodness]


def _colour(shade: float) -> tuple[float, float, float]:
    """From pale to dark blue."""
    pale, dark = (0.78, 0.86, 0.93), (0.0, 0.17, 0.35)
    red, green, blue = (one + shade * (other - one) for one, other in zip(pale, dark, strict=True))
    return red, green, blue
