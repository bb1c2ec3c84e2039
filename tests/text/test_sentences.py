import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.text.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("قالت زاريدا إنها باقية", ["قالت زاريدا إنها باقية"]),
        ("بقيت القوات. غادر المستشارون!", ["بقيت القوات.", "غادر المستشارون!"]),
        ("هل تغادر القوات؟ لا أحد يعرف… سنرى.", ["هل تغادر القوات؟", "لا أحد يعرف…", "سنرى."]),
        ("العنوان\n\nالنص الأول\nوالثاني", ["العنوان", "النص الأول", "والثاني"]),
        ("Troops stay. Advisers leave?! Nobody knows.", ["Troops stay.", "Advisers leave?!", "Nobody knows."]),
    ],
)
def test_sentences_end_at_closing_marks_and_lines(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال: «لن نبقى.» ثم خرج.", ["قال: «لن نبقى.»", "ثم خرج."]),
        ('He said "we stay." Then he left.', ['He said "we stay."', "Then he left."]),
        ("(They stay.) They left.", ["(They stay.)", "They left."]),
        ("Ze gaan weg.”Daarom bleef hij.", ["Ze gaan weg.”", "Daarom bleef hij."]),
    ],
)
def test_closing_quotes_belong_to_the_sentence_they_close(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Lina of the U.N. mission stayed.",
        "Volgens dhr. Visser en mevr. Visser blijft het zo, bijv. hier.",
        "قال أ.د. سالم والمهندس م. ناجي إنهم باقون.",
        "بلغ عددهم 3.5 آلاف و١٫٥ بالمئة منهم خبراء.",
        "Zie stance.example voor 2.500 namen en v1.2.3 hier.",
    ],
)
def test_abbreviations_initials_and_decimals_do_not_end_a_sentence(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "قال الراشدي: «لن نبقى هنا. هذه ليست أرضنا».",
        "وأضاف: “سنرحل. متى؟ لا أعرف” ثم صمت.",
        'ردّ فيرهن "لم نقرر بعد! اسألوا غيري" وانصرف.',
        "ردّ ”لم نقرر. سنرى” وانصرف.",
        "قال: هذا موقفنا، وأوضح: لا عودة عنه.",
    ],
)
def test_a_mark_within_a_quotation_ends_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_quotations_that_never_close_or_go_on_for_long_are_parted() -> None:
    assert sentences("قال: «لن نبقى. ثم خرج.") == ["قال: «لن نبقى.", "ثم خرج."]
    assert sentences('قال "نعم. ثم قال "لا. وخرج" فجأة.') == ['قال "نعم.', 'ثم قال "لا.', 'وخرج" فجأة.']
    long = "كلام طويل. " * 40
    assert len(sentences(f"«{long}»")) > 30
    assert sentences("«باقون\nهنا». ثم رحلوا.") == ["«باقون", "هنا».", "ثم رحلوا."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("لا موعد لرحيلهم.وقال إنه باق.", ["لا موعد لرحيلهم.", "وقال إنه باق."]),
        ("هل يرحلون؟لا أحد يعرف.", ["هل يرحلون؟", "لا أحد يعرف."]),
        ("قال «سنرحل».وأضاف أنه متعب.", ["قال «سنرحل».", "وأضاف أنه متعب."]),
        ("أعلنها أ.د.سالم وص.ب 12 والموقع..باق", ["أعلنها أ.د.سالم وص.ب 12 والموقع..باق"]),
    ],
)
def test_arabic_text_that_lost_its_space_is_parted(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_the_number_of_an_item_stays_with_it_and_a_year_ends_a_sentence() -> None:
    assert sentences("1. رحيل القوات.\n٢. بقاء المدربين.") == ["1. رحيل القوات.", "٢. بقاء المدربين."]
    assert sentences("وصلوا عام 2011. ثم عادوا.") == ["وصلوا عام 2011.", "ثم عادوا."]


def test_latin_text_that_lost_its_space_is_still_parted() -> None:
    assert sentences("Dat moet kunnen.Daarom blijft hij.") == ["Dat moet kunnen.", "Daarom blijft hij."]
    assert sentences("Zij blijven!Één van hen niet.") == ["Zij blijven!", "Één van hen niet."]
    assert sentences("De NAVO.Partijen en nu.nl") == ["De NAVO.Partijen en nu.nl"]


def test_offsets_are_code_points_of_the_text_as_given() -> None:
    text = "  قال 🙂.\r\n بقوا. "
    # 0-1 spaces, 2-4 قال, 5 space, 6 the face (one code point), 7 full stop, 8 CR, 9 LF, 10 space, 11-15 بقوا.
    assert sentence_spans(text) == [(2, 8), (11, 16)]


@given(st.text(alphabet=" \n\t.!?؟…»”\"')]«“(٫١3aBأبÉ🙂\u00a0\u200f", max_size=40) | st.text(max_size=40))
def test_spans_are_ordered_disjoint_trimmed_and_cover_all_but_white_space(text: str) -> None:
    spans = sentence_spans(text)
    covered = [position for start, end in spans for position in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    left = set(range(len(text))) - set(covered)
    assert all(text[position].isspace() for position in left)
