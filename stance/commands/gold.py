"""A person's own gold and what a model makes of it, as the plain records that the evaluation compares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.annotation.export import read_export
from stance.annotation.problems import Kind, Report
from stance.annotation.records import Document
from stance.annotation.votes import submitted
from stance.commands.progress import Tell
from stance.data.examples import Dataset, Example, build_dataset
from stance.data.splits import group_documents
from stance.errors import DataError
from stance.evaluation.end_to_end import Answer, GoldDocument, Mentions, Outcome, Settled
from stance.evaluation.page_matching import Cut, Passage, judge_cut, match_passages
from stance.evaluation.scored import Scored
from stance.labels import AUTHOR, Channel, LabelSet
from stance.text.dates import find_date
from stance.text.sentences import sentence_spans

if TYPE_CHECKING:
    from stance.models.predictor import Article, StancePredictor

_TOGETHER = 16  # articles that are predicted at once


@dataclass(frozen=True)
class Gold:
    """An export as examples and as the documents that the evaluation asks about, and what was wrong with it."""

    dataset: Dataset
    clusters: Mapping[str, str]
    documents: tuple[GoldDocument, ...]
    report: Report


def read_gold(export: str, label_set: LabelSet, targets: frozenset[str]) -> Gold:
    """The gold of an export on `targets`.

    Raises DataError where its stances are of another label set, and where nothing on these targets is settled.
    """
    report = Report()
    found = read_export(export, label_set=label_set, actors=None, targets=None, report=report)
    dataset = build_dataset(found, label_set, sorted(targets))
    foreign = [one for one in report.problems if one.kind is Kind.STANCE and str(one.annotation).startswith("annot")]
    if foreign:
        raise DataError(
            f"{export}: expected stances of the model's label set {label_set.id!r} ({', '.join(label_set.sides)}), "
            f"found {foreign[0].found} in task {foreign[0].task} ({len(foreign)} such). Name a model of the export's "
            "label set, or mend the export: stance label check lists them."
        )
    if not len(dataset):
        reasons = ", ".join(f"{count} {reason}" for reason, count in dataset.left_out.items())
        raise DataError(
            f"{export}: expected settled stances on {', '.join(sorted(targets))}, which the model knows, found none "
            f"in {report.tasks} tasks{f' ({reasons})' if reasons else ''}. stance label check lists what is wrong."
        )
    clusters = group_documents(dataset).clusters
    by_document: dict[str, list[Example]] = {}
    for example in dataset.examples:
        by_document.setdefault(example.document_id, []).append(example)
    documents = tuple(
        _gold_document(dataset.documents[name], clusters[name], examples) for name, examples in by_document.items()
    )
    return Gold(dataset, clusters, documents, report)


def _gold_document(document: Document, cluster: str, examples: Sequence[Example]) -> GoldDocument:
    # An actor that somebody marked is there, settled or not.
    marked: dict[str, set[tuple[int, int]]] = {}
    for annotation in submitted(document):
        for mention in annotation.mentions:
            marked.setdefault(mention.actor, set()).add((mention.start, mention.end))
        for statement in annotation.statements:
            marked.setdefault(statement.holder, set())
    for example in examples:
        marked.setdefault(example.actor, set()).update(example.mentions)
    return GoldDocument(
        document_id=document.document_id,
        cluster=cluster,
        target=document.target,
        mentions={actor: sorted(spans) for actor, spans in marked.items()},
        settled=tuple(
            Settled(one.actor, one.target, one.label, one.channels, _shown(document.text, one)) for one in examples
        ),
    )


def _shown(text: str, example: Example) -> str:
    """The sentence that shows the stance, or the first that names the actor."""
    spans = [(one.start, one.end) for one in example.statements if one.stance == example.label]
    spans = spans or [(one.start, one.end) for one in example.statements] or list(example.mentions)
    return sentence_at(text, spans[0][0]) if spans and example.actor != AUTHOR else ""


def sentence_at(text: str, offset: int) -> str:
    """The sentence of `text` in which the character at `offset` stands."""
    return next((text[start:end] for start, end in sentence_spans(text) if start <= offset < end), "")


class Asker:
    """Asks one model whom a text names, and for the stances of whom it is told."""

    def __init__(self, predictor: "StancePredictor", tell: Tell) -> None:
        self.predictor, self.tell = predictor, tell

    def outcomes(self, gold: Gold, pages: Sequence[Document] | None) -> list[Outcome]:
        """What comes of each document of `gold`, read from `pages`, or from gold's own texts where there are none."""
        texts = [gold.dataset.documents[one.document_id] for one in gold.documents]
        mentions = [self._mentions(text) for text in texts]
        if pages is None:
            read: list[Document | None] = list(texts)
            cuts: list[Cut | None] = [None] * len(texts)
            found = mentions
        else:
            read, cuts = _cut(texts, pages)
            found = [{} if one is None else self._mentions(one) for one in read]
        answers = self._answers(gold.documents, read, found)
        return [
            Outcome(mentions=ours, answers=given, cut=cut)
            for ours, given, cut in zip(mentions, answers, cuts, strict=True)
        ]

    def score(self, gold: Gold, model: str) -> tuple[Scored, np.ndarray]:
        """The stances of gold's own actors in gold's texts, and [N] of which of them the model abstained."""
        label_set, examples = gold.dataset.label_set, gold.dataset.examples
        wanted: dict[tuple[str, str], dict[str, Any]] = {}
        for one in examples:
            wanted.setdefault((one.document_id, one.target), {})[one.actor] = one.mentions
        keys = list(wanted)
        articles = [
            _article(number, gold.dataset.documents[name], target, wanted[name, target])
            for number, (name, target) in enumerate(keys)
        ]
        rows = {(*keys[int(row["document_id"])], row["actor"]): row for row in self._ask("judging gold's", articles)}
        ordered = [rows[one.document_id, one.target, one.actor] for one in examples]
        channels = [[label_set.index(row[f"stance_{channel}"]) for channel in Channel] for row in ordered]
        scored = Scored(
            model=model,
            label_set=label_set,
            ids=tuple(one.id for one in examples),
            documents=tuple(one.document_id for one in examples),
            actors=tuple(one.actor for one in examples),
            targets=tuple(one.target for one in examples),
            clusters=tuple(gold.clusters[one.document_id] for one in examples),
            gold=gold.dataset.gold(),
            probabilities=np.array([[row[f"p_{name}"] for name in label_set.classes] for row in ordered]),
            channel_gold=gold.dataset.channel_gold(),
            # A row tells the stance of a channel, not how sure the model is of it.
            channel_probabilities=np.eye(len(label_set.classes))[np.array(channels)],
        )
        return scored, np.array([bool(row["abstained"]) for row in ordered])

    def _mentions(self, document: Document) -> Mentions:
        day = find_date(document.published) if document.published else None
        found: dict[str, list[tuple[int, int]]] = {}
        for one in self.predictor.finder.find(document.text, published=day.day if day else None).mentions:
            found.setdefault(one.counts_to or one.actor, []).append((one.start, one.end))
        return found

    def _answers(
        self, gold: Sequence[GoldDocument], read: Sequence[Document | None], found: Sequence[Mentions]
    ) -> list[dict[tuple[str, str], Answer]]:
        articles: list[Article] = []
        asked: list[tuple[int, str, str]] = []
        for place, (one, text) in enumerate(zip(gold, read, strict=True)):
            # A text's author is there without being found.
            author = {AUTHOR: ()} if AUTHOR in one.mentions else {}
            wanted = {**found[place], **author}
            if text is None or not wanted:
                continue
            for target in dict.fromkeys(settled.target for settled in one.settled):
                articles.append(_article(len(asked), text, target, wanted))
                asked.append((place, target, text.text))
        answers: list[dict[tuple[str, str], Answer]] = [{} for _ in gold]
        for row in self._ask("reading as it finds", articles):
            place, target, shown = asked[int(row["document_id"])]
            answers[place][row["actor"], target] = _answer(row, shown)
        return answers

    def _ask(self, what: str, articles: Sequence["Article"]) -> Iterable[dict[str, Any]]:
        for start in range(0, len(articles), _TOGETHER):
            self.tell(what, start, len(articles))
            yield from self.predictor.predict(articles[start : start + _TOGETHER]).to_dict("records")


def _cut(texts: Sequence[Document], pages: Sequence[Document]) -> tuple[list[Document | None], list[Cut | None]]:
    """What was cut from the pages for each text, None where nothing was, and how well."""
    wanted, found = list(map(_passage, texts)), list(map(_passage, pages))
    places = match_passages(wanted, found)
    nothing = Passage(None, "")
    cuts: list[Cut | None] = [
        judge_cut(one, nothing if place is None else found[place]) for one, place in zip(wanted, places, strict=True)
    ]
    return [None if place is None else pages[place] for place in places], cuts


def _passage(document: Document) -> Passage:
    return Passage(document.page, document.text, document.title, document.published)


def _article(
    number: int, document: Document, target: str, actors: Mapping[str, Sequence[tuple[int, int]]]
) -> "Article":
    """Its number stands for its id, since one document may be asked about several targets."""
    from stance.models.predictor import Article, ArticleActor

    return Article(
        document_id=str(number),
        text=document.text,
        title=document.title,
        published=document.published,
        source=document.source,
        target=target,
        page=document.page,
        actors=tuple(ArticleActor(actor, tuple(spans)) for actor, spans in actors.items()),
    )


def _answer(row: Mapping[str, Any], text: str) -> Answer:
    return Answer(
        label=row["stance"],
        abstained=bool(row["abstained"]),
        channels=tuple(row[f"stance_{channel}"] for channel in Channel),
        sentence=sentence_at(text, row["mentions"][0][0]) if row["mentions"] else "",
    )
