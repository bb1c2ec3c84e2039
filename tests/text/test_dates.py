from datetime import date, timedelta

import pytest
from hijridate import Gregorian
from hypothesis import given
from hypothesis import strategies as st

from stance.text.dates import find_date, is_clock_line, is_date_line
from stance.text.markers import fold

SEEN = date(2032, 3, 10)
"""A Wednesday."""

MONTHS = {
    1: ["يناير", "كانون الثاني", "جانفي", "January", "Jan", "كانون الثاني/يناير", "يناير (كانون الثاني)"],
    2: ["فبراير", "شباط", "فيفري", "شباط/ فبراير"],
    3: ["مارس", "آذار", "March"],
    4: ["أبريل", "إبريل", "نيسان", "أفريل", "ابريل"],
    5: ["مايو", "أيار", "ماي"],
    6: ["يونيو", "يونيه", "حزيران", "جوان"],
    7: ["يوليو", "يوليه", "تموز", "جويلية", "يوليوز"],
    8: ["أغسطس", "آب", "أوت", "غشت", "اغسطس"],
    9: ["سبتمبر", "أيلول", "شتنبر", "Sept"],
    10: ["أكتوبر", "تشرين الأول", "تشرين الاول"],
    11: ["نوفمبر", "تشرين الثاني", "نونبر"],
    12: ["ديسمبر", "كانون الأول", "دجنبر"],
}


@pytest.mark.parametrize(("month", "name"), [(month, name) for month, names in MONTHS.items() for name in names])
def test_every_set_of_month_names_is_known(month: int, name: str) -> None:
    for text in (f"7 {name} 2031", f"٧ {name}، ٢٠٣١", f"الأحد ۷ من {name} ۲۰۳۱", f"{name} 7, 2031"):
        found = find_date(text)
        assert found is not None, text
        assert found.day == date(2031, month, 7)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("الإثنين ١٤ أغسطس ٢٠٣٢ - ١٢:٣٣ بتوقيت غرينتش", date(2032, 8, 14)),
        ("نُشر: 14:40-12 سبتمبر 2032 م ـ 07 جمادى الآخرة 1454 هـ", date(2032, 9, 12)),
        ("تم النشر: 2032/12/17 الساعة 13:57", date(2032, 12, 17)),
        ("2032-05-01 00:00:00 - المصدر: النهر", date(2032, 5, 1)),
        ("2032-05-01T10:00:00Z", date(2032, 5, 1)),
        ("11-02-2032, 11:16", date(2032, 2, 11)),
        ("19.08.2032", date(2032, 8, 19)),
        ("22 - يناير - 2033", date(2033, 1, 22)),
        ("الثلاثاء 31/كانون الثاني/2034 - الساعة 10:15 ص", date(2034, 1, 31)),
        ("هيئة التحريرنوفمبر 23, 2033", date(2033, 11, 23)),
        ("12/25/2032", date(2032, 12, 25)),
        ("28th, October 2032 GMT", date(2032, 10, 28)),
        ("الأربعاء, فبراير 18, 2032", date(2032, 2, 18)),
        ("22 أغسطس, 2032: 09:02 م", date(2032, 8, 22)),
        ("بغداد/ 15 آذار 2032/ الوكالة", date(2032, 3, 15)),
        ("15 محرم 1446", date(2024, 7, 21)),
        ("٩ ذي الحجة ١٤٤٥ هـ", date(2024, 6, 15)),
        ("1446/3/5", date(2024, 9, 8)),
    ],
)
def test_dates_are_found_as_pages_write_them(text: str, day: date) -> None:
    found = find_date(text)
    assert found is not None
    assert found.day == day
    assert find_date(fold(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2032",
        "45 مارس 2032",
        "عدد 5313",
        "قاعدة 201",
        "12:43",
        "0/0/2032",
        "مارس",
        "30 شعبان 1446",
        "",
        "15 محرم 1599",
        "1404/6/7",
    ],
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert find_date(text, base=SEEN) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("منذ 3 ساعات", 0),
        ("منذ 30 ساعة", 1),
        ("قبل ساعتين", 0),
        ("منذ دقيقة", 0),
        ("اليوم", 0),
        ("أمس الثلاثاء", 1),
        ("قبل يوم", 1),
        ("قبل يومين", 2),
        ("منذ 5 أيام", 5),
        ("أول أمس", 2),
        ("منذ أسبوع", 7),
        ("قبل أسبوعين", 14),
        ("الثلاثاء الماضي", 1),
        ("الأربعاء الماضي", 7),
        ("الخميس الماضي", 6),
        ("الجمعة المنصرم", 5),
    ],
)
def test_days_are_told_from_the_day_the_page_was_seen(text: str, days: int) -> None:
    found = find_date(text, base=SEEN)
    assert found is not None
    assert found.day == SEEN - timedelta(days=days)
    assert find_date(text) is None


def test_a_day_without_its_year_is_the_last_such_day() -> None:
    assert find_date("الخميس 05 فبراير 3:55 ص", base=SEEN).day == date(2032, 2, 5)
    assert find_date("15 آذار", base=SEEN).day == date(2031, 3, 15)
    assert find_date("15 آذار") is None
    assert find_date("29 شباط", base=date(2031, 5, 1)) is None


def test_the_first_full_date_wins_over_what_is_told_from_another() -> None:
    assert find_date("أعلن أمس، في 3 أيار 2032، رحيلها", base=SEEN).day == date(2032, 5, 3)


@given(st.dates(date(2000, 1, 1), date(2070, 12, 31)), st.sampled_from(["/", "-", ".", " / "]))
def test_numbers_come_back_from_every_order(day: date, mark: str) -> None:
    for text in (f"{day:%d}{mark}{day:%m}{mark}{day:%Y}", f"{day:%Y}{mark}{day:%m}{mark}{day:%d}"):
        found = find_date(f"تاريخ {text} مساء")
        assert found is not None
        assert found.day == day


@given(st.dates(date(1990, 1, 1), date(2070, 1, 1)))
def test_hijri_dates_are_those_of_umm_al_qura(day: date) -> None:
    months = (
        *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
        *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
    )
    hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    found = find_date(f"{hijri.day} {months[hijri.month - 1]} {hijri.year}هـ")
    assert found is not None
    assert (found.day, found.hijri) == (day, True)


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("الأحد 26 أكتوبر 2032 09:59:30", True),
        ("آخر تحديث: 22 حزيران/ يونيو 2032", True),
        ("مركز الضفاف للسياسات | 23 فبراير 2032", True),
        ("منذ 3 ساعات", True),
        ("15 آذار", True),
        ("خروج مئات الجنود من قواعد الوسط بحلول سبتمبر 2033", False),
        ("وفي 16 ديسمبر 2032 أعلنت الحكومة أنها ستبقى", False),
        ("12:43", False),
        ("الخميس", False),
    ],
)
def test_a_line_of_a_date_says_little_else(text: str, dated: bool) -> None:
    assert is_date_line(fold(text)) is dated


def test_a_line_of_a_clock_says_nothing_else() -> None:
    assert is_clock_line(fold("11:42 م"))
    assert is_clock_line(fold("الساعة ١٠:١٥ بتوقيت مكة"))
    assert not is_clock_line(fold("وصلوا 10:15"))
    assert not is_clock_line(fold("2032"))


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    find_date(text, base=SEEN)
    is_date_line(fold(text))
    is_clock_line(fold(text))
