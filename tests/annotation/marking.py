"""Documents and annotations in a few words."""

from itertools import count
from typing import Any

from stance.annotation.records import Annotation, Document, Mention, Statement

TEXT = "قالت الحكومة إن القوات باقية. وقال الحزب إنها سترحل."
_numbers = count(1)


def names(actor: str, start: int = 5, end: int = 12) -> Mention:
    return Mention(f"m{next(_numbers)}", start, end, actor)


def says(holder: str, stance: str, start: int = 13, end: int = 28, **fields: Any) -> Statement:
    return Statement(f"s{next(_numbers)}", start, end, holder, stance, **fields)


def by(annotator: str, *marks: Mention | Statement, **fields: Any) -> Annotation:
    mentions = tuple(mark for mark in marks if isinstance(mark, Mention))
    statements = tuple(mark for mark in marks if isinstance(mark, Statement))
    return Annotation(f"{annotator}-{next(_numbers)}", annotator, mentions, statements, **fields)


def task(name: str, *annotations: Annotation, text: str = TEXT, **fields: Any) -> Document:
    return Document(name, f"t{next(_numbers)}", text, annotations, **{"target": "troops", "page": name, **fields})


def labelled(annotator: str, *labels: str, target: str = "troops") -> Annotation:
    """An annotation in which `actor 0`, `actor 1` … have the labels given; "-" leaves an actor unmarked."""
    marks: list[Mention | Statement] = []
    for number, label in enumerate(labels):
        actor = f"actor {number}"
        if label != "-":
            marks.append(names(actor))
        if label not in ("-", "none"):
            marks.append(says(actor, label, number, number + 10))
    return by(annotator, *marks)
