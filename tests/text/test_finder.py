"""Names in a text: words' edges, clitics, spellings, the longest name, what must not match."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon
from stance.text.mentions import Why
from tests.text.world import FINDER, found, mentioned, names


def test_all_places_of_an_actor_are_found_with_the_name_that_matched() -> None:
    text = "قالت الحكومة الزاريدية إن حكومة زاريدا باقية، وردت زاريدا."
    finder = Finder(Lexicon((Entry("z", "government", names("الحكومة الزاريدية", "حكومة زاريدا", "زاريدا")),)))
    assert [(m.start, m.end, m.actor, m.name, m.why) for m in finder.find(text).mentions] == [
        (5, 22, "z", "الحكومة الزاريدية", Why.FULL_NAME),
        (26, 38, "z", "حكومة زاريدا", Why.FULL_NAME),
        (51, 57, "z", "زاريدا", Why.FULL_NAME),
    ]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("وحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("فحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("بحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("لحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("كحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("وبحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("فلحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("لـحزب الضياء الوطني", "حزب الضياء الوطني"),
        ("فـ«حزب الضياء الوطني»", "حزب الضياء الوطني"),
        ("والحكومة الزاريدية", "الحكومة الزاريدية"),
        ("بالحكومة الزاريدية", "الحكومة الزاريدية"),
        ("كالحكومة الزاريدية", "الحكومة الزاريدية"),
        ("وبالحكومة الزاريدية", "الحكومة الزاريدية"),
        ("فالحكومة الزاريدية", "الحكومة الزاريدية"),
        ("للحكومة الزاريدية", "لحكومة الزاريدية"),
        ("وللحكومة الزاريدية", "لحكومة الزاريدية"),
        ("فللحكومة الزاريدية", "لحكومة الزاريدية"),
        ("لِلحكومة الزاريدية", "لحكومة الزاريدية"),
    ],
)
def test_particles_written_as_one_with_a_name_are_no_part_of_it(written: str, named: str) -> None:
    """Of an article that lost its alif, what follows the first lam: as the guidelines have it."""
    assert [words for _, words in found(f"مرّت {written} بأزمة")] == [named]


def test_an_article_before_lam_loses_its_own_lam_too() -> None:
    finder = Finder(Lexicon((Entry("c", "parliament", names("اللجنة العليا")),)))
    text = "توصية للجنة العليا"
    assert [text[m.start : m.end] for m in finder.find(text).mentions] == ["لجنة العليا"]


@pytest.mark.parametrize(
    "text",
    [
        "مرّت وفبحزب الضياء الوطني بأزمة",  # three particles
        "مرّت مالحكومة الزاريدية بأزمة",  # no particle
        "مرّت حزب الضياء الوطنيون بأزمة",  # the word goes on
        "مرّت حزب الضياء الوطني2 بأزمة",
        "مرّت حزب الضياء الوطني\u0903 بأزمة",  # with a mark that is part of a word
        "حزبالضياء الوطني",
        "حزب الضياء\n\nالوطني",  # over the end of a paragraph
        "حزب. الضياء الوطني",
        "لالحكومة الزاريديةَ2",
        "لحكومة الزاريدية",  # no article, and none lost
        "حزب الضياع الوطني",
        "",
        " ",
    ],
)
def test_names_inside_words_or_torn_apart_are_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "«{}»",
        "{}، ثم",
        "({})",
        "{}.",
        "\n{}\n",
        "من-{}",
        "“{}”",
        "\u202b{}\u202c",
        "قال:{}",
        "#{} #خبر",
        "{}/خاص",
    ],
)
def test_marks_and_edges_of_the_text_are_edges_of_words(written: str) -> None:
    assert found(written.format("حزب الضياء الوطني")) == [("zarida.light", "حزب الضياء الوطني")]


@pytest.mark.parametrize(
    "written",
    [
        "الحكومه الزاريديه",
        "الحکومة الزاریدیة",
        "الحـكـومـة الزاريـدية",
        "الحُكومةُ الزاريديّةُ",
        "الحكومة  الزاريدية",
        "الحكومة\u00a0الزاريدية",
        "الحكومة\nالزاريدية",
        "الحكومة\u200f الزاريدية",
        "ﺍﻟﺤﻜﻮﻣﺔ ﺍﻟﺰﺍﺭﻳﺪﻳﺔ",
        "الحكومة_الزاريدية",
    ],
)
def test_other_spellings_are_found_where_they_stand_and_said_to_be_other(written: str) -> None:
    (mention,) = mentioned(f"قالت {written}، أمس")
    assert (mention.start, mention.end) == (5, 5 + len(written))
    assert (mention.name, mention.why) == ("الحكومة الزاريدية", Why.SPELLING)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("هيئة الموانئ", "هيأة الموانئ"),
        ("هيأة الموانئ", "هيئة الموانئ"),
        ("لجنة شؤون الصيد", "لجنة شئون الصيد"),
        ("مسؤول الموانئ", "مسئول الموانئ"),
        ("عبد الرحمن البحار", "عبدالرحمن البحار"),
        ("عبدالرحمن البحار", "عبد الرحمن البحار"),
        ("أبو نورس البحار", "أبي نورس البحار"),
        ("أبو نورس البحار", "أبا نورس البحار"),
        ("ليلى بن ماجد", "ليلى ابن ماجد"),
        ("البحارة النورسيون", "البحارة النورسيين"),
        ("جيش سوريا البحري", "جيش سورية البحري"),
        ("وزير الموانئ الزاريدي", "وزيرة الموانئ الزاريدية"),
        ("السفير الزاريدي", "السفيرة الزاريدية"),
        ("حركة النوارس", "حركة «النوارس»"),
        ("قوات النهر الأعلى", 'قوات "النهر الأعلى"'),
        ("زعيم حركة النوارس", "زعيم «حركة النوارس»"),
        ("زعيم حركة النوارس", "زعيم حركة «النوارس»"),
        ("الأمين العام لحركة النوارس", "الأمين العام لـ«حركة النوارس»"),
        ("مسؤولون زاريديون", "مسؤولين زاريديين"),
        ("Mamun al-Rashidi", "MAMUN AL RASHIDI"),
        ("إقليم المرتفعات", "إقليم المرتفعات"),
    ],
)
def test_habits_of_writing_are_known_without_being_listed(name: str, written: str) -> None:
    finder = Finder(Lexicon((Entry("a", "office", names(name)),)))
    text = f"بحسب {written} أمس"
    assert [text[m.start : m.end] for m in finder.find(text).mentions] == [written]


def test_spellings_of_the_lexicon_count_as_the_name_they_spell() -> None:
    from stance.text.lexicon import Name

    finder = Finder(Lexicon((Entry("a", "government", (Name("الحكومة الأمريكية", ("الحكومة الأميركية",)),)),)))
    (mention,) = finder.find("قالت الحكومة الاميركية").mentions
    assert (mention.name, mention.why) == ("الحكومة الأمريكية", Why.SPELLING)


def test_the_longest_name_wins_over_those_inside_it() -> None:
    assert found("نفى لواء ميرانة ذلك") == [("zarida.brigade", "لواء ميرانة")]
    assert found("نفت كتائب درع الصندار ذلك") == [("zarida.brigade", "كتائب درع الصندار")]
    finder = Finder(Lexicon((Entry("p", "party", names("حزب الفجر")), Entry("y", "party", names("حزب الفجر الشبابي")))))
    assert [m.actor for m in finder.find("حزب الفجر الشبابي وحزب الفجر").mentions] == ["y", "p"]


def test_a_longer_name_that_ends_inside_a_word_gives_way_to_a_shorter_one() -> None:
    finder = Finder(Lexicon((Entry("p", "party", names("نهضة")), Entry("l", "party", names("نهضة البح")))))
    assert [m.actor for m in finder.find("نهضة البحر").mentions] == ["p"]


def test_an_outlet_named_after_a_capital_is_not_its_government() -> None:
    text = "قالت وكالة أنباء ميرانة إن ميرانة اليوم نقلت الخبر"
    assert found(text) == []
    assert found(text, outlets=True) == [
        ("outlet.agency", "وكالة أنباء ميرانة"),
        ("outlet.agency", "ميرانة اليوم"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "أعلن خط ميرانة الحديدي توقفه",  # a name that holds another's
        "أعلنت جامعة ميرانة نتائجها",  # a word before it that makes another's of it
        "وبجامعة ميرانة مكتبة",
        "أغلق مطار ميرانة",
        "أعلن مطار ميرانة الدولي أنه مغلق",
    ],
)
def test_names_that_hold_a_name_and_mean_something_else_are_none(text: str) -> None:
    assert found(text) == []


def test_nothing_to_look_for_finds_nothing() -> None:
    assert Finder(Lexicon(())).find("زاريدا").mentions == ()
    assert Finder(Lexicon((Entry("a", "party", names("\u0640", "\u200f")),))).find("\u0640").mentions == ()


def test_a_finder_can_be_sent_and_shared() -> None:
    text = "قال رئيس الوزراء الزاريدي سالم عادل النجاري إن النجاري باق"
    expected = FINDER.find(text)
    assert len(expected.mentions) == 3
    assert pickle.loads(pickle.dumps(FINDER)).find(text) == expected  # noqa: S301 - our own
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(FINDER.find, [text] * 40)) == {expected}


@pytest.mark.parametrize(
    "text",
    [
        "ا" * 2_000_000,
        "ميرانة" * 300_000,
        "َ" * 1_000_000,
        "\u202e\u2067" * 500_000,
        " " * 1_000_000,
        "\n" * 1_000_000,
        '"' * 1_000_000,
        "قال «" * 200_000,
        "\x00\ud800\ufffe" * 100_000,
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_megabytes_of_nothing_end_well(text: str) -> None:
    assert found(text) == []
    assert found(f"{text} حزب الضياء الوطني") == [("zarida.light", "حزب الضياء الوطني")]


def test_many_mentions_in_one_text_are_all_found() -> None:
    assert len(found("قالت ميرانة إن الحكومة الزاريدية بخير. " * 5000)) == 10_000
