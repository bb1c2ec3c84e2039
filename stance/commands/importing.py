"""`stance import`: a public data set as an export, with its targets beside it."""

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import yaml

from stance.annotation.importers import Imported, read_source
from stance.annotation.records import Document
from stance.annotation.writer import write_export
from stance.commands.writing import write_text, writing
from stance.labels import AUTHOR, label_set

SHOWN = 20


def import_source(name: str, source: str, out: str) -> None:
    """Write the export `out`, `<out without ending>.targets.yaml`, and what else the data set holds, beside them.

    Further labels of the same texts become exports of their own, texts without label JSON Lines to be predicted. Raises
    StanceError for what a user can mend.
    """
    imported, given = read_source(name, Path(source))
    path = Path(out)
    _write(path, imported)
    for kind, other in imported.beside.items():
        _write(path.with_suffix(f".{kind}{path.suffix}"), other)
    if imported.unlabelled:
        unlabelled = path.with_suffix(".unlabelled.jsonl")
        with writing(unlabelled) as file:
            file.write_bytes(b"".join(map(_line, imported.unlabelled)))
        print(f"{unlabelled}: {len(imported.unlabelled)} documents without label, to be predicted")
    if imported.not_kept:
        print(f"Not imported, since records have no place for it: {', '.join(imported.not_kept)}")
    print(f"Train on it: stance train experiment={name}")
    for problem in given.problems[:SHOWN]:
        print(problem, file=sys.stderr)
    if len(given.problems) > SHOWN:
        print(f"… and {len(given.problems) - SHOWN} more.", file=sys.stderr)
    left_out = len(given.problems)
    print(f"{given.read} rows read, {given.read - left_out} imported, {left_out} left out")


def _write(path: Path, imported: Imported) -> None:
    """An export with its targets beside it."""
    from stance.data.examples import build_dataset

    with writing(path):
        count = write_export(path, imported.documents)
    targets = path.with_suffix(".targets.yaml")
    content = yaml.safe_dump(msgspec.to_builtins(imported.targets), allow_unicode=True, sort_keys=False, width=1000)
    write_text(targets, content)
    labels = label_set(imported.label_set)
    examples = build_dataset(imported.documents, labels).examples
    shares = _counted((example.label for example in examples), labels.classes)
    print(f"{path}: {count} documents with {len(examples)} examples ({shares}) of label set {labels.id};")
    print(f"  {len(imported.targets.targets)} targets in {targets}")


def _counted(labels: Iterable[str], classes: Iterable[str]) -> str:
    found = list(labels)
    return ", ".join(f"{found.count(name)} {name}" for name in classes)


def _line(document: Document) -> bytes:
    """A document as `stance predict` reads it, its author to be judged."""
    fields = {name: getattr(document, name) for name in ("document_id", "text", "target", "language")}
    return msgspec.json.encode({**fields, "actors": [{"actor": AUTHOR, "mentions": []}]}) + b"\n"
