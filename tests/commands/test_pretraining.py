"""`stance pretrain` as a user runs it: text of every kind, a kill and what follows, a training on what comes of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from safetensors.torch import load_file

from stance.__main__ import main
from stance.annotation.writer import write_export
from stance.commands.pretraining import MARKER, _verdict
from stance.models.pretraining import HeldOut
from tests.reading_on import articles, masking_encoder

TEXTS = articles(60)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return masking_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A third of the texts as an export, a third as documents, a third as pages in a folder."""
    folder = tmp_path_factory.mktemp("corpus")
    write_export(folder / "export.json", TEXTS[::3])
    lines = [json.dumps({"document_id": one.document_id, "text": one.text}, ensure_ascii=False) for one in TEXTS[1::3]]
    (folder / "articles.jsonl").write_text("\n".join(lines), "utf-8")
    (folder / "pages").mkdir()
    # A page of two texts, since what is shorter is no article to who splits pages.
    spoken = [one.text.replace("\n", " ") for one in TEXTS[2::3]]
    for number, both in enumerate(zip(spoken[::2], spoken[1::2], strict=True)):
        (folder / "pages" / f"{number}.txt").write_text("\n".join(both), "utf-8")
    return [folder / "export.json", folder / "articles.jsonl", folder / "pages"]


def line(corpus: list[Path], encoder: Path, folder: Path, *more: str) -> list[str]:
    named = ",".join(map(str, corpus))
    return [
        f"corpus=[{named}]",
        f"out={folder / 'read'}",
        f"encoder.name={encoder}",
        "encoder.frozen_layers=1",
        f"runs={folder / 'runs'}",
        "max_tokens=64",
        "trainer.token_budget=200",
        "trainer.threads=1",
        "trainer.progress=false",
        *more,
    ]


def runs(client: MlflowClient) -> list[Run]:
    experiment = client.get_experiment_by_name("pretraining")
    return [] if experiment is None else client.search_runs([experiment.experiment_id])


def test_text_of_every_kind_is_read_and_what_comes_of_it_is_shown_and_found(
    corpus: list[Path], encoder: Path, client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = line(corpus, encoder, tmp_path, "trainer.max_epochs=2")
    assert main(["pretrain", *asked]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("50 texts that differ: ")
    (run,) = runs(client)
    metrics = run.data.metrics
    assert run.info.status == "FINISHED"
    assert (run.info.run_name, run.data.params["encoder.frozen_layers"]) == ("pretrain-read", "1")
    assert metrics["data/documents"] == 50
    for name in ("frequencies", "before", "after"):
        assert f"{metrics[f'loss_{name}']:.3f}" in shown.out
        assert f"{metrics[f'perplexity_{name}']:.1f}" in shown.out
    # The best epoch, rounded by nothing on the way.
    curve = [one.value for one in client.get_metric_history(run.info.run_id, "epoch/val_loss")]
    assert metrics["loss_after"] == pytest.approx(min(curve), abs=1e-6)
    assert f"Epoch 2.00 of 2: perplexity of held-out text {metrics['epoch/val_perplexity']:.1f}" in shown.out
    assert f"Train with it: stance train encoder.name={tmp_path / 'read'}" in shown.out.replace("\n", " ")
    assert {item.path for item in client.list_artifacts(run.info.run_id)} >= {"config.yaml", "comparison.md"}
    assert not list((tmp_path / "runs").iterdir()), "what is kept for resuming goes when all is done"
    assert sorted(tmp_path.glob(".*")) == []
    marker = json.loads((tmp_path / "read" / MARKER).read_text("utf-8"))
    assert (marker["run"], marker["after"]) == (run.info.run_id, metrics["loss_after"])

    assert main(["pretrain", *asked, "trainer.progress=true"]) == 0, "a bar changes nothing"
    again = capsys.readouterr().out
    assert f"made from this text with these settings (run {run.info.run_id})" in again.replace("\n", " ")
    assert again.endswith(shown.out[shown.out.index("┏") :])
    assert main(["pretrain", *asked, "seed=1"]) == 2
    assert capsys.readouterr().err == (
        f"stance: Expected a place for a new folder, found {tmp_path / 'read'}, which was made from other text, "
        "another encoder or with other settings. Name another one: out=FOLDER.\n"
    )
    assert len(runs(client)) == 1


def test_a_training_takes_what_was_made(
    corpus: list[Path], encoder: Path, client: MlflowClient, world: list[str], tmp_path: Path
) -> None:
    assert (
        main(["pretrain", *line(corpus, encoder, tmp_path, "trainer.max_epochs=1", "trainer.fast_dev_run=true")]) == 0
    )
    given = [one for one in world if not one.startswith("encoder.name=")]
    trained = ["debug=fast", "baselines=[]", f"encoder.name={tmp_path / 'read'}", f"runs={tmp_path / 'trained'}"]
    assert main(["train", *given, *trained]) == 0


def test_a_pretraining_that_was_killed_ends_like_one_left_alone(
    corpus: list[Path], encoder: Path, client: MlflowClient, tmp_path: Path
) -> None:
    folders = {name: tmp_path / name for name in ("killed", "alone")}
    more = ["trainer.max_epochs=20", "trainer.patience=20", "trainer.learning_rate=3e-3"]
    command = [sys.executable, "-m", "stance", "pretrain", *line(corpus, encoder, folders["killed"], *more)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not list((tmp_path / "killed").glob("runs/*/checkpoints/last.ckpt")):
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert not (folders["killed"] / "read").exists()
    (killed,) = runs(client)
    assert killed.info.status == "RUNNING"
    for folder in folders.values():
        assert main(["pretrain", *line(corpus, encoder, folder, *more)]) == 0
    alone, continued = runs(client)
    assert continued.info.run_id == killed.info.run_id
    assert (continued.info.status, continued.data.tags["stance.resumed"]) == ("FINISHED", "true")
    for name in ("loss_before", "loss_after", "loss_frequencies", "loss_change_low"):
        assert continued.data.metrics[name] == alone.data.metrics[name], name
    first, second = (load_file(folder / "read" / "model.safetensors") for folder in folders.values())
    assert all(bool((first[name] == second[name]).all()) for name in first)


def test_mistakes_are_told_before_any_work(
    corpus: list[Path], encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*arguments: str) -> str:
        assert main(["pretrain", *arguments]) == 2
        return capsys.readouterr().err

    missing = tmp_path / "nothing.txt"
    assert refused(*line([corpus[0], missing], encoder, tmp_path)) == (
        f"stance: Expected files and folders of text in corpus, found nothing at {missing}.\n"
    )
    assert refused("corpus=pages", "out=x") == (
        "stance: Expected a list for corpus, found pages. A list stands in brackets: corpus=[pages].\n"
    )
    assert refused("out=x") == "stance: Expected a value for corpus, found none. Set it: corpus=VALUE.\n"
    assert refused("corpus=[pages]", "out=x", "trainer.epochs=2") == (
        "stance: Expected a known configuration key, found 'trainer.epochs'. Did you mean trainer.max_epochs? "
        "`stance pretrain --cfg job` shows them all.\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine", "utf-8")
    taken = line(corpus, encoder, tmp_path, f"out={other}")
    assert refused(*taken) == (
        f"stance: Expected a place for a new folder, found {other}, which another program wrote or nobody can write to "
        "(FileNotFoundError). Name another one: out=FOLDER.\n"
    )
    assert (other / "notes.txt").read_text("utf-8") == "mine"


def test_what_cannot_be_read_is_named_and_passed_over(
    corpus: list[Path], encoder: Path, client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("", "utf-8")
    assert main(["pretrain", *line([corpus[0], empty], encoder, tmp_path, "trainer.fast_dev_run=true")]) == 1
    shown = capsys.readouterr()
    assert shown.err == f"stance: passed over: Expected a page of text in {empty}, found an empty file.\n"
    assert shown.out.startswith("20 texts that differ")
    assert (tmp_path / "read" / "model.safetensors").exists()


def test_configuration_is_shown_as_yaml_without_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "corpus=[a.txt,b]", "out=c", "--cfg", "job", "encoder.frozen_layers=3"]) == 0
    shown = capsys.readouterr().out
    assert "corpus:\n- a.txt\n- b\nout: c\n" in shown
    assert "frozen_layers: 3" in shown


def test_the_verdict_says_no_more_than_the_interval_does() -> None:
    helped = HeldOut(frequencies=5.0, before=3.0, after=2.5, words=100, change=(-0.6, -0.4))
    assert _verdict(helped) == "Reading on helped: perplexity 20.1 → 12.2, -39.3% [-45.1%, -33.0%] (95 % interval)."
    open_still = HeldOut(frequencies=5.0, before=3.0, after=2.9, words=10, change=(-0.3, 0.1))
    assert _verdict(open_still).startswith(
        "That reading on helped is not shown: perplexity 20.1 → 18.2, -9.5% [-25.9%, +10.5%]. More text, "
    )
    alone = HeldOut(frequencies=5.0, before=3.0, after=3.1, words=10, change=None)
    assert _verdict(alone).startswith("That reading on helped is not shown: perplexity 20.1 → 22.2, +10.5%. More text,")
