"""What reading only the sentences that name an actor costs in f_avg, on the release part of the project's articles.

Run after `make train`: python experiments/benchmarks/predict/windows.py models:/actor-stance@champion
"""

import json
import sys
from pathlib import Path

import numpy as np

from stance.commands.composition import compose_train
from stance.commands.contenders import open_store
from stance.commands.job import prepare
from stance.evaluation.metrics import confusion, f_avg
from stance.labelling.predictors import load_predictor

RESAMPLES = 2000


def main(uri: str) -> None:
    """Print and store both scores, and the interval of their difference by resampling clusters of documents."""
    job = prepare(compose_train([]))
    held = job.dataset.take(job.manifest.release)
    gold, classes = held.gold(), len(held.label_set.classes)
    client = open_store() if uri.startswith(("models:/", "runs:/")) else None
    answers = {}
    for relevant in (False, True):
        predictor, _ = load_predictor(uri, client, relevant=relevant)
        answers[relevant] = predictor.model.predict(held).probabilities.argmax(1)

    def score(places: np.ndarray, relevant: bool) -> float:
        return float(f_avg(confusion(gold[places], answers[relevant][places], classes), held.label_set))

    clusters = np.array([job.grouping.clusters[example.document_id] for example in held.examples])
    names = np.unique(clusters)
    chance = np.random.default_rng(0)
    differences = []
    for _ in range(RESAMPLES):
        drawn = chance.choice(names, len(names))
        places = np.concatenate([np.flatnonzero(clusters == name) for name in drawn])
        differences.append(score(places, True) - score(places, False))
    everything = np.arange(len(gold))
    found = {
        "examples": len(gold),
        "clusters": len(names),
        "f_avg_all": round(score(everything, False), 4),
        "f_avg_relevant": round(score(everything, True), 4),
        "difference_interval": [round(float(end), 4) for end in np.percentile(differences, [2.5, 97.5])],
        "same_answers": round(float((answers[True] == answers[False]).mean()), 4),
    }
    print(json.dumps(found, indent=1))
    Path(__file__).with_name("windows.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
