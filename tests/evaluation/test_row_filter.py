import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import ConfigurationError
from stance.evaluation.row_filter import parse_filter

COLUMNS = ("actor", "stance", "p_favor", "abstained", "published", "title", "mentions", "evidence", "wrong", "risk")
ROWS = [
    {"actor": "iraq.government", "stance": "favor", "p_favor": 0.55, "abstained": False, "published": "2031-05-02"},
    {"actor": "iraq.government", "stance": "against", "p_favor": 0.6, "abstained": True, "published": "2031-06-01"},
    {"actor": "the party", "stance": "none", "p_favor": 0.05, "abstained": False, "published": None, "wrong": "x"},
    {
        "actor": "or",
        "stance": "ambivalent",
        "p_favor": 0.3,
        "abstained": False,
        "published": "2030-01-01",
        "risk": "12",
    },
]


def chosen(expression: str) -> list[int]:
    test = parse_filter(expression, COLUMNS)
    empty = dict.fromkeys(COLUMNS)
    return [number for number, row in enumerate(ROWS) if test({**empty, **row})]


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("actor = iraq.government and p_favor < 0.6", [0]),
        ("actor=iraq.government AND p_favor<=0.6", [0, 1]),
        ("actor != iraq.government", [2, 3]),
        ("actor = 'the party' or actor = \"or\"", [2, 3]),
        ("stance in (favor, 'ambivalent')", [0, 3]),
        ("stance not in (favor, ambivalent)", [1, 2]),
        ("not stance in (favor, ambivalent)", [1, 2]),
        ("abstained = true", [1]),
        ("abstained != TRUE", [0, 2, 3]),
        ("published < 2031-05-03", [0, 3]),
        ("published >= 2031-05-02", [0, 1]),
        ('published = ""', [2]),
        ('wrong != ""', [2]),
        ("risk > 9", [3]),
        ("p_favor in (0.05, .3)", [2, 3]),
        # and before or, not before and.
        ("stance = favor or stance = against and p_favor > 0.9", [0]),
        ("(stance = favor or stance = against) and p_favor > 0.55", [1]),
        ("not stance = favor and not abstained = true", [2, 3]),
        ("not (stance = favor and not abstained = true)", [1, 2, 3]),
        ("not not stance = favor", [0]),
    ],
)
def test_rows_are_chosen_as_the_expression_says(expression: str, rows: list[int]) -> None:
    assert chosen(expression) == rows


KNOWN = "actor, stance, p_favor, abstained, published, title, wrong, risk"


@pytest.mark.parametrize(
    ("expression", "expected", "found"),
    [
        ("", f"a column among {KNOWN}", "the end"),
        ("evidence = x", f"a column among {KNOWN}", "'evidence' at character 1"),
        ("p_favor < high", "a number to compare p_favor with", "'high' at character 11"),
        ("abstained = 1", "true or false to compare abstained with", "'1' at character 13"),
        ("abstained < true", "= or !=, since abstained is true or false", "'<' at character 11"),
        ("actor x", "=, !=, <, <=, >, >= or in", "'x' at character 7"),
        ("actor = ", "a value", "the end"),
        ("actor not = x", "in", "'=' at character 11"),
        ("(actor = x", ")", "the end"),
        ("actor = x stance = y", "and, or, or the end", "'stance' at character 11"),
        ("actor in x", "(", "'x' at character 10"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(expression: str, expected: str, found: str) -> None:
    message = f"--where: expected {expected}, found {found} of {expression!r}."
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        parse_filter(expression, COLUMNS)


def test_a_misspelt_column_is_guessed_and_an_open_quotation_told() -> None:
    with pytest.raises(
        ConfigurationError, match=r"found 'acter' at character 1 of 'acter = x'\. Did you mean actor\?$"
    ):
        parse_filter("acter = x", COLUMNS)
    message = (
        '--where: expected words, quoted text with its end and one of = != < <= > >= ( ) , found "\'" at character 9 '
        'of "actor = \'x".'
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        parse_filter("actor = 'x", COLUMNS)


def test_endless_nesting_is_a_mistake_too() -> None:
    for deep in ("(" * 5000 + "actor = x" + ")" * 5000, "not " * 5000 + "actor = x"):
        with pytest.raises(ConfigurationError, match="at most 50 levels"):
            parse_filter(deep, COLUMNS)


@given(st.text(alphabet="actorp_f=!<>()', \"inotad05.", max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_a_test_or_a_mistake(expression: str) -> None:
    with contextlib.suppress(ConfigurationError):
        chosen(expression)


def test_nothing_is_run() -> None:
    with pytest.raises(ConfigurationError):
        parse_filter("__import__('os').system('true') = 1", COLUMNS)
