"""An invented world for the finder: two countries with capitals, offices with holders, and names that hold others."""

import datetime

from stance.text.finder import Finder
from stance.text.lexicon import Entry, Lexicon, Name, Term
from stance.text.mentions import FoundMention


def names(*texts: str) -> tuple[Name, ...]:
    return tuple(map(Name, texts))


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


WORLD = Lexicon(
    entries=(
        Entry("zarida.government", "government", names("الحكومة الزاريدية"), if_acting=names("زاريدا", "ميرانة")),
        Entry("sandar.government", "government", names("الحكومة الصندارية"), if_acting=names("الصندار", "دار الملح")),
        Entry("zarida.parliament", "parliament", names("مجلس الأعيان الزاريدي")),
        Entry("zarida.defence_ministry", "ministry", names("وزارة الدفاع الزاريدية")),
        Entry("sandar.defence_ministry", "ministry", names("وزارة الدفاع الصندارية")),
        Entry("sandar.army", "military", names("رئاسة الأركان الصندارية"), if_acting=names("القوات الصندارية")),
        Entry("zarida.prime_minister", "office", names("رئيس الوزراء الزاريدي"), body="zarida.government"),
        Entry("zarida.president", "office", names("الرئيس الزاريدي", "رئيس زاريدا"), body="zarida.government"),
        Entry("sandar.president", "office", names("الرئيس الصنداري"), body="sandar.government"),
        Entry("zarida.foreign_minister", "office", names("وزير الخارجية الزاريدي"), body="zarida.government"),
        Entry("sandar.foreign_minister", "office", names("وزير الخارجية الصنداري"), body="sandar.government"),
        Entry(
            "zarida.najjari",
            "person",
            names("سالم عادل النجاري"),
            terms=(Term(office="zarida.prime_minister", since=day("2030-03-01"), until=day("2033-06-01")),),
        ),
        Entry(
            "zarida.barki",
            "person",
            names("هدى كامل البركي"),
            terms=(Term(office="zarida.prime_minister", since=day("2033-06-01")),),
        ),
        Entry(
            "zarida.sandari",
            "person",
            names("مروان الصنداري"),
            terms=(Term(office="zarida.president", since=day("2029-01-15")),),
        ),
        Entry(
            "sandar.kirmili",
            "person",
            names("أبو فراس الكرملي"),
            terms=(Term(office="sandar.president", since=day("2031-02-02")),),
        ),
        Entry("zarida.voice", "person", names("نوال الشيباني"), spokesperson_of="zarida.defence_ministry"),
        Entry("zarida.light", "party", names("حزب الضياء الوطني"), short=names("الضياء")),
        Entry("sandar.light", "party", names("حزب الضياء الصنداري"), short=names("الضياء")),
        Entry("zarida.brigade", "armed_group", names("لواء ميرانة", "كتائب درع الصندار")),
        Entry("zarida.old_guard", "military", names("الحرس الجمهوري"), until=day("2031-01-01")),
        Entry("zarida.new_guard", "military", names("الحرس الجمهوري"), since=day("2031-01-01")),
        Entry("zarida.union", "alliance", names("اتحاد البحارة")),
        Entry("sandar.union", "alliance", names("اتحاد البحارة")),
        Entry("outlet.agency", "outlet", names("وكالة أنباء ميرانة", "ميرانة اليوم")),
    ),
    not_names=names("خط ميرانة الحديدي"),
    not_after=("جامعة", "مطار"),
)
FINDER = Finder(WORLD)


def found(text: str, published: str | None = "2032-05-05", *, outlets: bool = False) -> list[tuple[str, str]]:
    """(actor, words) in the order of the text."""
    mentions = mentioned(text, published, outlets=outlets)
    return [(mention.actor, text[mention.start : mention.end]) for mention in mentions]


def mentioned(text: str, published: str | None = "2032-05-05", *, outlets: bool = False) -> tuple[FoundMention, ...]:
    return FINDER.find(text, published=day(published) if published else None, outlets=outlets).mentions
