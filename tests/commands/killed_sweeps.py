"""Forks a sweep off a process that has imported everything, so that a kill meets the sweep and not its imports.

`killed_sweeps.py FOLDER KILLS SEED OVERRIDE…` runs the sweep undisturbed in FOLDER/alone, then in FOLDER/killed: killed
with its process group KILLS times, at random moments, then left to end. Writes how many kills met a living sweep.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import matplotlib.figure  # noqa: F401
import optuna.samplers  # noqa: F401
import sklearn.linear_model  # noqa: F401

import stance.commands.sweep
import stance.commands.train
import stance.models.baselines  # noqa: F401
from stance.__main__ import main
from stance.tracking.code_version import code_version
from stance.tracking.store import connect


def start(folder: Path, overrides: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        os.setsid()
        with (folder / "output.txt").open("ab", buffering=0) as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        places = [f"tracking.uri=sqlite:///{folder / 'mlflow.db'}", f"runs={folder / 'runs'}"]
        os._exit(main(["train", "-m", *overrides, *places]))
    return pid


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def alone(folder: Path, overrides: list[str]) -> float:
    begun = time.monotonic()
    if ended(start(folder, overrides)) != 0:
        raise SystemExit((folder / "output.txt").read_text("utf-8"))
    return time.monotonic() - begun


def killed(folder: Path, overrides: list[str], seconds: float) -> bool:
    pid = start(folder, overrides)
    time.sleep(seconds)
    done, _ = os.waitpid(pid, os.WNOHANG)
    if done:
        return False
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        # It has not come to lead a group yet, so it is alone.
        os.kill(pid, signal.SIGKILL)
    ended(pid)
    return True


if __name__ == "__main__":
    root, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    # Sources that are edited meanwhile are not what runs here.
    code_version()
    for name in ("alone", "killed"):
        (root / name).mkdir()
        connect(f"sqlite:///{root / name / 'mlflow.db'}")
    whole = alone(root / "alone", sys.argv[4:])
    met = sum(killed(root / "killed", sys.argv[4:], chance.uniform(0, whole / 4)) for _ in range(kills))
    alone(root / "killed", sys.argv[4:])
    sys.stdout.write(f"{met}\n")
