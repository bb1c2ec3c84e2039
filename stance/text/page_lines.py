"""A page cut into lines, and what each line looks like by itself: prose, a title, a date, a marker."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from stance.text.dates import is_clock_line, is_date_line
from stance.text.markers import Marker, Markers, fold

# A run of white space inside a line stands where the page had cells or list items side by side.
_CELLS = re.compile(r"\t+[ \u00a0]*|[ \u00a0]{3,}")
_BULLET = re.compile(r"[•▪■●◆◼►▶◄◀▸‣⁃○*·»›-](?=\s)|[•▪■●◆◼►▸‣]")
_STOP = re.compile(r"""(?:(?<![.…])\.|؟|!|\?|。)[\s"'»”’)\]]*$""")
_ENDS = re.compile(r"""[.!?؟…:][\s"'»”’)\]]*$""")
_NO_SENTENCE = re.compile(r"https?://|www\.|pic\.twitter|\w+\.(?:com|net|org|iq|sy)\b|@\w{3,}")
# Where the page stands in its site, and the note of a picture: its width and day.
_TRAIL = re.compile(r"^[^>›»]{2,60}\s?[>›»]\s[^>›»]{2,60}\s?[>›»]\s")
_PICTURE = re.compile(r"[،,] \d{3,4}[،,] \d\d\.\d\d\.\d{4}$")
_BRACKETED = re.compile(r"\(([^()]{2,25})\)\.?$")
_SEPARATOR = re.compile(r"[\W_]{3,}")
_HASHTAG = re.compile(r"#\w+")
_PAUSE = re.compile(r"""[،,؛"«“:]""")
_WORD = re.compile(r"\w+")
_PREFIX = re.compile(r"^(?:[وف]?(?:ال|[بك]ال|لل)|[وفبل](?=\w{4}))(?=\w{3})")
_SUFFIX = re.compile(r"(?<=\w{3})(?:هما|ها|هم|ات|ون|ين|ان|يه|ه|ي|ا)$")
_COMMON = frozenset(
    fold(
        "من الى على في عن ان التي الذي الذين هذا هذه ذلك تلك كما قد لم لن لا ما هو هي او ثم بعد قبل بين كان كانت يكون"
        " وقد اي كل حتى عند مع غير لكن بل اذا منذ خلال قال قالت واضاف اكد اكدت بن ابن ابو عبد"
    ).split()
)
# Words whose first letter is the root's, and no "and".
_ROOTED = frozenset(
    fold(
        "وزير وزيرة وزراء وزارة وزارتا وزارات وكالة وكالات وكيل وفد وفود واشنطن وسط وساطة وسيط وسائل وصل وصلت وصول وقع"
        " وقعت وقوع وجه وجهت وجهاء وجهة وجود وجوه وجد وجدت وفاة وفيات وحدة وحدات وثيقة وثائق وول ولي والي ولاية ولايات"
        " ولادة وافق وافقت وعد وعدت وعود ودع ودعت وداع وصف وصفت وضع وضعت وضعية واصل واصلت واجه واجهت ورد وردت وزع وزعت"
        " وقف وقفت وقفة وقود وقائع وباء ورقة ورشة وطن وطني وطنية واقعة واقع واحد واحدة واحة وادي واسط وجبة وجيه وديع وليد"
        " وائل وردة وزن وعي وفق وفقا وقت وكر والد والدة وهران وهم واضح واسع واسعة وثق وثقت وثبة ورطة ورث وريث"
    ).split()
)
_GOING_ON = frozenset(
    fold(
        "كما يذكر يشار جدير الجدير يأتي تأتي ياتي تاتي لكن ولكن فيما بينما ثم كذلك أيضا بدوره بدورها بدورهم لذلك لذا"
        " هكذا غير إلا أما بيد علما حيث إذ تجدر يجدر بالمقابل بالتزامن بالتوازي ومن فإن فقد"
    ).split()
)
_TURNS = tuple(
    fold(turn)
    for turn in (
        "من جهته", "من جهتها", "من جهة", "من جانبه", "من جانبها", "من جانب", "من ناحيته", "من ناحية", "من ناحيتها",
        "في المقابل", "في الأثناء", "في غضون ذلك", "في السياق", "في سياق متصل", "إلى ذلك", "على صعيد", "على الجانب",
        "على الرغم", "بحسب المصدر", "في هذا السياق", "في هذه الأثناء", "في الوقت نفسه", "في الوقت ذاته", "وفي",
    )
)  # fmt: skip
# What titles end with in brackets: "(video)", "(document)".
_EXTRAS = frozenset(fold("فيديو صور صورة وثيقة وثائق شاهد خاص تفاصيل تحديث مباشر بالصور بالفيديو انفوغراف إنفوغرافيك video").split())
_LONG_KINDS = ("caption", "introduction")
_TITLE_WORDS = range(3, 26)
_PROSE_WORDS, _LONG = 24, 40


@cache
def _stem(word: str) -> str:
    return _SUFFIX.sub("", _PREFIX.sub("", word))


def content(text: str) -> frozenset[str]:
    """The stems of the words of a folded text that say what it is about."""
    return frozenset(_stem(word) for word in _WORD.findall(text) if len(word) > 2 and word not in _COMMON)


def shared(title: frozenset[str], text: frozenset[str]) -> float:
    """The share of a title's content words that a text has (0 for a title without any)."""
    return len(title & text) / len(title) if title else 0.0


@dataclass
class Line:
    """A line of the readable page: its span there without white space, and what it looks like.

    `break_before` counts the line feeds that part it from the line before (0: cells of one line). `folded` is its text
    folded, with single spaces; `repeats` how many lines of the page say the same; `listed` one of many cells.
    """

    start: int
    end: int
    break_before: int
    folded: str
    marker: Marker | None = None
    bullet: bool = False
    listed: bool = False
    prose: bool = False
    repeats: int = 1
    stripped: str = field(init=False)

    def __post_init__(self) -> None:
        self.stripped = _BULLET.sub("", self.folded, count=1).strip() if self.bullet else self.folded
        self.prose = self._is_prose()

    @cached_property
    def size(self) -> int:
        """How many words."""
        return self.folded.count(" ") + 1

    @cached_property
    def content(self) -> frozenset[str]:
        """Stems of its content words."""
        return content(self.folded)

    @cached_property
    def separator(self) -> bool:
        """A line of dashes, stars or the like."""
        return bool(_SEPARATOR.fullmatch(self.folded))

    @cached_property
    def tags(self) -> bool:
        """Nothing but hashtags."""
        return "#" in self.folded and not _WORD.search(_HASHTAG.sub("", self.folded))

    @cached_property
    def dated(self) -> bool:
        """A line that says when, and little more."""
        return self.size <= 20 and is_date_line(self.folded)

    @cached_property
    def clock(self) -> bool:
        """Nothing but a time of day."""
        return self.size <= 5 and is_clock_line(self.folded)

    @cached_property
    def address(self) -> bool:
        """An address of the web, or the name of an account."""
        return self.size <= 12 and bool(_NO_SENTENCE.search(self.folded))

    @cached_property
    def stops(self) -> bool:
        """Ends as a sentence does."""
        return bool(_STOP.search(self.folded))

    @property
    def open_ended(self) -> bool:
        """Ends as no sentence and no introduction does."""
        return not _ENDS.search(self.folded)

    @cached_property
    def titled(self) -> bool:
        """May be a title: a few words without a full stop, no marker, no date."""
        plain = not (self.marker or self.separator or self.tags or self.dated or self.clock or self.address)
        return plain and self.size in _TITLE_WORDS and not self.folded.endswith((".", ":")) and not self.prose

    @cached_property
    def goes_on(self) -> bool:
        """Begins as a paragraph does that another one came before: "and he added", "for his part"."""
        first = _WORD.search(self.stripped)
        word = first[0] if first else ""
        joined = len(word) > 3 and word[0] == "و" and word not in _ROOTED and word[1:3] != "ال"
        return joined or word in _GOING_ON or self.stripped.startswith(_TURNS) or _joined_article(word)

    def _is_prose(self) -> bool:
        if self.marker or self.separator or self.tags or self.address or self.clock:
            return False
        if self.listed or self.bullet:
            return self.size >= _PROSE_WORDS or (self.stops and self.size >= 8)
        if self.size >= _PROSE_WORDS or (self.stops and self.size >= 6 and not self.folded.endswith(("؟", "!", "?"))):
            return True
        if self.size >= 9 and self.goes_on and not self.dated:
            return True
        return self.size >= 15 and bool(_PAUSE.search(self.folded)) and not self.dated


def _joined_article(word: str) -> bool:
    return word.startswith("وال") and word not in _ROOTED and len(word) > 5


def cut(text: str, markers: Markers) -> list[Line]:
    """The lines of a readable page that hold anything, in order, those of a hard-wrapped paragraph as one."""
    spans = _unwrapped(text, list(_cells(text)))
    lines = []
    seen: dict[str, int] = {}
    for start, end, breaks, listed in spans:
        folded = " ".join(_plain(fold(text[start:end]), markers).split())
        seen[folded] = seen.get(folded, 0) + 1
        bullet = bool(_BULLET.match(folded))
        lines.append(Line(start, end, breaks, folded, _marker(folded, markers), bullet, listed))
    for line in lines:
        line.repeats = seen[line.folded]
    return lines


def _plain(folded: str, markers: Markers) -> str:
    return markers.inline.sub(" ", folded) if markers.inline else folded


def _marker(folded: str, markers: Markers) -> Marker | None:
    marker = markers.of_line(folded)
    if marker is None and (_TRAIL.match(folded) or _PICTURE.search(folded) or _credited(folded)):
        return Marker("layout", "skip")
    if marker is None or marker.effect in ("tail", "stop"):
        return marker
    size = folded.count(" ") + 1
    if marker.effect == "date":
        return marker if size <= 4 or (size <= 20 and is_date_line(folded)) else None
    # "Took part in the meeting" begins as "share the article" does: a long line is what it says, not a marker.
    limit = _PROSE_WORDS if marker.effect in ("list", "source") or marker.kind in _LONG_KINDS else 14
    return marker if size <= limit else None


def _credited(folded: str) -> bool:
    """Whether a short line ends with a name in brackets, as captions do."""
    if folded.count(" ") > _PROSE_WORDS - 2 or "(" not in folded:
        return False
    found = _BRACKETED.search(folded)
    return bool(found and found.start() > 0 and not _EXTRAS & set(_WORD.findall(found[1])) and not found[1].isdigit())


def _cells(text: str) -> Iterator[tuple[int, int, int, bool]]:
    breaks = 0
    for whole in re.finditer(r"[^\n]*(\n|$)", text):
        line = whole[0]
        if line.strip():
            cells = [cell for cell in _parted(line, whole.start()) if cell[0] < cell[1]]
            for number, (start, end) in enumerate(cells):
                yield start, end, 0 if number else breaks, len(cells) > 2
            breaks = 0
        breaks += 1


def _parted(line: str, offset: int) -> Iterator[tuple[int, int]]:
    body = line.rstrip()
    position = len(body) - len(body.lstrip())
    for gap in _CELLS.finditer(body, position):
        yield offset + position, offset + gap.start()
        position = gap.end()
    yield offset + position, offset + len(body)


def _unwrapped(
    text: str, spans: list[tuple[int, int, int, bool]]
) -> list[tuple[int, int, int, bool]]:
    widths = [end - start for start, end, _, _ in spans]
    wide = [width for width in widths if width >= _LONG]
    if len(wide) < 6 or max(widths) > 130:
        return spans
    full = 0.75 * sorted(wide)[-len(wide) // 5]
    runs_on = [
        width >= full and follower[2] == 1 and not _ENDS.search(text, start, end)
        for (start, end, _, _), width, follower in zip(spans, widths, spans[1:], strict=False)
    ]
    if sum(runs_on) < 0.5 * len(wide):
        return spans
    joined: list[tuple[int, int, int, bool]] = []
    for span, joins in zip(spans, [False, *runs_on], strict=True):
        if joins:
            joined[-1] = (joined[-1][0], span[1], *joined[-1][2:])
        else:
            joined.append(span)
    return joined
