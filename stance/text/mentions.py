"""What the finder finds: mentions, each with the reason why it counts to its actor."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from stance.text.patterns import Pattern


class Why(StrEnum):
    """Why a name counts to its actor."""

    FULL_NAME = "full name"
    SPELLING = "another spelling of a full name"
    SHORT_NAME = "short name in a text that names the actor in full"
    ACTING = "country, capital or force that acts"
    OFFICE = "office, by who held it"
    VACANT = "office whose holder is not known, or somebody who acts for its holder"
    SPOKESPERSON = "body that a spokesperson speaks for"


class FoundMention(msgspec.Struct, frozen=True):
    """`text[start:end]` names `actor` by `name`, as the lexicon writes it.

    `counts_to` is the actor that the words count to where that is another: whom a spokesperson speaks for, or the body
    of an office whose holder is not known.
    """

    start: int
    end: int
    actor: str
    name: str
    why: Why
    counts_to: str | None = None


class Ambiguous(msgspec.Struct, frozen=True):
    """`text[start:end]` is a name of several `actors`, and the text does not tell which is meant."""

    start: int
    end: int
    name: str
    actors: tuple[str, ...]


class Found(NamedTuple):
    """Mentions in the order of the text, none overlapping; and the names that are left out of them as ambiguous."""

    mentions: tuple[FoundMention, ...]
    ambiguous: tuple[Ambiguous, ...]


class Hit(NamedTuple):
    """A name at the edges of a word, `clitic` written before it, in the folded text."""

    start: int
    end: int
    clitic: str
    pattern: Pattern

    @property
    def outset(self) -> int:
        """Where its word starts."""
        return self.start - len(self.clitic)
