"""One label for each unit: who settles it, what stays open, and that a training reads the same from gold."""

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from stance.annotation.adjudication import SURE, Adjudication, Method, adjudicate
from stance.annotation.crowd import Votes, dawid_skene, mace
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document, Gold
from stance.annotation.votes import join_tasks
from stance.annotation.writer import write_export
from stance.data.examples import build_dataset
from stance.errors import ConfigurationError
from stance.labels import MAIN

from .marking import by, labelled, names, says, task


def settled(documents: list[Document], method: Method = Method.MAJORITY) -> Adjudication:
    return adjudicate(join_tasks(documents, pytest.fail), MAIN, method)


def gold(documents: list[Document], method: Method = Method.MAJORITY) -> dict[tuple[str, str], tuple[str, str]]:
    found = settled(documents, method).documents
    return {(one.document_id, entry.actor): (entry.label, entry.source) for one in found for entry in one.gold or ()}


def crowd(size: int = 300, seed: int = 2) -> tuple[list[Document], dict[tuple[str, str], str]]:
    """Documents of one actor, each by three of: two careful people, one who guesses, one who always says favor."""
    chance = random.Random(seed)
    documents, truth = [], {}
    for number in range(size):
        label = chance.choice(MAIN.classes)
        said = {
            "careful": label if chance.random() < 0.9 else chance.choice(MAIN.classes),
            "exact": label if chance.random() < 0.9 else chance.choice(MAIN.classes),
            "guessing": chance.choice(MAIN.classes),
            "same": "favor",
        }
        people = chance.sample(sorted(said), 3)
        documents.append(task(f"d{number}", *(labelled(person, said[person]) for person in people)))
        truth[f"d{number}", "actor 0"] = label
    return documents, truth


DOCUMENTS = [
    task("agreed", labelled("lina", "favor"), labelled("sami", "favor")),
    task("alone", labelled("lina", "against")),
    task("outvoted", labelled("lina", "none"), labelled("sami", "against"), labelled("nour", "against")),
    task("tied", labelled("lina", "favor"), labelled("sami", "against")),
]
TRUTH = by("judge", names("actor 0"), says("actor 0", "ambivalent"), ground_truth=True)


def test_majority_settles_what_is_no_tie() -> None:
    assert gold(DOCUMENTS) == {
        ("agreed", "actor 0"): ("favor", "unanimous"),
        ("alone", "actor 0"): ("against", "single"),
        ("outvoted", "actor 0"): ("against", "majority"),
    }
    found = settled(DOCUMENTS)
    assert found.sources == {"unanimous": 1, "single": 1, "majority": 1}
    (conflict,) = found.conflicts
    assert conflict.document.document_id == "tied"
    assert [(one.actor, one.target, one.votes) for one in conflict.disputes] == [
        ("actor 0", "troops", (("lina", "favor"), ("sami", "against")))
    ]
    assert found.documents[2].gold == (Gold("actor 0", "troops", "against", "majority", (0, 2 / 3, 0, 1 / 3)),)
    assert found.documents[3].gold == ()


@pytest.mark.parametrize("method", Method)
def test_ground_truth_goes_first_whatever_the_method(method: Method) -> None:
    documents = [msgspec.structs.replace(one, annotations=(*one.annotations, TRUTH)) for one in DOCUMENTS]
    found = settled(documents, method)
    assert {entry.label for one in found.documents for entry in one.gold or ()} == {"ambivalent"}
    assert found.sources == {"ground-truth": 4}
    assert found.conflicts == []


def test_ground_truth_alone_settles_nothing_else() -> None:
    found = settled(DOCUMENTS, Method.GROUND_TRUTH)
    assert not found.sources
    assert (found.unsettled, len(found.conflicts)) == (2, 2)


def test_ground_truth_that_contradicts_itself_is_a_conflict() -> None:
    other = by("other judge", names("actor 0"), ground_truth=True)
    (conflict,) = settled([task("d", labelled("lina", "favor"), TRUTH, other)]).conflicts
    assert conflict.disputes[0].votes == (("judge", "ambivalent"), ("lina", "favor"), ("other judge", "none"))
    assert [one.annotator for one in conflict.people] == ["lina"]


@pytest.mark.parametrize("method", [Method.DAWID_SKENE, Method.MACE])
def test_models_trust_the_careful_and_leave_open_what_they_doubt(method: Method) -> None:
    documents, truth = crowd()
    found = settled(documents, method)
    modelled = {
        (one.document_id, entry.actor): entry
        for one in found.documents
        for entry in one.gold or ()
        if entry.source == method
    }
    voted = {key: label for key, (label, source) in gold(documents).items() if source == "majority"}
    assert len(modelled) > 100
    assert all(max(entry.probabilities) >= SURE for entry in modelled.values())
    right = np.mean([entry.label == truth[key] for key, entry in modelled.items()])
    assert right > np.mean([label == truth[key] for key, label in voted.items()])
    assert right > 0.85
    for one in found.documents:
        for entry in one.gold or ():
            said = {statement.stance for a in one.annotations for statement in a.statements} | {"none"}
            assert entry.label in said
            assert sum(entry.probabilities) == pytest.approx(1, abs=1e-5)


def numbers(documents: int = 400, people: int = 4, seed: int = 3) -> Votes:
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 3, documents)
    rows = []
    for unit in range(documents):
        for person in chance.choice(people, 3, replace=False):
            label = truth[unit] if chance.random() < (0.9, 0.8, 0.7, 0.2)[person] else chance.integers(0, 3)
            rows.append((unit, person, label))
    unit, person, label = np.array(rows).T
    return Votes(unit, person, label, documents, 3)


def naive_dawid_skene(votes: Votes, rounds: int = 200) -> np.ndarray:
    """The paper's equations, a loop each."""
    rows = list(zip(votes.unit, votes.annotator, votes.label, strict=True))
    people = int(votes.annotator.max()) + 1
    posterior = np.zeros((votes.units, votes.classes))
    for unit, _, label in rows:
        posterior[unit, label] += 1
    posterior /= posterior.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        prior = posterior.mean(axis=0)
        confusion = np.full((people, votes.classes, votes.classes), 1e-10)
        for unit, person, label in rows:
            confusion[person, :, label] += posterior[unit]
        confusion /= confusion.sum(axis=2, keepdims=True)
        posterior = np.tile(prior, (votes.units, 1))
        for unit, person, label in rows:
            posterior[unit] *= confusion[person, :, label]
        posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def test_dawid_skene_is_the_papers() -> None:
    votes = numbers()
    found = dawid_skene(votes, np.full(votes.units, -1))
    # crowd-kit stops once the bound grows by less than 1e-5 a vote.
    assert np.abs(found - naive_dawid_skene(votes)).max() < 0.05
    assert np.abs(found - naive_dawid_skene(votes)).mean() < 0.002


def test_what_is_known_tells_dawid_skene_whom_to_believe() -> None:
    # One expert, and two who err alike: they outvote the expert until some labels are known.
    truth = np.random.default_rng(6).integers(0, 3, 90)
    said = np.stack([truth, (truth + 1) % 3, (truth + 1) % 3], axis=1)
    votes = Votes(np.repeat(np.arange(90), 3), np.tile([0, 1, 2], 90), said.ravel(), 90, 3)
    known = np.full(90, -1)
    assert (dawid_skene(votes, known).argmax(axis=1) == truth).mean() == 0
    known[:45] = truth[:45]
    assert (dawid_skene(votes, known).argmax(axis=1) == truth)[45:].all()


@pytest.mark.parametrize("method", ["dawid_skene", "mace"])
def test_models_do_not_care_how_annotators_labels_and_rows_are_numbered(method: str) -> None:
    def posterior(votes: Votes) -> np.ndarray:
        return mace(votes) if method == "mace" else dawid_skene(votes, np.full(votes.units, -1))

    votes = numbers(200)
    expected = posterior(votes)
    chance = np.random.default_rng(9)
    people, labels, rows = (chance.permutation(size) for size in (4, 3, len(votes.unit)))
    renamed = Votes(votes.unit[rows], people[votes.annotator][rows], labels[votes.label][rows], votes.units, 3)
    # MACE starts at random, in the order in which annotators come: near, not the same.
    assert posterior(renamed)[:, labels] == pytest.approx(expected, abs=1e-4 if method == "dawid_skene" else 0.05)


def test_mace_finds_who_knows() -> None:
    votes = numbers(1500)
    found = mace(votes)
    lone = Votes(np.array([0, 1]), np.array([0, 3]), np.array([1, 1]), 2, 3)
    both = Votes(*(np.concatenate([getattr(votes, name) + shift, getattr(lone, name)]) for name, shift in
                   (("unit", 2), ("annotator", 0), ("label", 0))), units=votes.units + 2, classes=3)  # fmt: skip
    certain, doubtful = mace(both)[:2, 1]
    assert certain > 0.8 > 0.6 > doubtful
    assert found.sum(axis=1) == pytest.approx(np.ones(1500))


def test_models_are_fitted_on_some_of_very_many_units_and_on_every_annotator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stance.annotation.crowd.FITTED_UNITS", 500)
    size = 5000
    chance = np.random.default_rng(4)
    truth = chance.integers(0, 2, size)
    unit = np.repeat(np.arange(size), 2)
    person = np.tile([0, 1], size)
    label = np.where(chance.random(2 * size) < 0.8, truth[unit], 1 - truth[unit])
    rare = Votes(np.append(unit, [5, 6]), np.append(person, [2, 2]), np.append(label, truth[[5, 6]]), size, 2)
    agreed = label.reshape(size, 2)[:, 0] == label.reshape(size, 2)[:, 1]
    for found in (mace(rare), dawid_skene(rare, np.full(size, -1))):
        assert found.shape == (size, 2)
        assert np.isfinite(found).all()
        assert (found.argmax(axis=1) == truth)[agreed].mean() > 0.9


def test_models_without_their_library_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in ("dawid_skene", "mace"):
        monkeypatch.setitem(sys.modules, f"crowdkit.aggregation.classification.{name}", None)
    for method in (Method.DAWID_SKENE, Method.MACE):
        with pytest.raises(ConfigurationError) as caught:
            settled(DOCUMENTS, method)
        assert str(caught.value) == (
            "Expected crowd-kit for this method, found that it is not installed. "
            "Install it: pip install 'stance[labelling]'"
        )


def test_gold_by_majority_trains_as_the_annotations_do(tmp_path: Path) -> None:
    documents, _ = crowd(60)
    write_export(tmp_path / "gold.json", settled(documents).documents)
    read = list(
        read_export(tmp_path / "gold.json", label_set=MAIN, actors=None, targets=None, report=(report := Report()))
    )
    assert not report.dropped
    before, after = build_dataset(documents, MAIN), build_dataset(read, MAIN)
    assert before.examples == after.examples
    assert len(before) > 40
    assert after.left_out == {"not settled": len(before.ties)}


def test_gold_by_a_model_gives_its_posterior_to_the_training(tmp_path: Path) -> None:
    documents, _ = crowd(80)
    found = settled(documents, Method.DAWID_SKENE)
    write_export(tmp_path / "gold.json", found.documents)
    read = read_export(tmp_path / "gold.json", label_set=MAIN, actors=None, targets=None, report=Report())
    dataset = build_dataset(read, MAIN)
    entries = {one.document_id: entry for one in found.documents for entry in one.gold or ()}
    assert {example.document_id: (example.label, example.soft) for example in dataset.examples} == {
        name: (entry.label, entry.probabilities) for name, entry in entries.items()
    }


def test_what_a_third_person_submits_settles_the_conflict(tmp_path: Path) -> None:
    third = msgspec.structs.replace(DOCUMENTS[3], annotations=(labelled("third", "against"),))
    path = tmp_path / "third.json"
    write_export(path, [third])
    tasks = msgspec.json.decode(path.read_bytes())
    tasks[0]["data"]["adjudication"] = True
    tasks[0]["predictions"] = [{"model_version": "lina", "result": [{"type": "labels", "id": "x"}]}]
    path.write_bytes(msgspec.json.encode(tasks))
    report = Report()
    (answer,) = read_export(path, label_set=MAIN, actors=None, targets=None, report=report)
    assert [one.ground_truth for one in answer.annotations] == [True]
    # The predictions of such a task are annotators' answers, not a model's.
    assert (answer.predictions, report.dropped) == ((), 0)
    assert gold([*DOCUMENTS, answer])["tied", "actor 0"] == ("against", "ground-truth")


def test_adjudicated_labels_survive_an_export_and_odd_ones_are_reported(tmp_path: Path) -> None:
    entry = {"actor": "a", "target": "troops", "label": "favor", "source": "majority", "probabilities": [1, 0, 0, 0]}
    odd = [{**entry, "label": "pro"}, {**entry, "probabilities": [1.0]}, {"actor": "a"}, entry]
    write_export(tmp_path / "gold.json", [task("d", labelled("lina", "favor"))])
    tasks = msgspec.json.decode((tmp_path / "gold.json").read_bytes())
    tasks[0]["data"]["gold"] = odd
    (tmp_path / "gold.json").write_bytes(msgspec.json.encode(tasks))
    report = Report()
    (read,) = read_export(tmp_path / "gold.json", label_set=MAIN, actors=None, targets=None, report=report)
    assert read.gold == (Gold("a", "troops", "favor", "majority", (1, 0, 0, 0)),)
    found = [(problem.expected, problem.found) for problem in report.problems if problem.severity.dropped]
    assert found == [
        ("one of favor, against, ambivalent, none", "'pro' with 4 probabilities in data.gold[0]"),
        ("one of favor, against, ambivalent, none", "'favor' with 1 probabilities in data.gold[1]"),
        ("an adjudicated label", "Object missing required field `target` in data.gold[2]"),
    ]
