"""Whatever MLflow, its database or its server raises becomes a TrackingError in one line without secrets."""

from collections.abc import Iterator
from contextlib import contextmanager

from stance.errors import TrackingError
from stance.tracking.masking import mask_text

SHOWN = 300


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


def one_line(error: BaseException, length: int = SHOWN) -> str:
    """The message of `error` on one line, masked, at most `length` characters; its class name where it says nothing."""
    return " ".join(mask_text(str(error)).split())[:length] or type(error).__name__
