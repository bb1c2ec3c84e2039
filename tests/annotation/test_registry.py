import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.annotation.registry import Office, read_actors, read_targets

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


def test_names_are_known_with_each_spelling_of_what_is_in_them(write: Write) -> None:
    registry = read_actors(write("spellings: [[أمريك, أميرك], [ترامب, ترمب, طرامب]]" + ACTORS))
    assert registry.spelled("زاريدا") == ("زاريدا",)
    assert registry.spelled("الأمريكي ترامب") == (
        "الأمريكي ترامب",
        "الأميركي ترامب",
        "الأمريكي ترمب",
        "الأمريكي طرامب",
        "الأميركي ترمب",
        "الأميركي طرامب",
    )
    # Only the first of a group stands for the others.
    assert registry.spelled("ترمب") == ("ترمب",)
