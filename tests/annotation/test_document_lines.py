import json
from pathlib import Path

import pytest

from stance.annotation.document_lines import DocumentLine, GivenActor, read_document_lines
from stance.errors import DataError


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x, ensure_ascii=False) for x in lines), "utf-8")
    return path


def test_a_line_is_a_document_with_what_it_says_of_itself(tmp_path):
    path = write(
        tmp_path / "d.jsonl",
        {"document_id": "1", "text": "قالت الحكومة", "published": "2031-05-02", "unknown": [1]},
        "",
        {"document_id": "2", "text": "ب", "actors": [{"actor": "gov"}, {"actor": "army", "mentions": [[0, 1]]}]},
    )
    assert list(read_document_lines(path)) == [
        DocumentLine("1", "قالت الحكومة", published="2031-05-02"),
        DocumentLine("2", "ب", actors=(GivenActor("gov"), GivenActor("army", ((0, 1),)))),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_document(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"document_id": "1", "text": "a"}\r\n')
    assert [line.document_id for line in read_document_lines(path)] == ["1"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[]", "expected a document such as"),
        ('{"document_id": 1, "text": "a"}', "Expected `str`, got `int` - at `$.document_id`"),
        ('{"document_id": "1"}', "missing required field `text`"),
        ('{"document_id": " ", "text": "a"}', "expected a document_id, found an empty one."),
        ('{"document_id": "1", "text": " "}', "expected a text, found an empty one."),
        (
            '{"document_id": "1", "text": "abc", "actors": [{"actor": "x", "mentions": [[2, 4]]}]}',
            "actor 'x': expected mentions within the text of 3 characters, found [2, 4].",
        ),
        ('{"document_id": "1", "text": "abc"', "Input data was truncated"),
    ],
)
def test_a_line_that_is_no_document_is_named_and_passed_over(tmp_path, line, found):
    path = write(tmp_path / "d.jsonl", line, {"document_id": "2", "text": "b"})
    refused: list[DataError] = []
    assert [one.document_id for one in read_document_lines(path, refused=refused.append)] == ["2"]
    (error,) = refused
    assert str(error).startswith(f"{path}, line 1")
    assert found in str(error)
    with pytest.raises(DataError):
        list(read_document_lines(path))


def test_a_file_that_is_not_there_is_said(tmp_path):
    refused: list[DataError] = []
    assert not list(read_document_lines(tmp_path / "none.jsonl", refused=refused.append))
    assert "No such file" in str(refused[0])
