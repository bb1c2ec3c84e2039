"""Names that other names of the text explain: surnames, offices, short forms, spokesmen; and those that none does."""

import pytest

from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon, Term
from stance.text.mentions import Ambiguous, Why
from tests.text.world import FINDER, day, found, mentioned, names

NAJJARI, BARKI, SANDARI, KIRMILI = "zarida.najjari", "zarida.barki", "zarida.sandari", "sandar.kirmili"


def test_a_surname_counts_where_the_text_names_the_person_in_full() -> None:
    text = "زار سالم عادل النجاري الميناء. وقال النجاري إن الجسر جاهز، وشكر للنجاري جهده."
    assert [(m.actor, text[m.start : m.end], m.why) for m in mentioned(text)] == [
        (NAJJARI, "سالم عادل النجاري", Why.FULL_NAME),
        (NAJJARI, "النجاري", Why.SHORT_NAME),
        (NAJJARI, "لنجاري", Why.SHORT_NAME),
    ]
    assert found("قال النجاري إن الجسر جاهز") == []


def test_a_headline_may_give_the_surname_before_the_text_gives_the_name() -> None:
    assert found("النجاري: الجسر جاهز\n\nقال سالم عادل النجاري إن الجسر جاهز") == [
        (NAJJARI, "النجاري"),
        (NAJJARI, "سالم عادل النجاري"),
    ]


def test_first_and_last_name_are_short_for_three() -> None:
    assert found("زار سالم عادل النجاري الميناء. وقال سالم النجاري ذلك")[1:] == [(NAJJARI, "سالم النجاري")]


def test_a_surname_that_the_lexicon_lists_in_full_stands_alone() -> None:
    finder = Finder(Lexicon((Entry("p", "person", names("سالم النجاري", "النجاري")),)))
    assert [mention.why for mention in finder.find("قال النجاري ذلك").mentions] == [Why.FULL_NAME]


@pytest.mark.parametrize(
    "text",
    [
        "أعلن الجيش الصنداري وقف التدريب",
        "وفي الجانب الصنداري قتيلان",
        "بالوفد الصنداري",
        "للموقف الصنداري",
        "أعلن الناطق العسكري الصنداري ذلك",
        "قال عمر الصنداري إن البحر هادئ",  # another's surname
        "وقالت ليلى الصنداري ذلك",
        "الصنداريون",
        "الصندارية",
    ],
)
def test_an_adjective_of_a_country_is_no_surname(text: str) -> None:
    assert found(f"قال مروان الصنداري ذلك. {text}")[1:] == []


@pytest.mark.parametrize(
    "text",
    [
        "قال الصنداري إن البحر هادئ",
        "وقال السيد الصنداري ذلك",
        "وتابع اليوم الصنداري زيارته",
        "قرار الصنداري",
        "مروان الصنداري",
        "والصنداري",
        "«الصنداري»",
        "الجيش، والصنداري قائده",
    ],
)
def test_a_surname_like_an_adjective_is_one_where_no_noun_stands_before_it(text: str) -> None:
    assert [actor for actor, _ in found(f"قال مروان الصنداري ذلك.\n{text}")[1:]] == [SANDARI]


def test_a_surname_is_no_government() -> None:
    assert found("قال مروان الصنداري إن الصنداري باق في الصندار") == [
        (SANDARI, "مروان الصنداري"),
        (SANDARI, "الصنداري"),
    ]


@pytest.mark.parametrize(
    ("published", "holder"),
    [
        ("2030-03-01", NAJJARI),
        ("2033-05-31", NAJJARI),
        ("2033-06-01", BARKI),
        ("2040-01-01", BARKI),
    ],
)
def test_an_office_counts_to_who_held_it_on_the_day(published: str, holder: str) -> None:
    (mention,) = mentioned("قال رئيس الوزراء الزاريدي إن الجسر جاهز", published)
    assert (mention.actor, mention.why, mention.counts_to) == (holder, Why.OFFICE, None)
    assert mention.name == "رئيس الوزراء الزاريدي"


@pytest.mark.parametrize("published", ["2029-12-31", None])
def test_an_office_without_known_holder_counts_to_its_body(published: str | None) -> None:
    (mention,) = mentioned("قال رئيس الوزراء الزاريدي إن الجسر جاهز", published)
    assert (mention.actor, mention.why, mention.counts_to) == (
        "zarida.prime_minister",
        Why.VACANT,
        "zarida.government",
    )


def test_without_a_date_the_only_holder_that_the_text_names_holds_the_office() -> None:
    text = "قال رئيس الوزراء الزاريدي إن الجسر جاهز. وكانت هدى كامل البركي قد وعدت بذلك"
    assert found(text, None) == [(BARKI, "رئيس الوزراء الزاريدي"), (BARKI, "هدى كامل البركي")]


@pytest.mark.parametrize(
    "text",
    [
        "{} هدى كامل البركي",
        "{}، هدى كامل البركي،",
        "{} السيدة هدى كامل البركي",
        "{} (هدى كامل البركي)",
        "هدى كامل البركي {}",
        "هدى كامل البركي، {}",
    ],
)
@pytest.mark.parametrize("title", ["رئيسة الوزراء الزاريدية", "رئيس الوزراء الزاريدي", "رئيسة الوزراء"])
def test_a_name_beside_an_office_says_who_holds_it_whatever_the_day(text: str, title: str) -> None:
    assert {actor for actor, _ in found(text.format(title), "2031-01-01")} == {BARKI}
    assert len(found(text.format(title), "2031-01-01")) == 2


@pytest.mark.parametrize("former", ["السابق", "الأسبق", "المكلف", "المنتخب", "الراحل"])
def test_a_former_holder_is_not_the_holder(former: str) -> None:
    assert found(f"قال رئيس الوزراء الزاريدي {former} إن الجسر جاهز") == []
    text = f"قال رئيس الوزراء الزاريدي {former} سالم عادل النجاري إن الجسر جاهز"
    assert found(text, "2039-01-01") == [(NAJJARI, "رئيس الوزراء الزاريدي"), (NAJJARI, "سالم عادل النجاري")]


@pytest.mark.parametrize("deputy", ["نائب", "مستشار", "وكيل"])
def test_who_acts_for_the_holder_counts_to_the_body(deputy: str) -> None:
    (mention,) = mentioned(f"قال {deputy} رئيس الوزراء الزاريدي إن الجسر جاهز")
    assert (mention.actor, mention.counts_to) == ("zarida.prime_minister", "zarida.government")


def test_a_title_without_country_is_the_one_named_last() -> None:
    text = "قال الرئيس الزاريدي ذلك. ورد الرئيس الصنداري. ثم عاد الرئيس إلى قصره."
    assert found(text) == [(SANDARI, "الرئيس الزاريدي"), (KIRMILI, "الرئيس الصنداري"), (KIRMILI, "الرئيس")]


def test_a_title_before_a_surname_is_that_person_s() -> None:
    text = "زار سالم عادل النجاري ومروان الصنداري وأبو فراس الكرملي الميناء. وقال الرئيس الكرملي ذلك، ورد الرئيس"
    assert found(text)[3:] == [(KIRMILI, "الرئيس"), (KIRMILI, "الكرملي"), (KIRMILI, "الرئيس")]
    # The name of a person who never held the office says that the title is none of those that are known.
    assert found("قال الرئيس الزاريدي ذلك. ورد الرئيس نوال الشيباني")[1:] == [("zarida.voice", "نوال الشيباني")]


def test_a_guest_named_behind_an_office_does_not_hold_it() -> None:
    assert found("استقبل الرئيس الزاريدي أبو فراس الكرملي") == [
        (SANDARI, "الرئيس الزاريدي"),
        (KIRMILI, "أبو فراس الكرملي"),
    ]


def test_an_office_with_an_unknown_name_behind_it_counts_to_the_body() -> None:
    (mention,) = mentioned("قال الرئيس الزاريدي محمود التلي إن الجسر جاهز")
    assert (mention.actor, mention.counts_to) == ("zarida.president", "zarida.government")


def test_an_adviser_named_behind_an_office_does_not_hold_it() -> None:
    text = "قال مستشار رئيس الوزراء الزاريدي، مروان الصنداري، ذلك"
    assert found(text) == [("zarida.prime_minister", "رئيس الوزراء الزاريدي"), (SANDARI, "مروان الصنداري")]


def test_a_body_without_country_is_the_one_named_before_it() -> None:
    assert found("قالت وزارة الدفاع الزاريدية ذلك. ونفت وزارة الدفاع غيره")[1:] == [
        ("zarida.defence_ministry", "وزارة الدفاع")
    ]


def test_a_deputy_s_name_behind_the_president_s_title_is_not_the_president_s() -> None:
    # Barki is known to hold another office of the country.
    assert found("قال الرئيس الزاريدي هدى كامل البركي ذلك")[0] == (SANDARI, "الرئيس الزاريدي")


@pytest.mark.parametrize("text", ["في الطريق الرئيس إلى البحر", "النقاط الرئيسة على الخط", "للسبب الرئيس"])
def test_main_is_no_president(text: str) -> None:
    assert found(f"قال الرئيس الزاريدي ذلك {text}")[1:] == []


def test_foreign_as_an_adjective_is_no_ministry() -> None:
    finder = Finder(Lexicon((Entry("f", "ministry", names("الخارجية الزاريدية")),)))
    text = "قالت الخارجية الزاريدية إن الشؤون الخارجية والعلاقات الخارجية والسياسة الخارجية الزاريدية. ونفت الخارجية"
    found = [(mention.start, mention.end) for mention in finder.find(text).mentions]
    assert found == [(5, 23), (text.rindex("الخارجية"), text.rindex("الخارجية") + 8)]


def test_the_president_alone_needs_a_president_before_it() -> None:
    assert found("قال الرئيس إن الجسر جاهز. وقالت زاريدا مثل ذلك") == [("zarida.government", "زاريدا")]
    assert found("قال مروان الصنداري ذلك. وأضاف الرئيس مثله")[1:] == [(SANDARI, "الرئيس")]


def test_a_title_without_country_is_that_of_the_only_country_in_the_text() -> None:
    assert found("أعلنت زاريدا ذلك. وأكد رئيس الوزراء مثله")[1:] == [(NAJJARI, "رئيس الوزراء")]
    assert found("أعلنت دار الملح ذلك. وأكد رئيس الوزراء مثله")[1:] == []
    # A country where something happens tells as well.
    assert found("في زاريدا أكد رئيس الوزراء ذلك") == [(NAJJARI, "رئيس الوزراء")]


@pytest.mark.parametrize(
    "text",
    [
        "أكد رئيس الوزراء الماليزي ذلك",
        "أكد الرئيس التشادي ذلك",
        "قال الحزب الحاكم ذلك",
        "قال الحزب الديمقراطي ذلك",
        "قالت الحكومة السورية ذلك",
        "قال مجلس الأعيان الأعلى ذلك",
        "قال الرئيس بهلوان ذلك",
        "قال رئيس الوزراء حمدان بلقاسم ذلك",
    ],
)
def test_a_short_form_with_another_adjective_is_anothers(text: str) -> None:
    context = (
        "قالت الحكومة الزاريدية ومجلس الأعيان الزاريدي وحزب الضياء الوطني ورئيس الوزراء الزاريدي والرئيس الزاريدي ذلك. "
    )
    assert len(found(context)) == 5
    assert found(context + text)[5:] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قالت الحكومة الزاريدية ذلك، ثم تراجعت الحكومة", ("zarida.government", "الحكومة")),
        ("قال مجلس الأعيان الزاريدي ذلك، ثم تراجع المجلس", ("zarida.parliament", "المجلس")),
        ("قال مجلس الأعيان الزاريدي ذلك، ثم تراجع مجلس الأعيان", ("zarida.parliament", "مجلس الأعيان")),
        ("قالت وزارة الدفاع الزاريدية ذلك، ونفت الوزارة غيره", ("zarida.defence_ministry", "الوزارة")),
        ("قال حزب الضياء الوطني ذلك، ونفى الحزب غيره", ("zarida.light", "الحزب")),
        ("قال حزب الضياء الوطني ذلك، ونفى الضياء غيره", ("zarida.light", "الضياء")),
        ("قال حزب الضياء الصنداري ذلك، ونفى الضياء غيره", ("sandar.light", "الضياء")),
        ("قال وزير الخارجية الصنداري ذلك، ونفى الوزير غيره", ("sandar.foreign_minister", "الوزير")),
    ],
)
def test_a_short_form_goes_back_to_the_name_before_it(text: str, expected: tuple[str, str]) -> None:
    assert found(text)[1:] == [expected]
    assert found(text.partition("، ")[2]) == []


def test_what_two_share_counts_to_the_one_named_last() -> None:
    text = "قال حزب الضياء الوطني ذلك. وقال حزب الضياء الصنداري غيره. ونفى الضياء. ثم عاد حزب الضياء الوطني ونفى الحزب."
    assert [actor for actor, _ in found(text)] == [
        "zarida.light",
        "sandar.light",
        "sandar.light",
        "zarida.light",
        "zarida.light",
    ]


def test_a_name_of_two_that_nothing_tells_apart_is_reported() -> None:
    text = "قال اتحاد البحارة ذلك"
    assert FINDER.find(text) == ((), (Ambiguous(4, 17, "اتحاد البحارة", ("zarida.union", "sandar.union")),))


def test_a_title_of_two_countries_that_nothing_tells_apart_is_reported() -> None:
    result = FINDER.find("بين زاريدا والصندار، قال وزير الخارجية ذلك")
    assert [mention.actor for mention in result.mentions] == ["zarida.government", "sandar.government"]
    assert [(one.name, one.actors) for one in result.ambiguous] == [
        ("وزير الخارجية الزاريدي", ("zarida.foreign_minister", "sandar.foreign_minister"))
    ]


@pytest.mark.parametrize(
    ("published", "actor"),
    [("2030-12-31", "zarida.old_guard"), ("2031-01-01", "zarida.new_guard"), (None, "zarida.new_guard")],
)
def test_of_two_bodies_of_one_name_the_one_that_was_there(published: str | None, actor: str) -> None:
    assert found("قال الحرس الجمهوري ذلك", published) == [(actor, "الحرس الجمهوري")]


@pytest.mark.parametrize(
    "words",
    [
        "المتحدث باسم",
        "متحدث باسم",
        "المتحدثة باسم",
        "الناطق باسم",
        "الناطق الرسمي باسم",
        "المتحدث العسكري باسم",
        "متحدثا باسم",
        "المتحدثون باسم",
        "للناطق باسم",
    ],
)
def test_a_spokesperson_counts_to_the_body(words: str) -> None:
    text = f"قال {words} وزارة الدفاع الزاريدية إن الجسر جاهز"
    (mention,) = mentioned(text)
    assert (mention.actor, text[mention.start : mention.end], mention.why) == (
        "zarida.defence_ministry",
        "وزارة الدفاع الزاريدية",
        Why.SPOKESPERSON,
    )


def test_a_spokesperson_of_a_country_makes_a_government_of_it() -> None:
    assert found("قال متحدث باسم ميرانة ذلك") == [("zarida.government", "ميرانة")]
    assert [mention.why for mention in mentioned("قال متحدث باسم ميرانة ذلك")] == [Why.SPOKESPERSON]


def test_a_named_spokesperson_keeps_the_name_and_counts_to_the_body() -> None:
    text = "قالت المتحدثة باسم وزارة الدفاع الزاريدية نوال الشيباني ذلك، وأضافت الشيباني غيره"
    assert [(m.actor, m.counts_to, m.why) for m in mentioned(text)] == [
        ("zarida.defence_ministry", None, Why.SPOKESPERSON),
        ("zarida.voice", "zarida.defence_ministry", Why.FULL_NAME),
        ("zarida.voice", "zarida.defence_ministry", Why.SHORT_NAME),
    ]


def test_who_speaks_in_the_name_of_something_else_is_no_spokesperson() -> None:
    assert [mention.why for mention in mentioned("وقع الاتفاق باسم الحكومة الزاريدية")] == [Why.FULL_NAME]


def test_a_title_of_two_offices_is_that_of_the_person_beside_it() -> None:
    offices = ("الرئيس البحري", "الرئيس الجبلي")
    finder = Finder(
        Lexicon(
            (
                *(Entry(f"z.{number}", "office", names(name)) for number, name in enumerate(offices)),
                Entry("z.moon", "person", names("قمر المرسي"), terms=(Term(office="z.0"), Term(office="z.1"))),
                Entry("z.star", "person", names("نجم الساحلي")),
            )
        )
    )
    mentions = finder.find("زار نجم الساحلي الرئيس، قمر المرسي").mentions
    assert [mention.actor for mention in mentions] == ["z.star", "z.moon", "z.moon"]


def test_an_office_that_several_hold_stays_the_office() -> None:
    finder = Finder(
        Lexicon(
            (
                Entry("z.deputy", "office", names("نائب الرئيس الزاريدي"), body="z.government"),
                Entry("z.government", "government", names("الحكومة الزاريدية")),
                *(
                    Entry(f"z.{number}", "person", names(name), terms=(Term(office="z.deputy"),))
                    for number, name in enumerate(("قمر المرسي", "نجم المرسي"))
                ),
            )
        )
    )
    found = finder.find(
        "قال نائب الرئيس الزاريدي ذلك. وقال نائب الرئيس الزاريدي نجم المرسي غيره", published=day("2032-01-01")
    )
    assert [(mention.actor, mention.counts_to) for mention in found.mentions] == [
        ("z.deputy", "z.government"),
        ("z.1", None),
        ("z.1", None),
    ]
    # Their surname alone could be either's.
    both = finder.find("قمر المرسي ونجم المرسي. وقال المرسي")
    assert [mention.actor for mention in both.mentions] == ["z.0", "z.1", "z.1"]
    assert [one.actors for one in finder.find("المرسي: نعم\n\nقال قمر المرسي ونجم المرسي").ambiguous] == [
        ("z.0", "z.1")
    ]


def test_a_surname_behind_another_s_father_s_name_is_another_s() -> None:
    finder = Finder(Lexicon((Entry("k", "person", names("الكرملي", "أبو فراس الكرملي")),)))
    assert finder.find("قال أبو نورس الكرملي ذلك").mentions == ()
    assert len(finder.find("قال أبو فراس الكرملي ذلك، وأضاف الكرملي غيره").mentions) == 2
