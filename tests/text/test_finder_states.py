"""Bodies and offices that a text names without their country, or their holder without a day."""

import pytest

from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon, Term
from stance.text.mentions import Why
from tests.text.world import day, found, mentioned, names

STATES = Lexicon(
    entries=(
        Entry("zarida.government", "government", names("الحكومة الزاريدية"), if_acting=names("زاريدا")),
        Entry("zarida.parliament", "parliament", names("مجلس الأعيان الزاريدي"), short=names("البرلمان")),
        Entry("zarida.committee", "parliament", names("لجنة الموانئ الزاريدية")),
        Entry("zarida.coast", "government", names("حكومة الساحل")),
        Entry("sandar.government", "government", names("الحكومة الصندارية"), if_acting=names("الصندار")),
        Entry("sandar.army", "military", names("رئاسة الأركان الصندارية"), if_acting=names("القوات الصندارية")),
        Entry("union", "alliance", names("اتحاد البحارة")),
    )
)
FINDER = Finder(STATES)


def actors(text: str) -> list[str]:
    return [mention.actor for mention in FINDER.find(text).mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("في زاريدا رفضت الحكومة ذلك", ["zarida.government"]),
        ("في الصندار ثم في زاريدا رفضت الحكومة ذلك", ["zarida.government"]),
        ("في زاريدا ثم في الصندار رفضت الحكومة ذلك", ["sandar.government"]),
        ("صوّت مجلس الأعيان ثم انتقل الوفد إلى زاريدا", ["zarida.parliament"]),  # the state named next
        ("في زاريدا، وبحضور اتحاد البحارة، رفضت الحكومة ذلك", ["union", "zarida.government"]),  # no state between
        ("طلب في زاريدا من البرلمان ذلك", ["zarida.parliament"]),
        ("وجّه في زاريدا رسالة للحكومة", ["zarida.government"]),
        ("طلب في الصندار من البرلمان ذلك", []),  # a state without it
        ("في زاريدا تبقى القوات الصندارية وترفض الحكومة ذلك", ["zarida.government"]),  # another state's troops
        ("رفضت الحكومة ذلك", []),
        ("رفضت الحكومة ذلك مع اتحاد البحارة", ["union"]),
        ("في زاريدا رفضت اللجنة ذلك", []),  # any committee
    ],
)
def test_a_body_without_country_is_of_the_state_named_around_it(text: str, expected: list[str]) -> None:
    assert actors(text) == expected


def test_of_several_bodies_of_one_name_the_one_named_counts_wherever_it_stands() -> None:
    assert actors("قالت الحكومة الصندارية ذلك. وفي زاريدا ردت الحكومة")[-1] == "sandar.government"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("أعلن رئيس الوزراء الزاريدي ذلك. وأضاف النجاري أنه باق", "zarida.najjari"),
        ("أعلن رئيس الوزراء الزاريدي ذلك. وقالت البركي إنها باقية", "zarida.barki"),
    ],
)
def test_without_a_day_a_speaker_s_surname_tells_who_holds_the_office(text: str, who: str) -> None:
    mentions = mentioned(text, published=None)
    assert [(mention.actor, mention.why) for mention in mentions] == [(who, Why.OFFICE), (who, Why.SHORT_NAME)]


@pytest.mark.parametrize(
    "text",
    [
        "أعلن رئيس الوزراء الزاريدي ذلك في سوق النجاري",  # nobody speaks
        "أعلن الرئيس الزاريدي ذلك. وأضاف النجاري أنه باق",  # who never held it
    ],
)
def test_without_a_day_other_surnames_are_nobody_s(text: str) -> None:
    assert [words for _, words in found(text, published=None)] == [text.split(" ذلك")[0].removeprefix("أعلن ")]


def test_two_holders_of_one_surname_are_not_told_apart() -> None:
    brothers = [
        Entry(f"zarida.{name}", "person", names(f"{name} البحري"), terms=(Term(office="zarida.chief"),))
        for name in ("مرجان", "ساحل")
    ]
    chief = Entry("zarida.chief", "office", names("قائد الأسطول الزاريدي"))
    finder = Finder(Lexicon((chief, *brothers)))
    mentions = finder.find("وصل قائد الأسطول الزاريدي. وقال البحري ذلك").mentions
    assert [mention.actor for mention in mentions] == ["zarida.chief"]


def test_a_deputy_s_office_is_that_of_the_known_deputy_named_behind_it() -> None:
    finder = Finder(
        Lexicon(
            (
                Entry("zarida.minister", "office", names("وزير الموانئ الزاريدي"), body="zarida.ministry"),
                Entry("zarida.ministry", "ministry", names("وزارة الموانئ الزاريدية")),
                Entry("zarida.head", "person", names("سالم البحار"), terms=(Term(office="zarida.minister"),)),
                Entry("zarida.deputy", "person", names("مرجان النورس")),
            )
        )
    )
    mentions = finder.find("قال نائب وزير الموانئ الزاريدي مرجان النورس ذلك", published=day("2032-05-05")).mentions
    assert [mention.actor for mention in mentions] == ["zarida.deputy", "zarida.deputy"]
    (office,) = finder.find("قال نائب وزير الموانئ الزاريدي ذلك", published=day("2032-05-05")).mentions
    assert (office.actor, office.counts_to, office.why) == ("zarida.minister", "zarida.ministry", Why.VACANT)


@pytest.mark.parametrize(
    "text",
    [
        "مبعوث الرئيس الصنداري إلى زاريدا",
        "موفد الرئيس الصنداري",
        "المبعوث الخاص للرئيس الصنداري",
        "الممثل الشخصي للرئيس الصنداري",
    ],
)
def test_an_envoy_is_not_who_sent_him(text: str) -> None:
    mention = mentioned(f"وصل {text}")[0]
    assert (mention.actor, mention.counts_to) == ("sandar.president", "sandar.government")
