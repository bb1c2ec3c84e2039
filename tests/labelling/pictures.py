"""Take the guide's pictures again, on a real server: python -m tests.labelling.pictures --model URI."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from stance.__main__ import main as stance
from stance.labelling.client import Server, connect
from tests.labelling.screen import drive
from tests.labelling.servers import LabelStudio, find_python, migrated_folder

LABELS = Path(__file__).parents[2] / "labels"
GUIDE = LABELS / "guide"
PICTURES = GUIDE / "pictures"
# One project where actors alone are suggested, to draw in, and one with the model's stances.
BARE, HINTED = "أخبار خلدونيا", "أخبار خلدونيا، باقتراح"
ACTORS = ["--actors", str(LABELS / "corpus" / "actors.yaml")]
# Without the list of tasks at the left, where the text is what matters.
TEXT = {"x": 240, "y": 48, "width": 1040, "height": 812}

QUOTED = "«ترتيب المغادرة لا شروط الإقامة»"
PRIVATE = "«لا يرى بأساً في أن يبقى المدرّبون بعد ذلك الموعد»"
UNMARKED = "الألوية"


def drawing(data: str, tasks: dict[str, Any]) -> list[list[Any]]:
    """What is done and pictured in the bare project, whose pages begin with the address `data`."""
    return [
        ["open_task", f"{data}?task={tasks['guide-main'].id}"],
        kept("task", None),
        ["mark", "1", UNMARKED],
        ["search_actor", "Shield"],
        kept("actor"),
        ["take_actor", "ألوية الدرع · "],
        ["mark", "2", QUOTED],
        ["press", "4"],
        ["link", QUOTED, "مأمون الراشدي"],
        ["mark", "2", PRIVATE],
        ["press", "3", "7", "0"],
        kept("statement"),
        ["link", PRIVATE, "يزن القادري"],
        kept("arrow"),
        ["go", data, "text=Label All Tasks"],
        ["press_button", "text=Label All Tasks"],
        ["press", "Escape"],  # the guidelines, which open before the first task
        ["note", "نص مقطوع، وأوله بلغة أخرى"],
        kept("skip", None),
    ]


def looking(data: str, tab: int, tasks: dict[str, Any]) -> list[list[Any]]:
    """What is pictured in the project with suggestions."""
    return [
        ["go", f"{data}?tab={tab}", "text=queue_reason"],
        kept("queue", None),
        ["open_task", f"{data}?task={tasks['guide-hint'].id}"],
        ["click", suggested(tasks["guide-hint"])],
        ["reveal"],
        kept("suggestion"),
    ]


def kept(name: str, clip: dict[str, int] | None = TEXT) -> list[Any]:
    return ["picture", str(PICTURES / f"{name}.png"), clip]


def suggested(task: Any) -> str:
    """The words of the first statement that the model suggested."""
    (prediction,) = task.predictions
    spans = [item["value"] for item in prediction.result if item["type"] == "choices"]
    if not spans:
        raise SystemExit("Expected a model that suggests a statement in guide-hint, found none. Name another: --model")
    return str(task.data["text"][spans[0]["start"] : spans[0]["end"]].strip())


def made(server: Server, title: str, *model: str) -> tuple[str, int, dict[str, Any]]:
    """A project with the guide's articles: address and id, and its tasks by document."""
    stance(["label", "init", "--title", title, *ACTORS])
    stance(["label", "push", str(GUIDE / "articles.jsonl"), "--blind", "0", "--project", title, *model, *ACTORS])
    project = server.project(title).id
    tasks = server.sdk.tasks.list(project=project, fields="all")
    return server.address(project), project, {task.data["document_id"]: task for task in tasks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="models:/…, runs:/… or a folder")
    model = ["--model", parser.parse_args().model]
    python = find_python()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        shutil.copytree(migrated_folder(python), copy)
        served = LabelStudio(python, copy)
        served.start()
        try:
            user = served.users[0]
            os.environ |= {"LABEL_STUDIO_URL": served.url, "LABEL_STUDIO_API_KEY": user.token}
            server = connect(served.url, user.token)
            data, _, tasks = made(server, BARE)
            steps = drawing(data, tasks)
            data, project, tasks = made(server, HINTED, *model)
            stance(["label", "queue", "--by", "uncertainty", "--project", HINTED, *model, *ACTORS])
            (tab,) = [view.id for view in server.sdk.views.list(project=project)]
            drive(python, [["log_in", served.url, user.email, user.password], *steps, *looking(data, tab, tasks)])
        finally:
            served.stop()


if __name__ == "__main__":
    main()
