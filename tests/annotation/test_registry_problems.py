"""What a registry's reader refuses: every message whole, with file, line, actor, and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stance.annotation.registry import read_actors, read_targets
from stance.errors import DataError

GOOD = """version: "1.0"
actors:
  - {id: zarida, kind: government, name: {ar: حكومة زاريدا, en: Government of Zarida}, if_acting: [زاريدا]}
  - {id: zarida.premier, kind: office, name: {ar: رئيس وزراء زاريدا}, speaks_for: zarida}
  - id: zarida.najjar
    kind: person
    name: {ar: سالم نجار}
    short: [نجار]
    held: [{office: zarida.premier, since: 2031-05-02, until: 2033-01-01}]
  - {id: zarida.rival, kind: person, name: {ar: كريم حداد}, held: [{office: zarida.premier, since: 2033-01-01}]}
"""
TARGETS = """targets:
  - id: zarida-valoria
    wording: {ar: القوات الفالورية, en: Valorian troops}
    poles: {favor: {ar: يريد بقاءها, en: wants them to stay}, against: {ar: يريد خروجها, en: wants them out}}
"""
FIELDS = "id, kind, name, names, short, if_acting, not_names, speaks_for, spokesperson_of, held, shared, since, until"
KINDS = (
    "alliance, armed_group, community, government, international_body, military, ministry, office, organisation, "
    "outlet, parliament, party, person, state_body"
)

Refused = Callable[..., list[str]]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """The lines of the message about a file with this content, without the file's name."""

    def refusing(content: str | bytes, read: Callable[[Path], object] = read_actors) -> list[str]:
        path = tmp_path / "registry.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(DataError) as caught:
            read(path)
        lines = str(caught.value).split("\n")
        assert all(line.startswith(f"{path}:") for line in lines)
        return [line.removeprefix(f"{path}:") for line in lines]

    return refusing


def only(lines: list[str]) -> str:
    count, line = lines
    assert count == " 1 problem, nothing was read."
    return line


def test_missing_file_is_named(tmp_path: Path) -> None:
    for read in (read_actors, read_targets):
        with pytest.raises(DataError) as caught:
            read(tmp_path / "none.yaml")
        assert str(caught.value) == f"{tmp_path}/none.yaml: no such registry file. Name one that exists."


def test_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_actors(tmp_path)
    assert str(caught.value) == f"{tmp_path}: expected a registry file, found none to read: Is a directory."


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"version: '1'\nactors: \xff", "2: expected text in UTF-8, found byte 0xff. Save it as UTF-8."),
        ("a: 1\na: [b: {", "2: expected YAML, found a mistake in its form: "),
        ("actors: !!python/object:os.system {}", "1: expected YAML, found a mistake in its form: could not determine"),
        ("actors: *nobody", "1: expected YAML, found a mistake in its form: found undefined alias"),
        ("é: 1\nactors: \x07", "2: expected YAML, found the character U+0007, which it does not allow. Take it out."),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(refused: Refused, content: str | bytes, line: str) -> None:
    # What is wrong with the form is told in the words of the YAML library.
    assert refused(content)[0].startswith(line)


@pytest.mark.parametrize("content", ["actors: &a [*a]", "actors: " + "[" * 2000 + "]" * 2000])
def test_what_holds_itself_or_nests_without_end_is_refused(refused: Refused, content: str) -> None:
    assert refused(content) == [" expected a registry, found something nested in itself, or too deeply."]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "1: the file: expected a mapping, found nothing. Leave the field out where there is nothing to say."),
        ("\n- zarida", "2: the file: expected a mapping, found a list of 1."),
        ("version: '1'", "1: the file: expected a field actors, found none. Add it."),
        ("actors: zarida", "1: actors: expected a list, found 'zarida'. Put it in [ ]."),
        ("actors: [5]", "1: actor no. 1: expected a mapping, found 5."),
        ("version: 1.0\nactors: []", "1: version: expected a text, found 1.0. Put it in quotes."),
        ("version: 2031-01-01\nactors: []", "1: version: expected a text, found '2031-01-01'. Put it in quotes."),
        (
            "actors: []\n\nas_off: 2031-01-01",
            "3: as_off: expected one of the fields actors, version, world, as_of, spellings, not_after, not_names, "
            "found 'as_off'. Did you mean as_of?",
        ),
        (
            "spellings:\n  - [أمريك]\nactors: []",
            "2: spellings[0]: expected at least 2, found 1. Add what is missing, or leave the field out.",
        ),
        ("actors: []\nactors: []", "2: actors: expected each key once, found it again. Keep one of the two."),
    ],
)
def test_files_of_another_form_are_refused(refused: Refused, content: str, line: str) -> None:
    assert only(refused(content)) == line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("kind: party, name: {ar: حزب}", "actor no. 1: expected a field id, found none. Add it."),
        ("id: a, kind: party", "actor a: expected a field name, found none. Add it."),
        (
            "id: حزب, kind: party, name: {ar: حزب}",
            "actor حزب, id: expected an id: ASCII letters and digits, joined by dots, hyphens or underscores, "
            "found 'حزب'. Correct it.",
        ),
        (
            "id: a, kind: partey, name: {ar: حزب}",
            f"actor a, kind: expected one of {KINDS}, found 'partey'. Did you mean party?",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, nmaes: [b]",
            f"actor a, nmaes: expected one of the fields {FIELDS}, found 'nmaes'. Did you mean names?",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, stance: against",
            f"actor a, stance: expected one of the fields {FIELDS}, found 'stance'. Take it out.",
        ),
        (
            "id: a, kind: party, name: {}",
            "actor a, name: expected at least 1, found 0. Add what is missing, or leave the field out.",
        ),
        (
            "id: a, kind: party, name: {arabic: حزب}",
            "actor a, name.arabic: expected a language's code, such as ar or en, found 'arabic'. Correct it.",
        ),
        (
            "id: a, kind: party, name: {ar: ' '}",
            "actor a, name.ar: expected a text on one line, with no space around it, found ' '. Correct it.",
        ),
        (
            'id: a, kind: party, name: {ar: "حزب\\n"}',
            "actor a, name.ar: expected a text on one line, with no space around it, found 'حزب\\n'. Correct it.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, names: [2030]",
            "actor a, names[0]: expected a text, found 2030. Put it in quotes.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, names: ",
            "actor a, names: expected a list, found nothing. Leave the field out where there is nothing to say.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, held: [{office: x, since: soon}]",
            "actor a, held[0].since: expected a day such as 2024-12-31, found 'soon'. "
            "Leave it out where the day is not known.",
        ),
        (
            "id: a, kind: office, name: {ar: رئيس}, shared: several",
            "actor a, shared: expected true or false, found 'several'.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, speaks_for: [a, b]",
            "actor a, speaks_for: expected a text, found a list of 2.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, names: [b], names: [c]",
            "actor a, names: expected each key once, found it again. Keep one of the two.",
        ),
    ],
)
def test_actors_of_another_form_are_refused(refused: Refused, fields: str, line: str) -> None:
    assert only(refused(f"actors:\n  - {{{fields}}}\n")) == f"2: {line}"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            "id: zarida, kind: party, name: {ar: حزب}",
            "id: expected an id that no other entry has, found 'zarida'. Rename it, or join the two entries.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, speaks_for: zarida.premeir",
            "speaks_for: expected the id of an actor in this file, found 'zarida.premeir'. "
            "Did you mean zarida.premier?",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, spokesperson_of: palace",
            "spokesperson_of: expected the id of an actor in this file, found 'palace'. "
            "Add that actor, or leave the field out.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, speaks_for: a",
            "speaks_for: expected another actor, found itself. Leave it out where an actor speaks for itself.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, speaks_for: zarida, spokesperson_of: zarida",
            "spokesperson_of: expected this field or speaks_for, found both. "
            "Keep spokesperson_of where mentions of the person count to the body.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, held: [{office: chair}]",
            "held: expected this field for kind person only, found kind party. "
            "Correct the kind, or leave the field out.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, shared: true",
            "shared: expected this field for kind office only, found kind person. "
            "Correct the kind, or leave the field out.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, held: [{office: zarida.mayor}]",
            "held[0].office: expected the id of an actor of kind office, or a title in words, found 'zarida.mayor'. "
            "Add an actor of kind office with this id, or write the title.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, held: [{office: mayor}, {office: zarida}]",
            "held[1].office: expected the id of an actor of kind office, or a title in words, found 'zarida'. "
            "Add an actor of kind office with this id, or write the title.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, held: [{office: mayor, since: 2031-05-02, until: 2031-05-02}]",
            "held[0].until: expected a day after since, 2031-05-02, found 2031-05-02. Correct one of the two.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, since: 2031-05-02, until: 2030-01-01",
            "until: expected a day after since, 2031-05-02, found 2030-01-01. Correct one of the two.",
        ),
        (
            "id: a, kind: person, name: {ar: فلان}, held: [{office: zarida.premier, until: 2031-06-01}]",
            "held[0]: expected zarida.premier held by one at a time, found zarida.najjar in it from 2031-05-02 to "
            "2033-01-01. Correct the days, or set shared: true in zarida.premier where several hold it at once.",
        ),
        (
            "id: a, kind: party, name: {ar: ـ}",
            "name.ar: expected a name with a letter in it, found 'ـ'. Take it out.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب الأمّة}, names: [حزب الامه]",
            "names[0]: expected a name that the finder tells from 'حزب الأمّة' in name, found 'حزب الامه'. "
            "Take it out: the finder folds hamza, ya, ta marbuta, diacritics and Persian letters.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, names: [حکومة زاریدا]",
            "names[0]: expected a name of one actor, found 'حکومة زاریدا', which zarida has in name. "
            "Keep it with one, put it in short of both, or give both a since and until that never meet.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, names: [نجار]",
            "names[0]: expected a name of one actor, found 'نجار', which zarida.najjar has in short. "
            "Keep it with one, put it in short of both, or give both a since and until that never meet.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, not_names: [بيت]",
            "not_names[0]: expected a longer name that holds one of this actor, found 'بيت'. "
            "Take it out: it blocks nothing.",
        ),
        (
            "id: a, kind: party, name: {ar: حزب}, not_names: [سالم نجار]",
            "not_names[0]: expected no actor's name, found 'سالم نجار', a name of zarida.najjar. "
            "Take it out here or there.",
        ),
    ],
)
def test_actors_that_do_not_go_together_are_refused(refused: Refused, fields: str, line: str) -> None:
    told = only(refused(f"{GOOD}  - {{{fields}}}\n"))
    # The repeated id is that of the first of its name.
    assert told == f"11: actor {'zarida' if 'id: zarida,' in fields else 'a'}, {line}"


def test_names_that_block_nothing_are_refused_for_the_registry_too(refused: Refused) -> None:
    assert only(refused(GOOD + "not_names: [مطار زاريدا, مطار]\n")) == (
        "11: not_names[1]: expected a longer name that holds one of an actor, found 'مطار'. "
        "Take it out: it blocks nothing."
    )


@pytest.mark.parametrize(
    "more",
    [
        # A title in words, an office that several hold, a short name that two persons share.
        "  - {id: a, kind: person, name: {ar: فلان}, held: [{office: mayor of the v. district}]}\n",
        "  - {id: seat, kind: office, name: {ar: عضو المجلس}, shared: true}\n"
        "  - {id: a, kind: person, name: {ar: فلان}, held: [{office: seat}]}\n"
        "  - {id: b, kind: person, name: {ar: علان}, held: [{office: seat}]}\n",
        "  - {id: a, kind: person, name: {ar: وليد نجار}, short: [نجار]}\n",
        # A name that two bodies had one after the other, and one that is the same in two languages.
        "  - {id: a, kind: party, name: {ar: حزب}, until: 2032-01-01}\n"
        "  - {id: b, kind: party, name: {ar: حزب}, since: 2032-01-01}\n",
        "  - {id: a, kind: party, name: {ar: PKZ, en: PKZ}}\n",
        "not_names: [مطار زاريدا]\nspellings: [[زاريد, ظاريد]]\nas_of: 2033-01-01\nnot_after: [جامعة]\n",
    ],
)
def test_what_goes_together_is_read(tmp_path: Path, more: str) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text(GOOD + more, "utf-8")
    assert len(read_actors(path).actors) == 4 + more.count("id: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            TARGETS + "worlds: 2\n",
            "5: worlds: expected one of the fields targets, version, found 'worlds'. Take it out.",
        ),
        (
            TARGETS.replace("القوات الفالورية", "''"),
            "3: target zarida-valoria, wording.ar: expected a text on one line, with no space around it, found ''. "
            "Correct it.",
        ),
        (
            TARGETS.replace(", en: wants them out", ""),
            "4: target zarida-valoria, poles.against: expected the languages of the wording, ar, en, found ar. "
            "Say each pole in each language.",
        ),
        (
            TARGETS + "  - {id: zarida-valoria, wording: {ar: البعثة}, poles: {}}\n",
            "5: target zarida-valoria, id: expected an id that no other entry has, found 'zarida-valoria'. "
            "Rename it, or join the two entries.",
        ),
        (
            TARGETS + "  - {id: b, wording: {en: Valorian troops}, poles: {}}\n",
            "5: target b, wording.en: expected a wording of its own, found that of zarida-valoria. "
            "Annotators could not tell them apart.",
        ),
    ],
)
def test_targets_are_checked_too(refused: Refused, content: str, line: str) -> None:
    assert only(refused(content, read_targets)) == line


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    content = (
        GOOD.replace("kind: government", "kind: gov")
        .replace("speaks_for: zarida", "speaks_for: zarda")
        .replace("until: 2033-01-01", "until: 2033-01-02")
        + "  - {id: zarida, kind: person, name: {ar: ''}, speaks_for: zarida.premier}\nstances: none\n"
    )
    told = refused(content)
    assert told[0] == " 6 problems, nothing was read."
    assert [(line.partition(": ")[0], line.split(": ")[1]) for line in told[1:]] == [
        ("3", "actor zarida, kind"),
        ("4", "actor zarida.premier, speaks_for"),
        ("10", "actor zarida.rival, held[0]"),
        ("11", "actor zarida, id"),
        ("11", "actor zarida, name.ar"),
        ("12", "stances"),
    ]


def test_naming_an_actor_with_another_mistake_is_no_mistake(refused: Refused) -> None:
    """An office or a body that could not be read is there all the same."""
    content = GOOD.replace("{id: zarida.premier, kind: office, name:", "{id: zarida.premier, kind: office, nam:")
    assert {line.partition(":")[0] for line in refused(content)[1:]} == {"4"}


def test_what_is_found_is_escaped_and_kept_short(refused: Refused) -> None:
    line = only(refused('actors: []\n"\\e[31m\\u202e": 1\n'))
    assert "\x1b" not in line
    assert "\u202e" not in line
    line = only(refused(f"actors: []\nversion: [{'x' * 5000}]\n"))
    assert len(line) < 200
