"""Time and memory of `stance label agreement` and `stance label adjudicate` on generated exports.

Run: python experiments/benchmarks/agreement/bench.py [--annotations 100000]
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

SYLLABLES = re.findall(r"\w+", "با تا ثو جي حا خو دي را زو سي شا صو ضا طي ظا عو غا في قا كو لي ما نو ها وا يا")
STANCES = ("favor", "against", "ambivalent")
WORDS, ACTORS, IN_TEXT, MENTIONS, STATEMENTS = 300, 60, 9, 13, 6
"""Of the project's own articles: 1,700 characters, 13 mentions and 6 statements an annotation."""
RIGHT = 0.85
"""How often an annotator sees a statement, and then how often its true stance."""
PEOPLE = 6
VARIANTS = 200
"""Different tasks that the exports repeat under new ids."""
NUMBER, PERSON = 987654321, "somebody@example.org"


def invented_text(rng: random.Random) -> str:
    vocabulary = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(2000)]
    return " ".join(rng.choice(vocabulary) + rng.choices(["", "،", ".", ".\n"], [85, 6, 6, 3])[0] for _ in range(WORDS))


def truth_of(text: str, rng: random.Random) -> tuple[list[tuple[str, int, int]], list[tuple[int, str, int, int]]]:
    """Mentions (actor, start, end) and statements (mention, stance, start, end) that are really there."""
    edges = [0, *(place + 1 for place, character in enumerate(text) if character == " ")]
    present = rng.sample([f"actor-{number:02}" for number in range(ACTORS)], IN_TEXT)

    def span(words: int) -> tuple[int, int]:
        first = rng.randrange(len(edges) - words - 1)
        return edges[first], edges[first + words] - 1

    mentions = [(rng.choice(present), *span(2)) for _ in range(MENTIONS)]
    statements = [(rng.randrange(MENTIONS), rng.choice(STANCES), *span(12)) for _ in range(STATEMENTS)]
    return mentions, statements


def items_of(text: str, truth: Any, rng: random.Random) -> list[dict[str, Any]]:
    """One annotator's result, as the server writes it: most of the truth, spans a little off, some stances wrong."""
    items: list[dict[str, Any]] = []

    def add(region: str, start: int, end: int, **answers: Any) -> None:
        for name, (kind, answer) in answers.items():
            value = {"start": start, "end": end, "text": text[start:end].replace("\n", "\\n"), kind: answer}
            items.append(
                {"value": value, "id": region, "from_name": name, "to_name": "text", "type": kind, "origin": "manual"}
            )

    mentions, statements = truth
    for number, (actor, start, end) in enumerate(mentions):
        add(f"m{number}", start, end, label=("labels", ["Actor"]), actor=("taxonomy", [["kind", actor]]))
    for number, (mention, stance, start, end) in enumerate(statements):
        if rng.random() > RIGHT:
            continue
        said = stance if rng.random() < RIGHT else rng.choice(STANCES)
        add(
            f"s{number}",
            text.index(" ", start) + 1 if rng.random() < 0.3 else start,
            end,
            label=("labels", ["Statement"]),
            stance=("choices", [said]),
            channel=("choices", [rng.choice(("public", "private", "action"))]),
            attribution=("choices", ["own"]),
        )
        items.append(
            {
                "from_id": f"s{number}",
                "to_id": f"m{mention}",
                "type": "relation",
                "direction": "right",
                "labels": ["holder"],
            }
        )
    return items


def task_of(text: str, result: list[dict[str, Any]], blind: bool) -> str:
    annotation = {
        "id": NUMBER,
        "completed_by": {"id": 1, "email": PERSON},
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": 214.5,
        "prediction": {},
    }
    data = {"text": text, "document_id": f"document-{NUMBER}", "target": "force", "blind": blind}
    return json.dumps({"id": NUMBER, "data": data, "annotations": [annotation], "predictions": []}, ensure_ascii=False)


def generate(folder: Path, tasks: int) -> list[Path]:
    """Two exports of `tasks` tasks each, of the same documents, three annotators in each."""
    rng = random.Random(7)
    variants = []
    for number in range(min(tasks, VARIANTS)):
        text = invented_text(rng)
        truth = truth_of(text, rng)
        variants.append([task_of(text, items_of(text, truth, rng), number % 5 == 0) for _ in range(2)])
    paths = [folder / "first.json", folder / "second.json"]
    for half, path in enumerate(paths):
        with path.open("w", encoding="utf-8") as stream:
            stream.write("[")
            for number in range(tasks):
                person = f"annotator-{half * PEOPLE // 2 + (number // VARIANTS + number) % (PEOPLE // 2)}@example.org"
                task = variants[number % len(variants)][half].replace(str(NUMBER), str(number + 1))
                stream.write((",\n" if number else "") + task.replace(PERSON, person))
            stream.write("]")
    return paths


def timed(arguments: list[str]) -> dict[str, float]:
    """Seconds, those of the processor, and peak resident memory (MiB) of one `stance` command, its start included."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "stance", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"stance {' '.join(arguments)}: exit status {status}")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mib": round(usage.ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", type=int, default=100_000)
    options = parser.parse_args()
    metrics: dict[str, Any] = {"annotations": options.annotations}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exports = generate(folder, options.annotations // 2)
        metrics["bytes"] = sum(path.stat().st_size for path in exports)
        given = [str(path) for path in exports]
        page, figures, gold = (str(folder / file) for file in ("a.html", "a.json", "gold.json"))
        metrics["agreement"] = timed(["label", "agreement", *given, "--html", page, "--json", figures])
        print("agreement", metrics["agreement"], flush=True)
        measured = json.loads(Path(figures).read_text("utf-8"))
        metrics |= {"units": measured["units"], "alpha": round(measured["overall"][0]["nominal"]["value"], 3)}
        for method in ("majority", "dawid-skene", "mace"):
            metrics[method] = timed(["label", "adjudicate", *given, "--out", gold, "--method", method])
            print(method, metrics[method], flush=True)
    if options.annotations == 100_000:
        (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
