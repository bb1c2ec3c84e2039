"""Reading the files of a data set, whichever it is."""

import json
from pathlib import Path

import pytest

from stance.annotation.importers.source import Row, RowError, Source, chosen, text_of
from stance.errors import DataError


def source(folder: Path, **files: bytes) -> Source:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Source(folder, "its files")


def fields(row: Row) -> tuple[int, str, dict]:
    return row.number, row.place, row.fields


def test_rows_keep_their_number_and_the_line_they_end_on(tmp_path: Path) -> None:
    given = source(tmp_path, table=b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n2,z\r\n')
    rows = list(given.table("table", ["a", "b"], fields))
    assert rows == [(1, "line 3", {"a": "1", "b": "x\r\ny"}), (2, "line 4", {"a": "2", "b": "z"})]
    assert (given.read, given.problems) == (2, [])


def test_a_row_that_is_refused_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    def convert(row: Row) -> str:
        return chosen({"1": "one", "3": "three"}, row.fields["a"], "a number")

    given = source(tmp_path, table=b"a,b\n1,\n2,\n3,\n4\n3,4,5\n")
    assert list(given.table("table", ["a"], convert)) == ["one", "three"]
    assert given.read == 5
    assert given.problems == [
        f"{tmp_path}/table, line 3: expected a number among 1, 3, found '2'.",
        f"{tmp_path}/table, line 5: expected as many fields as columns, found too few or too many.",
        f"{tmp_path}/table, line 6: expected as many fields as columns, found too few or too many.",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"b\n1\n", "/table: expected the columns a, missing ['a']."),
        (b"", "/table: expected the columns a, missing ['a']."),
        (b"a\nok\n\xff\n", "/table: expected text in UTF-8, found byte 0xff in line 3."),
        (b"a\n" + b"x" * 200_000 + b"\n", "/table, after line 1: expected a row of CSV, found field larger than field "
         "limit (131072)."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        list(source(tmp_path, table=content).table("table", ["a"], fields))
    assert str(caught.value) == f"{tmp_path}{message}"


def test_json_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        source(tmp_path, data=b'{"a": 1,\n oops}').json("data")
    assert str(caught.value).startswith(f"{tmp_path}/data, line 2: expected JSON, found none that can be read: ")


def test_lines_end_where_json_lines_end(tmp_path: Path) -> None:
    # A line separator inside a text is no end of a line.
    line = json.dumps("a\u2028b", ensure_ascii=False).encode()
    rows = list(source(tmp_path, data=line + b"\n\n" + line).lines("data"))
    assert [(row.number, row.place, json.loads(row.fields)) for row in rows] == [
        (1, "line 1", "a\u2028b"),
        (3, "line 3", "a\u2028b"),
    ]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "expected a text, found nothing."),
        (3, "expected a text, found 3."),
        ("\n ", "expected a text, found an empty one."),
        ("ok \ud83d", "expected a text that UTF-8 can hold, found '\\ud83d'."),
    ],
)
def test_what_is_no_text_is_refused(found: object, message: str) -> None:
    with pytest.raises(RowError) as caught:
        text_of(found)
    assert str(caught.value) == message


def test_lists_are_no_label() -> None:
    with pytest.raises(RowError, match=r"^expected a stance among a, found \['a'\]\.$"):
        chosen({"a": "A"}, ["a"], "a stance")


def test_an_id_is_given_once(tmp_path: Path) -> None:
    given = source(tmp_path)
    assert given.new_id("1") == "1"
    with pytest.raises(RowError, match=r"^expected an id of its own, found '1' again\.$"):
        given.new_id("1")
