"""A process of its own that holds a run open: `child.py URI` writes the run's id and waits to be ended."""

import sys
import time

from stance.tracking.starting import start_run
from stance.tracking.store import connect

if __name__ == "__main__":
    with start_run(connect(sys.argv[1]), "children", "child") as run:
        sys.stdout.write(f"{run.id}\n")
        sys.stdout.flush()
        time.sleep(120)
