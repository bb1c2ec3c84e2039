"""What experiments say they measured, worked out again from the predictions that lie beside them."""

import json
import re
from pathlib import Path
from statistics import fmean

import pytest
from pyarrow import parquet

from stance.commands.stored import read_contenders
from stance.evaluation.run_comparison import compare_runs
from stance.evaluation.scorecard import scorecard
from stance.evaluation.scored_file import read_scored, shortened, write_scored
from tests.evaluation.invented import invented

ROOT = Path(__file__).parents[1]
FOLDERS = sorted(path.parent for path in (ROOT / "experiments").glob("*/predictions"))
SCORES = ("f_avg", "macro_f1", "f_avg_target_mean")
COLUMNS = ("id", "document_id", "actor", "target", "cluster", "gold")


def problems(experiment: Path) -> list[str]:
    """What an experiment's metrics.json and README.md say otherwise than its predictions, or do not say."""
    contenders, _ = read_contenders([str(experiment / "predictions")])
    shown = compare_runs(contenders, resamples=0).scores
    metrics = json.loads((experiment / "metrics.json").read_text("utf-8"))
    rows = _rows((experiment / "README.md").read_text("utf-8"))
    found = _other_columns(experiment)
    for model, single in _scores(experiment).items():
        means = {name: fmean(scores[name] for scores in single.values()) for name in SCORES}
        said = {name: scores for name, scores in {**single, model: means}.items() if name in metrics}
        found += [f"metrics.json says nothing of {model}"] * (not said)
        for one, scores in said.items():
            wanted = {name: scores[name] for name in SCORES if name in shown or name in metrics[one]}
            found += [
                f"metrics.json says {metrics[one].get(name)} for the {name} of {one}, which is {score:.4f}"
                for name, score in wanted.items()
                if round(metrics[one].get(name, -1), 4) != round(score, 4)
            ]
        written = {name: scores for name, scores in {**single, model: means}.items() if name in rows}
        found += [f"README.md has no row of {model}"] * (not written)
        for one, scores in written.items():
            figures = {f"{scores[name]:.3f}" for name in shown}
            if not any(figures <= row for row in rows[one]):
                found.append(f"README.md has no row of {one} with {', '.join(sorted(figures))}")
    return found


def _scores(experiment: Path) -> dict[str, dict[str, dict[str, float]]]:
    """By model, and by file of it, the scores as runs log them."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for path in sorted((experiment / "predictions").glob("*.parquet")):
        model = re.sub(r"-seed-\w+$", "", path.stem)
        found.setdefault(model, {})[path.stem] = scorecard(read_scored(path), prior=None, resamples=2)
    return found


def _rows(text: str) -> dict[str, list[set[str]]]:
    """By the first cell of a table's rows, the figures that each of them has."""
    found: dict[str, list[set[str]]] = {}
    for line in text.splitlines():
        if line.startswith("|"):
            first, *cells = line.strip("|").split("|")
            found.setdefault(first.strip(" `*"), []).append(set(re.findall(r"\d\.\d{3}\b", " ".join(cells))))
    return found


def _other_columns(experiment: Path) -> list[str]:
    """Nothing but ids, labels and probabilities of classes may lie there."""
    found = []
    for path in sorted((experiment / "predictions").glob("*.parquet")):
        classes = read_scored(path).label_set.classes
        other = set(parquet.read_schema(path).names) - {*COLUMNS, *(f"p_{name}" for name in classes)}
        found += [f"{path.name} has the column {name}" for name in sorted(other)]
    return found


@pytest.mark.parametrize("experiment", FOLDERS, ids=[path.name for path in FOLDERS])
def test_what_is_said_comes_out_of_the_predictions(experiment):
    assert problems(experiment) == []


@pytest.fixture
def experiment(tmp_path):
    """A baseline, and a network of two seeds, with right figures everywhere."""
    (tmp_path / "predictions").mkdir()
    metrics = {}
    for name, seed, skill in (("tfidf_logreg", 1, 0.3), ("net-seed-0", 2, 1.0), ("net-seed-1", 3, 1.0)):
        scored = shortened(invented(80, seed=seed, skill=skill))
        write_scored(scored, tmp_path / "predictions" / f"{name}.parquet")
        metrics[name] = {key: round(value, 4) for key, value in scorecard(scored, prior=None).items()}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    first = metrics["tfidf_logreg"]
    contenders, _ = read_contenders([str(tmp_path / "predictions")])
    network = compare_runs(contenders, resamples=0).standings[1].scores
    table = [
        "| model | f_avg | macro_f1 | f_avg_target_mean |",
        "| tfidf_logreg | " + " | ".join(f"{first[name]:.3f} [0.1, 0.9]" for name in SCORES) + " |",
        "| `net` | " + " | ".join(f"{network[name].estimate:.3f}" for name in SCORES) + " |",
    ]
    (tmp_path / "README.md").write_text("\n".join(table), "utf-8")
    return tmp_path


def test_right_figures_pass(experiment):
    assert problems(experiment) == []
    metrics = json.loads((experiment / "metrics.json").read_text("utf-8"))
    both = [metrics.pop("net-seed-0"), metrics.pop("net-seed-1")]
    metrics["net"] = {name: (both[0][name] + both[1][name]) / 2 for name in SCORES}
    (experiment / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert problems(experiment) == []


@pytest.mark.parametrize("name", SCORES)
def test_another_figure_is_found(experiment, name):
    metrics = json.loads((experiment / "metrics.json").read_text("utf-8"))
    right = metrics["net-seed-1"][name]
    metrics["net-seed-1"][name] = round(right + 0.0001, 4)
    (experiment / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert problems(experiment) == [
        f"metrics.json says {right + 0.0001:.4f} for the {name} of net-seed-1, which is {right:.4f}"
    ]
    del metrics["net-seed-1"][name]
    (experiment / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert problems(experiment) == [f"metrics.json says None for the {name} of net-seed-1, which is {right:.4f}"]


def test_a_row_that_is_wrong_or_missing_is_found(experiment):
    readme = experiment / "README.md"
    lines = readme.read_text("utf-8").splitlines()
    digit = lines[1].index("0.") + 4
    lines[1] = lines[1][:digit] + str((int(lines[1][digit]) + 1) % 10) + lines[1][digit + 1 :]
    readme.write_text("\n".join(lines[:2]), "utf-8")
    net, first = problems(experiment)
    assert net == "README.md has no row of net"
    assert first.startswith("README.md has no row of tfidf_logreg with 0.")


def test_other_predictions_are_found(experiment):
    write_scored(shortened(invented(80, seed=9)), experiment / "predictions" / "tfidf_logreg.parquet")
    assert len(problems(experiment)) == 4


def test_a_model_that_nothing_is_said_of_is_found(experiment):
    write_scored(shortened(invented(80, seed=9)), experiment / "predictions" / "other.parquet")
    assert problems(experiment) == ["metrics.json says nothing of other", "README.md has no row of other"]


def test_columns_that_do_not_belong_there_are_found(experiment):
    path = experiment / "predictions" / "tfidf_logreg.parquet"
    table = parquet.read_table(path)
    parquet.write_table(table.append_column("text", table["id"]), path)
    assert problems(experiment) == ["tfidf_logreg.parquet has the column text"]
