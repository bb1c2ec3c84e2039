"""The actors of a lexicon found in a text: one pass for all names, then a reading of what each means there."""

import datetime

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind

from stance.text.folding import Folded
from stance.text.lexicon import OUTLET, Lexicon
from stance.text.mentions import Found, Hit
from stance.text.patterns import Index
from stance.text.reading import Reading

# Written as one with the word that follows: and, so; then with, as, to, will.
_CLITICS = frozenset(first + second for first in ("", "و", "ف") for second in ("", "ب", "ك", "ل", "س"))
_BEHIND_LAM = frozenset({"ل", "ول", "فل"})
_LONGEST_CLITIC = 2


class Finder:
    """Finds the actors of `lexicon`; built once, then safe to use from several threads and to send to processes."""

    def __init__(self, lexicon: Lexicon):
        self.lexicon = lexicon
        self._index = Index(lexicon)
        self._outlets = frozenset(entry.id for entry in lexicon.entries if entry.kind == OUTLET)
        # Every overlapping match is looked at, since the longest may not stand at a word's edge.
        self._automaton = AhoCorasick([pattern.text for pattern in self._index.patterns], matchkind=MatchKind.Standard)

    def __reduce__(self) -> tuple[type["Finder"], tuple[Lexicon]]:
        return Finder, (self.lexicon,)

    def find(self, text: str, *, published: datetime.date | None = None, outlets: bool = False) -> Found:
        """Mentions in the order of the text, not overlapping, and the names that could be several actors'.

        Offices count to who held them on the day `published`. Outlets are found, so that their names are not taken
        for those within, but returned only with `outlets`.
        """
        folded = Folded(text)
        found = Reading(self._index, folded, self._hits(folded), published).read()
        if outlets:
            return found
        return Found(
            tuple(mention for mention in found.mentions if mention.actor not in self._outlets), found.ambiguous
        )

    def _hits(self, folded: Folded) -> list[Hit]:
        """Names at the edges of words, in the order of the text, the longest first where several begin."""
        found = self._automaton.find_matches_as_indexes(folded.search, overlapping=True)
        matches = np.array(found, np.intp).reshape(-1, 3)
        inside, begins = folded.words()
        clitics = matches[:, 1] - begins[matches[:, 1]]
        at_edges = np.flatnonzero(~inside[matches[:, 2]] & (clitics <= _LONGEST_CLITIC))
        order = at_edges[np.lexsort((-matches[at_edges, 2], matches[at_edges, 1]))]
        search, patterns, hits = folded.search, self._index.patterns, []
        for (number, start, end), length in zip(matches[order].tolist(), clitics[order].tolist(), strict=True):
            pattern = patterns[number]
            clitic = search[start - length : start]
            if clitic in (_BEHIND_LAM if pattern.behind_lam else _CLITICS):
                hits.append(Hit(start, end, clitic, pattern))
        return hits
