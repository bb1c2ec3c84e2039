"""What is known of each tested example beside its label: what figures of a part of the examples are grouped by."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from stance.data.examples import Dataset, Example
from stance.data.splits import Manifest
from stance.errors import DataError
from stance.text.sentences import sentence_spans

_PARTICLES = "لا لم لن ليس ليست ليسا ليسوا لسنا لست"
_NOUNS = "عدم غير دون لا"
_OTHERS = (
    "no not never without neither nor none nobody nothing cannot "
    "niet geen nooit zonder noch niemand niets nergens evenmin"
)
NEGATION = re.compile(
    rf"(?<!\w)(?:[وف]?(?:{'|'.join(_PARTICLES.split())})|[وف]?[بل]?(?:{'|'.join(_NOUNS.split())})"
    rf"|{'|'.join(_OTHERS.split())}|\w+n['’]t)(?!\w)",
    re.IGNORECASE,
)
"""A word that negates: Arabic, English and Dutch ones; Arabic ones with "and", "so", "with" or "for" before them."""
QUOTATION = re.compile('[«»“”„‟"]')
_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")


class ExampleFacts(msgspec.Struct, frozen=True):
    """Of the example `id`: its outlet, the channels and attributions of its statements, and its article's words.

    `negated` and `quoted` say whether a sentence of its statements (without any, of its mentions) negates, or stands
    by a quotation mark; `seen` whether every fold that tested it was trained on its actor.
    """

    id: str
    outlet: str | None
    channels: tuple[str, ...]
    attributions: tuple[str, ...]
    negated: bool
    quoted: bool
    words: int
    seen: bool


def example_facts(dataset: Dataset, manifest: Manifest) -> list[ExampleFacts]:
    """Of every example that a fold of `manifest` tests, in the order of `dataset`."""
    unseen = _unseen(dataset, manifest)
    tested = {name for fold in manifest.folds for name in fold.test}
    sentences: dict[str, list[tuple[int, int]]] = {}
    found = []
    for example in dataset.examples:
        if example.id not in tested:
            continue
        document = dataset.documents[example.document_id]
        if example.document_id not in sentences:
            sentences[example.document_id] = sentence_spans(document.text)
        near = _near(document.text, sentences[example.document_id], example)
        found.append(
            ExampleFacts(
                id=example.id,
                outlet=document.source,
                channels=_distinct(statement.channel for statement in example.statements),
                attributions=_distinct(statement.attribution for statement in example.statements),
                negated=any(negates(sentence) for sentence in near),
                quoted=any(QUOTATION.search(sentence) for sentence in near),
                words=len(document.text.split()),
                seen=example.id not in unseen,
            )
        )
    return found


def negates(sentence: str) -> bool:
    """Whether a word of `sentence` negates."""
    return NEGATION.search(_MARKS.sub("", sentence)) is not None


def pack_facts(facts: Sequence[ExampleFacts]) -> str:
    """As JSON; no text of an article is in it."""
    return msgspec.json.encode(facts).decode()


def unpack_facts(content: str) -> list[ExampleFacts]:
    """What `pack_facts` was given; raises DataError for something else."""
    try:
        return msgspec.json.decode(content, type=list[ExampleFacts])
    except msgspec.MsgspecError as error:
        raise DataError(f"Expected facts of examples, as stance train keeps them, found: {error}") from error


def _unseen(dataset: Dataset, manifest: Manifest) -> set[str]:
    actor = {example.id: example.actor for example in dataset.examples}
    found: set[str] = set()
    for fold in manifest.folds:
        known = {actor[name] for name in fold.train}
        found |= {name for name in fold.test if actor[name] not in known}
    return found


def _near(text: str, sentences: Sequence[tuple[int, int]], example: Example) -> list[str]:
    """Sentences that show the stance, or name the actor, each with a character on either side."""
    marked = [(one.start, one.end) for one in example.statements] or list(example.mentions)
    return [
        text[max(0, start - 1) : end + 1]
        for start, end in sentences
        if any(first < end and last > start for first, last in marked)
    ]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in values}))
