import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stance.text.folding import LINE, PARAGRAPH, Folded, fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أرجانة", "ارجانه"),
        ("إقليم", "اقليم"),
        ("آمال", "امال"),
        ("ٱلنهر", "النهر"),
        ("أمل", "ا\u0654مل"),
        ("لؤي", "لوي"),
        ("هيئة", "هييه"),
        ("مصطفى", "مصطفي"),
        ("تشيليک زاده", "تشيليك زاده"),
        ("الحکومة العراقیة", "الحكومة العراقية"),
        ("الگيلاني", "الكيلاني"),
        ("الچلبي", "الجلبي"),
        ("پارتي", "بارتي"),
        ("ڤالوريا", "فالوريا"),
        ("ژاله", "زاله"),
        ("كۆچەر", "كوجه\u200cر"),
        ("العـــراق", "العراق"),
        ("مُحَمَّدٌ", "محمد"),
        ("رحمٰن", "رحمن"),
        ("ﺍﻟﻌﺮﺍﻕ", "العراق"),
        ("ﻻبن", "لابن"),
        ("ﷲ", "الله"),
        ("الرا\u200bشدي\u200f", "الراشدي"),
        ("\u202bالراشدي\u202c", "الراشدي"),
        ("حزب  \u00a0 الضياء", "حزب الضياء"),
        ("حزب\nالضياء", "حزب الضياء"),
        ("حزب_الضياء", "حزب الضياء"),
        ("مادة ١٤٠", "مادة 140"),
        ("مادة ۱۴۰", "مادة 140"),
        ("AL–RASHIDI", "al-rashidi"),
        ("Straße", "STRASSE"),
        ("Éire", "Eire"),
        ("«الدولة»", '"الدولة"'),
    ],
)
def test_spellings_that_a_reader_takes_for_one_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("سالم", "سليم"), ("حسن", "حسين"), ("مال", "مائل"), ("الضياء", "الضياع")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_line_ends_are_kept_for_reading_and_paragraphs_for_searching() -> None:
    folded = Folded("قالت \r\n زاريدا\n \nإنها")
    assert folded.text == f"قالت{LINE}زاريدا{PARAGRAPH}انها"
    assert folded.search == f"قالت زاريدا{PARAGRAPH}انها"


def test_ta_marbuta_is_kept_for_reading() -> None:
    assert (Folded("أرجانة").text, Folded("أرجانة").search) == ("ارجانة", "ارجانه")


def test_places_lead_back_to_the_text_as_given() -> None:
    #        0 1 2   3 4      5      6  7 8
    given = "ا\u0640ل\u064fن  \u202bه\u064bر"
    folded = Folded(given)
    assert folded.text == "الن هر"
    # Marks belong to the letter before them, tatweel and controls to nobody.
    assert [folded.original(place, place + 1) for place in range(6)] == [
        (0, 1),
        (2, 4),
        (4, 5),
        (5, 6),
        (8, 10),
        (10, 11),
    ]
    assert folded.original(0, 6) == (0, 11)


def test_ligatures_stand_for_all_their_letters() -> None:
    folded = Folded("في ﷲ.")
    assert folded.text == "في الله."
    assert folded.original(3, 7) == (3, 4)
    assert folded.original(4, 8) == (3, 5)


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
@example("\ud800ا")
@example("\ufdfa")
@example("\x00\r\n\u2029\u2028")
def test_every_character_leads_back_into_the_text_and_in_its_order(given: str) -> None:
    folded = Folded(given)
    places = [folded.original(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < end <= len(given) for start, end in places)
    assert places == sorted(places)
    assert len(folded.search) == len(folded.text)
    for _start, end in places:
        assert end == len(given) or unicodedata.category(given[end])[0] != "M"


@given(ANY_TEXT, st.data())
def test_what_a_place_leads_back_to_folds_to_what_stands_there(given: str, data: st.DataObject) -> None:
    folded = Folded(given)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.original(start, end)
    # A ligature cut in two leads back to the whole of it, a run of spaces to its first.
    assert fold(folded.search[start:end]) in fold(given[first:last])


@given(ANY_TEXT)
def test_folding_a_second_time_changes_nothing_more(given: str) -> None:
    once = Folded(given).text
    assert Folded(once).text == once


@given(ANY_TEXT)
def test_a_text_folds_as_its_characters_one_by_one(given: str) -> None:
    """But for white space, which folds by its neighbours."""
    alone = "".join(fold(character) for character in given)
    assert alone.replace(" ", "") == fold(given).replace(PARAGRAPH, "").replace(" ", "")
