"""NewsMTSC: English news sentences, each with the sentiment towards persons and groups marked in it.

Paper: https://aclanthology.org/2021.eacl-main.142. The folder holds `train.jsonl`, `dev_rw.jsonl` (as found in the
news) and `dev_mt.jsonl` (several targets in a sentence), a sentence a line.

What is judged is marked in the text, so it is the actor, and its mentions are the marked span and the further ones of
the same line: so the network reads it where it stands. The one target is how the sentence shows the actor. This turns
the roles round (here the actor is whom a stance is towards, its holder being the sentence), which the target says. An
actor's id is the name in the id of what was coded (`Input.gid`), which tells whom a "she" means; where a sentence has
had it already, the second is `NAME (2)`, so that each coded target is an example, as it is in the published scores.

Sentences of one article share its page, so that no split parts them: of the training part, those of articles that are
tested too are left out by `split=official`. The published test parts are not in the folder: both dev parts are scored
here, so they are the part `test`, and what a training needs for validation has to come from `train`. Document ids
begin with `newsmtsc-rw-` and `newsmtsc-mt-` there, so that predictions can be told apart. One sentiment is published
per target, so there is one annotator.

What a model gains from being told whom it is asked about shows beside one that is not: the same rows stand in an export
`untold`, a document a row, in which nothing is marked and the actor is the reserved `author`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import msgspec

from stance.annotation.importers.source import (
    PUBLISHED,
    Imported,
    Row,
    RowError,
    Source,
    chosen,
    one_line,
    text_of,
    whole_text,
)
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import Target, TargetRegistry
from stance.labels import NEWSMTSC

HOLDS = "train.jsonl, dev_rw.jsonl and dev_mt.jsonl"
_FILES = {"train": "train.jsonl", "rw": "dev_rw.jsonl", "mt": "dev_mt.jsonl"}
_POLARITIES = {2.0: "negative", 4.0: "neutral", 6.0: "positive"}
# The article, the number of the sentence in it, the name, and where it stood in the text before that was cleaned.
_CODED = re.compile(r"((?:allsides_\d+|polusa_v1)_\d+)_(?:-1_)?\d+_(.+)_\d+_\d+", re.DOTALL)
_TARGET = Target(
    "portrayal",
    {"en": "how the sentence shows this person or group"},
    {"positive": {"en": "in a good light"}, "negative": {"en": "in a bad light"}},
)


class _Span(msgspec.Struct):
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    mention: str


class _Coded(_Span):
    polarity: float
    gid: str = msgspec.field(name="Input.gid")
    further_mentions: tuple[_Span, ...] = ()


class _Sentence(msgspec.Struct):
    text: str = msgspec.field(name="sentence_normalized")
    targets: tuple[msgspec.Raw, ...]


class _Judged(msgspec.Struct):
    """One coded target: its sentence by number, and what it says."""

    number: int
    text: str
    page: str
    name: str
    spans: tuple[tuple[int, int], ...]
    sentiment: str


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    documents, untold = [], []
    for part, name in _FILES.items():
        judged = source.each(name, _rows(source, name), _judged)
        split = "train" if part == "train" else "test"
        for number, group in groupby(judged, key=lambda one: one.number):
            sentence = list(group)
            documents.append(_document(f"newsmtsc-{part}-{number}", sentence, split))
            untold += [
                whole_text(_sentence(f"newsmtsc-{part}-{number}-{place}", one, split), one.sentiment)
                for place, one in enumerate(sentence, 1)
            ]
    targets = TargetRegistry((_TARGET,))
    return Imported(documents, targets, NEWSMTSC.id, beside={"untold": Imported(untold, targets, NEWSMTSC.id)})


def _rows(source: Source, name: str) -> Iterator[Row]:
    """A row per coded target; a line that is no sentence is a row, too."""
    for line in source.lines(name):
        try:
            sentence = msgspec.json.decode(line.fields, type=_Sentence)
        except msgspec.DecodeError as error:
            yield Row(line.number, line.place, error)
            continue
        for number, raw in enumerate(sentence.targets, 1):
            yield Row(line.number, f"{line.place}, target {number}", (sentence.text, raw))


def _judged(row: Row) -> _Judged:
    if isinstance(row.fields, msgspec.DecodeError):
        raise RowError("sentence_normalized and a list of targets", str(row.fields))
    text, raw = row.fields
    try:
        coded = msgspec.json.decode(raw, type=_Coded)
    except msgspec.DecodeError as error:
        raise RowError("a target with Input.gid, from, to, mention and polarity", str(error)) from None
    sentiment = chosen(_POLARITIES, coded.polarity, "a polarity")
    where = _CODED.fullmatch(coded.gid)
    if where is None or not where[2].strip():
        raise RowError("an Input.gid of article, sentence, name and offsets", repr(coded.gid))
    spans = tuple(_checked(span, text) for span in (coded, *coded.further_mentions))
    return _Judged(row.number, text_of(text), f"newsmtsc-{where[1]}", one_line(where[2]), spans, sentiment)


def _checked(span: _Span, text: str) -> tuple[int, int]:
    """The offsets, in code points, that hold the mention."""
    found = text[span.start : span.end] if 0 <= span.start < span.end else ""
    if not found.strip() or found != span.mention:
        raise RowError(f"{span.mention!r} from {span.start} to {span.end}", repr(found))
    return span.start, span.end


def _sentence(name: str, judged: _Judged, part: str) -> Document:
    return Document(name, name, judged.text, language="en", target=_TARGET.id, split=part, page=judged.page)


def _document(name: str, judged: list[_Judged], part: str) -> Document:
    text = judged[0].text
    mentions: list[Mention] = []
    statements: list[Statement] = []
    met: Counter[str] = Counter()
    for one in judged:
        met[one.name] += 1
        actor = one.name if met[one.name] == 1 else f"{one.name} ({met[one.name]})"
        first = len(mentions)
        mentions += [Mention(f"a{first + i}", *span, actor) for i, span in enumerate(dict.fromkeys(one.spans))]
        holder = mentions[first].id
        statements.append(Statement(f"s{len(statements)}", 0, len(text), actor, one.sentiment, mention=holder))
    annotation = Annotation(f"{name}/{PUBLISHED}", PUBLISHED, tuple(mentions), tuple(statements), ground_truth=True)
    return msgspec.structs.replace(_sentence(name, judged[0], part), annotations=(annotation,))
