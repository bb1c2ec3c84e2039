"""Predictions for Mawqif's official test as StanceEval takes them: `ID,stance` with Favor, Against and None.

Run: stance predict --model MODEL data/mawqif.unlabelled.jsonl --output official.csv
     python experiments/008-mawqif/official.py official.csv experiments/008-mawqif/test_predictions.csv
"""

import csv
import sys

from stance.evaluation.predictions import read_predictions

PREFIX = "mawqif-"
EXPECTED = 619


def main(predictions: str, out: str) -> None:
    frame = read_predictions(predictions)
    numbers = [int(name.removeprefix(PREFIX)) for name in frame["document_id"]]
    if len(set(numbers)) != len(numbers) or len(numbers) != EXPECTED:
        raise SystemExit(f"Expected {EXPECTED} tweets, each once, found {len(numbers)} rows of {len(set(numbers))}.")
    with open(out, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ID", "stance"])
        rows.writerows(sorted(zip(numbers, (stance.capitalize() for stance in frame["stance"]), strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
