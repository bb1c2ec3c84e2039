"""Pages → articles: one scraped page of plain text holds several documents, and much that is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stance.errors import DataError
from stance.text.markers import Markers, default_markers
from stance.text.offsets import Mapped, readable
from stance.text.page_articles import articles
from stance.text.page_bodies import body_text
from stance.text.page_files import is_html
from stance.text.page_headers import choose_title, published
from stance.text.page_lines import cut
from stance.text.page_outlets import outlet


@dataclass(frozen=True)
class PageDocument:
    """One article of a page, `number` from 1.

    `body` is its text with the way back to the page as given, character by character. `title` is "" and `title_span`
    (code points of the page) None where the page names none; `published` and `outlet` are None where it says nothing.
    """

    number: int
    title: str
    title_span: tuple[int, int] | None
    body: Mapped
    published: date | None
    outlet: str | None

    @property
    def text(self) -> str:
        """The article's text: paragraphs parted by line feeds, without title, captions, links and the like."""
        return self.body.text


def split_page(page: str, *, markers: Markers | None = None, seen: date | None = None) -> list[PageDocument]:
    """The articles of a page of plain text, in order; none for a page without a sentence.

    `markers` are wordings that stand beside articles (None: labels/page_markers.yaml). `seen` is the day the page was
    scraped: dates without a year and "3 hours ago" need it. Raises DataError for what is no text, and for the source of
    an HTML page: `stance.text.page_files.read_pages` takes the text out of it.
    """
    if is_html(page):
        raise DataError("Expected the text of a page, found its HTML source. Read the page as a file: see read_pages.")
    return list(_documents(page, markers or default_markers(), seen))


def _documents(page: str, markers: Markers, seen: date | None) -> Iterator[PageDocument]:
    whole = readable(page)
    number = 0
    issued: date | None = None
    for article in articles(cut(whole.text, markers)):
        title = choose_title(article, whole.text)
        body = body_text(article, title, whole, markers)
        if not body.text:
            continue
        number += 1
        # A paper's day is that of all its articles.
        day = published(article, title, seen=seen, issued=issued)
        if any(line.marker and line.marker.kind == "issue" for line in article.header):
            issued = day
        yield PageDocument(
            number=number,
            title=" ".join(whole.text[title.start : title.end].split()) if title else "",
            title_span=whole.page_span(title.start, title.end) if title else None,
            body=body,
            published=day or issued,
            outlet=outlet(article, title, whole.text),
        )
