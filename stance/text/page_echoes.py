"""What an article says twice, or another page says in its midst: pull quotes, captions, summaries of other articles."""

import re
from collections.abc import Sequence

from stance.text.markers import fold
from stance.text.page_lines import INNER_STOP, Line
from stance.text.page_words import COMMON, REPORTS, content, shared

_WORD = re.compile(r"\w+")
_QUOTE, _BLURB_WORDS, _BLURB_SHARE, _GRAM = 4, 45, 0.4, 5
_CARD, _HEADLINE, _LEAD, _CARDS = range(12, 61), range(5, 21), 4, 3
_CLAUSES = frozenset(fold("حيث بينما فيما إذ").split())
_ECHO, _ECHO_SHARE = 3, 0.8
_SAME, _SAME_SHARE = 3, 1 / 3


def without_echoes(lines: Sequence[Line]) -> list[Line]:
    """Without what the article says twice: pull quotes, captions, paragraphs shown again, another page's summary."""
    whole = "\n".join(line.folded for line in lines)
    seen: set[str] = set()
    told: list[Line] = []
    # Five words in a row, by the line they stand in: only a line that opens anew may be a summary.
    fresh = any(_may_be_blurb(line) for line in lines[1:])
    grams = [(line, _grams(line)) for line in lines if line.size >= _GRAM] if fresh else []
    cards = {id(line) for line in _cards(lines)}
    for line in lines:
        core = line.folded.strip(" .…\"«»“”'")
        quoted = line.size >= _QUOTE and not line.stops and whole.count(core) > 1
        again = (line.folded in seen and line.size >= _QUOTE) or (bool(told) and _echoes(line, told[-1]))
        if again or (quoted and core != "") or (grams and _blurb(line, grams)) or id(line) in cards:
            continue
        seen.add(line.folded)
        told.append(line)
    return told


def _echoes(line: Line, above: Line) -> bool:
    """Whether a line without an end says in other forms what the paragraph above it says."""
    short = not line.prose and not line.stops and above.prose and len(line.content) >= _ECHO
    return short and shared(line.content, above.content) >= _ECHO_SHARE


def _may_be_blurb(line: Line) -> bool:
    return 15 <= line.size <= _BLURB_WORDS and not line.goes_on and not INNER_STOP.search(line.folded)


def _blurb(line: Line, grams: Sequence[tuple[Line, set[tuple[str, ...]]]]) -> bool:
    """Whether a paragraph is another page's title and summary: it opens anew in mid-text and repeats what is told."""
    if line is grams[0][0] or not _may_be_blurb(line):
        return False
    own = next(found for other, found in grams if other is line)
    most = max((len(own & found) for other, found in grams if other is not line), default=0)
    return most > 0 and most + _GRAM - 1 >= _BLURB_SHARE * line.size


def _grams(line: Line) -> set[tuple[str, ...]]:
    words = _WORD.findall(line.folded)
    return set(zip(*(words[shift:] for shift in range(_GRAM)), strict=False))


def _cards(lines: Sequence[Line]) -> list[Line]:
    """Paragraphs that are another article's headline and lead run together; more than a few are a digest's own."""
    paragraphs = [line for line in lines if line.prose]
    found = [line for line in paragraphs[1:] if _is_card(line)]
    return found if len(found) <= _CARDS else []


def _is_card(line: Line) -> bool:
    """Whether a paragraph says its first words again behind a verb that news opens with, and no more than that."""
    if line.size not in _CARD or line.goes_on or INNER_STOP.search(line.folded):
        return False
    words = line.folded.split()
    if words[0].removeprefix("و") in COMMON:
        # "After the meeting of the council he said": a sentence that is told with its verb late.
        return False
    for number in _HEADLINE:
        if number > line.size - _LEAD:
            break
        before = words[number - 1]
        if before in _CLAUSES or before[-1] in "،,":
            break
        if words[number] in REPORTS and before[-1].isalnum() and before not in COMMON:
            title, lead = content(" ".join(words[:number])), content(" ".join(words[number:]))
            if len(title & lead) >= max(_SAME, _SAME_SHARE * len(title)):
                return True
    return False
