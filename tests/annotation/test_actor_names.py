"""Registries as the finder reads them, and what it finds of the corpus's annotators' mentions."""

import datetime
from pathlib import Path

import pytest

from stance.annotation.actor_names import lexicon
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.registry import Actor, ActorKind, ActorRegistry, Office, read_actors
from stance.labels import MAIN
from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon, Name, Term

LABELS = Path(__file__).parents[2] / "labels"
REGISTRIES = [LABELS / "corpus" / "actors.yaml", LABELS / "actors.yaml"]


def test_a_registry_becomes_what_the_finder_looks_for() -> None:
    day = datetime.date(2031, 5, 2)
    registry = ActorRegistry(
        (
            Actor(
                "z.government",
                ActorKind.GOVERNMENT,
                {"ar": "الحكومة الزاريدية", "en": "Government of Zarida"},
                names=("حكومة زاريدا",),
                if_acting=("زاريدا",),
                not_names=("طيران زاريدا",),
                since=day,
            ),
            Actor("z.pm", ActorKind.OFFICE, {"ar": "رئيس الوزراء الزاريدي"}, speaks_for="z.government", shared=True),
            Actor(
                "z.najjari",
                ActorKind.PERSON,
                {"ar": "سالم النجاري"},
                short=("النجاري",),
                speaks_for="z.government",
                spokesperson_of="z.government",
                held=(Office("z.pm", since=day),),
            ),
        ),
        spellings=(("زاريد", "ذاريد"),),
        not_after=("جامعة",),
        not_names=("كأس زاريدا",),
    )
    assert lexicon(registry) == Lexicon(
        entries=(
            Entry(
                "z.government",
                "government",
                full=(
                    Name("الحكومة الزاريدية", ("الحكومة الذاريدية",)),
                    Name("Government of Zarida"),
                    Name("حكومة زاريدا", ("حكومة ذاريدا",)),
                ),
                if_acting=(Name("زاريدا", ("ذاريدا",)),),
                since=day,
            ),
            Entry(
                "z.pm",
                "office",
                full=(Name("رئيس الوزراء الزاريدي", ("رئيس الوزراء الذاريدي",)),),
                body="z.government",
                shared=True,
            ),
            Entry(
                "z.najjari",
                "person",
                full=(Name("سالم النجاري"),),
                short=(Name("النجاري"),),
                terms=(Term(office="z.pm", since=day),),
                spokesperson_of="z.government",
            ),
        ),
        not_names=(Name("كأس زاريدا", ("كأس ذاريدا",)), Name("طيران زاريدا", ("طيران ذاريدا",))),
        not_after=("جامعة",),
    )


@pytest.mark.parametrize("path", REGISTRIES, ids=lambda path: path.parent.name)
def test_every_full_name_alone_leads_to_its_actor(path: Path) -> None:
    """No name is swallowed by another actor's or by one that means something else."""
    known = lexicon(read_actors(path))
    finder = Finder(known)
    lost = []
    for entry in known.entries:
        # Of two bodies of one name, the one that was there.
        day = entry.until - datetime.timedelta(days=1) if entry.until else None
        for name in entry.full:
            mentions = finder.find(f"بحسب {name.text}، أمس", published=day, outlets=True).mentions
            whole = [mention for mention in mentions if (mention.start, mention.end) == (5, 5 + len(name.text))]
            holders = {other.id for other in known.entries if any(term.office == entry.id for term in other.terms)}
            if not whole or whole[0].actor not in {entry.id, *holders}:
                lost.append((entry.id, name.text))
    assert lost == []


def test_the_corpus_s_mentions_are_found_under_their_actors() -> None:
    """Floors: nine in ten is what is asked for; `experiments/benchmarks/finder` prints what is missed."""
    path = LABELS / "corpus" / "actors.yaml"
    registry = read_actors(path)
    finder = Finder(lexicon(registry))
    hits = found = marked = actors = found_actors = marked_actors = 0
    for document in read_export(
        LABELS / "corpus" / "export.json", label_set=MAIN, actors=registry.ids(), targets=None, report=Report()
    ):
        day = datetime.date.fromisoformat(str(document.published))
        mentions = finder.find(document.text, published=day, outlets=True).mentions
        ours = {(mention.start, mention.end, mention.counts_to or mention.actor) for mention in mentions}
        theirs = {(mention.start, mention.end, mention.actor) for mention in document.annotations[0].mentions}
        hits, found, marked = hits + len(ours & theirs), found + len(ours), marked + len(theirs)
        names, truth = {actor for *_, actor in ours}, {actor for *_, actor in theirs}
        actors, found_actors, marked_actors = (
            actors + len(names & truth),
            found_actors + len(names),
            marked_actors + len(truth),
        )
    assert marked > 2000
    assert hits / marked > 0.9
    assert hits / found > 0.94
    assert actors / marked_actors > 0.96
    assert actors / found_actors > 0.97


@pytest.mark.parametrize("path", REGISTRIES, ids=["corpus", "real"])
def test_names_are_read_where_a_text_begins_and_ends_with_them(path: Path) -> None:
    registry = read_actors(path)
    finder = Finder(lexicon(registry))
    for actor in registry.actors:
        for name in (*actor.name.values(), *actor.names):
            for text in (name, f"قال {name}", f"{name} قال"):
                assert all(0 <= one.start < one.end <= len(text) for one in finder.find(text).mentions)
