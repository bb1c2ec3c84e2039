"""What the words beside a name forbid: names that are parts of others, adjectives, other people's surnames."""

import re

from stance.text.acting import is_verb, word_before, words_after, words_before
from stance.text.mentions import Hit
from stance.text.words import COURTESY, EPITHETS, GIVEN_NAMES, PARTICLES, RELATIVES, TIMES

_DEFINITE = re.compile(r"[وف]?(?:[بك]?ال|لل)\w{2}")
_FURTHER_ADJECTIVE = re.compile(r"ال\w+(?:ي|ية|يين|يون)$")
_ADJECTIVE_LIKE = re.compile(r"ال\w+ي$")
_WITH_ARTICLE = re.compile(r"[فبك]?ال|لل")
_FATHERS = (["ابو"], ["ابي"], ["ابا"], ["ام"])
_GAP = re.compile(r"\"?[ ،,(\"-]{1,3}((?:\w+ ){0,2})\"?$")


def is_part_of_another(text: str, hit: Hit, not_after: frozenset[str]) -> bool:
    """Whether the word before a name makes another's of it: one of `not_after`, an airport; foreign policy."""
    if hit.clitic:
        return False
    word = word_before(text, hit.start)
    return word in not_after or word[1:] in not_after or word[2:] in not_after or _is_adjective(hit, word)


def _is_adjective(hit: Hit, before: str) -> bool:
    """Whether a short name is an adjective of the definite noun before it: foreign affairs, the Arab states."""
    adjective = hit.pattern.adjective and before not in TIMES and before not in COURTESY
    return adjective and bool(_DEFINITE.match(before))


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
    if words_before(text, hit.start)[1:2] in _FATHERS:
        return False
    if word in GIVEN_NAMES or (word[0] in "وفلب" and word[1:] in GIVEN_NAMES):
        return False
    if not _ADJECTIVE_LIKE.match(hit.pattern.spelling):
        return True
    return before in COURTESY or before in TIMES or not _DEFINITE.match(before)


def goes_on(text: str, hit: Hit) -> bool:
    """Whether a short form is part of a longer name: the Syrian army, foreign affairs, President Such-and-such."""
    if not hit.clitic and _is_adjective(hit, word_before(text, hit.start)):
        return True
    if not hit.pattern.form:
        return False
    after = words_after(text, hit.end)[:1] if text[hit.end : hit.end + 1] == " " else []
    further = any(word in EPITHETS or (_FURTHER_ADJECTIVE.match(word) and word not in _ALLOWED) for word in after)
    return further or (hit.pattern.title and any(_is_like_name(word) for word in after))


def names_follow(text: str, hit: Hit) -> bool:
    """Whether a given name stands right behind a title."""
    return any(word.replace("ة", "ه") in GIVEN_NAMES for word in words_after(text, hit.end)[:1])


def _is_like_name(word: str) -> bool:
    """Whether the word behind a title goes on with a name: no verb or particle, no particle joined, no object."""
    if word in GIVEN_NAMES:
        return True
    if word[0] == "و" or word.endswith(("ه", "ها", "هم", "ا")) or _WITH_ARTICLE.match(word):
        return False
    return not (word in PARTICLES or word in _ALLOWED or is_verb(word))


def adjoining(text: str, first: Hit, second: Hit) -> list[str] | None:
    """The words between two names that stand side by side, mostly none; None where they do not."""
    if second.clitic or not first.end < second.start <= first.end + 30:
        return None
    gap = _GAP.match(text[first.end : second.start])
    return gap.group(1).split() if gap else None


_ALLOWED = COURTESY | TIMES | RELATIVES
