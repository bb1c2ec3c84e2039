"""`stance report` as a person types it."""

import csv
import shutil
from pathlib import Path

import networkx
import pandas
import pytest
import yaml

from stance.__main__ import main
from stance.annotation.registry import read_actors
from stance.evaluation.predictions import write_predictions
from stance.evaluation.scored_file import write_scored
from stance.tracking.store import connect
from tests.evaluation.invented import certain
from tests.evaluation.reports import frame_of, monthly, row

LABELS = Path(__file__).parents[2] / "labels"
REGISTRIES = ["--actors", str(LABELS / "corpus" / "actors.yaml"), "--targets", str(LABELS / "targets.yaml")]
GOVERNMENT = "khaldunia.government"
TABLES = ("actors", "timeline", "channels", "changes", "contested", "outlets", "agreement")


@pytest.fixture
def predictions(tmp_path) -> str:
    lines = monthly(GOVERNMENT, "f" * 20 + "a" * 20) + [row(f"o{n}", "=1+1", "f", source="+outlet") for n in range(4)]
    write_predictions(frame_of(lines), tmp_path / "stances.parquet")
    return str(tmp_path / "stances.parquet")


def test_page_tables_and_graph(predictions, tmp_path, capsys):
    more = ["--tables", str(tmp_path / "tables"), "--graph", str(tmp_path / "actors.graphml")]
    assert main(["report", predictions, "--out", str(tmp_path / "new" / "report.html"), *more, *REGISTRIES]) == 0
    told = capsys.readouterr().out
    assert "44 stances of 2 actors in 44 articles, 0 abstained." in told
    assert "Shares are uncorrected: name what the model scored out of fold" in told
    assert (tmp_path / "new" / "report.html").read_text("utf-8").startswith("<!doctype html>")
    for name in TABLES:
        whole = pandas.read_parquet(tmp_path / "tables" / f"{name}.parquet")
        with (tmp_path / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            read = list(csv.DictReader(stream))
        assert len(read) == len(whole), name
        assert all(not cell.startswith(("=", "+")) for line in read for cell in line.values()), name
    actors = pandas.read_parquet(tmp_path / "tables" / "actors.parquet")
    assert actors.loc[0, ["actor", "actor_ar", "actor_en"]].tolist() == [
        GOVERNMENT,
        "حكومة خلدونيا",
        "Government of Khaldunia",
    ]
    assert set(networkx.read_graphml(tmp_path / "actors.graphml").nodes) == {"=1+1"}


def test_shares_are_corrected_by_what_was_scored(predictions, tmp_path, capsys):
    scored = certain("f" * 20 + "a" * 20 + "m" * 9 + "n" * 9, "f" * 20 + "a" * 15 + "n" * 5 + "m" * 9 + "n" * 9)
    write_scored(scored, tmp_path / "scored.parquet")
    more = ["--errors", str(tmp_path / "scored.parquet"), "--tables", str(tmp_path / "tables"), *REGISTRIES]
    assert main(["report", predictions, "--out", str(tmp_path / "report.html"), *more]) == 0
    assert "uncorrected" not in capsys.readouterr().out
    actors = pandas.read_parquet(tmp_path / "tables" / "actors.parquet").set_index("actor")
    # A quarter of all against is taken for none: of halves, 1/2, 2/3, 0 and -1/6 were there; the nearest shares are
    # 5/12, 7/12, 0 and 0.
    assert actors.loc[GOVERNMENT, "share_against"] == pytest.approx(7 / 12)
    assert actors["corrected"].tolist() == [True, False]


def test_mistakes_too_many_to_correct_by(predictions, tmp_path, capsys):
    write_scored(certain("famn" * 9, "f" * 36), tmp_path / "scored.parquet")
    more = ["--errors", str(tmp_path / "scored.parquet"), *REGISTRIES]
    assert main(["report", predictions, "--out", str(tmp_path / "report.html"), *more]) == 0
    assert (
        "Shares are uncorrected: the classifier's known mistakes are too many to correct by." in capsys.readouterr().out
    )


def test_the_errors_of_a_model_that_no_store_here_knows(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_predictions(frame_of([row("d", "x", "f", model="actor-stance/3")]), tmp_path / "stances.jsonl")
    assert main(["report", "stances.jsonl", "--out", "report.html", *REGISTRIES]) == 0
    told = capsys.readouterr()
    assert "The model's errors were not found: Expected runs in mlflow.db" in told.err
    assert "Shares are uncorrected" in told.out
    assert not (tmp_path / "mlflow.db").exists()


def test_no_predictions_make_a_page(tmp_path, capsys):
    write_predictions(frame_of([]), tmp_path / "stances.jsonl")
    more = ["--tables", str(tmp_path / "tables"), "--graph", str(tmp_path / "graph.graphml"), *REGISTRIES]
    assert main(["report", str(tmp_path / "stances.jsonl"), "--out", str(tmp_path / "report.html"), *more]) == 0
    assert "0 stances of 0 actors in 0 articles" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["missing.parquet", "--out", "report.html"], "Expected a predictions file at missing.parquet, found none."),
        (["{}", "--out", "report.html", "--documents", "no.jsonl"], "Expected a documents file ending in .jsonl or"),
        (["{}", "--out", "report.html", "--errors", "no.parquet"], "no.parquet: expected a table of scored examples"),
        (["{}", "--out", "{}/report.html"], "Expected a file that can be written at"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(predictions, tmp_path, capsys, monkeypatch, more, told):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *(word.replace("{}", predictions) for word in more), *REGISTRIES]) == 2
    error = capsys.readouterr().err
    assert error.startswith("stance: ")
    assert told in error
    assert "Traceback" not in error
    assert not (tmp_path / "report.html").exists()


def test_a_registered_models_errors_are_found_through_its_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    client = connect("sqlite:///mlflow.db")
    run = client.create_run(client.create_experiment("x", artifact_location=(tmp_path / "kept").as_uri())).info.run_id
    write_scored(certain("famn" * 9, "famn" * 9), tmp_path / "scored.parquet")
    client.log_artifact(run, str(tmp_path / "scored.parquet"))
    client.set_terminated(run)
    client.create_registered_model("actor-stance")
    client.create_model_version("actor-stance", (tmp_path / "kept").as_uri(), run_id=run)
    lines = [row(f"d{n}", "x", "f", model="actor-stance/1") for n in range(40)]
    write_predictions(frame_of(lines), tmp_path / "stances.jsonl")
    for more in ([], ["--errors", run[:8]]):
        assert main(["report", "stances.jsonl", "--out", "report.html", "--tables", "tables", *more, *REGISTRIES]) == 0
        assert "uncorrected" not in capsys.readouterr().out
        assert pandas.read_parquet("tables/actors.parquet")["corrected"].tolist() == [True]


def test_actors_have_the_names_that_the_registered_model_knows_them_by(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    network = tmp_path / "kept" / "files" / "network"
    network.mkdir(parents=True)
    shutil.copyfile(LABELS / "corpus" / "actors.yaml", network / "actors.yaml")
    shutil.copyfile(LABELS / "targets.yaml", network / "targets.yaml")
    flavors = {"python_function": {"artifacts": {"network": {"path": "files/network"}}}}
    (tmp_path / "kept" / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}), "utf-8")
    client = connect("sqlite:///mlflow.db")
    client.create_registered_model("actor-stance")
    run = client.create_run(client.create_experiment("x")).info.run_id
    client.create_model_version("actor-stance", (tmp_path / "kept").as_uri(), run_id=run)
    write_predictions(frame_of([row("d1", GOVERNMENT, "f", model="actor-stance/1")]), tmp_path / "stances.jsonl")
    assert main(["report", "stances.jsonl", "--out", "report.html", "--tables", "tables"]) == 0
    known = {actor.id: actor.name for actor in read_actors(LABELS / "corpus" / "actors.yaml").actors}
    found = pandas.read_parquet("tables/actors.parquet").loc[0, ["actor_ar", "actor_en"]].tolist()
    assert found == [known[GOVERNMENT]["ar"], known[GOVERNMENT]["en"]]
