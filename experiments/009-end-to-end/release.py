"""The project's articles that no fold holds, as gold of its own: what `stance evaluate MODEL EXPORT` takes.

Run: python experiments/009-end-to-end/release.py OUT.json
"""

import json
import sys
from pathlib import Path

from stance.commands.composition import compose_train
from stance.commands.job import prepare


def main(out: str) -> None:
    """Write the tasks of the main job's release part to the file `out`."""
    job = prepare(compose_train([]))
    held = {example.document_id for example in job.dataset.take(job.manifest.release).examples}
    tasks = json.loads(Path(job.composed.settings.data.export).read_text("utf-8"))
    kept = [task for task in tasks if task["data"]["document_id"] in held]
    Path(out).write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
    print(f"{len(kept)} of {len(tasks)} articles written to {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
