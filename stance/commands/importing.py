"""`stance import`: a public data set as an export, with its targets beside it."""

from pathlib import Path

import msgspec
import yaml

from stance.annotation.importers import read_source
from stance.annotation.writer import write_export


def import_source(name: str, source: str, out: str) -> None:
    """Write the export `out` and `<out without ending>.targets.yaml`; raises StanceError for what a user can mend."""
    imported = read_source(name, Path(source))
    path = Path(out)
    count = write_export(path, imported.documents)
    targets = path.with_suffix(".targets.yaml")
    content = yaml.safe_dump(msgspec.to_builtins(imported.targets), allow_unicode=True, sort_keys=False)
    targets.write_text(content, "utf-8")
    statements = sum(len(a.statements) for document in imported.documents for a in document.annotations)
    print(f"{count} documents with {statements} statements written to {path}, {len(imported.targets.targets)} targets")
    print(f"to {targets}. Label set: {imported.label_set}. Train on it: stance train experiment={name}")
