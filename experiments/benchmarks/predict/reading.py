"""Processor time and memory of the articles alone, in one thread, without start, clusters and writing.

By this two versions of the code, each in its checkout, can be compared on a machine that others keep busy.

Run: python experiments/benchmarks/predict/reading.py [--model FOLDER] [--narrow] [--short] [--articles 1000]
"""

import argparse
import tempfile
import time
from pathlib import Path

from bench import ACTORS, SHORT, WORDS, write_articles, write_model

EVERY = 200
"""Articles between two lines."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000, metavar="N")
    parser.add_argument("--short", action="store_true", help="articles of 60 words instead of 400")
    parser.add_argument("--narrow", action="store_true", help="an encoder of 32 dimensions")
    parser.add_argument("--model", type=Path, help="a stored network (default: one of the default configuration)")
    parser.add_argument("--windows", choices=["all", "relevant"], default="all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.model or Path(name, "network")
        if options.model is None:
            write_model(folder, narrow=options.narrow)
        articles = Path(name, "articles.jsonl")
        write_articles(articles, options.articles, *(SHORT if options.short else (WORDS, ACTORS)))
        measure(folder, articles, options.windows)


def measure(folder: Path, articles: Path, windows: str) -> None:
    """Print articles so far, processor milliseconds for each of the last ones, and resident megabytes."""
    import torch

    from stance.annotation.inputs import read_inputs
    from stance.commands.loading import ModelAddress
    from stance.models.parts import parted, predict_part

    torch.set_num_threads(1)
    model = ModelAddress(str(folder), relevant=windows == "relevant").load()
    found = model.articles(read_inputs([str(articles)], seen=None, refused=print), None, print)
    done = last = 0
    start = time.process_time()
    for part in parted(found):
        predict_part(model.predictor, part)
        done += len(part)
        if done - last >= EVERY:
            each = 1000 * (time.process_time() - start) / (done - last)
            print(f"{done:7} articles {each:7.1f} ms each {_resident():6} MB", flush=True)
            last, start = done, time.process_time()


def _resident() -> int:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise SystemExit("Expected /proc/self/status of Linux to tell the resident memory, found none.")


if __name__ == "__main__":
    main()
