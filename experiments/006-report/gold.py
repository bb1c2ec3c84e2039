"""The gold labels of the project's own articles as a predictions file, so that a report can be looked at.

Run: python experiments/006-report/gold.py FOLDER. Writes stances.parquet and documents.jsonl there.
"""

import sys
from pathlib import Path

import pandas

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.data.examples import build_dataset
from stance.data.near_duplicates import cluster, near_duplicate_pairs
from stance.evaluation.documents_file import COLUMNS, write_documents
from stance.evaluation.predictions import write_predictions
from stance.labels import MAIN, Channel

ROOT = Path(__file__).parents[2]


def main(folder: Path) -> None:
    export = ROOT / "labels" / "corpus" / "export.json"
    documents = list(read_export(export, label_set=MAIN, actors=None, targets=None, report=Report()))
    dataset = build_dataset(documents, MAIN)
    texts = {name: document.text for name, document in dataset.documents.items()}
    clusters = cluster(texts, near_duplicate_pairs(texts))
    rows = []
    for example in dataset.examples:
        document = dataset.documents[example.document_id]
        said = [
            {"start": one.start, "end": one.end, "text": document.text[one.start : one.end]}
            | {"stance": one.stance, "channel": str(one.channel), "p": 1.0}
            for one in example.statements
        ]
        facts = {name: getattr(document, name) for name in ("document_id", "title", "published", "source", "page")}
        channels = {f"stance_{name}": held for name, held in zip(Channel, example.channels, strict=True)}
        judged = {"actor": example.actor, "target": example.target, "stance": example.label, "abstained": False}
        shares = {f"p_{name}": share for name, share in zip(MAIN.classes, example.soft, strict=True)}
        spans = {"mentions": [list(span) for span in example.mentions], "evidence": said}
        found = {"cluster": clusters.get(example.document_id), "model": "gold labels"}
        rows.append(facts | judged | shares | channels | spans | found)
    write_predictions(pandas.DataFrame(rows), folder / "stances.parquet")
    articles = [{name: getattr(document, name) for name in COLUMNS} for document in dataset.documents.values()]
    write_documents([articles], folder / "documents.jsonl")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
