from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from stance.annotation.records import Annotation, Document, Mention
from stance.annotation.registry import Target, TargetRegistry
from stance.data.cache import sharing
from stance.data.examples import Dataset, build_dataset
from stance.data.pretrained import encoder_folder, load_tokenizer
from stance.data.windows import UNKNOWN, Reading, WindowReader, token_mask
from stance.errors import ConfigurationError
from stance.labels import ISSUEPOSITIONS, MAIN, Channel, LabelSet
from tests.doubles import as_another_process_finds_it

from .articles import annotation, collection, document, mention, says

START, END, WORD = 1, 2, 0
HEAD = 5
"""Tokens in front: <s>, "query:", "القوات", </s>, </s>."""
FAVOR, AGAINST, NONE = 0, 1, 3


def word_tokenizer() -> Tokenizer:
    """A token a word, all of one id, so that offsets and counts can be read off the text."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": WORD, "<s>": START, "</s>": END}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", START), ("</s>", END)]
    )  # fmt: skip
    return tokenizer


TOKENIZER = word_tokenizer()
TARGETS = TargetRegistry((Target("troops", {"ar": "القوات"}, {}),))


def reader(max_tokens: int = 36, overlap: int = 1) -> WindowReader:
    return WindowReader(TOKENIZER, TARGETS, max_tokens=max_tokens, overlap=overlap, prefix="query: ")


def sentence(number: int, words: int = 10) -> str:
    return " ".join([f"كلمة{number}"] * (words - 1) + ["نهاية."])


def readings(
    text: str, *annotations: Annotation, label_set: LabelSet = MAIN, max_tokens: int = 36, overlap: int = 1, **fields
) -> list[Reading]:
    found = document("d1", *annotations, text=text, language="ar", **fields)
    return reader(max_tokens, overlap).readings(build_dataset([found], label_set))


def one(text: str, *annotations: Annotation, **options) -> Reading:
    (reading,) = readings(text, *annotations, **options)
    return reading


def place(text: str, part: str, times: int = 0) -> tuple[int, int]:
    start = -1
    for _ in range(times + 1):
        start = text.index(part, start + 1)
    return start, start + len(part)


def words_of(window, text: str) -> list[str]:
    return [text[start:end] for start, end in window.offsets if start >= 0]


ALL_WINDOWS = annotation("lina", says("party", "favor", 0, 10))
"""An actor named nowhere, so that every window is kept."""


def test_window_is_prefix_target_and_title_then_text_then_end() -> None:
    text = "بقيت القوات هنا."
    (window,) = one(text, ALL_WINDOWS, title="عنوان الخبر").windows
    # <s> query: القوات | عنوان الخبر </s> </s> then three words and </s>.
    assert window.tokens.tolist() == [START, *[WORD] * 5, END, END, *[WORD] * 3, END]
    assert window.offsets.tolist() == [*[[-1, -1]] * 8, [0, 4], [5, 11], [12, 16], [-1, -1]]
    assert window.sentences.tolist() == [[0, 16]]


def test_windows_hold_whole_sentences_within_the_budget_and_share_the_overlap() -> None:
    text = " ".join(sentence(number) for number in range(4))
    reading = one(text, ALL_WINDOWS)
    # 36 tokens, 5 in front and 1 behind, leave 30 words: three sentences of ten. The next begins one sentence before.
    assert [len(window.tokens) for window in reading.windows] == [36, 26]
    assert words_of(reading.windows[0], text) == text.split()[:30]
    assert words_of(reading.windows[1], text) == text.split()[20:]
    assert [len(window.sentences) for window in reading.windows] == [3, 2]
    assert reading.length == 36


def test_windows_without_overlap_part_the_text() -> None:
    text = " ".join(sentence(number) for number in range(4))
    windows = one(text, ALL_WINDOWS, overlap=0).windows
    assert [words_of(window, text) for window in windows] == [text.split()[:30], text.split()[30:]]


def test_window_that_one_sentence_fills_still_moves_on() -> None:
    text = " ".join(sentence(number, 25) for number in range(3))
    windows = one(text, ALL_WINDOWS, overlap=2).windows
    assert [words_of(window, text) for window in windows] == [text.split()[i : i + 25] for i in (0, 25, 50)]


def test_sentence_longer_than_a_window_is_cut() -> None:
    text = sentence(0, 70)
    windows = one(text, ALL_WINDOWS, overlap=0).windows
    assert [words_of(window, text) for window in windows] == [text.split()[:30], text.split()[30:60], text.split()[60:]]
    spans = [window.sentences.tolist() for window in windows]
    # Each piece is a sentence of its own: from its first word's first letter to its last word's last.
    word = len("كلمة0") + 1
    assert spans == [[[0, 30 * word - 1]], [[30 * word, 60 * word - 1]], [[60 * word, len(text)]]]


def test_only_the_windows_nearest_to_the_wording_of_the_target_are_read() -> None:
    """A vocabulary of its own, since what is compared are ids; the title and the front say nothing of a window."""
    words = Tokenizer(WordLevel({"[UNK]": 0, "<s>": 1, "</s>": 2, "القوات": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = WhitespaceSplit()
    words.post_processor = TOKENIZER.post_processor
    text = f"{sentence(0, 25)} {sentence(1, 24)} القوات. {sentence(2, 25)}".replace("نهاية. القوات.", "القوات نهاية.")
    found = document("d1", text=text, title="القوات القوات", language="ar")
    near = WindowReader(words, TARGETS, max_tokens=36, overlap=0, prefix="query: ", nearest=1)
    (window,) = near.windows(found, "troops")
    assert [text[start:end].split()[0] for start, end in window.sentences] == ["كلمة1"]
    every = WindowReader(words, TARGETS, max_tokens=36, overlap=0, prefix="query: ", nearest=9)
    assert len(every.windows(found, "troops")) == 3


def test_long_title_is_cut_to_a_third_of_the_window() -> None:
    (window,) = one("بقيت القوات.", ALL_WINDOWS, title="عنوان " * 50).windows
    # 36 / 3 = 12 tokens, the last of which gives way to the two that end the front.
    assert window.tokens.tolist() == [START, *[WORD] * 10, END, END, WORD, WORD, END]


def test_target_unknown_to_the_registry_is_called_by_its_id() -> None:
    marked = annotation("lina", says("party", "favor", 0, 4, target="two words"))
    (window,) = one("بقيت القوات.", marked).windows
    assert window.tokens.tolist() == [START, WORD, WORD, WORD, END, END, WORD, WORD, END]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(32, 60), st.integers(0, 3))
def test_windows_cover_every_word_in_order_within_the_budget(lengths: list[int], tokens: int, overlap: int) -> None:
    text = " ".join(sentence(number, words) for number, words in enumerate(lengths))
    windows = one(text, ALL_WINDOWS, max_tokens=tokens, overlap=overlap).windows
    assert all(len(window.tokens) <= tokens for window in windows)
    starts = [[start for start, _ in window.offsets.tolist() if start >= 0] for window in windows]
    assert sorted({start for found in starts for start in found}) == word_starts(text)
    assert starts == sorted(starts)
    begins, ends = sentence_bounds(lengths)
    # Windows begin and end with a sentence, unless there are pieces of one that no window could hold.
    if max(lengths) <= tokens - HEAD - 1:
        assert all(found[0] in begins and found[-1] in ends for found in starts)
    assert [window.sentences[0, 0] for window in windows] == [found[0] for found in starts]


def word_starts(text: str) -> list[int]:
    return [start for start in range(len(text)) if text[start] != " " and (start == 0 or text[start - 1] == " ")]


def sentence_bounds(lengths: list[int]) -> tuple[set[int], set[int]]:
    """Offsets of the first and of the last word of every sentence."""
    begins, ends, at = set(), set(), 0
    for number, words in enumerate(lengths):
        text = sentence(number, words)
        begins.add(at)
        ends.add(at + len(text) - len("نهاية."))
        at += len(text) + 1
    return begins, ends


def test_too_small_windows_are_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        reader(max_tokens=31)
    assert str(caught.value) == "Expected windows of at least 32 tokens (data.max_tokens), found 31."


def test_token_mask_marks_tokens_that_share_a_character() -> None:
    offsets = np.array([[-1, -1], [0, 4], [5, 9], [10, 14], [-1, -1]])
    assert token_mask(offsets, 5, 9).tolist() == [False, False, True, False, False]
    assert token_mask(offsets, 8, 11).tolist() == [False, False, True, True, False]
    assert token_mask(offsets, 4, 5).tolist() == [False] * 5
    assert token_mask(offsets, 0, 0).tolist() == [False] * 5


ARTICLE = " ".join([*(sentence(number) for number in range(3)), "قال الحزب هنا.", *(sentence(n) for n in range(4, 7))])
"""Seven sentences of ten words, the fourth (قال الحزب هنا.) of three."""


def test_actor_gets_the_windows_that_name_it_and_unread_windows_are_dropped() -> None:
    start, end = place(ARTICLE, "الحزب")
    reading = one(ARTICLE, annotation("lina", mention("party", start, end)), overlap=0)
    # 30 words: sentences 0-2; then 3 (three words) with 4 and 5 (23 words); then 6. The party stands in the second.
    assert len(reading.windows) == 1
    assert words_of(reading.windows[0], ARTICLE)[:2] == ["قال", "الحزب"]
    assert reading.pairs.tolist() == [[0, 0]]


def test_actors_of_one_article_share_its_windows() -> None:
    first, party = place(ARTICLE, "كلمة0"), place(ARTICLE, "الحزب")
    marks = annotation("lina", mention("army", *first), mention("party", *party), mention("party", *first))
    reading = one(ARTICLE, marks, says_nowhere(), overlap=0)
    assert [example.actor for example in reading.examples] == ["army", "party", "nobody"]
    # The army is in the first window, the party in the first two, who is named nowhere gets all three.
    assert reading.pairs.tolist() == [[0, 0], [0, 1], [1, 1], [0, 2], [1, 2], [2, 2]]
    assert reading.labels.tolist() == [NONE, NONE, FAVOR]


def says_nowhere() -> Annotation:
    return annotation("sami", says("nobody", "favor", 0, 5))


def test_who_is_named_and_not_asked_about_is_known_as_a_rival() -> None:
    text = "قالت الحكومة إن البرلمان صوت."
    gov, parliament = place(text, "الحكومة"), place(text, "البرلمان")
    marked = Annotation("a", "one", (Mention("m1", *gov, "gov"), Mention("m2", *parliament, "parliament")), ())
    found = document("d1", marked, text=text, language="ar")
    data = build_dataset([found], MAIN)
    assert {one.actor: one.rivals for one in data.examples} == {
        "gov": (("parliament", (parliament,)),),
        "parliament": (("gov", (gov,)),),
    }
    (both,) = reader().readings(data)
    assert both.rivals == ()
    (alone,) = reader().readings(data.take(one.id for one in data.examples if one.actor == "gov"))
    assert alone.rivals == ((parliament,),)


def test_documents_and_targets_have_readings_of_their_own() -> None:
    marks = (says("party", "favor", 0, 4), says("army", "against", 0, 4), says("party", "against", 0, 4, target="x"))
    found = readings("بقيت القوات.", annotation("lina", *marks))
    assert [[(e.actor, e.target) for e in reading.examples] for reading in found] == [
        [("party", "troops"), ("army", "troops")],
        [("party", "x")],
    ]


def test_pairs_and_sentences_are_labelled_where_statements_are_marked() -> None:
    text = " ".join(sentence(number) for number in range(4))
    spans = reader().windows(Document("d", "d", text), "troops")[0].sentences.tolist()
    favor, against = spans[0], spans[2]
    reading = one(text, annotation("lina", says("party", "favor", *favor), says("party", "against", *against)))
    # The first window holds sentences 0-2, so both sides; the second 2-3, so against alone.
    assert reading.labels.tolist() == [MAIN.index("ambivalent")]
    assert reading.pair_labels.tolist() == [MAIN.index("ambivalent"), AGAINST]
    assert [labels.tolist() for labels in reading.sentence_labels] == [[FAVOR, NONE, AGAINST], [AGAINST, NONE]]


def test_window_without_a_statement_shows_no_stance() -> None:
    text = " ".join(sentence(number) for number in range(4))
    reading = one(text, annotation("lina", says("party", "favor", 0, 10)))
    assert reading.pair_labels.tolist() == [FAVOR, NONE]
    assert [labels.tolist() for labels in reading.sentence_labels] == [[FAVOR, NONE, NONE], [NONE, NONE]]


def test_actor_without_statements_shows_no_stance_anywhere() -> None:
    reading = one("بقيت القوات. رحل الحزب.", annotation("lina", mention("party", 18, 23)))
    assert (reading.labels.tolist(), reading.pair_labels.tolist()) == ([NONE], [NONE])
    assert reading.sentence_labels[0].tolist() == [NONE, NONE]


def test_statement_counts_for_a_sentence_that_shares_half_of_the_shorter() -> None:
    text = "بقيت القوات. رحل الحزب."
    # Sentences [0, 12) and [13, 23). [6, 17) has six letters in the first and four in the second; half of the shorter
    # of 11 and 12 is 5.5, of 11 and 10 it is 5.
    reading = one(text, annotation("lina", says("party", "against", 6, 17)))
    assert reading.sentence_labels[0].tolist() == [AGAINST, NONE]
    # [6, 18) has five in the second.
    reading = one(text, annotation("lina", says("party", "against", 6, 18)))
    assert reading.sentence_labels[0].tolist() == [AGAINST, AGAINST]


def test_labels_of_a_set_without_an_absent_class_are_unknown_where_nothing_is_marked() -> None:
    text = " ".join(sentence(number) for number in range(4))
    reading = one(text, annotation("coder", says("party", "R", 0, 10)), label_set=ISSUEPOSITIONS)
    assert reading.labels.tolist() == [2]
    assert reading.pair_labels.tolist() == [2, UNKNOWN]
    assert [set(labels.tolist()) for labels in reading.sentence_labels] == [{UNKNOWN}, {UNKNOWN}]
    assert reading.channel_labels.tolist() == [[2, UNKNOWN, UNKNOWN]]


def test_channel_labels_come_from_the_examples() -> None:
    reading = one("بقيت القوات.", annotation("lina", says("party", "favor", 0, 4, channel=Channel.ACTION)))
    assert reading.channel_labels.tolist() == [[NONE, NONE, FAVOR]]


def test_blank_text_makes_one_window_of_the_front() -> None:
    reading = one("   ", annotation("lina", says("party", "favor", 0, 3)))
    assert [window.tokens.tolist() for window in reading.windows] == [[START, WORD, WORD, END, END, END]]
    assert reading.windows[0].sentences.shape == (0, 2)
    assert reading.sentence_labels[0].shape == (0,)


def bits(readings: list[Reading]) -> list[list[tuple]]:
    """All numbers of all windows with their types, and what was made of them."""
    return [
        [
            *((part.dtype, part.tolist()) for w in reading.windows for part in (w.tokens, w.offsets, w.sentences)),
            (reading.examples, reading.pairs.tolist(), reading.pair_labels.tolist(), reading.labels.tolist()),
        ]
        for reading in readings
    ]


class Unable(WindowReader):
    """A reader that cannot cut."""

    def windows(self, *asked: object) -> list:
        raise AssertionError("cut again")


def made(kind: type[WindowReader], **settings) -> WindowReader:
    return kind(TOKENIZER, TARGETS, **{"max_tokens": 40, "overlap": 1, "prefix": "query: ", **settings})


def test_windows_are_cut_once_for_all_parts_and_are_the_same_whoever_asks(tmp_path: Path) -> None:
    dataset, _ = collection(12)
    ids = [example.id for example in dataset.examples]
    # Examples of one article in both parts, and an article in neither.
    parts: list[Dataset] = [dataset.take(ids[0:14:2]), dataset.take(ids[1:14:2])]
    alone = [bits(made(WindowReader).readings(part)) for part in parts]
    with sharing(tmp_path / "cache"):
        cold = [bits(made(WindowReader).readings(part)) for part in parts]
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1
    with sharing(as_another_process_finds_it(tmp_path / "cache")):
        warm = [bits(made(Unable).readings(part)) for part in parts]
        # Parts that nobody asked for before, among them the whole.
        made(Unable).readings(dataset.take(ids[5:9]))
        made(Unable).readings(dataset)
    assert alone == cold == warm


@pytest.mark.parametrize(
    "other", [{"max_tokens": 41}, {"overlap": 0}, {"prefix": "passage: "}, {"nearest": 1}], ids=str
)
def test_other_settings_cut_anew(tmp_path: Path, other: dict) -> None:
    dataset, _ = collection(4)
    with sharing(tmp_path / "cache"):
        made(WindowReader).readings(dataset)
        with pytest.raises(AssertionError, match="cut again"):
            made(Unable, **other).readings(dataset)


def test_other_wording_of_the_target_cuts_anew(tmp_path: Path) -> None:
    dataset, _ = collection(4)
    with sharing(tmp_path / "cache"):
        made(WindowReader).readings(dataset)
        reworded = made(Unable)
        reworded.targets = TargetRegistry((Target("troops", {"ar": "الجنود"}, {}),))
        with pytest.raises(AssertionError, match="cut again"):
            reworded.readings(dataset)


def test_a_part_that_was_changed_is_cut_as_it_is(tmp_path: Path) -> None:
    dataset, _ = collection(6)
    part = dataset.take([example.id for example in dataset.examples[:6]])
    first, *rest = part.examples
    named = {name: part.documents[name] for name in {example.document_id for example in part.examples}}
    masked = msgspec.structs.replace(named[first.document_id], text="نص آخر. " * 9)
    retargeted = msgspec.structs.replace(first, id="new", target="another")
    changed = [
        replace(part, documents=named),
        replace(part, documents={**named, first.document_id: masked}),
        replace(part, examples=(retargeted, *rest)),
    ]
    alone = [bits(made(WindowReader).readings(one)) for one in changed]
    with sharing(tmp_path / "cache"):
        made(WindowReader).readings(part)
        assert [bits(made(WindowReader).readings(one)) for one in changed] == alone


def test_only_sentences_that_name_an_actor_are_read_where_that_is_asked() -> None:
    text = "\n".join([sentence(0), f"الحكومة {sentence(1)}", sentence(2), sentence(3), f"الحزب {sentence(4)}"])
    said = annotation("one", mention("gov", *place(text, "الحكومة")), mention("party", *place(text, "الحزب")))
    dataset = build_dataset([document("d1", said, text=text, language="ar")], MAIN)
    few = reader(64, 0)
    few.relevant = True
    (reading,) = few.readings(dataset)
    (window,) = reading.windows
    assert [text[start:end].split()[0] for start, end in window.sentences] == ["الحكومة", "الحزب"]
    inside = window.offsets[:, 0] >= 0
    assert inside.sum() == 22
    assert [text[a:b] for a, b in window.offsets[inside][[0, 10, 11, 21]]] == ["الحكومة", "نهاية.", "الحزب", "نهاية."]


def test_where_an_actor_is_named_nowhere_all_is_read() -> None:
    text = "\n".join([sentence(0), f"الحكومة {sentence(1)}", sentence(2)])
    said = annotation("one", mention("gov", *place(text, "الحكومة")))
    dataset = build_dataset([document("d1", said, text=text, language="ar")], MAIN)
    (known,) = dataset.examples
    unnamed = msgspec.structs.replace(known, id="other", actor="party", mentions=())
    both = replace(dataset, examples=(known, unnamed))
    few = reader(64, 0)
    few.relevant = True
    (reading,) = few.readings(both)
    assert (reading.windows[0].offsets[:, 0] >= 0).sum() == 31


def test_a_token_that_begins_with_the_space_before_its_sentence_is_read() -> None:
    tokenizer = load_tokenizer(encoder_folder("bundled"))
    text = "قال الوزير كلاما. أما الغدران فلم تقل شيئا.\nوعاد الوفد. " + sentence(1, 30)
    whole = list(tokenizer.encode(text, add_special_tokens=False).offsets)
    assert any(text[start].isspace() for start, _ in whole), "the case that is tested"
    found = build_dataset([document("d1", ALL_WINDOWS, text=text, language="ar")], MAIN)
    (reading,) = WindowReader(tokenizer, TARGETS, max_tokens=48, overlap=0, prefix="query: ").readings(found)
    read = [tuple(span) for window in reading.windows for span in window.offsets.tolist() if span[0] >= 0]
    assert read == whole
    begun = [text[start:end] for window in reading.windows for start, end in window.sentences.tolist()]
    assert begun[:3] == ["قال الوزير كلاما.", "أما الغدران فلم تقل شيئا.", "وعاد الوفد."]
