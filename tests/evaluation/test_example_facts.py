"""What is said of an example: its outlet, its statements, the words near them, who was trained on."""

import msgspec
import pytest

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.data.examples import Dataset, build_dataset
from stance.data.splits import Fold, Manifest
from stance.errors import DataError
from stance.evaluation.example_facts import example_facts, negates, pack_facts, unpack_facts
from stance.labels import MAIN, Attribution, Channel

TEXT = "ترفض الحكومة البقاء ولا تناقشه. وقال الحزب: «نريد بقاءهم». وصمت الجيش."


def at(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


@pytest.fixture
def dataset() -> Dataset:
    names = {"gov": "الحكومة", "party": "الحزب", "army": "الجيش"}
    mentions = tuple(Mention(f"m{actor}", *at(word), actor) for actor, word in names.items())
    said = (
        Statement("s1", *at("ترفض الحكومة"), "gov", "against"),
        Statement("s2", *at("نريد بقاءهم"), "party", "favor", Channel.PRIVATE, Attribution.REPORTED),
        Statement("s3", *at("وقال الحزب"), "party", "favor"),
    )
    annotation = Annotation("a", "one", mentions, said)
    first = Document("d1", "1", TEXT, annotations=(annotation,), source="وكالة", target="t")
    second = msgspec.structs.replace(first, document_id="d2", source=None)
    return build_dataset([first, second], MAIN)


def manifest(train: list[str], test: list[str]) -> Manifest:
    return Manifest("cv", 0, "", "stance", (Fold(tuple(train), (), tuple(test)),))


def test_facts_of_every_tested_example(dataset: Dataset):
    found = example_facts(dataset, manifest(["d2|gov|t"], ["d1|gov|t", "d1|party|t", "d1|army|t"]))
    gov, party, army = (next(one for one in found if f"|{name}|" in one.id) for name in ("gov", "party", "army"))
    assert len(found) == 3
    assert (gov.outlet, gov.channels, gov.attributions, gov.words) == ("وكالة", ("public",), ("own",), 11)
    assert (gov.negated, gov.quoted, gov.seen) == (True, False, True)
    assert (party.channels, party.attributions) == (("private", "public"), ("own", "reported"))
    assert (party.negated, party.quoted, party.seen) == (False, True, False)
    assert (army.channels, army.negated, army.quoted) == ((), False, False)


def test_an_actor_is_seen_only_where_every_fold_that_tests_it_knows_it(dataset: Dataset):
    folds = (
        Fold(("d2|gov|t",), (), ("d1|gov|t",), 0, 0),
        Fold(("d2|party|t",), (), ("d1|gov|t", "d1|party|t"), 1, 0),
    )
    found = example_facts(dataset, Manifest("cv", 0, "", "stance", folds))
    assert {one.id: one.seen for one in found} == {"d1|gov|t": False, "d1|party|t": True}


def test_facts_come_back_from_what_a_run_keeps(dataset: Dataset):
    found = example_facts(dataset, manifest([], [example.id for example in dataset.examples]))
    packed = pack_facts(found)
    assert unpack_facts(packed) == found
    assert "الحكومة" not in packed
    with pytest.raises(DataError, match="Expected facts of examples, as stance train keeps them, found: "):
        unpack_facts("[1]")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("لن ترحل القوات", True),
        ("ولم يوافق", True),
        ("وليست موافقة", True),
        ("بعدم البقاء", True),
        ("بلا شروط", True),
        ("من دون شرط", True),
        ("لَنْ ترحل", True),
        ("لاحظ المراقبون", False),
        ("ترحيب غيرهم", False),
        ("They didn't agree", True),
        ("Not now", True),
        ("a notable knot", False),
        ("Dat wil hij niet", True),
        ("de genietende", False),
    ],
)
def test_a_negating_word_is_a_word_of_its_own(sentence: str, expected: bool):
    assert negates(sentence) is expected
