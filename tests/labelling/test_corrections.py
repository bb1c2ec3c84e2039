"""Rows that a person doubts become tasks: the rows, their articles, the suggestion, the command."""

import json
import re
from pathlib import Path

import httpx
import pandas
import pytest

from stance.__main__ import main
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.errors import ConfigurationError, DataError
from stance.evaluation.predictions import read_predictions, write_predictions
from stance.labelling.corrections import corrected_arrivals, read_corrections
from stance.labels import MAIN
from tests.labelling.small import TEXT, form, registries

GOVERNMENT, PARTY = (5, 12), (35, 40)


def row(document: str, actor: str, stance: str, spans: list, **columns: object) -> dict:
    chances = {f"p_{name}": 0.7 if name == stance else 0.1 for name in MAIN.classes}
    evidence = [
        {"start": start, "end": end + 10, "text": None, "stance": stance, "channel": "public", "p": 0.8}
        for start, end in spans
        if stance != "none"
    ]
    told = {"document_id": document, "actor": actor, "target": "t1", "stance": stance, "abstained": False}
    none = dict.fromkeys(("stance_public", "stance_private", "stance_action", "title", "published", "source"))
    more = {"cluster": None, "page": None, "model": "actor-stance/3"}
    return {
        **told,
        **chances,
        **none,
        "mentions": [list(span) for span in spans],
        "evidence": evidence,
        **more,
        **columns,
    }


ROWS = [
    row("d1", "gov", "favor", [GOVERNMENT]),
    row("d1", "party", "against", [PARTY]),
    row("d2", "gov", "against", [GOVERNMENT]),
    row("d3", "gov", "favor", [GOVERNMENT]),
]


@pytest.fixture
def articles(tmp_path: Path) -> str:
    # A mark that no reader sees stands before the first word of d1.
    lines = [{"document_id": f"d{number}", "text": ("\u200f" if number == 1 else "") + TEXT} for number in (1, 2)]
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return str(path)


def written(folder: Path, rows: list[dict], name: str = "stances.csv", **columns: list) -> str:
    path = folder / name
    write_predictions(pandas.DataFrame(rows), path)
    if columns:
        # As a person adds them in a spreadsheet.
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").assign(**columns)
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    return str(path)


def suggested(corrections, articles: str, *, blind: bool = False) -> dict:
    refused: list[DataError] = []
    arrivals = list(corrected_arrivals(corrections, articles, refused=refused.append))
    assert [str(one) for one in refused] == [
        f"Document {name!r}: expected its article in {articles}, found none. Name the file that stance predict "
        "--documents wrote beside the predictions."
        for name in sorted({key[0] for key in corrections.rows} - {"d1", "d2"})
    ]
    made = corrections.suggest(arrivals, [blind] * len(arrivals))
    return {arrival.document.document_id: (arrival, one) for arrival, one in zip(arrivals, made, strict=True)}


@pytest.mark.parametrize("name", ["stances.parquet", "stances.jsonl", "stances.csv"])
def test_rows_are_chosen_by_an_expression_and_come_with_their_document(tmp_path, articles, name):
    shifted = [row("d1", "gov", "favor", [(6, 13)]), row("d1", "party", "against", [(36, 41)]), *ROWS[2:]]
    path = written(tmp_path, shifted, name)
    corrections = read_corrections(path, "actor = gov and stance = favor")
    assert {key: len(rows) for key, rows in corrections.rows.items()} == {("d1", "t1"): 2, ("d3", "t1"): 1}
    arrival, suggestion = suggested(corrections, articles)["d1"]
    assert arrival.document.text == TEXT
    assert arrival.key == ("d1", "t1")
    # Offsets of the file are those of the article as it was given.
    assert [(one.start, one.end, one.actor) for one in suggestion.annotation.mentions] == [
        (*GOVERNMENT, "gov"),
        (*PARTY, "party"),
    ]
    assert [(one.start, one.end, one.holder, one.stance) for one in suggestion.annotation.statements] == [
        (5, 22, "gov", "favor"),
        (35, 50, "party", "against"),
    ]
    assert suggestion.annotation.annotator == corrections.version == "actor-stance/3"
    assert suggestion.annotation.score == 0.7
    assert suggestion.note == "gov: favor (0.70) ?"


def test_what_a_person_wrote_beside_the_rows_corrects_the_suggestion(tmp_path, articles):
    path = written(tmp_path, ROWS[:3], wrong=["", "0", " x "], correction=["Against", "", ""])
    corrections = read_corrections(path, None)
    found = suggested(corrections, articles)
    assert set(found) == {"d1", "d2"}
    first, second = found["d1"][1], found["d2"][1]
    assert [(one.holder, one.stance) for one in first.annotation.statements] == [
        ("gov", "against"),
        ("party", "against"),
    ]
    assert first.note == "gov: favor (0.70) → Against"
    assert [one.stance for one in second.annotation.statements] == ["against"]
    assert second.note == "gov: against (0.70) ?"


def test_corrected_to_no_stance_loses_its_statements_and_a_remark_is_only_told(tmp_path, articles):
    path = written(tmp_path, ROWS[:3], correction=["none", "see the last sentence", ""])
    ((_, suggestion),) = suggested(read_corrections(path, None), articles).values()
    assert [(one.holder, one.stance) for one in suggestion.annotation.statements] == [("party", "against")]
    assert len(suggestion.annotation.mentions) == 2
    assert suggestion.note == "gov: favor (0.70) → none\nparty: against (0.70) → see the last sentence"


def test_a_blind_task_stays_blind(tmp_path, articles):
    corrections = read_corrections(written(tmp_path, ROWS[:2]), "actor = gov")
    ((_, suggestion),) = suggested(corrections, articles, blind=True).values()
    assert (suggestion.annotation.statements, suggestion.note) == ((), None)
    assert len(suggestion.annotation.mentions) == 2


def test_the_task_is_what_reader_and_screen_take(tmp_path, articles):
    actors, targets = registries(tmp_path)
    shape = form(actors, targets)
    path = written(tmp_path, ROWS[1:3], correction=["ambivalent", "none"])
    for arrival, suggestion in suggested(read_corrections(path, None), articles).values():
        task = shape.task(arrival.document, shape.data(arrival, blind=False, identity="i"), suggestion)
        assert shape.problems([task], [suggestion.annotation]) == [None]
        (note,) = [item for item in task["predictions"][0]["result"] if item.get("from_name") == "note"]
        assert note["value"] == {"text": [suggestion.note]}


def test_what_is_suggested_changes_with_the_rows_alone(tmp_path):
    first = read_corrections(written(tmp_path, ROWS), "actor = gov").identity
    assert read_corrections(written(tmp_path, ROWS, "again.parquet"), "actor = gov").identity == first
    changed = written(tmp_path, ROWS, correction=["against", "", "", ""])
    assert read_corrections(changed, "actor = gov").identity != first


def test_articles_are_read_from_parquet_too(tmp_path):
    path = tmp_path / "articles.parquet"
    pandas.DataFrame({"document_id": ["d1"], "text": [TEXT], "title": [None], "page": ["p"]}).to_parquet(path)
    corrections = read_corrections(written(tmp_path, ROWS[:1]), "actor = gov")
    (arrival,) = corrected_arrivals(corrections, str(path), refused=lambda error: pytest.fail(str(error)))
    assert (arrival.document.text, arrival.document.page, arrival.document.title) == (TEXT, "p", None)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="expected the articles that stance predict --documents wrote, found: "):
        list(corrected_arrivals(corrections, str(path), refused=lambda error: pytest.fail(str(error))))


def test_files_that_say_nothing_are_refused(tmp_path):
    path = written(tmp_path, ROWS)
    with pytest.raises(
        ConfigurationError,
        match=re.escape(
            f"{path}: expected --where EXPRESSION, or a column wrong or correction that says which rows to push, "
            'found neither. Add one to the file, or name the rows: --where "p_favor < 0.6".'
        ),
    ):
        read_corrections(path, None)
    with pytest.raises(DataError, match=re.escape(f"{path}: expected rows with --where 'actor = nobody', found none.")):
        read_corrections(path, "actor = nobody")
    others = [{**ROWS[0], "p_L": 0.5, "p_N": 0.5}]
    for name in MAIN.classes:
        del others[0][f"p_{name}"]
    with pytest.raises(ConfigurationError, match=r"expected predictions of the label set 'stance' .*, found L, N"):
        read_corrections(written(tmp_path, others, "other.csv"), "actor = gov")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Expected documents to push, or --from PREDICTIONS, found neither."),
        (["--where", "a = b", "pages"], "Expected --from PREDICTIONS with --where and --documents, found them alone."),
        (
            ["pages", "--from", "p.csv"],
            "Expected --from PREDICTIONS alone, which has documents, suggestions and targets, found it with pages. "
            "Push them one after the other.",
        ),
        (
            ["--from", "p.csv"],
            "Expected --documents FILE with --from, the articles that stance predict --documents wrote, found none.",
        ),
        (["--from", "p.csv", "--documents", "d.jsonl"], "Expected a predictions file at p.csv, found none."),
    ],
)  # fmt: skip
def test_mistakes_end_with_one_message(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["label", "push", *arguments]) == 2
    assert capsys.readouterr().err == f"stance: {message}\n"


@pytest.mark.label_studio
def test_a_corrected_row_arrives_as_a_task_and_reads_back(
    as_first_user, tmp_path, articles, title, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    registries(tmp_path)
    project = ["--actors", str(tmp_path / "actors.yaml"), "--targets", str(tmp_path / "targets.yaml")]
    assert main(["label", "init", "--title", title, *project]) == 0
    path = written(tmp_path, ROWS, correction=["against", "", "", "against"])
    push = ["label", "push", "--from", path, "--documents", articles, "--project", title, *project]
    capsys.readouterr()
    assert main(push) == 1
    said = capsys.readouterr()
    assert said.out.startswith("1 added, 0 updated, 0 as they were: 1 tasks in ")
    assert said.err.startswith("stance: passed over: Document 'd3': expected its article in ")
    assert main(push) == 1
    assert capsys.readouterr().out.startswith("0 added, 0 updated, 1 as they were")
    # A row taken back changes the task; the key is the one that other pushes use.
    written(tmp_path, ROWS, correction=["none", "favor", "", ""])
    assert main(push) == 0
    assert capsys.readouterr().out.startswith("0 added, 1 updated, 0 as they were")

    token = {"Authorization": f"Token {as_first_user.users[0].token}"}
    found = httpx.get(f"{as_first_user.url}/api/projects/", headers=token).json()["results"]
    (number,) = [one["id"] for one in found if one["title"] == title]
    export = httpx.get(
        f"{as_first_user.url}/api/projects/{number}/export",
        params={"exportType": "JSON", "download_all_tasks": "true"},
        headers=token,
    )
    tasks = export.raise_for_status().json()
    # An export names predictions by their ids alone; a list of tasks holds them.
    asked = {"project": number, "fields": "all"}
    listed = httpx.get(f"{as_first_user.url}/api/tasks", params=asked, headers=token).json()["tasks"]
    tasks[0]["predictions"] = listed[0]["predictions"]
    (tmp_path / "back.json").write_text(json.dumps(tasks), "utf-8")
    report = Report()
    (document,) = read_export(tmp_path / "back.json", label_set=MAIN, actors=None, targets=None, report=report)
    assert not report.dropped
    assert (document.document_id, document.target, document.text) == ("d1", "t1", TEXT)
    (prediction,) = document.predictions
    assert [(one.holder, one.stance) for one in prediction.statements] == [("party", "favor")]
    (note,) = [item for item in listed[0]["predictions"][0]["result"] if item.get("from_name") == "note"]
    assert note["value"]["text"] == ["gov: favor (0.70) → none\nparty: against (0.70) → favor"]


def test_columns_added_by_hand_survive_reading(tmp_path):
    path = written(tmp_path, ROWS[:1], correction=["against"])
    assert read_predictions(path)["correction"].tolist() == ["against"]
