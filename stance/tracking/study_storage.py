"""The database in which studies lie, opened for several processes at once, with errors a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stance.errors import TrackingError
from stance.tracking.guarding import one_line
from stance.tracking.masking import mask

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

# Several trials may write their epochs at once.
_SQLITE_SECONDS = 60


def open_storage(url: str) -> "RDBStorage":
    """The database at `url`, made if missing; raises what `storage_errors` explains."""
    from optuna.storages import RDBStorage

    arguments = {"timeout": _SQLITE_SECONDS} if url.startswith("sqlite") else {}
    return RDBStorage(url, engine_kwargs={"connect_args": arguments})


def trial_id(storage: "RDBStorage", study: str, trial: int) -> int:
    """The database's own number of a trial."""
    return storage.get_trial_id_from_study_id_trial_number(storage.get_study_id_from_name(study), trial)


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Run the body; what it raises from below becomes a TrackingError in one line without secrets."""
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OptunaError, SQLAlchemyError, ImportError, OSError) as error:
        raise TrackingError(f"Expected a sweep's record at {mask(url)}, found: {one_line(error)}") from error
