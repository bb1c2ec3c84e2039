"""A stored network as an analyst uses it: articles in, rows of the predictions file out."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stance.annotation.actor_names import lexicon
from stance.annotation.records import Document
from stance.annotation.registry import STORED_ACTORS, STORED_TARGETS, ActorRegistry, read_actors, read_targets
from stance.data.examples import Dataset, Example
from stance.errors import DataError
from stance.models.actor_network import ActorNetworkModel
from stance.models.rows import prediction_frame, prediction_rows, unlabelled
from stance.text.dates import find_date
from stance.text.finder import Finder

if TYPE_CHECKING:
    import pandas


class ArticleActor(msgspec.Struct, frozen=True):
    """An actor to judge; `mentions` None: looked for in the text by the names the registry knows."""

    actor: str
    mentions: tuple[tuple[int, int], ...] | None = None


class Article(msgspec.Struct, frozen=True):
    """A text to read; `actors` None: every actor of the registry that the text names.

    `target` may be left out where the registry of targets has a single one, `language` where the text is Arabic or the
    target is worded in one language.
    """

    document_id: str
    text: str
    title: str | None = None
    published: str | None = None
    source: str | None = None
    target: str | None = None
    page: str | None = None
    language: str | None = None
    actors: tuple[ArticleActor, ...] | None = None


class StancePredictor:
    """A trained network with the registries it was trained beside."""

    def __init__(self, model: ActorNetworkModel, actors: ActorRegistry, *, name: str):
        self.model, self.actors, self.name = model, actors, name
        self.finder = Finder(lexicon(actors))

    @classmethod
    def load(
        cls, folder: Path, *, actors: str | None = None, targets: str | None = None, relevant: bool = False
    ) -> "StancePredictor":
        """Read a stored network, with the registries stored beside it (see `add_registries`) or those in the files
        `actors` and `targets`; raises DataError where one is missing.

        `relevant` reads, of an article, only the sentences that name an actor: quicker, and less is known.
        """
        kept = folder / STORED_ACTORS
        found = read_actors(actors or kept) if actors or kept.exists() else ActorRegistry(())
        model = ActorNetworkModel.load(folder, read_targets(targets or folder / STORED_TARGETS))
        model.reader.relevant = relevant
        return cls(model, found, name=model.name)

    def predict(self, articles: Sequence[Article]) -> "pandas.DataFrame":
        """A row per (article, actor), in the order given; raises DataError for an article that cannot be read."""
        return prediction_frame(self.rows(articles), self.model.labels)

    def rows(self, articles: Sequence[Article]) -> list[dict[str, Any]]:
        """What `predict` gives, as plain data."""
        documents, examples = {}, []
        for article in articles:
            document = self._document(article)
            if document.document_id in documents:
                raise DataError(f"Expected distinct document ids, found {document.document_id!r} twice.")
            documents[document.document_id] = document
            examples += self._examples(article, document)
        dataset = Dataset(self.model.labels, documents, tuple(examples), digest="")
        prediction = self.model.predict(dataset)
        return prediction_rows(
            dataset,
            probabilities=prediction.probabilities,
            channels=prediction.channels,
            evidence={example.id: found for example, found in zip(examples, prediction.evidence, strict=True)},
            clusters={},
            model=self.name,
        )

    def _document(self, article: Article) -> Document:
        if not article.text.strip():
            raise DataError(f"Article {article.document_id!r}: expected a text, found none.")
        known = self.model.targets.ids()
        target = article.target or (next(iter(known)) if len(known) == 1 else None)
        if target not in known:
            raise DataError(
                f"Article {article.document_id!r}: expected a target among {', '.join(sorted(known))}, "
                f"found {article.target!r}."
            )
        return Document(
            document_id=article.document_id,
            task_id=article.document_id,
            text=article.text,
            title=article.title,
            published=article.published,
            source=article.source,
            target=target,
            page=article.page,
            language=article.language or self._language(article.text),
        )

    def _examples(self, article: Article, document: Document) -> list[Example]:
        found = self._mentions(article)
        wanted = article.actors
        if wanted is None:
            wanted = tuple(ArticleActor(actor) for actor in found)
        examples = []
        for asked in wanted:
            mentions = tuple(found.get(asked.actor, ())) if asked.mentions is None else asked.mentions
            for start, end in mentions:
                if not 0 <= start < end <= len(article.text):
                    raise DataError(
                        f"Article {article.document_id!r}, actor {asked.actor!r}: expected mentions within the text "
                        f"of {len(article.text)} characters, found [{start}, {end}]."
                    )
            # Whoever is named, asked about or not, may hold what is said.
            rivals = tuple((actor, tuple(spans)) for actor, spans in sorted(found.items()) if actor != asked.actor)
            pair = (document.document_id, asked.actor, str(document.target))
            examples.append(unlabelled(pair, self.model.labels, mentions=tuple(mentions), rivals=rivals))
        return examples

    def _mentions(self, article: Article) -> dict[str, list[tuple[int, int]]]:
        """Where the text names whom, in its order; spokesmen and vacant offices count to their bodies."""
        published = find_date(article.published) if article.published else None
        found: dict[str, list[tuple[int, int]]] = {}
        for mention in self.finder.find(article.text, published=published.day if published else None).mentions:
            found.setdefault(mention.counts_to or mention.actor, []).append((mention.start, mention.end))
        return found

    @staticmethod
    def _language(text: str) -> str | None:
        # The target's wording is put before the text in the text's own language.
        return "ar" if any("\u0600" <= character <= "\u06ff" for character in text) else None


def add_registries(folder: Path, *, targets: Path, actors: str | None) -> None:
    """Put the registries beside a stored network: with them `StancePredictor.load` needs nothing else."""
    shutil.copyfile(targets, folder / STORED_TARGETS)
    if actors is not None:
        shutil.copyfile(actors, folder / STORED_ACTORS)
