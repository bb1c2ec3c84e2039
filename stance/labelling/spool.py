"""Documents on their way to a server, kept in a file: memory does not grow with their texts."""

import tempfile
from collections.abc import Iterator
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

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each document's id and text, of several targets once."""
        seen = set()
        for number, (name, _) in enumerate(self.keys):
            if name not in seen:
                seen.add(name)
                yield name, self[number].document.text
