"""Which of the names found in a text stand: the longest, outside others' names, and places only where they act."""

from typing import NamedTuple

from stance.text.acting import Place, acts, is_where, speaks
from stance.text.guards import is_part_of_another, is_surname
from stance.text.lexicon import PERSON
from stance.text.mentions import Hit
from stance.text.patterns import Index, Owner, Role


class Standing(NamedTuple):
    """A name that stands where it does whatever the rest of the text says.

    `owners` are those that it may name: none for a name that is nobody's. `counts` is False for a country, capital or
    force that does not act here.
    """

    hit: Hit
    owners: tuple[Owner, ...]
    counts: bool = True


def standing_names(index: Index, text: str, hits: list[Hit]) -> list[Standing]:
    """The names among `hits` that need no other name in the text, in its order, none overlapping."""
    chosen = _longest(index, text, hits)
    firsts = _joined(text, chosen)
    lasts = {first: number for number, first in enumerate(firsts)}
    for number, first in enumerate(firsts):
        standing = chosen[number]
        if standing.hit.pattern.role == Role.IF_ACTING and standing.owners:
            explained = first > 0 and _is_explained(text, chosen[first - 1], chosen[first])
            counts = explained or _acts(text, chosen[first : lasts[first] + 1], standing)
            chosen[number] = Standing(standing.hit, standing.owners, counts)
    return chosen


def _longest(index: Index, text: str, hits: list[Hit]) -> list[Standing]:
    """The longest name from left to right; those that mean something else take their place too."""
    chosen, taken = [], 0
    ends = {hit.end: hit for hit in hits}
    for hit in hits:
        pattern = hit.pattern
        if hit.start < taken or pattern.role == Role.SHORT:
            continue
        owners = pattern.leading
        if pattern.role == Role.NOT or is_part_of_another(text, hit, index.not_after):
            owners = ()
        elif " " not in pattern.text:
            owners = tuple(owner for owner in owners if may_be_surname(index, text, hit, owner.entry, ends))
            if not owners:
                continue
        chosen.append(Standing(hit, owners))
        taken = hit.end
    return chosen


def may_be_surname(index: Index, text: str, hit: Hit, person: int, ends: dict[int, Hit]) -> bool:
    """Whether a name of one word may be that of `person`; always where the entry is no person."""
    if index.entries[person].kind != PERSON:
        return True
    title = ends.get(hit.start - 1)
    titled = title is not None and any(owner.entry in index.kin[person] for owner in title.pattern.owners)
    return is_surname(text, hit, index.words[person], titled=titled)


def _joined(text: str, chosen: list[Standing]) -> list[int]:
    """For each name the first of those that "and" joins it with."""
    firsts: list[int] = []
    for number, standing in enumerate(chosen):
        before = chosen[number - 1].hit if number else None
        joined = before and standing.hit.clitic == "و" and text[before.end : standing.hit.start] in (" و", "، و")
        firsts.append(firsts[-1] if joined else number)
    return firsts


def _acts(text: str, joined: list[Standing], standing: Standing) -> bool:
    """Whether one of several names joined by "and", or a name alone, acts."""
    first = joined[0].hit
    place = Place(first.start, joined[-1].hit.end, first.clitic, several=len(joined) > 1)
    if standing.hit.pattern.force:
        return speaks(text, place)
    before = joined[: joined.index(standing)]
    if any(_WHERE in other.hit.pattern.text for other in before):
        # "The groups in Zarida and Sandar": both are where they are.
        return False
    if acts(text, place):
        return True
    bodies = any(other.hit.pattern.role == Role.FULL for other in before)
    return bodies and not is_where(text, place)


def _is_explained(text: str, before: Standing, first: Standing) -> bool:
    """Whether names in brackets say who the actor before them is: the guarantors (Zarida and Sandar)."""
    named = before.counts and before.hit.pattern.role == Role.FULL and bool(before.owners)
    return named and text[before.hit.end : first.hit.outset] == " ("


_WHERE = " في "
