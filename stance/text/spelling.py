"""Ways to write a name that folding does not bring together, and the shorter forms that a text goes on with."""

import re
from collections.abc import Iterator

from stance.text.folding import fold
from stance.text.lexicon import OUTLET, PERSON, Entry, Name
from stance.text.words import BODIES, GIVEN_NAMES, HEADS, NAMED_THINGS, PRESIDENCIES, TITLES

# Each pair stands for one another wherever it is found in a folded name; the first may be a regular expression.
_HABITS = (
    # Hamza on its seat: هيئة is هيأة in Iraq, مسؤول and شؤون are مسئول and شئون in Egypt.
    (r"هييه", "هياه"),
    (r"هياه", "هييه"),
    (r"مسوول", "مسيول"),
    (r"شوون", "شيون"),
    (r"سوريا\b", "سوريه"),
    (r"سوريه\b", "سوريا"),
    # Written as one word or two.
    (r"\bعبد ال", "عبدال"),
    (r"\bعبدال", "عبد ال"),
    (r"-", " "),
    # Cases: a father's name, a sound plural.
    (r"\bابو ", "ابي "),
    (r"\bابو ", "ابا "),
    (r"\bبن ", "ابن "),
    (r"\bابن ", "بن "),
    (r"\b(ال\w{2,}|\w+ي|مسوول|مشرع|مقاتل|متحدث)ون\b", r"\1ين"),
    # A woman in the office.
    (r"^((?:ال)?(?:وزير|سفير|مبعوث|مندوب|رييس|متحدث|ناطق)) (.*)", r"\1ه \2"),
    (r"^((?:ال)?(?:وزير|سفير|مبعوث|مندوب|رييس|متحدث|ناطق)ه .*\bال\w+ي)$", r"\1ه"),
)
_BODY = "|".join(sorted({*BODIES, *NAMED_THINGS}))
_LEADER = "(?:ال)?(?:رييس|زعيم|قايد|امين|متحدث|ناطق)(?: العام| عام)?"
_QUOTED = (
    # A body's own name between quotation marks: حركة «النهر».
    re.compile(rf"^((?:{_LEADER} ل?)?(?:ال)?(?:{_BODY}) )(.+)"),
    # Its leader: زعيم «النهر», الأمين العام لـ«حركة النهر».
    re.compile(rf"^({_LEADER} ل?)(.+)"),
)
# Words of a personal name that do not stand alone.
_BOUND = frozenset({"عبد", "ابو", "ابي", "ام", "بن", "ابن", "بنت", "ال", "الله", "ذو"})
_ADJECTIVE = re.compile(r" ال\w+(?:ي|يه)$")


def spellings(name: Name) -> dict[str, None]:
    """Every folded spelling of a name, the usual one first."""
    found = dict.fromkeys(spelling for spelling in map(fold, (name.text, *name.spellings)) if spelling)
    for habit, other in _HABITS:
        found.update(dict.fromkeys(re.sub(habit, other, spelling) for spelling in tuple(found)))
    quoted = (part.sub(r'\1"\2"', spelling) for part in _QUOTED for spelling in tuple(found))
    return {**found, **dict.fromkeys(quoted)}


def behind_lam(spelling: str) -> str | None:
    """What is written of a folded name with article behind the lam that means "to": للعراق holds "لعراق".

    The article loses its alif, and its lam too where another follows (للجنة). None for a name without article.
    """
    if not spelling.startswith("ال") or len(spelling) < 4:
        return None
    return spelling[2:] if spelling[2] == "ل" else spelling[1:]


def short_forms(entry: Entry) -> Iterator[tuple[str, str]]:
    """Short forms that a text uses once it has named an actor, folded, each with the full name it is taken from.

    Of a person the first name with the last, and the last alone where the entry lists no short names. Of bodies and
    offices the name without its last adjectives (رئيس الوزراء العراقي gives رئيس الوزراء), and the first word of the
    first name with the article (كتلة الميثاق gives الكتلة). Of outlets none.
    """
    if entry.kind == OUTLET:
        return
    for number, name in enumerate(entry.full):
        for spelling in spellings(name):
            words = spelling.split()
            if words[0].removeprefix("ال") in HEADS:
                forms = _definite_forms(spelling, first_word=number == 0)
            elif entry.kind == PERSON:
                forms = _personal_forms(words, surname=not entry.short)
            else:
                continue
            yield from ((form, name.text) for form in forms if form != spelling)


def _definite_forms(spelling: str, *, first_word: bool) -> Iterator[str]:
    rest = spelling
    while (shorter := _ADJECTIVE.sub("", rest)) != rest:
        rest = shorter
        if rest.split()[-1].startswith("ال"):
            yield rest
    words = spelling.split()
    if not first_word:
        return
    if words[0].startswith("ال"):
        yield words[0]
    elif words[0] in BODIES or words[0] in TITLES or words[1] in PRESIDENCIES:
        yield "ال" + words[0]


def _personal_forms(words: list[str], *, surname: bool) -> Iterator[str]:
    if len(words) < 2 or len(words[-1]) < 3 or not words[0].isalpha():
        return
    if surname and words[-1] not in GIVEN_NAMES and words[-2] not in _BOUND:
        yield words[-1]
    if len(words) > 2 and _BOUND.isdisjoint(words):
        yield f"{words[0]} {words[-1]}"
