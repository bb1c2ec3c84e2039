"""The Arabic fact-checking and stance corpus (UnifiedFC): what articles say to claims on Syria, after Baly et al. 2018.

Paper: https://aclanthology.org/N18-2004. The folder holds `dataset/<claim>.json` (a claim, its articles, the stance of
each and its rationale) and `train_test_splits.txt`, five folds of claims.

An article is a document and the claim its target, worded as the claim is, since the question is what the article says
to it; the actor is the reserved `author`, for it is the article that agrees. An article that was found for several
claims is a document of each. The lines that an article's rationale names, counted from 0, become statements; where
there is none (all that discuss or are unrelated), the stance is a choice for the whole text. There is one label a pair,
so there is one annotator.

The part of a document is its fold, `fold-1` to `fold-5`, so that `split=official` tests each fold of claims once. Other
splits keep copies of an article together, but not the articles of a claim: since one article was found for many claims,
claims as pages would hang nearly half of the corpus together. Two claims of the same wording are one target. A
document's source is the host of its address.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from stance.annotation.importers.source import (
    Imported,
    Row,
    RowError,
    Source,
    chosen,
    one_line,
    text_of,
    whole_text,
    with_statements,
)
from stance.annotation.records import Document, Statement
from stance.annotation.registry import Target, TargetRegistry
from stance.errors import DataError
from stance.labels import AUTHOR, UNIFIEDFC

HOLDS = "dataset/<claim>.json and train_test_splits.txt"
_FOLDS = "train_test_splits.txt"
_STANCES = {name: name for name in UNIFIEDFC.classes}
_LISTS = ("article", "url", "stance", "rationale")


class _Claim(NamedTuple):
    """A claim's id, the target of the same wording, and the fold it is in."""

    id: str
    target: str
    fold: str | None


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    folds = _folds(source)
    files = sorted(path.relative_to(source.folder) for path in source.folder.glob("dataset/*.json"))
    if not files:
        raise DataError(f"{source.folder / 'dataset'}: expected files <claim>.json, found none.")
    documents: list[Document] = []
    worded: dict[str, str] = {}
    for file in files:
        claim, rows = _claim(source, str(file))
        target = worded.setdefault(one_line(claim["claim"]), claim["id"])
        about = _Claim(claim["id"], target, folds.get(claim["id"]))
        documents += source.each(str(file), rows, partial(_document, source, about))
    targets = tuple(Target(name, {"ar": wording}, {}) for wording, name in worded.items())
    return Imported(documents, TargetRegistry(targets), UNIFIEDFC.id, not_kept=("fact",))


def _folds(source: Source) -> dict[str, str]:
    """The part of each claim, by its id."""
    parts: dict[str, str] = {}
    for number, line in enumerate(source.text(_FOLDS).splitlines(), 1):
        name, _, claims = line.partition(":")
        fold = re.fullmatch(r"Fold_(\d+)", name.strip())
        place = f"{source.folder / _FOLDS}, line {number}"
        if fold is None:
            raise DataError(f"{place}: expected Fold_<number>: and the ids of claims, found {line[:40]!r}.")
        for claim in claims.split():
            if claim in parts:
                raise DataError(f"{place}: expected each claim in one fold, found {claim} again.")
            parts[claim] = f"fold-{fold[1]}"
    return parts


def _claim(source: Source, name: str) -> tuple[dict[str, Any], Iterator[Row]]:
    """A claim's file, and a row per article of it; raises DataError where the file's lists do not belong together."""
    claim = source.json(name)
    texts = [claim.get(key) if isinstance(claim, dict) else None for key in ("id", "claim")]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise DataError(f"{source.folder / name}: expected a claim with an id and its text, found none.")
    columns = [claim.get(key) for key in _LISTS]
    if not all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        raise DataError(f"{source.folder / name}: expected {', '.join(_LISTS)} of one length, found others.")
    rows = zip(*columns, strict=True)
    return claim, (Row(number, f"article {number}", row) for number, row in enumerate(rows, 1))


def _document(source: Source, claim: _Claim, row: Row) -> Document:
    article, url, found, rationale = row.fields
    if claim.fold is None:
        raise RowError(f"claim {claim.id} in a fold of {_FOLDS}", "it in none")
    text, stance = text_of(article), chosen(_STANCES, found, "a stance")
    spans = _rationale(text, rationale)
    host = urlsplit(text_of(url, "an address")).hostname
    name = source.new_id(f"unifiedfc-{claim.id}-{row.number}")
    document = Document(
        name,
        name,
        text,
        url=url,
        source=host.removeprefix("www.") if host else None,
        language="ar",
        target=claim.target,
        split=claim.fold,
    )
    if not spans:
        return whole_text(document, stance)
    return with_statements(
        document, (Statement(f"s{number}", *span, AUTHOR, stance) for number, span in enumerate(spans))
    )


def _rationale(text: str, found: Any) -> list[tuple[int, int]]:
    """Where the lines stand that a rationale such as "[3, 4]" names, without the spaces around them."""
    if found == "":
        return []
    lines = text.split("\n")
    expected = f"a rationale such as [0, 1], of lines below {len(lines)} with text in them"
    try:
        numbers = json.loads(found)
    except (TypeError, ValueError):
        raise RowError(expected, repr(found)) from None
    if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < len(lines) for n in numbers):
        raise RowError(expected, repr(found))
    spans = []
    for number in sorted(set(numbers)):
        start = sum(len(line) + 1 for line in lines[:number])
        line = lines[number]
        if not line.strip():
            raise RowError(expected, repr(found))
        spans.append((start + len(line) - len(line.lstrip()), start + len(line.rstrip())))
    return spans
