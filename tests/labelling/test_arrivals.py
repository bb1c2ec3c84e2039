import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.annotation.document_lines import GivenActor
from stance.annotation.inputs import Given
from stance.annotation.records import Annotation, Document, Gold, Mention
from stance.annotation.writer import write_export
from stance.errors import DataError
from stance.labelling.arrivals import Arrival, _arrival, read_arrivals
from stance.text.offsets import Mapped

PAGE = "عنوان عن القوات\n\nقالت الحكومة يوم الثلاثاء إن القوات الأجنبية باقية في البلاد حتى إشعار آخر.\n"


@pytest.fixture
def read(tmp_path):
    def reading(*inputs: Path, target: str | None = "t1", targets: frozenset[str] | None = frozenset({"t1", "t2"})):
        refused: list[DataError] = []
        names = [str(path) for path in inputs]
        found = list(read_arrivals(names, target=target, targets=targets, seen=None, refused=refused.append))
        return found, [str(error) for error in refused]

    return reading


def lines(path: Path, *documents: dict) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents), "utf-8")
    return path


def test_pages_of_a_folder_become_documents_with_the_way_back(read, tmp_path):
    (tmp_path / "pages").mkdir()
    path = tmp_path / "pages" / "one.txt"
    path.write_bytes(PAGE.replace("\n", "\r\n").encode())
    (found,), refused = read(tmp_path / "pages")
    assert not refused
    document = found.document
    assert document.document_id == f"{path}#1"
    assert document.page == str(path)
    assert document.target == "t1"
    page = path.read_bytes().decode()
    way = Mapped(document.text, found.page_map)
    start = document.text.index("الحكومة")
    assert page[slice(*way.page_span(start, start + 7))] == "الحكومة"


def test_an_export_gives_its_texts_and_nothing_that_was_said_of_them(read, tmp_path):
    said = Annotation("7", "lina", (Mention("m", 0, 4, "gov"),), ())
    gold = (Gold("gov", "t2", "favor", "majority", (1.0, 0.0, 0.0, 0.0)),)
    document = Document("d", "5", "قالت الحكومة", (said,), (said,), (said,), target="t2", title="ع", gold=gold)
    write_export(tmp_path / "export.json", [document])
    (found,), refused = read(tmp_path / "export.json")
    assert not refused
    assert found == Arrival(Document("d", "", "قالت الحكومة", target="t2", title="ع", page="d"))


def test_annotators_who_share_a_document_make_one_arrival_of_it(read, tmp_path):
    path = lines(
        tmp_path / "d.jsonl",
        {"document_id": "1", "text": "أ ب"},
        {"document_id": "1", "text": "أ ب"},
        {"document_id": "1", "text": "أ ب", "target": "t2"},
        {"document_id": "1", "text": "غيره"},
    )
    found, refused = read(path)
    assert [one.key for one in found] == [("1", "t1"), ("1", "t2")]
    assert refused == [
        "Document '1': expected one text, found a second one. Give each document an id of its own.",
    ]


def test_a_document_without_a_target_or_with_an_unknown_one_is_passed_over(read, tmp_path):
    strange = {"document_id": "2", "text": "ب", "target": "x"}
    path = lines(tmp_path / "d.jsonl", {"document_id": "1", "text": "أ"}, strange)
    found, refused = read(path, target=None)
    assert not found
    assert refused == [
        "Document '1': expected a target, found none. Name one for all that name none: --target ID, of t1, t2.",
        "Document '2': expected a target among t1, t2, found 'x'. Add it to the registry of targets, or name another "
        "registry: --targets FILE.",
    ]
    assert [one.key for one in read(path, target=None, targets=None)[0]] == [("1", ""), ("2", "x")]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(read, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "export.json").write_text("{}")
    good = lines(tmp_path / "d.jsonl", {"document_id": "1", "text": "\u200f\u200e"}, {"document_id": "2", "text": "أ"})
    found, refused = read(tmp_path / "empty.txt", tmp_path / "export.json", tmp_path / "none", good)
    assert [one.document.document_id for one in found] == ["2"]
    assert len(refused) == 4
    assert refused[3] == "Document '1': expected a text, found nothing that a reader sees."


CHARACTERS = st.sampled_from([*"اب ت\u200f\u200b🙂ً", "\r\n", "\r", "\n", "\u2028"])


@given(st.lists(CHARACTERS, min_size=1, max_size=30), st.data())
def test_mentions_move_with_the_text(pieces, data):
    text = "ا" + "".join(pieces)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = _arrival(Given(Document("1", "", text), (GivenActor("gov", ((start, end),)),)))
    pushed = found.document.text
    assert "\r" not in pushed
    assert "\u2028" not in pushed
    (actor,) = found.actors or ()
    way = Mapped(pushed, found.page_map or ((0, 0, len(pushed)),))
    for moved_start, moved_end in actor.mentions or ():
        first, last = way.page_span(moved_start, moved_end)
        assert start <= first < last <= end
        assert not text[start:first].strip("\u200f\u200b\r\n\u2028 ")
        assert not text[last:end].strip("\u200f\u200b\r\n\u2028 ")
    if not actor.mentions:
        # Nothing of it is left: it held only what no reader sees, or the second half of a line end.
        assert not text[start:end].strip("\u200f\u200b\n")
