"""The aggregator pages of labels/corpus/pages: their answers are sound, and so many documents are split right."""

import dataclasses
import html
import json
from datetime import date

import pytest

from tests.text.corpus_pages import FOLDER, GoldPage, judged, measured, paired, read_gold, split
from tests.text.pages_gold import squeezed

GOLD = read_gold()
FLOOR = {"title": 146, "published": 148, "outlet": 145, "text": 142, "all": 137, "number": 86}
"""What the splitter reaches. README.md of the folder has what it reached before it had seen the pages."""

by_page = pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.path.stem)


def test_there_are_pages_of_many_sites_and_forms() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {"gold.yaml", "README.md"}
    assert sorted(files) == sorted(gold.path.name for gold in GOLD)
    assert len(GOLD) >= 24
    assert len({gold.site for gold in GOLD}) >= 10
    assert sum(gold.path.suffix == ".html" for gold in GOLD) >= 3
    assert sum(len(gold.documents) > 1 for gold in GOLD) >= 12
    assert sum(len(gold.documents) == 1 for gold in GOLD) >= 4


@by_page
def test_the_ranges_of_a_page_are_in_order_and_hold_text(gold: GoldPage) -> None:
    edges = [edge for span in gold.spans for edge in span]
    assert edges == sorted(set(edges))
    assert edges[-1] <= len(gold.source)
    for start, end in gold.spans:
        assert gold.source[start:end] == gold.source[start:end].strip()


@by_page
def test_title_and_outlet_stand_on_the_page(gold: GoldPage) -> None:
    shown = html.unescape(gold.source) if gold.path.suffix == ".html" else gold.source
    for document in gold.documents:
        assert document.title in squeezed(shown)
        assert (document.outlet or "") in shown
        assert document.published is None or document.published.year in range(2031, 2035)


def test_the_text_of_a_document_is_the_articles_as_edited() -> None:
    """Every part of a text that was not edited stands in its article, in the article's order."""
    tasks = json.loads((FOLDER.parent / "export.json").read_text("utf-8"))
    articles = {task["data"]["document_id"]: squeezed(task["data"]["text"]) for task in tasks}
    for gold in GOLD:
        for document in gold.documents:
            if document.edited:
                continue
            article = articles[document.document_id]
            places = [article.find(squeezed(part)) for part in document.parts]
            assert -1 not in places, (gold.path.name, document.document_id, document.parts[places.index(-1)])
            assert places == sorted(places)


def test_no_document_stands_twice_on_a_page_or_on_two_pages_of_one_writer() -> None:
    for first, last in ((1, 51), (52, 69), (70, 87)):
        pages = [gold for gold in GOLD if int(gold.path.name[:2]) in range(first, last + 1)]
        ids = [document.document_id for gold in pages for document in gold.documents]
        assert len(ids) >= len(pages) == last - first + 1
        assert len(set(ids)) == len(ids)


def test_the_splitter_reaches_its_floor() -> None:
    found = measured()
    assert found["documents"] == sum(len(gold.documents) for gold in GOLD)
    assert {name: count for name, count in found.items() if name in FLOOR and count < FLOOR[name]} == {}


def test_a_document_is_judged_by_each_of_its_facts() -> None:
    gold = GOLD[0]
    found = split(gold)
    (first, one), (second, two) = paired(gold, found[::-1])
    assert judged(first, one).all
    assert judged(second, two).all
    wrong = {"title": "عنوان آخر", "published": date(2031, 1, 1), "outlet": None, "parts": first.parts[1:]}
    for name, value in wrong.items():
        right = judged(dataclasses.replace(first, **{name: value}), one)
        fact = "text" if name == "parts" else name
        assert dataclasses.asdict(right) == {
            "title": True, "published": True, "outlet": True, "text": True, fact: False
        }  # fmt: skip
    assert not any(dataclasses.asdict(judged(first, None)).values())


def test_one_found_document_answers_for_one_of_the_page() -> None:
    gold = GOLD[0]
    found = split(gold)
    assert [one for _, one in paired(gold, found[:1])] == [found[0], None]
    assert [one for _, one in paired(gold, [])] == [None, None]
