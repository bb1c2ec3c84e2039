import subprocess
import sys
import warnings
from dataclasses import replace

import pytest

from stance.evaluation.calibration import apply_temperature
from stance.evaluation.comparison import side_by_side
from stance.evaluation.figures import (
    actors_figure,
    confusion_figure,
    models_figure,
    reliability_figure,
    save_figure,
)

from .invented import ACTORS, certain, invented

SCORED = invented(60)


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_confusion_shows_counts_and_shares():
    # gold favor twice: one right; gold against once: right.
    figure = confusion_figure(certain("ffa", "faa"))
    assert titles(figure) == ["m: 3 examples"]
    assert texts(figure.axes[0])[:6] == ["1\n50%", "1\n50%", "0\n0%", "0\n0%", "0\n0%", "1\n100%"]
    # A class that gold lacks has no shares.
    assert texts(figure.axes[0])[8:] == ["0"] * 8


def test_reliability_shows_the_error_before_and_after():
    after = replace(SCORED, probabilities=apply_temperature(SCORED.probabilities, 2.0))
    before_title, after_title = titles(reliability_figure(SCORED, after))
    assert before_title.startswith("before temperature: ECE 0.")
    assert after_title.startswith("after temperature: ECE 0.")
    (title,) = titles(reliability_figure(SCORED))
    assert title.startswith("network: ECE 0.")


def test_reliability_counts_every_example():
    counts = reliability_figure(SCORED).axes[1]
    assert sum(bar.get_height() for bar in counts.patches) == 60


def test_actors_are_named_with_their_counts():
    figure = actors_figure(SCORED, most=3, resamples=50)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    counts = {actor: SCORED.actors.count(actor) for actor in ACTORS}
    assert labels == [f"{actor} ({n})" for actor, n in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:3]]
    assert titles(figure) == ["network: accuracy by actor, 1 rarer actors left out"]


def test_models_have_a_row_each():
    rows = side_by_side([SCORED, invented(60, model="actor_prior", seed=1)], resamples=50)
    figure = models_figure(rows)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["network", "actor_prior"]
    assert titles(figure) == ["Models side by side on 60 examples"]


@pytest.mark.parametrize("make", [confusion_figure, reliability_figure, actors_figure])
@pytest.mark.parametrize("scored", [SCORED, certain("f", "a")])
def test_figures_are_drawn_without_a_warning(tmp_path, make, scored):
    # A letter that the font lacks, Arabic included, would warn.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(make(scored), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_importing_the_rest_loads_nothing_heavy():
    names = ("scorecard", "comparison", "errors_table", "predictions", "slices", "calibration")
    heavy = ("matplotlib", "pandas", "scipy", "sklearn", "rich", "pyarrow", "torch")
    code = f"import sys\n{''.join(f'import stance.evaluation.{name}{chr(10)}' for name in names)}"
    code += f"sys.stdout.write(','.join(name for name in {heavy} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == ""
