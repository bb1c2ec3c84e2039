import base64
import json
import zlib

import pandas
import pytest

from stance.errors import DataError
from stance.evaluation.report_packing import LETTERS_A_PART, Texts, pack_json, read_texts
from tests.evaluation.reports import row, rows_of


def unpack(packed: str):
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_what_is_packed_comes_back():
    assert unpack(pack_json(["</script>", "\u2028", "نص", None])) == ["</script>", "\u2028", "نص", None]
    assert unpack(pack_json("\ud800")) == "?"


def test_texts_are_found_where_they_are_said_to_lie():
    rows = rows_of([row(f"d{n}", "x", "f") for n in range(5)])
    long = "ا" * (LETTERS_A_PART - 1)
    texts = Texts(rows, [("d3", long), ("unknown", "?"), ("d1", "ab"), ("d0", "c"), ("d1", "again")])
    found = {
        name: unpack(texts.parts[texts.part_of[n]])[texts.slot_of[n]]
        for n, name in enumerate(rows.document_ids)
        if texts.part_of[n] >= 0
    }
    assert found == {"d3": long, "d1": "ab", "d0": "c"}
    assert len(texts.parts) == 2
    assert texts.repeated == 1


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_documents_are_read(tmp_path, ending):
    path = tmp_path / f"documents.{ending}"
    frame = pandas.DataFrame([{"document_id": "d", "title": None, "text": "نص\u2028"}])
    if ending == "jsonl":
        path.write_text(frame.to_json(orient="records", lines=True), "utf-8")
    else:
        frame.to_parquet(path)
    assert list(read_texts(path)) == [("d", "نص\u2028")]


@pytest.mark.parametrize("content", ['{"document_id": "d"}', "{", '{"document_id": 1, "text": "x"}', "[1]"])
def test_documents_that_are_none_are_refused(tmp_path, content):
    path = tmp_path / "documents.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match="expected "):
        list(read_texts(path))


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"Expected a documents file ending in \.jsonl or \.parquet, found"):
        list(read_texts(tmp_path / "documents.csv"))
