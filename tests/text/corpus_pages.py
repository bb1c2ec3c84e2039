"""Reads labels/corpus/pages with their answers, and measures how well they are split.

Run: python -m tests.text.corpus_pages [--misses]
"""

import html
import re
import sys
from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import yaml

from stance.text.page_files import read_pages
from stance.text.pages import PageDocument, split_page
from tests.text.pages_gold import squeezed

FOLDER = Path(__file__).parents[2] / "labels" / "corpus" / "pages"
_TAG = re.compile(r"<[^>]*>")


@dataclass
class GoldDocument:
    """One document of a page, as gold.yaml has it; `parts` are the pieces of its text, as a reader sees them."""

    document_id: str
    title: str
    published: date | None
    outlet: str | None
    edited: bool
    parts: list[str]

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.parts))


@dataclass
class GoldPage:
    path: Path
    site: str
    source: str
    seen: date | None
    spans: list[tuple[int, int]]
    documents: list[GoldDocument]


@dataclass
class Right:
    """Which facts of a document were found as the page has them."""

    title: bool
    published: bool
    outlet: bool
    text: bool

    @property
    def all(self) -> bool:
        return self.title and self.published and self.outlet and self.text


FACTS = [field.name for field in fields(Right)]


def read_gold() -> list[GoldPage]:
    """The pages in the order of gold.yaml."""
    return [_page(entry) for entry in yaml.safe_load((FOLDER / "gold.yaml").read_text("utf-8"))]


def _page(entry: dict) -> GoldPage:
    path = FOLDER / entry["file"]
    source = path.read_bytes().decode("utf-8")
    spans = [(start, end) for document in entry["documents"] for start, end in document["text"]]
    documents = []
    for told in entry["documents"]:
        parts = [source[start:end] for start, end in told.pop("text")]
        if path.suffix == ".html":
            parts = [html.unescape(_TAG.sub("", part)) for part in parts]
        documents.append(GoldDocument(**{"edited": False, **told}, parts=parts))
    return GoldPage(path, entry["site"], source, entry.get("seen"), spans, documents)


def split(gold: GoldPage) -> list[PageDocument]:
    (page,) = read_pages(gold.path)
    return split_page(page.text, seen=gold.seen)


def paired(gold: GoldPage, found: list[PageDocument]) -> list[tuple[GoldDocument, PageDocument | None]]:
    """Each document of the answer with the one found that shares the most words with it; none is taken twice."""
    left = list(found)
    pairs: list[tuple[GoldDocument, PageDocument | None]] = []
    for document in gold.documents:
        words = Counter(document.text.split())
        best = max(left, key=lambda one: (words & Counter(one.text.split())).total(), default=None)
        if best is not None and 2 * (words & Counter(best.text.split())).total() < words.total():
            best = None
        if best is not None:
            left.remove(best)
        pairs.append((document, best))
    return pairs


def judged(gold: GoldDocument, found: PageDocument | None) -> Right:
    """What is right of a document; nothing of one that was not found."""
    if found is None:
        return Right(False, False, False, False)
    return Right(
        title=gold.title == found.title,
        published=gold.published == found.published,
        outlet=gold.outlet == found.outlet,
        text=gold.text == squeezed(found.text),
    )


def measured() -> dict[str, int]:
    """Documents right in each fact and in all, and pages with the right number of documents."""
    pages = [(gold, split(gold)) for gold in read_gold()]
    rights = [judged(*pair) for gold, found in pages for pair in paired(gold, found)]
    counts = {name: sum(getattr(right, name) for right in rights) for name in (*FACTS, "all")}
    number = sum(len(gold.documents) == len(found) for gold, found in pages)
    return {"documents": len(rights), **counts, "pages": len(pages), "number": number}


def misses() -> list[str]:
    """What is wrong, for whoever mends it."""
    told = []
    for gold in read_gold():
        found = split(gold)
        if len(found) != len(gold.documents):
            told.append(f"{gold.path.name}: {len(found)} documents instead of {len(gold.documents)}")
        for expected, one in paired(gold, found):
            for name in FACTS:
                if not getattr(judged(expected, one), name):
                    wanted, got = getattr(expected, name), getattr(one, name, None)
                    told.append(f"{gold.path.name} {expected.document_id} {name}: {_difference(wanted, got)}")
    return told


def _difference(wanted: object, got: object) -> str:
    if not isinstance(wanted, str) or not isinstance(got, str) or len(wanted) < 200:
        return f"{got!r} instead of {wanted!r}"
    ours, theirs = wanted.split(), got.split()
    missing, extra = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    return f"missing {' '.join(missing)[:300]!r}, extra {' '.join(extra)[:300]!r}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(misses() if "--misses" in sys.argv else [str(measured())]) + "\n")
