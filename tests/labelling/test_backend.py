"""The ML backend without a server: its protocol, its refusals, and what it keeps to itself."""

import base64
import logging
import queue
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from stance.errors import DataError, StanceError
from stance.labelling import backend as module
from stance.labelling.backend import backend
from stance.labelling.backlog import Backlog

SECRET = "a secret of the tests"
TOKEN = "4f" * 20
PROJECT = {"id": 3, "title": "Valley", "created_at": "2031-05-02T10:30:15.123456Z"}
KEY = f"3.{int(datetime(2031, 5, 2, 10, 30, 15, tzinfo=UTC).timestamp())}"


class Model:
    """Says the length of each text, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, configuration: str, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        self.asked.append([task["text"] for task in tasks])
        made: list[dict[str, Any] | None] = []
        for task in tasks:
            prediction = {"model_version": "m/1", "score": 0.5, "result": [{"id": str(len(task["text"]))}]}
            made.append(prediction if task["text"] else None)
        return made


@pytest.fixture
def backlog(tmp_path: Path) -> Backlog:
    return Backlog(tmp_path / "backlog.sqlite3")


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def app(model: Model, backlog: Backlog) -> FastAPI:
    return backend(model, version="m/1", backlog=backlog)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def guarded(model: Model, backlog: Backlog) -> TestClient:
    return TestClient(backend(model, version="m/1", backlog=backlog, secret=SECRET))


def asking(*texts: str) -> dict[str, Any]:
    tasks = [
        {"id": number, "data": {"text": text}, "annotations": [], "project": 3} for number, text in enumerate(texts)
    ]
    credentials = {"login": "somebody", "password": "for-nobody"}
    return {"tasks": tasks, "label_config": "<View/>", "project": "3.1", "params": credentials}


def detail(answer: httpx.Response) -> str:
    return str(answer.json()["detail"])


def test_health_and_versions_say_the_model_and_what_waits(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "UP", "model_version": "m/1", "backlog": []}
    assert client.get("/versions").json() == {"versions": ["m/1"]}
    client.post("/webhook", json={"action": "ANNOTATION_CREATED", "annotation": {"id": 5}, "project": PROJECT})
    (waiting,) = client.get("/health").json()["backlog"]
    assert {**waiting, "since": None} == {
        "project": KEY,
        "title": "Valley",
        "events": 1,
        "annotations": 1,
        "since": None,
    }


def test_predictions_come_in_the_order_of_the_tasks(client: TestClient, model: Model) -> None:
    texts = ["x" * length for length in range(1, 21)]
    answer = client.post("/predict", json=asking(*texts)).json()
    assert [found["result"][0]["id"] for found in answer["results"]] == [str(length) for length in range(1, 21)]
    assert [len(batch) for batch in model.asked] == [8, 8, 4]


def test_a_task_that_cannot_be_read_has_no_prediction_and_all_such_are_refused(client: TestClient) -> None:
    results = client.post("/predict", json=asking("", "ab")).json()["results"]
    assert results[0] == []
    assert results[1]["result"] == [{"id": "2"}]
    answer = client.post("/predict", json=asking(""))
    assert (answer.status_code, detail(answer)) == (
        400,
        "Expected tasks as `stance label push` makes them, found none. The log says what each lacks.",
    )
    assert client.post("/predict", json=asking()).json()["results"] == []


def test_what_was_predicted_is_remembered(client: TestClient, model: Model) -> None:
    client.post("/predict", json=asking("a", "bb"))
    client.post("/predict", json=asking("bb", "ccc"))
    assert model.asked == [["a", "bb"], ["ccc"]]
    other = {**asking("a"), "label_config": "<View></View>"}
    client.post("/predict", json=other)
    assert model.asked[-1] == ["a"]


def test_memory_is_bounded(client: TestClient, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    for text in ("a", "bb", "ccc", "a"):
        client.post("/predict", json=asking(text))
    assert model.asked == [["a"], ["bb"], ["ccc"], ["a"]]


def test_when_the_time_is_up_what_is_done_is_kept(
    client: TestClient, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["x" * length for length in range(1, 11)]
    monkeypatch.setattr(module, "SECONDS", -1.0)
    answer = client.post("/predict", json=asking(*texts))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert detail(answer) == "Expected an idle model, found it busy: 0 of 10 tasks are done and kept. Ask again."
    clock = iter([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    monkeypatch.setattr(module, "SECONDS", 0.5)
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    assert "8 of 10 tasks" in detail(client.post("/predict", json=asking(*texts)))
    monkeypatch.undo()
    assert client.post("/predict", json=asking(*texts)).status_code == 200
    assert [len(batch) for batch in model.asked] == [8, 2]


def test_requests_take_turns_and_too_many_are_sent_away(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    begun, go_on, inside, most = threading.Event(), threading.Event(), [0], [0]

    def slow(configuration: str, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        begun.set()
        go_on.wait(60)
        inside[0] -= 1
        return [{"result": []} for _ in tasks]

    answers: queue.SimpleQueue[httpx.Response] = queue.SimpleQueue()
    with TestClient(backend(slow, version="m/1", backlog=backlog)) as client:

        def ask(name: str) -> threading.Thread:
            thread = threading.Thread(target=lambda: answers.put(client.post("/predict", json=asking(name))))
            thread.start()
            return thread

        threads = [ask("first")]
        assert begun.wait(30)
        # Whichever of these comes first waits for its turn; the other is told to come again, while the model works.
        threads += [ask("second"), ask("third")]
        refused = answers.get(timeout=30)
        assert refused.status_code == 503
        assert detail(refused) == "Expected an idle model, found it busy: 2 requests wait already. Ask again."
        assert client.get("/health").status_code == 200
        assert answers.empty()
        go_on.set()
        for thread in threads:
            thread.join(30)
    assert [answers.get_nowait().status_code for _ in range(2)] == [200, 200]
    assert most == [1]


@pytest.mark.parametrize("path", ["/health", "/versions", "/"])
def test_without_the_secret_nothing_is_told(guarded: TestClient, path: str) -> None:
    refused = guarded.get(path)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Basic realm="stance"')
    assert detail(refused) == (
        "Expected the secret that this backend was started with, as the password of basic authentication or as a "
        "bearer token; found none or another."
    )
    assert guarded.get(path, auth=("anybody", SECRET)).status_code == 200
    assert guarded.get(path, headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Token {SECRET}",
        SECRET,
        "Basic %%%",
        "Basic " + base64.b64encode(SECRET.encode()).decode(),
        "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode(),
    ],
)
@pytest.mark.parametrize("path", ["/setup", "/predict", "/webhook"])
def test_a_wrong_secret_opens_nothing(guarded: TestClient, path: str, header: str, model: Model) -> None:
    body = {**asking("a"), "action": "ANNOTATION_CREATED", "project": PROJECT}
    assert guarded.post(path, json=body, headers={"Authorization": header}).status_code == 401
    assert model.asked == []


def test_a_secret_with_a_colon_and_beyond_ascii(backlog: Backlog, model: Model) -> None:
    secret = "كلمة:سر:طويلة"
    client = TestClient(backend(model, version="m/1", backlog=backlog, secret=secret))
    told = base64.b64encode(f"user:{secret}".encode()).decode()
    assert client.get("/health", headers={"Authorization": f"Basic {told}"}).status_code == 200


def test_the_body_of_a_stranger_is_not_read(guarded: TestClient) -> None:
    read = []

    def body() -> Any:
        read.append(1)
        yield b"{"

    guarded.post("/predict", content=body(), headers={"content-type": "application/json"})
    answer = guarded.post("/predict", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 401


def test_a_webhook_without_the_secret_says_how_to_give_it(
    guarded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    guarded.post("/webhook", json={"action": "ANNOTATION_CREATED"})
    assert caplog.messages == [
        "Refused a webhook without the secret. Give it a header under Settings → Webhooks: Authorization, with the "
        "value: Bearer and the secret."
    ]


@pytest.mark.parametrize("path", ["/setup", "/predict", "/webhook"])
@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "Expected `object`, got `array`"),
    ],
)
def test_what_is_no_request_is_refused_in_a_sentence(client: TestClient, path: str, body: bytes, found: str) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert detail(answer).startswith(f"Expected what Label Studio sends to {path}, found: ")
    assert found in detail(answer) or body == b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "Object missing required field `tasks`"),
        ({"tasks": []}, "Object missing required field `label_config`"),
        ({"tasks": [{"id": 1}], "label_config": ""}, "Object missing required field `data` - at `$.tasks[0]`"),
        ({"tasks": {}, "label_config": ""}, "Expected `array`, got `object` - at `$.tasks`"),
    ],
)
def test_a_request_for_predictions_that_lacks_something(client: TestClient, body: dict, found: str) -> None:
    answer = client.post("/predict", json=body)
    assert (answer.status_code, detail(answer)) == (
        400,
        f"Expected what Label Studio sends to /predict, found: {found}.",
    )


def test_forms_and_plain_text_are_refused(client: TestClient, backlog: Backlog) -> None:
    answer = client.post("/webhook", content=b'{"action": "START_TRAINING"}', headers={"content-type": "text/plain"})
    assert (answer.status_code, detail(answer)) == (
        415,
        "Expected content of type application/json, found 'text/plain'.",
    )
    assert backlog.waiting() == []


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, *, declared: bool
) -> None:
    monkeypatch.setattr(module, "LONGEST_BODY", 1000)
    body = b" " * 1001
    content: Any = body if declared else (body[i : i + 100] for i in range(0, len(body), 100))
    answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, detail(answer)) == (
        413,
        "Expected at most 1000 bytes, found more. Ask for fewer tasks at once.",
    )


@pytest.mark.parametrize(
    ("hook", "annotations"),
    [
        ({"action": "ANNOTATION_CREATED", "annotation": {"id": 5, "result": []}}, 1),
        ({"action": "ANNOTATIONS_CREATED", "annotation": [{"id": 5}, {"id": 6}]}, 2),
        ({"action": "ANNOTATION_UPDATED", "annotation": {"id": 5}}, 1),
        ({"action": "ANNOTATIONS_DELETED", "annotations": [{"id": 5}, {"id": 6}, {"id": 7}]}, 3),
        ({"action": "START_TRAINING"}, 0),
    ],
)
def test_webhooks_leave_a_note(client: TestClient, backlog: Backlog, hook: dict, annotations: int) -> None:
    assert client.post("/webhook", json={**hook, "project": PROJECT}).json() == {"noted": 1}
    (waiting,) = backlog.waiting()
    assert (waiting.project, waiting.events, waiting.annotations) == (KEY, 1, annotations)


def test_webhooks_of_no_interest_leave_none(client: TestClient, backlog: Backlog) -> None:
    for action in ("TASKS_CREATED", "PROJECT_UPDATED", "TASKS_DELETED"):
        assert client.post("/webhook", json={"action": action, "project": PROJECT}).json() == {"noted": 0}
    assert backlog.waiting() == []


def test_a_webhook_without_payload_is_refused(client: TestClient) -> None:
    answer = client.post("/webhook", json={"action": "ANNOTATION_CREATED"})
    assert (answer.status_code, detail(answer)) == (
        400,
        'Expected a webhook that says its project, found none. Turn its "Send payload" on in Label Studio.',
    )


def test_training_is_not_done_but_named(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    client.post("/webhook", json={"action": "START_TRAINING", "project": PROJECT})
    assert caplog.messages == [
        "Training was asked for in project 3. It takes: stance label pull --project 3, and then stance train on the "
        "export that this writes."
    ]


def test_a_full_disk_is_no_lost_note_in_silence(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "backlog.sqlite3"
    file.write_text("no database " * 100)
    client = TestClient(backend(model, version="m/1", backlog=Backlog(file)))
    answer = client.post("/webhook", json={"action": "ANNOTATION_CREATED", "project": PROJECT})
    assert (answer.status_code, detail(answer)) == (
        503,
        "Expected a disk to keep the webhook on, found none; the log says more.",
    )


def test_a_configuration_that_does_not_fit_is_refused(model: Model, backlog: Backlog) -> None:
    def check(configuration: str) -> None:
        if "Text" not in configuration:
            raise DataError("Expected a Text, found none.")

    client = TestClient(backend(model, version="m/1", backlog=backlog, check=check))
    assert client.post("/setup", json={"schema": "<View><Text/></View>"}).json() == {"model_version": "m/1"}
    answer = client.post("/setup", json={"schema": "<View/>"})
    assert (answer.status_code, detail(answer)) == (400, "Expected a Text, found none.")
    # A project without a configuration is asked for one by Label Studio itself.
    assert client.post("/setup", json={"schema": ""}).status_code == 200


def test_an_error_of_a_model_is_a_sentence(backlog: Backlog) -> None:
    def broken(configuration: str, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any] | None]:
        raise StanceError("Expected a target among a, found b.")

    client = TestClient(backend(broken, version="m/1", backlog=backlog))
    answer = client.post("/predict", json=asking("a"))
    assert (answer.status_code, detail(answer)) == (400, "Expected a target among a, found b.")


def test_no_token_is_logged_or_told(
    client: TestClient, guarded: TestClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    setup = {"project": "3.1", "schema": "<View/>", "hostname": "http://x", "access_token": TOKEN, "extra_params": None}
    told = [
        client.post("/setup", json=setup),
        client.post("/setup", json={**setup, "schema": 5}),
        client.post("/setup", content=f'{{"access_token": "{TOKEN}"', headers={"content-type": "application/json"}),
        client.post("/setup", json={**setup, "access_token": {"": TOKEN}, "schema": [TOKEN]}),
        guarded.post("/setup", json=setup, headers={"Authorization": f"Bearer {TOKEN}"}),
        client.post("/predict", json={**asking("a"), "params": {"password": TOKEN}}),
        client.post("/webhook", json={"action": "ANNOTATION_CREATED", "project": {**PROJECT, "token": TOKEN}}),
    ]
    everything = caplog.text + "".join(capfd.readouterr()) + "".join(one.text + str(one.headers) for one in told)
    assert [one.status_code for one in told] == [200, 400, 400, 400, 401, 200, 200]
    assert TOKEN not in everything
    assert SECRET not in everything
    assert "password" not in caplog.text
