"""What the project's own articles hold, as labels/corpus/README.md says."""

import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.annotation.registry import ActorKind, read_actors, read_targets
from stance.annotation.votes import join_tasks, merge
from stance.data.examples import Dataset, build_dataset
from stance.labels import MAIN, Attribution, Channel

LABELS = Path(__file__).parents[1] / "labels"
CORPUS = LABELS / "corpus"
RUN = 8  # words
FIRST, SECOND, THIRD = (f"{name}@corpus.invalid" for name in ("annotator-1", "annotator-2", "adjudicator"))


def read(name: str) -> list[Document]:
    """One of the two exports, in which the reader finds nothing wrong."""
    report = Report()
    actors, targets = read_actors(CORPUS / "actors.yaml"), read_targets(LABELS / "targets.yaml")
    found = read_export(CORPUS / name, label_set=MAIN, actors=actors.ids(), targets=targets.ids(), report=report)
    documents = list(found)
    assert not report.counts
    return documents


@pytest.fixture(scope="module")
def first() -> list[Document]:
    return read("export.json")


@pytest.fixture(scope="module")
def second() -> list[Document]:
    return read("second-pass.json")


@pytest.fixture(scope="module")
def dataset(first: list[Document]) -> Dataset:
    return build_dataset(first, MAIN)


@pytest.fixture(scope="module")
def clusters() -> list[list[str]]:
    return yaml.safe_load((CORPUS / "clusters.yaml").read_text("utf-8"))["clusters"]


def words(text: str) -> list[str]:
    """Words without points, quotes, diacritics and tatweel."""
    return re.sub(r"[\u064b-\u0652\u0640]", "", re.sub(r"[^\w\s\u064b-\u0652]", " ", text)).split()


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of RUN words."""
    found = words(text)
    return {tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1)}


def test_articles_outside_a_cluster_share_no_run_of_words(first: list[Document], clusters: list[list[str]]) -> None:
    allowed = {frozenset(pair) for cluster in clusters for pair in combinations(cluster, 2)}
    holders = defaultdict(set)
    for document in first:
        for run in runs(document.text):
            holders[run].add(document.document_id)
    shared = {(frozenset(pair), " ".join(run)) for run, ids in holders.items() for pair in combinations(sorted(ids), 2)}
    assert [(sorted(pair), run) for pair, run in shared if pair not in allowed] == []


def test_clusters_are_told_by_several_outlets(first: list[Document], clusters: list[list[str]]) -> None:
    sources = {document.document_id: document.source for document in first}
    known = [name for cluster in clusters for name in cluster]
    assert len(clusters) >= 15
    assert len(known) == len(set(known))
    for cluster in clusters:
        assert len({sources[name] for name in cluster}) == len(cluster) >= 2


def test_every_hard_case_was_planned_ten_times(first: list[Document]) -> None:
    cases = yaml.safe_load((CORPUS / "cases.yaml").read_text("utf-8"))["cases"]
    known = {document.document_id for document in first}
    assert len(cases) >= 20
    for name, articles in cases.items():
        assert len(set(articles) & known) == len(articles) >= 10, name


def test_articles_are_as_many_and_as_long_as_said(first: list[Document]) -> None:
    lengths = [len(document.text.split()) for document in first]
    assert len(first) == len({document.document_id for document in first}) >= 150
    assert min(lengths) >= 80
    assert max(lengths) <= 1500
    assert max(lengths) >= 1000
    assert all(document.title and document.source and document.published for document in first)


def test_examples_and_their_labels(dataset: Dataset) -> None:
    labels = Counter(example.label for example in dataset.examples)
    assert len(dataset) >= 750
    assert not dataset.ties
    assert min(labels[name] for name in MAIN.classes) >= 80
    actors = read_actors(CORPUS / "actors.yaml")
    outlets = {actor.id for actor in actors.actors if actor.kind is ActorKind.OUTLET}
    assert len({example.actor for example in dataset.examples} - outlets) >= 60


def test_channels_and_attributions_among_the_settled_statements(dataset: Dataset) -> None:
    """Counted in examples: those with a statement of that channel or attribution."""
    channels = Counter(name for example in dataset.examples for name in {one.channel for one in example.statements})
    told = Counter(name for example in dataset.examples for name in {one.attribution for one in example.statements})
    assert min(channels[Channel.PRIVATE], channels[Channel.ACTION]) >= 60
    assert min(told[Attribution.REPORTED], told[Attribution.OUTLET]) >= 60


def test_pages_hold_two_targets(dataset: Dataset) -> None:
    targets = defaultdict(set)
    for example in dataset.examples:
        targets[example.document_id].add(example.target)
    assert sum(len(found) > 1 for found in targets.values()) >= 30


def test_actors_change_sides_over_dated_articles(dataset: Dataset) -> None:
    sides = defaultdict(set)
    for example in dataset.examples:
        sides[example.actor, example.target].add(example.label)
    assert sum({"favor", "against"} <= found for found in sides.values()) >= 10


def test_every_article_has_two_annotators_and_what_they_dispute_a_third_reading(
    first: list[Document], second: list[Document]
) -> None:
    both = [merge(tasks) for tasks in join_tasks([*first, *second], lambda document: pytest.fail(document.document_id))]
    assert len(both) == len(first) == len(second)
    third = 0
    for document in both:
        people = {annotation.annotator: annotation.ground_truth for annotation in document.completed}
        assert people.keys() - {THIRD} == {FIRST, SECOND}
        assert {name for name, truth in people.items() if truth} == people.keys() & {THIRD}
        third += THIRD in people
    assert third
    assert not build_dataset([*first, *second], MAIN).ties


@pytest.mark.parametrize("name", ["export.json", "second-pass.json"])
def test_an_export_holds_nobody_s_address_and_no_machine_s_name(name: str) -> None:
    raw = (CORPUS / name).read_text("utf-8")
    assert len(raw.encode()) < 4_800_000
    assert set(re.findall(r"[\w.+-]+@[\w.-]+", raw)) <= {FIRST, SECOND, THIRD}
    assert not re.findall(r"https?://|localhost|127\.0\.0\.1|/home/|/root/|/tmp/|[0-9a-f]{40}", raw)
