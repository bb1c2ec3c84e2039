"""Reads the pages of tests/text/pages with their answers, and says of each document whether it was split right."""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from stance.text.pages import PageDocument

PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))
_ASIDE = re.compile("⟦.*?⟧")


@dataclass
class Gold:
    title: str = ""
    lines: list[str] = field(default_factory=list)
    published: date | None = None
    outlet: str | None = None

    @property
    def text(self) -> str:
        return squeezed(" ".join(self.lines))


@dataclass
class GoldPage:
    page: str
    documents: list[Gold]
    seen: date | None = None


def squeezed(text: str) -> str:
    return " ".join(text.split())


def read_gold(path: Path) -> GoldPage:
    found: dict[int, Gold] = {}
    lines, seen, ending = [], None, "\n"
    for line in path.read_text("utf-8").split("\n"):
        if line.startswith("#!"):
            what = line[2:].split(maxsplit=2)
            if what[0] == "seen":
                seen = date.fromisoformat(what[1])
            elif what[0] == "lines":
                ending = "\r\n"
            else:
                document = found.setdefault(int(what[0]), Gold())
                setattr(document, what[1], date.fromisoformat(what[2]) if what[1] == "published" else what[2])
            continue
        if not line:
            continue
        tag, mark, rest = line[0], line[1], line[2:]
        lines.append(rest.replace("⟦", "").replace("⟧", ""))
        if tag != "-":
            document = found.setdefault(int(tag), Gold())
            if mark == "=":
                document.title = squeezed(_ASIDE.sub("", rest))
            else:
                document.lines.append(_ASIDE.sub("", rest))
    return GoldPage(ending.join(lines), [found[number] for number in sorted(found)], seen)


def mistakes(gold: GoldPage, documents: list[PageDocument]) -> list[str]:
    """What is wrong with the documents of a page; nothing where all are split right."""
    wrong = []
    if len(gold.documents) != len(documents):
        wrong.append(f"{len(documents)} documents instead of {len(gold.documents)}")
    for number, (expected, found) in enumerate(zip(gold.documents, documents, strict=False), 1):
        for name, left, right in (
            ("title", expected.title, found.title),
            ("published", expected.published, found.published),
            ("outlet", expected.outlet, found.outlet),
            ("text", expected.text, squeezed(found.text)),
        ):
            if left != right:
                wrong.append(f"{name} of {number}: {right!r} instead of {left!r}")
    return wrong
