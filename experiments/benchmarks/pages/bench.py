"""Time and memory of splitting pages into articles, against a naive regex over the same wordings.

Run: python experiments/benchmarks/pages/bench.py [--quick | --dates]
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
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

VARIANTS = 60
"""Different pages that a folder repeats."""

SEEN = date(2032, 3, 10)
DATES = {
    "15 سبتمبر، 2031": date(2031, 9, 15),
    "الإثنين ١٤ أغسطس ٢٠٢٣ - ١٢:٣٣ بتوقيت غرينتش": date(2023, 8, 14),
    "الجمعة، 11 يناير 2019 01:53 م": date(2019, 1, 11),
    "16 أيلول 2025": date(2025, 9, 16),
    "الإثنين، 28 نيسان/أبريل 2014": date(2014, 4, 28),
    "الخميس 05 فبراير 3:55 ص": date(2032, 2, 5),
    "22 أغسطس, 2011: 09:02 م": date(2011, 8, 22),
    "11-02-2024, 11:16": date(2024, 2, 11),
    "28th, October 2025 GMT": date(2025, 10, 28),
    "الأربعاء, فبراير 18, 2026": date(2026, 2, 18),
    "10 أبريل 2012 , 12:00ص": date(2012, 4, 10),
    "2024/12/17 الساعة 13:57": date(2024, 12, 17),
    "30 من أيلول 2015": date(2015, 9, 30),
    "5 كانون الثاني 2024": date(2024, 1, 5),
    "5 تشرين الاول 2024": date(2024, 10, 5),
    "5 شباط / فبراير 2024": date(2024, 2, 5),
    "12 جويلية 2024": date(2024, 7, 12),
    "3 غشت 2023": date(2023, 8, 3),
    "15 محرم 1446": date(2024, 7, 21),
    "٩ ذي الحجة ١٤٤٥ هـ": date(2024, 6, 15),
    "Saturday, July 5, 2014": date(2014, 7, 5),
    "منذ 3 ساعات": SEEN,
    "منذ يومين": date(2032, 3, 8),
    "أمس": date(2032, 3, 9),
    "أول أمس": date(2032, 3, 8),
    "الثلاثاء الماضي": date(2032, 3, 9),
}
"""Ways in which pages of the Arabic press write a day, and which day it is."""


def articles() -> list[tuple[str, str, str]]:
    """Title, outlet and text of the project's own articles."""
    tasks = json.loads((ROOT / "labels" / "corpus" / "export.json").read_text("utf-8"))
    return [(task["data"]["title"], task["data"]["source"], task["data"]["text"]) for task in tasks]


def page_of(rng: random.Random, known: list[tuple[str, str, str]]) -> str:
    """Two articles with what stands around them on an aggregator's page."""
    (title, outlet, text), (other, source, below), *links = rng.sample(known, 9)
    headlines = [link[0] for link in links]
    return "\n\n".join(
        [
            "الرئيسية\nسياسة\nرياضة",
            f"{title} | {outlet}",
            title,
            f"{rng.randint(1, 28)} آذار، 2032 - 12:{rng.randint(10, 59)}",
            "شارك\nفيسبوك\nتويتر\nواتساب",
            text,
            f"المصدر: {outlet}",
            "كلمات دلالية: خلدونيا فالوريا كاردانيا",
            "إقرأ أيضاً:",
            other,
            f"{rng.randint(1, 28)} شباط، 2032",
            below.replace("\n\n", f"\n\nاقرأ أيضا: {headlines[0]}\n\n", 1),
            f"المصدر: {source}",
            "مقالات مشابهة",
            "\n".join(f"  • {headline}" for headline in headlines),
            "اترك تعليقاً\n\nجميع الحقوق محفوظة © 2032",
        ]
    )


def generate(folder: Path, count: int) -> None:
    """Write `count` pages."""
    rng, known = random.Random(7), articles()
    pages = [page_of(rng, known) for _ in range(min(count, VARIANTS))]
    for number in range(count):
        (folder / f"{number:06}.txt").write_text(pages[number % len(pages)], "utf-8")


def naive(wordings: "re.Pattern[str]", page: str) -> list[str]:
    """What one would write first: drop lines with a wording in them, part where a short line stands above a date."""
    from stance.text.markers import fold

    kept = [line.strip() for line in page.splitlines() if line.strip() and not wordings.search(fold(line))]
    found: list[list[str]] = [[]]
    dated = re.compile(r"\d{1,2}\s+\w+،?\s+\d{4}|\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}")
    for line, below in zip(kept, [*kept[1:], ""], strict=True):
        if len(line) < 120 and len(below) < 60 and dated.search(below):
            found.append([])
        found[-1].append(line)
    return ["\n".join(lines) for lines in found if lines]


def all_wordings() -> "re.Pattern[str]":
    from stance.text.markers import default_markers, fold

    kinds = default_markers().kinds.values()
    wordings = {fold(words) for kind in kinds for words in (*kind.starts, *kind.anywhere)}
    lines = {fold(words) for kind in kinds for words in kind.lines}
    return re.compile("|".join(map(re.escape, wordings)) + "|^(?:" + "|".join(map(re.escape, lines)) + ")$")


def measure(what: str, folder: str) -> None:
    """Print seconds of processor time and peak resident memory (MiB) of one pass, in a process of its own."""
    from stance.text.page_files import read_pages
    from stance.text.pages import split_page

    wordings = all_wordings()
    split_page("عنوان\n\nنص قصير لا غير.")
    start = time.process_time()
    characters = documents = pages = 0
    for page in read_pages(folder):
        documents += len(split_page(page.text) if what == "stance" else naive(wordings, page.text))
        characters += len(page.text)
        pages += 1
    seconds = time.process_time() - start
    # Unlike ru_maxrss, this mark does not inherit the parent's.
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    if what == "stance" and documents != 2 * pages:
        raise SystemExit(f"{documents} documents on {pages} pages of two")
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "pages": pages, "characters": characters / pages}))


def run(what: str, folder: Path) -> dict[str, float]:
    """Measure one pass in a process of its own."""
    command = [sys.executable, str(HERE / "bench.py"), "--measure", what, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(count: int, repeats: int) -> dict[str, Any]:
    """Both ways over the same pages, alternating; the ratio is the median over the pairs, with all beside it.

    Without `repeats` the memory alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), count)
        if not repeats:
            return {"peak_mib": round(run("stance", Path(folder))["peak_mib"], 1)}
        pairs = []
        for turn in range(repeats):
            order = ("stance", "naive") if turn % 2 else ("naive", "stance")
            pairs.append({what: run(what, Path(folder)) for what in order})
    ratios = [pair["stance"]["seconds"] / pair["naive"]["seconds"] for pair in pairs]
    return {
        "characters": round(pairs[0]["stance"]["characters"]),
        "seconds": round(min(pair["stance"]["seconds"] for pair in pairs), 2),
        "naive_seconds": round(min(pair["naive"]["seconds"] for pair in pairs), 2),
        "time_ratio": round(statistics.median(ratios), 3),
        "time_ratios": [round(ratio, 3) for ratio in ratios],
        "peak_mib": round(max(pair["stance"]["peak_mib"] for pair in pairs), 1),
    }


def split_right() -> dict[str, int]:
    """On how many pages of tests/text/pages every document is right, or the number of documents at least."""
    from stance.text.pages import split_page
    from tests.text.pages_gold import PAGES, mistakes, read_gold

    wordings = all_wordings()
    golds = [read_gold(path) for path in PAGES]
    found = [split_page(gold.page, seen=gold.seen) for gold in golds]
    return {
        "pages": len(golds),
        "right": sum(not mistakes(gold, documents) for gold, documents in zip(golds, found, strict=True)),
        "naive_right_number": sum(len(naive(wordings, gold.page)) == len(gold.documents) for gold in golds),
    }


def dates() -> dict[str, Any]:
    """How many forms of dates are read right, here and by dateparser, which must be installed."""
    import datetime

    import dateparser

    from stance.text.dates import find_date

    base = datetime.datetime(SEEN.year, SEEN.month, SEEN.day)
    settings = {"RELATIVE_BASE": base, "DATE_ORDER": "DMY", "PREFER_DATES_FROM": "past"}

    def theirs(text: str) -> date | None:
        found = dateparser.parse(text, languages=["ar", "en"], settings=settings)
        return found.date() if found else None

    def ours(text: str) -> date | None:
        found = find_date(text, base=SEEN)
        return found.day if found else None

    result: dict[str, Any] = {"forms": len(DATES)}
    for name, reader in (("stance", ours), ("dateparser", theirs)):
        reader("1 مارس 2032")
        start = time.process_time()
        right = sum(reader(text) == day for text, day in DATES.items())
        result[name] = {"right": right, "ms_each": round((time.process_time() - start) / len(DATES) * 1000, 3)}
    return result


def main() -> None:
    """Measure and write metrics.json beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 pages only, nothing written")
    parser.add_argument("--dates", action="store_true", help="the forms of dates alone, against dateparser")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure(*options.measure)
    if options.dates:
        print(json.dumps(dates()))
        return None
    metrics: dict[str, Any] = {"split_right": split_right()}
    for count, repeats in ((1000, 5),) if options.quick else ((1000, 9), (10_000, 0)):
        metrics[str(count)] = compare(count, repeats)
        print(count, metrics[str(count)], flush=True)
    if not options.quick:
        (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    return None


if __name__ == "__main__":
    main()
