"""What holds of the finder for any text: against a slow definition, and with names written in every way."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stance.text.finder import Finder
from stance.text.folding import fold
from stance.text.lexicon import Entry, Lexicon, Name
from stance.text.spelling import behind_lam, short_forms, spellings
from tests.text.world import FINDER, WORLD, found

CLITICS = {first + second for first in ("", "و", "ف") for second in ("", "ب", "ك", "ل", "س")}
NAME = st.text(alphabet="اوسل ", min_size=1, max_size=5).map(str.strip).filter(bool)


@given(st.text(alphabet="اوسل ", max_size=30), st.lists(NAME, max_size=6))
def test_places_match_the_definition_read_slowly(text: str, names: list[str]) -> None:
    """Left to right, the longest name that stands at the edges of words, passing over what is taken."""
    finder = Finder(Lexicon(tuple(Entry(name, "group", (Name(name),)) for name in dict.fromkeys(map(fold, names)))))
    mentions = finder.find(text).mentions
    assert [(mention.start, mention.end) for mention in mentions] == _slowly(text, [fold(name) for name in names])


def _slowly(text: str, names: list[str]) -> list[tuple[int, int]]:
    written = [(name, CLITICS) for name in names]
    written += [(rest, {"ل", "ول", "فل"}) for rest in map(behind_lam, names) if rest]
    expected, position = [], 0
    while position < len(text):
        fits = [
            end
            for name, clitics in written
            for end in range(position + 1, len(text) + 1)
            if fold(text[position:end]) == name
            and not text[position:end].startswith(" ")
            and not text[position:end].endswith(" ")
            and text[:position].rpartition(" ")[2] in clitics
            and (end == len(text) or text[end] == " ")
        ]
        expected += [(position, max(fits))] if fits else []
        position = max(fits, default=position + 1)
    return expected


ANY = st.characters(codec=None, exclude_categories=())
NOISE = st.text("\u064b\u064e\u0651\u0670\u0640\u200b\u200f\u202b\u202c\u2066\ufeff\u0655", max_size=2)
VARIANTS = {
    "ا": "اأإآٱﺍﺎ",
    "ي": "يىیﻱ",
    "ه": "هةہﻩ",
    "ة": "ةه",
    "ك": "كکﮎ",
    "أ": "أاإ",
    "و": "وؤﻭ",
    " ": (" ", "\u00a0", "  ", " \u200f", "\n", "_", "\t"),
}
FULL = [(entry.id, name.text) for entry in WORLD.entries if entry.kind != "office" for name in entry.full]
SPELLED = {
    spelling
    for entry in WORLD.entries
    for name in (*entry.full, *entry.short, *entry.if_acting)
    for spelling in spellings(name)
} | {form for entry in WORLD.entries for form, _ in short_forms(entry)}
KNOWN = SPELLED | {rest for rest in map(behind_lam, SPELLED) if rest}


@st.composite
def written(draw: st.DrawFn, name: str) -> str:
    """A name with its letters in other forms, and marks and controls between them."""
    letters = [draw(st.sampled_from(VARIANTS.get(letter, letter))) for letter in name]
    return letters[0] + "".join(draw(NOISE) + letter for letter in letters[1:])


@given(st.data(), st.text(ANY, max_size=20), st.text(ANY, max_size=20))
def test_a_name_is_found_to_the_character_however_it_is_written(data: st.DataObject, before: str, after: str) -> None:
    actor, name = data.draw(
        st.sampled_from(FULL).filter(lambda pair: "union" not in pair[0] and "guard" not in pair[0])
    )
    name = data.draw(written(name))
    text = f"{before}. {name} .{after}"
    start = len(before) + 2
    assert (actor, name) in found(text, outlets=True)
    assert (start, start + len(name)) in [(m.start, m.end) for m in FINDER.find(text, outlets=True).mentions]


@given(st.data())
def test_every_mention_is_a_name_at_the_edges_of_letters(data: st.DataObject) -> None:
    spelled = st.sampled_from(FULL).flatmap(lambda pair: written(pair[1]))
    clitics = st.sampled_from(["", "و", "ل", "بال", "وب", "ـ", "«", "وﻟ", "قالت "])
    text = "".join(
        data.draw(st.lists(st.one_of(st.text(ANY, max_size=6), clitics, spelled, st.just(" ")), max_size=12))
    )
    end = 0
    for mention in FINDER.find(text, outlets=True).mentions:
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end
        words = fold(text[mention.start : mention.end])
        # What begins within a ligature takes the particle in it along.
        rests = {words[len(clitic) :] for clitic in CLITICS if words.startswith(clitic)}
        assert rests & KNOWN
        assert unicodedata.category(text[mention.start])[0] != "M"
        assert mention.end == len(text) or unicodedata.category(text[mention.end])[0] != "M"


@given(st.text(ANY, max_size=60))
def test_any_text_is_read_twice_alike(text: str) -> None:
    assert FINDER.find(text) == FINDER.find(text)
