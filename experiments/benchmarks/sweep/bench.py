"""What a sweep of 20 linear trials costs, tracking included, against one set-up and the 20 fits themselves.

And what it costs to make each kind of thing that trainings share, and to find it again.

Run, after `stance import issuepositions`: python experiments/benchmarks/sweep/bench.py [--repeats 3]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = ["data=issuepositions", "target=issuepositions", "split=cluster", "model=tfidf_logreg"]
STRENGTHS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
BALANCED = (True, False)
"""Ten penalties over three decades, with and without class weights: 20 trials."""
WINDOWS = 400
"""Windows whose frozen states are timed, of some five thousand."""


def bare(folder: Path) -> dict[str, float]:
    """Processor seconds of one set-up (start, store, load, group, split, vectorise), and of fits and predictions alone.

    The set-up is what each of twenty separate `stance train` would do before it fits.
    """
    from dataclasses import replace

    from stance.commands.composition import compose_train
    from stance.commands.job import prepare
    from stance.data.cache import sharing
    from stance.models.baselines import TfidfLogisticRegression
    from stance.models.ngrams import TfidfFeatures
    from stance.settings import TfidfSettings
    from stance.tracking.store import connect

    with sharing():
        connect(f"sqlite:///{folder}/mlflow.db")
        job = prepare(compose_train(DATA))
        (fold,) = job.manifest.folds
        train, validation, test = (job.dataset.take(part) for part in (fold.train, fold.validation, fold.test))
        features = TfidfFeatures(train, TfidfSettings().max_features)
        features.of_training(), features.of(test)
        setup = time.process_time()
        for strength in STRENGTHS:
            for balanced in BALANCED:
                model = TfidfLogisticRegression(replace(TfidfSettings(), C=strength, balanced=balanced))
                model.fit(train, validation)
                model.predict(test)
    return {"setup": setup, "fits": time.process_time() - setup}


def shared(folder: Path) -> dict[str, float]:
    """Processor seconds until each thing that trainings share is there, made or found in `folder`."""
    import torch

    from stance.commands.composition import compose_train
    from stance.data.cache import sharing
    from stance.data.loading import load
    from stance.data.pretrained import encoder_folder, load_tokenizer
    from stance.data.splits import group_documents
    from stance.data.windows import WindowReader
    from stance.models.encoder import FrozenLayers
    from stance.models.ngrams import TfidfFeatures

    composed = compose_train(["experiment=issuepositions"])
    encoder = encoder_folder("bundled")
    reader = WindowReader(
        load_tokenizer(encoder),
        load(composed.settings.data, composed.settings.target).targets,
        max_tokens=256,
        overlap=1,
        prefix="query: ",
    )
    frozen = FrozenLayers(encoder, composed.settings.encoder.frozen_layers)
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        begin = time.process_time()
        yield
        seconds[name] = time.process_time() - begin

    with sharing(folder):
        dataset = load(composed.settings.data, composed.settings.target).dataset
        with timed("near-duplicates"):
            group_documents(dataset)
        with timed("windows"):
            readings = reader.readings(dataset)
        with timed("n-grams"):
            TfidfFeatures(dataset, 200_000).of_training()
        windows = [window.tokens for reading in readings for window in reading.windows][:WINDOWS]
        with timed(f"frozen states of {WINDOWS} windows"):
            for tokens in map(torch.from_numpy, windows):
                frozen(tokens[None], torch.ones_like(tokens[None], dtype=torch.bool))
    return seconds


def measured(command: list[str], folder: Path) -> tuple[dict[str, float], str]:
    """Processor and wall seconds of `command` with all its processes, in `folder` with a cache of its own."""
    environment = {**os.environ, "STANCE_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": wall}, done.stdout


def sweep_command(folder: Path) -> list[str]:
    values = [f"model.C={','.join(map(str, STRENGTHS))}", "model.balanced=true,false"]
    places = [f"tracking.uri=sqlite:///{folder}/mlflow.db", "tracking.experiment=benchmark", f"runs={folder}/runs"]
    return [sys.executable, "-m", "stance", "train", "-m", *DATA, *values, *places]


def finished_trials(folder: Path) -> int:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    (experiment,) = [one for one in client.search_experiments() if one.name == "benchmark"]
    runs = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", max_results=100)
    return sum("mlflow.parentRunId" in run.data.tags for run in runs)


def once() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        alone, together = Path(place) / "alone", Path(place) / "sweep"
        for folder in (alone, together):
            folder.mkdir()
        ideal, said = measured([sys.executable, str(HERE / "bench.py"), "--bare", str(alone)], alone)
        cost, _ = measured(sweep_command(together), together)
        count = finished_trials(together)
        if count != len(STRENGTHS) * len(BALANCED):
            raise SystemExit(f"Expected {len(STRENGTHS) * len(BALANCED)} finished trials, found {count}.")
    parts = json.loads(said.splitlines()[-1])
    return {
        "setup_cpu": round(parts["setup"], 1),
        "fits_cpu": round(parts["fits"], 1),
        "sweep_cpu": round(cost["cpu"], 1),
        "ratio_cpu": round(cost["cpu"] / ideal["cpu"], 3),
        "ratio_wall": round(cost["wall"] / ideal["wall"], 3),
    }


def make_and_find() -> dict[str, dict[str, float]]:
    """Processor seconds of `shared` in two processes, the second with what the first has left."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "bench.py"), "--shared", folder]
        said = [
            subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True, capture_output=True).stdout
            for _ in range(2)
        ]
    made, found = (json.loads(text.splitlines()[-1]) for text in said)
    return {name: {"make": round(made[name], 2), "find": round(found[name], 2)} for name in made}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--bare", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--shared", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.shared:
        print(json.dumps(shared(options.shared)))
        return
    if options.bare:
        print(json.dumps(bare(options.bare)))
        return
    runs = [once() for _ in range(options.repeats)]
    ratio = round(statistics.median(run["ratio_cpu"] for run in runs), 3)
    figures = {"ratio_cpu": ratio, "runs": runs, "seconds": make_and_find()}
    (HERE / "metrics.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
