"""A TCP proxy in front of a real server, whose cable can be pulled at a chosen moment and plugged in again."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

_CHUNK = 1 << 16


class Cable:
    """Passes bytes between `url` and a server's port until it is cut: then every connection breaks, new ones too.

    `cut_at` cuts it when the given bytes come from a client: `before` the server sees them, or once it has answered,
    so that what was asked is done and the client never hears of it, or only the first `heard` bytes.
    """

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.down = False
        self.cuts = 0
        self._trigger: bytes | None = None
        self._skip = 0
        self._before = False
        self._first: Callable[[], None] = lambda: None
        self._then: Callable[[], None] = lambda: None
        self._heard = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(
        self,
        trigger: bytes,
        *,
        before: bool = False,
        heard: int = 0,
        skip: int = 0,
        first: Callable[[], None] = lambda: None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """At the bytes `trigger` of a request, having let them pass `skip` times: do `first`, cut, and do `then`."""
        self._trigger, self._before, self._heard, self._skip = trigger, before, heard, skip
        self._first, self._then = first, then

    def cut(self) -> None:
        """Break all connections, and every new one."""
        self.down, self._trigger = True, None
        self.cuts += 1
        with self._lock:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new connections through."""
        self.down = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._upstream))
            with self._lock:
                self._open |= {client, server}
            answered = threading.Event()
            for pass_on, ends in ((self._up, (client, server)), (self._back, (server, client))):
                threading.Thread(target=_quietly, args=(pass_on, *ends, answered), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        for chunk in self._read(client, server):
            if self._trigger is not None and self._trigger in chunk:
                if self._skip:
                    self._skip -= 1
                elif self._before:
                    self._first()
                    self.cut()
                    self._then()
                    return
                else:
                    doomed.set()
            server.sendall(chunk)

    def _back(self, server: socket.socket, client: socket.socket, doomed: threading.Event) -> None:
        for chunk in self._read(server, client):
            if doomed.is_set() and len(chunk) >= self._heard:
                client.sendall(chunk[: self._heard])
                self._first()
                self.cut()
                self._then()
                return
            if doomed.is_set():
                self._heard -= len(chunk)
            client.sendall(chunk)

    def _read(self, source: socket.socket, other: socket.socket) -> Iterator[bytes]:
        try:
            while chunk := source.recv(_CHUNK):
                yield chunk
        except OSError:
            pass
        finally:
            for one in (source, other):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._open -= {source, other}


def _quietly(pass_on: Callable[..., None], *arguments: Any) -> None:
    with contextlib.suppress(OSError):
        pass_on(*arguments)
