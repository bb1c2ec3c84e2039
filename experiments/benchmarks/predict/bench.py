"""Articles a minute of `stance predict`, on articles of 400 words with five actors, and its memory, on short ones.

Run: python experiments/benchmarks/predict/bench.py [--articles 1000] [--narrow 1000 100000] [--model FOLDER]
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

CORPUS = ROOT / "labels" / "corpus"
TARGET = "khaldunia-valoria"
WORDS, ACTORS, SENTENCES_EACH = 400, 5, 2
SHORT = (60, 1)
"""Words and actors where what is asked is memory."""


def sentences() -> tuple[dict[str, list[str]], list[str]]:
    """Sentences of the project's own articles: those that name one actor alone, by actor, and those that name none."""
    from stance.annotation.actor_names import lexicon
    from stance.annotation.registry import read_actors
    from stance.text.finder import Finder
    from stance.text.sentences import sentence_spans

    finder = Finder(lexicon(read_actors(CORPUS / "actors.yaml")))
    naming: dict[str, list[str]] = {}
    others = []
    for task in json.loads((CORPUS / "export.json").read_text("utf-8")):
        text = task["data"]["text"]
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            named = {mention.counts_to or mention.actor for mention in finder.find(sentence).mentions}
            if len(named) == 1:
                naming.setdefault(named.pop(), []).append(sentence)
            elif not named:
                others.append(sentence)
    return {actor: found for actor, found in naming.items() if len(found) >= SENTENCES_EACH}, others


def write_articles(path: Path, count: int, words_each: int = WORDS, actors: int = ACTORS) -> None:
    """`count` articles as JSON Lines, drawn from the corpus, the order of their words changed so that none is alike."""
    naming, others = sentences()
    chance = random.Random(0)
    with path.open("w", encoding="utf-8") as lines:
        for number in range(count):
            chosen = [
                sentence
                for actor in chance.sample(sorted(naming), actors)
                for sentence in chance.sample(naming[actor], SENTENCES_EACH)
            ]
            while sum(len(sentence.split()) for sentence in chosen) < words_each:
                words = chance.choice(others).split()
                chosen.append(" ".join(chance.sample(words, len(words))))
            chance.shuffle(chosen)
            text = "\n".join(chosen)
            document = {"document_id": f"article-{number}", "text": text, "target": TARGET}
            lines.write(json.dumps(document, ensure_ascii=False) + "\n")


def write_model(folder: Path, *, narrow: bool = False) -> None:
    """The network of the default configuration, untrained, which is as quick as a trained one.

    It is over the bundled encoder, or over one of 32 dimensions (`narrow`): many articles take minutes then, and what
    is left is everything but the encoder.
    """
    import numpy as np
    import torch

    from stance.annotation.registry import read_targets
    from stance.commands.composition import compose_train
    from stance.labels import MAIN
    from stance.models.actor_network import ActorNetworkModel, NetworkPlan
    from stance.models.ngrams import BUCKETS, HASHED_PARTS
    from stance.models.predictor import add_registries
    from stance.settings import EncoderSettings
    from tests.doubles import tiny_encoder

    composed = compose_train([])
    encoder = composed.settings.encoder
    if narrow:
        texts = [task["data"]["text"] for task in json.loads((CORPUS / "export.json").read_text("utf-8"))]
        encoder = EncoderSettings(name=str(tiny_encoder(folder.parent / "encoder", texts)), frozen_layers=1)
    plan = NetworkPlan(composed.model, encoder, composed.settings.data, composed.settings.trainer)
    model = ActorNetworkModel(plan, MAIN, read_targets(ROOT / "labels" / "targets.yaml"))
    features = len(HASHED_PARTS) * BUCKETS
    random_numbers = np.random.default_rng(0)
    if model.expert is not None:
        model.expert.weights = {
            "lexical.idf": torch.ones(features, dtype=torch.bfloat16),
            "lexical.coefficients": torch.from_numpy(random_numbers.normal(size=(4, features))).to(torch.bfloat16),
            "lexical.intercept": torch.zeros(4),
        }
    model._remember([])
    model.save(folder)
    add_registries(folder, targets=ROOT / "labels" / "targets.yaml", actors=str(CORPUS / "actors.yaml"))


CHILD = """
import json, resource, sys, threading, time
from stance.__main__ import main
start, held = time.perf_counter(), []
def watch():
    while True:
        pages = int(open("/proc/self/statm").read().split()[1])
        held.append(round(pages * resource.getpagesize() / 2**20))
        time.sleep(0.5)
threading.Thread(target=watch, daemon=True).start()
status = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
# Its own: getrusage counts what the process that started this one held.
peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM:"))
at = {share: held[(len(held) - 1) * share // 100] for share in (10, 25, 50, 75, 100)}
print(json.dumps([status, time.perf_counter() - start, used.ru_utime + used.ru_stime, peak, at]))
"""


def measure(model: Path, articles: Path, windows: str) -> dict[str, Any]:
    """Seconds, articles a minute and resident memory of a process that predicts `articles`, start and all."""
    with tempfile.TemporaryDirectory() as folder:
        line = ["predict", "--model", str(model), str(articles), "--output", f"{folder}/out.parquet"]
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *line, "--windows", windows],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    status, seconds, processor, megabytes, held = json.loads(done.stdout.splitlines()[-1])
    if status:
        raise SystemExit(done.stderr)
    count = sum(1 for _ in articles.open("rb"))
    return {
        "articles": count,
        "windows": windows,
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "articles_a_minute": round(60 * count / seconds),
        "peak_mb": round(megabytes),
        "mb_at_percent_of_the_time": held,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, nargs="*", default=[1000], metavar="N")
    parser.add_argument("--narrow", type=int, nargs="*", default=[1000, 100_000], metavar="N", help="for memory")
    parser.add_argument("--model", type=Path, help="a stored network (default: one of the default configuration)")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or Path(folder, "network")
        if options.model is None:
            write_model(model)
        for count in options.articles:
            articles = Path(folder, f"{count}.jsonl")
            write_articles(articles, count)
            for windows in ("all", "relevant"):
                rows.append(measure(model, articles, windows))
                print(rows[-1], flush=True)
        narrow = Path(folder, "narrow")
        write_model(narrow, narrow=True)
        for count in options.narrow:
            articles = Path(folder, f"narrow-{count}.jsonl")
            write_articles(articles, count, *SHORT)
            rows.append({"encoder": "narrow", **measure(narrow, articles, "all")})
            print(rows[-1], flush=True)
    busy = round(os.getloadavg()[0], 1)
    machine = {"processor": platform.machine(), "cores": os.cpu_count(), "load_at_the_end": busy}
    (HERE / "metrics.json").write_text(json.dumps({"machine": machine, "runs": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
