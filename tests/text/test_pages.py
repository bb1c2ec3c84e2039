import datetime
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.text.markers import MARKERS, read_markers
from stance.text.pages import PageDocument, split_page
from tests.text.pages_gold import PAGES, mistakes, read_gold

LEAD = "أعلنت الحكومة الخلدونية أن القوات الفالورية ستغادر قاعدة الغدران قبل نهاية الصيف وفق جدول متفق عليه."
MORE = "وأضافت أن المدربين سيبقون في تل الرمان عاما آخر على الأقل."
OTHER = "بدأ عمال بلدية مرسى السدر إضرابا مفتوحا احتجاجا على تأخر رواتبهم ثلاثة أشهر متتالية من غير تفسير."
OTHER_MORE = "وقال ممثل العمال إن البلدية وعدتهم مرتين ولم تدفع لهم شيئا حتى اليوم."


def page(*lines: str) -> str:
    return "\n".join(lines)


def texts(found: list[PageDocument]) -> list[str]:
    return [document.text for document in found]


def test_there_are_pages_of_many_kinds() -> None:
    golds = [read_gold(path) for path in PAGES]
    assert len(golds) >= 30
    assert sum(len(gold.documents) > 1 for gold in golds) >= 8
    assert sum(gold.documents[0].title == "" for gold in golds) >= 4


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_split_as_its_answer_says(path: Path) -> None:
    gold = read_gold(path)
    assert mistakes(gold, split_page(gold.page, seen=gold.seen)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_character_of_a_document_is_the_pages(path: Path) -> None:
    gold = read_gold(path)
    assert_mapped(gold.page, split_page(gold.page))


def assert_mapped(given: str, found: list[PageDocument]) -> None:
    """Each character is the page's own, or a line feed or a space for white space of the page; none is used twice."""
    used: list[int] = []
    for document in found:
        for offset, character in enumerate(document.text):
            place = document.body.page_offset(offset)
            assert given[place] == character or (character in "\n " and given[place].isspace())
            used.append(place)
        if document.title_span:
            start, end = document.title_span
            assert document.title
            assert start < end <= len(given)
            # Separators of data, white space to Python, are dropped as other control characters are.
            shown = re.sub("[\x1c-\x1f]", "", given[start:end]).split()
            assert shown == document.title.split() or len("".join(shown)) > len(document.title.replace(" ", ""))
    assert used == sorted(set(used))


PIECES = [
    *("عنوان عن رحيل القوات الفالورية من الغدران", LEAD, MORE, OTHER, "ردود فعل", "3 آذار 2032", "المصدر: المنارة"),
    *(
        "اقرأ أيضا",
        "مقالات مشابهة",
        "  • خبر آخر تماما عن النهر",
        "شارك",
        "-----",
        "#خلدونيا #النهر",
        "10:15 م",
        "ا" * 500,
    ),
    *(
        "النوارس: «صدى»",
        "\u202e",
        "\x00",
        "\ufeff",
        "e\u0301\u0651",
        "   ",
        "\t",
        "(رويترز)",
        "اضافة اعلان",
        "https://a.b",
    ),
]
ENDS = ["\n", "\n\n", "\r\n", "\r", "\u2028", "\x85", " ", "    ", ""]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES) | st.text(max_size=12), st.sampled_from(ENDS)), max_size=25))
def test_whatever_is_on_a_page_its_documents_know_their_places(parts: list[tuple[str, str]]) -> None:
    given_page = "".join(piece + end for piece, end in parts)
    found = split_page(given_page, seen=datetime.date(2032, 6, 1))
    assert_mapped(given_page, found)
    assert [document.number for document in found] == list(range(1, len(found) + 1))
    for document in found:
        assert document.text == document.text.strip()
        assert "\n\n\n" not in document.text
        assert not set(document.text) & set("\r\u2028\x85\x00\ufeff\u202e")


def test_line_ends_of_any_system_make_the_same_documents() -> None:
    lines = ("عنوان عن رحيل القوات الفالورية", "3 آذار 2032", LEAD, "", MORE, "", "اقرأ أيضا", "خبر آخر تماما")
    (expected,) = split_page("\n".join(lines))
    for end in ("\r\n", "\r", "\u2028", "\x85"):
        (found,) = split_page(end.join(lines))
        assert (found.title, found.text, found.published) == (expected.title, expected.text, expected.published)


def test_a_title_and_paragraphs_are_a_page_without_markers() -> None:
    (document,) = split_page(page("رحيل القوات الفالورية من الغدران", LEAD, MORE))
    assert (document.title, document.text) == ("رحيل القوات الفالورية من الغدران", f"{LEAD}\n{MORE}")
    assert document.title_span == (0, 32)
    assert (document.published, document.outlet) == (None, None)


def test_a_title_is_told_from_the_name_of_the_site_beside_it() -> None:
    for first in ("رحيل القوات الفالورية من الغدران | قناة النهر", "قناة النهر | رحيل القوات الفالورية من الغدران"):
        (document,) = split_page(page(first, LEAD, MORE))
        assert document.title == "رحيل القوات الفالورية من الغدران"
    kept = "رحيل القوات - مقص في يد وضمادة في الأخرى"
    assert split_page(page(kept, LEAD))[0].title == kept


def test_a_part_of_an_article_is_no_article() -> None:
    (document,) = split_page(page("رحيل القوات الفالورية من الغدران", LEAD, "ردود فعل", OTHER, OTHER_MORE))
    assert document.text == page(LEAD, "ردود فعل", OTHER, OTHER_MORE)


@pytest.mark.parametrize(
    "between",
    [
        ("المصدر: المنارة", "كلمات دلالية: الغدران", "إقرأ أيضاً:"),
        ("جميع الحقوق محفوظة", "اترك تعليقا"),
        ("#خلدونيا #الغدران",),
        ("المقال يعبر عن رأي كاتبه",),
        ("-----------",),
    ],
)
def test_a_title_and_a_lead_behind_an_end_are_another_article(between: tuple[str, ...]) -> None:
    title = "عمال بلدية مرسى السدر يبدأون إضرابا مفتوحا"
    first, second = split_page(page("رحيل القوات الفالورية من الغدران", LEAD, MORE, *between, title, OTHER, OTHER_MORE))
    assert (first.text, second.title, second.text) == (page(LEAD, MORE), title, page(OTHER, OTHER_MORE))


@pytest.mark.parametrize("heading", ["اقرأ أيضا", "أخبار ذات صلة:", "مواضيع قد تهمك", "Read more"])
def test_links_in_mid_text_are_left_out_and_the_text_goes_on(heading: str) -> None:
    links = ("كأس الساحل تعود إلى الجنوب", "أسعار القمح ترتفع من جديد")
    (document,) = split_page(page("رحيل القوات الفالورية من الغدران", LEAD, "", heading, *links, "", MORE))
    assert document.text == f"{LEAD}\n\n{MORE}"


def test_a_users_markers_are_left_out_too(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("kinds:\n  mine: {effect: skip, starts: [برعاية مصرف]}\n", "utf-8")
    lines = page("رحيل القوات الفالورية من الغدران", LEAD, "برعاية مصرف النهر", MORE)
    assert "برعاية" in texts(split_page(lines))[0]
    assert texts(split_page(lines, markers=read_markers(MARKERS, mine))) == [page(LEAD, MORE)]


def test_the_date_of_an_article_is_its_own() -> None:
    seen = datetime.date(2032, 6, 10)
    (document,) = split_page(page("رحيل القوات الفالورية من الغدران", "منذ يومين", LEAD), seen=seen)
    assert document.published == datetime.date(2032, 6, 8)
    assert split_page(page("رحيل القوات الفالورية من الغدران", "منذ يومين", LEAD))[0].published is None
    told = page("رحيل القوات من الغدران", "آخر تحديث: 5 أيار 2032", "نشر في: 3 أيار 2032", LEAD)
    assert split_page(told)[0].published == datetime.date(2032, 5, 3)
    within = LEAD + " وكان القانون قد أقر في 22 حزيران 2031."
    assert split_page(page("رحيل القوات الفالورية من الغدران", within))[0].published is None


def test_the_end_of_a_report_is_cut_off_and_a_meeting_that_ended_is_not() -> None:
    (document,) = split_page(
        page("رحيل القوات الفالورية من الغدران", LEAD + " انتهى/25ح", "وقالت إن الاجتماع انتهى ليلا")
    )
    assert document.text == page(LEAD, "وقالت إن الاجتماع انتهى ليلا")


@pytest.mark.parametrize("given_page", ["", " \n\r\n", "\x00\ufeff", "-----", "شارك\nفيسبوك\nتويتر", "12:30"])
def test_a_page_without_a_sentence_has_no_documents(given_page: str) -> None:
    assert split_page(given_page) == []


def test_a_page_of_one_endless_word_or_line_is_read_in_no_time() -> None:
    assert split_page("ا" * 2_000_000) == []
    assert texts(split_page(page("رحيل القوات الفالورية", LEAD, "#" * 200_000, ". " * 200_000, MORE))) != []
    (document,) = split_page((LEAD + " ") * 5000)
    assert len(document.text) == 5000 * (len(LEAD) + 1) - 1


TITLE = "رحيل القوات الفالورية من الغدران"


def test_a_paragraph_with_two_quotations_is_no_row_of_crumbs() -> None:
    quoting = "نفي لا يثبت: أن نقول «كاذبة» لا يعني أن العكس صحيح، ومن لم يقل «سيخرجون» لم يقل «سيبقون»."
    (document,) = split_page(page(TITLE, LEAD, MORE, quoting))
    assert document.text == page(LEAD, MORE, quoting)
    (document,) = split_page(page("أخبار » خلدونيا » الغدران » القوات", TITLE, LEAD, MORE))
    assert (document.title, document.text) == (TITLE, page(LEAD, MORE))


@pytest.mark.parametrize("sign", ["🔴 ", "▶️ ", "← ", "⇩ "])
def test_a_sign_in_front_of_a_wording_hides_nothing(sign: str) -> None:
    (document,) = split_page(page(TITLE, LEAD, "", f"{sign}اقرأ أيضا: كم يبقى الطحين في الثكنة؟", "", MORE))
    assert document.text == f"{LEAD}\n\n{MORE}"


@pytest.mark.parametrize(
    "beside",
    [
        "12 ألف مشاهدة",
        "340 تعليقا",
        "5,512 مشاهدة | 18 تعليق",
        "جنود عند البوابة أمس. عدسة: سليم الدفّاف",
        "Related: خبر آخر",
    ],
)
def test_counters_and_captions_are_neither_title_nor_text(beside: str) -> None:
    (document,) = split_page(page(TITLE, beside, LEAD, "", beside, "", MORE))
    assert (document.title, document.text) == (TITLE, f"{LEAD}\n\n{MORE}")


def test_an_agency_and_a_day_told_from_today_share_a_line() -> None:
    seen = datetime.date(2032, 6, 10)
    for line, day in (
        ("وكالة النهر · أمس", 9),
        ("وكالة النهر · قبل 3 ساعات", 10),
        ("قناة النهر | 08-06-2032 | 17:30", 8),
    ):
        (document,) = split_page(page(TITLE, line, LEAD, MORE, "اقرأ الخبر من المصدر: وكالة النهر"), seen=seen)
        assert (document.title, document.published) == (TITLE, datetime.date(2032, 6, day))
        assert (document.outlet, document.text) == ("وكالة النهر", page(LEAD, MORE))


def test_a_title_with_a_colon_is_no_place_with_its_agency() -> None:
    (document,) = split_page(
        page("خدمة للباحثين والطلاب في كل مكان", "نشرة الثامنة: رحيل القوات الفالورية", LEAD, MORE)
    )
    assert document.title == "نشرة الثامنة: رحيل القوات الفالورية"


def test_a_title_may_say_in_brackets_what_it_heads() -> None:
    for kind in ("نص الفقرة الثانية", "الجزء الأول", "مقابلة", "2029 – 2033"):
        (document,) = split_page(page(f"رحيل القوات الفالورية ({kind})", LEAD, MORE))
        assert document.title == f"رحيل القوات الفالورية ({kind})"


def test_the_source_below_an_article_is_not_its_title_above() -> None:
    lines = ("حديث الرصيف والبحر", "منصة على الهامش الآخر", LEAD, MORE, "المصدر: منصة على الهامش الآخر")
    (document,) = split_page(page(*lines))
    assert (document.title, document.outlet) == ("حديث الرصيف والبحر", "منصة على الهامش الآخر")


def test_a_dateline_may_say_in_before_its_day() -> None:
    lead = f"نيامبي في 31 أغسطس (وكالة النهر) – {LEAD}"
    (document,) = split_page(page(TITLE, lead, MORE))
    assert (document.outlet, document.text) == ("وكالة النهر", page(lead, MORE))


def test_what_introduces_a_list_is_text() -> None:
    opening = "صدر عن وزارة الخارجية ما يأتي:"
    (document,) = split_page(page(TITLE, opening, LEAD, MORE))
    assert document.text == page(opening, LEAD, MORE)


def test_the_turns_of_an_interview_go_on_behind_links() -> None:
    asked = ("المنارة: واليوم؟", "المنارة: ومن يقرر؟", "المنارة: لماذا؟")
    told = tuple(f"الشنيفي: {answer}" for answer in (LEAD, MORE, OTHER))
    turns = [turn for pair in zip(asked, told, strict=True) for turn in pair]
    (document,) = split_page(page(TITLE, *turns[:2], "", "ذات صلة", "خبر آخر عن الرمان", "", *turns[2:]))
    assert document.text.split() == page(*turns).split()


def test_a_name_above_a_paragraph_parts_articles_that_both_have_one() -> None:
    lines = (TITLE, "كتب: مراسل المنارة", LEAD, MORE, "كتب: محرر الشؤون المحلية", OTHER, OTHER_MORE)
    assert texts(split_page(page(*lines))) == [page(LEAD, MORE), page(OTHER, OTHER_MORE)]
    assert len(split_page(page(TITLE, *lines[2:]))) == 1


def test_a_last_paragraph_that_the_page_cuts_is_kept_without_its_link() -> None:
    for link in (" عرض المزيد", " [المزيد]", " اقرأ المزيد", ""):
        (document,) = split_page(page(TITLE, LEAD, MORE, f"لم يأت القطار. وكتبنا أنه تأخر، لم…{link}"))
        assert document.text == page(LEAD, MORE, "لم يأت القطار. وكتبنا أنه تأخر، لم…")


def test_lines_that_were_not_wrapped_stay_apart_on_a_wrapped_page() -> None:
    words = f"{LEAD} {MORE} {OTHER} {OTHER_MORE} {LEAD} {MORE}"
    title, paper = "عمال بلدية مرسى السدر يبدأون إضرابا مفتوحا من غير موعد", "صحيفة مرسى السدر اليوم"
    (document,) = split_page(page(title, paper, "2 أيار 2032", "", *textwrap.wrap(words, 72)))
    assert (document.title, document.outlet) == (title, paper)
    assert " ".join(document.text.split()) == words


def test_what_readers_answer_with_a_quotation_is_no_article() -> None:
    reply = "نرجو من الإخوة الالتزام بآداب الحوار وعدم نقل الخبر من دون ذكر مصدره، وسيغلق الموضوع إذا خرج عن مساره."
    lines = (TITLE, LEAD, MORE, "رد مع اقتباس", "23-02-2032, 12:15 AM", "المراقب العام", reply, "رد مع اقتباس")
    assert texts(split_page(page(*lines))) == [page(LEAD, MORE)]


def test_the_readers_day_above_a_title_is_not_the_articles() -> None:
    (document,) = split_page(
        page("الثلاثاء 12 تشرين الأول 2032", TITLE, "بواسطة بريد الشمال - 21 حزيران 2032", LEAD, MORE)
    )
    assert (document.title, document.published) == (TITLE, datetime.date(2032, 6, 21))
    (document,) = split_page(page("الثلاثاء 12 تشرين الأول 2032", TITLE, LEAD, MORE))
    assert document.published == datetime.date(2032, 10, 12)


def test_a_source_may_stand_between_title_and_text() -> None:
    seen = datetime.date(2032, 6, 10)
    second = ("عمال بلدية مرسى السدر يبدأون إضرابا مفتوحا", "5 حزيران", "المصدر: قناة المنارة", OTHER, OTHER_MORE)
    lines = (TITLE, "أمس 22:40", "المصدر: وكالة النهر", LEAD, MORE, "شارك: فيسبوك", *second)
    found = split_page(page(*lines), seen=seen)
    assert [(one.title, one.outlet) for one in found] == [(TITLE, "وكالة النهر"), (second[0], "قناة المنارة")]
    assert [one.published and one.published.day for one in found] == [9, 5]


def test_an_outlet_below_a_date_is_no_title() -> None:
    lines = (TITLE, "5 حزيران 2032", "وكالة أنباء النوارس", LEAD, MORE)
    (document,) = split_page(page(*lines))
    assert (document.title, document.outlet) == (TITLE, "وكالة أنباء النوارس")


@pytest.mark.parametrize("between", ["◄ للانتساب إلى النقابة اضغط هنا", "موضوع ذو صلة ماذا يقول الصيادون؟"])
def test_an_invitation_in_mid_text_is_no_text(between: str) -> None:
    (document,) = split_page(page(TITLE, LEAD, "", between, "", MORE))
    assert document.text == f"{LEAD}\n\n{MORE}"


def test_a_source_may_be_cited_below_the_title_without_a_colon() -> None:
    other = "إضراب عمال البلدية في مرسى السدر احتجاجا"
    second = (other, "نقلا عن صحيفة النهر", OTHER, OTHER_MORE)
    found = split_page(page(TITLE, "5 مارس 2032", LEAD, MORE, "المصدر: قناة المنارة", "14 مارس 2032", *second))
    assert [(one.title, one.outlet) for one in found] == [(TITLE, "قناة المنارة"), (other, "صحيفة النهر")]
    assert texts(found) == [page(LEAD, MORE), page(OTHER, OTHER_MORE)]


def test_headlines_in_mid_text_without_a_label_are_links_and_a_parts_title_is_text() -> None:
    links = ("سفينة شحن تجنح قرب المرفأ القديم", "طقس حار في مدن الساحل", "أسعار الذهب اليوم في مرسى السدر")
    (document,) = split_page(page(TITLE, "5 مارس 2032", LEAD, *links, MORE))
    assert document.text == page(LEAD, MORE)
    (document,) = split_page(page(TITLE, "5 مارس 2032", LEAD, "ما بعد الرحيل من الشمال", MORE))
    assert document.text == page(LEAD, "ما بعد الرحيل من الشمال", MORE)


def test_dated_links_in_mid_text_head_no_article() -> None:
    links = ("مقالات ذات صلة", "الزبدة تسجل سعرا قياسيا", "2 مارس 2032", "طلاب المعهد يضربون عن الطعام", "1 مارس 2032")
    (document,) = split_page(
        page(TITLE, "5 مارس 2032", LEAD, *links, MORE, "وقال المتحدث إن الجدول لن يتغير بعد اليوم.")
    )
    assert (document.title, document.published) == (TITLE, datetime.date(2032, 3, 5))
    assert document.text.splitlines()[0] == LEAD
    assert "الزبدة" not in document.text
    assert "لن يتغير" in document.text


def test_a_picture_credit_is_no_copyright() -> None:
    (document,) = split_page(page(TITLE, "5 مارس 2032", LEAD, "© AP Photo / M. Lind", MORE, "© 2032 النهر", OTHER))
    assert document.text == page(LEAD, MORE)


def test_a_symbol_before_a_title_is_not_of_it() -> None:
    (document,) = split_page(page(f"🔴 {TITLE}", "5 مارس 2032", LEAD, MORE))
    assert document.title == TITLE


def test_a_reporter_beside_the_place_is_no_outlet() -> None:
    (document,) = split_page(page(TITLE, "الغدران: نزار العتيبلي", "5 مارس 2032", LEAD, "وقال إنه باق في الغدران."))
    assert (document.title, document.outlet) == (TITLE, None)


def test_cells_parted_by_a_space_and_a_tab_end_without_it() -> None:
    (document,) = split_page(f"{LEAD} \t {TITLE}\n")
    assert document.text == LEAD
