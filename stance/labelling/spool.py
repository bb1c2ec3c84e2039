"""Documents on their way to a server, kept in a file: memory does not grow with their texts."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType

import msgspec

from stance.labelling.arrivals import Arrival

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Arrival)


class Spool:
    """A temporary file of arrivals, read again by number (from 0), gone when it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="stance-push-")  # noqa: SIM115 - closed by `close`
        self._places: list[tuple[int, int]] = []
        self.keys: list[tuple[str, str]] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, arrival: Arrival) -> None:
        """Put `arrival` behind the others."""
        encoded = _ENCODER.encode(arrival)
        start = self._file.seek(0, 2)
        self._file.write(encoded)
        self._places.append((start, len(encoded)))
        self.keys.append(arrival.key)

    def __getitem__(self, number: int) -> Arrival:
        start, length = self._places[number]
        self._file.seek(start)
        return _DECODER.decode(self._file.read(length))

    def __iter__(self) -> Iterator[Arrival]:
        return (self[number] for number in range(len(self)))

    def texts(self) -> Mapping[str, str]:
        """A text for each document id."""
        return {arrival.document.document_id: arrival.document.text for arrival in self}


def spooled(arrivals: Iterable[Arrival]) -> Spool:
    """A spool of `arrivals`."""
    spool = Spool()
    try:
        for arrival in arrivals:
            spool.add(arrival)
    except BaseException:
        spool.__exit__(None, None, None)
        raise
    return spool
