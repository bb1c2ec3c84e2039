"""Files that are no Label Studio JSON export: one clear line for each."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.errors import DataError
from stance.labels import MAIN

FIXTURES = Path(__file__).parents[1] / "fixtures" / "label_studio"

AGAIN = "Export again as JSON."
WANTED = "expected a Label Studio JSON export (a list of tasks), found "


def message(read: Callable[..., Any], path: Path) -> str:
    with pytest.raises(DataError) as raised:
        read(path)
    line = str(raised.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "json_min.json",
            WANTED + "a JSON_MIN export (keys annotation_id, annotator, created_at, document_id, id, label, lead_time, "
            "stance), which does not say which region a choice belongs to. Export again as JSON.",
        ),
        (
            "export.csv",
            WANTED + "a CSV export (it starts with 'text,id,document_id,label,stance,annotat…'). Export again as JSON.",
        ),
        ("export.tsv", WANTED + "a TSV export (it starts with 'text\\tid\\tstance'). Export again as JSON."),
        ("export.conll", WANTED + "CoNLL text (it starts with '-DOCSTART- -X- O'). Export again as JSON."),
        (
            "completions.json",
            WANTED + "the format of Label Studio before 1.0 ('completions'). Export again from a current version.",
        ),
        *(
            (
                name,
                "expected regions of <Text> with whole-number offsets, found HyperText or Paragraphs regions (XPath "
                "offsets, first in task 4). Annotate with <Text>, and export again as JSON.",
            )
            for name in ("hypertext.json", "hypertextlabels.json")
        ),
    ],
)
def test_another_export_is_named(read: Callable[..., Any], name: str, line: str) -> None:
    assert message(read, FIXTURES / name) == line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", WANTED + "an empty file. Export again as JSON."),
        (b" \n\t", WANTED + "an empty file. Export again as JSON."),
        (b"hello\nworld", WANTED + "a file that is no JSON (it starts with 'hello'). Export again as JSON."),
        (b"<html>\n", WANTED + "a page of HTML or XML (it starts with '<html>'). Export again as JSON."),
        (b'{"a": 1}\n{"a": 2}\n', WANTED + "a JSON Lines file. Export again as JSON."),
        (b'{"data": {}}\n', WANTED + "a single JSON object. Export again as JSON."),
        (b'{\n "data": {}\n}\n', WANTED + "a single JSON object. Export again as JSON."),
        (b'{"data": ', WANTED + "a file that starts with '{' and is no valid JSON. Export again as JSON."),
        (gzip.compress(b"[]", mtime=0), WANTED + "a gzip archive. Unpack it first (gunzip)."),
        (b"PK\x03\x04rest", WANTED + "a zip archive. Unpack it first (unzip)."),
        ("[]".encode("utf-16"), WANTED + "UTF-16 text. Save it as UTF-8."),
        (b'[{"x": 1}]', WANTED + "object 1 of the list with keys x in place of 'data' and 'annotations'. " + AGAIN),
        (
            b'[{"text": "a", "label": 1}]',
            WANTED + "a list of rows (keys label, text) in place of tasks ({'data': \u2026, 'annotations': \u2026}). "
            "Export again as JSON.",
        ),
        (b"[1, 2]", "expected a JSON list of tasks, found '[1, 2]' behind task 0 of the file, at byte 0. " + AGAIN),
        (
            b'[{"data": {"text": "a"} "id": 1}]',
            "expected a JSON list of tasks, found invalid JSON (Expecting ',' delimiter) at byte 24. " + AGAIN,
        ),
        (
            b'[{"data": {"text": "\xff"}}]',
            "expected a JSON list of tasks, found bytes that are not UTF-8 at byte 20. Export again as JSON.",
        ),
    ],
)
def test_what_was_found_is_said(read: Callable[..., Any], tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(content)
    assert message(read, path) == line


def test_a_missing_file_and_a_directory(read: Callable[..., Any], tmp_path: Path) -> None:
    assert message(read, tmp_path / "none.json") == "no such file. Name a Label Studio JSON export."
    wanted = "expected a Label Studio JSON export, found a directory. Name a file in it."
    assert message(read, tmp_path) == wanted


def test_a_truncated_file_gives_its_complete_tasks_first(read: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    tasks = json.dumps([build.task(build.actor(), number=number) for number in range(3)])
    cut_off = tasks[:-200]
    path = tmp_path / "given.json"
    path.write_text(cut_off)
    assert message(read, path) == (
        f"the file breaks off at byte {len(cut_off)}, after 2 complete tasks: expected the list of tasks to end with "
        "']'. Export again as JSON and let the download finish."
    )


def test_errors_about_the_file_come_before_the_first_task(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_export(tmp_path / "none", label_set=MAIN, actors=None, targets=None, report=Report())


def test_a_byte_order_mark_and_indentation_do_no_harm(read: Callable[..., Any], build: Any) -> None:
    tasks = [build.task(build.actor())]
    plain = read(tasks)[0]
    assert plain
    assert read("\ufeff" + json.dumps(tasks, indent=3))[0] == plain
    assert read(json.dumps(tasks, ensure_ascii=True), chunk_size=7)[0] == plain
