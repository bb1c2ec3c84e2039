"""The cut into objects against the standard library, whatever the spelling and the chunk size."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.annotation.streaming import Scanner, read_objects
from stance.errors import DataError

NASTY = st.lists(
    st.sampled_from([*'"\\{}[],:\n\x00éa', "\\\\", '\\"', "😀", "👩\u200d⚕️", "العراق", "\ud83d"]),
    max_size=12,
).map("".join)
VALUES = st.recursive(
    NASTY | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(NASTY, VALUES, max_size=4), max_size=4)


def cut(text: bytes, chunk_size: int) -> list[tuple[int, bytes]]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(text)
        file.flush()
        return list(read_objects(Path(file.name), chunk_size))


def spell(objects: Any, ascii_only: bool, indent: int | None) -> bytes:
    return json.dumps(objects, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")


@given(OBJECTS, st.integers(1, 200), st.booleans(), st.sampled_from([None, 0, 2]))
@settings(max_examples=150, deadline=None)
def test_cuts_as_the_standard_library_reads(
    objects: list[Any], chunk_size: int, ascii_only: bool, indent: int | None
) -> None:
    text = spell(objects, ascii_only, indent)
    pieces = cut(text, chunk_size)
    assert [json.loads(piece) for _, piece in pieces] == json.loads(text)
    assert all(text[at : at + len(piece)] == piece for at, piece in pieces)


@pytest.mark.parametrize("chunk_size", range(1, 201))
def test_every_chunk_size_on_one_nasty_file(chunk_size: int) -> None:
    objects = [
        {"a": '\\"}{' * 9, "b": ["\\", '"', "{\\"]},
        {"": "\\" * 33 + '"'},
        {},
        {"ن": {"ص": "😀}\ud83d"}, "c": '\\\\"'},
    ]
    text = json.dumps(objects, indent=chunk_size % 3 or None).encode()
    assert [json.loads(piece) for _, piece in cut(text, chunk_size)] == json.loads(text)


@given(OBJECTS.filter(bool), st.integers(1, 60), st.data())
@settings(max_examples=80, deadline=None)
def test_any_cut_off_file_is_refused_with_its_length_and_its_complete_tasks(
    objects: list[Any], chunk_size: int, data: st.DataObject
) -> None:
    text = spell(objects, True, None)
    length = data.draw(st.integers(1, len(text) - 1))
    # A task is complete where the list, closed behind it, would parse.
    complete = 0
    for end in range(length + 1):
        try:
            complete = max(complete, len(json.loads(text[:end] + b"]")))
        except ValueError:
            continue
    with pytest.raises(DataError) as raised:
        cut(text[:length], chunk_size)
    assert f"breaks off at byte {length}, after {complete} complete tasks" in str(raised.value)


@pytest.mark.parametrize("text", ["[]", " [ ]\n", "\ufeff[]", "[\n\n]"])
def test_an_empty_list_holds_nothing(text: str) -> None:
    assert cut(text.encode(), 1) == cut(text.encode(), 99) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[{}{}]", "no comma before the object at byte 3"),
        ("[{},,{}]", "',,' before the object at byte 5"),
        ("[1, {}]", "'[1,' before the object at byte 4"),
        ("[{}][{}]", "'][' before the object at byte 5"),
        ("[{}] x", "'] x' behind task 1 of the file, at byte 3"),
        ("[{},]", "',]' behind task 1 of the file, at byte 3"),
        ("[3]", "'[3]' behind task 0 of the file, at byte 0"),
        ("[{}}, {}]", "an object closes that was never opened (somewhere behind task 0 of the file)"),
    ],
)
def test_what_stands_between_objects_is_checked(text: str, found: str) -> None:
    with pytest.raises(DataError) as raised:
        cut(text.encode(), 64)
    line = str(raised.value)
    assert line.partition(": ")[2] == f"expected a JSON list of tasks, found {found}. Export again as JSON."


def test_scanner_carries_an_escape_over_the_chunk() -> None:
    scanner = Scanner()
    assert [scanner.ends(chunk) for chunk in (b'[{"a": "\\', b'"}', b'"}', b", {", b"}]")] == [[], [], [2], [], [1]]
