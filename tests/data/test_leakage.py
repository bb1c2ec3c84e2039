import pytest

from stance.data.examples import Dataset, build_dataset
from stance.data.leakage import leakage_report
from stance.data.splits import STRATEGIES, Fold, Grouping, Manifest, SplitPlan, group_documents, split
from stance.labels import MAIN

from .articles import annotation, collection, document, mention, says


def article(name: str, *actors: str, **fields: str) -> object:
    return document(name, annotation("lina", *(mention(actor) for actor in actors)), **fields)


def dataset() -> Dataset:
    return build_dataset(
        [
            article("a", "party", "government", text="القوات باقية في زاريدا حتى الربيع"),
            article("b", "party", text="القوات باقية في زاريدا حتى الخريف"),
            article("c", "union", text="نص آخر عن الحقول والماء", page="page 1"),
            article("d", "union", text="لا صلة له بما سبق أبدا", page="page 1"),
            article("e", "army", text="السطر الأول\nوالثاني هنا"),
            article("f", "guard", text="السطر  الأول والثاني هنا "),
        ],
        MAIN,
    )


def manifest(*folds: Fold, **left_out: int) -> Manifest:
    return Manifest("made by hand", 0, "digest", "stance", folds, left_out)


def ids(*names: str) -> tuple[str, ...]:
    actors = {"a": "party", "A": "government", "b": "party", "c": "union", "d": "union", "e": "army", "f": "guard"}
    return tuple(f"{name.lower()}|{actors[name]}|troops" for name in names)


def test_planted_leaks_are_counted() -> None:
    found = dataset()
    grouping = group_documents(found)
    assert sorted(grouping.pairs) == [("a", "b"), ("e", "f")]
    leaking = manifest(Fold(ids("a", "A", "c"), ids("e"), ids("b", "d", "f")), one=2, two=1)
    # a-b and e-f are near-duplicates across; c and d are of one page; e and f differ in white space only.
    # Of three tested actors (party, union, guard), party and union were trained on.
    assert leakage_report(found, grouping, leaking) == {
        "near_duplicate_pairs": 2,
        "same_page_pairs": 1,
        "same_text_documents": 1,
        "seen_actors": 0.6667,
        "seen_actor_targets": 0.6667,
        "left_out": 3.0,
    }


def test_leaks_are_summed_over_folds_and_shares_taken_of_all_that_is_tested() -> None:
    found = dataset()
    leaking = Fold(ids("a"), ids("c"), ids("b"))
    clean = Fold(ids("a", "b"), ids("c"), ids("e", "f", "A"))
    report = leakage_report(found, group_documents(found), manifest(leaking, leaking, clean))
    # The third fold tests an actor of the very article it trains on: its page and text are on both sides.
    assert (report["near_duplicate_pairs"], report["same_page_pairs"], report["same_text_documents"]) == (3, 1, 1)
    # Five are tested; party was trained on in the first two folds.
    assert report["seen_actors"] == 0.4


def test_pairs_within_a_part_are_no_leak() -> None:
    found = dataset()
    report = leakage_report(found, group_documents(found), manifest(Fold(ids("a", "b"), ids("c", "d"), ids("e", "f"))))
    assert (report["near_duplicate_pairs"], report["same_page_pairs"], report["same_text_documents"]) == (0, 0, 0)


def test_leaks_show_though_the_clusters_are_wrong() -> None:
    found = dataset()
    wrong = Grouping(group_documents(found).pairs, {name: name for name in "abcdef"})
    assert leakage_report(found, wrong, manifest(Fold(ids("a"), ids("c"), ids("b"))))["near_duplicate_pairs"] == 1


def test_actor_may_be_seen_towards_another_target_only() -> None:
    found = build_dataset(
        [
            document("a", annotation("lina", says("party", "favor")), text="القوات باقية في زاريدا"),
            document("b", annotation("lina", says("party", "against", target="advisers")), text="كلام لا يشبهه"),
        ],
        MAIN,
    )
    fold = Fold(("a|party|troops",), (), ("b|party|advisers",))
    report = leakage_report(found, group_documents(found), manifest(fold))
    assert (report["seen_actors"], report["seen_actor_targets"]) == (1.0, 0.0)


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "unseen_target"])  # one target only
def test_no_strategy_leaks(strategy: str) -> None:
    found, _ = collection()
    grouping = group_documents(found)
    made = split(found, grouping, SplitPlan(strategy, 0))
    report = leakage_report(found, grouping, made)
    assert (report["near_duplicate_pairs"], report["same_page_pairs"], report["same_text_documents"]) == (0, 0, 0)
    assert report["seen_actors"] == (0.0 if strategy == "unseen_actor" else pytest.approx(1.0, abs=0.2))
    assert report["left_out"] == sum(made.left_out.values())
