"""A lexicon made ready for searching: every folded spelling of every name, with whose it is and when it counts."""

import datetime
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from stance.text.folding import Folded
from stance.text.lexicon import GOVERNMENT, MILITARY, Entry, Lexicon, Term
from stance.text.spelling import behind_lam, short_forms, spellings
from stance.text.words import BODIES, FORCES, HEADS


class Role(IntEnum):
    """When a name counts: never, anywhere, where it acts, in a text that holds a full name of its actor."""

    NOT = 0
    FULL = 1
    IF_ACTING = 2
    SHORT = 3


class Owner(NamedTuple):
    """Whose a name is (an entry's number, -1 for nobody's), when it counts, and how the lexicon writes it."""

    entry: int
    role: Role
    name: str


class Pattern(NamedTuple):
    """What is searched for, of a name spelled `spelling`; not the same `behind_lam` that took its article's alif.

    `role` is the first that any of its owners has, `leading` are the owners that have it. The rest says what the name
    looks like: that of a body or an office (`form`), of an office (`title`), of troops (`force`), of a spokesperson
    (`voice`), or an adjective behind a definite noun ("foreign").
    """

    text: str
    spelling: str
    behind_lam: bool
    owners: tuple[Owner, ...]
    role: Role
    leading: tuple[Owner, ...]
    form: bool
    title: bool
    force: bool
    voice: bool
    adjective: bool


class Index:
    """The patterns of a lexicon, its entries by number, and who held which office."""

    def __init__(self, lexicon: Lexicon):
        self.entries = lexicon.entries
        self.patterns = _patterns(lexicon)
        self.not_after = frozenset(word for text in lexicon.not_after for word in Folded(text).text.split())
        self.countries = [entry.id.partition(".")[0] for entry in self.entries]
        self.states = {
            country for entry, country in zip(self.entries, self.countries, strict=True) if entry.kind == GOVERNMENT
        }
        self.words = [_words_of(entry) for entry in self.entries]
        numbers = {entry.id: number for number, entry in enumerate(self.entries)}
        # Offices that are no entries are words for a reader only.
        self.offices = [
            tuple((numbers[term.office], term) for term in entry.terms if term.office in numbers)
            for entry in self.entries
        ]
        self.holders: dict[int, list[tuple[int, Term]]] = {}
        for person, held in enumerate(self.offices):
            for office, term in held:
                self.holders.setdefault(office, []).append((person, term))

        self.kin = [
            {number, *(office for office, _ in held), *(person for person, _ in self.holders.get(number, ()))}
            for number, held in enumerate(self.offices)
        ]

    def holders_on(self, office: int, day: datetime.date | None) -> set[int]:
        """The persons who held an office on `day`; whoever ever held it where the day is not known."""
        return {person for person, term in self.holders.get(office, ()) if day is None or term.on(day)}

    def holder_on(self, office: int, day: datetime.date | None) -> int | None:
        """The one person who held an office on `day`; None where either is not known, or the office is shared."""
        holders = self.holders_on(office, day) if day else set()
        return next(iter(holders)) if len(holders) == 1 and not self.entries[office].shared else None

    def offices_on(self, person: int, day: datetime.date | None) -> set[int]:
        """The offices that a person held on `day`, or ever."""
        return {office for office, term in self.offices[person] if day is None or term.on(day)}


def _patterns(lexicon: Lexicon) -> list[Pattern]:
    owners: dict[str, dict[int, Owner]] = {}
    for owner, spelling in _named(lexicon):
        known = owners.setdefault(spelling, {})
        if owner.entry not in known or owner.role < known[owner.entry].role:
            known[owner.entry] = owner
    patterns = []
    for spelling, found in owners.items():
        pattern = _pattern(lexicon, spelling, tuple(sorted(found.values(), key=lambda owner: owner.role)))
        patterns.append(pattern)
        rest = behind_lam(spelling)
        if rest is not None:
            patterns.append(pattern._replace(text=rest, behind_lam=True))
    return patterns


def _pattern(lexicon: Lexicon, spelling: str, owners: tuple[Owner, ...]) -> Pattern:
    role = owners[0].role
    leading = tuple(owner for owner in owners if owner.role == role)
    first, _, rest = spelling.partition(" ")
    head = first.removeprefix("ال")
    alone = role == Role.SHORT and not rest and (spelling.endswith("يه") or spelling in _ADJECTIVES_ALONE)
    return Pattern(
        text=spelling,
        spelling=spelling,
        behind_lam=False,
        owners=owners,
        role=role,
        leading=leading,
        form=head in HEADS,
        title=head in HEADS and head not in BODIES,
        force=first in FORCES or all(_is_military(lexicon, owner) for owner in leading),
        voice=head.startswith(_VOICES),
        adjective=alone or spelling.startswith(_ADJECTIVES),
    )


def _is_military(lexicon: Lexicon, owner: Owner) -> bool:
    return owner.entry >= 0 and lexicon.entries[owner.entry].kind == MILITARY


def _named(lexicon: Lexicon) -> Iterator[tuple[Owner, str]]:
    """Every owner of every folded spelling."""
    for name in lexicon.not_names:
        yield from ((Owner(-1, Role.NOT, name.text), spelling) for spelling in spellings(name))
    for number, entry in enumerate(lexicon.entries):
        roles = ((Role.FULL, entry.full), (Role.IF_ACTING, entry.if_acting), (Role.SHORT, entry.short))
        for role, names in roles:
            for name in names:
                yield from ((Owner(number, role, name.text), spelling) for spelling in spellings(name))
        yield from ((Owner(number, Role.SHORT, name), form) for form, name in short_forms(entry))


def _words_of(entry: Entry) -> frozenset[str]:
    return frozenset(word for name in entry.full for spelling in spellings(name) for word in spelling.split())


_ADJECTIVES = ("الخارجيه", "الداخليه")
# "The main reason", in Arabic with the word for president.
_ADJECTIVES_ALONE = frozenset({"الرييس", "الرييسه"})
_VOICES = ("متحدث", "ناطق")
