from dataclasses import fields, replace

import numpy as np
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from stance.errors import DataError
from stance.evaluation.scored_file import read_scored, shortened, write_scored

from .invented import certain, invented


@pytest.mark.parametrize("scored", [invented(40), certain("fan", "ffm")], ids=["channels", "no channels"])
def test_what_is_written_is_read_to_the_last_bit(scored, tmp_path):
    write_scored(scored, tmp_path / "s.parquet")
    back = read_scored(tmp_path / "s.parquet")
    for field in fields(scored):
        ours, theirs = getattr(scored, field.name), getattr(back, field.name)
        assert np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs, field.name


def test_the_table_can_be_read_by_eye(tmp_path):
    write_scored(certain("fn", "an"), tmp_path / "s.parquet")
    table = parquet.read_table(tmp_path / "s.parquet")
    probabilities = ["p_favor", "p_against", "p_ambivalent", "p_none"]
    always = ["id", "document_id", "actor", "target", "cluster", "gold", *probabilities]
    assert table.column_names == always
    assert table["gold"].to_pylist() == ["favor", "none"]
    assert table["p_against"].to_pylist() == [0.97, 0.01]
    known = replace(certain("fn", "an"), channel_gold=np.array([[1, -1, -1], [-1, -1, -1]]))
    write_scored(known, tmp_path / "s.parquet")
    table = parquet.read_table(tmp_path / "s.parquet")
    assert table.column_names == [*always, "gold_public", "gold_private", "gold_action"]
    assert table["gold_public"].to_pylist() == ["against", None]


def probabilities(rows):
    return replace(certain("f" * len(rows), "f" * len(rows)), probabilities=np.array(rows))


def test_four_decimals_sum_to_one_and_answer_alike():
    short = shortened(probabilities([[0.40002, 0.40003, 0.19995, 0], [0.25004, 0.24996, 0.3, 0.2], [0, 0, 0, 1]]))
    assert short.probabilities.dtype == np.float32
    # The first row's ten-thousandths tie, so that it would answer with its first class; it keeps its digits.
    expected = [[0.40002, 0.40003, 0.19995, 0], [0.25, 0.25, 0.3, 0.2], [0, 0, 0, 1]]
    assert short.probabilities.tolist() == np.float32(expected).tolist()
    assert short.channel_probabilities is None
    whole = shortened(invented(20))
    assert (whole.channel_gold == -1).all()


def test_what_32_bits_cannot_tell_apart_stays_as_it_is():
    close = probabilities([[0.3, 0.3 + 1e-12, 0.4 - 1e-12, 0], [0.5 - 1e-12, 0.5 + 1e-12, 0, 0]])
    short = shortened(close)
    assert short.probabilities.tolist() == close.probabilities.tolist()
    assert short.predicted.tolist() == [2, 1]


@given(seed=st.integers(0, 1000), sharp=st.floats(0, 6))
@settings(max_examples=50)
def test_a_short_file_answers_alike_and_is_close(seed, sharp):
    scored = invented(40, seed=seed, skill=sharp)
    short = shortened(scored)
    assert short.predicted.tolist() == scored.predicted.tolist()
    assert np.abs(short.probabilities - scored.probabilities).max() <= 1e-4
    assert np.abs(short.probabilities.sum(axis=1) - 1).max() < 1e-6


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "s.parquet"
    with pytest.raises(DataError, match="expected a table of scored examples, found another file: "):
        read_scored(path)
    path.write_text("id,gold")
    with pytest.raises(DataError, match="expected a table of scored examples"):
        read_scored(path)
    parquet.write_table(pyarrow.table({"id": ["e1"]}), path)
    with pytest.raises(DataError, match="expected a table of scored examples"):
        read_scored(path)
