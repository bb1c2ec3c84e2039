"""The actors of a lexicon found in a text: one pass for all names, then a reading of what each means there."""

import datetime
import unicodedata

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
        found = Reading(self._index, folded, self._hits(folded.search), published).read()
        if outlets:
            return found
        return Found(
            tuple(mention for mention in found.mentions if mention.actor not in self._outlets), found.ambiguous
        )

    def _hits(self, search: str) -> list[Hit]:
        """Names at the edges of words, in the order of the text, the longest first where several begin."""
        patterns = self._index.patterns
        hits = []
        for number, start, end in self._automaton.find_matches_as_indexes(search, overlapping=True):
            if end < len(search) and _in_word(search[end]):
                continue
            first = start
            while first > 0 and start - first <= _LONGEST_CLITIC and _in_word(search[first - 1]):
                first -= 1
            clitic = search[first:start]
            if clitic in (_BEHIND_LAM if patterns[number].behind_lam else _CLITICS):
                hits.append(Hit(start, end, clitic, patterns[number]))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return hits


def _in_word(character: str) -> bool:
    # Marks that folding keeps are vowels of other scripts, parts of their words.
    return character.isalnum() or (character > "\u02ff" and unicodedata.category(character)[0] == "M")
