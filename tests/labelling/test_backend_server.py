"""The ML backend as a real Label Studio uses it: connected, asked for predictions, told what annotators do."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from stance.annotation.labelling_configuration import Screen
from stance.labelling.backend import backend
from stance.labelling.backlog import Backlog, project_key
from stance.labelling.client import Server, connect
from stance.labelling.preannotation import Preannotator
from stance.labelling.project import create_project
from stance.labelling.pushing import Push
from stance.labelling.spool import Spool
from stance.labels import MAIN
from tests.doubles import documents
from tests.labelling.servers import LabelStudio
from tests.labelling.small import arrival, form, registries, suggester

pytestmark = pytest.mark.label_studio

SECRET = "a secret of the tests"
CHOICES = '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/></Choices></View>'


class Service:
    """The backend on a free port of this machine, with a model that needs no weights."""

    def __init__(self, folder: Path, secret: str | None) -> None:
        actors, targets = registries(folder)
        self.backlog = Backlog(folder / "backlog.sqlite3")
        preannotator = Preannotator(
            suggester(actors, targets), actors, targets, Screen(MAIN, actors, targets, "1.0").configuration()
        )
        app = backend(preannotator, version="oracle/3", backlog=self.backlog, secret=secret, check=preannotator.check)
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="debug", log_config=None))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


class World:
    """A project of ours, with whatever tasks a test pushes."""

    def __init__(self, label_studio: LabelStudio, title: str, folder: Path) -> None:
        self.token = label_studio.users[0].token
        self.server: Server = connect(label_studio.url, self.token)
        self.sdk = self.server.sdk
        self.actors, self.targets = registries(folder)
        self.form = form(self.actors, self.targets)
        self.project = create_project(self.server, title, Screen(MAIN, self.actors, self.targets, "1.0"))
        self.key = project_key(self.project.id, self.project.created_at)

    def push(self, count: int, *, model: bool, share: float = 0.0) -> None:
        """Tasks with the model's stances or with actors alone."""
        from stance.labelling.suggestions import Suggester

        suggests = suggester(self.actors, self.targets) if model else Suggester(self.actors)
        with Spool() as spool:
            for document in documents(count):
                spool.add(arrival(document.document_id, document.text))
            Push(self.server, self.project.id, self.form, suggests, share=share).run(spool, lambda *told: None)

    def predictions(self) -> dict[str, list[Any]]:
        """By document: version, score and result of each prediction."""
        found = {}
        for task in self.sdk.tasks.list(project=self.project.id, fields="all"):
            found[task.data["document_id"]] = [
                (one["model_version"], one["score"], one["result"]) for one in map(as_dict, task.predictions or [])
            ]
        return found

    def retrieve(self) -> None:
        """What the Data Manager's "Retrieve Predictions" does."""
        ids = [task.id for task in self.sdk.tasks.list(project=self.project.id)]
        self.sdk.actions.create(
            id="retrieve_tasks_predictions",
            project=self.project.id,
            selected_items={"all": False, "included": ids},  # type: ignore[arg-type]
        )

    def annotate(self) -> int:
        """Somebody submits an empty annotation of the first task."""
        task = next(iter(self.sdk.tasks.list(project=self.project.id)))
        return int(self.sdk.annotations.create(id=task.id, result=[]).id or 0)


def as_dict(prediction: Any) -> dict[str, Any]:
    return prediction if isinstance(prediction, dict) else prediction.dict()


@contextlib.contextmanager
def serving(folder: Path, secret: str | None = None) -> Iterator[Service]:
    service = Service(folder, secret)
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def world(label_studio: LabelStudio, title: str, tmp_path: Path) -> World:
    return World(label_studio, title, tmp_path)


def test_predictions_asked_for_are_those_that_a_push_brings(world: World, tmp_path: Path) -> None:
    world.push(6, model=True, share=0.5)
    pushed = world.predictions()
    blind = {name for name, made in pushed.items() if all(item["type"] != "choices" for item in made[0][2])}
    assert 0 < len(blind) < 6
    for task in world.sdk.tasks.list(project=world.project.id, fields="all"):
        for prediction in map(as_dict, task.predictions or []):
            world.sdk.predictions.delete(prediction["id"])
    assert not any(world.predictions().values())
    with serving(tmp_path) as service:
        made = world.sdk.ml.create(project=world.project.id, url=service.url, title="stance")
        assert (made.readable_state, made.model_version) == ("Connected", "oracle/3")
        world.retrieve()
        assert world.predictions() == pushed
        # What has the model's prediction is not asked for again.
        world.retrieve()
        assert world.predictions() == pushed
        versions = httpx.get(
            f"{world.server.url}/api/ml/{made.id}/versions", headers={"Authorization": f"Token {world.token}"}
        )
        assert versions.json() == {"versions": ["oracle/3"]}


def test_what_annotators_do_is_noted_once_until_a_pull_settles_it(world: World, tmp_path: Path) -> None:
    world.push(2, model=False)
    with serving(tmp_path) as service:
        made = world.sdk.ml.create(project=world.project.id, url=service.url)
        annotation = world.annotate()
        (waiting,) = service.backlog.waiting()
        assert (waiting.project, waiting.title, waiting.events, waiting.annotations) == (
            world.key,
            world.project.title,
            1,
            1,
        )
        world.sdk.annotations.update(id=annotation, result=[])
        world.sdk.annotations.delete(id=annotation)
        world.sdk.ml.train(id=made.id)
        (waiting,) = httpx.get(f"{service.url}/health").json()["backlog"]
        assert (waiting["events"], waiting["annotations"]) == (4, 1)
        project = world.server.project(world.project.id)
        assert service.backlog.settle(project_key(project.id, project.created_at), datetime.now(UTC)) == 4
        assert service.backlog.waiting() == []


def test_with_a_secret_only_who_knows_it_connects(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from label_studio_sdk.core.api_error import ApiError

    caplog.set_level(logging.DEBUG)
    world.push(2, model=False)
    with serving(tmp_path, SECRET) as service:
        for given in ({}, {"auth_method": "BASIC_AUTH", "basic_auth_user": "stance", "basic_auth_pass": "wrong"}):
            with pytest.raises(ApiError, match="authentication parameters were either not provided or are incorrect"):
                world.sdk.ml.create(project=world.project.id, url=service.url, **given)
        made = world.sdk.ml.create(
            project=world.project.id,
            url=service.url,
            auth_method="BASIC_AUTH",
            basic_auth_user="stance",
            basic_auth_pass=SECRET,
        )
        assert made.readable_state == "Connected"
        world.retrieve()
        assert all(any(version == "oracle/3" for version, *_ in found) for found in world.predictions().values())
        # The webhook that this made brings no secret until somebody gives it one.
        world.annotate()
        assert service.backlog.waiting() == []
        assert any("Refused a webhook without the secret" in message for message in caplog.messages)
        (hook,) = [one for one in world.sdk.webhooks.list(project=world.project.id) if one.url.startswith(service.url)]
        hooks = f"{world.server.url}/api/webhooks/{hook.id}/"
        answer = httpx.patch(
            hooks,
            json={"url": hook.url, "headers": {"Authorization": f"Bearer {SECRET}"}},
            headers={"Authorization": f"Token {world.token}"},
        )
        assert answer.status_code == 200, answer.text
        world.annotate()
        (waiting,) = service.backlog.waiting()
        assert waiting.events == 1
    # The project's creator has a token, which /setup brought in clear; ours is what the client sends, and logs.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpcore")]
    assert not [line for line in ours if world.token in line or SECRET in line]
    assert world.token not in "".join(capfd.readouterr())


def test_a_project_of_another_form_is_refused(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from label_studio_sdk.core.api_error import ApiError

    other = world.sdk.projects.create(title=f"{world.project.title} other"[:50], label_config=CHOICES)
    with serving(tmp_path) as service:
        with pytest.raises(ApiError, match="doesn't look like a valid ML backend"):
            world.sdk.ml.create(project=other.id, url=service.url)
        (told,) = [message for message in caplog.messages if message.startswith("Refused a project's")]
        assert "Expected a project that is set up as ours, found: " in told
        assert told.endswith("stance label init --update")
