"""Alpha of issuepositions by how many coders a unit has, and by what is counted how.

Run: python experiments/004-agreement/by_coders.py data/issuepositions.json
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from stance.annotation.agreement_table import Table, tabulate
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.reliability import alpha, coincidences, figure, ordinal, resample, summed
from stance.annotation.votes import join_tasks
from stance.labels import ISSUEPOSITIONS

HERE = Path(__file__).parent


def read(export: str) -> Table:
    documents = read_export(export, label_set=ISSUEPOSITIONS, actors=None, targets=None, report=Report())
    return tabulate(join_tasks(documents, lambda document: None), ISSUEPOSITIONS)


def measured(counts: np.ndarray, page: np.ndarray) -> dict[str, Any]:
    """Alpha of some units, nominal and ordinal, with the intervals that the command gives too."""
    documents = summed(coincidences(counts), page)
    drawn = resample(documents)
    found: dict[str, Any] = {"units": len(counts), "votes": int(counts.sum()), "pages": len(documents)}
    found["all_agree"] = round(float(((counts > 0).sum(axis=1) == 1).mean()), 3)
    for name, statistic in (("nominal", alpha), ("ordinal", lambda matrices: alpha(matrices, ordinal))):
        one = figure(documents, drawn, len(counts), statistic)
        found[name] = [None if number is None else round(number, 3) for number in (one.value, one.low, one.high)]
    return found


def main() -> None:
    table = read(sys.argv[1])
    counts = np.zeros((len(table.unit_document), len(ISSUEPOSITIONS.classes)), int)
    np.add.at(counts, (table.vote_unit, table.vote_label), 1)
    coders, page = counts.sum(axis=1), table.page[table.unit_document]
    parts = {"all": coders > 1} | {f"{number} coders": coders == number for number in range(2, 8)}
    metrics: dict[str, Any] = {name: measured(counts[chosen], page[chosen]) for name, chosen in parts.items()}
    pairs = counts[:, :, None] * counts[:, None, :] - np.einsum("uk,kl->ukl", counts, np.eye(3, dtype=int))
    metrics["every pair counted alike"] = round(float(alpha(pairs.sum(axis=0).astype(float))), 3)
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    for name, found in metrics.items():
        print(name, found)


if __name__ == "__main__":
    main()
