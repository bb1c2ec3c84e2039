"""Names found and exchanged: offsets by hand, what is written as one with a name, spans kept by any rewriting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.annotation.records import Annotation, Document, Mention
from stance.annotation.registry import Actor, ActorKind, ActorRegistry
from stance.data.naming import Names, Places, Rewritten, form, rewritten

REGISTRY = ActorRegistry(
    (
        Actor("gov", ActorKind.GOVERNMENT, {"ar": "الحكومة الخلدونية"}, names=("مجلس الوزراء الخلدوني",)),
        Actor("lukas", ActorKind.PERSON, {"ar": "لوكاس فيرهن"}),
    )
)


def article(text: str, *mentions: tuple[int, int, str], title: str | None = None) -> Document:
    marked = tuple(Mention(f"m{n}", start, end, actor) for n, (start, end, actor) in enumerate(mentions))
    return Document("d", "1", text, annotations=(Annotation("a", "one", marked, ()),), title=title)


def test_names_of_the_registry_and_marked_ones_in_title_and_text():
    title, text = "الحكومة الخلدونية ترفض", "قالت الحكومة الخلدونية إن مجلس الوزراء الخلدوني اجتمع، وأكد النائب ذلك"
    marked = text.index("النائب")
    found = Names(REGISTRY).of(article(text, (marked, marked + 6, "deputy"), title=title))
    assert found["gov"] == Places(((0, 17),), ((5, 22), (26, 47)))
    assert found["deputy"] == Places((), ((marked, marked + 6),))


def test_an_office_and_who_holds_it_are_one_name():
    text = "رئيس الوفد لوكاس فيرهن قال"
    assert Names(REGISTRY).of(article(text, (0, 10, "lukas")))["lukas"].text == ((0, 22),)


def test_without_a_registry_marked_words_count_wherever_they_stand_again():
    text = "De boeren willen dat. Volgens boeren kan het, en boerenzonen niet."
    found = Names(None).of(article(text, (3, 9, "farmers"), title="Boos: de boeren"))
    assert found["farmers"] == Places(((9, 15),), ((3, 9), (30, 36)))


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("وقالت والحكومة معها", "حزب الفجر", "وقالت وحزب الفجر معها"),
        ("سلمت لفالوريا", "الحكومة", "سلمت للحكومة"),
        ("سلمت للحكومة", "فالوريا", "سلمت لفالوريا"),
        ("وللحكومة رأي", "الحزب", "وللحزب رأي"),
        ("جاء بالحكومة", "الحزب", "جاء بالحزب"),
    ],
)
def test_what_is_written_as_one_with_a_name_stays(text: str, written: str, expected: str):
    name = next(name for name in ("الحكومة", "لحكومة", "فالوريا") if name in text)
    start = text.index(name)
    assert rewritten(text, [((start, start + len(name)), written)]).text == expected


def test_a_name_by_itself_has_its_article_back():
    assert form("سلمت للحكومة", (6, 12)) == "الحكومة"
    assert form("الحكومة", (0, 7)) == "الحكومة"
    # This one begins with the letter itself.
    assert form("قال لوكاس، وأعطي للوكاس", (18, 23)) == "لوكاس"


def test_spans_move_with_what_is_written_before_them():
    made = Rewritten("AA said that BB left", ((0, 2, "xxxx"), (13, 15, "y")))
    assert made.text == "xxxx said that y left"
    assert made.span(3, 7) == (5, 9)
    assert made.span(0, 2) == (0, 4)
    assert made.span(13, 15) == (15, 16)
    # From within the first name to within the second: both are reached over.
    assert made.span(1, 14) == (0, 16)
    assert made.span(16, 20) == (17, 21)


@given(st.text("ab ", max_size=12), st.lists(st.text("xy", max_size=3), max_size=4), st.data())
def test_whatever_is_rewritten_the_rest_is_found_at_its_new_place(text: str, words: list[str], data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2 * len(words), max_size=2 * len(words))))
    pieces = tuple(
        (cuts[2 * n], cuts[2 * n + 1], word) for n, word in enumerate(words) if cuts[2 * n] < cuts[2 * n + 1]
    )
    made = Rewritten(text, pieces)
    for offset in range(len(text)):
        if not any(start <= offset < end for start, end, _ in pieces):
            start, end = made.span(offset, offset + 1)
            assert made.text[start:end] == text[offset]
    for start, end, word in pieces:
        first, last = made.span(start, end)
        assert made.text[first:last] == word
