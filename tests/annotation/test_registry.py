import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.annotation.registry import Office, read_actors, read_targets
from stance.errors import DataError

LABELS = Path(__file__).parents[2] / "labels"

ACTORS = """
version: "2.1"
world: invented
actors:
  - {id: zarida, kind: government, name: {ar: حكومة زاريدا, en: Government of Zarida}, names: [زاريدا]}
  - id: zarida.premier
    kind: person
    name: {ar: سالم نجار}
    speaks_for: zarida
    held: [{office: premier, since: 2031-05-02, until: 2033-01-01}, {office: mayor}]
"""
TARGETS = """
targets:
  - id: zarida-valoria
    host: zarida
    force: valoria
    wording: {ar: القوات الفالورية, en: Valorian troops}
    poles:
      favor: {ar: يريد بقاءها, en: wants them to stay}
      against: {ar: يريد خروجها, en: wants them out}
"""

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writing(content: str | bytes) -> Path:
        path = tmp_path / "registry.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writing


def refused(path: Path, read: Callable[[Path], object] = read_actors) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value).removeprefix(str(path))


def test_actors_are_read_with_names_offices_and_whom_they_speak_for(write: Write) -> None:
    registry = read_actors(write(ACTORS))
    assert (registry.version, registry.world, registry.ids()) == ("2.1", "invented", {"zarida", "zarida.premier"})
    government, premier = registry.actors
    assert (government.names, government.speaks_for, government.held) == (("زاريدا",), None, ())
    assert premier.speaks_for == "zarida"
    assert premier.held == (
        Office("premier", datetime.date(2031, 5, 2), datetime.date(2033, 1, 1)),
        Office("mayor"),
    )


def test_targets_are_described_in_the_language_asked_for(write: Write) -> None:
    registry = read_targets(write(TARGETS))
    assert registry.ids() == {"zarida-valoria"}
    assert registry.describe("zarida-valoria", "en") == "Valorian troops | wants them to stay | wants them out"
    assert registry.describe("zarida-valoria", "ar") == "القوات الفالورية | يريد بقاءها | يريد خروجها"


@pytest.mark.parametrize("language", [None, "nl"])
def test_target_is_described_in_its_first_language_where_another_is_asked_for(
    write: Write, language: str | None
) -> None:
    registry = read_targets(write(TARGETS))
    assert registry.describe("zarida-valoria", language) == "القوات الفالورية | يريد بقاءها | يريد خروجها"


def test_target_out_of_the_registry_is_described_by_its_id(write: Write) -> None:
    assert read_targets(write(TARGETS)).describe("elsewhere", "en") == "elsewhere"


def test_ids_that_stand_twice_are_refused(write: Write) -> None:
    actor = "  - {id: %s, kind: party, name: {ar: حزب}}\n"
    path = write("actors:\n" + "".join(actor % name for name in ("b", "a", "c", "b", "a")))
    assert refused(path) == ": every id must appear once, found more often: a, b."
    target = "  - {id: a, wording: {ar: قوات}, poles: {}}\n"
    path = write("targets:\n" + 2 * target)
    assert refused(path, read_targets) == ": every id must appear once, found more often: a."


def test_bodies_that_are_spoken_for_must_be_in_the_file(write: Write) -> None:
    path = write(ACTORS + "  - {id: aide, kind: person, name: {ar: مساعد}, speaks_for: palace}\n")
    assert refused(path) == ": speaks_for names actors that are not in the file: palace."


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml") == ": no such registry file. Name one that exists."
    assert refused(tmp_path / "none.yaml", read_targets) == ": no such registry file. Name one that exists."


def test_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == ": expected a registry file, found none to read: Is a directory."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Expected `object`, got `null`"),
        ("- zarida", "Expected `object`, got `array`"),
        ("targets: []", "Object contains unknown field `targets`"),
        ("actors: zarida", "Expected `array`, got `str` - at `$.actors`"),
        ("actors: [{id: a, kind: party}]", "Object missing required field `name` - at `$.actors[0]`"),
        (
            "actors: [{id: a, kind: party, name: {ar: حزب}, nmaes: [b]}]",
            "Object contains unknown field `nmaes` - at `$.actors[0]`",
        ),
        (
            "actors: [{id: a, kind: party, name: {ar: حزب}, held: [{office: x, since: soon}]}]",
            "Invalid RFC3339 encoded date - at `$.actors[0].held[0].since`",
        ),
        (
            "actors: [",
            "while parsing a flow node\nexpected the node content, but found '<stream end>'\n"
            '  in "<unicode string>", line 1, column 10:\n    actors: [\n             ^',
        ),
        (b"actors: \xff", "'utf-8' codec can't decode byte 0xff in position 8: invalid start byte"),
    ],
)
def test_files_that_are_no_registry_are_refused_with_the_place(write: Write, content: str | bytes, why: str) -> None:
    assert refused(write(content)) == f": not a valid registry: {why}"


def test_the_projects_own_registries_can_be_read() -> None:
    actors, targets = read_actors(LABELS / "corpus" / "actors.yaml"), read_targets(LABELS / "targets.yaml")
    assert actors.world == "invented"
    assert len(actors.ids()) == len(actors.actors) > 20
    assert all(set(target.poles) == {"favor", "against"} for target in targets.targets)
    assert all(set(target.wording) >= {"ar", "en"} for target in targets.targets)
