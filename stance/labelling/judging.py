"""A model's class probabilities for tasks: of open ones for the actors it finds, of labelled ones for those marked."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.annotation.records import Document
from stance.data.examples import Dataset, Example, example_id

if TYPE_CHECKING:
    import pandas

    from stance.models.predictor import Article, ArticleActor, StancePredictor

_TOGETHER = 16  # articles that are predicted at once

Progress = Callable[[int, int], None]


def knows(predictor: "StancePredictor", target: str | None) -> bool:
    """Whether the model can be asked about `target`; none is needed where it knows a single one."""
    known = predictor.model.targets.ids()
    return target in known or (target is None and len(known) == 1)


def judge_open(
    predictor: "StancePredictor", tasks: Sequence[Document], progress: Progress = lambda done, total: None
) -> "pandas.DataFrame":
    """Rows of the predictions file whose `document_id` is the task's id; none of tasks on targets it does not know."""
    return _ask(predictor, [_article(task.task_id, task) for task in tasks if knows(predictor, task.target)], progress)


def judge_labelled(
    predictor: "StancePredictor", dataset: Dataset, progress: Progress = lambda done, total: None
) -> dict[str, np.ndarray]:
    """Class probabilities [K] by example id, of the actors as annotators marked them."""
    from stance.models.predictor import ArticleActor

    by_text: dict[tuple[str, str], list[Example]] = {}
    for example in dataset.examples:
        if knows(predictor, example.target):
            by_text.setdefault((example.document_id, example.target), []).append(example)
    articles = [
        _article(
            str(number), dataset.documents[document], target, [ArticleActor(e.actor, e.mentions) for e in examples]
        )
        for number, ((document, target), examples) in enumerate(by_text.items())
    ]
    keys, names = list(by_text), [f"p_{name}" for name in predictor.model.labels.classes]
    judged = {}
    for row in _ask(predictor, articles, progress).to_dict("records"):
        document, target = keys[int(row["document_id"])]
        judged[example_id(document, str(row["actor"]), target)] = np.array([row[name] for name in names], dtype=float)
    return judged


def _article(
    name: str, document: Document, target: str | None = None, actors: "Sequence[ArticleActor] | None" = None
) -> "Article":
    """`name` stands for its id, since one document may come with several targets."""
    from stance.models.predictor import Article

    return Article(
        document_id=name,
        text=document.text,
        title=document.title,
        published=document.published,
        target=target or document.target,
        actors=None if actors is None else tuple(actors),
    )


def _ask(predictor: "StancePredictor", articles: Sequence["Article"], progress: Progress) -> "pandas.DataFrame":
    import pandas

    frames = []
    for start in range(0, len(articles), _TOGETHER):
        frames.append(predictor.predict(articles[start : start + _TOGETHER]))
        progress(min(start + _TOGETHER, len(articles)), len(articles))
    filled = [frame for frame in frames if len(frame)]
    return pandas.concat(filled, ignore_index=True) if filled else pandas.DataFrame()
