"""The page of an agreement: all of it escaped, the disagreements side by side."""

import html
import json
import re
from html.parser import HTMLParser

import pytest

from stance.annotation.agreement import measure_agreement
from stance.annotation.agreement_page import agreement_page
from stance.annotation.agreement_report import SHOWN, shown, tables
from stance.annotation.agreement_table import tabulate
from stance.annotation.disputes import find_disputes
from stance.annotation.records import Document
from stance.annotation.reliability import Figure
from stance.annotation.votes import join_tasks
from stance.labels import MAIN, Channel

from .marking import by, labelled, names, says, task

EVIL = "<script>alert('x')</script>\"'&<img src=x onerror=alert(1)>"


def page_of(documents: list[Document], left: int = 0) -> str:
    joined = join_tasks(documents, pytest.fail)
    agreement = measure_agreement(tabulate(joined, MAIN), MAIN)
    return agreement_page(agreement, find_disputes(joined, MAIN), left, MAIN)


class Reading(HTMLParser):
    """Tags in their order, and whether every one is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_everything_from_an_export_is_escaped() -> None:
    text = f"{EVIL} قالت الحكومة"
    annotations = [
        by(f"{person}{EVIL}", names(EVIL, 0, 9), says(EVIL, stance, 3, 20, target=EVIL))
        for person, stance in (("lina", "favor"), ("sami", "against"))
    ]
    page = page_of([task(EVIL, *annotations, text=text, title=EVIL, source=EVIL, published=EVIL)])
    reading = Reading(page)
    assert [tag for tag, _ in reading.tags if tag in ("script", "img")] == ["script"]
    assert not any(name.startswith("on") for _, attributes in reading.tags for name in attributes)
    assert reading.open == []
    votes = [attributes["data-votes"] for _, attributes in reading.tags if "data-votes" in attributes]
    assert [json.loads(one or "") for one in votes] == [[[f"lina{EVIL}", "favor"], [f"sami{EVIL}", "against"]]]
    assert "http" not in page.replace("http-equiv", "")


def test_only_the_pages_own_script_may_run() -> None:
    import base64
    import hashlib

    page = page_of([task("d", labelled("lina", "favor"), labelled("sami", "none"))])
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'" in page


def test_both_texts_stand_whole_with_what_each_marked() -> None:
    text = "قالت الحكومة إن القوات\nباقية. وقال الحزب إنها سترحل."
    lina = by("lina", names("government", 5, 12), says("government", "favor", 13, 28, channel=Channel.PRIVATE))
    sami = by("sami", names("government", 5, 12), says("government", "against", 9, 22, target="advisers"))
    page = page_of([task("d1", lina, sami, text=text)])
    columns = re.findall(
        r"<section data-annotator=\"(\w+)\">.*?<div class='text' dir='auto'>(.*?)</div>", page, re.DOTALL
    )
    assert [name for name, _ in columns] == ["lina", "sami"]
    marked = dict(columns)
    for shown_text in marked.values():
        plain = re.sub(r"<span class='badge.*?</span>", "", shown_text)
        assert html.unescape(re.sub(r"<[^>]+>", "", plain)) == text
    assert f"<mark class='c0'>{text[13:28]}</mark>" in marked["lina"]
    assert "<span class='badge c0'>favor · government · private</span>" in marked["lina"]
    # The mention and the statement overlap: 9 to 12 is in both.
    assert (
        f"<u>{text[5:9]}</u><mark class='c1'><u>{text[9:12]}</u></mark><mark class='c1'>{text[12:22]}</mark>"
        in (marked["sami"])
    )
    assert "against · government · advisers" in marked["sami"]


def test_what_nobody_disputes_is_not_marked_in_the_text() -> None:
    calm = names("union", 35, 40)
    page = page_of([task("d1", by("lina", calm, says("party", "favor")), by("sami", calm, names("party")))])
    assert "<u>" not in page.split("sami</bdi></h4>")[0].split("lina</bdi></h4>")[1]
    assert re.findall(r'<tr data-actor="([^"]+)"', page) == ["party"]


def test_filters_offer_what_is_disputed_and_who_disagrees() -> None:
    documents = [task("d1", labelled("lina", "favor"), labelled("nour", "favor"), labelled("sami", "none"))]
    page = page_of(documents, left=7)
    options = re.findall(r"<option value=\"(.*?)\">", page)
    pairs = [json.loads(html.unescape(one)) for one in options if one.startswith("[")]
    assert pairs == [["lina", "sami"], ["nour", "sami"]]
    assert [one for one in options if not one.startswith("[")] == ["actor 0", "favor", "none"]
    assert 'data-left="7"' in page


def test_figures_are_shown_with_interval_or_reason() -> None:
    assert shown(Figure(0.71507, 0.6964, 0.733)) == "0.715 [0.696, 0.733]"
    assert shown(Figure(0.5)) == "0.500"
    assert shown(Figure(None, why="too few")) == "too few"
    assert shown(None) == ""


def test_long_tables_say_how_much_more_there_is() -> None:
    labels = ["favor"] * (SHOWN + 2)
    agreement = measure_agreement(
        tabulate([[task("d", labelled("lina", *labels), labelled("sami", *labels))]], MAIN), MAIN
    )
    by_actor = next(table for table in tables(agreement) if table.title == "By actor")
    assert (len(by_actor.rows), by_actor.more) == (SHOWN, "… and 2 more, in the JSON file.")
