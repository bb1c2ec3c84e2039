import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import DataError
from stance.text.offsets import Mapped, readable

LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
ODD = "\r\n\r\n\u2028\x85\x0b\ufeff\x00\u200f\u202b\u2066\u00ad\u200b\u061c\u200c\u200d\u0651\u0301\u00a0 اب🙂é"
TEXT = st.text(alphabet=ODD, max_size=40) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def unseen(character: str) -> bool:
    """Read off the Unicode database: controls that end no line, formats that only steer the display."""
    joiners = "\u200c\u200d"
    if character in LINE_ENDS + "\t" or character in joiners:
        return False
    return (
        unicodedata.category(character) == "Cc"
        or character in "\u00ad\u061c\u200b\ufeff\ufff9\ufffa\ufffb\ufffe\uffff"
        or character in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        or "\u2060" <= character <= "\u2069"
    )


@given(TEXT)
def test_every_character_knows_its_place_and_nothing_seen_is_lost(page: str) -> None:
    whole = readable(page)
    places = [whole.page_offset(offset) for offset in range(len(whole.text))]
    assert places == sorted(set(places))
    for character, place in zip(whole.text, places, strict=True):
        assert character == page[place] or (character == "\n" and page[place] in LINE_ENDS)
    left = set(range(len(page))) - set(places)
    assert all(unseen(page[place]) or page[place - 1 : place + 1] == "\r\n" for place in left)
    assert not any(unseen(character) for character in whole.text)


@given(TEXT)
def test_the_way_back_is_the_way_there_turned_round(page: str) -> None:
    whole = readable(page)
    back = {whole.page_offset(offset): offset for offset in range(len(whole.text))}
    assert [whole.text_offset(place) for place in range(len(page))] == [back.get(place) for place in range(len(page))]


@given(TEXT)
def test_lines_are_those_of_the_page(page: str) -> None:
    shown = "".join(character for character in page if not unseen(character))
    assert readable(page).text == re.sub(f"\r\n|[{LINE_ENDS}]", "\n", shown) or "\r" in page
    # A control character between CR and LF makes two line ends of them.
    assert readable(page).text.count("\n") == len(re.findall(f"\r\n|[{LINE_ENDS}]", page))


def test_line_ends_marks_of_direction_and_byte_order_by_hand() -> None:
    page = "\ufeffأب\r\nج\u202eد\rه\u2028\x00و"
    # 0 the mark, 1-2 أب, 3-4 CR LF, 5 ج, 6 an override, 7 د, 8 CR, 9 ه, 10 a line separator, 11 NUL, 12 و
    whole = readable(page)
    assert whole.text == "أب\nجد\nه\nو"
    assert whole.runs == ((0, 1, 3), (3, 5, 1), (4, 7, 4), (8, 12, 1))
    assert whole.page_span(3, 5) == (5, 8)
    assert [whole.text_offset(place) for place in (0, 3, 4, 6, 12, 13)] == [None, 2, None, None, 8, None]


def test_a_text_has_the_offsets_it_has() -> None:
    with pytest.raises(IndexError, match="Expected an offset in a text of 2 characters, found 2"):
        readable("اب").page_offset(2)
    assert readable("") == Mapped("", ())


@given(TEXT, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=5))
def test_what_is_cut_out_of_a_mapped_text_keeps_its_way_back(page: str, cuts: list[tuple[int, int]]) -> None:
    whole = readable(page)
    pieces, end = [], 0
    for start, length in sorted(cuts):
        if start >= end and start + length <= len(whole.text):
            pieces.append((start, start + length, whole.text[start : start + length]))
            end = start + length
    joined = whole.joined(pieces)
    assert joined.text == "".join(piece for _, _, piece in pieces)
    expected = [whole.page_offset(offset) for start, stop, _ in pieces for offset in range(start, stop)]
    assert [joined.page_offset(offset) for offset in range(len(joined.text))] == expected


def test_half_a_character_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        readable("نص\udcff")
    assert str(refused.value) == (
        "Expected text, found half a character (U+DCFF) at offset 2. Read the page anew with its own encoding."
    )


def test_a_span_of_the_page_is_what_the_text_has_kept_of_it() -> None:
    mapped = readable("a\u200fb\r\nc\ufeff")
    assert mapped.text == "ab\nc"
    assert mapped.text_span(0, 3) == (0, 2)
    assert mapped.text_span(1, 3) == (1, 2)
    assert mapped.text_span(1, 2) is None
    assert mapped.text_span(3, 7) == (2, 4)
