"""Spellings of one name folded into one, with the way back to the offsets of the text as given.

Two strings that a reader takes for the same name fold to the same string: hamza forms, alif maqsura and ya, ta marbuta
and ha, Persian and Kurdish letters, presentation forms and ligatures, digits, dashes, quotation marks and Latin case
are one; diacritics, tatweel, zero-width and bidirectional controls are dropped; white space is one space. Names that
differ in more than that (words written as one, cases) are `stance.text.spelling`'s.
"""

import unicodedata

import numpy as np
from numpy.typing import NDArray

LINE = "\n"
"""What a single line end folds to, with the spaces around it; a name may go on behind it."""

PARAGRAPH = "\u2029"
"""What several line ends in a row fold to; no name reaches over it."""

_SPACES = (ord(" "), ord(LINE), ord(PARAGRAPH))
_LINE_ENDS = frozenset("\n\v\f\x85\u2028")
_MARKS = "\u02ff"
"""No mark stands before this character."""
_TATWEEL = "\u0640"
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cc"})
# Letters that no decomposition brings together. چ and گ have several spellings in the Arabic press: these are the
# Iraqi ones, others are for a registry to list.
_LETTERS = {
    **dict.fromkeys("ٱ", "ا"),
    **dict.fromkeys("ىیېےۍێ", "ي"),
    **dict.fromkeys("ۃ", "ة"),
    **dict.fromkeys("ہھە", "ه"),
    **dict.fromkeys("کڪگڭڮݣ", "ك"),
    **dict.fromkeys("ۆۇۈۉۊۋ", "و"),
    **dict.fromkeys("ڕڑ", "ر"),
    **dict.fromkeys("چ", "ج"),
    **dict.fromkeys("پ", "ب"),
    **dict.fromkeys("ڤ", "ف"),
    **dict.fromkeys("ڨ", "ق"),
    **dict.fromkeys("ژ", "ز"),
    **dict.fromkeys("ڵ", "ل"),
    **dict.fromkeys("ٹ", "ت"),
    **dict.fromkeys("ڈ", "د"),
    **dict.fromkeys("ں", "ن"),
    **dict.fromkeys("«»“”„‟″", '"'),
    **dict.fromkeys("‘’‚‛′ʼʾʿ`", "'"),
}


class _Table:
    """What each code point folds to, found out when it is first met: one code, 0 for nothing, or several."""

    def __init__(self) -> None:
        self.codes = np.full(0x110000, _UNKNOWN, np.uint32)
        self.in_word = np.zeros(0x110000, bool)
        self.several: dict[int, NDArray[np.uint32]] = {}

    def __call__(self, given: NDArray[np.uint32]) -> NDArray[np.uint32]:
        folded = self.codes[given]
        if (folded == _UNKNOWN).any():
            for code in np.unique(given[folded == _UNKNOWN]).tolist():
                self._learn(code)
            folded = self.codes[given]
        return folded

    def _learn(self, code: int) -> None:
        folded = _codes(_fold(chr(code)))
        if len(folded) > 1:
            self.several[code] = folded
        self.in_word[folded] = [_is_in_word(chr(part)) for part in folded.tolist()]
        # Written last: another thread sees a code only once all of it is known.
        self.codes[code] = _SEVERAL if len(folded) > 1 else folded[0] if len(folded) else 0


class Folded:
    """A text folded, and the way back: `text` for reading, with ta marbuta and line ends; `search` for finding names.

    Both have the same offsets.
    """

    def __init__(self, given: str):
        self.given = given
        codes = _codes(given)
        folded = _TABLE(codes)
        if (folded == _SEVERAL).any():
            folded, places = _expanded(codes, folded)
        else:
            places = np.flatnonzero(folded)
            folded = folded[places]
        folded, kept = _collapsed(folded)
        self.text: str = folded.tobytes().decode(_ENCODING)
        self.search = self.text.replace("ة", "ه").replace(LINE, " ")
        self._codes = folded
        self._places: NDArray[np.intp] = places[kept]

    def words(self) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """For each place, and one behind the last, whether it is in a word; and where its word, or the gap, begins.

        Both have one more element than `text` has characters.
        """
        inside = np.zeros(len(self._codes) + 1, bool)
        inside[:-1] = _TABLE.in_word[self._codes]
        begins = np.arange(len(inside))
        begins[1:][inside[:-1]] = 0
        return inside, np.maximum.accumulate(begins)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]`, not empty, stands in the text as given.

        Whole characters with the marks on them: a letter is never cut from its diacritics.
        """
        first, last = int(self._places[start]), int(self._places[end - 1]) + 1
        while last < len(self.given) and self.given[last] > _MARKS and unicodedata.category(self.given[last])[0] == "M":
            last += 1
        return first, last


def fold(name: str) -> str:
    """A name as it stands in a text folded for searching, without white space around it."""
    return Folded(name).search.replace(PARAGRAPH, " ").strip()


def _fold(character: str) -> str:
    if character in _LINE_ENDS:
        return LINE
    if character == PARAGRAPH:
        return PARAGRAPH
    # Hashtags write names with underscores.
    if character.isspace() or character == "_":
        return " "
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) == "Pd" or character == "−":
        return "-"
    # Twice, since some capitals fold to what decomposes again.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kept = (_LETTERS.get(part, part) for part in plain if part != _TATWEEL)
    folded = "".join(part for part in kept if unicodedata.category(part) not in _DROPPED)
    # The presentation form of a mark alone decomposes to a space and the mark.
    return folded if folded.strip() else ""


def _is_in_word(character: str) -> bool:
    # Marks that folding keeps are vowels of other scripts, parts of their words.
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode(_ENCODING, "surrogatepass"), np.dtype("<u4"))


def _expanded(given: NDArray[np.uint32], folded: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Folded codes with ligatures taken apart, and the place that each came from."""
    counts = (folded != 0).astype(np.intp)
    ligatures = np.flatnonzero(folded == _SEVERAL)
    parts = [_TABLE.several[code] for code in given[ligatures].tolist()]
    counts[ligatures] = [len(part) for part in parts]
    starts = np.cumsum(counts) - counts
    whole = np.repeat(folded, counts)
    for start, part in zip(starts[ligatures].tolist(), parts, strict=True):
        whole[start : start + len(part)] = part
    return whole, np.repeat(np.arange(len(folded)), counts)


def _collapsed(folded: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp] | slice]:
    """Runs of white space as one space, line end or paragraph; and which codes stand for them."""
    space, line, paragraph = _SPACES
    blank = (folded == space) | (folded == line) | (folded == paragraph)
    runs_on = np.zeros(len(folded), bool)
    np.logical_and(blank[1:], blank[:-1], out=runs_on[1:])
    if not runs_on.any():
        return folded, slice(None)
    kept = np.flatnonzero(~runs_on)
    lines = (folded == line) + 2 * (folded == paragraph)
    count = np.add.reduceat(lines, kept)
    result = folded[kept]
    result[blank[kept]] = space
    result[count == 1] = line
    result[count >= 2] = paragraph
    return result, kept


_ENCODING = "utf-32-le"
_UNKNOWN, _SEVERAL = 0xFFFFFFFF, 0xFFFFFFFE
_TABLE = _Table()
