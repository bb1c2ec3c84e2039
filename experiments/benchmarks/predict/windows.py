"""What reading only the sentences that name an actor costs in f_avg, on the release part of the project's articles.

Run after `make train`: python experiments/benchmarks/predict/windows.py models:/actor-stance@champion
"""

import json
import sys
import time
from pathlib import Path

from stance.commands.composition import compose_train
from stance.commands.contenders import open_store
from stance.commands.job import prepare
from stance.evaluation.intervals import intervals, paired_differences
from stance.labelling.predictors import load_predictor


def main(uri: str) -> None:
    """Print and store both scores, the interval of their difference, and the processor time of each."""
    job = prepare(compose_train([]))
    held = job.dataset.take(job.manifest.release)
    client = open_store() if uri.startswith(("models:/", "runs:/")) else None
    scored, seconds = {}, {}
    for windows in ("all", "relevant"):
        predictor, _ = load_predictor(uri, client, relevant=windows == "relevant")
        start = time.process_time()
        prediction = predictor.model.predict(held)
        seconds[windows] = round(time.process_time() - start, 1)
        scored[windows] = prediction.scored(windows, held, job.grouping.clusters)
    difference = paired_differences(scored["relevant"], scored["all"])["f_avg"]
    found = {
        "examples": len(held),
        "clusters": len(set(scored["all"].clusters)),
        **{f"f_avg_{windows}": round(intervals(one)["f_avg"].estimate, 4) for windows, one in scored.items()},
        "difference_interval": [round(difference.low, 4), round(difference.high, 4)],
        "same_answers": round(float((scored["all"].predicted == scored["relevant"].predicted).mean()), 4),
        "processor_seconds": seconds,
    }
    print(json.dumps(found, indent=1))
    Path(__file__).with_name("windows.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
