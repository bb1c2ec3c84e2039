"""The ML backend of Label Studio: predictions while labelling, and webhooks that leave a note and no more.

Its protocol, as Label Studio 1.23 speaks it: GET /health (answered within a second), POST /setup (three), GET
/versions, POST /predict (a hundred), POST /webhook (one).
"""

import base64
import binascii
import hashlib
import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

import anyio
import msgspec
from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from stance.errors import StanceError
from stance.labelling.backlog import Backlog, Event, project_key

LONGEST_BODY = 32 * 2**20
"""Bytes of a request: a hundred long articles with all that was said of them."""
SECONDS = 80.0
"""For one /predict: Label Studio gives up after a hundred, and would drop what was done."""
MOST_WAITING = 8
"""Requests for predictions at a time; who comes then is told to come again."""

_TOGETHER = 8  # tasks that are predicted at once
_REMEMBERED = 2000
_NOTED = ("ANNOTATION", "START_TRAINING")
_logger = logging.getLogger(__name__)

Prediction = dict[str, Any] | None
Predict = Callable[[str, Sequence[dict[str, Any]]], list[Prediction]]
"""From the labelling configuration and the data of tasks to the prediction of each, as Label Studio stores it; None for
a task that cannot be predicted.
"""
Wire = TypeVar("Wire", bound=msgspec.Struct)


class _Task(msgspec.Struct):
    data: dict[str, Any]


class _Asked(msgspec.Struct):
    """What is needed of a request for predictions; it brings the project's credentials too, which stay unread."""

    tasks: list[_Task]
    label_config: str


class _Project(msgspec.Struct):
    id: int
    created_at: datetime
    title: str | None = None


class _Annotation(msgspec.Struct):
    id: int


class _Hook(msgspec.Struct):
    action: str
    project: _Project | None = None
    annotation: _Annotation | list[_Annotation] | None = None
    annotations: list[_Annotation] | None = None


class _Setup(msgspec.Struct):
    """The labelling configuration; the request also brings a user's token in clear, which stays unread."""

    schema: str = ""


def backend(
    predict: Predict,
    *,
    version: str,
    backlog: Backlog,
    secret: str | None = None,
    check: Callable[[str], None] = lambda configuration: None,
) -> FastAPI:
    """The service: `predict` is called by one thread at a time, `version` is the model's as predictions carry it.

    With a `secret` every request must bring it, as the password of basic authentication or as a bearer token. `check`
    raises StanceError for a labelling configuration that the predictions don't fit.
    """
    app = FastAPI(
        title="stance", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(_Guard(secret))]
    )
    predictions = _Predictions(predict)

    @app.get("/")
    @app.get("/health")
    async def health() -> dict[str, Any]:
        waiting = await run_in_threadpool(backlog.waiting)
        return {"status": "UP", "model_version": version, "backlog": [msgspec.to_builtins(one) for one in waiting]}

    @app.post("/setup")
    async def setup(request: Request) -> dict[str, Any]:
        asked = await _read(request, _Setup)
        if asked.schema.strip():
            _or_refuse(lambda: check(asked.schema))
        return {"model_version": version}

    @app.get("/versions")
    async def versions() -> dict[str, Any]:
        return {"versions": [version]}

    @app.post("/predict")
    async def predicted(request: Request) -> dict[str, Any]:
        asked = await _read(request, _Asked)
        return {"results": await predictions.of(asked, request), "model_version": version}

    @app.post("/webhook")
    async def webhook(request: Request) -> dict[str, Any]:
        return {"noted": await run_in_threadpool(_note, await _read(request, _Hook), backlog)}

    return app


class _Guard:
    """Who may ask, and in what form; looked at before a byte of the body is read."""

    def __init__(self, secret: str | None):
        self.secret = None if secret is None else secret.encode()

    async def __call__(self, request: Request) -> None:
        if self.secret is not None and not hmac.compare_digest(_brought(request), self.secret):
            if request.url.path.endswith("/webhook"):
                _logger.warning(
                    "Refused a webhook without the secret. Give it a header under Settings → Webhooks: "
                    "Authorization, with the value: Bearer and the secret."
                )
            raise HTTPException(
                401,
                "Expected the secret that this backend was started with, as the password of basic authentication or "
                "as a bearer token; found none or another.",
                {"WWW-Authenticate": 'Basic realm="stance"'},
            )
        # What a page in somebody's browser can send without asking is never of this type.
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if request.method == "POST" and kind != "application/json":
            raise HTTPException(415, f"Expected content of type application/json, found {kind[:80] or 'none'!r}.")


def _brought(request: Request) -> bytes:
    """The secret that a request carries; empty where it carries none."""
    scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


async def _read(request: Request, kind: type[Wire]) -> Wire:
    """The body as `kind`, fields that it does not name left out; 413 or 400 where that cannot be had."""
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    too_large = HTTPException(413, f"Expected at most {LONGEST_BODY} bytes, found more. Ask for fewer tasks at once.")
    if declared.isdigit() and int(declared) > LONGEST_BODY:
        raise too_large
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise too_large
    try:
        return msgspec.json.decode(body, type=kind)
    # A body may hold a token, so it is not shown.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise HTTPException(400, f"Expected what Label Studio sends to {request.url.path}, found: {why}.") from None


class _Predictions:
    """Predictions for any number of requests, made by one thread and remembered: who gave up and asks again is served
    from where it stopped.
    """

    def __init__(self, predict: Predict):
        self._predict = predict
        self._turn = anyio.CapacityLimiter(1)
        self._waiting = 0
        self._made: OrderedDict[bytes, Prediction] = OrderedDict()

    async def of(self, asked: _Asked, request: Request) -> list[Any]:
        """The prediction of each task in order, an empty list where there is none.

        503 where too many ask, or where the time is up; 400 where no task can be predicted.
        """
        if self._waiting >= MOST_WAITING:
            raise _later(f"{self._waiting} requests wait already")
        self._waiting += 1
        try:
            return await self._all(asked, request)
        finally:
            self._waiting -= 1

    async def _all(self, asked: _Asked, request: Request) -> list[Any]:
        begun = monotonic()
        keys = [_key(asked.label_config, task.data) for task in asked.tasks]
        found = {key: self._made[key] for key in keys if key in self._made}
        missing = [number for number, key in enumerate(keys) if key not in found]
        for start in range(0, len(missing), _TOGETHER):
            if monotonic() - begun > SECONDS:
                raise _later(f"{len(keys) - len(missing) + start} of {len(keys)} tasks are done and kept")
            if await request.is_disconnected():
                break
            batch = missing[start : start + _TOGETHER]
            for number, made in zip(batch, await self._some(asked, batch), strict=True):
                found[keys[number]] = made
                self._remember(keys[number], made)
        seconds = monotonic() - begun
        _logger.info("%d tasks, %d of them predicted anew, in %.1f s", len(keys), len(missing), seconds)
        answers = [found.get(key) for key in keys]
        if answers and not any(answers):
            raise HTTPException(
                400, "Expected tasks as `stance label push` makes them, found none. The log says what each lacks."
            )
        return [[] if answer is None else answer for answer in answers]

    async def _some(self, asked: _Asked, batch: Sequence[int]) -> list[Prediction]:
        data = [asked.tasks[number].data for number in batch]
        try:
            return await anyio.to_thread.run_sync(self._predict, asked.label_config, data, limiter=self._turn)
        except StanceError as error:
            raise HTTPException(400, str(error)) from None

    def _remember(self, key: bytes, prediction: Prediction) -> None:
        self._made[key] = prediction
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)


def _key(configuration: str, data: dict[str, Any]) -> bytes:
    return hashlib.sha256(msgspec.json.encode([configuration, data], order="sorted")).digest()


def _later(why: str) -> HTTPException:
    return HTTPException(503, f"Expected an idle model, found it busy: {why}. Ask again.", {"Retry-After": "10"})


def _note(hook: _Hook, backlog: Backlog) -> int:
    """Keep what is worth a pull, and return how many events that is."""
    if not hook.action.startswith(_NOTED):
        return 0
    if hook.project is None:
        raise HTTPException(
            400, 'Expected a webhook that says its project, found none. Turn its "Send payload" on in Label Studio.'
        )
    listed = hook.annotations or hook.annotation or []
    numbers = [one.id for one in (listed if isinstance(listed, list) else [listed])]
    key = project_key(hook.project.id, hook.project.created_at)
    title = hook.project.title or ""
    try:
        backlog.add(Event(key, title, hook.action, tuple(numbers)))
    except StanceError as error:
        _logger.error("%s", error)
        raise HTTPException(503, "Expected a disk to keep the webhook on, found none; the log says more.") from None
    if hook.action == "START_TRAINING":
        _logger.warning(
            "Training was asked for in project %d. It takes: stance label pull --project %d, and then stance train "
            "on the export that this writes.",
            hook.project.id,
            hook.project.id,
        )
    return 1


def _or_refuse(action: Callable[[], None]) -> None:
    try:
        action()
    except StanceError as error:
        _logger.warning("Refused a project's labelling configuration: %s", error)
        raise HTTPException(400, str(error)) from None
