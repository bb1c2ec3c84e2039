"""A real MLflow server in a process of its own, that can be killed and started again on the same database."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests


class Server:
    """`mlflow server` on 127.0.0.1, on a port that stays the same over its lives."""

    def __init__(self, folder: Path, uri: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._database = uri
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = {"--backend-store-uri": self._database, "--artifacts-destination": self._folder / "artifacts"}
        options |= {"--host": "127.0.0.1", "--port": self.port, "--workers": 1}
        command = [sys.executable, "-m", "mlflow", "server", *(str(part) for pair in options.items() for part in pair)]
        with (self._folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                # Its workers die with it.
                start_new_session=True,
                env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            )
        for _ in range(900):
            if self._process.poll() is not None:
                break
            try:
                requests.get(f"{self.uri}/health", timeout=5)
                return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise AssertionError((self._folder / "server.log").read_text())

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
