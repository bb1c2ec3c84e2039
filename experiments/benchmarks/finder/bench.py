"""Time and memory of the finder against one regular expression over the same names.

Run: python experiments/benchmarks/finder/bench.py [--quick]
"""

import argparse
import datetime
import json
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from stance.text.finder import Finder  # noqa: E402
from stance.text.lexicon import Entry, Lexicon, Name, Term  # noqa: E402

SYLLABLES = re.findall(r"\w+", "با تا ثو جي حا خو دي را زو سي شا صو ضا طي ظا عو غا في قا كو لي ما نو ها وا يا أو ئي")
KINDS = ("government", "ministry", "party", "armed_group", "office", "person")
HEADS = {"government": "حكومة", "ministry": "وزارة", "party": "حزب", "armed_group": "كتائب", "office": "وزير"}
FRAMES = ("قالت {} إن", "وأعلن {} أن", "موقف {}", "في {}", "بين {} وغيره", "و{}", "لـ{}", "«{}»", "على {} أن", "{}،")
MARKS = ["", "", "", "", "", "", "", "،", ".", ".\n\n", "ًا", " «", "» ", "ـه"]
ACTORS, NAMES, MENTIONS, LENGTH = 200, 8, 25, 3000
PUBLISHED = datetime.date(2033, 5, 5)
REGEX_SHARE = 40
"""One article in so many is read by the regular expression, which would take minutes for all."""


def word(rng: random.Random, least: int = 2, most: int = 4) -> str:
    return "".join(rng.choices(SYLLABLES, k=rng.randint(least, most)))


def lexicon(rng: random.Random) -> Lexicon:
    """200 actors with 8 names each: full, short and acting ones, and persons who hold offices."""
    entries = []
    for number in range(ACTORS):
        kind = KINDS[number % len(KINDS)]
        names = tuple(Name(name(kind, rng)) for _ in range(NAMES))
        acting = 2 if kind == "government" else 0
        short = 1 if kind == "person" else 0
        held = f"a{number - 1}.office"
        entries.append(
            Entry(
                f"a{number}.{kind}",
                kind,
                names[acting + short :],
                short=names[acting:][:short],
                if_acting=names[:acting],
                terms=(Term(office=held, since=datetime.date(2030, 1, 1)),) if kind == "person" else (),
            )
        )
    return Lexicon(tuple(entries))


def name(kind: str, rng: random.Random) -> str:
    if kind == "person":
        return f"{word(rng)} ال{word(rng)}ي"
    return f"{HEADS[kind]} {word(rng)} ال{word(rng)}ية" if rng.random() < 0.6 else f"ال{word(rng)} ال{word(rng)}ية"


def articles(count: int, known: Lexicon, rng: random.Random) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Texts of about 3,000 characters, each with 25 names in it; and the full names that must be found."""
    vocabulary = [word(rng, 1) for _ in range(3000)]
    for _ in range(count):
        said, planted = [], set()
        for entry in rng.choices(known.entries, k=MENTIONS):
            chosen = rng.choice((*entry.full, *entry.short, *entry.if_acting))
            if chosen in entry.full and entry.kind not in ("office", "person"):
                planted.add((entry.id, chosen.text))
            said += [rng.choice(vocabulary) + rng.choice(MARKS) for _ in range(LENGTH // MENTIONS // 8)]
            said.append(rng.choice(FRAMES).format(chosen.text))
        yield " ".join(said), planted


def measure(what: str, count: int) -> None:
    """Print CPU seconds, characters, mentions and peak resident memory (MiB) of one reading of `count` articles."""
    rng = random.Random(7)
    known = lexicon(rng)
    names = sorted({one.text for e in known.entries for one in (*e.full, *e.short, *e.if_acting)}, key=len)
    pattern = re.compile(rf"(?<!\w)[وفبكلس]{{0,2}}({'|'.join(map(re.escape, reversed(names)))})(?!\w)")
    start = time.process_time()
    finder = Finder(known)
    built = time.process_time() - start
    finder.find(" ".join(text for text, _ in articles(2, known, rng)))
    seconds, characters, mentions = 0.0, 0, 0
    for text, planted in articles(count, known, rng):
        characters += len(text)
        start = time.process_time()
        found = finder.find(text, published=PUBLISHED).mentions if what == "finder" else pattern.findall(text)
        seconds += time.process_time() - start
        mentions += len(found)
        missing = planted - {(mention.actor, mention.name) for mention in found} if what == "finder" else set()
        if missing:
            raise SystemExit(f"Not found: {missing}\n{text}")
    # Unlike ru_maxrss, this mark does not inherit the parent's.
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    result = {"seconds": seconds, "peak_mib": peak, "built": built}
    print(json.dumps({**result, "characters": characters / count, "mentions": mentions / count}))


def run(what: str, count: int) -> dict[str, float]:
    """Measure one reading in a process of its own."""
    command = [sys.executable, str(HERE / "bench.py"), "--measure", what, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def compare(repeats: int) -> dict[str, Any]:
    """1,000 articles in alternating processes: the medians, with all readings beside them."""
    runs: dict[str, list[dict[str, float]]] = {"finder": [], "regex": []}
    for turn in range(repeats):
        for what in ("finder", "regex") if turn % 2 else ("regex", "finder"):
            runs[what].append(run(what, 1000 if what == "finder" else 1000 // REGEX_SHARE))
    finder = [one["seconds"] for one in runs["finder"]]
    regex = [one["seconds"] * REGEX_SHARE for one in runs["regex"]]
    return {
        "characters_per_article": round(runs["finder"][0]["characters"]),
        "mentions_per_article": round(runs["finder"][0]["mentions"], 1),
        "build_seconds": round(statistics.median(one["built"] for one in runs["finder"]), 2),
        "finder_seconds_per_1000": [round(seconds, 3) for seconds in finder],
        "regex_seconds_per_1000": [round(seconds, 1) for seconds in regex],
        "time_ratio": round(statistics.median(finder) / statistics.median(regex), 5),
        "finder_peak_mib": round(max(one["peak_mib"] for one in runs["finder"]), 1),
    }


def main() -> None:
    """Measure and write metrics.json beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one reading of each, nothing written")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure[0], int(options.measure[1]))
    metrics = compare(1 if options.quick else 5)
    if not options.quick:
        metrics["finder_peak_mib_10000"] = round(run("finder", 10_000)["peak_mib"], 1)
        (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics, indent=2))
    return None


if __name__ == "__main__":
    main()
