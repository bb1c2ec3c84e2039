from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.annotation.registry import read_actors
from stance.text.names import find_names

REGISTRY = Path(__file__).parents[2] / "labels" / "corpus" / "actors.yaml"
NAMES = {
    "government": ["الحكومة الزاريدية", "زاريدا"],
    "party": ["حزب الضياء", "الضياء"],
    "leader": ["زعيم حزب الضياء", "سالم نجار"],
    "agency": ["وكالة زاريدا"],
}


def found(text: str, names: dict[str, list[str]] = NAMES) -> list[tuple[str, str]]:
    """(actor, name) in the order of the text."""
    spans = [(start, end, actor) for actor, places in find_names(text, names).items() for start, end in places]
    return [(actor, text[start:end]) for start, end, actor in sorted(spans)]


def test_all_places_of_an_actor_are_found_under_all_its_names() -> None:
    text = "قالت الحكومة الزاريدية إن زاريدا باقية"
    assert find_names(text, NAMES) == {"government": [(5, 22), (26, 32)]}
    assert found(text) == [("government", "الحكومة الزاريدية"), ("government", "زاريدا")]


@pytest.mark.parametrize("written", ["وزاريدا", "بزاريدا", "لزاريدا", "كزاريدا", "فزاريدا", "وبزاريدا", "فلزاريدا"])
def test_up_to_two_particles_may_be_written_before_a_name(written: str) -> None:
    assert found(f"مرّت {written} بأزمة") == [("government", "زاريدا")]


@pytest.mark.parametrize(
    "text",
    [
        "مرّت وفبزاريدا بأزمة",  # three particles
        "مرّت مزاريدا بأزمة",  # no particle
        "مرّت زاريداوي بأزمة",  # the word goes on
        "مرّت زاريدا2 بأزمة",
        "حزبالضياء",
        "",
    ],
)
def test_names_inside_words_are_not_found(text: str) -> None:
    assert find_names(text, NAMES) == {}


@pytest.mark.parametrize("text", ["زاريدا", "«زاريدا»", "زاريدا، ثم", "(زاريدا)", "زاريدا.", "\nزاريدا\n", "من-زاريدا"])
def test_marks_and_edges_of_the_text_are_edges_of_words(text: str) -> None:
    assert found(text) == [("government", "زاريدا")]


def test_the_longest_name_wins_over_those_inside_it() -> None:
    assert found("ذكرت وكالة زاريدا أن زعيم حزب الضياء غاضب") == [
        ("agency", "وكالة زاريدا"),
        ("leader", "زعيم حزب الضياء"),
    ]
    names = {"party": ["حزب الضياء"], "youth": ["حزب الضياء الشبابي"]}
    assert found("حزب الضياء الشبابي وحزب الضياء", names) == [("youth", "حزب الضياء الشبابي"), ("party", "حزب الضياء")]
    assert found("حزب الضياء والضياء") == [("party", "حزب الضياء"), ("party", "الضياء")]


def test_a_longer_name_that_ends_inside_a_word_gives_way_to_a_shorter_one() -> None:
    names = {"party": ["حزب"], "lights": ["حزب الضي"]}
    assert found("حزب الضياء", names) == [("party", "حزب")]


def test_an_outlet_named_after_a_place_is_not_that_place() -> None:
    names = {actor.id: [*actor.name.values(), *actor.names] for actor in read_actors(REGISTRY).actors}
    # The capital stands for its government in the registry, and inside the name of its news agency.
    assert "النوارس" in names["khaldunia.government"]
    assert found("نقلت وكالة أنباء النوارس عن مصدر في النوارس", names) == [
        ("outlet.nawaris_agency", "وكالة أنباء النوارس"),
        ("khaldunia.government", "النوارس"),
    ]


def test_no_names_find_nothing() -> None:
    assert find_names("زاريدا", {}) == {}
    assert find_names("زاريدا", {"government": []}) == {}


NAME = st.text(alphabet="اوس ", min_size=1, max_size=4).map(str.strip).filter(bool)


@given(st.text(alphabet="اوس ", max_size=30), st.lists(NAME, max_size=6))
def test_places_match_the_definition_read_slowly(text: str, names: list[str]) -> None:
    """Left to right, the longest name that stands at the edges of words, passing over what is taken."""
    known = {f"actor {number}": [name] for number, name in enumerate(dict.fromkeys(names))}
    expected: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        fits = [
            position + len(name)
            for name in names
            if text.startswith(name, position) and _at_edges(text, position, position + len(name))
        ]
        if fits:
            expected.append((position, max(fits)))
            position = max(fits)
        else:
            position += 1
    assert sorted(span for places in find_names(text, known).values() for span in places) == expected


def _at_edges(text: str, start: int, end: int) -> bool:
    before = text[:start].split(" ")[-1]
    return len(before) <= 2 and set(before) <= set("وفبكلس") and (end == len(text) or text[end] == " ")
