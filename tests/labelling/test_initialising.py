"""`stance label init` as a person runs it: what it prints, how it ends, on a real server where it needs one."""

import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stance.annotation.labelling_configuration import Screen, guideline_version
from stance.annotation.registry import read_actors, read_targets
from stance.labelling.client import connect
from stance.labels import LABEL_SETS, MAIN
from tests.labelling.servers import LabelStudio

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "labels" / "corpus" / "actors.yaml"
SCREEN = Screen(MAIN, read_actors(CORPUS), read_targets(ROOT / "labels" / "targets.yaml"), guideline_version())


def stance(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, output and errors of `stance label init`, with no terminal to ask at."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")}
    done = subprocess.run(
        [sys.executable, "-m", "stance", "label", "init", *arguments],
        cwd=ROOT,
        env={**own, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_configuration_alone_asks_no_server(tmp_path: Path) -> None:
    status, printed, _ = stance("--print", "--actors", str(CORPUS))
    assert (status, printed) == (0, SCREEN.configuration())
    out = tmp_path / "configuration.xml"
    status, said, _ = stance("--out", str(out), "--actors", str(CORPUS))
    assert (status, out.read_text("utf-8")) == (0, printed)
    assert said == f"Wrote {out}. Paste it in Label Studio under Settings → Labeling Interface → Code.\n"
    status, _, complained = stance("--out", str(out / "below.xml"), "--actors", str(CORPUS))
    assert (status, complained.count("\n")) == (2, 1)
    assert complained.startswith(f"stance: Expected a file that can be written at {out / 'below.xml'}, found: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--label-set", "sentiment"), f"Expected a label set among {', '.join(LABEL_SETS)}, found 'sentiment'."),
        (("--actors", "nobody.yaml"), "nobody.yaml: no such registry file."),
        (
            ("--label-set", "issuepositions"),
            "Expected targets whose poles are stances of the label set 'issuepositions', found favor, against",
        ),
        (
            ("--actors", "{other}"),
            "Expected targets of the actors' world (elsewhere) in labels/targets.yaml",
        ),
    ],
)
def test_what_makes_no_screen(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("world: elsewhere\nactors: [{id: one, kind: party, name: {en: One}}]\n", "utf-8")
    status, printed, complained = stance("--print", *(one.format(other=other) for one in arguments))
    assert (status, printed) == (2, "")
    assert complained.startswith(f"stance: {said}")
    assert complained.count("\n") == 1


def test_whole_texts_and_typed_actors() -> None:
    for actors, named in (("author", "stance"), ("any", "actor")):
        status, printed, _ = stance("--print", "--actors", actors)
        tags = {element.get("name"): element.tag for element in ET.fromstring(printed).iter() if element.get("name")}
        assert status == 0
        assert tags[named] in ("Choices", "TextArea")
        assert ("label" in tags) == (actors == "any")


@pytest.mark.label_studio
def test_made_compared_and_brought_back(label_studio: LabelStudio, title: str) -> None:
    known = {"LABEL_STUDIO_URL": label_studio.url, "LABEL_STUDIO_API_KEY": label_studio.users[0].token}
    server = connect(label_studio.url, label_studio.users[0].token)
    arguments = ("--title", title, "--actors", str(CORPUS))

    status, printed, _ = stance(*arguments, **known)
    project = server.project(title)
    address = f"{label_studio.url}/projects/{project.id}/data"
    assert (status, printed) == (
        0,
        f"Made project {project.id} {title!r}, guidelines {SCREEN.guidelines}: {address}\n"
        f"Next: stance label push PAGES --project {project.id} --actors {CORPUS}\n",
    )

    there = f"Project {project.id} {title!r} is there: {address}\n"
    status, printed, _ = stance(*arguments, **known)
    assert (status, printed.splitlines()[1]) == (0, "  its configuration is ours")

    server.sdk.projects.update(project.id, label_config=SCREEN.configuration().replace('hotkey="3"', 'hotkey="z"'))
    differing = f"{there}  stance: hotkey of favor is 'z', expected '3'\n"
    status, printed, _ = stance(*arguments, **known)
    again = f"stance label init --title {title!r} --actors {CORPUS} --update"
    assert (status, printed) == (1, f"{differing}Bring it to ours: {again}\n")
    status, printed, _ = stance(*arguments, "--update", **known)
    assert (status, printed.startswith(f"{differing}Brought to ours.\nNext: ")) == (0, True)
    assert server.project(project.id).label_config == SCREEN.configuration().strip()


@pytest.mark.label_studio
def test_two_projects_of_one_title(label_studio: LabelStudio, title: str) -> None:
    server = connect(label_studio.url, label_studio.users[0].token)
    ids = [server.sdk.projects.create(title=title).id for _ in range(2)]
    known = {"LABEL_STUDIO_URL": label_studio.url, "LABEL_STUDIO_API_KEY": label_studio.users[0].token}
    status, printed, complained = stance("--title", title, **known)
    assert (status, printed) == (2, "")
    assert f"found 2: {ids[0]}, {ids[1]}. Name one by its id, or give the others another title." in complained


@pytest.mark.label_studio
def test_address_and_token_are_asked_for_at_a_terminal(label_studio: LabelStudio, title: str) -> None:
    token = label_studio.users[0].token
    child, terminal = pty.fork()
    if child == 0:
        for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
            os.environ.pop(name, None)
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "stance", "label", "init", "--title", title])
    shown = [read_until(terminal, "(such as http://localhost:8080): ")]
    os.write(terminal, f"{label_studio.url}\n".encode())
    shown.append(read_until(terminal, f"Token for {label_studio.url}: "))
    os.write(terminal, f"{token}\n".encode())
    shown.append(read_until(terminal, "Next: "))
    os.close(terminal)
    os.waitpid(child, 0)
    assert "Made project" in shown[-1]
    assert token not in "".join(shown)


def read_until(terminal: int, words: str) -> str:
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 4096).decode("utf-8", "replace")
    return shown


@pytest.mark.label_studio
def test_a_wrong_token_ends_in_one_line(label_studio: LabelStudio) -> None:
    status, printed, complained = stance(LABEL_STUDIO_URL=label_studio.url, LABEL_STUDIO_API_KEY="f" * 40)
    assert (status, printed) == (2, "")
    assert complained.startswith(f"stance: Expected a token that {label_studio.url} takes, found one it does not know")
    assert complained.count("\n") == 1
    assert "f" * 40 not in complained
