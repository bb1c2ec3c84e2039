"""Articles with other names: what is said stays, who says it changes, and every offset moves along."""

import msgspec

from stance.annotation.registry import Actor, ActorKind, ActorRegistry
from stance.data.changed import apart
from stance.data.examples import Dataset
from stance.data.naming import Names
from stance.data.renaming import renamed
from stance.labels import MAIN
from tests.data.test_probes import REGISTRY, TEXT, at, dataset

KINDS = {actor.id: actor.kind for actor in REGISTRY.actors}


def copies(data: Dataset, kinds: dict[str, str], count: int = 1, seed: int = 0) -> Dataset:
    return renamed(data, Names(REGISTRY), kinds, copies=count, seed=seed)


def test_copies_stand_in_the_place_of_an_article() -> None:
    data = dataset()
    made = copies(data, {}, count=2)
    assert len(made) == 2 * len(data) == len({example.id for example in made.examples})
    assert set(made.documents) == {"d|renamed 0", "d|renamed 1"}
    assert [example.label for example in made.examples] == 2 * [example.label for example in data.examples]


def exchanged(data: Dataset) -> Dataset:
    """The copy of the first seed in which the two actors drew each other."""
    for seed in range(20):
        made = copies(data, {}, seed=seed)
        if made.examples[0].actor != data.examples[0].actor:
            return made
    raise AssertionError("no seed of twenty exchanges two names")


def test_who_drew_anothers_name_says_under_it_what_he_said() -> None:
    data = dataset()
    made = exchanged(data)
    by_actor = {example.actor: example for example in made.examples}
    document = made.documents[by_actor["gov"].document_id]
    assert document.title == "حزب الفجر ومجلس الوزراء"
    # Both names of the government become the party's only one, which becomes the longer of the two.
    assert document.text == "ترفض حزب الفجر البقاء. ويؤيد مجلس الوزراء البقاء، وقال لحزب الفجر ذلك."
    for actor, label, words in (
        ("dawn", "against", "ترفض حزب الفجر البقاء"),
        ("gov", "favor", "يؤيد مجلس الوزراء البقاء"),
    ):
        example = by_actor[actor]
        assert example.label == label
        assert [document.text[one.start : one.end] for one in example.statements] == [words]
        assert [one.holder for one in example.statements] == [actor]
        for start, end in example.mentions:
            assert document.text[start:end] in ("حزب الفجر", "مجلس الوزراء")


def test_names_are_drawn_among_actors_of_a_kind() -> None:
    data = dataset()
    for seed in range(5):
        made = copies(data, KINDS, seed=seed)
        # One government and one party: nobody to exchange with.
        assert [(example.actor, example.label) for example in made.examples] == [
            (example.actor, example.label) for example in data.examples
        ]
        assert made.documents[made.examples[0].document_id].text == TEXT


def test_the_same_seed_gives_the_same_names_and_another_digest_than_the_articles() -> None:
    data = dataset()
    assert copies(data, {}, seed=3).documents == copies(data, {}, seed=3).documents
    assert copies(data, {}, seed=3).digest != data.digest


def test_an_article_that_names_nobody_has_no_copy() -> None:
    data = dataset()
    unnamed = tuple(msgspec.structs.replace(example, actor="author", mentions=()) for example in data.examples)
    made = copies(Dataset(data.label_set, data.documents, unnamed, data.digest), {})
    assert made.examples == unnamed


def test_of_two_names_that_overlap_the_longer_counts() -> None:
    assert apart({"city": [(0, 3), (9, 12)], "agency": [(0, 8)]}) == {"city": [(9, 12)], "agency": [(0, 8)]}


def test_no_actor_takes_a_name_that_another_of_the_article_has_taken() -> None:
    registry = ActorRegistry(tuple(Actor(name, ActorKind.PARTY, {"ar": f"حزب {name}"}) for name in "abcd"))
    document = msgspec.structs.replace(
        dataset().documents["d"], annotations=(), text="حزب a وحزب b وحزب c وحزب d", title=None
    )
    told = dataset().examples[0]
    examples = tuple(
        msgspec.structs.replace(
            told, id=f"d|{name}|t1", actor=name, mentions=((at(f"حزب {name}", document.text)),), statements=()
        )
        for name in "abcd"
    )
    data = Dataset(MAIN, {"d": document}, examples, "digest")
    for seed in range(10):
        made = renamed(data, Names(registry), {}, copies=1, seed=seed)
        assert sorted(example.actor for example in made.examples) == list("abcd")
