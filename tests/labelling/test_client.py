"""The connection: asked of a real server where one is needed, of a broken proxy's answers where that is the matter."""

import contextlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator

import httpx
import jwt
import pytest

from stance.errors import LabelStudioError
from stance.labelling import client
from stance.labelling.client import Server, connect
from tests.labelling.servers import LabelStudio, log_in, personal_token

Answers = Callable[[str], tuple[int, str]]


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    monkeypatch.setattr(client, "FIRST_PAUSES", (0.0,))


@contextlib.contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """What a broken proxy answers, at its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers(self.path)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", body)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def refused(expected: str) -> contextlib.AbstractContextManager:
    return pytest.raises(LabelStudioError, match=f"^{re.escape(expected)}")


def test_neither_address_nor_terminal() -> None:
    with refused("Expected LABEL_STUDIO_URL in the environment, found none, nor a terminal to ask at. Set it: export"):
        connect()


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", "http://host:x", "http://[::1"])
def test_no_address_at_all(url: str) -> None:
    with refused(f"Expected a server's address such as http://localhost:8080, found {url!r}."):
        connect(url)


def test_a_password_in_the_address_is_not_shown() -> None:
    with refused("Expected a server's address without a name and password in it") as caught:
        connect("http://me:sesame@localhost:8080")
    assert "sesame" not in str(caught.value)


def test_nobody_there() -> None:
    with refused("Expected Label Studio at http://127.0.0.1:1 to say its version, found nobody there (") as caught:
        connect("http://127.0.0.1:1", "secret")
    assert not caught.value.reached
    assert "LABEL_STUDIO_URL" in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (lambda path: (200, "<html>Welcome</html>"), "another answer (status 200)"),
        (lambda path: (404, "nothing"), "another answer (status 404)"),
        (lambda path: (200, "{}") if path == "/login" else (302, "/login"), "that it leads to 127.0.0.1/login"),
        (lambda path: (302, "http://localhost:1/"), "nobody there"),
    ],
)
def test_no_label_studio(answers: Answers, found: str) -> None:
    with answering(answers) as url, refused(f"Expected Label Studio at {url} to say its version, found {found}"):
        connect(url, "secret")


def test_a_proxy_without_its_server_is_asked_again() -> None:
    asked = []

    def answers(path: str) -> tuple[int, str]:
        asked.append(path)
        return 502, "<html>Bad Gateway</html>"

    with answering(answers) as url, refused(f"Expected Label Studio at {url} to say its version, found status 502: it"):
        connect(url, "secret")
    assert asked == ["/api/version/"] * 2


@pytest.mark.parametrize("token", ["سر", "two words", "a\nb"])
def test_a_token_that_cannot_be_one(token: str) -> None:
    version = '{"label-studio-os-package": {}}'
    with answering(lambda path: (200, version)) as url:
        with refused("Expected a token of letters, digits and dots, found others in it.") as caught:
            connect(url, token)
        assert token not in str(caught.value)
        with refused("Expected LABEL_STUDIO_API_KEY in the environment, found none, nor a terminal"):
            connect(url)
        gone = jwt.encode({"exp": 1_000_000_000, "token_type": "refresh"}, "k" * 32)
        with refused(f"Expected a token that {url} takes, found one that has expired. Copy one from the") as caught:
            connect(url, gone)
        assert gone not in str(caught.value)


class Flaky:
    """Raises what it is given, in turn, then returns the number of its calls."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


REQUEST = httpx.Request("POST", "http://server/api")
REFUSED = httpx.ConnectError("refused", request=REQUEST)
TIMEOUT = httpx.ReadTimeout("timed out", request=REQUEST)
BROKEN = httpx.RemoteProtocolError("Server disconnected", request=REQUEST)


def server() -> Server:
    return Server("http://server", None, pauses=(0.0, 0.0), secret="s3cret")  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [REFUSED, TIMEOUT, BROKEN])
def test_what_is_transient_is_tried_again(error: Exception) -> None:
    assert server().call("try", Flaky(error, error)) == 3
    with pytest.raises(LabelStudioError):
        server().call("try", Flaky(error, error, error))


def test_what_may_have_arrived_is_not_sent_twice() -> None:
    assert server().call_once("try", Flaky(REFUSED, REFUSED)) == 3
    for error, found in [(TIMEOUT, "no answer within 120 s"), (BROKEN, "a connection that broke off")]:
        flaky = Flaky(error)
        with refused(f"Expected Label Studio at http://server to send it, found {found}") as caught:
            server().call_once("send it", flaky)
        assert (flaky.calls, caught.value.reached) == (1, True)


def test_a_mistake_of_ours_is_no_servers() -> None:
    with pytest.raises(ZeroDivisionError):
        server().call("try", lambda: 1 // 0)


def test_no_token_in_what_is_said() -> None:
    answer = httpx.Response(400, text="the token s3cret is odd", request=REQUEST)
    with refused("Expected Label Studio at http://server to try, found a refusal, status 400 (the token … is odd)."):
        server().call("try", answer.raise_for_status)
    assert "s3cret" not in repr(server())


@pytest.mark.label_studio
def test_both_kinds_of_token(label_studio: LabelStudio) -> None:
    amal, basim = label_studio.users
    assert connect(label_studio.url, amal.token).user == amal.email
    copied = connect(f"{label_studio.url}/projects/7/data?tab=3", personal_token(label_studio, basim))
    assert (copied.user, copied.url) == (basim.email, label_studio.url)


@pytest.mark.label_studio
def test_tokens_that_the_server_refuses(mortal_label_studio: LabelStudio) -> None:
    here, (amal, _) = mortal_label_studio, mortal_label_studio.users
    takes = f"Expected a token that {here.url} takes, found "
    with refused(f"{takes}one it does not know (Invalid token.). Copy one from the server"):
        connect(here.url, "f" * 40)

    token = personal_token(here, amal)
    with refused(f"{takes}one it does not know (Token is invalid). Copy one from the server"):
        connect(here.url, token[:-4] + "AAAA")
    personal_token(here, amal)
    with refused(f"{takes}one that was revoked. Copy one from the server"):
        connect(here.url, token)

    with log_in(here, amal) as browser:
        browser.post(
            "/api/jwt/settings",
            json={"api_tokens_enabled": True, "legacy_api_tokens_enabled": False},
            headers={"X-CSRFToken": browser.cookies["csrftoken"], "Referer": here.url},
        ).raise_for_status()
    with refused(f"{takes}a legacy token, which this server no longer takes. Copy one from the server"):
        connect(here.url, amal.token)


@pytest.mark.label_studio
def test_projects_by_id_and_by_title(label_studio: LabelStudio, title: str) -> None:
    server = connect(label_studio.url, label_studio.users[0].token)
    with refused(f"Expected a project {title!r} on {server.url}, found none that {server.user} can see. Make it:"):
        server.project(title)
    made = server.sdk.projects.create(title=title)
    server.sdk.projects.create(title=f"{title} more")
    assert [server.project(key).id for key in (made.id, str(made.id), title)] == [made.id] * 3
    twin = server.sdk.projects.create(title=title)
    with refused(f"Expected one project {title!r} on {server.url}, found 2: {made.id}, {twin.id}. Name one"):
        server.project(title)
    with refused(f"Expected Label Studio at {server.url} to show project 987654, found") as caught:
        server.call("show project 987654", server.sdk.projects.get, 987654)
    assert caught.value.status == 404


@pytest.mark.label_studio
def test_a_server_that_comes_back(mortal_label_studio: LabelStudio) -> None:
    here = mortal_label_studio
    server = connect(here.url, here.users[0].token)
    here.stop()
    away = Server(server.url, server.sdk, pauses=(0.0,))
    with refused(f"Expected Label Studio at {here.url} to list its projects, found nobody there"):
        away.titled("any")
    threading.Timer(0.1, here.start).start()
    patient = Server(server.url, server.sdk, pauses=(1.0,) * 60)
    assert patient.titled("any") == []
