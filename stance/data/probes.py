"""Changed copies of a data set that ask what a model goes by: the text, or the name of whom it is asked about.

Every copy keeps the ids of its examples, so that its answers stand beside those to the articles as they are. A changed
article has an id of its own, and nothing of it but its text, its title and where it came from.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from stance.annotation.records import Document
from stance.data.cache import key_of
from stance.data.changed import apart, copied, inside, moved, places_of
from stance.data.examples import Dataset, Example
from stance.data.naming import Names, Places, Rewritten, Span, form, rewritten

TEXT_REMOVED, MASKED_ACTOR, SWAPPED_ACTOR = "text_removed", "masked_actor", "swapped_actor"
HIDDEN = "masked-actor"
"""Stands for an actor whose name is masked: a model that knows it by its id would need no name."""
PLACEHOLDERS = {"ar": "جهة", "en": "an actor", "nl": "een actor"}
_ANY_LANGUAGE = "X"


def perturbed(probe: str, dataset: Dataset, names: Names) -> Dataset:
    """The examples of `dataset` that `probe` (one of PROBES) can be made of, in their order."""
    documents: dict[str, Document] = {}
    examples = []
    for example, document in PROBES[probe](dataset, names):
        documents[document.document_id] = document
        examples.append(example)
    digest = key_of([dataset.digest, probe])[:32]
    return Dataset(dataset.label_set, documents, tuple(examples), digest)


def _text_removed(dataset: Dataset, names: Names) -> Iterator[tuple[Example, Document]]:
    for example in dataset.examples:
        document = copied(dataset.documents[example.document_id], TEXT_REMOVED, text="", title=None)
        changed = {"document_id": document.document_id, "mentions": (), "statements": (), "rivals": ()}
        yield msgspec.structs.replace(example, **changed), document


def _masked_actor(dataset: Dataset, names: Names) -> Iterator[tuple[Example, Document]]:
    """Every name of the asked actor by a neutral word, and its id hidden; who is named nowhere cannot be masked."""
    places = places_of(dataset, names)
    for example in dataset.examples:
        if example.mentions:
            document = dataset.documents[example.document_id]
            word = placeholder(document)
            here = places[example.document_id][example.actor]
            title, text = (
                rewritten(given or "", [(span, word) for span in spans])
                for given, spans in ((document.title, here.title), (document.text, here.text))
            )
            changed = copied(document, f"{MASKED_ACTOR}|{example.actor}", text=text.text, title=title.text or None)
            yield moved(example, example.id, text, changed, {example.actor: HIDDEN}), changed


def _swapped_actor(dataset: Dataset, names: Names) -> Iterator[tuple[Example, Document]]:
    """Names of an actor and of one with another label in the same text exchanged, and the labels with them.

    So the answer must be what was said of the other; who has no such other, or no name apart from it, is left out.
    """
    places = places_of(dataset, names)
    other = partners(dataset.examples)
    for example in dataset.examples:
        if example.id not in other:
            continue
        document, second = dataset.documents[example.document_id], other[example.id]
        here = places[example.document_id]
        # In one order for both of a pair, who share the copy.
        pair = sorted((example.actor, second.actor))
        spans = apart({actor: here[actor].text for actor in pair})
        kept = inside(second.mentions, spans[second.actor])
        if spans[example.actor] and kept:
            title, text = _exchanged(document, here[pair[0]], here[pair[1]])
            changed = copied(document, f"{SWAPPED_ACTOR}|{'|'.join(pair)}", text=text.text, title=title.text or None)
            told = msgspec.structs.replace(second, mentions=kept)
            yield moved(told, example.id, text, changed, dict(zip(pair, reversed(pair), strict=True))), changed


PROBES: dict[str, Callable[[Dataset, Names], Iterator[tuple[Example, Document]]]] = {
    TEXT_REMOVED: _text_removed,
    MASKED_ACTOR: _masked_actor,
    SWAPPED_ACTOR: _swapped_actor,
}


def partners(examples: Sequence[Example]) -> dict[str, Example]:
    """By example id, another example of the same text and target with another label; nothing for who has none.

    As many as possible are each other's, so that one changed text serves two.
    """
    texts: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        if example.mentions:
            texts[example.document_id, example.target].append(example)
    found: dict[str, Example] = {}
    for together in texts.values():
        waiting: dict[str, list[Example]] = defaultdict(list)
        for example in together:
            waiting[example.label].append(example)
        while sum(map(bool, waiting.values())) > 1:
            # From the two largest groups, which leaves the fewest over.
            first, second = (group.pop(0) for group in sorted(waiting.values(), key=len, reverse=True)[:2])
            found |= {first.id: second, second.id: first}
        for example in chain.from_iterable(waiting.values()):
            rival = next((one for one in together if one.label != example.label), None)
            if rival is not None:
                found[example.id] = rival
    return found


def placeholder(document: Document) -> str:
    """A word for "somebody" in the language of `document`; Arabic where it names none and is written in its letters."""
    arabic = any("\u0620" <= letter <= "\u064a" for letter in document.text[:200])
    return PLACEHOLDERS.get(document.language or ("ar" if arabic else ""), _ANY_LANGUAGE)


def _exchanged(document: Document, first: Places, second: Places) -> tuple[Rewritten, Rewritten]:
    """Title and text in which two actors have exchanged their names: the longest for the longest, and so on."""
    parts = (
        (document.title or "", *_two(first.title, second.title)),
        (document.text, *_two(first.text, second.text)),
    )
    forms = [_forms((given, spans[whose]) for given, *spans in parts) for whose in (0, 1)]
    made = []
    for given, own, others in parts:
        pieces = []
        for spans, known, wanted in ((own, forms[0], forms[1]), (others, forms[1], forms[0])):
            for span in spans:
                rank = known.index(form(given, span))
                pieces.append((span, wanted[min(rank, len(wanted) - 1)]))
        made.append(rewritten(given, pieces))
    return made[0], made[1]


def _two(first: Sequence[Span], second: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    kept = apart({"first": first, "second": second})
    return kept["first"], kept["second"]


def _forms(parts: Iterable[tuple[str, Sequence[Span]]]) -> list[str]:
    found = dict.fromkeys(form(given, span) for given, spans in parts for span in spans)
    return sorted(found, key=len, reverse=True)
