"""Dates as Arabic news writes them: every set of month names, Hijri, Eastern digits, days told from another.

dateparser was tried and left out: of the forms in experiments/benchmarks/pages it reads less than half.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from stance.text.markers import fold

# Per month what Egypt and the Gulf, the Levant and Iraq, Algeria and Tunisia, Morocco, and English call it.
_MONTHS = (
    "يناير|جانفي|كانون الثاني|كانون ثاني|كانون2|january|jan",
    "فبراير|شباط|فيفري|february|feb",
    "مارس|اذار|march|mar",
    "ابريل|نيسان|افريل|april|apr",
    "مايو|ايار|ماي|may",
    "يونيو|يونيه|حزيران|جوان|june|jun",
    "يوليو|يوليه|يوليوز|تموز|جويليه|july|jul",
    "اغسطس|اب|اوت|غشت|august|aug",
    "سبتمبر|ايلول|شتنبر|september|sept|sep",
    "اكتوبر|تشرين الاول|تشرين اول|تشرين1|october|oct",
    "نوفمبر|تشرين الثاني|تشرين ثاني|تشرين2|نونبر|november|nov",
    "ديسمبر|كانون الاول|كانون اول|كانون1|دجنبر|december|dec",
)
_HIJRI_MONTHS = (
    "محرم|المحرم|محرم الحرام",
    "صفر|صفر الخير",
    "ربيع الاول|ربيع اول",
    "ربيع الثاني|ربيع الاخر|ربيع ثاني",
    "جمادي الاولي|جمادي الاول|جمادي اول",
    "جمادي الاخره|جمادي الثانيه|جمادي الاخر|جمادي الثاني",
    "رجب|رجب الاصب",
    "شعبان|شعبان المعظم",
    "رمضان|رمضان المبارك",
    "شوال|شوال المكرم",
    "ذو القعده|ذي القعده|ذو قعده",
    "ذو الحجه|ذي الحجه|ذو حجه",
)
_WEEKDAYS = (
    "الاثنين|الإثنين|monday",
    "الثلاثاء|tuesday",
    "الاربعاء|wednesday",
    "الخميس|thursday",
    "الجمعه|friday",
    "السبت|saturday",
    "الاحد|sunday",
)


def _numbers(names: tuple[str, ...]) -> dict[str, int]:
    return {fold(name): number for number, group in enumerate(names, 1) for name in group.split("|")}


_MONTH, _HIJRI, _WEEKDAY = _numbers(_MONTHS), _numbers(_HIJRI_MONTHS), _numbers(_WEEKDAYS)


def _any_of(names: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


_M, _H, _W = _any_of(_MONTH), _any_of(_HIJRI), _any_of(_WEEKDAY)
_LONG_M = _any_of({name: number for name, number in _MONTH.items() if len(name) > 3})
_YEAR = r"(?:[،,./–-]|\s|عام|سنه|لعام)*\s*(?P<year>1[3-5]\d\d|19\d\d|20\d\d)(?!\d)"
_DAY = r"(?<![\d/:.])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?[،,]?\s*(?:-|من\s+شهر|من|/)?\s*"
_SECOND_NAME = rf"(?:\s*[/(|]\s*(?:{_M})\s*\)?)?"
# In numbers alone a Hijri year before 1420 is likelier to be a Persian one of today.
_ABSOLUTE = (
    re.compile(
        r"(?<!\d)(?P<year>14[2-9]\d|19\d\d|20\d\d)\s*(?P<mark>[-/.])\s*(?P<m>\d\d?)\s*(?P=mark)\s*(?P<day>\d\d?)(?!\d)"
    ),
    re.compile(
        r"(?<![\d/.-])(?P<day>\d\d?)\s*(?P<mark>[-/.])\s*(?P<m>\d\d?)\s*(?P=mark)\s*(?P<year>19\d\d|20\d\d)(?!\d)"
    ),
    re.compile(rf"{_DAY}(?P<month>{_M})(?!\w){_SECOND_NAME}{_YEAR}"),
    re.compile(rf"(?<!\w)(?P<month>{_M})(?!\w){_SECOND_NAME}\s*(?P<day>[0-3]?\d)(?!\d)(?:st|nd|rd|th)?{_YEAR}"),
    re.compile(rf"{_DAY}(?P<hijri>{_H})(?!\w){_YEAR}"),
)
# A theme's "by the editorsNovember 23, 2033", where the page had two cells; looked for where a line ends so.
_GLUED = re.compile(rf"(?<=[^\W\d_])(?P<month>{_LONG_M})\s(?P<day>[0-3]?\d)[،,]\s(?P<year>20\d\d)(?!\d)")
_GLUED_END = re.compile(r"\d[،,]\s20\d\d(?!\d)")
_YEARLESS = re.compile(rf"{_DAY}(?P<month>{_M})(?!\w){_SECOND_NAME}")
_UNITS = {
    "ثانيه ثواني ثوان ثانيتين": 0,
    "دقيقه دقائق دقيقتين": 0,
    "ساعه ساعات ساعتين": 0,
    "يوم ايام يومين": 1,
    "اسبوع اسابيع اسبوعين": 7,
    "شهر اشهر شهور شهرين": 30,
    "سنه سنوات سنتين عام اعوام عامين": 365,
}
_UNIT = {word: days for words, days in _UNITS.items() for word in words.split()}
_HOURS = frozenset(("ساعه", "ساعات", "ساعتين"))
_AGO = re.compile(rf"(?<!\w)(?:منذ|قبل)\s+(?:حوالي\s+|نحو\s+)?(?P<count>\d+)?\s*(?P<unit>{'|'.join(_UNIT)})(?!\w)")
_NAMED = re.compile(
    rf"(?<!\w)(?:(?P<before>اول امس|اول من امس|امس الاول)|(?P<yesterday>امس|البارحه|yesterday)|(?P<today>اليوم|today)"
    rf"|(?P<weekday>{_W})\s+(?P<last>الماضي|الماضيه|المنصرم|الفائت))(?!\w)"
)
_DAYS_AGO = re.compile("اول امس|اول من امس|امس الاول|امس|البارحه|yesterday")
_CLOCK = r"\d{1,2}\s*[:.]\s*\d\d(?:\s*:\s*\d\d)?\s*(?:صباحا|مساء|[صم]|[ap]\.?m\.?)?(?!\w)"
_TIME = re.compile(_CLOCK)
_FURNITURE = re.compile(
    rf"{_CLOCK}|(?<!\w)(?:{_W}|نشر|نشرت|تم|النشر|تاريخ|بتاريخ|التحديث|تحديث|اخر|الساعه|بتوقيت|توقيت|غرينتش|gmt|utc|am|pm"
    r"|الموافق|في|علي|التاريخ|يوم|date|صباحا|مساء|ص|م|ه|هـ|published|updated|last|update|on|مكه|المكرمه|بغداد|جرينتش)(?!\w)"
)
_WORD = re.compile(r"\w+")
_HAS_DATE = re.compile(rf"\d|امس|البارحه|اليوم|منذ|قبل|today|yesterday|(?:{_W})\s+(?:الماضي|المنصرم|الفائت)")
_HAS_YEAR = re.compile(r"\d{4}")
_YEARS = range(1900, 2101)


@dataclass(frozen=True)
class FoundDate:
    """A day told in a text; `start` and `end` are offsets in the folded text (`fold`)."""

    day: date
    start: int
    end: int
    hijri: bool = False


def find_date(text: str, *, base: date | None = None) -> FoundDate | None:
    """The first full date of `text`, else the first that `base`, the day it was written or seen, completes.

    `text` may be folded. A date without its year is the last such day up to `base`; "3 hours ago" is `base` itself,
    "two days ago" two days before. Without `base` those are not found. Numbers stand day first; a Hijri date is known
    by its month or its year.
    """
    folded = fold(text)
    if not _HAS_DATE.search(folded):
        return None
    for pattern in _absolute(folded):
        for match in pattern.finditer(folded):
            found = _day_of(match)
            if found:
                hijri = int(match["year"]) < _YEARS.start
                return FoundDate(found, match.start(), match.end(), hijri)
    return _relative(folded, base) if base else None


def is_date_line(folded: str) -> bool:
    """Whether a folded line says little more than when: a date or an age, a clock, at most three words else."""
    if not _HAS_DATE.search(folded):
        return False
    if _DAYS_AGO.fullmatch(_TIME.sub("", folded).strip()):
        return True
    spans = [match.span() for pattern in (*_absolute(folded), _YEARLESS, _AGO) for match in pattern.finditer(folded)]
    if not spans:
        return False
    for start, end in spans:
        folded = folded[:start] + " " * (end - start) + folded[end:]
    # A picture of somebody comes with the name once more.
    left = set(_WORD.findall(_FURNITURE.sub(" ", folded)))
    return len(left) <= 3


def is_clock_line(folded: str) -> bool:
    """Whether a folded line is nothing but a time of day, with a weekday or a zone at most."""
    timed = (":" in folded or "." in folded) and _TIME.search(folded)
    return bool(timed) and not _WORD.search(_FURNITURE.sub(" ", folded))


def _absolute(folded: str) -> tuple[re.Pattern[str], ...]:
    if not _HAS_YEAR.search(folded):
        return ()
    return (*_ABSOLUTE, _GLUED) if _GLUED_END.search(folded) else _ABSOLUTE


def _day_of(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    year, day = int(parts["year"]), int(parts["day"])
    if parts.get("hijri"):
        return _from_hijri(year, _HIJRI[parts["hijri"]], day)
    month = int(parts["m"]) if "m" in parts else _MONTH[parts["month"]]
    if year < _YEARS.start:
        return _from_hijri(year, month, day)
    if month > 12 and day <= 12:
        month, day = day, month
    return _day(year, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    known = year in _YEARS and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
    return date(year, month, day) if known else None


@cache
def _from_hijri(year: int, month: int, day: int) -> date | None:
    from hijridate import Hijri

    try:
        found = Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        # The tables of Umm al-Qura end in 1500, and a month of 29 days has no thirtieth.
        return None
    return date(found.year, found.month, found.day)


def _relative(folded: str, base: date) -> FoundDate | None:
    yearless = _YEARLESS.search(folded)
    if yearless:
        month, number = _MONTH[yearless["month"]], int(yearless["day"])
        for year in (base.year, base.year - 1):
            found = _day(year, month, number)
            if found and found <= base:
                return FoundDate(found, *yearless.span())
    ago = _AGO.search(folded)
    if ago:
        count = int(ago["count"] or (2 if ago["unit"].endswith("ين") else 1))
        days = count // 24 if ago["unit"] in _HOURS else count * _UNIT[ago["unit"]]
        return FoundDate(base - timedelta(days=min(days, 36500)), *ago.span())
    named = _NAMED.search(folded)
    if named:
        return FoundDate(base - timedelta(days=_days_back(named, base)), *named.span())
    return None


def _days_back(named: re.Match[str], base: date) -> int:
    if named["weekday"]:
        return (base.isoweekday() - _WEEKDAY[named["weekday"]]) % 7 or 7
    return 2 if named["before"] else 1 if named["yesterday"] else 0
