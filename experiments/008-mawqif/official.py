"""Predictions for Mawqif's official test as StanceEval takes them: `ID,stance` with Favor, Against and None.

Several files are answers of several networks, which count together by the mean of their probabilities.

Run: stance predict --model MODEL data/mawqif.unlabelled.jsonl --output official.csv
     python experiments/008-mawqif/official.py official.csv [official-2.csv …] test_predictions.csv
"""

import csv
import sys
from typing import TYPE_CHECKING

from stance.errors import DataError
from stance.evaluation.predictions import PROBABILITY, read_predictions

if TYPE_CHECKING:
    import pandas

PREFIX = "mawqif-"
EXPECTED = 619


def main(out: str, *predictions: str) -> None:
    """Write `out` from the files `predictions`."""
    frames = [_probabilities(path) for path in predictions]
    mean = sum(frames[1:], frames[0]) / len(frames)
    chosen = mean.idxmax(axis=1).str.removeprefix(PROBABILITY).str.capitalize()
    with open(out, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ID", "stance"])
        rows.writerows(sorted(zip(chosen.index, chosen, strict=True)))


def _probabilities(path: str) -> "pandas.DataFrame":
    """A row a tweet, by its number, with the probability of each class."""
    frame = read_predictions(path)
    frame.index = [int(name.removeprefix(PREFIX)) for name in frame["document_id"]]
    if not frame.index.is_unique or len(frame) != EXPECTED:
        raise SystemExit(f"{path}: expected {EXPECTED} tweets, each once, found {len(frame)} rows.")
    return frame.filter(regex=f"^{PROBABILITY}").sort_index()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    try:
        main(sys.argv[-1], *sys.argv[1:-1])
    except (DataError, OSError) as error:
        raise SystemExit(str(error)) from None
