"""How a run ended, from the exception that left it."""

import gc
from traceback import clear_frames

from stance.errors import Pruned
from stance.tracking.guarding import one_line

ERROR_LENGTH = 500


class Terminated(SystemExit):
    """SIGTERM, as an exception, so that what is open is closed on the way out."""


def outcome(error: BaseException | None) -> str:
    """FINISHED, FAILED or KILLED: the MLflow status of a run that `error` left."""
    if error is None:
        return "FINISHED"
    if isinstance(error, KeyboardInterrupt | Pruned):
        return "KILLED"
    if isinstance(error, SystemExit):
        return _outcome_of_exit(error)
    return "FAILED"


def let_go(error: BaseException) -> None:
    """Close what the frames that `error` left hold open.

    An interrupt may come between a transaction's first write and the code that would end it. As long as the traceback
    lives, so does the transaction, and a SQLite store is locked for what has to be written of the end.
    """
    clear_frames(error.__traceback__)
    # Sessions of a database are held by cycles.
    gc.collect()


def error_text(error: BaseException) -> str:
    """`ValueError: message` on one line without secrets, its first 500 characters."""
    text = one_line(error, ERROR_LENGTH)
    name = type(error).__name__
    return (text if text == name else f"{name}: {text}")[:ERROR_LENGTH]


def _outcome_of_exit(error: SystemExit) -> str:
    # Subclasses of SystemExit stand for signals (ours, and the trainer's own); the trainer turns Ctrl-C into a plain
    # exit, which keeps the interrupt as its context.
    if type(error) is not SystemExit or _follows_interrupt(error):
        return "KILLED"
    return "FINISHED" if error.code in (None, 0) else "FAILED"


def _follows_interrupt(error: BaseException) -> bool:
    cause = error.__cause__ or error.__context__
    return cause is not None and (isinstance(cause, KeyboardInterrupt) or _follows_interrupt(cause))
