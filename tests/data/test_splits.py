import json
from collections import Counter
from pathlib import Path

import pytest

from stance.data.examples import Dataset, build_dataset
from stance.data.splits import PARTS, STRATEGIES, Fold, Grouping, Manifest, SplitPlan, group_documents, split
from stance.errors import ConfigurationError, DataError
from stance.labels import MAIN

from .articles import annotation, collection, document, says

pytestmark = pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")

DATASET, PLANTED = collection()
GROUPING = group_documents(DATASET)
EXAMPLES = {example.id: example for example in DATASET.examples}
TWO_REPEATS = {"cv": {"folds": 4, "repeats": 2}}
WHOLE = ("cv", "cluster", "temporal")
"""Strategies that, on this collection, put every example in a part."""
ONE_TARGET = [name for name in STRATEGIES if name != "unseen_target"]
"""Strategies for data with a single target, as this collection."""


def made(strategy: str, seed: int = 0, dataset: Dataset = DATASET, **options: float) -> Manifest:
    grouping = GROUPING if dataset is DATASET else group_documents(dataset)
    return split(dataset, grouping, SplitPlan(strategy, seed, **{**TWO_REPEATS.get(strategy, {}), **options}))


def documents(ids: tuple[str, ...]) -> set[str]:
    return {EXAMPLES[name].document_id for name in ids}


def column(ids: tuple[str, ...], name: str) -> set[str]:
    return {getattr(DATASET.documents[found], name) for found in documents(ids)}


def small(size: int, **fields: list) -> Dataset:
    """One example per article, favor and against in turn, every text far from the others."""
    found = []
    for number in range(size):
        given = {name: values[number] for name, values in fields.items()}
        stance = given.pop("stance", ("favor", "against")[number % 2])
        actor = given.pop("actor", "party")
        text = " ".join(f"{chr(0x627 + number)}{word}" for word in ("لقوات", "لجنود", "لوزير"))
        found.append(document(f"d{number}", annotation("lina", says(actor, stance)), text=text, **given))
    return build_dataset(found, MAIN)


def test_planted_copies_and_pages_are_grouped() -> None:
    assert dict(GROUPING.clusters) == PLANTED
    assert sorted(GROUPING.pairs) == [(f"d{n:02}", f"d{n + 1:02}") for n in range(3, 40, 5)]


@pytest.mark.parametrize("strategy", ONE_TARGET)
def test_parts_share_no_example_and_none_is_empty(strategy: str) -> None:
    manifest = made(strategy)
    assert manifest.folds
    for fold in manifest.folds:
        ids = [*fold.train, *fold.validation, *fold.test]
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(EXAMPLES)
        assert all(getattr(fold, part) for part in PARTS)
        if strategy in WHOLE:
            assert set(ids) == set(EXAMPLES)


@pytest.mark.parametrize("strategy", ONE_TARGET)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_cluster_straddles_parts(strategy: str, seed: int) -> None:
    for fold in made(strategy, seed).folds:
        train, validation, test = (
            {PLANTED[name] for name in documents(getattr(fold, part))} for part in PARTS
        )  # fmt: skip
        assert not train & test
        assert not validation & test
        assert not train & validation


@pytest.mark.parametrize("strategy", ONE_TARGET)
def test_same_seed_gives_the_same_manifest_with_its_provenance(strategy: str) -> None:
    manifest = made(strategy, seed=7)
    assert manifest == made(strategy, seed=7)
    assert (manifest.strategy, manifest.seed, manifest.label_set) == (strategy, 7, "stance")
    assert manifest.digest == DATASET.digest


@pytest.mark.parametrize("strategy", ["cv", "cluster", "unseen_actor"])
def test_another_seed_gives_other_folds(strategy: str) -> None:
    assert made(strategy, seed=0).folds != made(strategy, seed=1).folds


@pytest.mark.parametrize("strategy", ["temporal", "official"])
def test_strategies_that_the_data_decide_do_not_change_with_the_seed(strategy: str) -> None:
    assert made(strategy, seed=0).folds == made(strategy, seed=1).folds


def test_cross_validation_tests_every_example_once_in_every_repeat() -> None:
    manifest = made("cv", folds=4, repeats=3)
    assert [(fold.repeat, fold.fold) for fold in manifest.folds] == [(r, f) for r in range(3) for f in range(4)]
    for repeat in range(3):
        tested = Counter(name for fold in manifest.folds if fold.repeat == repeat for name in fold.test)
        assert tested == Counter(list(EXAMPLES))
    first, second, _ = ({fold.test for fold in manifest.folds if fold.repeat == repeat} for repeat in range(3))
    assert first != second


def test_parts_keep_the_order_of_the_data() -> None:
    order = {name: position for position, name in enumerate(EXAMPLES)}
    for fold in made("cv").folds:
        for part in PARTS:
            positions = [order[name] for name in getattr(fold, part)]
            assert positions == sorted(positions)


def test_shares_say_how_large_parts_are() -> None:
    (fold,) = made("cluster", test_share=0.5, validation_share=0.5).folds
    # A half to test, then a half of the rest; whole clusters move, so not to the example.
    assert 0.4 < len(fold.test) / len(EXAMPLES) < 0.6
    assert 0.15 < len(fold.validation) / len(EXAMPLES) < 0.35
    assert len(made("cluster", test_share=0.1).folds[0].test) < len(fold.test) / 2


def test_unseen_actors_are_in_no_other_part() -> None:
    manifest = made("unseen_actor", folds=3)
    tested = []
    for fold in manifest.folds:
        held = {EXAMPLES[name].actor for name in fold.test}
        assert not held & {EXAMPLES[name].actor for name in (*fold.train, *fold.validation)}
        tested.append(held)
    assert len(set.union(*tested)) == sum(map(len, tested)) > 6
    used = sum(len(getattr(fold, part)) for fold in manifest.folds for part in PARTS)
    assert sum(manifest.left_out.values()) == 3 * len(EXAMPLES) - used


def test_each_large_target_is_tested_by_a_model_that_never_met_it_nor_its_texts() -> None:
    targets = ["bases"] * 8 + ["troops"] * 9 + ["convoys"] * 3
    dataset = small(20, target=targets, page=["shared" if number in (0, 8) else f"p{number}" for number in range(20)])
    target = {example.id: example.target for example in dataset.examples}
    manifest = made("unseen_target", dataset=dataset, tested_from=8, validation_share=0.5)
    assert [{target[name] for name in fold.test} for fold in manifest.folds] == [{"bases"}, {"troops"}]
    assert [len(fold.test) for fold in manifest.folds] == [8, 9]
    for fold, held in zip(manifest.folds, ("bases", "troops"), strict=True):
        known = (*fold.train, *fold.validation)
        assert held not in {target[name] for name in known}
        # d0 is about the bases and d8 about the troops, both from one page.
        assert not {"d0", "d8"} & {name.split("|")[0] for name in known}
        assert len(known) == {"bases": 11, "troops": 10}[held]
    with pytest.raises(DataError, match=r"one of them with 10 examples \(split.tested_from\), found 3, .* with 9\."):
        made("unseen_target", dataset=dataset, tested_from=10)


def test_temporal_order_is_train_then_validation_then_test() -> None:
    (fold,) = made("temporal", test_share=0.3, validation_share=0.2).folds
    first = {}
    for name, cluster in PLANTED.items():
        first[cluster] = min(DATASET.documents[name].published, first.get(cluster, "9999"))
    train, validation, test = (
        sorted(first[PLANTED[name]] for name in documents(getattr(fold, part))) for part in PARTS
    )  # fmt: skip
    assert train[-1] < validation[0]
    assert validation[-1] < test[0]


def test_temporal_keeps_a_day_together() -> None:
    dates = ["2031-01-01"] * 4 + ["2031-01-02"] * 3 + ["2031-01-03"] * 3
    (fold,) = made("temporal", dataset=small(10, published=dates), test_share=0.2, validation_share=0.3).folds
    # Cuts fall at 5 and 8 of ten; each moves to the first article of its day, 4 and 7.
    assert [len(getattr(fold, part)) for part in PARTS] == [4, 3, 3]


def test_temporal_dates_a_cluster_by_its_earliest_article() -> None:
    days = [f"2031-01-{day:02}" for day in range(1, 11)]
    pages = ["first page", *[f"page {number}" for number in range(8)], "first page"]
    (fold,) = made(
        "temporal", dataset=small(10, published=days, page=pages), test_share=0.2, validation_share=0.2
    ).folds
    # The last article is of the first one's page, so both are of the first day: six to train, two and two follow.
    assert [name[:2] for name in fold.train] == ["d0", "d1", "d2", "d3", "d4", "d9"]
    assert [name[:2] for name in fold.test] == ["d7", "d8"]


def test_temporal_test_part_holds_the_last_day_however_small_its_share() -> None:
    dates = [f"2031-01-{day:02}" for day in range(1, 6)]
    (fold,) = made("temporal", dataset=small(5, published=dates), test_share=0.01, validation_share=0.3).folds
    assert fold.test == ("d4|party|troops",)


def test_sources_of_test_are_not_trained_on_and_every_source_is_tested() -> None:
    manifest = made("source")
    tested = []
    for fold in manifest.folds:
        held = column(fold.test, "source")
        assert not held & column((*fold.train, *fold.validation), "source")
        tested += held
    assert sorted(tested) == [f"outlet {number}" for number in range(5)]
    # Articles of the outlets 3 and 4 are copies of each other: where one is tested, the other is dropped from training.
    assert manifest.left_out["near-duplicate of a held-out document"] > 0


def test_official_parts_are_respected_and_what_straddles_is_dropped() -> None:
    manifest = made("official")
    (fold,) = manifest.folds
    for part in PARTS:
        assert column(getattr(fold, part), "split") == {part}
    # Copies (official part: test) stand for no training article, so those they copy (train) are dropped.
    official = {
        part: [e.id for e in DATASET.examples if DATASET.documents[e.document_id].split == part] for part in PARTS
    }
    assert list(fold.test) == official["test"]
    assert list(fold.validation) == official["validation"]
    copied = {name for name in official["train"] if int(EXAMPLES[name].document_id[1:]) % 5 == 3}
    assert set(fold.train) == set(official["train"]) - copied
    assert manifest.left_out == {"in no part of a fold": 0, "near-duplicate of a held-out document": len(copied)}


def test_official_without_validation_cuts_it_out_of_train() -> None:
    parts = ["train"] * 16 + ["test"] * 4
    (fold,) = made("official", dataset=small(20, split=parts), validation_share=0.25).folds
    assert list(fold.test) == [f"d{number}|party|troops" for number in range(16, 20)]
    assert len(fold.validation) == 4
    assert len(fold.train) == 12


def test_published_folds_are_each_tested_once_in_the_order_of_their_numbers() -> None:
    # Ten folds, so that the order of the words would be another one.
    parts = [f"fold-{number % 10 + 1}" for number in range(20)]
    manifest = made("official", dataset=small(20, split=parts), validation_share=0.25)
    assert [fold.fold for fold in manifest.folds] == list(range(10))
    for number, fold in enumerate(manifest.folds):
        assert list(fold.test) == [f"d{document}|party|troops" for document in range(number, 20, 10)]
        assert fold.validation == manifest.folds[(number + 1) % 10].test
        assert len({*fold.validation, *fold.train}) == len(fold.validation) + len(fold.train) == 18


def test_two_published_folds_leave_none_to_validate() -> None:
    with pytest.raises(DataError, match="or fold-1, fold-2, fold-3, …, found"):
        made("official", dataset=small(8, split=["fold-1", "fold-2"] * 4))


def test_documents_of_one_page_stay_together_without_being_copies() -> None:
    dataset = small(12, page=[f"page {number // 2}" for number in range(12)])
    grouping = group_documents(dataset)
    assert grouping.pairs == ()
    assert grouping.clusters["d1"] == grouping.clusters["d0"] != grouping.clusters["d2"]


def test_documents_without_examples_are_not_grouped() -> None:
    dataset = build_dataset([document("d0"), document("d1", annotation("lina", says("party", "favor")))], MAIN)
    assert group_documents(dataset).clusters == {"d1": "d1"}


ALIKE = small(8)
DAYS = {"published": ["2031-01-01"] * 8}


@pytest.mark.parametrize(
    ("dataset", "plan", "error", "message"),
    [
        (
            ALIKE,
            SplitPlan("random", 0),
            ConfigurationError,
            "Expected a split among cv, cluster, unseen_actor, unseen_target, temporal, source, official, "
            "found 'random'.",
        ),
        (
            ALIKE,
            SplitPlan("cv", 0, folds=9),
            DataError,
            "Expected at least 9 clusters of documents for 9 folds, found 8.",
        ),
        (
            small(9, stance=["favor", "against", "ambivalent"] * 3),
            SplitPlan("cv", 0, folds=4),
            DataError,
            "Expected a class with at least 4 examples for 4 folds, found at most 3.",
        ),
        (
            small(8, actor=["party", "government"] * 4),
            SplitPlan("unseen_actor", 0, folds=3),
            DataError,
            "Expected at least 3 actors for 3 folds, found 2.",
        ),
        (
            small(8, published=["2031-01-01", None] * 4),
            SplitPlan("temporal", 0),
            DataError,
            "Split 'temporal' needs data.published on every task, 4 of 8 examples have none.",
        ),
        (
            small(8, **DAYS),
            SplitPlan("temporal", 0),
            DataError,
            "Split 'temporal' leaves no example for train in fold 0 of repeat 0. Use fewer folds, other shares, or "
            "more data.",
        ),
        (
            small(8, source=["one", "two"] * 4),
            SplitPlan("source", 0, folds=3),
            DataError,
            "Split 'source' with 3 folds needs as many sources (data.source), found 2.",
        ),
        (
            small(8, split=["train", "dev"] * 4),
            SplitPlan("official", 0),
            DataError,
            "Split 'official' needs data.split to be train, validation or test, or fold-1, fold-2, fold-3, …, "
            "found ['dev', 'train'].",
        ),
        (
            small(8, split=["train", "validation"] * 4),
            SplitPlan("official", 0),
            DataError,
            "Split 'official' needs data.split to be train, validation or test, or fold-1, fold-2, fold-3, …, "
            "found ['train', 'validation'].",
        ),
    ],
)
def test_data_that_cannot_be_split_so_is_refused(
    dataset: Dataset, plan: SplitPlan, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        split(dataset, group_documents(dataset), plan)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"folds": 1},
            "Expected split.folds of at least 2 and split.repeats of at least 1, found 1 and 1.",
        ),
        (
            {"repeats": 0},
            "Expected split.folds of at least 2 and split.repeats of at least 1, found 5 and 0.",
        ),
        ({"test_share": 0.0}, "Expected a share above 0 and at most 0.5 for a part of the split, found 0.0."),
        ({"validation_share": 0.6}, "Expected a share above 0 and at most 0.5 for a part of the split, found 0.6."),
        ({"release_share": 0.7}, "Expected split.release_share from 0 to 0.5, found 0.7."),
    ],
)
def test_plans_that_cannot_be_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SplitPlan("cv", 0, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("strategy", ["cv", "cluster", "temporal"])
def test_the_release_part_is_in_no_fold_and_shares_no_cluster_with_one(strategy: str) -> None:
    manifest = made(strategy, folds=3, release_share=0.25)
    released = {PLANTED[name] for name in documents(manifest.release)}
    assert released
    for fold in manifest.folds:
        used = [*fold.train, *fold.validation, *fold.test]
        assert len(used) + len(manifest.release) == len(EXAMPLES)
        assert not released & {PLANTED[name] for name in documents(used)}


def test_the_release_part_stays_as_it_is_with_another_seed_or_more_data() -> None:
    few, many = small(30), small(36)
    parts = [
        split(data, group_documents(data), SplitPlan(strategy, seed, folds=2, release_share=0.3)).release
        for data, strategy, seed in ((few, "cv", 0), (few, "cluster", 5), (many, "cv", 1))
    ]
    assert parts[0]
    assert parts[0] == parts[1]
    assert set(parts[0]) <= set(parts[2])
    assert not {name.split("|")[0] for name in set(parts[2]) - set(parts[0])} & {f"d{n}" for n in range(30)}


def test_grouping_decides_even_where_it_is_wrong() -> None:
    """One cluster for two unlike articles keeps them together: what is given is used, not computed again."""
    dataset = small(8)
    grouping = Grouping((), {f"d{number}": f"d{number // 4 * 4}" for number in range(8)})
    with pytest.raises(DataError, match="found 2"):
        split(dataset, grouping, SplitPlan("cv", 0, folds=3))


def test_manifest_is_written_as_readable_json(tmp_path: Path) -> None:
    fold = Fold(("d1|الحزب|troops",), ("b",), ("c",), repeat=1, fold=2)
    Manifest("cv", 3, "digest", "stance", (fold,), {"why": 2}).write(tmp_path / "split.json")
    text = (tmp_path / "split.json").read_text("utf-8")
    assert "الحزب" in text
    assert json.loads(text) == {
        "strategy": "cv",
        "seed": 3,
        "digest": "digest",
        "label_set": "stance",
        "folds": [{"train": ["d1|الحزب|troops"], "validation": ["b"], "test": ["c"], "repeat": 1, "fold": 2}],
        "left_out": {"why": 2},
        "release": [],
    }
