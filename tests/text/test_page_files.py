import io
from pathlib import Path

import pytest

from stance.errors import DataError
from stance.text.page_files import LARGEST, Page, read_pages
from stance.text.pages import split_page

TEXT = "عنوان الخبر\n\nالنوارس – قال رئيس الوزراء إن القوات الفالورية باقية في البلاد من غير موعد معلن.\n"


def only(content: bytes) -> Page:
    (page,) = read_pages(io.BytesIO(content))
    return page


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256", "utf-16", "utf-32"])
def test_text_is_read_in_its_own_encoding(encoding: str) -> None:
    page = only(TEXT.encode(encoding))
    assert (page.text, page.encoding, page.html, page.name) == (TEXT, encoding, False, "the stream")


def test_a_mark_of_byte_order_keeps_its_place_in_the_page() -> None:
    page = only(TEXT.encode("utf-8-sig"))
    assert page.text == "\ufeff" + TEXT
    (document,) = split_page(page.text)
    assert document.title_span == (1, 12)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "Expected a page of text in the stream, found an empty file."),
        (b" \n\r\n\t", "Expected a page of text in the stream, found an empty file."),
        (b"\xef\xbb\xbf\n", "Expected a page of text in the stream, found white space."),
        (b"%PDF-1.7 ...", "Expected a page of text in the stream, found a PDF. Save the page's text."),
        (
            bytes(range(256)) * 20,
            "Expected UTF-8, Windows-1256, or UTF-16 with its mark in the stream, found the byte 0x80 at 128, which is "
            "none of them. Save it as UTF-8.",
        ),
        (
            TEXT.encode("utf-16-le"),
            "Expected a page of text in the stream, found binary data (or UTF-16 without its mark). Save it as UTF-8.",
        ),
        (
            TEXT.encode("iso8859-6", "ignore"),
            "Expected UTF-8, Windows-1256, or UTF-16 with its mark in the stream, found the byte 0xd9 at 0, which is "
            "none of them. Save it as UTF-8.",
        ),
        (
            TEXT.encode().decode("cp1252", "ignore").encode(),
            "Expected a page of text in the stream, found UTF-8 that was read as another encoding and written again. "
            "Read the page anew with its own encoding.",
        ),
        (
            ("نص " + "\ufffd" * 12).encode(),
            "Expected a page of text in the stream, found 12 characters already lost (U+FFFD). "
            "Read the page anew with its own encoding.",
        ),
        (
            ("ا" * 3_000_000).encode(),
            "Expected a page of text in the stream, found 3,000,000 characters without a space. "
            "Take the text out of the page again.",
        ),
        (b"<html><script>alert(1)</script></html>", "Expected a page of text in the stream, found HTML without text."),
        (
            b"x " * (LARGEST // 2 + 1),
            "Expected a page of at most 20 MiB in the stream, found more. Part it into pages.",
        ),
    ],
    ids=["empty", "blank", "mark", "pdf", "binary", "utf-16", "iso", "twice", "lost", "endless", "scripts", "large"],
)
def test_what_is_no_page_ends_in_one_clear_line(content: bytes, found: str) -> None:
    with pytest.raises(DataError) as refused:
        only(content)
    assert str(refused.value) == found


HTML = """<!DOCTYPE html><html><head><title>عنوان | النهر</title><style>p {color: red}</style>
<script>document.write("<p>لا يقرأ</p>")</script></head><body><nav><ul><li>الرئيسية</li><li>سياسة</li></ul></nav>
<h1>فالوريا تسلّم قاعدة الغدران</h1><time>3 مايو 2032</time>
<p>سلّمت فالوريا قاعدة الغدران إلى الجيش <b>الخلدوني</b>، وغادرها آخر جنودها فجر اليوم.</p>
<p>وقال الراشدي إن&nbsp;الخطوة أولى خطوات الرحيل.</p><footer>جميع الحقوق محفوظة</footer></body></html>"""


def test_a_saved_html_page_gives_the_text_a_reader_sees() -> None:
    page = only(HTML.encode())
    assert page.html
    assert "document.write" not in page.text
    assert "color" not in page.text
    (document,) = split_page(page.text)
    assert (document.title, str(document.published)) == ("فالوريا تسلّم قاعدة الغدران", "2032-05-03")
    assert document.text == (
        "سلّمت فالوريا قاعدة الغدران إلى الجيش الخلدوني، وغادرها آخر جنودها فجر اليوم.\n\n"
        "وقال الراشدي إن\u00a0الخطوة أولى خطوات الرحيل."
    )


def test_html_given_as_text_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        split_page(HTML)
    assert str(refused.value) == (
        "Expected the text of a page, found its HTML source. Read the page as a file: see read_pages."
    )


def test_a_folder_is_read_whole_and_in_order_and_what_is_no_page_can_be_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text(TEXT, "utf-8")
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    (tmp_path / "c.TXT").write_bytes(b"")
    (tmp_path / "notes.json").write_text("{}")
    refused: list[DataError] = []
    names = [Path(page.name).name for page in read_pages(tmp_path, refused=refused.append)]
    assert names == ["a.txt", "2.txt"]
    assert [str(error) for error in refused] == [
        f"Expected a page of text in {tmp_path / 'c.TXT'}, found an empty file."
    ]
    with pytest.raises(DataError, match="found an empty file"):
        list(read_pages([tmp_path / "a.txt", tmp_path / "c.TXT"]))


def test_pages_are_read_one_at_a_time(tmp_path: Path) -> None:
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    first.write_text(TEXT, "utf-8")
    pages = read_pages([first, second])
    assert next(pages).text == TEXT
    # Not looked at before its turn: it is written only now.
    second.write_text("آخر", "utf-8")
    assert next(pages).text == "آخر"


def test_missing_files_and_folders_without_pages_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        list(read_pages(tmp_path / "none.txt"))
    assert str(refused.value) == (
        f"Expected a page at {tmp_path / 'none.txt'}, found none that can be read: No such file or directory."
    )
    with pytest.raises(DataError) as refused:
        list(read_pages(str(tmp_path)))
    assert str(refused.value) == f"Expected pages (.htm, .html, .text, .txt) in {tmp_path}, found none."
