"""Whether a country, a capital or a force acts in a sentence, or is only where something happens.

Decided by the words beside the name: a verb of saying or doing makes a government of it, a preposition of place does
not. Nor does silence: a name with no such word beside it is a place. All texts here are folded.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from stance.text.folding import LINE, PARAGRAPH
from stance.text.words import (
    AGENT_MARKS,
    ALLIES,
    APPOSED,
    ASKING,
    ATTACKS,
    AUXILIARIES,
    BORDERS,
    CONJUNCTIONS,
    DEEDS,
    GOVERNED,
    MASCULINE_PERFECT,
    NO_VERBS,
    PLACE_PREPOSITIONS,
    PLACE_VERBS,
    POINTERS,
    RELATIONS,
    RELATIVES,
    ROADS,
    SAYING,
    STATES,
    STAYING,
    TIMES,
    VOICES,
    WERE,
)

# "Baghdad, for its part, refuses": what stands between two commas is passed over.
_ASIDE = re.compile(r"\"?، [^،.]{1,60}،(?= )")
_LINE_END = re.compile(f"[{LINE}{PARAGRAPH}]")
_GOING_ON = (" ", '"', "،")
_WORD = re.compile(r"\"?(\w+)")
_VERBAL_NOUN = re.compile(r"ت\w\wي\w$")
_OBJECT = re.compile(r"(?:هما|ها|هم|ه)$")
_FEMININE_WITH_OBJECT = re.compile(r"\w{2,}(?<!ا)ت(?:ها|هم|ه)$")
_SPEAKING = SAYING | DEEDS
_REACH = 80
_HEADLINE = 110
"""Longest line, in characters, whose "Washington:" names a speaker and not where a report was written."""

_BYLINE = 2
"""Most words behind "Washington:" where they are an outlet or a reporter."""


class Place(NamedTuple):
    """One name in a folded text, or several joined by "and": from `start` to `end`, with what is joined before it."""

    start: int
    end: int
    clitic: str = ""
    several: bool = False


def word_before(text: str, start: int) -> str:
    """The word right before `start` in a folded text; empty where a mark or line end stands between."""
    end = start - 2 if text.endswith('"', 0, start) else start - 1
    if end < 1 or text[end] != " ":
        return ""
    least = max(0, end - _REACH)
    word = text[max(text.rfind(" ", least, end) + 1, least) : end]
    if word.isalnum():
        return word
    word = re.split(_LINE_END, word)[-1].strip('"')
    return word if word.isalnum() else ""


def words_before(text: str, start: int) -> list[str]:
    """Up to four words right before `start` in a folded text, the nearest first; a mark or line end cuts them off."""
    line = text[max(0, start - _REACH) : start]
    line = line[max(line.rfind(LINE), line.rfind(PARAGRAPH)) + 1 :].removesuffix('"')
    if not line.endswith(" "):
        return []
    found = []
    for word in reversed(line[:-1].split(" ")[-4:]):
        plain = word.strip('"')
        if not plain.isalnum():
            break
        found.append(plain)
    return found


def words_after(text: str, end: int) -> list[str]:
    """Up to five words right after `end` in a folded text; a mark or line end cuts them off, an aside does not."""
    if not text.startswith(_GOING_ON, end):
        return []
    line = re.split(_LINE_END, text[end : end + _REACH], maxsplit=1)[0]
    aside = _ASIDE.match(line)
    line = (line[aside.end() :] if aside else line).removeprefix('"')
    if not line.startswith(" "):
        return []
    found = []
    for word in line[1:].split(" ", 5)[:5]:
        plain = _WORD.match(word)
        if not plain:
            break
        found.append(plain.group(1))
        if plain.end() < len(word.rstrip('"')):
            break
    return found


def acts(text: str, place: Place) -> bool:
    """Whether a country or capital stands for its government here."""
    if place.clitic[-1:] in ("ب", "ك"):
        return False
    if place.clitic[-1:] == "ل":
        return _must(text, place)
    if place.clitic and _is_subject(text, place):
        return True
    before = words_before(text, place.start - len(place.clitic))
    while before and (before[0] in TIMES or before[0] in POINTERS):
        before = before[1:]
    if not before:
        return _is_subject(text, place) or _heads_line(text, place)
    return _acts_behind(before, text, place)


def speaks(text: str, place: Place) -> bool:
    """Whether a force itself says or does something here; that it comes, stays or goes is what the text is about."""
    before = words_before(text, place.start - len(place.clitic))
    if before and (_any_form(before[0], _SPEAKING) or before[0] in VOICES or _is_agent(before) or _done_by(before)):
        return True
    begins = not before or _bare(before[0]) in CONJUNCTIONS | WERE
    if place.clitic[-1:] in ("ب", "ك", "ل") or not (begins or place.clitic):
        return False
    after = _behind_where(words_after(text, place.end))
    return any(_any_form(word, _SPEAKING) for word in after[:2]) or _does(after)


def _done_by(before: list[str]) -> bool:
    """Whether the verb before a force is its own: it begins the clause, or has its object with it ("seized it")."""
    word, further = before[0], before[1:]
    if not _is_deed(word) or (further and further[0] in RELATIVES):
        return False
    begins = word[0] in "وف" or not further or _bare(further[0]) in CONJUNCTIONS
    return begins or bool(_FEMININE_WITH_OBJECT.match(word))


def _does(after: list[str]) -> bool:
    """Whether the words behind a force begin with its verb."""
    return next((_is_deed(word) for word in after if word not in AUXILIARIES and word not in TIMES), False)


def _is_deed(word: str) -> bool:
    return (is_verb(word) or _any_form(word, ATTACKS)) and not _any_form(word, STAYING)


def _behind_where(after: list[str]) -> list[str]:
    """What follows allies and a place: "the troops and their allies in the north and the east seized"."""
    if after and after[0] in ALLIES:
        after = after[1:]
    if after[:1] != ["في"]:
        return after
    joined = len(after) > 2 and after[2][0] == "و" and not _is_deed(after[2])
    return after[3 if joined else 2 :]


def is_where(text: str, place: Place) -> bool:
    """Whether a preposition of place stands before the name."""
    before = words_before(text, place.start - len(place.clitic))[:1]
    return place.clitic[-1:] in ("ب", "ك", "ل") or any(_bare(word) in PLACE_PREPOSITIONS for word in before)


def _acts_behind(before: list[str], text: str, place: Place) -> bool:
    word, further = before[0], before[1:]
    if _bare(word) == "بين":
        return not RELATIONS.isdisjoint(further[:2]) or (
            place.several and ROADS.isdisjoint(further[:2]) and BORDERS.isdisjoint(further[:2])
        )
    if _bare(word) in CONJUNCTIONS:
        return _is_subject(text, place)
    if _any_form(word, ATTACKS):
        # Behind a noun the verb is that noun's, and the country what it is done to.
        return word[0] in "وف" or not further or _bare(further[0]) in CONJUNCTIONS
    return is_verb(word) or _governed(word) or _related(word, further) or (_bare(word) == "علي" and _must(text, place))


def _related(word: str, further: list[str]) -> bool:
    """Behind a preposition that makes a partner or an agent of what follows."""
    if _bare(word) == "مع":
        return BORDERS.isdisjoint(further[:2])
    if word == "من" and further:
        each = further[0] == "كل" and PLACE_PREPOSITIONS.isdisjoint(further[1:2])
        return each or further[0].startswith(AGENT_MARKS) or _any_form(further[0], ASKING)
    return _is_agent([word, *further])


def _is_agent(before: list[str]) -> bool:
    return before[0] in ("قبل", "جانب", "طرف") and before[1:2] == ["من"]


def _must(text: str, place: Place) -> bool:
    """Whether "that" follows: it is for the country to do something."""
    return words_after(text, place.end)[:1] == ["ان"]


def _is_subject(text: str, place: Place) -> bool:
    """Whether what follows a name is its verb, sets it against another, or says what it is determined to do."""
    after = words_after(text, place.end)
    if after[:2] == ["من", "جهة"]:
        # "Between Zarida on the one hand and Sandar on the other".
        return True
    for word in after:
        if word in AUXILIARIES or word in TIMES or word in ALLIES:
            continue
        return (is_verb(word) and not _any_form(word, PLACE_VERBS)) or word in STATES
    return False


def _heads_line(text: str, place: Place) -> bool:
    """Whether a line begins with the name and a colon, bullets aside, and is a headline: no paragraph, no byline."""
    if not text.startswith(":", place.end):
        return False
    first = max(text.rfind(mark, 0, place.start) for mark in (LINE, PARAGRAPH)) + 1
    last = min((found for mark in (LINE, PARAGRAPH) if (found := text.find(mark, place.end)) >= 0), default=len(text))
    words = text[place.end : last].count(" ")
    said = _WORD.match(text[place.end + 1 : last].lstrip(" "))
    if said and _any_form(said.group(1), SAYING):
        # "Cairo: the League called for…" says where that was written.
        return False
    return words > _BYLINE and last - first <= _HEADLINE and not any(map(str.isalnum, text[first : place.start]))


@lru_cache(maxsize=1 << 14)
def is_verb(word: str) -> bool:
    """Whether a word is shaped like a verb in the third person, with "and", "so" or "will" before it or not."""
    return not _any_form(word, PLACE_VERBS) and any(_shaped_like_verb(form) for form in _forms(word))


def _shaped_like_verb(word: str) -> bool:
    if len(word) < 3 or word in NO_VERBS or word[1:] in NO_VERBS or word.startswith("ال") or word.endswith("ة"):
        return False
    if word in SAYING or word in MASCULINE_PERFECT:
        return True
    if _FEMININE_WITH_OBJECT.match(word):
        return _bare(_OBJECT.sub("", word)) not in APPOSED
    if word[0] == "س" and word[1] in "تي" and len(word) > 4:
        word = word[1:]
    if word.endswith("ها") and len(word) > 5:
        word = word[:-2]
    if word[0] in "تي":
        adverb = word.endswith("ا") and len(word) > 5 and not word.endswith("تا")
        return not adverb and not _VERBAL_NOUN.match(word)
    return (word.endswith("ت") and not word.endswith("ات")) or (word.endswith("تا") and len(word) > 4)


def _forms(word: str) -> tuple[str, ...]:
    """A word, and what is left of it without "and" or "so"; there is none where a text begins or ends."""
    return (word, word[1:]) if len(word) > 3 and word[0] in "وف" else (word,)


def _bare(word: str) -> str:
    return word[1:] if len(word) > 2 and word[0] in "وف" else word


@lru_cache(maxsize=1 << 14)
def _any_form(word: str, known: frozenset[str]) -> bool:
    """Whether one of `known` stands there, with "and", "so" or "will" before it or an object behind it."""
    forms = _forms(word)
    forms += tuple(form[1:] for form in forms if form.startswith(("ست", "سي")))
    return any(form in known or _OBJECT.sub("", form) in known for form in forms)


@lru_cache(maxsize=1 << 14)
def _governed(word: str) -> bool:
    forms = {part for form in _forms(word) for part in (form, form[1:] if form[:1] in "بلك" else form)}
    return not forms.isdisjoint(GOVERNED)
