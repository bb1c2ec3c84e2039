"""A small world for pushing: five actors, one target, articles in which they speak, a model that needs no weights."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas

from stance.annotation.document_lines import GivenActor
from stance.annotation.labelling_configuration import Screen
from stance.annotation.records import Document
from stance.annotation.registry import ActorRegistry, TargetRegistry, read_actors, read_targets
from stance.labelling.arrivals import Arrival
from stance.labelling.suggestions import Suggester
from stance.labelling.tasks import Form
from stance.labels import MAIN
from tests.doubles import write_registries


def registries(folder: Path) -> tuple[ActorRegistry, TargetRegistry]:
    actors, targets = write_registries(folder)
    return read_actors(actors), read_targets(targets)


def form(actors: ActorRegistry, targets: TargetRegistry, guidelines: str = "1.0") -> Form:
    screen = Screen(MAIN, actors, targets, guidelines)
    return Form(screen.configuration(), actors, targets, guidelines)


TEXT = "قالت الحكومة إن القوات باقية. ورفض الحزب بقاء القوات."


_FILLER = "يوم الثلاثاء في اجتماع حضره كثيرون وجرى فيه حديث طويل عن أمور البلاد وأسواقها ومدارسها"


def article(number: int) -> str:
    """A text of its own, no near-duplicate of another's, in which two actors speak."""
    words = [f"{word}{number}" for word in _FILLER.split()]
    turned = " ".join(words[number % 7 :] + words[: number % 7])
    return f"قالت الحكومة إن القوات باقية 🇮🇶.\n{turned}. ورفض الحزب\nبقاء القوات."


def arrival(name: str = "d1", text: str = TEXT, **fields: Any) -> Arrival:
    given: tuple[GivenActor, ...] | None = fields.pop("actors", None)
    return Arrival(Document(name, "", text, target=fields.pop("target", "t1"), page=name, **fields), given)


class Oracle:
    """In the place of a trained network: each actor is against, by the sentence of its last mention, with p 0.75."""

    name = "oracle"

    def __init__(self, targets: TargetRegistry) -> None:
        self.model = SimpleNamespace(labels=MAIN, targets=targets)
        self.asked: list[str] = []

    def predict(self, articles: Sequence[Any]) -> pandas.DataFrame:
        rows = []
        for article in articles:
            self.asked.append(article.text)
            for actor in article.actors:
                start, end = actor.mentions[-1]
                stop = article.text.find(".", end)
                end = stop if stop > end else len(article.text)
                evidence = {"start": start, "end": end, "stance": "against", "channel": "public", "p": 0.875}
                stances = {f"p_{name}": 0.75 if name == "against" else 0.05 for name in MAIN.classes}
                rows.append(
                    {
                        "document_id": article.document_id,
                        "actor": actor.actor,
                        "stance": "against",
                        **stances,
                        "evidence": [evidence],
                    }
                )
        return pandas.DataFrame(rows)


def suggester(actors: ActorRegistry, targets: TargetRegistry, version: str = "oracle/3") -> Suggester:
    return Suggester(actors, Oracle(targets), version)  # type: ignore[arg-type]
