"""Tasks of one document joined, and who votes what in it."""

from stance.annotation.records import Document
from stance.annotation.votes import crowd_of, join_tasks, judges_of, majority, merge, read_votes, shares_of, submitted
from stance.labels import ISSUEPOSITIONS, MAIN

from .marking import by, labelled, names, says, task


def voted(document: Document, **fields) -> dict[tuple[str, str], list[tuple[str, str]]]:
    votes = read_votes(document, fields.get("label_set", MAIN))
    return {pair: [(vote.annotation.annotator, vote.label) for vote in given] for pair, given in votes.items()}


def test_tasks_of_one_document_and_target_are_joined_in_order() -> None:
    first, second = task("d1", labelled("lina", "favor")), task("d1", labelled("sami", "none"))
    other = task("d1", labelled("lina", "favor"), target="advisers")
    joined = join_tasks([first, other, second], lambda _: None)
    assert joined == [[first, second], [other]]
    assert [one.annotator for one in merge(joined[0]).annotations] == ["lina", "sami"]


def test_another_text_under_the_same_id_is_refused() -> None:
    refused: list[Document] = []
    first, other = task("d1"), task("d1", text="نص آخر")
    assert join_tasks([first, other], refused.append) == [[first]]
    assert refused == [other]


def test_joined_tasks_are_blind_or_not_only_together() -> None:
    def joined(*blind: bool | None) -> bool | None:
        return merge([task("d1", blind=one) for one in blind]).blind

    assert [joined(True, True), joined(False, False), joined(True, False), joined(None, True)] == [
        True,
        False,
        None,
        None,
    ]


def test_who_did_not_mark_an_actor_does_not_vote_on_it() -> None:
    document = task("d1", labelled("lina", "favor", "none"), labelled("sami", "-", "against"))
    assert voted(document) == {
        ("actor 0", "troops"): [("lina", "favor")],
        ("actor 1", "troops"): [("lina", "none"), ("sami", "against")],
    }


def test_a_marked_actor_is_none_on_another_target_only_where_somebody_saw_a_statement_there() -> None:
    document = task("d1", by("lina", says("party", "favor", target="advisers")), by("sami", names("party")))
    assert voted(document) == {
        ("party", "advisers"): [("lina", "favor"), ("sami", "none")],
        ("party", "troops"): [("lina", "none"), ("sami", "none")],
    }


def test_statements_that_make_no_class_are_no_vote() -> None:
    document = task("d1", by("coder", says("party", "L"), says("party", "R", 1, 5)), by("other", says("party", "N")))
    assert voted(document, label_set=ISSUEPOSITIONS) == {("party", "troops"): [("other", "N")]}


def test_the_last_annotation_of_a_person_counts_beside_the_ground_truth_of_the_same_person() -> None:
    early, late = labelled("lina", "favor"), labelled("lina", "against")
    truth = by("lina", names("party"), ground_truth=True)
    skipped = by("sami", names("party"), cancelled=True)
    unnamed = [labelled("unknown", "favor"), labelled("unknown", "favor")]
    assert submitted(task("d1", early, truth, skipped, *unnamed, late)) == [late, truth, *unnamed]


def test_ground_truth_judges_and_the_others_are_the_crowd() -> None:
    truth = by("judge", says("party", "favor"), ground_truth=True)
    document = task("d1", by("lina", says("party", "against")), by("sami", says("party", "favor")), truth)
    votes = read_votes(document, MAIN)["party", "troops"]
    assert [vote.annotation.annotator for vote in judges_of(votes)] == ["judge"]
    assert [vote.annotation.annotator for vote in crowd_of(votes)] == ["lina", "sami"]
    assert shares_of(votes, MAIN) == (0.5, 0.5, 0, 0)
    alone = read_votes(task("d1", truth), MAIN)["party", "troops"]
    assert crowd_of(alone) == judges_of(alone) == alone


def test_majority_is_the_one_most_frequent() -> None:
    assert majority(["a", "b", "a"]) == "a"
    assert majority(["a", "b"]) is None
    assert majority([]) is None
