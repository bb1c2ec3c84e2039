"""Lines that stand beside the text by their looks: crumbs, menus, counters, captions with a name in brackets."""

import re

from stance.text.dates import is_date_line
from stance.text.markers import fold
from stance.text.page_words import EXTRAS

# Where the page stands in its site, and the note of a picture: its width and day, or its day and the site.
_TRAIL = re.compile(r"^[^>›»«]{2,60}\s?[>›»]\s[^>›»«]{2,60}\s?[>›»]\s")
_MENU = re.compile(r"(?:[^-–|]{2,40}\s[-–|]\s){4}")
_PICTURE = re.compile(r"[،,] \d{3,4}[،,] \d\d\.\d\d\.\d{4}$|[.…] \d\d\.\d\d\.\d{4}[،,] [^.،,]{2,30}$")
# Who took a picture, behind what it shows.
_TAKEN_BY = re.compile(
    r"(?:[.،,(/–—-]\s?(?:(?:عدسه|تصوير|كاميرا)\s?:|photo(?: by|:))|صوره من\s?:|مصدر الصوره\s?:)\s?[^:]{3,40}$"
)
# "12 thousand views", with what else is counted beside it.
_COUNTED = re.compile(
    r"(?:[\d.,]+\s?(?:الف|مليون|k|m)?\s(?:مشاهد[هات]+|قراء[هات]+|زياره|زيارات|تعليقا?|تعليقات|اعجابا?|اعجابات|مشارك[هات]+"
    r"|views?|comments?|likes?|shares?)[\s|·•-]*)+"
)
# "Over", and initials or numbers behind it.
_ENDING = re.compile(r"[(\[]?\s?(?:انتهي|النهايه)\s?[)\]]?(?:[\s./|*-]+(?:\d+|\w{1,3}))*[\s./]*")
_ISSUE = re.compile(r"(?:^|[-–|،]\s?|السنه\s[\w ]{1,20}\s)العدد\s?[:(]?\s?\d")
SIDES = re.compile(r"\s?\|\s?|\s[·•/–-]\s|،\s(?=\d)")
_BRACKETED = re.compile(r"\(([^()]{2,25})\)\.?$")
# Two headlines run together, the first with its picture.
_GLUED = re.compile(r"\((?:فيديو|صور|صوره|وثيقه|وثائق|شاهد)\)\s\w")
_SPAN = re.compile(r"\d{4} ?[–-]|[–-].*\d{4}")
_STOP = re.compile(r"""(?:(?<![.…])\.|؟|!|\?|。)[\s"'»”’)\]]*$""")
_WORD = re.compile(r"\w+")
_PARTING = ("|", " - ", " – ", "، ", " · ", " • ", " / ")
_ISSUE_WORDS = 12
_SHOWN_WORDS = range(3, 16)
_SHOWN = frozenset(fold("لقطة جانب مشهد صورة").split())
_MOMENT = re.compile(rf"(?<!\w)(?:{'|'.join(fold('خلال أثناء لدى لحظة').split())}) \w")
_WORDS, _TAIL, _SHORT, _NOTE = 24, 8, 160, 45


def is_layout(folded: str) -> bool:
    """Whether a line says where one is, what a picture shows, how often something was read."""
    if folded[0] == "[" and folded[-1] == "]":
        return True
    # Looking for the signs first takes a tenth of the time.
    if (">" in folded or "›" in folded or "»" in folded) and _TRAIL.match(folded):
        return True
    if (" - " in folded or " – " in folded or " | " in folded) and _MENU.match(folded):
        return True
    if _PICTURE.search(folded, max(0, len(folded) - _NOTE)) or _credited(folded):
        return True
    if folded[0].isdigit() and _COUNTED.fullmatch(folded):
        return True
    return len(folded) < _SHORT and (":" in folded or "photo" in folded) and bool(_TAKEN_BY.search(folded))


def shows(folded: str) -> bool:
    """Whether a line without an end says what a picture shows: somebody or something, and at what."""
    if folded.count(" ") not in _SHOWN_WORDS or ":" in folded or folded[-1] in ".؟?!»…":
        return False
    first, _, rest = folded.partition(" ")
    return first in _SHOWN or bool(_MOMENT.search(rest))


def is_issue(folded: str) -> bool:
    """Whether a short line has the number of a paper's issue."""
    return "عدد" in folded[:40] and folded.count(" ") < _ISSUE_WORDS and bool(_ISSUE.search(folded))


def is_ending(folded: str) -> bool:
    """Whether a line ends a dispatch, with the initials and numbers of those who wrote it: "(over) m.a / s.k"."""
    return ("انتهي" in folded[:8] or "النهايه" in folded[:8]) and bool(_ENDING.fullmatch(folded))


def dated_beside(folded: str) -> bool:
    """Whether a day stands beside short names, with a bar or a dot between: "an agency · yesterday"."""
    if not any(sign in folded for sign in _PARTING):
        return False
    sides = SIDES.split(folded)
    return len(sides) > 1 and max(side.count(" ") for side in sides) < 6 and any(map(is_date_line, sides))


def _credited(folded: str) -> bool:
    """Whether a short line ends with a name in brackets, as captions do, or is two headlines run together."""
    if folded.count(" ") > _WORDS - 2 or "(" not in folded:
        return False
    if _GLUED.search(folded) and not _STOP.search(folded[-_TAIL:]):
        return True
    found = _BRACKETED.search(folded, max(1, len(folded) - 30))
    # Years in brackets, "(2029 – 2033)", are nobody's name.
    if found is None or found[1].isdigit() or _SPAN.search(found[1]):
        return False
    return ":" in found[1] or not EXTRAS & set(_WORD.findall(found[1]))
