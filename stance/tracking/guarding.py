"""Whatever MLflow, its database or its server raises becomes a TrackingError in one line without secrets."""

import errno
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from stance.errors import TrackingError
from stance.tracking.masking import mask_text

SHOWN = 300
WAIT = 300.0
"""Seconds for which a start waits for a store that is away."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_AWAY_CODES = frozenset({"TEMPORARILY_UNAVAILABLE", "DEADLINE_EXCEEDED", "REQUEST_LIMIT_EXCEEDED"})
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_logger = logging.getLogger(__name__)
T = TypeVar("T")


@contextmanager
def tracking_errors(expected: str) -> Iterator[None]:
    """Run the body; what it raises from below becomes TrackingError("Expected <expected>, found: <cause>")."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, RequestException, SQLAlchemyError, OSError) as error:
        raise TrackingError(f"Expected {expected}, found: {one_line(error)}") from error


def patiently(expected: str, action: Callable[[], T]) -> T:
    """What `action` returns, called again for WAIT seconds while its store is away; raises like `tracking_errors`."""
    deadline, pause = time.monotonic() + WAIT, _FIRST_PAUSE
    with tracking_errors(expected):
        while True:
            try:
                return action()
            except Exception as error:
                if not is_away(error) or time.monotonic() + pause > deadline:
                    raise
                if pause == _FIRST_PAUSE:
                    _logger.warning("Waiting for the MLflow store: %s", one_line(error))
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def is_away(error: BaseException) -> bool:
    """Whether `error` says that a store cannot be asked at the moment, so that the same request may do later.

    A server that is gone, busy or behind a gateway that misses it, a database that is locked. Not a server that
    answers with its own failure (500): the same request would fail again.
    """
    from mlflow.exceptions import MlflowException
    from requests import exceptions as http
    from sqlalchemy.exc import OperationalError

    for one in _chain(error):
        if isinstance(one, OperationalError):
            # A full disk or a missing table is an operational error of SQLite too.
            return "sqlite" not in type(one.orig).__module__ or "locked" in str(one.orig)
        if isinstance(one, http.RetryError):
            return "too many 500 " not in str(one)
        if isinstance(one, http.ConnectionError | http.Timeout | http.ChunkedEncodingError):
            return True
        if isinstance(one, ConnectionError | TimeoutError | socket.gaierror):
            return True
        if isinstance(one, OSError) and one.errno in _UNREACHABLE:
            return True
    return isinstance(error, MlflowException) and error.error_code in _AWAY_CODES


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    # MLflow raises its own exception while it handles the one that tells, not always from it.
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def one_line(error: BaseException, length: int = SHOWN) -> str:
    """The message of `error` on one line, masked, at most `length` characters; its class name where it says nothing."""
    return " ".join(mask_text(str(error)).split())[:length] or type(error).__name__
