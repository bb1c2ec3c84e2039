"""What trainings of one process share of their set-up, and that sharing changes none of it."""

from pathlib import Path

import pytest

from stance.annotation.writer import write_export
from stance.commands.composition import compose_train
from stance.commands.job import Job, prepare
from stance.data.cache import sharing
from tests.doubles import data_overrides, documents


@pytest.fixture
def world(tmp_path: Path) -> list[str]:
    return [*data_overrides(tmp_path), "model=tfidf_logreg", "split.folds=2"]


def split_of(job: Job) -> tuple:
    return job.dataset, job.grouping, job.manifest, job.leakage


def test_a_shared_set_up_is_the_one_that_a_training_makes_alone(world: list[str], tmp_path: Path) -> None:
    alone = [prepare(compose_train([*world, f"seed={seed}"])) for seed in (0, 1)]
    with sharing(tmp_path / "cache"):
        shared = [prepare(compose_train([*world, f"seed={seed}"])) for seed in (0, 1, 0)]
    assert [split_of(job) for job in shared] == [split_of(job) for job in (*alone, alone[0])]
    assert shared[0].manifest is shared[2].manifest
    assert shared[0].dataset is shared[1].dataset
    assert shared[0].manifest != shared[1].manifest


@pytest.mark.parametrize("other", ["split.folds=3", "split.validation_share=0.3", "split=unseen_actor"])
def test_another_plan_splits_anew(world: list[str], tmp_path: Path, other: str) -> None:
    alone = prepare(compose_train([*world, other]))
    with sharing(tmp_path / "cache"):
        prepare(compose_train(world))
        assert split_of(prepare(compose_train([*world, other]))) == split_of(alone)


def test_data_that_changed_between_two_trainings_are_read_and_split_anew(world: list[str], tmp_path: Path) -> None:
    with sharing(tmp_path / "cache"):
        before = prepare(compose_train(world))
        write_export(tmp_path / "export.json", documents(20))
        after = prepare(compose_train(world))
    assert (len(before.dataset.documents), len(after.dataset.documents)) == (24, 20)
    assert after.manifest == prepare(compose_train(world)).manifest
