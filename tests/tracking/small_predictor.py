"""The predictor's interface over a folder that holds one stance for everybody."""

import json
from pathlib import Path

import msgspec
import pandas


class ArticleActor(msgspec.Struct, frozen=True):
    actor: str
    mentions: tuple[tuple[int, int], ...] | None = None


class Article(msgspec.Struct, frozen=True):
    document_id: str
    text: str
    title: str | None = None
    published: str | None = None
    source: str | None = None
    target: str | None = None
    page: str | None = None
    actors: tuple[ArticleActor, ...] | None = None


class StancePredictor:
    def __init__(self, stance):
        self.stance = stance

    @classmethod
    def load(cls, folder: Path):
        return cls(json.loads((folder / "model.json").read_text())["stance"])

    def predict(self, articles):
        rows = [
            {"document_id": article.document_id, "actor": actor.actor, "stance": self.stance, "title": article.title}
            for article in articles
            for actor in article.actors or (ArticleActor("author"),)
        ]
        return pandas.DataFrame(rows)
