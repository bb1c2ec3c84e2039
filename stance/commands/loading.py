"""A stored model by its address, ready to judge articles: what `stance predict` and Python programs use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from stance.annotation.document_lines import DocumentLine
from stance.annotation.inputs import Given, addressed, of_line
from stance.data.cache import key_of
from stance.errors import DataError
from stance.tracking.code_version import code_version

if TYPE_CHECKING:
    import pandas

    from stance.models.parts import Part
    from stance.models.predictor import Article, StancePredictor

Documents = Sequence[str | Mapping[str, Any]]


@dataclass(frozen=True)
class ModelAddress:
    """Where a model is, and what it is used with; `actors` and `targets` None: the registries stored with it.

    `relevant` reads only sentences that name an actor.
    """

    uri: str
    actors: str | None = None
    targets: str | None = None
    relevant: bool = False

    def load(self) -> "LoadedModel":
        """Read it; raises StanceError where something is missing."""
        from stance.commands.contenders import open_store
        from stance.labelling.predictors import load_predictor

        client = open_store() if self.uri.startswith(("models:/", "runs:/")) else None
        options = {name: value for name, value in asdict(self).items() if name != "uri"}
        predictor, version = load_predictor(self.uri, client, **options)
        predictor.name = version
        return LoadedModel(predictor, self)


class LoadedModel:
    """A model in memory. `version` is its name and version, as predictions carry it."""

    def __init__(self, predictor: "StancePredictor", address: ModelAddress):
        self.predictor, self.address, self.version = predictor, address, predictor.name

    def about(self) -> dict[str, str]:
        """What shapes a prediction beside the article, in words."""
        registries = [msgspec.to_builtins(self.predictor.actors), msgspec.to_builtins(self.predictor.model.targets)]
        return {
            "model": self.version,
            "registries": key_of(registries)[:16],
            "windows": "relevant" if self.address.relevant else "all",
            "code": code_version(),
        }

    def articles(self, found: Iterable[Given], target: str | None, refused: Any) -> "Iterator[Article]":
        """The articles of `found` to be judged, each on its target, or on `target`; see `addressed`."""
        known = self.predictor.model.targets.ids()
        target = target or (next(iter(known)) if len(known) == 1 else None)
        return map(_article, addressed(found, target=target, targets=frozenset(known), refused=refused))

    def predict(self, documents: Documents, *, target: str | None = None) -> "pandas.DataFrame":
        """A row per (document, actor, target), the columns those of a predictions file.

        `documents` are texts, named by their number from 0, or dictionaries with the fields of prediction input:
        document_id, text, and where known title, published, source, language, target, actors. `target` is that of
        documents that name none. Raises DataError for what cannot be judged.
        """
        from stance.models.parts import parted, predict_part
        from stance.models.rows import prediction_frame

        given = (of_line(_line(number, document)) for number, document in enumerate(documents))
        parts = [predict_part(self.predictor, part) for part in parted(self.articles(given, target, _refuse))]
        sketches = b"".join(part.sketches for part in parts)
        clusters = iter(cluster_names(sketches, [name for part in parts for name in part_ids(part)]))
        rows = [row for part in parts for row in clustered(part, clusters)]
        return prediction_frame(rows, self.predictor.model.labels)


def part_ids(part: "Part") -> list[str]:
    """The document ids of a part's articles."""
    return [article["document_id"] for article in part.articles]


def cluster_names(sketches: bytes | bytearray, ids: Sequence[str]) -> list[str]:
    """Per document, in the order of `ids` and their `sketches`, the id of the first document of its story."""
    from stance.data.sketches import PERMUTATIONS, cluster_sketches

    rows = np.frombuffer(sketches, dtype=np.uint32).reshape(-1, PERMUTATIONS)
    return [ids[first] for first in cluster_sketches(rows).tolist()]


def clustered(part: "Part", clusters: Iterator[str]) -> Iterator[dict[str, Any]]:
    """A part's rows; `clusters` names the story of each article that comes."""
    for rows in part.rows:
        name = next(clusters)
        for row in rows:
            yield {**row, "cluster": name}


def _refuse(error: DataError) -> None:
    raise error


def _line(number: int, document: str | Mapping[str, Any]) -> DocumentLine:
    fields = {"document_id": str(number), "text": document} if isinstance(document, str) else dict(document)
    try:
        return msgspec.convert(fields, DocumentLine)
    except msgspec.ValidationError as error:
        raise DataError(
            f'Document {number}: expected a text, or {{"document_id": "1", "text": "…"}}, found {error}.'
        ) from None


def _article(given: Given) -> "Article":
    from stance.models.predictor import Article, ArticleActor

    document = given.document
    fields = ("document_id", "text", "title", "published", "source", "target", "page", "language")
    actors = None
    if given.actors is not None:
        actors = tuple(ArticleActor(actor.actor, actor.mentions) for actor in given.actors)
    return Article(**{name: getattr(document, name) for name in fields}, actors=actors)
