import math
import os
import signal
import sqlite3
import subprocess
import sys

import matplotlib
import numpy
import pandas
import pytest
import yaml

from stance.errors import TrackingError
from stance.tracking.code_version import code_version
from stance.tracking.run import config_hash, table_page
from stance.tracking.starting import start_run

matplotlib.use("Agg")
from matplotlib.figure import Figure


def read(client, run, path):
    with open(client.download_artifacts(run.id, path), encoding="utf-8") as stream:
        return stream.read()


@pytest.fixture
def run(client):
    with start_run(client, "main", "a run") as run:
        yield run


def test_a_run_that_ends_is_finished_and_says_where_it_came_from(client):
    with start_run(client, "main", "first", tags={"fold": "2"}, parent_run_id="parent") as run:
        assert client.get_run(run.id).info.status == "RUNNING"
    ended = client.get_run(run.id)
    tags = ended.data.tags
    assert (ended.info.status, ended.info.run_name) == ("FINISHED", "first")
    assert (tags["fold"], tags["mlflow.parentRunId"]) == ("2", "parent")
    assert tags["stance.pid"] == str(os.getpid())
    assert tags["stance.code_version"] == code_version()
    assert {"stance.host", "stance.process_started"} <= set(tags)


def test_a_run_that_raises_is_failed_with_its_error_in_one_line(client, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "hidden-in-the-environment")
    message = "no answer\nfrom http://me:pw@host/?token=abc with hidden-in-the-environment " + "x" * 600
    with pytest.raises(ValueError, match="no answer"), start_run(client, "main", "fails") as run:
        raise ValueError(message)
    ended = client.get_run(run.id)
    assert ended.info.status == "FAILED"
    expected = "ValueError: no answer from http://***@host/?token=*** with *** " + "x" * 600
    assert ended.data.tags["stance.error"] == expected[:500]


@pytest.mark.parametrize(
    ("left_by", "status"),
    [(KeyboardInterrupt(), "KILLED"), (SystemExit(0), "FINISHED"), (SystemExit(2), "FAILED")],
)
def test_interrupts_and_exits(client, left_by, status):
    with pytest.raises(type(left_by)), start_run(client, "main", "leaves") as run:
        raise left_by
    assert client.get_run(run.id).info.status == status


def test_what_an_interrupt_leaves_open_does_not_lock_the_store(client):
    def interrupted():
        connection = sqlite3.connect(client.tracking_uri.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        raise KeyboardInterrupt

    # The caller keeps the traceback, and with it the frames, until the run has ended.
    with pytest.raises(KeyboardInterrupt), start_run(client, "main", "leaves") as run:
        interrupted()
    assert client.get_run(run.id).info.status == "KILLED"


def test_an_exit_that_a_trainer_makes_of_an_interrupt_is_killed(client):
    with pytest.raises(SystemExit), start_run(client, "main", "interrupted") as run:
        _exit_on_interrupt()
    assert client.get_run(run.id).info.status == "KILLED"


def _exit_on_interrupt():
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        sys.exit(1)


def test_sigterm_means_again_what_it_did_once_a_run_has_ended(client):
    before = signal.getsignal(signal.SIGTERM)
    with start_run(client, "main", "outer"), start_run(client, "main", "inner"):
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) is before


def test_parameters_are_whole_and_masked(client, run):
    run.log_params({"lr": 0.1, "layers": [1, 2], "off": None, "hub.token": "abc", "prompt": "م" * 7000})
    run.log_params({f"p{n}": n for n in range(250)})
    params = client.get_run(run.id).data.params
    assert {name: params[name] for name in ("lr", "layers", "off", "hub.token")} == {
        "lr": "0.1",
        "layers": "[1, 2]",
        "off": "null",
        "hub.token": "***",
    }
    assert params["prompt"].startswith("see parameters/prompt.txt (7000 characters, sha256 ")
    assert read(client, run, "parameters/prompt.txt") == "م" * 7000
    assert params["p249"] == "249"


def test_a_parameter_cannot_change(run):
    run.log_params({"lr": 0.1})
    run.log_params({"lr": 0.1})
    with pytest.raises(TrackingError, match="Expected parameters that MLflow takes and that do not change, found: "):
        run.log_params({"lr": 0.2})


def test_metrics_that_are_not_finite_are_counted_instead(client, run):
    run.log_metrics({"f1/favor": numpy.float32(0.5), "loss": math.nan}, step=3)
    run.log_metrics({"loss": math.inf, "f1/favor": 1}, step=4)
    logged = client.get_run(run.id).data
    assert logged.metrics == {"f1/favor": 1.0}
    assert logged.tags["stance.non_finite_metrics"] == "2"
    assert [metric.step for metric in client.get_metric_history(run.id, "f1/favor")] == [3, 4]


def test_metric_names_that_collide_in_ascii_are_an_error(run):
    run.log_metrics({"f1 x": 1.0})
    with pytest.raises(TrackingError) as caught:
        run.log_metrics({"f1(x": 1.0})
    assert str(caught.value) == ("Expected metric names that differ in ASCII, found 'f1 x' and 'f1(x', both 'f1_x'.")


def test_a_metric_name_without_ascii_is_an_error(run):
    with pytest.raises(TrackingError) as caught:
        run.log_metrics({"f1/ضد": 1.0})
    assert str(caught.value) == (
        "Expected a metric name with ASCII letters or digits in each part, found 'f1/ضد'; name classes by slugs."
    )


def test_the_configuration_is_whole_masked_and_hashed(client, run):
    config = {
        "tracking": {"uri": "http://me:pw@host/", "api_key": "abc"},
        "model": {"tokenizer": "t", "max_tokens": 9, "name": "شبكة"},
    }
    run.log_config(config)
    assert yaml.safe_load(read(client, run, "config.yaml")) == {
        "tracking": {"uri": "http://***@host/", "api_key": "***"},
        "model": {"tokenizer": "t", "max_tokens": 9, "name": "شبكة"},
    }
    assert client.get_run(run.id).data.tags["stance.config_hash"] == config_hash(config)
    assert config_hash(dict(reversed(config.items()))) == config_hash(config)
    assert config_hash({**config, "seed": 1}) != config_hash(config)


def test_a_data_set_shows_with_our_digest(client, run):
    digest = "0123456789abcdef" * 2
    run.log_dataset(digest, "main", "data/export.json", 812, "training")
    (logged,) = client.get_run(run.id).inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("main", digest)
    assert logged.dataset.profile == '{"num_rows": 812}'
    assert [(tag.key, tag.value) for tag in logged.tags] == [("mlflow.data.context", "training")]
    with pytest.raises(TrackingError, match="Expected a digest of 1 to 36 characters"):
        run.log_dataset("0" * 37, "main", "data/export.json", 812, "training")


def test_files_figures_and_tables(client, run, tmp_path):
    (tmp_path / "splits.json").write_text("{}")
    run.log_file(tmp_path / "splits.json", "splits")
    run.log_figure(Figure(), "figures/confusion.png")
    run.log_table_html(pandas.DataFrame({"text": ["<script>", "نص"]}), "errors.html", "A & B")
    assert [entry.path for entry in client.list_artifacts(run.id)] == ["errors.html", "figures", "splits"]
    page = read(client, run, "errors.html")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "A &amp; B" in table_page(pandas.DataFrame(), "A & B")


def test_the_package_can_be_imported_without_mlflow():
    modules = "stance.tracking, stance.tracking.store, stance.tracking.starting, stance.tracking.registry"
    code = f"import sys, {modules}; sys.exit('mlflow' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
