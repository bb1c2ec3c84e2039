"""The articles that a logged model takes: their schema, and the way to what the predictor reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional

from pydantic import BaseModel, model_validator

if TYPE_CHECKING:
    from stance.models.predictor import Article

# MLflow reads its schema from these types, and knows Optional[…] but not every other spelling of it.
_Text = Optional[str]  # noqa: UP045


class _Row(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _from_table(cls, row: Any) -> Any:
        return {name: _plain(value) for name, value in row.items()} if isinstance(row, dict) else row


class ActorInput(_Row):
    """An actor to judge; `mentions` are [start, end] in code points, found in the text where missing."""

    actor: str
    mentions: Optional[list[list[int]]] = None  # noqa: UP045

    @model_validator(mode="after")
    def _pairs(self) -> "ActorInput":
        wrong = [mention for mention in self.mentions or () if len(mention) != 2]
        if wrong:
            raise ValueError(f"expected mentions [start, end], found {wrong[0]} for {self.actor!r}")
        return self


class ArticleInput(_Row):
    """One article; `actors` are found through the registry where missing."""

    document_id: str
    text: str
    title: _Text = None
    published: _Text = None
    source: _Text = None
    target: _Text = None
    actors: Optional[list[ActorInput]] = None  # noqa: UP045


def to_articles(inputs: Sequence[ArticleInput]) -> "list[Article]":
    """What the predictor reads; an absent list stays absent, an empty one stays empty."""
    from stance.models.predictor import Article, ArticleActor

    def actor(given: ActorInput) -> ArticleActor:
        mentions = given.mentions
        return ArticleActor(
            actor=given.actor, mentions=None if mentions is None else tuple((start, end) for start, end in mentions)
        )

    return [
        Article(
            document_id=given.document_id,
            text=given.text,
            title=given.title,
            published=given.published,
            source=given.source,
            target=given.target,
            page=None,
            actors=None if given.actors is None else tuple(actor(one) for one in given.actors),
        )
        for given in inputs
    ]


def _plain(value: Any) -> Any:
    """Arrays as lists, and the NaN with which a table says "nothing" as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    # NaN and NaT differ from themselves; pandas.NA says neither yes nor no.
    return None if type(value).__name__ in ("NAType", "NaTType") or value != value else value
