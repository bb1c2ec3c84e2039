"""Actors found and stances predicted, as the one prediction of a task that an annotator starts from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from stance.annotation.actor_names import lexicon
from stance.annotation.document_lines import GivenActor
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import ActorRegistry
from stance.data.cache import key_of, sources
from stance.errors import ConfigurationError
from stance.labelling.arrivals import Arrival
from stance.labels import MAIN, Channel
from stance.text.dates import find_date
from stance.text.finder import Finder

if TYPE_CHECKING:
    from stance.models.predictor import Article, StancePredictor

ACTORS_ONLY = "actors"
"""What stands for the model's name where there is none."""

_SCORE_DIGITS = 4
# What finds actors: when one of them changes, what was suggested may too.
_FINDER = ("finder", "reading", "selection", "acting", "guards", "patterns", "folding", "spelling", "words")
_CODE = ("stance.labelling.suggestions", *(f"stance.text.{name}" for name in _FINDER))


class Suggestion(NamedTuple):
    """A prediction, and of each of its statements (by region id) the probability that its words show a stance.

    The prediction's own score is the calibrated probability, on average over the actors, that the stance said of an
    actor is right; None where it says no stance. `note` is put into the field in which annotators write of a task.
    """

    annotation: Annotation
    scores: dict[str, float]
    note: str | None = None


class Suggests(Protocol):
    """What a push asks for suggestions; see `Suggester`."""

    version: str
    identity: str

    @property
    def judges(self) -> bool:
        """Whether it suggests stances at all."""

    def knows(self, target: str | None) -> bool:
        """Whether it suggests stances towards `target`."""

    def suggest(self, arrivals: Sequence[Arrival], blind: Sequence[bool]) -> list[Suggestion]:
        """One for each document, in their order; of a `blind` one actors only."""


class Suggester:
    """Marks the actors of a registry, and their stances where a predictor is given.

    `version` is the prediction's model_version: what an annotator sees of where it comes from, and what Label Studio
    shows one of at a time. `identity` changes with all that a suggestion rests on, the document apart.
    """

    def __init__(
        self, actors: ActorRegistry, predictor: "StancePredictor | None" = None, version: str | None = None
    ) -> None:
        if predictor is not None and predictor.model.labels.id != MAIN.id:
            raise ConfigurationError(
                f"Expected a model of the label set {MAIN.id!r}, found one of {predictor.model.labels.id!r}. "
                "Name another: --model URI."
            )
        self.predictor = predictor
        self.version = version or f"{ACTORS_ONLY}/{actors.version}"
        self.identity = key_of([sources(*_CODE), msgspec.to_builtins(actors), self.version])[:16]
        self._finder = Finder(lexicon(actors))

    @property
    def judges(self) -> bool:
        """Whether it has a model."""
        return self.predictor is not None

    def knows(self, target: str | None) -> bool:
        """Whether stances towards `target` can be suggested."""
        return self.predictor is not None and target in self.predictor.model.targets.ids()

    def suggest(self, arrivals: Sequence[Arrival], blind: Sequence[bool]) -> list[Suggestion]:
        """One for each document, in their order; of a `blind` one, and one on an unknown target, actors only."""
        found = [self._mentions(arrival) for arrival in arrivals]
        wanted = [
            number
            for number, arrival in enumerate(arrivals)
            if found[number] and not blind[number] and self.knows(arrival.document.target)
        ]
        rows: dict[int, list[Mapping[str, Any]]] = {number: [] for number in wanted}
        if self.predictor is not None and wanted:
            # Its own ids, since one document may come with several targets.
            articles = [_article(str(number), arrivals[number].document, found[number]) for number in wanted]
            for row in self.predictor.predict(articles).to_dict("records"):
                rows[int(row["document_id"])].append(row)
        return [
            suggestion_of(arrival.document, found[number], rows.get(number, ()), self.version)
            for number, arrival in enumerate(arrivals)
        ]

    def _mentions(self, arrival: Arrival) -> list[Mention]:
        document = arrival.document
        published = find_date(document.published) if document.published else None
        spans = [
            (mention.start, mention.end, mention.counts_to or mention.actor)
            for mention in self._finder.find(document.text, published=published.day if published else None).mentions
        ]
        if arrival.actors is not None:
            spans = _given(arrival.actors, spans)
        return [
            Mention(region_id(document, "actor", start, end, actor), start, end, actor)
            for start, end, actor in sorted(spans)
        ]


def _given(actors: Sequence[GivenActor], found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The mentions that came with the document, and those found of the actors that came without any."""
    sought = {given.actor for given in actors if given.mentions is None}
    told = {(start, end, given.actor) for given in actors for start, end in given.mentions or ()}
    return [*told, *(span for span in found if span[2] in sought and span not in told)]


def _article(number: str, document: Document, mentions: Sequence[Mention]) -> "Article":
    from stance.models.predictor import Article, ArticleActor

    by_actor: dict[str, list[tuple[int, int]]] = {}
    for mention in mentions:
        by_actor.setdefault(mention.actor, []).append((mention.start, mention.end))
    return Article(
        document_id=number,
        text=document.text,
        title=document.title,
        published=document.published,
        source=document.source,
        target=document.target,
        page=document.page,
        actors=tuple(ArticleActor(actor, tuple(spans)) for actor, spans in by_actor.items()),
    )


def suggestion_of(
    document: Document, mentions: Sequence[Mention], rows: Iterable[Mapping[str, Any]], version: str
) -> Suggestion:
    """The prediction that holds `mentions`, and what `rows` of a predictions file say of the document's actors."""
    statements, scores, sure = [], {}, []
    for row in rows:
        own = [mention for mention in mentions if mention.actor == row["actor"]]
        sure.append(float(row[f"p_{row['stance']}"]))
        for item in row["evidence"]:
            statement = _statement(document, row["actor"], item, own)
            statements.append(statement)
            if item["p"] is not None:
                scores[statement.id] = round(float(item["p"]), _SCORE_DIGITS)
    statements.sort(key=lambda statement: (statement.start, statement.end, statement.holder))
    annotation = Annotation(
        id=region_id(document, "prediction", 0, 0, version),
        annotator=version,
        mentions=tuple(mentions),
        statements=tuple(statements),
        score=round(sum(sure) / len(sure), _SCORE_DIGITS) if sure else None,
    )
    return Suggestion(annotation, scores)


def _statement(document: Document, holder: str, item: Mapping[str, Any], mentions: Sequence[Mention]) -> Statement:
    start, end = item["start"], item["end"]
    # The holder's mention next to the span, the first of two as near.
    nearest = min(mentions, key=lambda one: (max(one.start - end, start - one.end, 0), one.start), default=None)
    return Statement(
        id=region_id(document, "statement", start, end, holder),
        start=start,
        end=end,
        holder=holder,
        stance=item["stance"],
        channel=Channel(item["channel"]),
        mention=None if nearest is None else nearest.id,
    )


def region_id(document: Document, kind: str, start: int, end: int, name: str) -> str:
    """The same for the same region whoever suggests it, and no other's: Label Studio joins items by it."""
    told = "\x1f".join((document.document_id, document.target or "", kind, str(start), str(end), name))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
