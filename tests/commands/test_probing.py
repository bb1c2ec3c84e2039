"""Models asked about changed texts: what a prior and a reader say, what is kept of an interrupted run."""

from pathlib import Path

import numpy as np
import pytest

from stance.__main__ import main
from stance.commands.composition import compose_train
from stance.commands.job import Job, prepare
from stance.commands.probing import Probing
from stance.models.catalogue import build, default_settings
from stance.models.crossfit import FoldBuilder, crossfit

ALL = "probes=[text_removed,masked_actor,swapped_actor]"


@pytest.fixture
def job(world: list[str]) -> Job:
    return prepare(compose_train([*world, ALL, "model=actor_prior", "split.folds=2", "baselines=[]"]))


def fitted(job: Job, probing: Probing, folder: Path | None = None):
    """The folds of the actor prior, asked by `probing`."""

    def make(checkpoints, report):
        return probing.around(build(default_settings("actor_prior"), job.workshop), checkpoints)

    return crossfit(FoldBuilder(make, "actor_prior", folder), job.dataset, job.manifest, dict(job.grouping.clusters))


def test_a_prior_answers_by_the_name_alone(job: Job, tmp_path: Path):
    probing = Probing(job, tmp_path)
    fit = fitted(job, probing, tmp_path)
    answers = probing.answers("actor_prior")
    assert set(answers) == {"text_removed", "masked_actor", "swapped_actor"}
    removed = answers["text_removed"]
    assert removed.ids == fit.calibrated.ids
    assert np.allclose(removed.probabilities, fit.calibrated.probabilities)
    swapped = answers["swapped_actor"]
    place = {name: number for number, name in enumerate(fit.calibrated.ids)}
    before = fit.calibrated.take([place[name] for name in swapped.ids])
    assert np.allclose(swapped.probabilities, before.probabilities)
    # Its gold is the other's, which was chosen because it differs; everything else is as it was.
    assert (swapped.gold != before.gold).all()
    assert (swapped.actors, swapped.documents, swapped.clusters) == (before.actors, before.documents, before.clusters)
    # Without a name there is nothing but the shares of all: one answer a fold.
    assert len(np.unique(answers["masked_actor"].probabilities.round(9), axis=0)) == len(job.manifest.folds)


def test_what_a_finished_fold_said_is_there_when_the_run_goes_on(job: Job, tmp_path: Path):
    probing = Probing(job, tmp_path)
    fitted(job, probing, tmp_path)
    later = Probing(job, tmp_path)
    # Both folds are there, so no model is made.
    fitted(job, later, tmp_path)
    known, found = probing.answers("actor_prior"), later.answers("actor_prior")
    assert found.keys() == known.keys()
    for name, scored in found.items():
        assert np.array_equal(scored.probabilities, known[name].probabilities)
        assert scored.ids == known[name].ids


def test_without_probes_models_are_left_alone(world: list[str], tmp_path: Path):
    job = prepare(compose_train([*world, "model=majority", "split.folds=2"]))
    model = build(default_settings("majority"), job.workshop)
    probing = Probing(job, tmp_path)
    assert probing.around(model, None) is model
    assert probing.answers("majority") == {}


def test_an_unknown_probe_is_refused_before_anything_is_read(world: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["train", *world, "data.export=nowhere.json", "probes=[text_removed,text_gone]"]) == 2
    assert capsys.readouterr().err == (
        "stance: Expected probes among text_removed, masked_actor, swapped_actor, found 'text_gone'.\n"
    )
