from dataclasses import fields

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from stance.errors import DataError
from stance.evaluation.scored_file import read_scored, write_scored

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
    channels = ["gold_public", "gold_private", "gold_action"]
    assert table.column_names == ["id", "document_id", "actor", "target", "cluster", "gold", *probabilities, *channels]
    assert table["gold"].to_pylist() == ["favor", "none"]
    assert table["p_against"].to_pylist() == [0.97, 0.01]
    assert table["gold_public"].to_pylist() == [None, None]


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
