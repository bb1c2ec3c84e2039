"""Invented articles in a few words: records, examples, and a collection with planted near-duplicates."""

import random
from itertools import count
from typing import Any

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.data.examples import Dataset, build_dataset
from stance.labels import MAIN, Channel

TEXT = "قالت الحكومة إن القوات باقية. وقال الحزب إنها سترحل."
_numbers = count(1)


def mention(actor: str, start: int = 0, end: int = 4) -> Mention:
    return Mention(f"m{next(_numbers)}", start, end, actor)


def says(holder: str, stance: str, start: int = 0, end: int = 10, **fields: Any) -> Statement:
    return Statement(f"s{next(_numbers)}", start, end, holder, stance, **fields)


def annotation(annotator: str, *marks: Mention | Statement, **fields: Any) -> Annotation:
    mentions = tuple(mark for mark in marks if isinstance(mark, Mention))
    statements = tuple(mark for mark in marks if isinstance(mark, Statement))
    return Annotation(f"{annotator}-1", annotator, mentions, statements, **fields)


def document(name: str, *annotations: Annotation, text: str = TEXT, **fields: Any) -> Document:
    return Document(name, name, text, annotations, **{"target": "troops", **fields})


def invented_text(generator: random.Random, words: int = 60) -> list[str]:
    return ["".join(generator.choices("ابتثجحخدرسشصطعفقكلمنهوي", k=generator.randint(3, 8))) for _ in range(words)]


def collection(size: int = 40, seed: int = 3) -> tuple[Dataset, dict[str, str]]:
    """`size` articles of two or three actors each, and the cluster planted for every article.

    The last article of each five is a copy of the one before with one word changed, from another outlet, of another
    day and another official part. The first two articles were cut from one page.
    """
    generator = random.Random(seed)
    documents, planted = [], {}
    words: list[str] = []
    for number in range(size):
        name = f"d{number:02}"
        copied = number % 5 == 4
        words = [*words[:-1], "نسخة"] if copied else invented_text(generator)
        planted[name] = f"d{number - 1:02}" if copied else name
        actors = generator.sample([f"actor {letter}" for letter in "abcdefghi"], generator.choice((2, 3)))
        marks = [says(actor, generator.choice(("favor", "against")), channel=Channel.PUBLIC) for actor in actors[1:]]
        documents.append(
            document(
                name,
                annotation("lina", mention(actors[0]), *marks),
                text=" ".join(words),
                published=f"2031-{number // 20 + 1:02}-{number % 20 + 1:02}",
                source=f"outlet {number % 5}",
                split=("train", "train", "validation", "train", "test")[number % 5],
                page="page 0" if number < 2 else None,
            )
        )
    planted["d01"] = "d00"
    return build_dataset(documents, MAIN), planted
