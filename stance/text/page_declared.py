"""What an HTML page declares of its article to search engines: headline, outlet and day, which no reader sees."""

import html
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from stance.text.dates import find_date

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

_LINKED_DATA = "application/ld+json"
_ARTICLES = ("Article", "Posting")
_ISO_DAY = 10


def declared(tree: "HTMLTree") -> list[str]:
    """Lines that say what the page declares: "headline | outlet" and the day; none where it declares no article.

    Both are read where they stand, https://schema.org/Article and https://ogp.me: the first article of the linked data,
    and the tags that mark the page as one article. A page that lists several declares itself a site, and gives nothing.
    """
    tags = dict(_tags(tree))
    article = next(_articles(tree), {})
    marked = tags.get("og:type") == "article" or "article:published_time" in tags
    if not article and not marked:
        return []
    headline = _text(article.get("headline")) or _text(tags.get("og:title"))
    outlet = _text(article.get("publisher")) or _text(tags.get("og:site_name"))
    published = _text(article.get("datePublished")) or _text(tags.get("article:published_time"))
    day = find_date(published[:_ISO_DAY])
    named = f"{headline} | {outlet}" if headline and outlet and outlet not in headline else headline
    return [line for line in (named, day.day.isoformat() if day else "") if line]


def _elements(tree: "HTMLTree", name: str) -> Iterable[Any]:
    return tree.document.get_elements_by_tag_name(name) if tree.document else ()


def _tags(tree: "HTMLTree") -> Iterator[tuple[str, str]]:
    for tag in _elements(tree, "meta"):
        name = tag.getattr("property") or tag.getattr("name")
        if name:
            yield name.lower(), tag.getattr("content") or ""


def _articles(tree: "HTMLTree") -> Iterator[Mapping[str, Any]]:
    for script in _elements(tree, "script"):
        if (script.getattr("type") or "").lower() == _LINKED_DATA:
            try:
                told = list(_things(msgspec.json.decode(script.text or "")))
            except msgspec.DecodeError:
                continue  # Many sites paste headlines into it with quotes that end it.
            known = {thing["@id"]: thing for thing in told if isinstance(thing.get("@id"), str)}
            for thing in told:
                if any(str(kind).endswith(_ARTICLES) for kind in _list(thing.get("@type"))):
                    publisher = thing.get("publisher")
                    whole = known.get(publisher.get("@id")) if isinstance(publisher, dict) else None
                    yield {**thing, "publisher": whole or publisher}


def _things(told: Any) -> Iterator[Mapping[str, Any]]:
    for one in _list(told):
        if isinstance(one, dict):
            yield one
            yield from _things(one.get("@graph"))


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]


def _text(told: Any) -> str:
    """What is said in one line: a text, or the name of a thing; "" for anything else."""
    first = next(iter(_list(told)), "")
    said = first.get("name") if isinstance(first, dict) else first
    return " ".join(html.unescape(said).split()) if isinstance(said, str) else ""
