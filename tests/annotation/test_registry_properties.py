"""Registries of any content: read back as written, judged alike by classes and schema, with the lines one counts."""

import datetime
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.annotation.marked_yaml import MarkedYaml
from stance.annotation.registry import Actor, ActorKind, ActorRegistry, Office, read_actors
from stance.annotation.registry_names import meet
from stance.annotation.registry_shape import shape_problems
from stance.errors import DataError

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIRST = datetime.date(2031, 1, 1)
DAYS = st.none() | st.integers(0, 9).map(lambda number: FIRST + datetime.timedelta(number))
TERMS = st.builds(Office, st.just("seat"), since=DAYS, until=DAYS)
SEAT = Actor("seat", ActorKind.OFFICE, {"ar": "رئيس المجلس"})

# What a file may hold in any place: what is right there, and what is right elsewhere.
SCALARS = st.sampled_from(
    ["party", "person", "a.b", "حزب", " ", "", "2031-01-01", 3, 2.5, True, None, FIRST]
) | st.just(datetime.datetime(2031, 1, 1, 10))
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["ar", "en", "arabic", "office", "since", 3]), inner, max_size=2)
    ),
    max_leaves=4,
)
ENTRIES = st.dictionaries(st.sampled_from([*Actor.__struct_fields__, "nmaes"]), VALUES, max_size=4).map(
    lambda fields: {"id": "a", "kind": "party", "name": {"ar": "حزب"}} | fields
)
FILES = st.dictionaries(st.sampled_from([*ActorRegistry.__struct_fields__, "world_"]), VALUES, max_size=2).flatmap(
    lambda top: st.lists(ENTRIES | VALUES, max_size=2).map(lambda actors: {"actors": actors} | top)
)


def write(folder: Path, registry: ActorRegistry) -> Path:
    path = folder / "actors.yaml"
    path.write_text(yaml.safe_dump(msgspec.to_builtins(registry), allow_unicode=True), "utf-8")
    return path


@settings(max_examples=400, deadline=None)
@given(FILES | VALUES)
def test_classes_and_schema_refuse_the_same(value: object) -> None:
    try:
        msgspec.convert(value, ActorRegistry)
        fits = True
    except msgspec.ValidationError:
        fits = False
    assert fits == (not shape_problems(value, ActorRegistry))


@FEW
@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from("ابجدهوزح"), unique=True, max_size=4)), max_size=4))
def test_a_registry_is_read_as_it_was_written(tmp_path: Path, given: list[tuple[bool, list[str]]]) -> None:
    actors = tuple(
        Actor(
            id=f"world.a-{number}",
            kind=ActorKind.PERSON if person else ActorKind.PARTY,
            name={"ar": f"فاعل {number}", "en": f"Actor {number}"},
            names=tuple(f"{letter} {number}" for letter in letters),
            held=(Office("mayor", since=FIRST),) if person else (),
            until=None if person else FIRST,
        )
        for number, (person, letters) in enumerate(given)
    )
    registry = ActorRegistry(actors, version="1.0", world="invented", spellings=(("ا", "ب"),), not_after=("مطار",))
    assert read_actors(write(tmp_path, registry)) == registry


@FEW
@given(st.lists(TERMS, max_size=4))
def test_two_in_one_office_are_found_as_by_looking_at_each_day(tmp_path: Path, terms: list[Office]) -> None:
    people = [
        Actor(f"p{number}", ActorKind.PERSON, {"ar": f"فلان {number}"}, held=(term,))
        for number, term in enumerate(terms)
    ]
    reversed_terms = any(term.since and term.until and term.until <= term.since for term in terms)
    days = [FIRST + datetime.timedelta(number) for number in range(-1, 11)]
    held = [
        {day for day in days if (term.since or day) <= day and (term.until is None or day < term.until)}
        for term in terms
    ]
    clash = any(one & other for one, other in combinations(held, 2))
    try:
        read_actors(write(tmp_path, ActorRegistry((SEAT, *people))))
        refused = False
    except DataError:
        refused = True
    assert refused == (clash or reversed_terms)


@given(TERMS, TERMS)
def test_meeting_is_mutual(one: Office, other: Office) -> None:
    assert meet(one, other) == meet(other, one)


TREES = st.recursive(
    st.just(0),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=12,
)


def leaves(tree: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in parts:
        yield from leaves(inner, (*path, step))
    if tree == 0:
        yield path


@given(TREES)
def test_lines_are_those_that_a_person_counts(tree: object) -> None:
    """JSON with a value on each line is YAML; every leaf is told by its own number."""
    numbered = iter(range(1, 100))

    def number(inner: object) -> object:
        if isinstance(inner, dict):
            return {key: number(value) for key, value in inner.items()}
        return [number(value) for value in inner] if isinstance(inner, list) else f"leaf {next(numbered)}"

    text = json.dumps(number(tree), indent=1)
    marked = MarkedYaml(text)
    for count, path in enumerate(leaves(tree), start=1):
        assert f'"leaf {count}"' in text.split("\n")[marked.line(path) - 1]


@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=6))
def test_every_key_that_stands_again_is_found(keys: list[str]) -> None:
    text = "a:\n" + "".join(f" - b:\n    {key}: 1\n" for key in keys[:1])
    text += "c:\n" + "".join(f"  {key}: {number}\n" for number, key in enumerate(keys)) if keys else ""
    again = [("c", key) for number, key in enumerate(keys) if key in keys[:number]]
    assert list(MarkedYaml(text).repeated_keys()) == again
