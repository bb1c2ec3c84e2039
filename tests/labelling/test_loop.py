"""The whole loop by the command line, on a real server: init, push, two annotators, pull, agreement, a third, train."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stance.__main__ import main
from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.records import Annotation, Document
from stance.annotation.writer import task_of
from stance.labelling.client import Server, connect
from stance.labels import MAIN
from stance.tracking.store import connect as connect_store
from tests.doubles import TARGETS, documents, tiny_encoder
from tests.labelling.servers import USERS, LabelStudio, User, migrated_folder
from tests.labelling.trained import COUNT, Trained, train

pytestmark = pytest.mark.label_studio

AMAL, BASIM = USERS
CARINE = User("carine@stance.invalid", "for-tests-only-carine", "c" * 40)
BLIND = 0.25
# In two documents Basim reads the first statement otherwise; Carine finds him right in the first, Amal in the second.
OTHERWISE = {"favor": "against", "against": "favor", "ambivalent": "favor"}
DISPUTED = ("d3", "d8")


@pytest.fixture
def three_people(label_studio_python: Path, tmp_path: Path) -> Iterator[LabelStudio]:
    folder = tmp_path / "label-studio"
    shutil.copytree(migrated_folder(label_studio_python), folder)
    server = LabelStudio(label_studio_python, folder)
    server.add_user(CARINE)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    folder = tmp_path / "world"
    folder.mkdir()
    return train(folder)


def answers(*, turned: tuple[str, ...]) -> dict[str, Annotation]:
    """By document, what is to be marked in it: what it was made of, the first statement of the `turned` reversed."""
    found = {}
    for document in documents(COUNT):
        (annotation,) = document.annotations
        if document.document_id in turned:
            first, *others = annotation.statements
            first = msgspec.structs.replace(first, stance=OTHERWISE[first.stance])
            annotation = msgspec.structs.replace(annotation, statements=(first, *others))
        found[document.document_id] = annotation
    return found


def labels(annotation: Annotation) -> dict[str, str]:
    """The stance of each actor: every double's actor has one statement at most."""
    said = {statement.holder: statement.stance for statement in annotation.statements}
    return {mention.actor: said.get(mention.actor, "none") for mention in annotation.mentions}


def annotate(server: Server, project: int, given: dict[str, Annotation]) -> None:
    """Submit the answer of each task."""
    for task in server.sdk.tasks.list(project=project, fields="all"):
        name = task.data["document_id"]
        document = Document(name, "", task.data["text"], annotations=(given[name],), target="t1")
        (made,) = task_of(document)["annotations"]
        server.sdk.annotations.create(id=task.id, result=[_item(item) for item in made["result"]], lead_time=9.5)


def only(annotation: Annotation, actor: str) -> Annotation:
    return msgspec.structs.replace(
        annotation,
        mentions=tuple(one for one in annotation.mentions if one.actor == actor),
        statements=tuple(one for one in annotation.statements if one.holder == actor),
    )


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """As the screen sends it: an actor by its path in the list."""
    if item["type"] != "taxonomy":
        return item
    return {**item, "value": {**item["value"], "taxonomy": [["party", item["value"]["taxonomy"][0][-1]]]}}


def alpha(pairs: list[tuple[str, str]]) -> float:
    """Krippendorff's nominal alpha of two annotators with nothing missing, by its definition."""
    values = Counter(value for pair in pairs for value in pair)
    total = values.total()
    observed = sum(first != second for first, second in pairs) / len(pairs)
    expected = 1 - sum(count * (count - 1) for count in values.values()) / (total * (total - 1))
    return 1 - observed / expected


def test_the_whole_loop(
    three_people: LabelStudio,
    trained: Trained,
    title: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = Path.cwd()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", trained.uri)
    monkeypatch.setenv("LABEL_STUDIO_URL", three_people.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", AMAL.token)
    amal, basim, carine = (connect(three_people.url, user.token) for user in (AMAL, BASIM, CARINE))

    # A project with a task for each article, the champion's stances in all but the blind.
    assert main(["label", "init", "--title", title, *trained.sources]) == 0
    lines = [{"document_id": one.document_id, "text": one.text, "target": "t1"} for one in documents(COUNT)]
    Path("articles.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    model = ["--model", "models:/actor-stance@champion", "--blind", str(BLIND)]
    capsys.readouterr()
    assert main(["label", "push", "articles.jsonl", "--project", title, *model, *trained.sources]) == 0
    said = capsys.readouterr().out
    assert f"{COUNT} added, 0 updated, 0 as they were" in said
    assert "suggestions: actor-stance/1; " in said
    project = amal.project(title).id
    pushed = list(amal.sdk.tasks.list(project=project, fields="all"))
    assert {task.data["document_id"] for task in pushed} == {one.document_id for one in documents(COUNT)}
    assert all(task.predictions for task in pushed)
    blind = sum(bool(task.data["blind"]) for task in pushed)
    assert 0 < blind < COUNT

    # Two people label all of it.
    first, second = answers(turned=()), answers(turned=DISPUTED)
    annotate(amal, project, first)
    annotate(basim, project, second)
    assert main(["label", "pull", "--project", title, "--out", "both.json", *trained.sources]) == 0
    said = capsys.readouterr()
    assert not said.err.strip()
    assert f"{COUNT} tasks, {COUNT} documents" in said.out
    assert f"{blind} tasks were blind" in said.out

    # How far they agree, and where they don't.
    wanted = ["--json", "agreement.json", "--html", "agreement.html"]
    assert main(["label", "agreement", "both.json", *wanted]) == 0
    figures = json.loads(Path("agreement.json").read_text("utf-8"))
    units = [(labels(first[name]), labels(second[name])) for name in first]
    pairs = [(one[actor], other[actor]) for one, other in units for actor in one]
    assert figures["units"] == len(pairs) == 3 * COUNT
    assert sorted(figures["annotators"]) == [AMAL.email, BASIM.email]
    assert figures["overall"][0]["nominal"]["value"] == pytest.approx(alpha(pairs))
    assert "d3" in Path("agreement.html").read_text("utf-8")

    # Ties become a project in which a third person decides.
    third = f"{title[:40]} third"
    settle = ["label", "adjudicate", "both.json"]
    registries = trained.sources[:4]
    capsys.readouterr()
    assert main([*settle, "--out", "gold.json", "--push", "--title", third, *registries]) == 0
    said = capsys.readouterr().out
    assert f"{3 * COUNT - 2} labels settled" in said
    assert "2 in conflict, in 2 documents" in said
    decided = {**first, DISPUTED[0]: second[DISPUTED[0]]}
    reading = carine.project(third).id
    tasks = list(carine.sdk.tasks.list(project=reading))
    assert {task.data["document_id"] for task in tasks} == set(DISPUTED)
    annotate(carine, reading, {name: only(decided[name], first[name].statements[0].holder) for name in DISPUTED})
    assert main(["label", "pull", "--project", third, "--out", "third.json", *trained.sources]) == 0
    capsys.readouterr()
    assert main([*settle, "third.json", "--out", "gold.json", *registries]) == 0
    said = capsys.readouterr().out
    assert f"{3 * COUNT} labels settled, in {COUNT} documents: gold.json" in said
    assert "0 in conflict" in said
    report = Report()
    settled = read_export("gold.json", label_set=MAIN, actors=None, targets=None, report=report)
    gold = {one.document_id: {label.actor: label.label for label in one.gold or ()} for one in settled}
    assert gold == {name: labels(decided[name]) for name in decided}

    # What they settled trains the next model.
    (command,) = [line for line in said.splitlines() if line.startswith("Train on it: stance ")]
    overrides = command.removeprefix("Train on it: stance ").split()
    texts = [one.text for one in documents(COUNT)] + [TARGETS.describe("t1", "ar")]
    small = [
        f"encoder.name={tiny_encoder(tmp_path / 'encoder', texts)}",
        "encoder.layers=null",
        "encoder.frozen_layers=1",
    ]
    monkeypatch.chdir(root)
    moved = [one.replace("gold.json", str(tmp_path / "gold.json")) for one in overrides]
    assert main([*moved, "debug=fast", *small, "data.max_tokens=96", f"runs={tmp_path / 'runs'}"]) == 0
    store = connect_store(trained.uri)
    experiment = store.get_experiment_by_name("debug")
    runs = store.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert "actor_network" in {run.data.tags["stance.model"] for run in runs}
