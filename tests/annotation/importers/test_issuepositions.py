import csv
import os
from pathlib import Path

import pytest

from stance.annotation.export import read_export
from stance.annotation.importers import NAMES, read_source
from stance.annotation.importers.issuepositions import PUBLISHED
from stance.annotation.importers.source import Imported
from stance.annotation.problems import Report
from stance.annotation.records import Document
from stance.annotation.writer import write_export
from stance.data.examples import build_dataset
from stance.errors import ConfigurationError, DataError
from stance.labels import ISSUEPOSITIONS

CODERS = tuple(f"coder_{number}" for number in range(1, 9))
COLUMNS = ("unit_id", "doc_id", "sentence", "actor", "topic", "text", "majority", "agreement", *CODERS)
TOPICS = """
Fields:
  label: {en: Fields, nl: Velden}
  description: {nl: Alles over velden}
  positive:
    label: {en: More fields, nl: Meer velden}
    description: {en: Sow everywhere, nl: Overal zaaien}
  negative:
    label: {en: Fewer fields, nl: Minder velden}
    description: {nl: Nergens zaaien}
Dykes:
  label: {nl: Dijken}
  positive: {label: {nl: Hoger}, description: {}}
  negative: {label: {nl: Lager}, description: {}}
"""
ONE = "De **Akkerpartij** wil velden. Later zei de **partij** dat **zij** wacht."
PLAIN = "De Akkerpartij wil velden. Later zei de partij dat zij wacht."


def row(text: str = ONE, majority: str = "L", *votes: str, **fields: str) -> dict[str, str]:
    given = dict(zip(CODERS, (*votes, *[""] * 8), strict=False))
    place = {"unit_id": "u", "doc_id": "a1", "sentence": "3", "actor": "AP", "topic": "Fields", "agreement": "1.0"}
    return {**place, "text": text, "majority": majority, **given, **fields}


def write(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, topics: str = TOPICS) -> Path:
    with (folder / "coded_units.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "topics.yml").write_text(topics, "utf-8")
    return folder


def imported(folder: Path, *rows: dict[str, str]) -> Imported:
    found, source = read_source("issuepositions", write(folder, *rows))
    assert not source.problems
    return found


def left_out(folder: Path) -> list[str]:
    """The problems of a folder of which some rows are read all the same."""
    _, source = read_source("issuepositions", folder)
    assert source.read > len(source.problems)
    return [problem.removeprefix(str(folder)) for problem in source.problems]


def only(found: Imported) -> Document:
    (document,) = found.documents
    return document


def test_marks_become_mentions_in_the_text_without_marks(tmp_path: Path) -> None:
    document = only(imported(tmp_path, row(ONE, "L", "L")))
    assert document.text == PLAIN
    assert (document.document_id, document.page, document.language) == ("a1-3", "a1", "nl")
    for annotation in document.annotations:
        # "De " is 3 long; "Akkerpartij" 11, to 14; " wil velden. Later zei de " ends at 40; "partij" to 46;
        # " dat " ends at 51; "zij" to 54.
        spans = [(mention.start, mention.end, mention.actor) for mention in annotation.mentions]
        assert spans == [(3, 14, "AP"), (40, 46, "AP"), (51, 54, "AP")]
        assert [PLAIN[start:end] for start, end, _ in spans] == ["Akkerpartij", "partij", "zij"]


def test_every_coder_is_an_annotator_and_the_published_majority_the_ground_truth(tmp_path: Path) -> None:
    document = only(imported(tmp_path, row(ONE, "N", "N", "", "R", "N")))
    votes = {a.annotator: [s.stance for s in a.statements] for a in document.annotations}
    assert votes == {PUBLISHED: ["N"], "coder_1": ["N"], "coder_3": ["R"], "coder_4": ["N"]}
    assert [a.annotator for a in document.annotations if a.ground_truth] == [PUBLISHED]
    assert len({a.id for a in document.annotations}) == 4


def test_statements_span_the_passage_and_hold_on_to_the_first_mention(tmp_path: Path) -> None:
    document = only(imported(tmp_path, row(ONE, "L", "L")))
    for annotation in document.annotations:
        (statement,) = annotation.statements
        assert (statement.start, statement.end) == (0, len(PLAIN))
        assert (statement.holder, statement.target, statement.stance) == ("AP", "Fields", "L")
        assert statement.mention == annotation.mentions[0].id


def test_published_majority_settles_ties(tmp_path: Path) -> None:
    found = imported(tmp_path, row(ONE, "R", "L", "R"))
    dataset = build_dataset(found.documents, ISSUEPOSITIONS)
    assert [(example.id, example.label) for example in dataset.examples] == [("a1-3|AP|Fields", "R")]
    # The shares are the coders': one L, one R.
    assert dataset.examples[0].soft == (0.5, 0.0, 0.5)
    assert dataset.ties == ()


def test_actors_of_one_passage_share_its_document(tmp_path: Path) -> None:
    other = "De Akkerpartij wil velden. Later zei de partij dat **zij** wacht."
    found = imported(
        tmp_path,
        row(ONE, "L", "L"),
        row(other, "N", "", "N", actor="Bond"),
        row(ONE, "R", "R", topic="Dykes"),
        row("**AP** zwijgt.", "N", "N", sentence="7"),
    )
    assert [document.document_id for document in found.documents] == ["a1-3", "a1-7"]
    assert {document.page for document in found.documents} == {"a1"}
    published = found.documents[0].annotations[0]
    assert [(s.holder, s.target, s.stance) for s in published.statements] == [
        ("AP", "Fields", "L"),
        ("Bond", "Fields", "N"),
        ("AP", "Dykes", "R"),
    ]
    # A span marked for one actor on two topics is one mention; two actors may share a span.
    assert [(m.actor, m.start) for m in published.mentions] == [("AP", 3), ("AP", 40), ("AP", 51), ("Bond", 51)]
    regions = [mark.id for mark in (*published.mentions, *published.statements)]
    assert len(regions) == len(set(regions))
    labels = {example.id: example.label for example in build_dataset(found.documents, ISSUEPOSITIONS).examples}
    assert labels == {"a1-3|AP|Fields": "L", "a1-3|Bond|Fields": "N", "a1-3|AP|Dykes": "R", "a1-7|AP|Fields": "N"}


def test_targets_are_the_coded_topics_with_their_poles(tmp_path: Path) -> None:
    found = imported(tmp_path, row(ONE, "L", "L"))
    assert found.label_set == "issuepositions"
    (target,) = found.targets.targets
    assert (target.id, target.wording) == ("Fields", {"en": "Fields", "nl": "Velden"})
    assert list(target.poles) == ["L", "R"]
    assert target.describe("nl") == "Velden | L: Meer velden | R: Minder velden"
    assert target.describe("en") == "Fields | L: More fields | R: Fewer fields"


def test_what_is_imported_survives_an_export(tmp_path: Path) -> None:
    found = imported(tmp_path, row(ONE, "R", "L", "R"), row(ONE, "L", "L", "", "L", topic="Dykes"))
    write_export(tmp_path / "export.json", found.documents)
    report = Report()
    again = read_export(
        tmp_path / "export.json",
        label_set=ISSUEPOSITIONS,
        actors=None,
        targets=found.targets.ids(),
        report=report,
    )
    read = build_dataset(again, ISSUEPOSITIONS)
    before = build_dataset(found.documents, ISSUEPOSITIONS)
    assert not report.problems
    assert [(e.id, e.label, e.soft, e.mentions) for e in read.examples] == [
        (e.id, e.label, e.soft, e.mentions) for e in before.examples
    ]


def refused(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_source("issuepositions", folder)
    return str(caught.value).removeprefix(str(folder))


def test_missing_columns_are_named(tmp_path: Path) -> None:
    columns = tuple(name for name in COLUMNS if name not in ("actor", "majority"))
    assert refused(write(tmp_path, row(), columns=columns)) == (
        "/coded_units.csv: expected the columns doc_id, sentence, actor, topic, text, majority, missing "
        "['actor', 'majority']."
    )


@pytest.mark.parametrize(
    ("wrong", "found"),
    [(row(ONE, "X", "L"), "'X'"), (row(ONE, ""), "''"), (row(ONE, "L", "L", "l"), "'l'")],
)
def test_votes_out_of_the_set_are_told_with_their_line(tmp_path: Path, wrong: dict[str, str], found: str) -> None:
    problems = left_out(write(tmp_path, row(ONE, "L", "L"), wrong))
    assert problems == [f"/coded_units.csv, line 3: expected votes among L, N, R, found {found}."]


def test_rows_without_a_marked_actor_are_told(tmp_path: Path) -> None:
    problems = left_out(write(tmp_path, row(PLAIN), row(ONE, "L", "L")))
    assert problems == ["/coded_units.csv, line 2: expected an actor marked **…** in the text, found none."]


def test_a_unit_of_another_text_in_its_passage_is_told(tmp_path: Path) -> None:
    again = ONE.replace("**zij**", "zij")
    problems = left_out(write(tmp_path, row(ONE, "L", "L"), row(again, actor="Bond"), row(ONE + " En nu?", "R", "R")))
    assert problems == [
        "/coded_units.csv, line 4: expected the text of passage a1-3 as in a row before, found another."
    ]


@pytest.mark.parametrize("line", ["u,a1,3", ",".join(["u", "a1", "3", "AP", "Fields", "**AP**", "L", *["L"] * 20])])
def test_rows_of_another_length_are_told(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, row(ONE, "L", "L")) / "coded_units.csv"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    assert left_out(tmp_path) == [
        "/coded_units.csv, line 3: expected as many fields as columns, found too few or too many."
    ]


def test_topics_without_poles_are_named(tmp_path: Path) -> None:
    rows = [row(topic="Roads"), row(topic="Canals"), row()]
    message = refused(write(tmp_path, *rows))
    assert message == "/topics.yml: expected both poles of every coded topic, missing Canals, Roads."


def test_missing_files_are_named(tmp_path: Path) -> None:
    advice = "no such file. Name the folder that holds coded_units.csv and topics.yml."
    assert refused(tmp_path) == f"/coded_units.csv: {advice}"
    write(tmp_path, row())
    (tmp_path / "topics.yml").unlink()
    assert refused(tmp_path) == f"/topics.yml: {advice}"


def test_unknown_data_sets_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_source("issueposition", tmp_path)
    assert str(caught.value) == f"Expected a data set among {', '.join(NAMES)}, found 'issueposition'."


@pytest.fixture(scope="module")
def published() -> Imported:
    folder = os.environ.get("STANCE_DATASETS")
    if not folder:
        pytest.skip("STANCE_DATASETS names no folder that holds issuepositions/coded_units.csv")
    return read_source("issuepositions", Path(folder) / "issuepositions")[0]


@pytest.mark.dataset
def test_published_data_set_is_read_whole(published: Imported) -> None:
    dataset = build_dataset(published.documents, ISSUEPOSITIONS)
    assert len(dataset) == 7317
    assert (dataset.ties, dict(dataset.left_out)) == ((), {})
    assert len({example.id for example in dataset.examples}) == 7317
    assert len(published.targets.targets) == 6
    assert all(example.mentions for example in dataset.examples)


@pytest.mark.dataset
def test_published_texts_have_no_marks_left_and_mentions_name_something(published: Imported) -> None:
    for document in published.documents:
        assert "**" not in document.text
        for annotation in document.annotations:
            assert all(document.text[m.start : m.end].strip() for m in annotation.mentions)
