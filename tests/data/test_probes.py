"""Each probe by hand: what the text is then, where mentions and statements stand, whose label is whose."""

from collections import Counter

import msgspec

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.registry import Actor, ActorKind, ActorRegistry
from stance.data.examples import Dataset, Example, build_dataset
from stance.data.naming import Names
from stance.data.probes import HIDDEN, MASKED_ACTOR, SWAPPED_ACTOR, TEXT_REMOVED, partners, perturbed, placeholder
from stance.labels import AUTHOR, MAIN
from tests.doubles import documents

REGISTRY = ActorRegistry(
    (
        Actor("gov", ActorKind.GOVERNMENT, {"ar": "الحكومة"}, names=("مجلس الوزراء",)),
        Actor("dawn", ActorKind.PARTY, {"ar": "حزب الفجر"}),
    )
)
TITLE = "الحكومة وحزب الفجر"
TEXT = "ترفض الحكومة البقاء. ويؤيد حزب الفجر البقاء، وقال لمجلس الوزراء ذلك."


def at(words: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def dataset() -> Dataset:
    mentions = (Mention("m1", *at("الحكومة"), "gov"), Mention("m2", *at("حزب الفجر"), "dawn"))
    statements = (
        Statement("s1", *at("ترفض الحكومة البقاء"), "gov", "against", mention="m1"),
        Statement("s2", *at("يؤيد حزب الفجر البقاء"), "dawn", "favor", mention="m2"),
    )
    annotation = Annotation("a", "one", mentions, statements)
    document = Document("d", "1", TEXT, annotations=(annotation,), title=TITLE, source="x", target="t1")
    return build_dataset([document], MAIN)


def asked(probe: str, data: Dataset | None = None) -> dict[str, tuple[Example, Document]]:
    """By the actor that is asked about."""
    made = perturbed(probe, data or dataset(), Names(REGISTRY))
    return {one.id.split("|")[1]: (one, made.documents[one.document_id]) for one in made.examples}


def shown(example: Example, document: Document) -> tuple[list[str], list[str]]:
    mentions = [document.text[start:end] for start, end in example.mentions]
    return mentions, [document.text[one.start : one.end] for one in example.statements]


def test_without_its_text_an_article_has_only_where_it_came_from():
    for example, document in asked(TEXT_REMOVED).values():
        assert (document.text, document.title, document.source, document.annotations) == ("", None, "x", ())
        assert (example.mentions, example.statements) == ((), ())
    assert {name: example.label for name, (example, _) in asked(TEXT_REMOVED).items()} == {
        "gov": "against",
        "dawn": "favor",
    }


def test_every_name_of_the_asked_actor_is_masked_and_of_nobody_else():
    example, document = asked(MASKED_ACTOR)["gov"]
    assert document.title == "جهة وحزب الفجر"
    assert document.text == "ترفض جهة البقاء. ويؤيد حزب الفجر البقاء، وقال لجهة ذلك."
    assert shown(example, document) == (["جهة"], ["ترفض جهة البقاء"])
    assert (example.actor, example.label, example.id) == (HIDDEN, "against", "d|gov|t1")
    example, document = asked(MASKED_ACTOR)["dawn"]
    assert document.text == "ترفض الحكومة البقاء. ويؤيد جهة البقاء، وقال لمجلس الوزراء ذلك."
    assert shown(example, document) == (["جهة"], ["يؤيد جهة البقاء"])


def test_two_actors_exchange_their_names_and_with_them_what_is_said():
    found = asked(SWAPPED_ACTOR)
    example, document = found["gov"]
    # The longest of one's names for the longest of the other's; with one name, it stands for all.
    assert document.title == "حزب الفجر ومجلس الوزراء"
    assert document.text == "ترفض حزب الفجر البقاء. ويؤيد مجلس الوزراء البقاء، وقال لحزب الفجر ذلك."
    assert shown(example, document) == (["مجلس الوزراء"], ["يؤيد مجلس الوزراء البقاء"])
    assert (example.actor, example.label, example.id) == ("gov", "favor", "d|gov|t1")
    assert example.soft == (1.0, 0.0, 0.0, 0.0)
    assert [statement.holder for statement in example.statements] == ["gov"]
    other, same = found["dawn"]
    assert same == document
    assert shown(other, same) == (["حزب الفجر"], ["ترفض حزب الفجر البقاء"])
    assert other.label == "against"


def test_a_name_within_a_longer_one_of_the_other_is_not_exchanged():
    text = "قال ناطق باسم الحكومة إن الحكومة ترفض"
    mentions = (
        Mention("m1", *at("ناطق باسم الحكومة", text), "spokesman"),
        Mention("m2", *at("الحكومة", text), "gov"),
        Mention("m3", *at("الحكومة ترفض", text)[:1], at("الحكومة ترفض", text)[0] + 7, "gov"),
    )
    said = (Statement("s", *at("الحكومة ترفض", text), "gov", "against"),)
    document = Document("d", "1", text, annotations=(Annotation("a", "one", mentions, said),), target="t1")
    found = asked(SWAPPED_ACTOR, build_dataset([document], MAIN))
    example, swapped = found["spokesman"]
    assert swapped.text == "قال الحكومة إن ناطق باسم الحكومة ترفض"
    assert (shown(example, swapped)[0], example.label) == (["ناطق باسم الحكومة"], "against")
    assert (shown(*found["gov"])[0], found["gov"][0].label) == (["الحكومة"], "none")


def test_who_is_named_nowhere_or_has_no_rival_is_left_out():
    (document,) = dataset().documents.values()
    alone = msgspec.structs.replace(
        document.annotations[0],
        statements=tuple(msgspec.structs.replace(one, stance="favor") for one in document.annotations[0].statements),
    )
    assert asked(SWAPPED_ACTOR, build_dataset([msgspec.structs.replace(document, annotations=(alone,))], MAIN)) == {}
    said = Annotation("a", "one", (), (Statement("s", 0, len(TEXT), AUTHOR, "favor"),))
    author = build_dataset([msgspec.structs.replace(document, annotations=(said,))], MAIN)
    assert asked(MASKED_ACTOR, author) == {}
    assert list(asked(TEXT_REMOVED, author)) == [AUTHOR]


def test_partners_are_of_another_label_and_mostly_each_others():
    labels = ["favor", "favor", "favor", "against", "none", "none"]
    examples = [
        Example(f"d|{n}|t", "d", str(n), "t", label, (), (), ((n, n + 1),), ()) for n, label in enumerate(labels)
    ]
    found = partners(examples)
    assert set(found) == {example.id for example in examples}
    assert all(found[one.id].label != one.label for one in examples)
    mutual = [one.id for one in examples if found[found[one.id].id].id == one.id]
    assert len(mutual) == 6
    # One more of the largest group has nobody left: somebody serves twice.
    more = [*examples, msgspec.structs.replace(examples[0], id="d|6|t", actor="6")]
    assert Counter(partners(more)[one.id].label for one in more if one.label == "favor")["favor"] == 0
    assert len(partners(more)) == 7


def test_the_word_for_somebody_is_in_the_articles_language():
    plain = Document("d", "1", TEXT)
    assert placeholder(plain) == "جهة"
    assert placeholder(msgspec.structs.replace(plain, text="De boeren", language="nl")) == "een actor"
    assert placeholder(msgspec.structs.replace(plain, text="Les paysans")) == "X"


def test_every_probe_of_the_doubles_points_at_what_it_says():
    data = build_dataset(documents(12), MAIN)
    for probe in (MASKED_ACTOR, SWAPPED_ACTOR):
        made = perturbed(probe, data, Names(None))
        assert {one.id for one in made.examples} <= {one.id for one in data.examples}
        assert made.digest != data.digest
        for example in made.examples:
            mentions, statements = shown(example, made.documents[example.document_id])
            assert mentions
            assert all(any(name in said for name in mentions) for said in statements)
    masked = perturbed(MASKED_ACTOR, data, Names(None))
    assert all({*shown(one, masked.documents[one.document_id])[0]} == {"جهة"} for one in masked.examples)
