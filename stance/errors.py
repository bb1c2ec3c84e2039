"""The few exceptions that a user can cause. The command line prints them without a traceback."""


class StanceError(Exception):
    """Base of all errors a user can mend; the message says what was expected, what was found, and the next step."""


class ConfigurationError(StanceError):
    """A configuration that cannot run: an unknown key, a value out of range, options that exclude each other."""


class DataError(StanceError):
    """A file that is missing, unreadable, or holds something other than what was expected."""


class TrackingError(StanceError):
    """A run, a model or a tracking server that cannot be reached or used."""


class LabelStudioError(StanceError):
    """A Label Studio server that cannot be reached, refuses, or holds something other than what was expected.

    `reached` is False where the request surely never got to the server, so that nothing can have changed there.
    """

    def __init__(self, message: str, *, status: int | None = None, reached: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.reached = reached


class Pruned(Exception):  # noqa: N818 - like KeyboardInterrupt, not an error
    """A training that a sweep gave up after an epoch, since others did better by then. No mistake of anybody."""
