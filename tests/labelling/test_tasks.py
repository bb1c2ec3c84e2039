import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import actor_path
from stance.annotation.problems import Report
from stance.annotation.records import Annotation, Mention, Statement
from stance.labelling.suggestions import Suggestion
from stance.labels import MAIN, Channel
from tests.doubles import ACTORS
from tests.labelling.small import arrival, form, registries, suggester

TEXT = "قالت الحكومة إن القوات 🇮🇶 باقية.\nورفض الحزب\nبقاء القوات. ثم الجيش."


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    actors, targets = registries(tmp_path_factory.mktemp("registries"))
    return actors, targets, form(actors, targets)


def read(path, task, actors, targets):
    path.write_text(json.dumps([{"id": 1, **task}], ensure_ascii=False), "utf-8")
    return list(read_export(path, label_set=MAIN, actors=actors.ids(), targets=targets.ids(), report=Report()))


def made(world, one=None, **fields):
    actors, targets, shape = world
    one = one or arrival(text=TEXT, **fields)
    (suggestion,) = suggester(actors, targets).suggest([one], [False])
    return shape.task(one.document, shape.data(one, blind=False, identity="i"), suggestion), suggestion


def test_a_task_holds_what_the_screen_shows_and_what_the_reader_needs(world):
    one = msgspec.structs.replace(arrival(text=TEXT, title="ع", source="وكالة"), page_map=((0, 3, 5), (5, 9, 2)))
    data = world[2].data(one, blind=True, identity="i")
    pushed = data.pop("pushed")
    assert data == {
        "text": TEXT,
        "document_id": "d1",
        "title": "ع",
        "source": "وكالة",
        "source_name": "وكالة",
        "target": "t1",
        "target_wording": "وجود القوات",
        "page": "d1",
        "guidelines": "1.0",
        "blind": True,
        "page_map": [[0, 3, 5], [5, 9, 2]],
    }
    assert len(pushed) == 16


def test_what_a_task_was_made_from_shows_in_one_field(world):
    shape = world[2]
    one = arrival(text=TEXT)
    pushed = shape.data(one, blind=False, identity="i")["pushed"]
    assert shape.data(one, blind=False, identity="i")["pushed"] == pushed
    changed = [
        shape.data(one, blind=True, identity="i"),
        shape.data(one, blind=False, identity="j"),
        shape.data(arrival(text=TEXT, title="ع"), blind=False, identity="i"),
        shape.data(arrival(text=TEXT, actors=()), blind=False, identity="i"),
    ]
    assert len({pushed, *(data["pushed"] for data in changed)}) == 5


def test_the_server_gets_paths_to_actors_origin_and_scores(world):
    task, suggestion = made(world)
    (prediction,) = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("oracle/3", 0.75)
    items = prediction["result"]
    paths = [item["value"]["taxonomy"] for item in items if item["type"] == "taxonomy"]
    known = {actor.id: actor_path(actor) for actor in world[0].actors}
    assert paths == [[known["gov"]], [known["party"]], [known["army"]]]
    assert {item["origin"] for item in items if item["type"] != "relation"} == {"prediction"}
    scores = {item["id"]: item["score"] for item in items if "score" in item}
    assert scores == {statement.id: 0.875 for statement in suggestion.annotation.statements}
    # The model does not tell whose words they are: an answer here would be an invention.
    assert "attribution" not in {item.get("from_name") for item in items}


def test_what_the_reader_finds_is_what_was_meant(world, tmp_path):
    task, suggestion = made(world)
    assert world[2].problems([task], [suggestion.annotation]) == [None]
    (document,) = read(tmp_path / "e.json", task, world[0], world[1])
    (found,) = document.predictions
    assert found.mentions == suggestion.annotation.mentions
    assert found.statements == suggestion.annotation.statements


TEXTS = st.text(st.sampled_from(list("ابت ثجح\n.🙂ً'\"\\")), min_size=1, max_size=40).filter(lambda text: text.strip())


@st.composite
def suggestions(draw):
    text = draw(TEXTS)
    span = st.integers(0, len(text) - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, len(text)))
    )
    mentions = tuple(
        Mention(f"m{number}", *place, draw(st.sampled_from(sorted(ACTORS))))
        for number, place in enumerate(draw(st.lists(span, max_size=5)))
    )
    statements = tuple(
        Statement(
            f"s{number}",
            *place,
            holder.actor,
            draw(st.sampled_from(MAIN.sides)),
            channel=draw(st.sampled_from(Channel)),
            mention=holder.id,
        )
        for number, place in enumerate(draw(st.lists(span, max_size=4)) if mentions else ())
        for holder in [draw(st.sampled_from(mentions))]
    )
    score = draw(st.none() | st.floats(0, 1))
    return text, Annotation("p", "oracle/3", mentions, statements, score=score)


@settings(max_examples=60, deadline=None)
@given(suggestions())
def test_every_suggestion_reads_back_as_it_was(world, drawn):
    text, annotation = drawn
    one = arrival(text=text, title=text)
    shape = world[2]
    task = shape.task(one.document, shape.data(one, blind=False, identity="i"), Suggestion(annotation, {}))
    assert shape.problems([task], [annotation]) == [None]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda items: items[0]["value"].update(end=999), "expected 0 ≤ start < end ≤ 66, found 5–999"),
        (lambda items: items[0]["value"].update(start=6, end=13), "expected 'الحكومة', found 'لحكومة '"),
        (
            lambda items: items[1]["value"].update(taxonomy=[["nobody"]]),
            "expected an actor of the registry, found 'nob",
        ),
        (lambda items: items[1]["value"].update(taxonomy=[["no", "gov"]]), "expected what the project's configuration"),
        (lambda items: items.pop(), "expected a holder relation to an actor, or an actor of its own, found neither"),
        (lambda items: items[0].update(id="other"), "expected an actor, found none (other (5–12 'الحكومة'))"),
        (
            lambda items: items[7]["value"].update(choices=["favor"]),
            "expected the reader to find the regions that are meant, found others",
        ),
        (lambda items: items[-1].update(to_id="none"), "expected two regions, found no region 'none'"),
    ],
)
def test_a_task_that_would_be_read_otherwise_is_found_out(world, spoil, problem):
    task, suggestion = made(world)
    good, other = made(world)
    spoil(task["predictions"][0]["result"])
    first, second = world[2].problems([task, good], [suggestion.annotation, other.annotation])
    assert first is not None
    assert first.startswith(problem)
    assert second is None


def test_a_project_without_our_configuration_is_found_out(world):
    task, suggestion = made(world)
    other = type(world[2])('<View><Text name="text" value="$text"/></View>', world[0], world[1], "1.0")
    (problem,) = other.problems([task], [suggestion.annotation])
    assert problem is not None
    assert problem.startswith("expected what the project's configuration offers, found: Region 0: 'from_name' 'label'")
