"""What HTML pages declare of their article: read from linked data and meta tags, and used where readers see none."""

import io
import json
from datetime import date

import pytest

from stance.text.page_files import read_pages
from stance.text.pages import PageDocument, split_page

TEXT = (
    "<p>سلّمت فالوريا قاعدة الغدران إلى الجيش الخلدوني، وغادرها آخر جنودها فجر اليوم.</p>"
    "<p>وقال الراشدي إن الخطوة أولى خطوات الرحيل، وإن القواعد الأخرى تتبعها.</p>"
)
HEADLINE = "فالوريا تسلّم قاعدة الغدران"
NEWS = {"@type": "NewsArticle", "headline": HEADLINE, "datePublished": "2032-05-03T09:10:00+03:00"}


def linked(*told: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in told)


def meta(**tags: str) -> str:
    return "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{tags[name]}">' for name in tags)


def text_of(head: str, body: str = TEXT) -> str:
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    (read,) = read_pages(io.BytesIO(page.encode()))
    return read.text


def article(head: str, body: str = TEXT) -> PageDocument:
    (found,) = split_page(text_of(head, body))
    return found


PUBLISHER = {"@type": "Organization", "name": "صوت النهر"}
TAGS = {"og_title": HEADLINE, "og_site_name": "صوت النهر", "article_published_time": "2032-05-03T06:00:00Z"}


@pytest.mark.parametrize(
    "head",
    [
        linked({**NEWS, "publisher": PUBLISHER}),
        linked([{"@type": "BreadcrumbList"}, {**NEWS, "@type": ["BlogPosting"], "publisher": PUBLISHER}]),
        linked({"@graph": [{**PUBLISHER, "@id": "#us"}, {**NEWS, "publisher": {"@id": "#us"}}]}),
        meta(**TAGS),
        '<script type="application/ld+json">{"headline": "a "b""}</script>' + meta(og_type="article", **TAGS),
    ],
    ids=["linked", "list", "graph", "tags", "broken"],
)
def test_headline_day_and_outlet_come_from_what_is_declared(head: str) -> None:
    found = article(head)
    assert (found.title, found.published, found.outlet) == (HEADLINE, date(2032, 5, 3), "صوت النهر")
    assert found.text.startswith("سلّمت فالوريا")
    assert HEADLINE not in found.text


def test_a_source_that_readers_see_goes_before_the_site_and_the_declared_day_before_an_update() -> None:
    body = f"<h1>{HEADLINE}</h1><time>تحديث: 4 مايو 2032</time>{TEXT}<p>المصدر: وكالة الضفة</p>"
    found = article(linked({**NEWS, "publisher": PUBLISHER}), body)
    assert (found.title, found.published, found.outlet) == (HEADLINE, date(2032, 5, 3), "وكالة الضفة")


@pytest.mark.parametrize(
    "head",
    [
        meta(og_type="website", og_title="صوت النهر: أخبار الساعة", og_site_name="صوت النهر"),
        linked({"@type": "WebSite", "name": "صوت النهر", "headline": "أخبار"}),
        linked("NewsArticle", 7, None),
    ],
)
def test_a_page_that_declares_no_article_keeps_the_text_that_is_seen(head: str) -> None:
    assert text_of(head) == text_of("")


def test_entities_in_what_is_declared_are_read_and_odd_values_left_out() -> None:
    head = linked({**NEWS, "headline": "قاعدة &quot;الغدران&quot; تُسلَّم", "publisher": 3, "datePublished": [None]})
    assert text_of(head).split("\n")[0] == 'قاعدة "الغدران" تُسلَّم'
    assert article(head).published is None
