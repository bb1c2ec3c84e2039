"""`stance predict --actors-only` and `stance label actors`: the articles of pages and whom they name."""

import datetime
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.annotation.actor_names import lexicon
from stance.annotation.records import Document
from stance.annotation.registry import read_actors
from stance.errors import DataError
from stance.text.finder import Finder
from stance.text.mentions import Found
from stance.text.page_files import Page, read_pages
from stance.text.pages import PageDocument, split_page

if TYPE_CHECKING:
    from stance.models.tagger import ActorTagger

# Enough for the tagger to fill its batches, little enough to show the first articles soon.
_TOGETHER = 16
_ARABIC = range(0x0600, 0x0700)
Span = tuple[int, int]


@dataclass(frozen=True)
class Looked:
    """One article of a page with whom it names; `unregistered` are names that only the tagger found."""

    page: str
    article: PageDocument
    found: Found
    unregistered: tuple[Span, ...] = ()

    @property
    def document_id(self) -> str:
        """The page and the article's number on it."""
        return f"{self.page}#{self.article.number}"


def look(inputs: Sequence[str], actors: str, *, tagger: str | None, seen: datetime.date | None, as_json: bool) -> int:
    """Print every article of `inputs` with its mentions; returns 1 where an input could not be read, else 0."""
    console = Console(highlight=False)
    failures: list[DataError] = []
    for one in looked(inputs, actors, tagger=tagger, seen=seen, refused=failures.append):
        if as_json:
            print(json.dumps(record(one), ensure_ascii=False))
        else:
            _show(console, one)
    return warn(failures)


def warn(failures: Sequence[DataError]) -> int:
    """Say which inputs could not be read; returns the exit status."""
    for failure in failures:
        print(f"stance: passed over: {failure}", file=sys.stderr)
    return 1 if failures else 0


def record(one: Looked) -> dict[str, Any]:
    """An article as a line of prediction input, with why each mention counts and where it stands in the page."""
    article, mentions = one.article, one.found.mentions
    by_actor: dict[str, list[Span]] = {}
    for mention in mentions:
        by_actor.setdefault(mention.counts_to or mention.actor, []).append((mention.start, mention.end))
    return {
        "document_id": one.document_id,
        "page": one.page,
        "title": article.title or None,
        "published": article.published.isoformat() if article.published else None,
        "source": article.outlet,
        "text": article.text,
        "actors": [{"actor": actor, "mentions": spans} for actor, spans in by_actor.items()],
        "mentions": [
            {
                "start": mention.start,
                "end": mention.end,
                "text": article.text[mention.start : mention.end],
                "in_page": article.body.page_span(mention.start, mention.end),
                "actor": mention.actor,
                "counts_to": mention.counts_to,
                "name": mention.name,
                "why": mention.why,
            }
            for mention in mentions
        ],
        "ambiguous": [
            {"start": name.start, "end": name.end, "name": name.name, "actors": name.actors}
            for name in one.found.ambiguous
        ],
        "unregistered": [
            {"start": start, "end": end, "text": article.text[start:end]} for start, end in one.unregistered
        ],
    }


def looked(
    inputs: Sequence[str],
    actors: str,
    *,
    tagger: str | None,
    seen: datetime.date | None,
    refused: Callable[[DataError], None],
) -> Iterator[Looked]:
    """The articles of files, folders and `-` (standard input), with the actors of the registry `actors` found.

    `tagger` is a run or a folder that holds a tagger; what it finds beside them is kept apart. `seen` is the day the
    pages were scraped. What is no page is handed to `refused`.
    """
    finder = Finder(lexicon(read_actors(actors)))
    model = None if tagger is None else _load(tagger)
    sources: list[Any] = [sys.stdin.buffer if name == "-" else name for name in inputs]
    for batch in _batches(_articles(read_pages(sources, refused=refused), seen)):
        if model is not None:
            yield from _with_unregistered(batch, finder, model)
            continue
        for page, article in batch:
            yield Looked(page, article, finder.find(article.text, published=article.published))


def _articles(pages: Iterable[Page], seen: datetime.date | None) -> Iterator[tuple[str, PageDocument]]:
    for page in pages:
        for article in split_page(page.text, seen=seen):
            yield page.name, article


def _with_unregistered(
    batch: Sequence[tuple[str, PageDocument]], finder: Finder, tagger: "ActorTagger"
) -> Iterator[Looked]:
    """Names that the tagger finds where the registry knows none, outlets and ambiguous names included."""
    texts = [Document(str(number), str(number), article.text) for number, (_, article) in enumerate(batch)]
    for (page, article), spans in zip(batch, tagger.find(texts), strict=True):
        known = finder.find(article.text, published=article.published, outlets=True)
        taken = [(name.start, name.end) for name in known.mentions]
        taken += [(name.start, name.end) for name in known.ambiguous]
        new = tuple(span for span in spans if not any(span[0] < end and span[1] > start for start, end in taken))
        yield Looked(page, article, finder.find(article.text, published=article.published), new)


def _load(tagger: str) -> "ActorTagger":
    from stance.models.tagger import ActorTagger

    if not tagger.startswith("runs:/"):
        return ActorTagger.load(Path(tagger))
    from stance.commands.contenders import open_store
    from stance.commands.tagging import TAGGER
    from stance.tracking.finished import artifact, find_run

    client = open_store()
    run = find_run(client, tagger.removeprefix("runs:/"))
    with artifact(client, run.id, TAGGER) as folder:
        return ActorTagger.load(folder)


def _batches(articles: Iterable[tuple[str, PageDocument]]) -> Iterator[list[tuple[str, PageDocument]]]:
    batch: list[tuple[str, PageDocument]] = []
    for article in articles:
        batch.append(article)
        if len(batch) == _TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch


def _show(console: Console, one: Looked) -> None:
    article = one.article
    justify: Any = "right" if _is_right_to_left(article.text) else "left"
    facts = " · ".join(filter(None, [one.document_id, str(article.published or ""), article.outlet]))
    console.rule(style="dim")
    console.print(Text(facts, style="dim"), soft_wrap=True)
    if article.title:
        console.print(Text(article.title, style="bold", justify=justify))
    body = Text(article.text, justify=justify)
    for mention in one.found.mentions:
        body.stylize("bold cyan", mention.start, mention.end)
    for start, end in one.unregistered:
        body.stylize("bold yellow", start, end)
    console.print(body)
    console.print(_table(one))


def _table(one: Looked) -> Table:
    table = Table("at", "name", "actor", "why", box=None, pad_edge=False)
    rows = [
        (m.start, one.article.text[m.start : m.end], _actor(m.actor, m.counts_to), m.why.value)
        for m in one.found.mentions
    ]
    rows += [(a.start, a.name, " or ".join(a.actors), "ambiguous, left out") for a in one.found.ambiguous]
    rows += [(start, one.article.text[start:end], "?", "not in the registry") for start, end in one.unregistered]
    for start, *cells in sorted(rows):
        # As text, so that brackets in a name are no markup.
        table.add_row(str(start), *map(Text, cells))
    return table


def _actor(actor: str, counts_to: str | None) -> str:
    return actor if counts_to is None else f"{actor} → {counts_to}"


def _is_right_to_left(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(ord(character) in _ARABIC for character in letters) > len(letters)
