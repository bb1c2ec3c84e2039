"""Time, memory and size of `stance report` on generated predictions, and how fast a browser opens the page.

Run: python experiments/benchmarks/report/bench.py [--stances 100000]; the browser is driven by Label Studio's
environment (make test-label-studio), which has playwright.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from invented import write_articles, write_registries

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BROWSER = ROOT / ".venv-label-studio" / "bin" / "python"


def build(folder: Path, *more: str) -> dict[str, float]:
    """Seconds and MiB of one `stance report` in a process of its own."""
    registries = ["--actors", str(folder / "actors.yaml"), "--targets", str(folder / "targets.yaml")]
    command = [sys.executable, "-m", "stance", "report", str(folder / "stances.jsonl"), *registries]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run([*command, "--out", str(folder / "report.html"), *more], check=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "processor_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_MiB": round(after.ru_maxrss / 1024),
        "page_MB": round((folder / "report.html").stat().st_size / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stances", type=int, default=100_000)
    stances = parser.parse_args().stances
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_registries(folder)
        write_articles(folder, stances)
        found: dict = {"stances": stances}
        found["build"] = build(folder, "--documents", str(folder / "documents.jsonl"))
        opened = subprocess.run(
            [str(BROWSER), str(HERE / "opening.py"), str(folder / "report.html")], capture_output=True, text=True
        )
        if opened.returncode:
            sys.exit(opened.stderr)
        found["browser_ms"] = {name: median(times) for name, times in json.loads(opened.stdout).items()}
        found["build_with_tables"] = build(
            folder, "--tables", str(folder / "tables"), "--graph", str(folder / "graph.graphml")
        )
    print(json.dumps(found, indent=2))
    (HERE / f"metrics-{stances}.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
