"""`stance evaluate RUN`: what is printed, kept and written, from what the run keeps alone."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from stance.__main__ import main
from stance.commands.composition import compose_train
from stance.commands.train import train
from tests.commands.finished_runs import trained
from tests.doubles import FILLER
from tests.evaluation.invented import invented

SMALL = ["model=tfidf_logreg", "baselines=[actor_prior]", "split.folds=2", "experiment=validity"]


@pytest.fixture
def run(world: list[str], client: MlflowClient, tmp_path: Path) -> str:
    where = [f"tracking.uri={client.tracking_uri}", f"runs={tmp_path / 'runs'}"]
    return train(compose_train([*SMALL, *world, *where])).run_id


def test_a_runs_page_says_what_its_model_cannot_do(
    run: str, client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "made" / "validity.md"
    capsys.readouterr()
    assert main(["evaluate", run[:10], "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-2:] == ["Kept with the run as validity.html.", f"Written: {out}"]
    text = out.read_text("utf-8")
    assert "- Nothing here says how it does on actors that it was not trained on: all " in text
    # The prior stays with the name, by what it is.
    moved = next(line for line in text.splitlines() if line.startswith("| actor_prior | ") and line.count("|") == 6)
    assert moved.split(" | ")[2:] == ["0.000 [0.000, 0.000]", "1.000 [1.000, 1.000]", "0.000 [0.000, 0.000] |"]
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        "## What it cannot do",
        "## Changed texts",
        "## Where answers go when names are exchanged",
        "## Parts of the examples: tfidf_logreg",
        "## Calibration: tfidf_logreg",
        "## Errors where the least sure answers are left out",
        "## How to read this",
    ]
    page = Path(client.download_artifacts(run, "validity.html", str(tmp_path))).read_text("utf-8")
    assert page.count("<h2>") == len(titles)
    assert "<svg" in page
    assert "<script" not in page
    logged = client.get_run(run).data.metrics
    assert f"{logged['probes/swapped_actor_moved']:.3f}" in text
    assert logged["probes/text_removed_f_avg_change"] < 0


def test_what_is_kept_for_it_holds_no_text(run: str, client: MlflowClient, tmp_path: Path):
    folder = Path(client.download_artifacts(run, "validity", str(tmp_path)))
    assert {path.name for path in folder.iterdir()} == {
        "facts.json",
        "uncalibrated.parquet",
        "text_removed.parquet",
        "masked_actor.parquet",
        "swapped_actor.parquet",
    }
    for path in folder.iterdir():
        assert not any(word.encode() in path.read_bytes() for word in FILLER if len(word) > 3)
    facts = json.loads((folder / "facts.json").read_text("utf-8"))
    assert {one["outlet"] for one in facts} == {f"outlet-{number}" for number in range(4)}


def test_a_run_that_keeps_only_what_it_scored_says_what_is_missing(client: MlflowClient, capsys):
    old = trained(client, "an old run", invented())
    assert main(["evaluate", old]) == 0
    said = capsys.readouterr().out
    assert "- Nobody knows what it says without any text: that was not asked." in said
    assert f"`stance train run={old}` repeats it." in said
    assert "`stance train experiment=validity` does" in said
    assert "Where answers go when names are exchanged" not in said


def test_a_mistake_is_one_line(client: MlflowClient, capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "abcd", "--pages", "pages"]) == 2
    assert capsys.readouterr().err == (
        "stance: Expected an export beside --pages, found none. Name the gold to judge by after the model, or leave "
        "--pages out to judge a run by its own test data.\n"
    )
    assert main(["evaluate", "abcd"]) == 2
    assert capsys.readouterr().err.startswith("stance: Expected a run's id or its beginning, found 'abcd'")
