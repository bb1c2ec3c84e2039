"""Which of the names found in a text stand: the longest, outside others' names, and places only where they act."""

from typing import NamedTuple

from stance.text.acting import Place, acts, is_where, speaks
from stance.text.guards import is_part_of_another, is_surname
from stance.text.lexicon import MILITARY, PERSON
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
    lasts = dict(zip(firsts, range(len(firsts)), strict=True))
    return [
        _acting(index, text, chosen, number, first, lasts[first]) if _is_place(standing) else standing
        for number, (standing, first) in enumerate(zip(chosen, firsts, strict=True))
    ]


def _longest(index: Index, text: str, hits: list[Hit]) -> list[Standing]:
    """The longest name from left to right; those that mean something else take their place too."""
    chosen, taken = [], 0
    ends = {hit.end: hit for hit in hits}
    for hit in hits:
        role = hit.pattern.role
        if hit.start < taken or role == Role.SHORT:
            continue
        owners = tuple(owner for owner in hit.pattern.owners if owner.role == role != Role.NOT)
        if is_part_of_another(text, hit, index.not_after):
            owners = ()
        elif owners and " " not in hit.pattern.text:
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
    offices = {person, *index.offices_on(person, None)}
    titled = title is not None and any(owner.entry in offices for owner in title.pattern.owners)
    return is_surname(text, hit, index.words[person], titled=titled)


def _is_place(standing: Standing) -> bool:
    return bool(standing.owners) and standing.owners[0].role == Role.IF_ACTING


def _joined(text: str, chosen: list[Standing]) -> list[int]:
    """For each name the first of those that "and" joins it with."""
    firsts: list[int] = []
    for number, standing in enumerate(chosen):
        before = chosen[number - 1].hit if number else None
        joined = before and standing.hit.clitic == "و" and text[before.end : standing.hit.start] in (" و", "، و")
        firsts.append(firsts[-1] if joined else number)
    return firsts


def _acting(index: Index, text: str, chosen: list[Standing], number: int, first: int, last: int) -> Standing:
    standing = chosen[number]
    place = Place(chosen[first].hit.start, chosen[last].hit.end, chosen[first].hit.clitic, several=first < last)
    forces = all(index.entries[owner.entry].kind == MILITARY for owner in standing.owners)
    bodies = any(owner.role == Role.FULL for joined in chosen[first:number] for owner in joined.owners)
    counts = speaks(text, place) if forces else acts(text, place) or (bodies and not is_where(text, place))
    return standing._replace(counts=counts)
