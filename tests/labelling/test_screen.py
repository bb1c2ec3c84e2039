"""The labelling screen in a real browser: what a person draws there is what our reader returns."""

import json
from pathlib import Path

import pytest

from stance.__main__ import main
from stance.annotation.export import read_export
from stance.annotation.labelling_configuration import Screen, guideline_version
from stance.annotation.problems import Report
from stance.annotation.records import Mention, Statement
from stance.annotation.registry import read_actors, read_targets
from stance.labelling.client import connect
from stance.labelling.project import create_project
from stance.labelling.pushing import Push
from stance.labelling.spool import Spool
from stance.labels import MAIN, Attribution, Channel
from tests.labelling.screen import drive
from tests.labelling.servers import LabelStudio
from tests.labelling.small import arrival, form, registries, suggester

pytestmark = [pytest.mark.label_studio, pytest.mark.browser]

LABELS = Path(__file__).parents[2] / "labels"
SOURCES = ["--actors", str(LABELS / "corpus" / "actors.yaml"), "--targets", str(LABELS / "targets.yaml")]
# Characters of two UTF-16 units, of several code points and without width stand before everything that is drawn.
TEXT = (
    "😀🇮🇶👩‍🚀 عاجلٌ جدًّا:\n"
    "قالَ الحاكمُ العجوزُ لضيوفِهِ إنّ القواتِ «باقيةٌ ما بقيَ الخطرُ»، ثمّ انصرفَ.\n"
    "وردّ الراشدي بأنه يرفضُ البقاءَ رفضًا قاطعًا."
)
HOLDER, SPAN = "الحاكمُ العجوزُ", "«باقيةٌ ما بقيَ الخطرُ»"
FOUND, AGAINST = "الراشدي", "يرفضُ البقاءَ رفضًا قاطعًا"


def spot(words: str) -> tuple[int, int]:
    start = TEXT.index(words)
    return start, start + len(words)


@pytest.fixture
def task(as_first_user: LabelStudio, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a task that was pushed from the command line to a project made from there."""
    monkeypatch.chdir(tmp_path)
    line = {"document_id": "screen", "text": TEXT, "target": "khaldunia-valoria", "published": "2033-03-13"}
    Path("documents.jsonl").write_text(json.dumps(line), "utf-8")
    assert main(["label", "init", "--title", title, *SOURCES]) == 0
    assert main(["label", "push", "documents.jsonl", "--project", title, *SOURCES]) == 0
    server = connect(as_first_user.url, as_first_user.users[0].token)
    project = server.project(title).id
    (pushed,) = server.sdk.tasks.list(project=project)
    return f"{as_first_user.url}/projects/{project}/data?task={pushed.id}"


def test_what_is_drawn_comes_back(
    task: str, as_first_user: LabelStudio, title: str, label_studio_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user = as_first_user.users[0]
    steps = [
        ["log_in", as_first_user.url, user.email, user.password],
        ["open_task", task],
        ["direction"],
        ["place", HOLDER],
        ["mark", "1", HOLDER],
        ["search_actor", "الهوراني"],
        ["take_actor", "شيروان الهوراني"],
        ["mark", "2", SPAN],
        ["press", "3", "7", "0"],
        ["open_targets"],
        ["take_target", "وجود القوات الكاردانية في شمال خلدونيا"],
        ["link", SPAN, HOLDER],
        ["mark", "2", AGAINST],
        ["press", "4"],
        ["link", AGAINST, FOUND],
        ["finish", "Control+Enter"],
    ]
    returned = drive(label_studio_python, steps)
    assert returned[2] == "rtl"
    assert returned[3]["begin"] > returned[3]["end"]

    capsys.readouterr()
    assert main(["label", "pull", "--project", title, "--out", "pulled.json", *SOURCES]) == 0
    assert not capsys.readouterr().err.strip()
    report = Report()
    actors, targets = read_actors(LABELS / "corpus" / "actors.yaml"), read_targets(LABELS / "targets.yaml")
    (document,) = read_export(
        Path("pulled.json"), label_set=MAIN, actors=actors.ids(), targets=targets.ids(), report=report
    )
    assert not report.problems
    assert document.text == TEXT
    (annotation,) = document.annotations
    assert annotation.suggested_by is not None
    found, drawn = sorted(annotation.mentions, key=lambda mention: mention.start, reverse=True)
    assert found == Mention(found.id, *spot(FOUND), "khaldunia.prime_minister")
    assert drawn == Mention(drawn.id, *spot(HOLDER), "khaldunia.highlands_president")
    first, second = sorted(annotation.statements, key=lambda statement: statement.start)
    assert first == Statement(
        id=first.id,
        start=spot(SPAN)[0],
        end=spot(SPAN)[1],
        holder="khaldunia.highlands_president",
        stance="favor",
        channel=Channel.PRIVATE,
        attribution=Attribution.REPORTED,
        target="khaldunia-kardania",
        mention=drawn.id,
    )
    assert second == Statement(second.id, *spot(AGAINST), "khaldunia.prime_minister", "against", mention=found.id)


def test_the_models_doubt_is_seen_beside_its_suggestion(
    label_studio: LabelStudio, label_studio_python: Path, title: str, tmp_path: Path
) -> None:
    """In the list of regions, whose words are Arabic and longer than the list is wide."""
    actors, targets = registries(tmp_path)
    user = label_studio.users[0]
    server = connect(label_studio.url, user.token)
    project = create_project(server, title, Screen(MAIN, actors, targets, guideline_version()))
    text = f"ورفض الحزب بقاء القوات {'في الشمال والجنوب ' * 12}."
    with Spool() as spool:
        spool.add(arrival("doubt", text))
        push = Push(server, project.id, form(actors, targets), suggester(actors, targets), share=0.0)
        push.run(spool, lambda *told: None)
    (task,) = server.sdk.tasks.list(project=project.id)
    steps = [
        ["log_in", label_studio.url, user.email, user.password],
        ["open_task", f"{server.address(project.id)}?task={task.id}"],
        ["click", "بقاء القوات"],
        ["reveal"],
        ["doubt"],
    ]
    assert drive(label_studio_python, steps)[-1] == {"shown": "0.88", "seen": True}
