"""Time and memory of the export reader against `json.load` of the same file.

Run: python experiments/benchmarks/export_reader/bench.py [--full]
"""

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

SYLLABLES = re.findall(r"\w+", "با تا ثو جي حا خو دي را زو سي شا صو ضا طي ظا عو غا في قا كو لي ما نو ها وا يا")
ACTORS = [f"actor-{number:03}" for number in range(60)]
MENTIONS, STATEMENTS, ANNOTATORS, WORDS = 25, 8, 2, 300
VARIANTS = 40
"""Different tasks that a file repeats under new ids."""


def invented_text(rng: random.Random) -> str:
    """About 300 words of an invented vocabulary, in sentences and paragraphs."""
    vocabulary = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(2000)]
    words = [rng.choice(vocabulary) + rng.choices(["", "،", ".", ".\n"], [85, 6, 6, 3])[0] for _ in range(WORDS)]
    return " ".join(words)


def items_of(text: str, rng: random.Random) -> list[dict[str, Any]]:
    """Result items as the server writes them."""
    edges = [0, *(place + 1 for place, character in enumerate(text) if character == " "), len(text) + 1]
    items: list[dict[str, Any]] = []
    mentions = []

    def add(region: str, span: tuple[int, int], name: str, kind: str, answer: list[Any]) -> None:
        value = {"start": span[0], "end": span[1], "text": text[span[0] : span[1]].replace("\n", "\\n"), kind: answer}
        names = {"id": region, "from_name": name, "to_name": "text", "type": kind, "origin": "manual"}
        items.append({"value": value, **names})

    def span_of(length: int) -> tuple[int, int]:
        first = rng.randrange(len(edges) - length - 1)
        return edges[first], edges[first + length] - 1

    def name() -> str:
        return "".join(rng.choices("abcdefghijklmnopqrstuvwxyzABCDEFG0123456789_-", k=10))

    for _ in range(MENTIONS):
        region, span = name(), span_of(rng.randint(1, 3))
        mentions.append(region)
        add(region, span, "label", "labels", ["Actor"])
        add(region, span, "actor", "taxonomy", [["kind", rng.choice(ACTORS)]])
    for _ in range(STATEMENTS):
        region, span = name(), span_of(rng.randint(8, 25))
        add(region, span, "label", "labels", ["Statement"])
        add(region, span, "stance", "choices", [rng.choice(["favor", "against", "ambivalent"])])
        add(region, span, "channel", "choices", [rng.choice(["public", "private", "action"])])
        add(region, span, "attribution", "choices", [rng.choice(["own", "reported", "outlet"])])
        ends = {"from_id": region, "to_id": rng.choice(mentions), "type": "relation", "direction": "right"}
        items.append({**ends, "labels": ["holder"]})
    return items


def task_of(number: int, rng: random.Random) -> dict[str, Any]:
    """One task with the fields that the server's JSON export holds."""
    text = invented_text(rng)
    times = {"created_at": "2025-03-02T09:11:27.335421Z", "updated_at": "2025-03-02T09:15:02.118804Z"}
    annotations = [
        {
            "id": number * ANNOTATORS + annotator,
            "completed_by": {"id": annotator + 1, "email": f"annotator{annotator}@example.org", "first_name": ""},
            "result": items_of(text, rng),
            "was_cancelled": False,
            "ground_truth": False,
            **times,
            "draft_created_at": None,
            "lead_time": 214.532,
            "prediction": {},
            "result_count": MENTIONS + STATEMENTS,
            "unique_id": "2f8b6c9e-2a4b-4f39-a0c4-1d9b3a7e5f60",
            "task": number,
            "project": 1,
            "updated_by": 1,
            "parent_prediction": None,
        }
        for annotator in range(ANNOTATORS)
    ]
    data = {"text": text, "document_id": f"document-{number}", "title": text[:60], "source": "invented"}
    rest = {"meta": {}, **times, "inner_id": number, "total_annotations": ANNOTATORS, "comment_authors": []}
    return {"id": number, "annotations": annotations, "drafts": [], "predictions": [], "data": data, **rest}


def generate(path: Path, count: int) -> None:
    """Write an export of `count` tasks in the server's spelling: one line, no escapes."""
    rng = random.Random(7)
    templates = []
    for _ in range(min(count, VARIANTS)):
        task = task_of(987654321, rng)
        templates.append(json.dumps(task, ensure_ascii=False))
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for number in range(count):
            template = templates[number % len(templates)].replace("987654321", str(number + 1))
            stream.write((", " if number else "") + template)
        stream.write("]")


def measure(what: str, path: str) -> None:
    """Print seconds and peak resident memory (MiB) of one reading, in a process of its own."""
    if what == "reader":
        from stance.annotation.export import read_export
        from stance.annotation.problems import Report
        from stance.labels import MAIN

        report = Report()
        actors, targets = frozenset(ACTORS), frozenset({"target"})
        start = time.perf_counter()
        count = sum(1 for _ in read_export(path, label_set=MAIN, actors=actors, targets=targets, report=report))
        seconds = time.perf_counter() - start
        kept = report.mentions == count * ANNOTATORS * MENTIONS and report.statements == count * ANNOTATORS * STATEMENTS
        if report.dropped or not kept:
            raise SystemExit("\n".join(report.summary()))
    else:
        start = time.perf_counter()
        with open(path, encoding="utf-8") as stream:
            count = len(json.load(stream))
        seconds = time.perf_counter() - start
    # Unlike ru_maxrss, this mark does not inherit the parent's.
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "tasks": count}))


def run(what: str, path: Path) -> dict[str, float]:
    """Measure one reading in a process of its own."""
    command = [sys.executable, str(HERE / "bench.py"), "--measure", what, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(path: Path, repeats: int) -> dict[str, Any]:
    """Read `path` in alternating processes; the ratio is the median over the pairs, with all of them beside it."""
    if not repeats:
        return {"bytes": path.stat().st_size, "reader_peak_mib": round(run("reader", path)["peak_mib"], 1)}
    runs: dict[str, list[dict[str, float]]] = {"reader": [], "json": []}
    for turn in range(repeats):
        for what in ("reader", "json") if turn % 2 else ("json", "reader"):
            runs[what].append(run(what, path))
    ratios = [ours["seconds"] / theirs["seconds"] for ours, theirs in zip(runs["reader"], runs["json"], strict=True)]
    return {
        "bytes": path.stat().st_size,
        "time_ratio": round(statistics.median(ratios), 3),
        "time_ratios": [round(ratio, 3) for ratio in ratios],
        "reader_peak_mib": round(max(run["peak_mib"] for run in runs["reader"]), 1),
        "json_peak_mib": round(max(run["peak_mib"] for run in runs["json"]), 1),
    }


def main() -> None:
    """Measure each size and write metrics.json beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also 100,000 tasks (5 GB of disk, the reader alone)")
    parser.add_argument("--quick", action="store_true", help="1,000 tasks only, nothing written")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure(*options.measure)
    metrics = {}
    # json.load would need some 30 GB for the largest.
    sizes = {1000: 9, 10_000: 3} | ({100_000: 0} if options.full else {})
    for count, repeats in sizes.items() if not options.quick else [(1000, 7)]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.json"
            generate(path, count)
            metrics[str(count)] = compare(path, repeats)
        print(count, metrics[str(count)], flush=True)
    if not options.quick:
        (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    return None


if __name__ == "__main__":
    main()
