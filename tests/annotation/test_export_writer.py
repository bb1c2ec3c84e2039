"""What is written reads back as the same records, and has the form that Label Studio imports."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.annotation.export import read_export
from stance.annotation.problems import Kind, Report
from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.annotation.writer import write_export
from stance.errors import DataError
from stance.labels import AUTHOR, MAIN, Attribution, Channel

PARTS = [
    "العراق",
    "بال",
    "ُ",
    " ",
    "\n",
    "\r\n",
    "\\n",
    '"',
    "\\",
    "👩\u200d⚕️",
    "🇮🇶",
    "\u200d",
    "e\u0301",
    "a",
    "{",
    "٣",
]
TEXTS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=15).map("".join).filter(str.strip)
NAMES = st.text("abcXYZ019 _-أ😀", min_size=1, max_size=6).filter(lambda name: name == name.strip())
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def annotations(draw: Any, text: str, kind: str) -> Annotation:
    def span() -> tuple[int, int]:
        start = draw(st.integers(0, len(text) - 1))
        return start, draw(st.integers(start + 1, len(text)))

    keys = iter(draw(st.lists(NAMES, unique=True, min_size=8, max_size=8)))
    mentions = [Mention(next(keys), *span(), draw(NAMES)) for _ in range(draw(st.integers(0, 3)))]
    statements = []
    for _ in range(draw(st.integers(0, 3))):
        mention = draw(st.sampled_from([None, *mentions]))
        own = draw(NAMES | st.just(AUTHOR))
        start, end = (0, len(text)) if own == AUTHOR and draw(st.booleans()) else span()
        statements.append(
            Statement(
                next(keys),
                start,
                end,
                mention.actor if mention else own,
                draw(st.sampled_from(MAIN.sides)),
                draw(st.sampled_from(Channel)),
                draw(st.sampled_from(Attribution)),
                draw(st.none() | NAMES),
                mention.id if mention else None,
            )
        )
    finished = kind == "annotation"
    return Annotation(
        id=draw(NAMES),
        annotator=draw(NAMES),
        mentions=tuple(mentions),
        statements=tuple(statements),
        ground_truth=finished and draw(st.booleans()),
        cancelled=finished and draw(st.booleans()),
        suggested_by=draw(st.none() | NAMES) if finished else None,
        lead_time=draw(st.none() | NUMBERS) if kind != "prediction" else None,
        score=draw(st.none() | NUMBERS) if kind == "prediction" else None,
    )


@st.composite
def documents(draw: Any) -> Document:
    text = draw(TEXTS)
    groups: dict[str, Any] = {
        f"{kind}s": tuple(draw(st.lists(annotations(text, kind), max_size=2)))
        for kind in ("annotation", "draft", "prediction")
    }
    metadata = {name: draw(st.none() | TEXTS) for name in ("title", "source", "url", "published", "language")}
    names = {name: draw(st.none() | NAMES) for name in ("target", "split", "guidelines")}
    ids = {name: draw(NAMES) for name in ("document_id", "task_id", "page")}
    return Document(text=text, **ids, **metadata, **names, **groups)


@given(found=st.lists(documents(), max_size=3, unique_by=lambda document: document.task_id))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_is_written_reads_back(tmp_path: Path, found: list[Document]) -> None:
    path = tmp_path / "written.json"
    assert write_export(path, found) == len(found)
    report = Report()
    again = list(read_export(path, label_set=MAIN, actors=None, targets=None, report=report, chunk_size=97))
    assert again == found
    allowed = {Kind.CUT, Kind.EMPTY, Kind.CANCELLED, Kind.DUPLICATE_DOCUMENT}
    assert set(report.counts) <= allowed
    assert report.dropped == report.repaired == 0


DOCUMENT = Document(
    document_id="d",
    task_id="7",
    text="قالت الحكومة كلا",
    annotations=(
        Annotation(
            "3",
            "huda@example.org",
            (Mention("m", 5, 12, "government"),),
            (
                Statement("s", 13, 16, "government", "against", mention="m"),
                Statement("t", 13, 16, "diya-bloc", "favor", target="troops"),
                Statement("w", 0, 16, AUTHOR, "favor"),
            ),
            suggested_by="5",
        ),
    ),
    predictions=(Annotation("5", "champion-3", (), (), score=0.5),),
    page="d",
)


def test_the_form_that_label_studio_imports(tmp_path: Path) -> None:
    path = tmp_path / "written.json"
    write_export(path, [DOCUMENT])
    [task] = json.loads(path.read_text("utf-8"))
    assert task["id"] == 7
    assert task["data"] == {"text": DOCUMENT.text, "document_id": "d", "page": "d"}
    assert task["predictions"] == [{"id": 5, "model_version": "champion-3", "score": 0.5, "result": []}]
    [annotation] = task["annotations"]
    assert annotation["completed_by"] == {"email": "huda@example.org"}
    assert annotation["prediction"] == {"id": 5}
    assert annotation["ground_truth"] is annotation["was_cancelled"] is False
    items = annotation["result"]
    assert items[1] == {
        "id": "m",
        "from_name": "actor",
        "to_name": "text",
        "type": "taxonomy",
        "origin": "manual",
        "value": {"start": 5, "end": 12, "text": "الحكومة", "taxonomy": [["government"]]},
    }
    assert [(item.get("id"), item.get("from_name"), item["type"]) for item in items] == [
        ("m", "label", "labels"),
        ("m", "actor", "taxonomy"),
        ("s", "label", "labels"),
        ("s", "stance", "choices"),
        ("s", "channel", "choices"),
        ("s", "attribution", "choices"),
        (None, None, "relation"),
        ("t", "label", "labels"),
        ("t", "stance", "choices"),
        ("t", "channel", "choices"),
        ("t", "attribution", "choices"),
        ("t", "target", "choices"),
        ("t", "actor", "taxonomy"),
        ("w", "stance", "choices"),
    ]
    assert items[6] == {"type": "relation", "from_id": "s", "to_id": "m", "direction": "right", "labels": ["holder"]}
    assert items[-1]["value"] == {"choices": ["favor"]}


def test_an_error_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "written.json"
    path.write_text("old")
    bad = Document("d", "1", "half \ud83d")
    with pytest.raises(DataError) as raised:
        write_export(path, [DOCUMENT, bad])
    assert str(raised.value) == "Document 'd': expected text that UTF-8 can hold, found '\\ud83d'. Replace it."
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_holder_other_than_the_mentions_actor_stays(tmp_path: Path, read: Any) -> None:
    statement = Statement("s", 13, 16, "diya-bloc", "against", mention="m")
    annotation = Annotation("3", "1", (Mention("m", 5, 12, "government"),), (statement,))
    path = tmp_path / "written.json"
    write_export(path, [Document("d", "7", DOCUMENT.text, (annotation,))])
    [document] = read(path)[0]
    assert document.annotations[0].statements == (Statement("s", 13, 16, "diya-bloc", "against"),)
