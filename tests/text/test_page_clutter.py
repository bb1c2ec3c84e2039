"""What stands in and around an article on pages, told by what all sites share: each page is written for its test."""

from datetime import date

import pytest

from stance.text.page_layout import is_ending, is_issue, shows
from stance.text.page_notices import is_notice
from stance.text.pages import PageDocument, split_page

TITLE = "الراشدي: لا تمديد لقوات فالوريا في الغدران"
FIRST = "قال رئيس الوزراء مأمون الراشدي أمس إن القوات الفالورية ستغادر قاعدة الغدران قبل نهاية الخريف المقبل."
SECOND = "وأضاف أمام النواب أن الحكومة أبلغت السفارة بالموعد، وأنها لا تنتظر ردا عليه."
THIRD = "ورفضت كتلة الميثاق الموعد وطلبت جلسة علنية لمناقشة ما وقّعته الحكومة من أوراق."


def page(*blocks: str) -> str:
    return "\n\n".join(blocks)


def only(*blocks: str) -> PageDocument:
    (found,) = split_page(page(*blocks))
    return found


@pytest.mark.parametrize(
    "notice",
    [
        "كل مادة تحمل اسم كاتب تمثل صاحبها ولا تتحمل الصحيفة مسؤولية ما ورد فيها.",
        "يسمح بإعادة نشر مواد الموقع كما وردت مع ذكر المصدر ورابط الصفحة.",
        "أعزائي القراء نقدم لكم في السطور التالية تفاصيل الخبر كما ورد من مصدره.",
    ],
)
def test_what_a_site_says_of_itself_is_no_text(notice: str) -> None:
    assert is_notice(notice.replace("أ", "ا").replace("إ", "ا").replace("ة", "ه").replace("ؤ", "و"))
    assert only(TITLE, FIRST, SECOND, notice).text == page(FIRST, SECOND)


def test_news_about_the_press_is_text() -> None:
    told = "ونشرت صحيفة النهر مقالا قالت فيه إن الوزير طلب من الوكالة حذف خبر الانسحاب من موقعها."
    assert only(TITLE, FIRST, told).text == page(FIRST, told)


def test_the_summary_right_below_a_link_goes_with_it() -> None:
    card = "إقرأ المزيد\nحريق في مخزن القطن جنوبي النوارس\nأتت النار على نصف ما فيه."
    assert only(TITLE, FIRST, card, SECOND).text == page(FIRST, SECOND)


def test_one_link_behind_its_label_takes_no_heading_with_it() -> None:
    found = only(TITLE, FIRST, "اقرأ أيضا: أسعار القمح تتراجع في الخضيرات", "ما تريده الكتل", THIRD)
    assert found.text == page(FIRST, "ما تريده الكتل", THIRD)


def test_a_headline_and_its_lead_run_together_are_another_articles() -> None:
    card = "وزارة الري تفتح سد وادي الزعتر بعد الأمطار أعلنت وزارة الري في بيان فتح سد وادي الزعتر جزئيا."
    assert only(TITLE, FIRST, card, SECOND).text == page(FIRST, SECOND)
    # "The ministry, which opened the dam, said that the dam is safe" is a sentence.
    told = "بعد اجتماع وزارة الري في وادي الزعتر أكدت وزارة الري أن سد وادي الزعتر سليم لا خوف عليه."
    assert told in only(TITLE, FIRST, told, SECOND).text


def test_a_pull_quote_in_other_forms_of_its_words_is_left_out() -> None:
    told = "وأكد القائد أن «المستشارين باقون ومقاعدهم محفوظة» ما بقيت المدرسة."
    assert only(TITLE, FIRST, told, "المستشارون باقون ومقاعدهم محفوظة", THIRD).text == page(FIRST, told, THIRD)


def test_who_wrote_it_is_no_text() -> None:
    about = "هدى الرماني صحافية تكتب عن الماء والزراعة على ضفتي النهر منذ عشر سنين."
    assert only(TITLE, FIRST, SECOND, "نبذة عن المحررة", about).text == page(FIRST, SECOND)


def test_what_a_picture_shows_is_no_text() -> None:
    for caption in ("رئيس الكتلة سالم الخياط خلال الجلسة", "لقطة من الجلسة قبل رفعها"):
        assert only(TITLE, FIRST, caption, SECOND).text == page(FIRST, SECOND)
    assert not shows("ما تريده الكتل الصغيره من الحكومه")


@pytest.mark.parametrize("line", ["(انتهي) م.ع / س.ق", "انتهي / 3477", "(النهايه) ا م ج", "انتهي"])
def test_a_dispatch_ends_with_initials_and_numbers(line: str) -> None:
    assert is_ending(line)
    assert not is_ending("انتهي الاجتماع من غير بيان")


def test_a_papers_number_is_no_title_and_its_day_is_that_of_all_articles() -> None:
    assert is_issue("العدد 4117 - السنه الثانيه عشره")
    assert not is_issue("عدد القواعد في البلاد 7")
    other = "تسلمت نقابة المزارعين في سهل الحنظل مفاتيح محطة الضخ الجديدة صباح الثلاثاء بعد انتظار سنة."
    more = "وقال نقيب المزارعين إن المحطة ستسقي أربعين ألف دونم قبل موسم البذار، وإن كلفتها دُفعت من صندوق الري."
    first, second = split_page(
        page(
            "صحيفة الضفة\nالعدد 4117\nالخميس 18 تشرين الثاني 2032",
            TITLE, FIRST, SECOND, "كلمات دلالية: الغدران",
            "محطة ضخ جديدة للمزارعين في سهل الحنظل", "سهل الحنظل - الضفة", other, more,
        )
    )  # fmt: skip
    assert (first.title, second.title) == (TITLE, "محطة ضخ جديدة للمزارعين في سهل الحنظل")
    assert first.published == second.published == date(2032, 11, 18)


@pytest.mark.parametrize(
    ("lines", "outlet"),
    [
        ("12 تموز 2034 - وكالة الضفة للأنباء", "وكالة الضفة للأنباء"),
        ("المصدر:\nنوارس نيوز", "نوارس نيوز"),
        ("النوارس 17 تموز 2034 (شبكة الدرب)", "شبكة الدرب"),
        ("النوارس / ١٧ تموز / يوليو / حصن برس –", "حصن برس"),
        ("العربي الجديد", "العربي الجديد"),
        ("قناة النافذة، 2 تموز 2034", "قناة النافذة"),
    ],
)
def test_an_outlet_is_named_beside_the_day_below_a_label_or_in_brackets(lines: str, outlet: str | None) -> None:
    assert only(TITLE, lines, FIRST, SECOND).outlet == outlet


def test_a_section_before_a_slash_is_no_part_of_the_title() -> None:
    assert only(f"سياسة عامة / {TITLE}", "11/12/2034 13:05", FIRST, SECOND).title == TITLE


def test_questions_in_a_list_of_links_are_links() -> None:
    found = only(
        TITLE, FIRST, SECOND, "مقالات مشابهة", "  • كيف قرأ النواب رحيل القوات من قاعدة الغدران؟\n  • خبر قصير"
    )
    assert found.text == page(FIRST, SECOND)
