"""The real registry with the finder that reads it: names that must lead somewhere, and names that must not."""

import datetime
from pathlib import Path

import pytest

from stance.annotation.actor_names import lexicon
from stance.annotation.registry import read_actors
from stance.text.finder import Finder

ACTORS = Path(__file__).parents[2] / "labels" / "actors.yaml"
DAY = datetime.date(2024, 9, 1)


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(lexicon(read_actors(ACTORS)))


def found(finder: Finder, text: str, day: datetime.date | None = DAY) -> list[str]:
    """Whom the mentions count to, in the order of the text."""
    return [mention.counts_to or mention.actor for mention in finder.find(text, published=day, outlets=True).mentions]


@pytest.mark.parametrize(
    "text",
    [
        "وصل الوفد إلى مطار بغداد ثم زار جامعة بغداد وأمانة بغداد.",
        "جلس حسن البغدادي بين رجاله.",
        "كتب تركي الفيصل مقالا عن أسعار النفط.",
        "هاجمت كتائب بغداد رتلا في الضاحية.",
        "أُغلق شارع فلسطين صباح اليوم.",
        "اشترى حسن الموصلي متجرا في السوق.",
        "وقع انفجار في بغداد مساء أمس.",
        "هبطت الطائرة في قاعدة عين الأسد.",
        "انتشر الجيش السوداني في المدينة.",
        "زرعوا القمح في هضبة الأناضول.",
    ],
)
def test_names_that_hold_an_actors_name_are_none(finder: Finder, text: str) -> None:
    assert found(finder, text) == []


@pytest.mark.parametrize(
    ("text", "actors"),
    [
        ("ذكرت وكالة بغداد اليوم أن الاجتماع تأجل.", ["outlet.baghdad_today"]),
        ("نشرت واشنطن بوست وطهران تايمز تقريرين.", ["outlet.washington_post", "outlet.tehran_times"]),
        ("نقلت الأناضول الخبر.", ["outlet.anadolu"]),
        ("قالت صحيفة الوطن إن الطريق مفتوح.", ["outlet.watan_syria"]),
        ("أكدت بغداد أنها تريد جدولا زمنيا.", ["iraq.government"]),
        (
            "علّقت كتائب حزب الله العراقية هجماتها، أما حزب الله فلم يعلق.",
            ["iraq.kataib_hezbollah", "lebanon.hezbollah"],
        ),
        ("رفضت النجباء العرض وقبلته عصائب اهل الحق.", ["iraq.nujaba", "iraq.asaib"]),
        ("تحدث مسعود البرزاني طويلا، ثم سكت بارزاني.", ["krg.masoud_barzani", "krg.masoud_barzani"]),
        ("تحدث مسرور برزاني طويلا، ثم سكت بارزاني.", ["krg.masrour_barzani", "krg.masrour_barzani"]),
        ("وصف دونالد ترمب الحرب بالخطأ.", ["us.trump"]),
        ("رأى وزير الخارجية الأميركي أنطوني بلينكن غير ذلك.", ["us.blinken", "us.blinken"]),
        ("قال ناصر كنعاني إن الوقت حان.", ["iran.foreign_ministry"]),
        ("قال محمد شياع السوداني كلمة، وزاد السوداني أخرى.", ["iraq.sudani", "iraq.sudani"]),
        ("انعقد مجلس الأمن بعد مجلس الأمن القومي التركي.", ["un.security_council"]),
    ],
)
def test_names_lead_to_their_actors(finder: Finder, text: str, actors: list[str]) -> None:
    assert found(finder, text) == actors


@pytest.mark.parametrize(
    ("text", "day", "actor"),
    [
        ("رفض رئيس الوزراء العراقي العرض.", datetime.date(2019, 1, 1), "iraq.abdul_mahdi"),
        ("رفض رئيس الوزراء العراقي العرض.", datetime.date(2022, 10, 26), "iraq.kadhimi"),
        ("رفض رئيس الوزراء العراقي العرض.", datetime.date(2022, 10, 27), "iraq.sudani"),
        ("رفض رئيس الوزراء العراقي العرض.", None, "iraq.government"),
        ("دعا الرئيس السوري إلى الحوار.", datetime.date(2023, 1, 1), "syria.assad"),
        ("دعا الرئيس السوري إلى الحوار.", datetime.date(2025, 3, 1), "syria.sharaa"),
        ("قالت الحكومة السورية كلمتها.", datetime.date(2024, 12, 7), "syria.assad_government"),
        ("قالت الحكومة السورية كلمتها.", datetime.date(2024, 12, 8), "syria.government"),
        ("قالت الحكومة السورية كلمتها.", None, "syria.government"),
    ],
)
def test_offices_and_successors_go_by_the_day(finder: Finder, text: str, day: datetime.date | None, actor: str) -> None:
    assert found(finder, text, day) == [actor]
