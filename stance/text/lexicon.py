"""What the finder looks for: actors by their names, and what must not be taken for one."""

import datetime

import msgspec

PERSON, OFFICE, OUTLET, MILITARY = "person", "office", "outlet", "military"
GOVERNMENT, MINISTRY, PARLIAMENT = "government", "ministry", "parliament"
"""The kinds of actors that the finder treats apart; all others are alike to it."""


class Name(msgspec.Struct, frozen=True):
    """A name, and the other spellings that a registry knows of it."""

    text: str
    spellings: tuple[str, ...] = ()


class Lasting(msgspec.Struct, frozen=True, kw_only=True):
    """Something that lasts from the day `since` to the day before `until`; None is open."""

    since: datetime.date | None = None
    until: datetime.date | None = None

    def on(self, day: datetime.date) -> bool:
        """Whether it lasted on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Term(Lasting, frozen=True):
    """For how long an office (an entry's id) was held."""

    office: str


class Entry(Lasting, frozen=True):
    """One actor, and for how long it existed: that tells actors of one name apart.

    `full` names count wherever they stand, `short` ones in a text that also names the actor in full, `if_acting` ones
    (a country, its capital, its troops) where what they name acts or speaks. `terms` are the offices of a person,
    `spokesperson_of` is to whom a person's words count. `body` is whom an office speaks for, `shared` says that several
    hold it at once.
    """

    id: str
    kind: str
    full: tuple[Name, ...] = ()
    short: tuple[Name, ...] = ()
    if_acting: tuple[Name, ...] = ()
    terms: tuple[Term, ...] = ()
    body: str | None = None
    shared: bool = False
    spokesperson_of: str | None = None


class Lexicon(msgspec.Struct, frozen=True):
    """All that is looked for at once.

    `not_names` hold an actor's name and mean something else; `not_after` are words that, right before a name, make
    something else of it (a university, an airport).
    """

    entries: tuple[Entry, ...]
    not_names: tuple[Name, ...] = ()
    not_after: tuple[str, ...] = ()
