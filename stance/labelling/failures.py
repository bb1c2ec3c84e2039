"""What a request to Label Studio can end with, in plain words; no token is ever part of them."""

import json
from typing import Any

import httpx

from stance.errors import LabelStudioError

NEW_TOKEN = (
    "Copy one from the server, under Account & Settings → Personal Access Token, and set it: "
    "export LABEL_STUDIO_API_KEY=…"
)
WITHOUT_SDK = "Expected the package label-studio-sdk, found none. Install it: pip install 'stance[labelling]'"
TIMEOUT = 120.0
"""Seconds that one request may take: an import of thousands of tasks is answered when all of them are stored."""

GATEWAY = frozenset({502, 503, 504})
"""What a proxy answers whose server is away."""

_BUSY = 429
_SHOWN = 300  # characters of what a server said


def failure_of(what: str, error: Exception, url: str, secret: str = "") -> LabelStudioError | None:
    """What `error` means, raised when asking the server at `url` to do `what`; None for what is no server's doing."""
    if isinstance(error, httpx.TransportError):
        found = _transport(error, url, what)
    elif isinstance(error, httpx.HTTPStatusError):
        found = _answer(error.response.status_code, error.response.text, url, what)
    elif isinstance(error, json.JSONDecodeError):
        found = _stranger(url, what, "an answer that is no JSON", None)
    elif hasattr(error, "body"):  # the SDK's ApiError and ParsingError, whose modules may not be installed
        found = _answer(_status(error), error.body, url, what)
    else:
        return None
    if secret and secret in str(found):
        return LabelStudioError(str(found).replace(secret, "…"), status=found.status, reached=found.reached)
    return found


def is_transient(error: Exception) -> bool:
    """Whether trying again may help: nobody there, a connection that broke, a gateway without its server."""
    if isinstance(error, httpx.TransportError):
        return not isinstance(error, httpx.UnsupportedProtocol) and "CERTIFICATE" not in str(error)
    return _status(error) in (*GATEWAY, _BUSY)


def stranger(url: str, found: str) -> LabelStudioError:
    """Something else than Label Studio lives at `url`."""
    return _stranger(url, "say its version", found, None)


def _status(error: Exception) -> int | None:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code
    return getattr(error, "status_code", None)


def _transport(error: httpx.TransportError, url: str, what: str) -> LabelStudioError:
    unheard = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
    if "CERTIFICATE" in str(error):
        found, advice = f"a certificate that does not hold ({error})", "Mend it, or set SSL_CERT_FILE to your own."
    elif isinstance(error, httpx.TimeoutException) and not unheard:
        found, advice = f"no answer within {TIMEOUT:.0f} s", "Look whether the server is busy; the same line continues."
    elif unheard:
        found = f"nobody there ({error or type(error).__name__})"
        advice = "Start the server, or set LABEL_STUDIO_URL to where it is; the same line continues."
    else:
        found = f"a connection that broke off ({error or type(error).__name__})"
        advice = "Look whether the server still runs; the same line continues."
    return LabelStudioError(f"Expected Label Studio at {url} to {what}, found {found}. {advice}", reached=not unheard)


def _answer(status: int | None, body: Any, url: str, what: str) -> LabelStudioError:
    said = _said(body)
    if status == 401 or (status == 400 and "token" in said.lower() and "refresh" in said.lower()):
        return _refused_token(url, said)
    if status is not None and 200 <= status < 300:
        return _stranger(url, what, "an answer of another form", status)
    if _is_page(body) and status not in (*GATEWAY, 500, 413):
        return _stranger(url, what, f"a web page (status {status})", status)
    if status == 403:
        found, advice = f"that the token's user may not ({said})", "Ask whoever runs the server, or use another token."
    elif status == 404:
        found, advice = f"that it does not exist there ({said})", "Was it deleted, or is it another server's?"
    elif status == 413:
        found, advice = "that the request is too large for it", "Raise the proxy's limit, or send less at once."
    elif status in GATEWAY or status == _BUSY:
        found, advice = f"status {status}: it is away or busy", "Wait until it runs; the same line continues."
    elif status is not None and status >= 500:
        found, advice = f"an error of its own, status {status} ({said})", "Its log says more; the same line continues."
    else:
        found, advice = f"a refusal, status {status} ({said})", "Mend what it names, and run the same line again."
    reached = status != _BUSY
    return LabelStudioError(
        f"Expected Label Studio at {url} to {what}, found {found}. {advice}", status=status, reached=reached
    )


def _refused_token(url: str, said: str) -> LabelStudioError:
    """Each way in which a token is refused, as this server's versions word it."""
    low = said.lower()
    if "legacy token authentication has been disabled" in low:
        found = "a legacy token, which this server no longer takes"
        advice = f"{NEW_TOKEN} Or allow legacy tokens under Organization → API Tokens Settings."
    elif "blacklisted" in low:
        found, advice = "one that was revoked", NEW_TOKEN
    elif "expired" in low:
        found, advice = "one that has expired", NEW_TOKEN
    else:
        found, advice = f"one it does not know ({said})", NEW_TOKEN
    return LabelStudioError(f"Expected a token that {url} takes, found {found}. {advice}", status=401)


def _stranger(url: str, what: str, found: str, status: int | None) -> LabelStudioError:
    return LabelStudioError(
        f"Expected Label Studio at {url} to {what}, found {found}: no Label Studio, or a login page before it. "
        "Set LABEL_STUDIO_URL to the address that its own pages have, without what follows the host.",
        status=status,
    )


def _said(body: Any) -> str:
    """What the server gave as reason, on one line."""
    if isinstance(body, dict):
        errors = body.get("validation_errors")
        parts = [body.get("detail"), *(_flat(errors) if errors else [])]
        said = "; ".join(str(part) for part in parts if part) or json.dumps(body, ensure_ascii=False, default=str)
    else:
        said = str(body)
    said = " ".join(said.split())
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


def _flat(errors: Any) -> list[str]:
    if isinstance(errors, dict):
        return [f"{name}: {', '.join(_flat(error))}" for name, error in errors.items()]
    if isinstance(errors, list):
        return [text for error in errors for text in _flat(error)]
    return [str(errors)]


def _is_page(body: Any) -> bool:
    return isinstance(body, str) and body.lstrip()[:15].lower().startswith(("<!doctype", "<html"))
