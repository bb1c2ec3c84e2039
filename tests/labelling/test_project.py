"""A project is made, compared and brought to ours on a real server; nothing that was annotated gets lost."""

import dataclasses
import html
import re
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from stance.annotation.labelling_configuration import GUIDELINES, Screen, actor_path, digest
from stance.annotation.registry import ActorRegistry, TargetRegistry, read_actors, read_targets
from stance.errors import LabelStudioError
from stance.labelling.client import Server, connect
from stance.labelling.project import Marker, check_project, create_project, update_project
from stance.labels import ISSUEPOSITIONS, MAIN
from tests.labelling.servers import LabelStudio, User

LABELS = Path(__file__).parents[2] / "labels"
CORPUS = read_actors(LABELS / "corpus" / "actors.yaml")
REAL = read_actors(LABELS / "actors.yaml")
TARGETS = read_targets(LABELS / "targets.yaml")
SCREEN = Screen(MAIN, CORPUS, TARGETS, "1.0")
FIRST = CORPUS.actors[0]
FEWER = dataclasses.replace(SCREEN, actors=replace(CORPUS, actors=CORPUS.actors[1:]))
TEXT = "قال مأمون الراشدي إن المهمة انتهت"


@pytest.mark.parametrize("description", [None, "", "A project of mine", "[stance: guidelines 1, label set stance]"])
def test_no_marker(description: str | None) -> None:
    assert Marker.read(description) is None


def test_marker_round_trip() -> None:
    marker = Marker.of(SCREEN)
    assert marker == Marker("1.0", "stance", digest(SCREEN.configuration()))
    assert Marker.read(f"Ours.\n{marker}\nAsk Amal.") == marker


@pytest.fixture
def server(label_studio: LabelStudio) -> Server:
    return connect(label_studio.url, label_studio.users[0].token)


SCREENS = {
    "corpus": SCREEN,
    "real": Screen(MAIN, REAL, TARGETS, "1.0"),
    "typed": Screen(ISSUEPOSITIONS, None, None, "1.0"),
    "whole texts": Screen(MAIN, None, TARGETS, "1.0", whole_texts=True),
    "no targets": Screen(MAIN, CORPUS, None, "1.0"),
    "one of each": Screen(MAIN, ActorRegistry((FIRST,), world="invented"), TargetRegistry(TARGETS.targets[:1]), "1.0"),
}


@pytest.mark.label_studio
@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_the_server_takes_the_configuration_as_it_is(server: Server, title: str, screen: Screen) -> None:
    made = create_project(server, title, screen)
    project = server.project(made.id)
    assert project.label_config == screen.configuration().strip()
    assert Marker.read(project.description) == Marker.of(screen)
    assert check_project(server, project, screen.configuration()) == []
    assert (project.maximum_annotations, project.enable_empty_annotation) == (2, True)


@pytest.mark.label_studio
@pytest.mark.parametrize("title", ["ab", "x" * 51])
def test_titles_that_cannot_be(server: Server, title: str) -> None:
    expected = f"Expected a title of 3 to 50 characters, found {len(title)}: {title!r}."
    with pytest.raises(LabelStudioError, match=f"^{re.escape(expected)}"):
        create_project(server, title, SCREEN)


@pytest.mark.label_studio
def test_what_was_changed_on_the_server_stops_a_push_not_a_pull(server: Server, title: str) -> None:
    made = create_project(server, title, SCREEN)
    ours = SCREEN.configuration()
    looks = ours.replace('hotkey="3"', 'hotkey="z"')
    server.sdk.projects.update(made.id, label_config=looks)
    said = ["stance: hotkey of favor is 'z', expected '3'"]
    assert check_project(server, server.project(made.id), ours) == said

    server.sdk.projects.update(made.id, label_config=looks.replace('alias="favor"', 'alias="pro"'))
    project = server.project(made.id)
    assert check_project(server, project, ours, pulling=True) == ["stance: favor gone", "stance: pro added"]
    with pytest.raises(LabelStudioError) as caught:
        check_project(server, project, ours)
    assert str(caught.value) == (
        f"Expected project {made.id} {title!r} at {server.url} to be set up as ours, found that it was changed on the "
        "server: stance: favor gone; stance: pro added. Name the files that it was made with, or bring it to ours: "
        f"stance label init --title {title!r} --update"
    )
    with pytest.raises(LabelStudioError, match=r"found that it was made from other registries or guidelines \(1.0, la"):
        check_project(server, project, FEWER.configuration())


@pytest.mark.label_studio
def test_a_project_of_somebody_else_can_be_neither_pushed_nor_pulled(server: Server, title: str) -> None:
    config = '<View><Image name="image" value="$image"/><RectangleLabels name="box" toName="image"><Label value="a"/>'
    made = server.sdk.projects.create(title=title, label_config=f"{config}</RectangleLabels></View>")
    for pulling in (False, True):
        with pytest.raises(LabelStudioError, match=r"it was not made by `stance label init`.*text: Text gone"):
            check_project(server, server.project(made.id), SCREEN.configuration(), pulling=pulling)


@pytest.mark.label_studio
def test_the_guidelines_are_the_instructions_of_their_label_set(server: Server, title: str) -> None:
    project = server.project(create_project(server, title, SCREEN).id)
    assert project.show_instruction
    shown = re.sub("<[^>]+>", "", project.expert_instruction)
    # The last line of the guidelines: nothing was cut off.
    last = GUIDELINES.read_text("utf-8").strip().splitlines()[-1].removeprefix("- ").replace("*", "").replace("`", "")
    assert html.escape(last, quote=False) in shown
    assert project.expert_instruction.count("<table>") >= 10
    assert "labels/" not in project.expert_instruction
    other = server.project(create_project(server, f"{title}b", SCREENS["typed"]).id)
    assert not other.expert_instruction


@pytest.mark.label_studio
def test_every_text_is_offered_to_two_people(label_studio: LabelStudio, server: Server, title: str) -> None:
    made = create_project(server, title, SCREEN)
    server.sdk.projects.import_tasks(made.id, request=[{"data": {"text": TEXT, "document_id": "d"}}])
    (task,) = server.sdk.tasks.list(project=made.id)

    def offered(user: User) -> int | None:
        known = {"Authorization": f"Token {user.token}"}
        answer = httpx.get(f"{server.url}/api/projects/{made.id}/next", headers=known)
        return answer.json()["id"] if answer.status_code == 200 else None

    def label(user: User) -> None:
        connect(server.url, user.token).sdk.annotations.create(task.id, result=[])

    amal, basim = label_studio.users
    label(amal)
    assert (offered(amal), offered(basim)) == (None, task.id)
    label(basim)
    assert offered(basim) is None
    assert server.sdk.tasks.get(task.id).is_labeled


def mention(actor) -> list[dict]:
    span = {"start": 4, "end": 17, "text": TEXT[4:17]}
    names = {"id": "a", "to_name": "text"}
    return [
        {**names, "from_name": "label", "type": "labels", "value": {**span, "labels": ["Actor"]}},
        {**names, "from_name": "actor", "type": "taxonomy", "value": {**span, "taxonomy": [actor_path(actor)]}},
    ]


@pytest.mark.label_studio
def test_update_loses_nothing_that_was_annotated(server: Server, title: str) -> None:
    made = create_project(server, title, SCREEN)
    task = server.sdk.tasks.create(project=made.id, data={"text": TEXT, "document_id": "d"})
    kept = server.sdk.annotations.create(task.id, result=mention(FIRST))
    expected = (
        f"Expected that project {made.id} {title!r} can be brought to our configuration without loss, found what "
        f"annotations hold and ours lacks: actor {FIRST.id} (1 times). Nothing was changed. Put it into the registry, "
        "or take it out of those annotations, or make a new project under another title."
    )
    with pytest.raises(LabelStudioError, match=f"^{re.escape(expected)}$"):
        update_project(server, server.project(made.id), FEWER)
    assert server.project(made.id).label_config == SCREEN.configuration().strip()

    server.sdk.annotations.delete(kept.id)
    server.sdk.annotations.create(task.id, result=mention(CORPUS.actors[1]))
    assert update_project(server, server.project(made.id), FEWER) == [f"actor: {FIRST.id} added"]
    project = server.project(made.id)
    assert project.label_config == FEWER.configuration().strip()
    assert Marker.read(project.description) == Marker.of(FEWER)


@pytest.mark.label_studio
def test_update_keeps_drafts_and_answers_to_what_somebody_added(server: Server, title: str) -> None:
    made = create_project(server, title, SCREEN)
    ours = SCREEN.configuration()
    rating = '<Rating name="ease" toName="text"/><Relations>'
    server.sdk.projects.update(made.id, label_config=ours.replace("<Relations>", rating))
    task = server.sdk.tasks.create(project=made.id, data={"text": TEXT, "document_id": "d"})
    ease = {"id": "e", "from_name": "ease", "to_name": "text", "type": "rating", "value": {"rating": 4}}
    draft = httpx.post(
        f"{server.url}/api/tasks/{task.id}/drafts",
        json={"result": [ease]},
        headers={"Authorization": f"Token {server.secret}"},
    )
    assert draft.status_code == 201, draft.text
    with pytest.raises(LabelStudioError, match=r"found what annotations hold and ours lacks: ease \(1 times\)\."):
        update_project(server, server.project(made.id), SCREEN)


@pytest.mark.label_studio
def test_update_keeps_a_persons_words_in_the_description(server: Server, title: str) -> None:
    made = create_project(server, title, SCREEN)
    server.sdk.projects.update(made.id, description=f"Ask Amal.\n{Marker.of(SCREEN)}\nThanks.")
    update_project(server, server.project(made.id), FEWER)
    assert server.project(made.id).description == f"Ask Amal.\n{Marker.of(FEWER)}\nThanks."
    server.sdk.projects.update(made.id, description="Ask Amal.")
    assert update_project(server, server.project(made.id), FEWER) == []
    description = server.project(made.id).description
    assert description.startswith("Ask Amal.\n")
    assert Marker.read(description) == Marker.of(FEWER)
