"""The agreement of annotators: hand-worked, against another implementation, and what must not matter."""

import random
from collections import defaultdict
from itertools import combinations

import krippendorff
import numpy as np
import pytest

from stance.annotation.agreement import Agreement, measure_agreement, most_disputed
from stance.annotation.agreement_rows import Row
from stance.annotation.agreement_table import tabulate
from stance.annotation.records import Document
from stance.annotation.reliability import Figure
from stance.annotation.votes import join_tasks
from stance.labels import ISSUEPOSITIONS, MAIN, Channel, LabelSet

from .marking import by, labelled, names, says, task

PEOPLE = ("lina", "nour", "omar", "sami")


def agreement(documents: list[Document], label_set: LabelSet = MAIN) -> Agreement:
    return measure_agreement(tabulate(join_tasks(documents, pytest.fail), label_set), label_set)


def row(found: tuple[Row, ...], name: str) -> Row:
    (one,) = [one for one in found if one.name == name]
    return one


def invented(size: int = 40, seed: int = 1) -> list[Document]:
    """Documents of three actors, each by two to four people who agree three times in four."""
    chance = random.Random(seed)
    documents = []
    for number in range(size):
        truth = [chance.choice(MAIN.classes) for _ in range(3)]
        people = chance.sample(PEOPLE, chance.randint(2, 4))
        seen = [
            [label if chance.random() < 0.75 else chance.choice([*MAIN.classes, "-"]) for label in truth]
            for _ in people
        ]
        annotations = [labelled(person, *labels) for person, labels in zip(people, seen, strict=True)]
        documents.append(task(f"d{number}", *annotations, blind=number % 2 == 0))
    return documents


def values_of(documents: list[Document]) -> dict[tuple[str, str], dict[str, str]]:
    """Who gave which label, read off the doubles themselves."""
    units: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for document in documents:
        for one in document.annotations:
            said = {statement.holder: statement.stance for statement in one.statements}
            for mention in one.mentions:
                units[document.document_id, mention.actor][one.annotator] = said.get(mention.actor, "none")
    return units


def oracle(units: list[dict[str, str]], classes: tuple[str, ...], level: str = "nominal") -> float:
    data = [
        [classes.index(unit[person]) if unit.get(person) in classes else np.nan for unit in units] for person in PEOPLE
    ]
    domain = list(range(len(classes)))
    return float(krippendorff.alpha(np.array(data), level_of_measurement=level, value_domain=domain))


def test_every_alpha_is_that_of_the_reliability_data() -> None:
    documents = invented()
    units = values_of(documents)
    found = agreement(documents)
    whole = list(units.values())
    first = found.overall[0]
    assert first.nominal.value == pytest.approx(oracle(whole, MAIN.classes))
    assert first.ordinal is not None
    assert first.ordinal.value == pytest.approx(oracle(whole, ("against", "ambivalent", "favor"), "ordinal"))
    which = row(found.overall, "which stance")
    assert which.nominal.value == pytest.approx(oracle(whole, ("against", "ambivalent", "favor")))
    some = [{person: "none" if label == "none" else "favor" for person, label in unit.items()} for unit in whole]
    assert row(found.overall, "a stance or none").nominal.value == pytest.approx(oracle(some, MAIN.classes))
    for name in MAIN.classes:
        rest = [{who: name if label == name else "other" for who, label in unit.items()} for unit in whole]
        assert row(found.groups["label"], name).nominal.value == pytest.approx(oracle(rest, (name, "other")))
    for actor in ("actor 0", "actor 1", "actor 2"):
        of_actor = [unit for (_, named), unit in units.items() if named == actor]
        assert row(found.groups["actor"], actor).nominal.value == pytest.approx(oracle(of_actor, MAIN.classes))
    for pair in combinations(PEOPLE, 2):
        between = [{who: unit[who] for who in pair if who in unit} for unit in whole]
        assert row(found.groups["annotators"], " – ".join(pair)).nominal.value == pytest.approx(
            oracle(between, MAIN.classes)
        )
    for name, blind in (("blind", True), ("suggested", False)):
        under = {document.document_id for document in documents if document.blind is blind}
        chosen = [unit for (document, _), unit in units.items() if document in under]
        assert row(found.groups["suggestions"], name).nominal.value == pytest.approx(oracle(chosen, MAIN.classes))


def test_counts_are_of_what_was_compared() -> None:
    documents = invented()
    units = values_of(documents)
    found = agreement(documents)
    assert found.documents == 40
    assert found.annotations == sum(len(document.annotations) for document in documents)
    assert found.annotators == PEOPLE
    assert found.units == len(units)
    assert found.single == sum(len(unit) == 1 for unit in units.values())
    assert found.disputed == sum(len(set(unit.values())) > 1 for unit in units.values())
    assert found.overall[0].units == found.units - found.single
    pairs = row(found.groups["annotators"], "lina – sami")
    both = [unit for unit in units.values() if {"lina", "sami"} <= unit.keys()]
    assert pairs.units == len(both)
    assert pairs.alike == pytest.approx(sum(unit["lina"] == unit["sami"] for unit in both) / len(both))
    # Every value of an answered unit is counted once.
    assert sum(map(sum, found.confusion)) == pytest.approx(sum(len(unit) for unit in units.values() if len(unit) > 1))


def test_neither_order_of_tasks_nor_of_annotators_nor_their_projects_matter() -> None:
    documents = invented()
    expected = agreement(documents)
    projects = [
        task(document.document_id, one, blind=document.blind)
        for person in reversed(PEOPLE)
        for document in reversed(documents)
        for one in document.annotations
        if one.annotator == person
    ]
    found = agreement(projects)
    assert found.overall[0].nominal.value == pytest.approx(expected.overall[0].nominal.value)
    assert found.groups["annotators"][0].kappa is not None
    for name in ("actor", "annotators", "suggestions", "label"):
        both = {one.name: one for one in expected.groups[name]}, {one.name: one for one in found.groups[name]}
        assert both[0].keys() == both[1].keys()
        for key, one in both[0].items():
            assert both[1][key].units == one.units
            assert both[1][key].nominal.value == pytest.approx(one.nominal.value)
    assert [one.f1.value for one in found.marks] == pytest.approx([one.f1.value for one in expected.marks])


def test_interval_holds_the_figure_and_draws_pages_whole() -> None:
    documents = invented()
    figure = agreement(documents).overall[0].nominal
    assert figure.low < figure.value < figure.high  # type: ignore[operator]
    assert agreement(documents).overall[0].nominal == figure
    # The same documents cut from nine pages: nothing to draw from.
    nine = [task(f"d{number}", *one.annotations, page=f"p{number % 9}") for number, one in enumerate(documents)]
    found = agreement(nine).overall[0]
    assert (found.pages, found.nominal) == (9, Figure(pytest.approx(figure.value)))


def test_perfect_agreement_is_one_and_one_class_is_nothing() -> None:
    def twice(*labels: str) -> list[Document]:
        return [task(f"d{n}", labelled("lina", label), labelled("sami", label)) for n, label in enumerate(labels)]

    assert agreement(twice(*MAIN.classes * 3)).overall[0].nominal == Figure(1.0, 1.0, 1.0)
    assert agreement(twice(*["favor"] * 12)).overall[0].nominal == Figure(None, why="one class only")
    assert agreement(twice("favor", "against")).overall[0].nominal == Figure(None, why="too few")


def test_ground_truth_and_what_was_replaced_are_no_annotators() -> None:
    truth = by("judge", names("actor 0"), ground_truth=True)
    old = labelled("lina", "against")
    skipped = by("omar", names("actor 0"), cancelled=True)
    documents = [task("d1", old, truth, skipped, labelled("lina", "favor"), labelled("sami", "favor"))]
    found = agreement(documents)
    assert (found.annotators, found.disputed) == (("lina", "sami"), 0)
    assert found.left_out == {"cancelled": 1, "replaced by a later one": 1, "ground truth": 1}


def test_nobodys_and_one_persons_documents_are_reported_as_such() -> None:
    found = agreement([task("d1"), task("d2", labelled("lina", "favor", "none"))])
    assert (found.documents, found.units, found.single, found.annotators) == (2, 2, 2, ("lina",))
    assert found.overall[0].nominal == Figure(None, why="too few")
    assert found.groups["annotators"] == ()


def test_statements_of_two_annotators_are_compared_where_both_marked_them() -> None:
    # Ten documents. Both mark one statement alike, with channels public and action in turn; sami puts another stance on
    # the second; only lina marks the third.
    documents = []
    for number in range(10):
        channel = Channel.PUBLIC if number % 2 else Channel.ACTION
        lina = by(
            "lina",
            says("party", "favor", 0, 10, channel=channel),
            says("party", "against", 20, 30),
            says("union", "favor", 31, 39),
        )
        sami = by("sami", says("party", "favor", 2, 12, channel=channel), says("party", "ambivalent", 20, 30))
        documents.append(task(f"d{number}", lina, sami))
    found = agreement(documents)
    stances, channels = found.statements
    assert (stances.name, stances.units, stances.alike) == ("stance of a statement", 20, 0.5)
    # 40 values: favor 20, against 10, ambivalent 10; 20 of 40 pairs differ, expected (40² − 20² − 2 · 10²) / (40 · 39).
    assert stances.nominal.value == pytest.approx(1 - 0.5 * 40 * 39 / (1600 - 600))
    # Public 30, action 10; none differ.
    assert (channels.units, channels.nominal.value) == (20, 1.0)
    actors, statements = found.marks
    # Both mark party, lina union too: 2 · 1 / 3. Of statements both mark two, lina three: 2 · 2 / 5.
    assert (actors.name, actors.pairs, actors.f1.value) == ("actors marked", 10, pytest.approx(2 / 3))
    assert (statements.name, statements.f1.value) == ("statements marked", pytest.approx(0.8))


def test_a_statement_counts_once_however_many_marked_it() -> None:
    # Whole-text statements of three coders: alpha on statements is alpha on units.
    chance = random.Random(5)
    documents = []
    for number in range(30):
        coders = [by(f"coder {c}", says("party", chance.choice("LNR"), 0, 50)) for c in range(chance.randint(2, 4))]
        documents.append(task(f"d{number}", *coders))
    found = agreement(documents, ISSUEPOSITIONS)
    assert found.statements[0].nominal.value == pytest.approx(found.overall[0].nominal.value)
    assert [one.name for one in found.overall] == ["stance, all classes"]


def test_units_read_under_different_conditions_are_neither_blind_nor_suggested() -> None:
    documents = []
    for number, conditions in enumerate([(True, True), (False, False), (True, False), (True, None)] * 3):
        documents += [
            task(f"d{number}", labelled(person, "favor"), blind=blind)
            for person, blind in zip(("lina", "sami"), conditions, strict=True)
        ]
    found = agreement(documents)
    assert [(one.name, one.units) for one in found.groups["suggestions"]] == [("blind", 3), ("suggested", 3)]
    assert agreement([task("d", labelled("lina", "favor"), labelled("sami", "favor"))]).groups["suggestions"] == ()


def test_most_disputed_documents_come_first() -> None:
    documents = [
        task("calm", labelled("lina", "favor", "none"), labelled("sami", "favor", "none")),
        task("one", labelled("lina", "favor", "none"), labelled("sami", "against", "none")),
        task("two", labelled("lina", "favor", "none"), labelled("sami", "against", "favor")),
    ]
    table = tabulate(join_tasks(documents, pytest.fail), MAIN)
    assert [table.documents[place] for place in most_disputed(table, MAIN)] == ["two", "one"]
