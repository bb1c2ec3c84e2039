import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stance.data.batches import batch_readings
from stance.data.spans import BEGIN, INSIDE, OUTSIDE, actor_spans, collate_tagged, spans_of, tagged_windows
from stance.data.windows import UNKNOWN

from .articles import annotation, document, mention
from .test_windows import place, reader, sentence

TEXT = "قال وزير الدفاع إن الحكومة ترفض. وردت الحكومة."


def tagged(*marks, hidden=(), text=TEXT, max_tokens=40):
    found = document("d1", annotation("lina", *marks), text=text)
    return tagged_windows([found], reader(max_tokens), hidden)


def test_words_of_names_are_tagged_and_the_prefix_counts_neither_way() -> None:
    (window,) = tagged(mention("minister", *place(TEXT, "وزير الدفاع")), mention("gov", *place(TEXT, "الحكومة")))
    words = TEXT.split()
    head = window.length - len(words) - 1
    expected = [OUTSIDE, BEGIN, INSIDE, OUTSIDE, BEGIN, *[OUTSIDE] * 3]
    assert window.tags[:head].tolist() == [UNKNOWN] * head
    assert window.tags[head:-1].tolist() == expected
    assert window.tags[-1] == UNKNOWN


def test_hidden_actors_are_neither_names_nor_text() -> None:
    (window,) = tagged(
        mention("minister", *place(TEXT, "وزير الدفاع")), mention("gov", *place(TEXT, "الحكومة")), hidden={"gov"}
    )
    tags = window.tags[window.length - len(TEXT.split()) - 1 : -1]
    assert tags.tolist() == [OUTSIDE, BEGIN, INSIDE, OUTSIDE, UNKNOWN, *[OUTSIDE] * 3]


def test_of_overlapping_marks_the_longest_stays_and_cancelled_ones_do_not_count() -> None:
    long, short = place(TEXT, "وزير الدفاع"), place(TEXT, "الدفاع")
    found = document(
        "d1",
        annotation("lina", mention("ministry", *short)),
        annotation("omar", mention("minister", *long)),
        annotation("sami", mention("gov", *place(TEXT, "الحكومة")), cancelled=True),
        text=TEXT,
    )
    assert [(span.start, span.end, span.actor) for span in actor_spans(found)] == [(*long, "minister")]


@given(st.lists(st.sampled_from([OUTSIDE, BEGIN, INSIDE]), max_size=30))
def test_tags_make_spans_as_read_one_by_one(tags: list[int]) -> None:
    offsets = np.array([(2 * n, 2 * n + 1) for n in range(len(tags))]).reshape(-1, 2)
    expected: list[list[int]] = []
    for number, tag in enumerate(tags):
        if tag == BEGIN or (tag == INSIDE and (number == 0 or tags[number - 1] == OUTSIDE)):
            expected.append([2 * number, 2 * number + 1])
        elif tag == INSIDE:
            expected[-1][1] = 2 * number + 1
    assert [list(span) for span in spans_of(np.array(tags, dtype=int), offsets)] == expected


def test_windows_are_batched_and_padded_with_what_counts_neither_way() -> None:
    text = " ".join(sentence(n) for n in range(6))
    windows = tagged(mention("gov", 0, 5), text=text, max_tokens=36)
    assert len(windows) > 1
    batches = batch_readings(windows, 72, seed=None)
    assert sorted(n for batch in batches for n in batch) == list(range(len(windows)))
    batch = collate_tagged(windows, padding=9)
    for row, window in enumerate(windows):
        assert batch.tokens[row, : window.length].tolist() == window.window.tokens.tolist()
        assert set(batch.tags[row, window.length :].tolist()) <= {UNKNOWN}
        assert batch.attention[row].sum() == window.length
