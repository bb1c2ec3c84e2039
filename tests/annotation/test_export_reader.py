"""A hand-written export in the server's form, as records; and memory, which must not grow with the file."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.seen import Seen
from stance.labels import AUTHOR, Attribution, Channel

EXPORT = Path(__file__).parents[1] / "fixtures" / "label_studio" / "export.json"


@pytest.fixture
def documents(read: Any) -> list[Document]:
    found: list[Document] = read(EXPORT)[0]
    return found


def test_counts(read: Any) -> None:
    report = read(EXPORT)[1]
    assert report.problems == []
    assert (report.tasks, report.documents, report.annotations, report.cancelled) == (3, 3, 4, 1)
    assert (report.drafts, report.predictions, report.mentions, report.statements) == (1, 1, 3, 5)


def test_metadata_is_text(documents: list[Document]) -> None:
    first, second, third = documents
    assert (first.document_id, first.task_id, first.page, first.published) == ("page-7-2", "1", "page-7", "20250302")
    assert (first.title, first.source, first.url) == ("وجود القوات", "جريدة مخترعة", "https://news.example/7")
    assert (first.language, first.target, first.split, first.guidelines) == ("ar", "troops", "train", "1.0")
    assert (second.document_id, second.page, second.title) == ("page-8", "page-8", None)
    assert (third.document_id, third.task_id, third.page) == ("3", "3", "3")


def test_two_annotators_with_items_joined_by_region(documents: list[Document]) -> None:
    text = documents[0].text
    first, second = documents[0].annotations
    assert first == Annotation(
        id="11",
        annotator="huda@example.org",
        mentions=(Mention("p1", 5, 12, "government"), Mention("a2", 63, 74, "diya-bloc")),
        statements=(
            Statement("s1", 19, 55, "government", "against", mention="p1"),
            Statement(
                "s2", 57, 105, "diya-bloc", "against", Channel.ACTION, Attribution.REPORTED, "advisers", mention="a2"
            ),
        ),
        ground_truth=True,
        suggested_by="5",
        lead_time=12.5,
    )
    assert text[19:55] == "وجود القوات الأجنبية ينتهي هذا العام"
    assert text[57:105] == "ورفضت كتلة الضياء أي تمديد،\nودعت إلى انسحاب كامل"
    assert second == Annotation(
        id="12",
        annotator="2",
        mentions=(Mention("b1", 63, 74, "diya-bloc"),),
        statements=(Statement("b2", 85, 105, "diya-bloc", "against", mention="b1"),),
        lead_time=12.5,
    )


def test_cancelled_draft_and_prediction_stand_apart(documents: list[Document]) -> None:
    [prediction] = documents[0].predictions
    assert prediction == Annotation("5", "champion-3", (Mention("p1", 5, 12, "government"),), (), score=0.75)
    cancelled, kept = documents[1].annotations
    assert (cancelled.cancelled, cancelled.lead_time, kept.cancelled) == (True, None, False)
    assert documents[1].completed == (kept,)
    [draft] = documents[1].drafts
    assert draft == Annotation(
        "3", "omar@example.org", (Mention("d1", 17, 29, "defence-ministry"),), (), lead_time=3.25
    )
    assert documents[1].predictions == ()


def test_a_holder_named_on_the_statement_itself(documents: list[Document]) -> None:
    [statement] = documents[1].annotations[1].statements
    assert statement == Statement("c1", 53, 63, "defence-ministry", "favor")
    assert documents[1].text[53:63] == "في القاعدة"


def test_a_task_level_choice_is_the_authors(documents: list[Document]) -> None:
    [annotation] = documents[2].annotations
    whole = len(documents[2].text)
    assert annotation.statements == (Statement("w1", 0, whole, AUTHOR, "against", Channel.PRIVATE),)


@pytest.mark.parametrize("chunk_size", [1, 7, 64, 1000, 1 << 20])
def test_the_chunk_size_changes_nothing(read: Any, documents: list[Document], chunk_size: int) -> None:
    assert read(EXPORT, chunk_size=chunk_size)[0] == documents


def test_a_task_level_stance_can_be_the_absent_class(read: Any, build: Any) -> None:
    documents = read([build.task(build.item("w", "stance", "choices", {"choices": ["none"]}))])[0]
    assert documents[0].annotations[0].statements == (Statement("w", 0, 28, AUTHOR, "none"),)


@pytest.mark.parametrize(
    ("completed_by", "name"),
    [(4, "4"), ({"id": 4, "email": "a@b.example"}, "a@b.example"), ({"id": 4}, "4"), (None, "unknown"), ("x", "x")],
)
def test_annotators(read: Any, build: Any, completed_by: Any, name: str) -> None:
    documents = read([build.task(annotations=[build.annotation(completed_by=completed_by)])])[0]
    assert documents[0].annotations[0].annotator == name


@pytest.mark.parametrize(
    "given", [{"prediction": 3}, {"prediction": {"id": 3}}, {"prediction": {}, "parent_prediction": 3}]
)
def test_the_prediction_an_annotation_was_made_from(read: Any, build: Any, given: Any) -> None:
    documents = read([build.task(annotations=[build.annotation(**given)])])[0]
    assert documents[0].annotations[0].suggested_by == "3"


def test_seen_remembers_past_its_recent_part() -> None:
    seen = Seen(recent=4)
    assert all(seen.add(f"key {number}", number) is None for number in range(100))
    assert [seen.add(f"key {number}", -1) for number in range(100)] == list(range(100))


MEASURE = r"""
import re, sys
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.labels import MAIN
report = Report()
for document in read_export(sys.argv[1], label_set=MAIN, actors=None, targets=None, report=report):
    pass
# Unlike ru_maxrss, this mark starts anew when a process starts a program.
print(report.documents, re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
"""


def test_memory_does_not_grow_with_the_export(build: Any, tmp_path: Path) -> None:
    task = build.task(*(build.actor(f"m{number}") for number in range(10)), number=987654321)
    template = json.dumps(task, ensure_ascii=False)
    peaks = {}
    for count in (1000, 20_000):
        path = tmp_path / f"{count}.json"
        tasks = (template.replace("987654321", str(number)) for number in range(count))
        path.write_text(f"[{', '.join(tasks)}]", "utf-8")
        command = [sys.executable, "-c", MEASURE, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        read, peaks[count] = map(int, done.stdout.split())
        assert read == count
    assert path.stat().st_size > 60_000_000
    # In KiB. The ids of 19,000 more tasks, and what the allocator rounds up to, fit in 4 MiB; the file is past 60.
    assert peaks[20_000] - peaks[1000] < 4096
