from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import DataError
from stance.text.markers import MARKERS, Kind, Markers, default_markers, fold, read_markers


def kind_of(line: str) -> str | None:
    marker = default_markers().of_line(" ".join(fold(line).split()))
    return marker.kind if marker else None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("اقرأ أيضاً", "read_also"),
        ("إقرأ أيضًا:", "read_also"),
        ("اقـــرأ أيضا : خبر آخر", "read_also"),
        ("• اقرأ المزيد..", "read_also"),
        ("مقالات مشابهة", "related"),
        ("كلمات دلالية: خلدونيا النهر", "tags"),
        ("المصدر: المنارة", "source"),
        ("المصدر : المنارة", "source"),
        ("المصدر قال إنه باق", None),
        ("شارك", "share"),
        ("شارك وزير الدفاع في الجلسة", None),
        ("WhatsApp", "share"),
        ("0 التعليقات:", "comments"),
        ("لن يتم نشر عنوان بريدك الإلكتروني. الحقول الإلزامية مشار إليها بـ *", "comments"),
        ("بقلم: نزار", "byline"),
        ("كتب: نزار", "byline"),
        ("كتب نزار مقالا", None),
        ("جنود في الغدران.(أرشيفية)", "caption"),
        ("جنود (9 مارس) / Rodi / Reuters", "caption"),
        ("وفقا لرويترز", None),
        ("قالت رويترز", None),
        ("هذا المقال لا يعبّر بالضرورة عن رأي الموقع", "disclaimer"),
        ("فيسبوك X لينكدإن مشاركة عبر البريد طباعة", "row"),
        ("فيسبوك X لينكدإن يرفعان أرباحهما", None),
        ("أخبار العراق", "section"),
        ("المصدر - صحيفة النهر", "source"),
        ("رحيل القوات", None),
        ("", None),
        ("-", None),
    ],
)
def test_lines_are_known_by_their_wordings(line: str, kind: str | None) -> None:
    assert kind_of(line) == kind


def test_a_marker_tells_what_the_line_says_behind_it() -> None:
    marker = default_markers().of_line(fold("اقرأ أيضاً: خبر آخر"))
    assert marker is not None
    assert (marker.effect, marker.rest) == ("list", fold("خبر آخر"))


def test_a_users_file_adds_kinds_and_wordings_and_has_the_last_word_on_effects(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "kinds:\n"
        "  read_also: {effect: skip, starts: [ولكم أن تقرؤوا]}\n"
        "  horoscope: {effect: stop, lines: [برجك اليوم]}\n",
        "utf-8",
    )
    markers = read_markers(MARKERS, mine)
    assert markers.of_line(fold("برجك اليوم")).kind == "horoscope"
    assert markers.of_line(fold("ولكم أن تقرؤوا: كذا")).effect == "skip"
    assert markers.of_line(fold("اقرأ أيضا")).effect == "skip"
    assert default_markers().of_line(fold("اقرأ أيضا")).effect == "list"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("kinds: {a: {effect: vanish}}", "Invalid enum value 'vanish' - at `$.kinds[...].effect`"),
        ("kinds: {a: {lines: [x]}}", "Object missing required field `effect` - at `$.kinds[...]`"),
        ("kinds: {a: {effect: skip, line: [x]}}", "Object contains unknown field `line` - at `$.kinds[...]`"),
        ("kinds: [", "while parsing a flow node"),
        ("", "Expected `object`, got `null`"),
    ],
)
def test_a_file_of_another_form_is_refused_in_one_line(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError) as refused:
        read_markers(path)
    assert str(refused.value).startswith(f"Expected page markers (see page_markers.yaml) in {path}, found: {found}")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expected a file of page markers at .*none\.yaml, found none"):
        read_markers(tmp_path / "none.yaml")


def test_without_wordings_nothing_is_a_marker() -> None:
    markers = Markers({"empty": Kind("skip")})
    assert markers.of_line("اقرا ايضا") is None
    assert markers.inline is None
    assert markers.glued is None


@pytest.mark.parametrize("kind", sorted(default_markers().kinds))
def test_every_wording_of_the_file_is_known_where_it_must_stand(kind: str) -> None:
    markers = default_markers()
    wordings = markers.kinds[kind]
    for line in (*wordings.lines, *wordings.starts):
        assert markers.of_line(" ".join(fold(line).split())) is not None, line
    for end in wordings.ends:
        assert markers.of_line(f"جندي في برج ({' '.join(fold(end).split())})") is not None, end
    for words in wordings.anywhere:
        if wordings.effect != "inline":
            assert markers.of_line(f"كلام {' '.join(fold(words).split())} كلام") is not None, words
        else:
            assert markers.inline is not None
            assert markers.inline.search(fold(f"كلام {words} كلام")), words


@given(st.text(max_size=40))
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    default_markers().of_line(" ".join(fold(text).split()))
