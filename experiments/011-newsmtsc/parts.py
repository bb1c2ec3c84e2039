"""macro-F1 of each stored model on the two published parts apart: as found in the news (rw), several targets (mt).

Run: python experiments/011-newsmtsc/parts.py
"""

from pathlib import Path

from stance.evaluation.intervals import intervals
from stance.evaluation.scored_file import read_scored

# The same rows, asked about whom they mark, and about nobody.
FOLDERS = [Path(__file__).parent / name for name in ("predictions", "untold")]


def main() -> None:
    print("| model | " + " | ".join(f"{part}, n | macro_f1 in {part}" for part in ("rw", "mt")) + " |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for path in [path for folder in FOLDERS for path in sorted(folder.glob("*.parquet"))]:
        scored = read_scored(path)
        cells = [f"{path.parent.name}/{path.stem}"]
        for part in ("rw", "mt"):
            chosen = [i for i, name in enumerate(scored.documents) if name.startswith(f"newsmtsc-{part}-")]
            found = intervals(scored.take(chosen))["macro_f1"]
            cells += [str(len(chosen)), f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}]"]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
