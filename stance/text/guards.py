"""What the words beside a name forbid: names that are parts of others, adjectives, other people's surnames."""

import re

from stance.text.acting import word_before, words_after
from stance.text.mentions import Hit
from stance.text.words import COURTESY, EPITHETS, GIVEN_NAMES, HEADS, RELATIVES, TIMES

_DEFINITE = re.compile(r"[وف]?(?:[بك]?ال|لل)\w{2}")
_FURTHER_ADJECTIVE = re.compile(r"ال\w+(?:ي|ية|يين|يون)$")
_ADJECTIVE_LIKE = re.compile(r"ال\w+ي$")
_GAP = re.compile(r"\"?[ ،,(\"-]{1,3}((?:\w+ ){0,2})\"?$")


def is_part_of_another(text: str, hit: Hit, not_after: frozenset[str]) -> bool:
    """Whether a word of `not_after` stands right before the name: an airport, a university."""
    if not not_after or hit.clitic:
        return False
    word = word_before(text, hit.start)
    return word in not_after or word[1:] in not_after or word[2:] in not_after


def is_surname(text: str, hit: Hit, own: frozenset[str], *, titled: bool) -> bool:
    """Whether a surname is one here, of a person whose names have the words `own`.

    It is none as an adjective behind a definite noun ("the Sudanese army"), and another's behind another's given name.
    `titled` says that the person's own title stands before it.
    """
    before = "" if hit.clitic or titled else word_before(text, hit.start)
    if not before:
        return True
    word = before.replace("ة", "ه")
    if not own.isdisjoint({word, word[1:]}):
        return True
    if word in GIVEN_NAMES or (word[0] in "وفلب" and word[1:] in GIVEN_NAMES):
        return False
    if not _ADJECTIVE_LIKE.match(hit.pattern.text):
        return True
    return before in COURTESY or before in TIMES or not _DEFINITE.match(before)


def is_form(hit: Hit) -> bool:
    """Whether a name is that of a body or an office by its first word, and no person's own."""
    return hit.pattern.text.split(" ", 1)[0].removeprefix("ال") in HEADS


def goes_on(text: str, hit: Hit) -> bool:
    """Whether a short definite form has an adjective behind it that makes another's name of it ("the Syrian army")."""
    if not is_form(hit):
        return False
    after = words_after(text, hit.end)[:1] if text[hit.end : hit.end + 1] == " " else []
    return any(word in EPITHETS or (_FURTHER_ADJECTIVE.match(word) and word not in _ALLOWED) for word in after)


def adjoining(text: str, first: Hit, second: Hit) -> list[str] | None:
    """The words between two names that stand side by side, mostly none; None where they do not."""
    if second.clitic or not first.end < second.start <= first.end + 30:
        return None
    gap = _GAP.match(text[first.end : second.start])
    return gap.group(1).split() if gap else None


_ALLOWED = COURTESY | TIMES | RELATIVES
