"""`stance label push` and `pull` as a person runs them, against a real server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from stance.__main__ import main
from stance.labelling.backlog import Backlog, Event, project_key
from tests.labelling.proxy import Cable
from tests.labelling.small import article, registries
from tests.labelling.trained import train

pytestmark = pytest.mark.label_studio


class Desk:
    """A folder with registries and documents, a project, and the command line in it."""

    def __init__(self, server, folder: Path, title: str) -> None:
        self.server, self.folder, self.title = server, folder, title
        registries(folder)
        self.sources = ["--actors", str(folder / "actors.yaml"), "--targets", str(folder / "targets.yaml")]
        assert main(["label", "init", "--title", title, *self.sources]) == 0

    def documents(self, count: int) -> str:
        path = self.folder / "documents.jsonl"
        lines = [{"document_id": f"d{number}", "text": article(number)} for number in range(count)]
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
        return str(path)

    def arguments(self, *more: str) -> list[str]:
        return ["label", *more, "--project", self.title, *self.sources]

    def run(self, *more: str) -> int:
        return main(self.arguments(*more))

    def start(self, *more: str, url: str | None = None) -> subprocess.Popen:
        environment = {**os.environ, "LABEL_STUDIO_URL": url or self.server.url}
        return subprocess.Popen(
            [sys.executable, "-m", "stance", *self.arguments(*more)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, path: str, **asked: object) -> dict:
        token = {"Authorization": f"Token {self.server.users[0].token}"}
        answer = httpx.get(f"{self.server.url}{path}", params=asked, headers=token, timeout=60)  # type: ignore[arg-type]
        return answer.raise_for_status().json()

    @property
    def project(self) -> int:
        return next(one["id"] for one in self.ask("/api/projects/")["results"] if one["title"] == self.title)

    def counted(self) -> Counter[str]:
        tasks = self.ask("/api/tasks", project=self.project, page_size=1000)["tasks"]
        return Counter(task["data"]["document_id"] for task in tasks)


def once(count: int) -> Counter[str]:
    return Counter({f"d{number}": 1 for number in range(count)})


@pytest.fixture
def desk(as_first_user, tmp_path, title, monkeypatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(as_first_user, tmp_path, title)


def test_push_and_pull_say_what_they_did(desk, capsys, monkeypatch):
    # A backlog of its own: other tests leave theirs in the session's.
    monkeypatch.setenv("STANCE_CACHE", str(desk.folder / "cache"))
    capsys.readouterr()
    assert desk.run("push", desk.documents(5), "--blind", "0.4") == 0
    said = capsys.readouterr()
    assert not said.err.strip()
    address = f"{desk.server.url}/projects/{desk.project}/data"
    first, second = said.out.splitlines()
    assert first == f"5 added, 0 updated, 0 as they were: 5 tasks in {address}"
    assert second.startswith("suggestions: actors/0; ")

    found = desk.ask(f"/api/projects/{desk.project}")
    key = project_key(found["id"], datetime.fromisoformat(found["created_at"]))
    for one in (key, "another.1"):
        Backlog().add(Event(one, "told by a webhook", "ANNOTATION_CREATED"))
    monkeypatch.setattr(time, "gmtime", lambda *_: time.struct_time((2031, 5, 2, 12, 7, 0, 4, 122, 0)))
    assert desk.run("pull") == 0
    said = capsys.readouterr()
    assert not said.err.strip()
    lines = said.out.splitlines()
    assert lines[0] == "5 tasks, 5 documents"
    (export,) = Path("exports").glob("*T1207.json")
    told = {waiting.project for waiting in Backlog().waiting()}
    assert "another.1" in told
    assert key not in told, "what was told of it is pulled"
    assert lines[-1] == f"written: {export} and {export.stem}.about.json"
    assert desk.run("pull") == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"nothing has changed since {export}, which stays as it is"
    assert desk.run("push", str(export)) == 0
    assert "0 added, 0 updated, 5 as they were" in capsys.readouterr().out


def test_what_was_passed_over_is_named_and_the_exit_status_tells(desk, capsys):
    path = Path(desk.documents(2))
    path.write_text(path.read_text("utf-8") + '{"document_id": "x"}\n', "utf-8")
    capsys.readouterr()
    assert desk.run("push", str(path), "none.txt") == 1
    said = capsys.readouterr()
    assert "2 added" in said.out
    first, second = said.err.strip().splitlines()
    assert first.startswith(f"stance: passed over: {path}, line 3: expected a document such as")
    assert second.startswith("stance: passed over: Expected a page at none.txt, found none that can be read")


def test_a_project_changed_by_hand_is_said_before_anything_is_sent(desk, capsys):
    path = desk.documents(2)
    project = desk.ask(f"/api/projects/{desk.project}/")
    changed = project["label_config"].replace('alias="ambivalent"', 'alias="mixed"')
    assert changed != project["label_config"]
    token = {"Authorization": f"Token {desk.server.users[0].token}"}
    where = f"{desk.server.url}/api/projects/{desk.project}/"
    httpx.patch(where, json={"label_config": changed}, headers=token).raise_for_status()
    capsys.readouterr()
    assert desk.run("push", path) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"stance: Expected project {desk.project} ")
    assert "it was changed on the server" in line
    assert "mixed" in line
    assert not desk.counted()
    # What was labelled there can be had all the same, and what differs is said.
    assert desk.run("pull", "--out", "mine.json") == 0
    assert "stance: the project differs from ours: " in capsys.readouterr().err


def test_a_wrong_token_ends_in_one_line(desk, capsys, monkeypatch):
    path = desk.documents(1)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "c" * 40)
    for command in (["push", path], ["pull"]):
        capsys.readouterr()
        assert desk.run(*command) == 2
        said = capsys.readouterr()
        (line,) = said.err.strip().splitlines()
        assert line.startswith(f"stance: Expected a token that {desk.server.url} takes, found")
        assert "c" * 40 not in line
        assert not said.out


def test_a_push_that_is_killed_is_completed_by_a_repeat(desk, capsys):
    cable = Cable(desk.server.port)
    process = desk.start("push", desk.documents(130), url=cable.url)
    # In the moment in which the second fifty are stored, and before their sender hears of it.
    cable.cut_at(f"POST /api/projects/{desk.project}/import".encode(), skip=1, then=process.kill)
    assert process.wait(120) == -signal.SIGKILL
    cable.close()
    assert desk.counted() == once(100)
    capsys.readouterr()
    assert desk.run("push", desk.documents(130)) == 0
    assert "30 added, 0 updated, 100 as they were" in capsys.readouterr().out
    assert desk.counted() == once(130)


def test_an_interrupted_push_says_how_to_go_on(desk):
    cable = Cable(desk.server.port)
    process = desk.start("push", desk.documents(60), url=cable.url)
    interrupt = lambda: process.send_signal(signal.SIGINT)  # noqa: E731
    cable.cut_at(f"POST /api/projects/{desk.project}/import".encode(), first=interrupt)
    _, said = process.communicate(timeout=120)
    cable.close()
    assert process.returncode == 130
    assert said.strip() == "stance: interrupted. The same line goes on."


def test_two_pushes_at_once_leave_each_document_once(desk):
    path = desk.documents(60)
    both = [desk.start("push", path) for _ in range(2)]
    said = [process.communicate(timeout=180) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert desk.counted() == once(60)


def test_a_registered_model_suggests_under_its_version(as_first_user, tmp_path, title, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    trained = train(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", trained.uri)
    desk = Desk(as_first_user, tmp_path, title)
    capsys.readouterr()
    champion = ["--model", "models:/actor-stance@champion", "--blind", "0.5"]
    assert desk.run("push", desk.documents(8), *champion) == 0
    assert "suggestions: actor-stance/1; " in capsys.readouterr().out
    assert desk.ask(f"/api/projects/{desk.project}/")["model_version"] == "actor-stance/1"
    tasks = desk.ask("/api/tasks", project=desk.project, page_size=100, fields="all")["tasks"]
    assert {len(task["predictions"]) for task in tasks} == {1}
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"actor-stance/1"}
    # What the Data Manager sorts by: how sure the model is, of those that it was asked of.
    doubts = {task["data"]["blind"]: task["predictions_score"] is None for task in tasks}
    assert doubts == {True: True, False: False}
    assert desk.run("push", desk.documents(8), *champion) == 0
    assert "0 added, 0 updated, 8 as they were" in capsys.readouterr().out
    # Without a model the same documents keep their actors and lose its stances.
    assert desk.run("push", desk.documents(8)) == 0
    assert "0 added, 8 updated, 0 as they were" in capsys.readouterr().out
