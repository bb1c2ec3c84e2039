"""The connection to a Label Studio server: what is transient is tried again, what remains is said in plain words."""

import getpass
import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx

from stance.errors import LabelStudioError
from stance.labelling.failures import GATEWAY, NEW_TOKEN, TIMEOUT, WITHOUT_SDK, failure_of, is_transient, stranger

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the attempts of one request."""
FIRST_PAUSES = (0.5, 1.0)
"""The same for the first: a wrong address is likelier than a server that is away."""

_VERSION = "/api/version/"
# Where an address copied from a browser goes on after the server's own.
_PAGES = frozenset({"projects", "user", "organization", "home", "api"})


@dataclass
class Server:
    """A Label Studio server that knows its user's token. `sdk` speaks to it, best through `call`.

    `user` is the e-mail address of whom the token belongs to.
    """

    url: str
    sdk: "LabelStudio"
    user: str = ""
    pauses: tuple[float, ...] = PAUSES
    secret: str = field(default="", repr=False)

    def call(
        self, what: str, function: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Answer:
        """What `function` of the SDK returns, tried again while the server is away; for what may be done twice.

        `what` says in an error what was asked ("store 50 tasks"). Raises LabelStudioError.
        """
        return self._attempt(what, lambda: function(*args, **kwargs), repeatable=True)

    def call_once(
        self, what: str, function: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Answer:
        """Like `call`, for what would be there twice: tried again only where the request never reached the server.

        Where it may have reached it, the LabelStudioError has `reached` True: look there before sending again.
        """
        return self._attempt(what, lambda: function(*args, **kwargs), repeatable=False)

    def project(self, id_or_title: int | str) -> Any:
        """The project with this id, or with exactly this title; raises LabelStudioError where there is not one."""
        name = str(id_or_title).strip()
        if name.isascii() and name.isdigit():
            try:
                return self.call(f"show project {name}", self.sdk.projects.get, int(name))
            except LabelStudioError as error:
                if error.status != 404:
                    raise
        found = self.titled(name)
        if not found:
            raise LabelStudioError(
                f"Expected a project {name!r} on {self.url}, found none that {self.user} can see. "
                f"Make it: stance label init --title {shlex.quote(name)}",
                status=404,
            )
        if len(found) > 1:
            ids = ", ".join(str(project.id) for project in found)
            raise LabelStudioError(
                f"Expected one project {name!r} on {self.url}, found {len(found)}: {ids}. "
                "Name one by its id, or give the others another title."
            )
        return self.call(f"show project {name!r}", self.sdk.projects.get, found[0].id)

    def titled(self, title: str) -> list[Any]:
        """The projects called exactly `title`, oldest first; what the list tells of each, not all of it."""
        listed: list[Any] = self.call("list its projects", lambda: list(self.sdk.projects.list(title=title)))
        return sorted((project for project in listed if project.title == title), key=lambda project: project.id)

    def address(self, project: int) -> str:
        """Where a browser finds a project."""
        return f"{self.url}/projects/{project}/data"

    def _attempt(self, what: str, request: Callable[[], Answer], *, repeatable: bool) -> Answer:
        return _attempt(request, what, self.url, secret=self.secret, pauses=self.pauses, repeatable=repeatable)


def connect(url: str | None = None, token: str | None = None) -> Server:
    """The server at `url` (else LABEL_STUDIO_URL) with `token` (else LABEL_STUDIO_API_KEY), else asked for.

    They are asked for only where standard input is a terminal. A personal access token and a legacy one will both do.
    Raises LabelStudioError where nothing answers, what answers is no Label Studio, or the token is refused.
    """
    given = url or os.environ.get("LABEL_STUDIO_URL") or _asked("LABEL_STUDIO_URL", "Label Studio's address")
    address = _attempt(lambda: _root(_clean(given)), "say its version", _clean(given), pauses=FIRST_PAUSES)
    secret = token or os.environ.get("LABEL_STUDIO_API_KEY") or ""
    secret = secret.strip() or _asked("LABEL_STUDIO_API_KEY", f"Token for {address}", hidden=True)
    if not secret.isascii() or any(map(str.isspace, secret)):
        raise LabelStudioError(f"Expected a token of letters, digits and dots, found others in it. {NEW_TOKEN}")
    sdk = _attempt(lambda: _sdk(address, secret), "log in", address, secret=secret, pauses=())
    server = Server(address, sdk, secret=secret)
    server.user = str(server.call("log in", sdk.users.whoami).email)
    return server


def _attempt(
    request: Callable[[], Answer],
    what: str,
    url: str,
    *,
    secret: str = "",
    pauses: tuple[float, ...],
    repeatable: bool = True,
) -> Answer:
    """What `request` returns, after as many attempts as it takes and `pauses` allow."""
    for pause in (*pauses, None):
        try:
            return request()
        except Exception as error:
            failure = failure_of(what, error, url, secret)
            if failure is None:
                raise
            if pause is None or not is_transient(error) or (failure.reached and not repeatable):
                raise failure from None
        time.sleep(pause)
    raise AssertionError("the last attempt returned or raised")


def _sdk(url: str, secret: str) -> "LabelStudio":
    try:
        from label_studio_sdk import LabelStudio
    except ImportError:
        raise LabelStudioError(WITHOUT_SDK) from None
    # The SDK renews a personal token at a path relative to its base, which loses its last part without the slash.
    return LabelStudio(base_url=f"{url}/", api_key=secret, timeout=TIMEOUT, max_retries=0)


def _root(url: str) -> str:
    """Where the Label Studio behind `url` answers: the same host, perhaps by https."""
    answer = httpx.get(url + _VERSION, follow_redirects=True, timeout=30)
    reached = str(answer.url).removesuffix(_VERSION)
    if reached == str(answer.url) or urlsplit(reached).hostname != urlsplit(url).hostname:
        raise stranger(url, f"that it leads to {answer.url.host}{answer.url.path}")
    if answer.status_code in GATEWAY:
        answer.raise_for_status()
    if "label-studio-os-package" not in answer.text:
        raise stranger(url, f"another answer (status {answer.status_code})")
    return reached


def _asked(variable: str, prompt: str, *, hidden: bool = False) -> str:
    if not sys.stdin.isatty():
        raise LabelStudioError(
            f"Expected {variable} in the environment, found none, nor a terminal to ask at. Set it: export {variable}=…"
        )
    answer = getpass.getpass(f"{prompt}: ") if hidden else input(f"{prompt} (such as http://localhost:8080): ")
    if not answer.strip():
        raise LabelStudioError(f"Expected {variable}, found nothing typed. Type it, or set {variable}.")
    return answer.strip()


def _clean(url: str) -> str:
    """The server's own address, without the page that it was copied from."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise LabelStudioError(
            f"Expected a server's address such as http://localhost:8080, found {url.strip()!r}. "
            "Give LABEL_STUDIO_URL or --url with http:// or https:// in front."
        )
    if "@" in parts.netloc:
        raise LabelStudioError(
            "Expected a server's address without a name and password in it, found one with them. Leave them out, and "
            "set LABEL_STUDIO_API_KEY to a token."
        )
    path = parts.path.split("/")
    kept = next((at for at, part in enumerate(path) if part in _PAGES), len(path))
    return urlunsplit((parts.scheme, parts.netloc, "/".join(path[:kept]).rstrip("/"), "", ""))
