import csv
import json

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import DataError
from stance.evaluation.cells import STARTERS, decode_text, encode_text
from stance.evaluation.predictions import (
    HEAD,
    TAIL,
    read_prediction_batches,
    read_predictions,
    write_prediction_batches,
    write_predictions,
)

ENDINGS = (".parquet", ".csv", ".jsonl")
CLASSES = ("favor", "against", "ambivalent", "none")
COLUMNS = [*HEAD, *(f"p_{name}" for name in CLASSES), *TAIL]
AWKWARD = st.sampled_from(
    ["=1+1", "@SUM(A1)", "'", "''=", "'quoted'", "NA", "", " ", "007", "\r\n", "a\rb", "a\u2028b"]
)
TEXT = AWKWARD | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OFFSET = st.integers(0, 10**6)
SPAN = st.fixed_dictionaries(
    {
        "start": OFFSET,
        "end": OFFSET,
        "text": st.none() | TEXT,
        "stance": st.sampled_from(CLASSES),
        "channel": st.none() | st.sampled_from(["public", "private", "action"]),
        "p": st.none() | st.floats(0, 1),
    }
)
ROW = st.fixed_dictionaries(
    {name: st.none() | TEXT for name in TAIL}
    | {name: TEXT.filter(bool) for name in ("document_id", "actor", "target", "stance")}
    | {"abstained": st.booleans()}
    | {f"p_{name}": st.floats(0, 1) for name in CLASSES}
    | {"mentions": st.lists(st.tuples(OFFSET, OFFSET).map(list), max_size=3), "evidence": st.lists(SPAN, max_size=2)}
)


def frame_of(rows):
    frame = pandas.DataFrame({name: pandas.Series([row[name] for row in rows], dtype=object) for name in COLUMNS})
    kinds = {"abstained": bool} | {f"p_{name}": float for name in CLASSES}
    return frame.astype(kinds)


def a_row(**changed):
    row = dict.fromkeys(COLUMNS) | dict.fromkeys(("document_id", "actor", "target"), "x") | {"stance": "favor"}
    row |= {"abstained": False, "mentions": [], "evidence": []} | {f"p_{name}": 0.25 for name in CLASSES}
    return row | changed


@pytest.mark.parametrize("ending", ENDINGS)
@given(rows=st.lists(ROW, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, ending, rows):
    path = tmp_path_factory.mktemp("predictions") / f"file{ending}"
    frame = frame_of(rows)
    write_predictions(frame, path)
    pandas.testing.assert_frame_equal(read_predictions(path), frame)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_predictions_make_a_file_too(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    write_predictions(frame_of([]), path)
    found = read_predictions(path)
    assert (len(found), set(found) - {f"p_{name}" for name in CLASSES}) == (0, {*HEAD, *TAIL})


@pytest.mark.parametrize("ending", ENDINGS)
def test_columns_are_put_in_order_and_made_plain(tmp_path, ending):
    path = tmp_path / "new" / f"file{ending}"
    messy = pandas.DataFrame([a_row(mentions=((1, 2),), title=float("nan"), published=pandas.NA, cluster=3)])
    write_predictions(messy[COLUMNS[::-1]][[*COLUMNS[-1:], *COLUMNS[:-1]]], path)
    found = read_predictions(path)
    assert list(found) == COLUMNS
    assert found.loc[0, "mentions"] == [[1, 2]]
    assert found.loc[0, ["title", "published", "cluster"]].tolist() == [None, None, "3"]


@given(TEXT)
def test_no_cell_starts_a_formula_and_every_cell_reads_back(text):
    cell = encode_text(text)
    assert cell.lstrip()[:1] not in STARTERS
    assert decode_text(cell) == text


def test_an_apostrophe_typed_by_hand_stays():
    assert decode_text("'tis") == "'tis"
    assert (encode_text(None), decode_text("")) == ("", None)


def test_a_formula_is_guarded_in_csv_and_nowhere_else(tmp_path):
    frame = frame_of([a_row(title="=HYPERLINK(1)", evidence=[])])
    write_predictions(frame, tmp_path / "a.csv")
    write_predictions(frame, tmp_path / "a.jsonl")
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith("\ufeff".encode())
    (row,) = csv.DictReader(text.decode("utf-8-sig").splitlines())
    assert (row["title"], row["evidence"], row["p_favor"]) == ("'=HYPERLINK(1)", "[]", "0.25")
    assert json.loads((tmp_path / "a.jsonl").read_text())["title"] == "=HYPERLINK(1)"


def test_a_column_added_by_hand_is_kept_last(tmp_path):
    path = tmp_path / "a.csv"
    write_predictions(frame_of([a_row()]), path)
    head, row = path.read_text("utf-8-sig").splitlines()
    path.write_text(f"note,{head}\nchecked,{row.replace('False', 'FALSE')}\n", "utf-8")
    found = read_predictions(path)
    assert (list(found)[-1], found.loc[0, "note"], found.loc[0, "abstained"]) == ("note", "checked", False)


def test_endings_are_named(tmp_path):
    for call in (read_predictions, lambda path: write_predictions(frame_of([]), path)):
        with pytest.raises(DataError) as caught:
            call("predictions.xlsx")
        assert str(caught.value) == (
            "Expected a predictions file ending in .parquet, .csv, .jsonl, found 'predictions.xlsx'."
        )


@pytest.mark.parametrize("ending", ENDINGS)
def test_half_a_character_is_refused_and_leaves_no_file(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    with pytest.raises(DataError) as caught:
        write_predictions(frame_of([a_row(title="a\ud800")]), path)
    assert str(caught.value) == f"{path}: expected text that UTF-8 can hold, found '\\ud800'."
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        read_predictions(tmp_path / "no.csv")
    assert str(caught.value) == f"Expected a predictions file at {tmp_path / 'no.csv'}, found none."


def test_missing_and_unknown_columns_are_named(tmp_path):
    path, frame = tmp_path / "a.csv", frame_of([a_row()])
    with pytest.raises(DataError) as caught:
        write_predictions(frame.drop(columns=["actor", *(f"p_{name}" for name in CLASSES)]), path)
    assert str(caught.value) == (
        f"{path}: expected the columns of a predictions file, found none called actor, p_<class>."
    )
    with pytest.raises(DataError) as caught:
        write_predictions(frame.assign(mood="calm"), path)
    assert str(caught.value) == f"{path}: expected only the columns of a predictions file, found also mood."
    assert not path.exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"p_none": 1.5}, "found 1.5 in column p_none. Expected a probability from 0 to 1."),
        ({"p_none": float("nan")}, "found nan in column p_none. Expected a probability from 0 to 1."),
        ({"abstained": "maybe"}, "found 'maybe' in column abstained. Expected True or False."),
        ({"stance": None}, "found None in column stance. Expected text."),
        ({"mentions": "[[1]]"}, "found '[[1]]' in column mentions. Expected a list of [start, end]."),
        (
            {"evidence": [{"start": 1}]},
            "found [{'start': 1}] in column evidence. Expected a list of {start, end, text, stance, channel, p}.",
        ),
    ],
)
def test_ill_typed_values_are_shown_with_their_row(tmp_path, changed, message):
    frame = pandas.DataFrame([a_row(), a_row(**changed)], dtype=object)
    with pytest.raises(DataError) as caught:
        write_predictions(frame, tmp_path / "a.jsonl")
    assert str(caught.value) == f"{tmp_path / 'a.jsonl'}: row 1: {message}"


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_unreadable_file_is_no_traceback(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b'"\xff{[')
    with pytest.raises(DataError, match=f"expected a readable {ending[1:]} file, found: "):
        read_predictions(path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_batches_are_the_file(tmp_path, ending, rows):
    path = tmp_path / f"file{ending}"
    frame = frame_of([a_row(document_id=f"d{number}", title="=1", mentions=[[0, number]]) for number in range(7)])
    write_predictions(frame, path)
    batches = list(read_prediction_batches(path, rows))
    assert [len(batch) for batch in batches] == [*[rows] * (7 // rows), *([7 % rows] if 7 % rows else [])]
    pandas.testing.assert_frame_equal(pandas.concat(batches, ignore_index=True), read_predictions(path))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_without_rows_is_one_empty_batch(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    write_predictions(frame_of([]), path)
    (batch,) = read_prediction_batches(path)
    assert len(batch) == 0
    assert set(batch.columns) >= {*HEAD, *TAIL}


def test_a_problem_in_a_later_batch_names_its_row_of_the_file(tmp_path):
    path = tmp_path / "file.jsonl"
    rows = [a_row(), a_row(), a_row(actor="")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with pytest.raises(DataError, match="row 2: found '' in column actor"):
        list(read_prediction_batches(path, 2))


@pytest.mark.parametrize("ending", ENDINGS)
def test_batches_make_the_file_that_all_rows_at_once_make(tmp_path, ending):
    rows = [a_row(document_id=str(number), p_favor=number / 10, mentions=[[0, number]]) for number in range(7)]
    empty = frame_of([])
    write_prediction_batches([empty, frame_of(rows[:3]), empty, frame_of(rows[3:])], tmp_path / f"batches{ending}")
    write_predictions(frame_of(rows), tmp_path / f"whole{ending}")
    found = read_predictions(tmp_path / f"batches{ending}")
    pandas.testing.assert_frame_equal(found, read_predictions(tmp_path / f"whole{ending}"))
    assert len(found) == 7


def test_a_batch_that_breaks_off_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "file.csv"
    write_predictions(frame_of([a_row()]), path)
    before = path.read_bytes()

    def breaking():
        yield frame_of([a_row(document_id="new")])
        raise DataError("no more")

    with pytest.raises(DataError, match="no more"):
        write_prediction_batches(breaking(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
