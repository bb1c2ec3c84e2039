"""Where on a page one article ends and another begins.

Text is what tells: between two paragraphs lies a zone of other lines, and what is in it (the end of an article, a
title, a date), how the title fits the paragraph below and how that paragraph opens say whether it begins an article.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from stance.text.markers import fold
from stance.text.page_headers import dateline
from stance.text.page_lines import Line, content, shared

_NEW = 2.75
"""Evidence from which on a paragraph begins an article; the weights below were set on the pages of tests/text/pages."""

_WORDS_UNDATED, _WORDS_SEVERAL, _WORDS_DATED = 45, 25, 12
"""An article below another has this many words, or what is there is but the teaser of one."""

_REPORTS = frozenset(
    fold(
        "قال قالت أعلن أعلنت كشف كشفت أكد أكدت أفاد أفادت ذكر ذكرت نفى نفت دعا دعت طالب طالبت أعرب أعربت شدد شددت بحث"
        " بحثت استقبل استقبلت وصل وصلت عقد عقدت شهد شهدت حذر حذرت اتهم اتهمت رفض رفضت أبدى أبدت اعتبر اعتبرت قتل قتلت"
        " أصيب انتقد انتقدت وافق وافقت أقر أقرت صوت صوتت أجرى أجرت بدأ بدأت توعد توعدت هدد هددت طلب طلبت تعهد تعهدت أدان"
        " أدانت ندد نددت رحب رحبت أوضح أوضحت نقل نقلت نشر نشرت أصدر أصدرت قرر قررت يعتزم تعتزم تستعد يستعد تشهد يشهد تواجه"
        " يواجه توصلت توصل انطلقت انطلق اختتم اختتمت غادر غادرت التقى التقت ناقش ناقشت استهدف استهدفت تعرض تعرضت انسحب"
        " انسحبت رجح رجحت توقع توقعت أثار أثارت عاد عادت تتجه يتجه تسعى يسعى ترأس زار زارت"
    ).split()
)


@dataclass(frozen=True)
class Article:
    """The lines of one article: `header` above its text, `body` from its first paragraph on; its own title among them.

    `body` reaches to where the next article's header begins, with all that is no text of its own.
    """

    header: Sequence[Line]
    body: Sequence[Line]


def articles(lines: Sequence[Line]) -> list[Article]:
    """The articles of a page, in order. A page whose lines hold no paragraph has none."""
    _withdraw_links(lines)
    paragraphs = [number for number, line in enumerate(lines) if line.prose]
    if not paragraphs:
        paragraphs = _longest(lines)
    if not paragraphs:
        return []
    starts = [(0, paragraphs[0])]
    for before, here in pairwise(paragraphs):
        if _evidence(lines, before, here, paragraphs) >= _NEW:
            starts.append((_header_start(lines, before, here), here))
    found: list[Article] = []
    for (header, body), (end, _) in zip(starts, [*starts[1:], (len(lines), len(lines))], strict=True):
        article = Article(lines[header:body], lines[body:end])
        if not found or _whole(article):
            found.append(article)
        elif not _closed(found[-1].body):
            found[-1] = Article(found[-1].header, [*found[-1].body, *article.header, *article.body])
    return found


def _closed(lines: Sequence[Line]) -> bool:
    """Whether an article's lines end with what says that it is over."""
    last = max(number for number, line in enumerate(lines) if line.prose)
    return _ended(lines, last, len(lines)) >= 1


def _withdraw_links(lines: Sequence[Line]) -> None:
    """Take long headlines in a list of links for what they are."""
    listed = False
    for line in lines:
        if line.marker:
            listed = line.marker.effect == "list" or (listed and line.marker.effect == "skip")
        elif line.prose and listed:
            listed = line.prose = _link(line)
            line.prose = not listed


def _link(line: Line) -> bool:
    return not line.stops and line.size < 24 and not line.goes_on


def _longest(lines: Sequence[Line]) -> list[int]:
    # A flash of one sentence: its title above it, if there is one.
    plain = [number for number, line in enumerate(lines) if line.titled or (line.size > 5 and not line.marker)]
    if not plain:
        return []
    chosen = max(plain, key=lambda number: (lines[number].size, number))
    lines[chosen].prose = True
    return [chosen]


def _evidence(lines: Sequence[Line], before: int, here: int, paragraphs: Sequence[int]) -> float:
    again = _same_dateline(lines, paragraphs, here)
    if here - before == 1 and not again:
        return 0.0
    over = _over(lines, before, here)
    title = _title_of(lines, over, before, here)
    lead = lines[here]
    score = _ended(lines, before, title if title is not None else here)
    score += 2.5 if any(line.dated for line in lines[max(over, before) + 1 : here]) and title is not None else 0.0
    score += 1.0 if any(_signed(line) for line in lines[over + 1 : here]) else 0.0
    score += 2.0 if dateline(lead) else 0.0
    score += 1.5 if again else 0.0
    score -= 2.5 if lead.goes_on else 0.0
    score += 0.5 if lead.folded.split(" ", 1)[0] in _REPORTS else 0.0
    score -= 1.5 if any(line.clock for line in lines[before + 1 : here]) else 0.0
    if title is None:
        return score - (0.5 if again else 2.0)
    return score + _fits(lines[title], lines, here, paragraphs)


def _same_dateline(lines: Sequence[Line], paragraphs: Sequence[int], here: int) -> bool:
    """Whether a paragraph opens with the place or agency that the page's first article opened with."""
    found = dateline(lines[here])
    opening = found[0].split("/")[0].split("-")[0].split("–")[0].strip() if found else ""
    earlier = lines[max(0, paragraphs[0] - 2) : paragraphs[0] + 1]
    return bool(opening) and any(line.folded.startswith(opening) for line in earlier)


def _fits(title: Line, lines: Sequence[Line], here: int, paragraphs: Sequence[int]) -> float:
    """How much a line looks like the title of the paragraph at `here`, and not of a part of what came before."""
    told = shared(title.content, lines[here].content)
    score = 1.5 if told >= 0.5 else 0.75 if told >= 0.3 else -0.75 if told < 0.15 else 0.0
    score += 0.5 if title.size >= 7 else -0.75 if title.size <= 4 else 0.0
    earlier = content(" ".join(lines[number].folded for number in paragraphs if number < here))
    known = shared(title.content, earlier)
    score += 0.5 if known <= 0.25 else -0.75 if known >= 0.6 else 0.0
    score -= 1.0 if title.folded.endswith(("؟", "?")) else 0.0
    return score + (1.0 if title.repeats > 1 else 0.0)


def _signed(line: Line) -> bool:
    return bool(line.marker and line.marker.effect == "byline")


def _over(lines: Sequence[Line], before: int, here: int) -> int:
    """The last line between two paragraphs that belongs to what came before: an end, a list's head, a separator."""
    ends = [
        number
        for number in range(before + 1, here)
        if lines[number].separator or lines[number].tags or _effect(lines[number]) in ("tail", "stop", "list", "source")
    ]
    return ends[-1] if ends else before


def _effect(line: Line) -> str:
    return line.marker.effect if line.marker else ""


def _ended(lines: Sequence[Line], before: int, title: int) -> float:
    """What says, between a paragraph and the next title, that the article was over."""
    zone = lines[before + 1 : title]
    effects = {_effect(line) for line in zone}
    score = 2.0 if effects & {"tail", "stop", "source"} or any(line.tags for line in zone) else 0.0
    score += 1.0 if "list" in effects else 0.0
    score += 1.5 if any(line.separator for line in zone) else 0.0
    return min(score, 3.0) or (0.5 if "skip" in effects else 0.0)


def _title_of(lines: Sequence[Line], over: int, before: int, here: int) -> int | None:
    """The line above the paragraph at `here` that would be its title."""
    titles = [number for number in range(over + 1, here) if lines[number].titled and not lines[number].bullet]
    if not titles:
        return None
    lead = lines[here].content
    # The nearest of those that say most of what the lead says; a caption or a subtitle may stand between.
    return max(titles, key=lambda number: (round(3 * shared(lines[number].content, lead)), number))


def _header_start(lines: Sequence[Line], before: int, here: int) -> int:
    """The first line that belongs to the article whose text begins at `here`."""
    over = _over(lines, before, here)
    title = _title_of(lines, over, before, here)
    if title is None:
        return over + 1
    start = title
    while start - 1 > over and not lines[start - 1].titled:
        start -= 1
    return start


def _whole(article: Article) -> bool:
    """Whether there is enough of it to be more than a teaser."""
    paragraphs = [line for line in article.body if line.prose]
    words = sum(line.size for line in paragraphs)
    dated = any(line.dated for line in article.header) or dateline(article.body[0]) is not None
    cut_short = len(paragraphs) == 1 and not paragraphs[0].stops and words < _WORDS_UNDATED
    least = _WORDS_DATED if dated else _WORDS_SEVERAL if len(paragraphs) > 1 else _WORDS_UNDATED
    return words >= least and not cut_short
