from dataclasses import replace

import msgspec
import pytest

from stance.annotation.document_lines import GivenActor
from stance.annotation.records import Mention, Statement
from stance.errors import ConfigurationError
from stance.labelling.suggestions import Suggester
from stance.labels import ISSUEPOSITIONS, Channel
from tests.labelling.small import Oracle, arrival, registries, suggester

TEXT = "قالت الحكومة إن القوات باقية. ورفض الحزب بقاء القوات."


@pytest.fixture
def world(tmp_path):
    return registries(tmp_path)


def spans(mentions: tuple[Mention, ...]) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.actor) for one in mentions]


def test_actors_are_found_and_hold_the_sentences_that_show_their_stance(world):
    ((annotation, scores, _),) = suggester(*world).suggest([arrival(text=TEXT)], [False])
    assert spans(annotation.mentions) == [(5, 12, "gov"), (35, 40, "party")]
    government, party = annotation.mentions
    first, second = annotation.statements
    assert first == Statement(
        first.id, 5, 28, "gov", "against", channel=Channel.PUBLIC, target=None, mention=government.id
    )
    assert second == Statement(second.id, 35, 52, "party", "against", mention=party.id)
    assert annotation.annotator == "oracle/3"
    assert annotation.score == 0.75
    assert scores == {first.id: 0.875, second.id: 0.875}


def test_the_nearest_mention_holds_a_statement(world):
    text = "الحكومة هنا. قالت الحكومة إن القوات باقية. وهناك الحكومة. ثم الحكومة ترفض."
    ((annotation, *_),) = suggester(*world).suggest([arrival(text=text)], [False])
    (statement,) = annotation.statements
    assert statement.mention == max(annotation.mentions, key=lambda one: one.start).id


def test_a_blind_task_gets_its_actors_and_the_model_is_not_asked(world):
    oracle = Oracle(world[1])
    made = Suggester(world[0], oracle, "oracle/3")  # type: ignore[arg-type]
    (blind, *_), (seen, *_) = made.suggest([arrival("b", TEXT), arrival("s", TEXT)], [True, False])
    assert spans(blind.mentions) == spans(seen.mentions)
    assert (blind.statements, blind.score) == ((), None)
    assert blind.annotator == "oracle/3"  # of all versions Label Studio shows one
    assert seen.statements
    assert len(oracle.asked) == 1


def test_a_target_that_the_model_does_not_know_gets_actors_only(world):
    made = suggester(*world)
    ((annotation, *_),) = made.suggest([arrival(text=TEXT, target="other")], [False])
    assert annotation.mentions
    assert not annotation.statements
    assert not made.knows("other")
    assert made.knows("t1")


def test_one_document_on_two_targets_is_read_for_each(world):
    twice = [arrival("d", TEXT), arrival("d", TEXT, target="other"), arrival("e", "لا أحد هنا")]
    found = suggester(*world).suggest(twice, [False] * 3)
    assert [len(one.annotation.statements) for one in found] == [2, 0, 0]
    assert found[2].annotation.score is None
    ids = {mention.id for one in found for mention in one.annotation.mentions}
    assert len(ids) == 4


def test_actors_that_come_with_a_document_are_the_only_ones(world):
    given = (GivenActor("army", ((0, 4),)), GivenActor("party"))
    ((annotation, *_),) = suggester(*world).suggest([arrival(text=TEXT, actors=given)], [False])
    assert spans(annotation.mentions) == [(0, 4, "army"), (35, 40, "party")]
    ((annotation, *_),) = suggester(*world).suggest([arrival(text=TEXT, actors=())], [False])
    assert not annotation.mentions


def test_without_a_model_the_registry_is_the_version(world):
    made = Suggester(world[0])
    assert made.version == "actors/0"
    ((annotation, scores, _),) = made.suggest([arrival(text=TEXT)], [False])
    assert spans(annotation.mentions) == [(5, 12, "gov"), (35, 40, "party")]
    assert (annotation.statements, annotation.score, scores) == ((), None, {})


def test_identity_changes_with_registry_and_version_alone(world):
    actors, targets = world
    same = suggester(actors, targets).identity
    assert suggester(*world).identity == same
    assert suggester(actors, targets, "oracle/4").identity != same
    fewer = msgspec.structs.replace(actors, actors=actors.actors[:-1])
    assert suggester(fewer, targets).identity != same


def test_a_model_of_another_label_set_is_refused(world):
    oracle = Oracle(world[1])
    oracle.model.labels = replace(ISSUEPOSITIONS)
    with pytest.raises(ConfigurationError, match="Expected a model of the label set 'stance', found one of 'issuepos"):
        Suggester(world[0], oracle, "oracle/3")  # type: ignore[arg-type]
