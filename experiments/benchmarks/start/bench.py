"""How long `stance --help` takes, and `stance train` until its first epoch of one batch is over."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def help_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "stance", "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def first_step_seconds(folder: str) -> float:
    overrides = ["debug=fast", f"tracking.uri=sqlite:///{folder}/mlflow.db", f"runs={folder}/runs"]
    start = time.perf_counter()
    command = [sys.executable, "-u", "-m", "stance", "train", *overrides]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    found = next((time.perf_counter() - start for line in process.stdout if line.startswith("Fit 1 ")), float("nan"))
    process.kill()
    process.wait()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first_step_seconds(folder)  # warms the file cache and makes database and encoder
        figures = {
            "help_seconds": sorted(round(help_seconds(), 2) for _ in range(5)),
            "first_step_seconds": sorted(round(first_step_seconds(folder), 1) for _ in range(3)),
        }
    (HERE / "metrics.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
