"""`--where`: rows of a predictions file chosen by an expression, which is parsed and never run as code.

    actor = iraq.government and p_favor < 0.6
    stance in (favor, ambivalent) and not (abstained = true or title = "")

A comparison is COLUMN = | != | < | <= | > | >= VALUE, or COLUMN [not] in (VALUE, …); `not` binds closer than `and`, and
`and` closer than `or`. Values with spaces or punctuation of this grammar stand in quotes. Probabilities compare as
numbers, everything else as text; text that is missing is "", and lies neither below nor above anything.
"""

import difflib
import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from stance.errors import ConfigurationError
from stance.evaluation.predictions import LISTS, PROBABILITY

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign><=|>=|!=|[=<>(),])|(?P<word>[^\s()=!<>,"']+))""")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUAL = ("=", "!=", "in")
_DEEPEST = 50  # parentheses and nots within each other
_BOOLEANS = {"true": True, "false": False}


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse_filter(expression: str, columns: Collection[str]) -> Test:
    """The test of rows that `expression` describes; `columns` are those of the file.

    Raises ConfigurationError that says what was expected where.
    """
    return _Parser(expression, columns).whole()


class _Parser:
    """One pass over one expression, by recursive descent."""

    def __init__(self, expression: str, columns: Collection[str]) -> None:
        self.expression, self.columns = expression, columns
        self.tokens = self._tokens()
        self.place = 0
        self.depth = 0

    def whole(self) -> Test:
        test = self._any()
        if self._now.kind != "end":
            raise self._expected("and, or, or the end")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._expected(f"at most {_DEEPEST} levels")
        if self._takes("not"):
            inner = self._one()
            test: Test = lambda row: not inner(row)  # noqa: E731
        elif self._takes("("):
            test = self._any()
            self._needs(")")
        else:
            test = self._comparison()
        self.depth -= 1
        return test

    def _comparison(self) -> Test:
        column = self._column()
        negated = self._takes("not")
        if self._takes("in"):
            self._needs("(")
            values = [self._value(column, "in")]
            while self._takes(","):
                values.append(self._value(column, "in"))
            self._needs(")")
            return lambda row: (_cell(row[column]) in values) is not negated
        sign = self._now.text
        if negated or self._now.kind != "sign" or sign not in _SIGNS:
            raise self._expected("in" if negated else "=, !=, <, <=, >, >= or in")
        self.place += 1
        if column == "abstained" and sign not in _EQUAL:
            self.place -= 1
            raise self._expected("= or !=, since abstained is true or false")
        value = self._value(column, sign)
        compare = _SIGNS[sign]
        if sign in _EQUAL:
            return lambda row: compare(_cell(row[column]), value)
        return lambda row: _ordered(compare, row[column], value)

    def _column(self) -> str:
        token = self._now
        if token.kind not in ("word", "quoted") or token.text not in self.columns or token.text in LISTS:
            near = difflib.get_close_matches(token.text, [name for name in self.columns if name not in LISTS], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            known = ", ".join(name for name in self.columns if name not in LISTS)
            raise self._expected(f"a column among {known}", hint)
        self.place += 1
        return token.text

    def _value(self, column: str, sign: str) -> Any:
        token = self._now
        if token.kind not in ("word", "quoted"):
            raise self._expected("a value")
        number = float(token.text) if _NUMBER.fullmatch(token.text) else None
        if column.startswith(PROBABILITY):
            if number is None:
                raise self._expected(f"a number to compare {column} with")
            value: Any = number
        elif column == "abstained":
            if token.text.lower() not in _BOOLEANS:
                raise self._expected("true or false to compare abstained with")
            value = _BOOLEANS[token.text.lower()]
        elif sign not in _EQUAL and token.kind == "word" and number is not None:
            value = number
        else:
            value = token.text
        self.place += 1
        return value

    @property
    def _now(self) -> _Token:
        return self.tokens[self.place]

    def _takes(self, text: str) -> bool:
        token = self._now
        if token.kind == "quoted" or token.text.lower() != text:
            return False
        self.place += 1
        return True

    def _needs(self, text: str) -> None:
        if not self._takes(text):
            raise self._expected(text)

    def _tokens(self) -> list[_Token]:
        found, place = [], 0
        end = len(self.expression.rstrip())
        while place < end:
            match = _TOKEN.match(self.expression, place)
            if match is None:
                at = place + len(self.expression[place:]) - len(self.expression[place:].lstrip())
                raise ConfigurationError(
                    f"--where: expected words, quoted text with its end and one of = != < <= > >= ( ) , found "
                    f"{self.expression[at]!r} at character {at + 1} of {self.expression!r}."
                )
            kind = str(match.lastgroup)
            text = match[kind][1:-1] if kind == "quoted" else match[kind]
            found.append(_Token(kind, text, match.start(kind)))
            place = match.end()
        return [*found, _Token("end", "", end)]

    def _expected(self, what: str, hint: str = "") -> ConfigurationError:
        token = self._now
        found = "the end" if token.kind == "end" else f"{token.text!r} at character {token.at + 1}"
        return ConfigurationError(f"--where: expected {what}, found {found} of {self.expression!r}.{hint}")


def _cell(value: Any) -> Any:
    return "" if value is None else value


def _ordered(compare: Callable[[Any, Any], bool], cell: Any, value: Any) -> bool:
    if isinstance(value, float) and isinstance(cell, str):
        # What a person added by hand reads as text.
        if not _NUMBER.fullmatch(cell.strip()):
            return False
        cell = float(cell)
    return cell is not None and cell != "" and compare(cell, value)
