"""Where the names of actors stand in a text."""

from collections.abc import Mapping, Sequence

# Particles written as one with the word that follows: and, so, with, as, to, will; with the article where it is there.
_CLITICS = frozenset("وفبكلس")


def find_names(text: str, names: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[int, int]]]:
    """Spans (start, end) per actor of the `names` it goes by, the longest name winning where names overlap.

    A name counts where a word begins, up to two clitics before it allowed, and where a word ends.
    """
    from ahocorasick_rs import AhoCorasick, MatchKind

    owners = {name: actor for actor, known in names.items() for name in known}
    patterns = list(owners)
    found: dict[str, list[tuple[int, int]]] = {}
    if not patterns:
        return found
    # Every overlapping match is looked at, since the longest may not stand at a word's edge.
    automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard)
    matches = automaton.find_matches_as_indexes(text, overlapping=True)
    taken = 0
    for number, start, end in sorted(matches, key=lambda match: (match[1], -match[2])):
        if start >= taken and _begins(text, start) and (end == len(text) or not text[end].isalnum()):
            found.setdefault(owners[patterns[number]], []).append((start, end))
            taken = end
    return found


def _begins(text: str, start: int) -> bool:
    first = start
    while first > 0 and text[first - 1].isalnum():
        first -= 1
    return start - first <= 2 and set(text[first:start]) <= _CLITICS
