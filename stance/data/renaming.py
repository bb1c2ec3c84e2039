"""Articles in which every actor goes by another's names: who learns from them cannot go by the name.

Counterfactual augmentation (https://arxiv.org/abs/1909.12434) of the one thing that must not decide.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stance.data.cache import key_of
from stance.data.changed import apart, copied, moved, places_of
from stance.data.examples import Dataset, Example
from stance.data.naming import Names, Places, Span, form, rewritten


def renamed(dataset: Dataset, names: Names, kinds: Mapping[str, str], *, copies: int, seed: int) -> Dataset:
    """`dataset` with `copies` of each article that names its actors in its place, in which these drew others' names.

    An actor draws among those of its kind in `kinds` (all without one are of one kind), none twice in an article, and
    is called by their names from then on: its longest by the other's longest, and so on down. It may draw its own.
    """
    chance = random.Random(seed)
    told: dict[str, list[Example]] = defaultdict(list)
    for example in dataset.examples:
        told[example.document_id].append(example)
    places = _asked(places_of(dataset, names), told)
    forms = _forms(dataset, places)
    documents = {name: document for name, document in dataset.documents.items() if name not in places}
    examples = [example for example in dataset.examples if example.document_id not in places]
    for number in range(copies):
        for document_id, here in places.items():
            document = dataset.documents[document_id]
            drawn = _drawn(list(here), sorted(forms), kinds, chance)
            titles = _pieces(document.title or "", {actor: one.title for actor, one in here.items()}, forms, drawn)
            pieces = _pieces(document.text, {actor: one.text for actor, one in here.items()}, forms, drawn)
            title, text = rewritten(document.title or "", titles), rewritten(document.text, pieces)
            changed = copied(document, f"renamed {number}", text=text.text, title=title.text or None)
            documents[changed.document_id] = changed
            examples += [moved(one, f"{one.id}|renamed {number}", text, changed, drawn) for one in told[document_id]]
    digest = key_of([dataset.digest, copies, seed])[:32]
    return Dataset(dataset.label_set, documents, tuple(examples), digest)


def _asked(
    places: Mapping[str, Mapping[str, Places]], told: Mapping[str, Sequence[Example]]
) -> dict[str, dict[str, Places]]:
    """By document, where those of its actors are named that something is told of; nothing where none is."""
    found = {}
    for document_id, examples in told.items():
        here = places[document_id]
        actors = sorted({example.actor for example in examples if example.actor in here})
        if actors:
            found[document_id] = {actor: here[actor] for actor in actors}
    return found


def _forms(dataset: Dataset, places: Mapping[str, Mapping[str, Places]]) -> dict[str, list[str]]:
    """How each actor is called in these articles, the longest first."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for document_id, named in places.items():
        document = dataset.documents[document_id]
        for actor, here in named.items():
            for given, spans in ((document.title or "", here.title), (document.text, here.text)):
                found[actor] |= dict.fromkeys(form(given, span) for span in spans)
    return {actor: sorted(names, key=lambda name: (-len(name), name)) for actor, names in found.items()}


def _drawn(
    actors: Sequence[str], known: Sequence[str], kinds: Mapping[str, str], chance: random.Random
) -> dict[str, str]:
    """For each of `actors`, whose names it goes by; its own where nobody else of its kind is left."""
    left = list(known)
    chance.shuffle(left)
    drawn = {}
    for actor in actors:
        alike = [other for other in left if kinds.get(other) == kinds.get(actor)]
        drawn[actor] = alike[0] if alike else actor
        if alike:
            left.remove(alike[0])
    return drawn


def _pieces(
    given: str, spans: Mapping[str, Iterable[Span]], forms: Mapping[str, list[str]], drawn: Mapping[str, str]
) -> list[tuple[Span, str]]:
    pieces = []
    for actor, own in apart(spans).items():
        names, wanted = forms[actor], forms[drawn[actor]]
        for span in own:
            # Ranks are stretched: the shortest of five names becomes the shortest of two.
            rank = names.index(form(given, span)) * len(wanted) // len(names)
            pieces.append((span, wanted[rank]))
    return pieces
