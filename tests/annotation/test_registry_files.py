"""The registries that the project carries: what they must hold, beyond what every registry must."""

import datetime
import json
from collections import Counter
from pathlib import Path

import pytest

from stance.annotation.registry import Actor, ActorKind, ActorRegistry, read_actors, read_targets, write_schemas
from stance.text.folding import fold
from stance.text.lexicon import Name
from stance.text.spelling import spellings

LABELS = Path(__file__).parents[2] / "labels"
KINDS = [kind for kind in ActorKind if kind not in (ActorKind.OUTLET, ActorKind.ORGANISATION)]


@pytest.fixture(scope="module")
def real() -> ActorRegistry:
    return read_actors(LABELS / "actors.yaml")


@pytest.fixture(scope="module")
def invented() -> ActorRegistry:
    return read_actors(LABELS / "corpus" / "actors.yaml")


def holder(registry: ActorRegistry, office: str, day: str) -> list[str]:
    on = datetime.date.fromisoformat(day)
    return [
        actor.id
        for actor in registry.actors
        for term in actor.held
        if term.office == office and (term.since or on) <= on and (term.until is None or on < term.until)
    ]


def test_the_real_subject_has_actors_of_every_kind(real: ActorRegistry) -> None:
    counts = Counter(actor.kind for actor in real.actors)
    assert sum(counts[kind] for kind in KINDS) > 400
    assert min(counts[kind] for kind in ActorKind) >= 10
    assert real.as_of is not None


@pytest.mark.parametrize(
    ("office", "day", "who"),
    [
        ("iraq.prime_minister", "2013-06-01", "iraq.maliki"),
        ("iraq.prime_minister", "2017-07-10", "iraq.abadi"),
        ("iraq.prime_minister", "2020-01-05", "iraq.abdul_mahdi"),
        ("iraq.prime_minister", "2021-12-31", "iraq.kadhimi"),
        ("iraq.prime_minister", "2024-09-17", "iraq.sudani"),
        ("us.president", "2021-01-19", "us.trump"),
        ("us.president", "2021-01-20", "us.biden"),
        ("us.president", "2025-01-20", "us.trump"),
        ("us.secretary_of_defence", "2024-01-05", "us.austin"),
        ("iran.president", "2024-09-11", "iran.pezeshkian"),
        ("syria.president", "2024-12-07", "syria.assad"),
        ("syria.president", "2025-02-01", "syria.sharaa"),
        ("turkey.foreign_minister", "2023-01-01", "turkey.cavusoglu"),
        ("iran.quds_commander", "2020-01-02", "iran.soleimani"),
    ],
)
def test_offices_lead_to_who_held_them(real: ActorRegistry, office: str, day: str, who: str) -> None:
    assert holder(real, office, day) == [who]


def test_the_corpus_s_world_has_actors_of_every_kind(invented: ActorRegistry) -> None:
    counts = Counter(actor.kind for actor in invented.actors)
    assert counts.total() >= 85
    assert counts[ActorKind.OUTLET] >= 8
    assert all(counts[kind] for kind in ActorKind)


def test_the_corpus_s_targets_are_of_several_hosts_and_forces() -> None:
    targets = [target for target in read_targets(LABELS / "targets.yaml").targets if target.world == "invented"]
    assert len({target.host for target in targets}) >= 4
    assert len({target.force for target in targets}) >= 6
    hosts = Counter(target.host for target in targets)
    assert min(hosts.values()) >= 2


@pytest.mark.parametrize(
    ("office", "day", "who"),
    [
        ("khaldunia.prime_ministership", "2031-05-01", "khaldunia.shunayfi"),
        ("khaldunia.prime_ministership", "2031-05-02", "khaldunia.prime_minister"),
        ("khaldunia.prime_ministership", "2034-11-24", "khaldunia.sabuhi"),
        ("kardania.presidency", "2034-12-14", "kardania.president"),
        ("tirmasa.presidency", "2033-02-10", "tirmasa.uzayriq"),
        ("tirmasa.defence_minister", "2033-02-28", "tirmasa.kuhayli"),
        ("lundara.prime_ministership", "2032-11-30", "lundara.odima"),
        ("lundara.prime_ministership", "2033-06-01", "lundara.mwando"),
        ("lundara.prime_ministership", "2034-05-20", "lundara.odima"),
    ],
)
def test_offices_of_the_corpus_change_hands(invented: ActorRegistry, office: str, day: str, who: str) -> None:
    assert holder(invented, office, day) == [who]


def test_nobody_holds_an_office_that_was_vacant(real: ActorRegistry) -> None:
    assert holder(real, "iraq.speaker", "2024-06-01") == []
    assert holder(real, "syria.president", "2024-12-20") == []


def test_the_two_governments_of_syria_share_names_and_no_day(real: ActorRegistry) -> None:
    before, after = (next(a for a in real.actors if a.id == name) for name in SYRIA)
    assert before.until == after.since == datetime.date(2024, 12, 8)
    assert "دمشق" in before.if_acting
    assert "دمشق" in after.if_acting


SYRIA = ("syria.assad_government", "syria.government")


def test_a_body_speaks_through_all_of_its_chain(real: ActorRegistry) -> None:
    """Nobody speaks in a circle, and ministries end at a government."""
    bodies = {actor.id: actor.speaks_for for actor in real.actors}
    for actor in real.actors:
        seen = [actor.id]
        while (body := bodies[seen[-1]]) is not None:
            assert body not in seen, seen
            seen.append(body)
        if actor.kind is ActorKind.MINISTRY and actor.speaks_for:
            assert seen[-1].endswith("government")


def names(actor: Actor) -> list[str]:
    return [*actor.name.values(), *actor.names, *actor.short, *actor.if_acting]


@pytest.mark.parametrize("file", ["actors.yaml", "corpus/actors.yaml"])
def test_no_name_is_a_spelling_that_the_finder_makes_of_another(file: str) -> None:
    registry = read_actors(LABELS / file)
    twice = []
    for actor in registry.actors:
        known: set[str] = set()
        for name in names(actor):
            if name not in actor.name.values() and fold(name) in known:
                twice.append((actor.id, name))
            known.update(spellings(Name(name, registry.spelled(name)[1:])))
    assert twice == []


def test_every_spelling_stands_for_what_is_in_a_name(real: ActorRegistry) -> None:
    written = [name for actor in real.actors for name in names(actor)]
    assert [group for group in real.spellings if not any(group[0] in name for name in written)] == []


def test_every_real_actor_has_an_arabic_and_an_english_name(real: ActorRegistry) -> None:
    assert all(set(actor.name) == {"ar", "en"} for actor in real.actors)


def test_real_targets_are_of_countries_and_forces_that_the_actors_know(real: ActorRegistry) -> None:
    known = {"invented": read_actors(LABELS / "corpus" / "actors.yaml"), None: real}
    targets = read_targets(LABELS / "targets.yaml").targets
    assert len(targets) == len({(target.host, target.force) for target in targets})
    for target in targets:
        assert target.id == f"{target.host}-{target.force}"
        assert set(target.poles) == {"favor", "against"}
        assert set(target.wording) == {"ar", "en"}
        assert {target.host, target.force} <= {name.partition(".")[0] for name in known[target.world].ids()}


def test_schemas_for_editors_are_those_that_files_are_checked_by(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    for path in tmp_path.iterdir():
        kept = LABELS / "schema" / path.name
        assert json.loads(kept.read_text("utf-8")) == json.loads(path.read_text("utf-8")), "see labels/README.md"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in (LABELS / "schema").iterdir())


def test_the_entries_to_copy_in_the_readme_are_right(tmp_path: Path) -> None:
    actors, targets = (part.partition("```")[0] for part in (LABELS / "README.md").read_text().split("```yaml\n")[1:])
    path = tmp_path / "copied.yaml"
    path.write_text(actors, "utf-8")
    assert len(read_actors(path).actors) == 4
    path.write_text(targets, "utf-8")
    assert len(read_targets(path).targets) == 1
