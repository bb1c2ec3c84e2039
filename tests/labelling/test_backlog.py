"""Notes of webhooks: kept on disk, counted by project, settled by a pull."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stance.errors import DataError
from stance.labelling.backlog import Backlog, Event, project_key

MADE = datetime(2031, 5, 2, 10, 30, 15, 999000, tzinfo=UTC)


def event(project: str = "3.1", number: int = 1, action: str = "ANNOTATION_CREATED", title: str = "Valley") -> Event:
    return Event(project, title, action, (number,))


def test_a_project_is_known_by_its_id_and_the_second_it_was_made() -> None:
    assert project_key(3, MADE) == f"3.{int(datetime(2031, 5, 2, 10, 30, 15, tzinfo=UTC).timestamp())}"
    assert project_key(3, MADE) != project_key(3, MADE + timedelta(seconds=1))


def test_what_waits_is_counted_by_project_and_outlives_the_object(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "backlog.sqlite3"
    before = datetime.now(UTC)
    for one in (event(number=7), event("4.1", 1, title="Coast"), event(number=7, action="ANNOTATION_UPDATED")):
        Backlog(file).add(one)
    Backlog(file).add(event(number=8, title="Valley, renamed"))
    first, second = Backlog(file).waiting()
    assert (first.project, first.title, first.events, first.annotations) == ("3.1", "Valley, renamed", 3, 2)
    assert (second.project, second.title, second.events, second.annotations) == ("4.1", "Coast", 1, 1)
    assert before <= first.since <= second.since <= datetime.now(UTC)


def test_a_pull_settles_what_came_before_it_began_and_no_other_project(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "backlog.sqlite3")
    backlog.add(event())
    backlog.add(event("4.1"))
    began = datetime.now(UTC)
    backlog.add(event(number=2))
    assert backlog.settle("3.1", began) == 1
    assert [(one.project, one.events) for one in backlog.waiting()] == [("4.1", 1), ("3.1", 1)]
    assert backlog.settle("3.1", began) == 0


def test_nothing_is_made_where_nothing_was_told(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "backlog.sqlite3")
    assert backlog.waiting() == []
    assert backlog.settle("3.1", datetime.now(UTC)) == 0
    assert list(tmp_path.iterdir()) == []


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "backlog.sqlite3")
    backlog.add(event(number=0))
    writers = [
        threading.Thread(
            target=lambda start: [backlog.add(event(number=start + i)) for i in range(20)], args=(100 * n,)
        )
        for n in range(1, 4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert backlog.waiting()[0].annotations == 61


def test_a_file_that_is_something_else_is_said(tmp_path: Path) -> None:
    file = tmp_path / "backlog.sqlite3"
    file.write_text("no database " * 100)
    with pytest.raises(DataError, match="expected a backlog of webhooks that can be written, found: file is not a"):
        Backlog(file).add(event())


def test_a_locked_file_is_given_up_within_the_time_of_a_webhook(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "backlog.sqlite3")
    backlog.add(event())
    with sqlite3.connect(backlog.file) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError, match="database is locked"):
            backlog.add(event())
