"""Files, folders and streams → pages of plain text, one at a time; what is no page is refused in one line."""

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import IOBase
from pathlib import Path

from stance.errors import DataError
from stance.text.page_declared import declared

Source = str | Path | IOBase
"""A file, a folder, or an open binary stream that holds one page."""

ENDINGS = frozenset({".txt", ".text", ".html", ".htm"})
"""What counts as a page in a folder."""

LARGEST = 20 * 2**20
"""Bytes of a page at most; the largest of news pages have a hundredth of that."""

_LONGEST_WORD = 50_000
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive (or an Office document)",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"{\\rtf": "a rich text document",
}
_HTML = re.compile(r"<!doctype html|<html[\s>]|<body[\s>]|<head[\s>]", re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|div|span|a|br|script|h[1-6]|ul|li|article)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_SEVERAL_TAGS = 5
_ASIDE = (
    "script",
    "style",
    "noscript",
    "nav",
    "footer",
    "aside",
    "form",
    "button",
    "select",
    "iframe",
    "svg",
    "template",
)
_ARABIC = re.compile("[\u0620-\u06ff]")
# Words that a text in Arabic can hardly do without: what tells an encoding that fits from one that merely decodes.
_TELLING = re.compile(r"(?<!\w)(?:في|من|على|إلى|ان|أن|التي|هذا)(?!\w)")
_TWICE = re.compile("[ØÙÚÛ][\u0080-\u00bf\u0152-\u2122]")


@dataclass(frozen=True)
class Page:
    """A page of text, where it came from and how it was encoded.

    Offsets count code points of `text`: of the file's characters, or, of an HTML page (`html`), of the text taken out.
    """

    name: str
    text: str
    encoding: str
    html: bool = False


def read_pages(
    sources: Source | Iterable[Source], *, refused: Callable[[DataError], None] | None = None
) -> Iterator[Page]:
    """The pages of files, folders (whole trees, each folder by name) and open binary streams, read one at a time.

    Text is UTF-8, UTF-16 or UTF-32 with its mark, or Windows-1256; an HTML page gives its visible text. What is no page
    (empty, binary, another encoding, one endless word) raises DataError, or is handed to `refused` and passed over.
    """
    for source in (sources,) if isinstance(sources, str | Path | IOBase) else sources:
        for one in _files(source):
            try:
                yield _read(one)
            except DataError as error:
                if refused is None:
                    raise
                refused(error)


def _files(source: Source) -> Iterator[Path | IOBase]:
    if not isinstance(source, str | Path):
        yield source
    elif Path(source).is_dir():
        empty = True
        for folder, folders, names in os.walk(source):
            folders.sort()
            for name in sorted(names):
                if os.path.splitext(name)[1].lower() in ENDINGS:
                    empty = False
                    yield Path(folder, name)
        if empty:
            raise DataError(f"Expected pages ({', '.join(sorted(ENDINGS))}) in {source}, found none.")
    else:
        yield Path(source)


def _read(source: Path | IOBase) -> Page:
    name = str(source) if isinstance(source, Path) else str(getattr(source, "name", "the stream"))
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                content = stream.read(LARGEST + 1)
        else:
            content = source.read(LARGEST + 1)
    except OSError as error:
        raise DataError(f"Expected a page at {name}, found none that can be read: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise DataError(f"Expected a page of at most {LARGEST // 2**20} MiB in {name}, found more. Part it into pages.")
    return _page(name, content)


def _page(name: str, content: bytes) -> Page:
    if not content.strip():
        raise DataError(f"Expected a page of text in {name}, found an empty file.")
    text, encoding = _decoded(name, content)
    html = is_html(text)
    if html:
        text = _visible(text)
    if not text.strip("\ufeff \n\r\t\u00a0"):
        raise DataError(f"Expected a page of text in {name}, found {'HTML without text' if html else 'white space'}.")
    longest = max(map(len, text.split())) if len(text) > _LONGEST_WORD else 0
    if longest > _LONGEST_WORD:
        raise DataError(
            f"Expected a page of text in {name}, found {longest:,} characters without a space. "
            "Take the text out of the page again."
        )
    return Page(name, text, encoding, html)


def is_html(text: str) -> bool:
    """Whether a text is the source of an HTML page, or of a part of one."""
    return "<" in text and (bool(_HTML.search(text[:2000])) or len(_TAG.findall(text[:20_000])) >= _SEVERAL_TAGS)


def _visible(html: str) -> str:
    """The text of an HTML page as a reader sees it, a line for a block; menus, scripts and forms left out.

    Above it stands what the page declares of its article, in lines of their own.
    """
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(html)
    seen: str = extract_plain_text(tree, alt_texts=False, skip_elements=list(_ASIDE))
    return "\n".join([*declared(tree), seen]) if seen else ""


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise DataError(f"Expected a page of text in {name}, found {what}. Save the page's text.")
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if marked is None and content.count(0) > len(content) // 100:
        raise DataError(
            f"Expected a page of text in {name}, found binary data (or UTF-16 without its mark). Save it as UTF-8."
        )
    encoding = marked or "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        arabic = None if marked else _windows(content)
        if arabic is None:
            raise DataError(
                f"Expected UTF-8, Windows-1256, or UTF-16 with its mark in {name}, found the byte "
                f"0x{content[error.start]:02x} at {error.start:,}, which is none of them. Save it as UTF-8."
            ) from None
        return arabic, "windows-1256"
    if any(letter in text for letter in "ØÙÚÛ") and 10 * len(_TWICE.findall(text)) > len(text):
        raise DataError(
            f"Expected a page of text in {name}, found UTF-8 that was read as another encoding and written again. "
            "Read the page anew with its own encoding."
        )
    if 100 * text.count("\ufffd") > len(text):
        raise DataError(
            f"Expected a page of text in {name}, found {text.count(chr(0xFFFD)):,} characters already lost (U+FFFD). "
            "Read the page anew with its own encoding."
        )
    return text, encoding


def _windows(content: bytes) -> str | None:
    """`content` as Windows-1256, which decodes anything; None where that makes no Arabic."""
    text = content.decode("windows-1256")
    above = sum(byte > 127 for byte in content)
    likely = 2 * len(_ARABIC.findall(text)) > above and _TELLING.search(text)
    return text if likely else None
