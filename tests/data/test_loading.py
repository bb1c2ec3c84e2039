from dataclasses import replace
from pathlib import Path

import pytest

from stance.annotation.writer import write_export
from stance.data.cache import sharing
from stance.data.loading import load
from stance.errors import DataError
from stance.settings import DataSettings, TargetSettings
from tests.doubles import documents, write_registries


@pytest.fixture
def asked(tmp_path: Path) -> tuple[DataSettings, TargetSettings]:
    actors, targets = write_registries(tmp_path)
    write_export(tmp_path / "export.json", documents(6))
    return DataSettings(export=str(tmp_path / "export.json"), actors=str(actors)), TargetSettings(str(targets))


def test_trainings_of_one_process_share_what_was_read(asked, tmp_path: Path) -> None:
    data, target = asked
    alone = load(data, target)
    with sharing(tmp_path / "cache"):
        first, second = load(data, target), load(replace(data), replace(target))
    assert first is second
    assert load(data, target) is not first
    assert (first.dataset, first.targets) == (alone.dataset, alone.targets)


def test_another_content_or_another_question_is_read_anew(asked, tmp_path: Path) -> None:
    data, target = asked
    with sharing(tmp_path / "cache"):
        digest = load(data, target).dataset.digest
        # As long as the file before: only its content tells.
        path = Path(data.export)
        path.write_bytes(path.read_bytes().replace("السوق".encode(), "البيت".encode()))
        assert load(data, target).dataset.digest != digest
        assert len(load(data, replace(target, only=["t1"])).dataset) > 0
        registry = Path(target.registry)
        registry.write_text(registry.read_text("utf-8").replace("يريد البقاء", "يريد الدوام"), "utf-8")
        assert load(data, target).targets.targets[0].poles["favor"]["ar"] == "يريد الدوام"


def test_a_missing_export_is_told_by_the_reader_whether_shared_or_not(asked, tmp_path: Path) -> None:
    data, target = asked
    missing = replace(data, export=str(tmp_path / "none.json"))
    with pytest.raises(DataError) as alone:
        load(missing, target)
    with sharing(tmp_path / "cache"), pytest.raises(DataError) as shared:
        load(missing, target)
    assert str(shared.value) == str(alone.value)
