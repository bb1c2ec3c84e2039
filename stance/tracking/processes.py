"""Which process on which host writes a run, told apart from a later process with the same number."""

import os
import platform
import subprocess
from pathlib import Path

# Field 22 of /proc/PID/stat, counted from behind the command's closing bracket (which may itself hold spaces).
_START_FIELD = 19
_PS_SECONDS = 10
UNKNOWN = "unknown"


def host() -> str:
    """The name of this machine."""
    return platform.node()


def process_started(pid: int) -> str | None:
    """When the process `pid` of this machine started, as a text to compare; None where there is no such process."""
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A zombie has died; only its parent hasn't asked.
    if fields[0] in "ZX":
        return None
    # Clock ticks count from the boot, so the boot belongs to it.
    return f"{_boot()}:{fields[_START_FIELD]}"


def is_alive(pid: int, started: str) -> bool:
    """Whether the process `pid` runs and is the one that started at `started` (from `process_started`).

    True where that cannot be told: closing the run of a living process is the worse mistake.
    """
    if started == UNKNOWN:
        return True
    return _is_hidden(pid) if (now := process_started(pid)) is None else now == started


def own_process() -> dict[str, str]:
    """The tags that say who writes a run: `stance.pid`, `stance.host`, `stance.process_started`."""
    pid = os.getpid()
    return {
        "stance.pid": str(pid),
        "stance.host": host(),
        "stance.process_started": process_started(pid) or UNKNOWN,
    }


def _is_hidden(pid: int) -> bool:
    """Whether `pid` is a process of another user that this system shows to nobody else."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "boot"


def _started_by_ps(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_PS_SECONDS, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
