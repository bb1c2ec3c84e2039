"""A real Label Studio on 127.0.0.1, in an environment and a process of its own, that can be stopped and started."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import platformdirs
from filelock import FileLock

ROOT = Path(__file__).parents[2]
# Read before the suite gives the tests a cache of their own: a migrated database is worth keeping.
CACHE = Path(os.environ.get("STANCE_CACHE") or platformdirs.user_cache_dir("stance"))
STARTED_WITHIN = 300
QUIET = {
    "LATEST_VERSION_CHECK": "false",
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    # An ML backend and webhooks of the tests live on this machine too.
    "ML_BLOCK_LOCAL_IP": "false",
    "SSRF_PROTECTION_ENABLED": "false",
}


@dataclass(frozen=True)
class User:
    """Somebody who labels; `token` is a legacy one. They exist on this machine, while the tests run."""

    email: str
    password: str
    token: str


USERS = (
    User("amal@stance.invalid", "for-tests-only-amal", "a" * 40),
    User("basim@stance.invalid", "for-tests-only-basim", "b" * 40),
)


def find_python() -> Path:
    """The interpreter of the environment that holds Label Studio."""
    found = Path(os.environ.get("LABEL_STUDIO_PYTHON") or ROOT / ".venv-label-studio" / "bin" / "python")
    if not found.exists():
        raise FileNotFoundError(f"Expected Label Studio's environment, found no {found}: make test-label-studio")
    return found


class LabelStudio:
    """`label-studio start` on one data folder and one port, over all its lives."""

    def __init__(self, python: Path, folder: Path, *, legacy: bool = True) -> None:
        self.folder = folder
        self.users = USERS
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._program = python.with_name("label-studio")
        self._legacy = legacy
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, and return once it answers: about 5 s on a migrated data folder."""
        started = time.monotonic()
        command = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment(),
            )
        told = started
        while time.monotonic() < started + STARTED_WITHIN and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            if time.monotonic() > told + 10:
                told = time.monotonic()
                print(f"Label Studio is starting: {told - started:.0f} s", file=sys.__stderr__, flush=True)
            time.sleep(0.2)
        tail = self.log.read_text("utf-8", "replace")[-2000:]
        self.stop()
        raise AssertionError(f"Label Studio did not answer at {self.url}:\n{tail}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it; with SIGKILL as a machine that loses its power."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def add_user(self, user: User) -> None:
        """Make a user who belongs to the first one's organisation; for a server that stands still."""
        given = ["--username", user.email, "--password", user.password, "--user-token", user.token]
        subprocess.run(
            [str(self._program), "init", "-q", *given],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        first = self.users[0]
        return {
            # Nothing of ours that Label Studio would read too.
            **{name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")},
            **QUIET,
            "LABEL_STUDIO_BASE_DATA_DIR": str(self.folder),
            "LABEL_STUDIO_USERNAME": first.email,
            "LABEL_STUDIO_PASSWORD": first.password,
            "LABEL_STUDIO_USER_TOKEN": first.token,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": str(self._legacy).lower(),
        }


def personal_token(server: LabelStudio, user: User) -> str:
    """A new personal access token of `user`, made as a browser makes it; the server gives one at a time."""
    with log_in(server, user) as browser:
        held = browser.get("/api/token/").json()
        for token in held if isinstance(held, list) else []:
            _post(browser, "/api/token/blacklist/", {"refresh": token["token"]})
        answer = _post(browser, "/api/token/", {})
        answer.raise_for_status()
        return str(answer.json()["token"])


@contextlib.contextmanager
def log_in(server: LabelStudio, user: User) -> Iterator[httpx.Client]:
    """A session of `user` with cookies, as a browser has one."""
    with httpx.Client(base_url=server.url, timeout=30, follow_redirects=True) as browser:
        page = browser.get("/user/login/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, page[:500]
        form = {"email": user.email, "password": user.password, "csrfmiddlewaretoken": found[1]}
        answer = browser.post("/user/login/", data=form, headers={"Referer": server.url})
        assert "/user/login" not in str(answer.url), answer.text[:500]
        yield browser


def _post(browser: httpx.Client, path: str, body: dict) -> httpx.Response:
    return browser.post(path, json=body, headers={"X-CSRFToken": browser.cookies["csrftoken"], "Referer": path})


def migrated_folder(python: Path) -> Path:
    """A data folder with its tables and USERS, made once per machine and version of Label Studio: half a minute."""
    version = _version(python)
    folder = CACHE / "tests" / f"label-studio-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _migrate(python, folder)
            (folder / "ready").touch()
    return folder


def _migrate(python: Path, folder: Path) -> None:
    server = LabelStudio(python, folder)
    server.start()
    server.stop()
    for user in USERS[1:]:
        server.add_user(user)


def _version(python: Path) -> str:
    code = "from importlib.metadata import version; print(version('label-studio'))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
