"""`stance label actors`: names in pages that no registry holds, offered as entries of one."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.commands.looking import looked, warn
from stance.commands.writing import write_text
from stance.errors import DataError
from stance.text.folding import Folded

_AROUND = 30


@dataclass
class Candidate:
    """A name as it is written most often, where it stands, and one place of it in its sentence."""

    spellings: Counter[str] = field(default_factory=Counter)
    documents: set[str] = field(default_factory=set)
    example: str = ""

    @property
    def name(self) -> str:
        """Its most frequent spelling."""
        return self.spellings.most_common(1)[0][0]

    @property
    def times(self) -> int:
        """How often it was found."""
        return self.spellings.total()


def offer_actors(
    inputs: Sequence[str], actors: str, *, tagger: str, seen: datetime.date | None, out: str | None
) -> int:
    """Print the names, the most frequent first, and write them to `out` as a registry to be completed by hand.

    Returns 1 where an input could not be read, else 0. Raises DataError where `out` exists and may be somebody's work.
    """
    if out is not None and Path(out).exists():
        raise DataError(f"{out}: expected a new file for the names found, found one that exists. Name another.")
    failures: list[DataError] = []
    found: dict[str, Candidate] = defaultdict(Candidate)
    for one in looked(inputs, actors, tagger=tagger, seen=seen, refused=failures.append):
        text = one.article.text
        for start, end in one.unregistered:
            candidate = found[Folded(text[start:end]).search]
            candidate.spellings[" ".join(text[start:end].split())] += 1
            candidate.documents.add(one.document_id)
            candidate.example = candidate.example or " ".join(text[max(0, start - _AROUND) : end + _AROUND].split())
    ranked = sorted(found.values(), key=lambda one: (-len(one.documents), -one.times, one.name))
    _show(ranked)
    if out is not None:
        write_text(out, _registry(ranked))
    return warn(failures)


def _show(ranked: Sequence[Candidate]) -> None:
    table = Table("name", "times", "articles", "for example", box=None, pad_edge=False)
    for one in ranked:
        table.add_row(Text(one.name), str(one.times), str(len(one.documents)), Text(f"…{one.example}…"))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(ranked)} names that the registry does not hold.")


def _registry(ranked: Sequence[Candidate]) -> str:
    import yaml

    entries = [
        {
            "id": f"new.{number}",
            "kind": "?",
            "name": {"ar": one.name},
            "names": sorted(set(one.spellings) - {one.name}),
        }
        for number, one in enumerate(ranked, start=1)
    ]
    head = (
        "# Names found in pages and held by no registry. Give each actor an id and a kind, join those that are one,\n"
        "# delete what is none, and move the rest into the registry.\n"
    )
    return head + yaml.safe_dump({"version": "0", "actors": entries}, allow_unicode=True, sort_keys=False)
