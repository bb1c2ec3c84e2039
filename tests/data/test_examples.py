import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.annotation.records import Annotation, Document, Gold
from stance.data.examples import Dataset, Example, build_dataset, example_id
from stance.labels import AUTHOR, ISSUEPOSITIONS, MAIN, Attribution, Channel, LabelSet

from .articles import annotation, collection, document, mention, says


def build(*annotations: Annotation, label_set: LabelSet = MAIN, **fields) -> Dataset:
    return build_dataset([document("d1", *annotations, **fields)], label_set)


def only(dataset: Dataset) -> Example:
    (example,) = dataset.examples
    return example


def test_one_annotator_gives_one_example_per_actor_in_the_order_of_marking() -> None:
    dataset = build(
        annotation("lina", mention("party", 34, 39), mention("government", 5, 12), says("government", "favor", 17, 29))
    )
    assert [(example.id, example.label) for example in dataset.examples] == [
        ("d1|party|troops", "none"),
        ("d1|government|troops", "favor"),
    ]
    party, government = dataset.examples
    assert (party.mentions, party.statements) == (((34, 39),), ())
    assert government.mentions == ((5, 12),)
    assert [(s.start, s.end, s.stance) for s in government.statements] == [(17, 29, "favor")]
    assert government.soft == (1.0, 0.0, 0.0, 0.0)
    assert dataset.gold().tolist() == [3, 0]
    assert dataset.left_out == {}
    assert dataset.ties == ()


def test_statements_of_one_annotator_make_one_label() -> None:
    assert only(build(annotation("lina", says("party", "favor"), says("party", "against")))).label == "ambivalent"
    assert only(build(annotation("lina", says("party", "none"), says("party", "against")))).label == "against"


def test_majority_of_annotators_decides_and_shares_are_kept() -> None:
    dataset = build(
        annotation("lina", says("party", "against", 3, 9)),
        annotation("sami", says("party", "against", 4, 9)),
        annotation("nour", says("party", "favor", 3, 9)),
        annotation("omar", mention("party", 0, 4)),
    )
    example = only(dataset)
    # Of four votes: one favor, two against, one of a bare mention, which is none.
    assert example.label == "against"
    assert example.soft == (0.25, 0.5, 0.0, 0.25)
    assert [(s.start, s.end, s.stance) for s in example.statements] == [(3, 9, "against"), (4, 9, "against")]
    assert example.mentions == ((0, 4),)


def test_annotators_who_did_not_mark_the_actor_have_no_vote() -> None:
    example = only(build(annotation("lina", says("party", "favor")), annotation("sami"), annotation("nour")))
    assert (example.label, example.soft) == ("favor", (1.0, 0.0, 0.0, 0.0))


def test_ties_are_left_out_and_reported() -> None:
    dataset = build(annotation("lina", says("party", "favor")), annotation("sami", says("party", "against")))
    assert dataset.examples == ()
    assert dataset.ties == ("d1|party|troops",)
    assert dataset.left_out == {"tie": 1}


def test_ground_truth_goes_before_the_majority_and_the_crowd_stays_in_the_shares() -> None:
    dataset = build(
        annotation("lina", says("party", "favor", 1, 5)),
        annotation("sami", says("party", "favor", 1, 5)),
        annotation("judge", says("party", "against", 2, 6), ground_truth=True),
    )
    example = only(dataset)
    assert example.label == "against"
    assert example.soft == (1.0, 0.0, 0.0, 0.0)
    assert [(s.start, s.end) for s in example.statements] == [(2, 6)]


def test_ground_truth_settles_a_tie_and_alone_makes_the_shares() -> None:
    votes = [annotation("lina", says("party", "favor")), annotation("sami", says("party", "against"))]
    judge = annotation("judge", says("party", "favor"), ground_truth=True)
    settled = build(*votes, judge)
    assert (only(settled).label, only(settled).soft, settled.ties) == ("favor", (0.5, 0.5, 0.0, 0.0), ())
    assert only(build(judge)).soft == (1.0, 0.0, 0.0, 0.0)


def test_ground_truth_that_says_nothing_of_an_actor_leaves_it_to_the_others() -> None:
    dataset = build(
        annotation("lina", says("party", "favor")),
        annotation("judge", says("government", "against"), ground_truth=True),
    )
    assert {example.actor: example.label for example in dataset.examples} == {"party": "favor", "government": "against"}


def test_cancelled_annotations_drafts_and_predictions_count_for_nothing() -> None:
    dataset = build(
        annotation("lina", says("party", "favor")),
        annotation("sami", says("party", "against"), mention("government"), cancelled=True),
        drafts=(annotation("nour", says("party", "against")),),
        predictions=(annotation("model 1", says("party", "against")),),
    )
    assert [(example.actor, example.label, example.soft) for example in dataset.examples] == [
        ("party", "favor", (1.0, 0.0, 0.0, 0.0))
    ]


def test_statements_may_name_another_target_than_the_documents() -> None:
    dataset = build(
        annotation("lina", says("party", "favor", 1, 5), says("party", "against", 6, 9, target="advisers")),
    )
    assert [(example.target, example.label) for example in dataset.examples] == [
        ("troops", "favor"),
        ("advisers", "against"),
    ]
    advisers = dataset.examples[1]
    assert [(s.start, s.end) for s in advisers.statements] == [(6, 9)]


def test_a_mention_speaks_of_the_default_target_only() -> None:
    marks = (mention("party"), says("party", "against", target="advisers"))
    assert {e.target: e.label for e in build(annotation("lina", *marks)).examples} == {
        "troops": "none",
        "advisers": "against",
    }
    without = build(annotation("lina", *marks), target=None)
    assert [(example.target, example.label) for example in without.examples] == [("advisers", "against")]


def test_statement_without_any_target_makes_no_example() -> None:
    assert len(build(annotation("lina", says("party", "favor")), target=None)) == 0


def test_targets_that_were_not_asked_for_are_left_out_and_counted() -> None:
    marks = (says("party", "favor"), says("party", "against", target="advisers"))
    dataset = build_dataset([document("d1", annotation("lina", *marks))], MAIN, targets=["advisers"])
    assert [example.target for example in dataset.examples] == ["advisers"]
    assert dataset.left_out == {"other target": 1}


def test_channels_have_their_own_labels() -> None:
    example = only(
        build(
            annotation(
                "lina",
                says("party", "against", channel=Channel.PUBLIC),
                says("party", "favor", channel=Channel.PRIVATE),
                says("party", "favor", channel=Channel.PRIVATE, attribution=Attribution.REPORTED),
            )
        )
    )
    # Said in public, in private, shown by a deed; together both sides are ambivalent.
    assert (example.label, example.channels) == ("ambivalent", ("against", "favor", "none"))


def test_channels_follow_the_annotators_who_agree_with_the_label() -> None:
    dataset = build(
        annotation("lina", says("party", "against", channel=Channel.PUBLIC)),
        annotation("sami", says("party", "against", channel=Channel.ACTION)),
        annotation("nour", says("party", "against", channel=Channel.ACTION)),
        annotation("omar", says("party", "favor", channel=Channel.PRIVATE)),
    )
    # Of the three who say against: public 1 against and 2 none, action 2 against and 1 none.
    assert only(dataset).channels == ("none", "none", "against")
    assert dataset.channel_gold().tolist() == [[3, 3, 1]]


def test_channels_on_which_the_agreeing_are_split_are_unknown() -> None:
    dataset = build(
        annotation("lina", says("party", "against", channel=Channel.PUBLIC)),
        annotation("sami", says("party", "against", channel=Channel.ACTION)),
    )
    assert only(dataset).channels == (None, "none", None)
    assert dataset.channel_gold().tolist() == [[-1, 3, -1]]


def test_author_is_an_actor_like_others() -> None:
    example = only(build(annotation("lina", says(AUTHOR, "favor", 0, 53))))
    assert (example.id, example.label, example.mentions) == ("d1|author|troops", "favor", ())


def test_set_without_an_absent_class_needs_a_statement() -> None:
    dataset = build(
        annotation("coder 1", mention("party"), says("party", "L")),
        annotation("coder 2", mention("party")),
        annotation("coder 3", mention("government")),
        label_set=ISSUEPOSITIONS,
    )
    assert [(e.actor, e.label, e.soft) for e in dataset.examples] == [("party", "L", (1.0, 0.0, 0.0))]
    assert only(dataset).channels == ("L", None, None)
    assert dataset.left_out == {"no usable vote": 1}


def test_set_without_a_mixed_class_drops_the_vote_that_contradicts_itself() -> None:
    contradicting = annotation("coder 1", says("party", "L"), says("party", "R"))
    dataset = build(contradicting, annotation("coder 2", says("party", "N")), label_set=ISSUEPOSITIONS)
    assert (only(dataset).label, only(dataset).soft) == ("N", (0.0, 1.0, 0.0))
    assert build(contradicting, label_set=ISSUEPOSITIONS).left_out == {"no usable vote": 1}


def test_same_statement_marked_by_several_is_kept_once() -> None:
    example = only(
        build(annotation("lina", says("party", "favor", 6, 9), says("party", "favor", 1, 5)), *(
            annotation(name, says("party", "favor", 6, 9)) for name in ("sami", "nour")
        ))
    )  # fmt: skip
    assert [(s.start, s.end) for s in example.statements] == [(1, 5), (6, 9)]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(MAIN.classes), st.booleans(), st.booleans()), max_size=7))
def test_label_follows_the_rule_over_any_votes(votes: list[tuple[str, bool, bool]]) -> None:
    """The rule once more: submitted ground truth first, else all submitted; the single most frequent label, or none."""
    dataset = build(
        *(
            annotation(
                f"annotator {number}", mention("party"), says("party", stance), ground_truth=truth, cancelled=off
            )
            for number, (stance, truth, off) in enumerate(votes)
        )
    )
    submitted = [(stance, truth) for stance, truth, off in votes if not off]
    judges = [stance for stance, truth in submitted if truth] or [stance for stance, _ in submitted]
    most = max((judges.count(name) for name in MAIN.classes), default=0)
    winners = [name for name in MAIN.classes if judges.count(name) == most] if judges else []
    assert [example.label for example in dataset.examples] == (winners if len(winners) == 1 else [])
    assert len(dataset.ties) == (len(winners) > 1)
    assert all(sum(example.soft) == pytest.approx(1) for example in dataset.examples)


BASE = document(
    "d1",
    annotation("lina", mention("party", 1, 4), says("party", "favor", 5, 9, mention="m0")),
    title="عنوان",
    source="outlet",
    published="2031-01-02",
)
OTHER = document("d2", annotation("lina", says("party", "against")), text="نص آخر")


def digest(*documents: Document) -> str:
    return build_dataset(documents, MAIN).digest


def changed(kind: type[msgspec.Struct]) -> list[str]:
    return [name for name in kind.__struct_fields__ if name not in ("annotations", "mentions", "statements")]


def another(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, Channel):
        return Channel.ACTION
    if isinstance(value, Attribution):
        return Attribution.REPORTED
    if isinstance(value, tuple):
        return (annotation("nour", mention("party")),)
    return value + 1 if isinstance(value, int) else "another"


@pytest.mark.parametrize("name", changed(Document))
def test_digest_changes_with_every_field_of_a_document(name: str) -> None:
    value = another(getattr(BASE, name))
    if name == "gold":
        value = (Gold("party", "troops", "favor", "majority", (1.0, 0.0, 0.0, 0.0)),)
    assert digest(msgspec.structs.replace(BASE, **{name: value}), OTHER) != digest(BASE, OTHER)


@pytest.mark.parametrize("part", ["annotation", "mention", "statement"])
def test_digest_changes_with_every_field_of_an_annotation(part: str) -> None:
    (whole,) = BASE.annotations
    found = {"annotation": whole, "mention": whole.mentions[0], "statement": whole.statements[0]}[part]
    digests = {digest(BASE)}
    fields = changed(type(found))
    for name in fields:
        value = another(1.0 if name in ("lead_time", "score") else getattr(found, name))
        if name == "stance":
            value = "against"
        edited = msgspec.structs.replace(found, **{name: value})
        if part != "annotation":
            edited = msgspec.structs.replace(whole, **{f"{part}s": (edited,)})
        digests.add(digest(msgspec.structs.replace(BASE, annotations=(edited,))))
    assert len(digests) == len(fields) + 1


def test_digest_does_not_change_with_the_order_of_documents() -> None:
    assert digest(BASE, OTHER) == digest(OTHER, BASE)
    assert digest(BASE) != digest(BASE, OTHER)
    assert len(digest(BASE)) == 32


def test_take_keeps_the_order_asked_for_and_the_documents() -> None:
    dataset, _ = collection(10)
    ids = [example.id for example in dataset.examples]
    taken = dataset.take([ids[3], ids[0]])
    assert [example.id for example in taken.examples] == [ids[3], ids[0]]
    assert taken.documents is dataset.documents
    assert (taken.digest, taken.label_set) == (dataset.digest, MAIN)
    assert taken.gold().tolist() == dataset.gold()[[3, 0]].tolist()
    assert taken.whole == taken.take([ids[0]]).whole == dataset.examples
    with pytest.raises(KeyError):
        dataset.take(["nothing|of|this"])


def test_empty_data_set_has_empty_columns() -> None:
    dataset = build_dataset([], MAIN)
    assert (len(dataset), dataset.gold().shape, dataset.channel_gold().shape) == (0, (0,), (0, 3))
    assert dataset.gold().dtype == np.int64


def test_example_ids_name_document_actor_and_target() -> None:
    assert example_id("d1", "party", "troops") == "d1|party|troops"


def test_tasks_that_share_a_document_are_annotators_of_one() -> None:
    first = document("d1", annotation("lina", says("party", "favor")))
    second = document("d1", annotation("sami", says("party", "against")), annotation("nour", says("party", "against")))
    dataset = build_dataset([first, second], MAIN)
    assert (only(dataset).id, only(dataset).label) == ("d1|party|troops", "against")
    assert dataset.digest == digest(second, first)


def test_tasks_that_share_a_document_may_ask_about_other_targets() -> None:
    tasks = [
        document("d1", annotation("lina", mention("party")), target="troops"),
        document("d1", annotation("lina", says("party", "favor")), target="advisers"),
    ]
    found = build_dataset(tasks, MAIN)
    assert [(e.id, e.label) for e in found.examples] == [
        ("d1|party|troops", "none"),
        ("d1|party|advisers", "favor"),
    ]


def test_another_text_under_a_documents_id_is_left_out_and_counted() -> None:
    marked = annotation("lina", says("party", "favor"))
    dataset = build_dataset([document("d1", marked), document("d1", marked, text="نص آخر تماما")], MAIN)
    assert len(dataset) == 1
    assert dataset.left_out == {"other text under a document's id": 1}


def test_what_was_settled_goes_before_the_votes_and_the_rest_is_left_out() -> None:
    votes = [annotation("lina", says("party", "favor", 1, 5), mention("union")), annotation("sami", mention("party"))]
    settled = Gold("party", "troops", "favor", "dawid-skene", (0.7, 0.0, 0.1, 0.2))
    dataset = build(*votes, gold=(settled,))
    assert (only(dataset).label, only(dataset).soft) == ("favor", (0.7, 0.0, 0.1, 0.2))
    assert [s.stance for s in only(dataset).statements] == ["favor"]
    assert dataset.left_out == {"not settled": 1}
    assert len(build(*votes, gold=())) == 0


def test_label_that_nobody_voted_for_cannot_be_settled() -> None:
    settled = Gold("party", "troops", "against", "by hand", (0.0, 1.0, 0.0, 0.0))
    dataset = build(annotation("lina", says("party", "favor")), gold=(settled,))
    assert (len(dataset), dataset.left_out) == (0, {"settled as nobody voted": 1})


def test_only_the_last_annotation_of_one_person_counts() -> None:
    first, second = annotation("lina", says("party", "favor")), annotation("lina", says("party", "against"))
    assert [(e.label, e.soft) for e in build(first, second).examples] == [("against", (0.0, 1.0, 0.0, 0.0))]
    nobody = [annotation("unknown", says("party", stance)) for stance in ("favor", "favor", "against")]
    assert only(build(*nobody)).soft == pytest.approx((2 / 3, 1 / 3, 0.0, 0.0))
