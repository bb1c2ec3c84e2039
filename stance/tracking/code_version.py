"""What code made a run: a hash over the package's sources, and the git commit where there is one."""

import hashlib
import subprocess
from functools import cache
from pathlib import Path

import stance

PACKAGE = Path(stance.__file__).resolve().parent
_GIT_SECONDS = 20


@cache
def code_version() -> str:
    """SHA-256 over the relative path and the content of every `*.py` of the package, sorted; 12 hex digits.

    Computed once a process: sources edited while it runs are not what it runs.
    """
    whole = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py"), key=lambda path: path.relative_to(PACKAGE).as_posix()):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(PACKAGE).as_posix()}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:12]


@cache
def git_commit() -> tuple[str | None, bool]:
    """(commit, whether anything differs from it); (None, False) without git or where git does not hold the package."""
    # An installed package may lie in the ignored folder of somebody else's repository.
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None, False
    commit = _git("rev-parse", "HEAD")
    return commit, commit is not None and _git("status", "--porcelain") != ""


def _git(*arguments: str) -> str | None:
    # Without optional locks a look at the state can't disturb a commit made at the same time.
    command = ["git", "--no-optional-locks", "-C", str(PACKAGE), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
