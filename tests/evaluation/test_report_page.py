"""The page of a report, in a real browser: nothing hostile runs, figures agree with the tables, sentences are found."""

import json
import math
from pathlib import Path

import numpy as np
import pandas
import pytest

from stance.evaluation.report_correction import Correction
from stance.evaluation.report_graph import agreement_table
from stance.evaluation.report_packing import Sentences, Texts
from stance.evaluation.report_page import Report, write_page
from stance.evaluation.report_rows import ReportRows, collect_rows
from stance.evaluation.report_tables import (
    actors_table,
    changes_table,
    channels_table,
    contested_table,
    outlets_table,
    timeline_table,
)
from tests.evaluation.browsing import browse
from tests.evaluation.reports import frame_of, monthly, row
from tests.labelling.servers import find_python

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<svg onload=alert(3)>' onmouseover='alert(4)",
    "javascript:alert(5)\u2028\u2029alert(6)",
    "\u202eevil\u2066\u202d<!--<script>",
    "${alert(7)}{{alert(8)}}\x00\x0b\ufffe\\u003cscript>",
)
WAIT = "while (!document.querySelector('#sentences blockquote')) await new Promise(requestAnimationFrame);"
OPEN_ARTICLE = """async () => {
  document.querySelector('#sentences blockquote').click();
  while (!document.querySelector('#article[open] mark.here')) await new Promise(requestAnimationFrame);
  const shown = document.querySelector('#article');
  return [shown.querySelector('.text').textContent, shown.querySelector('mark.here').textContent,
          [...shown.querySelectorAll('u')].map((one) => one.textContent), document.querySelectorAll('script').length];
}"""


def page_of(path: Path, lines: list[dict], documents: list[tuple[str, str]] = (), **more) -> ReportRows:
    sentences = Sentences()
    rows = collect_rows([frame_of(lines)], sentences.add)
    sentences.close()
    names = {"actors": more.pop("actors", {}), "targets": {}}
    write_page(Report(rows, sentences, Texts(rows, documents), **names, **more), path)
    return rows


def said(text: str, words: str, stance: str) -> dict:
    start = text.index(words)
    return {"start": start, "end": start + len(words), "text": words, "stance": stance, "channel": "public", "p": 0.5}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en-US", "ar"])
def test_nothing_hostile_runs(tmp_path, language):
    lines, documents = [], []
    for n, bad in enumerate(HOSTILE):
        text = f"😀 before {bad} after"
        facts = {"title": bad, "source": bad, "published": "2031-01-02", "page": bad, "target": bad, "model": bad}
        for letter in "fff":
            name = f"{bad}{n}{len(lines)}"
            both = {"public": "f", "private": "a", "cluster": bad}
            lines.append(
                row(name, bad, letter, **facts, **both, evidence=[said(text, bad, "favor")], mentions=[[2, 8]])
            )
            documents.append((name, text))
    names = {bad: {"en": bad, "ar": bad} for bad in HOSTILE}
    page_of(tmp_path / "page.html", lines, documents, actors=names)
    opening = [
        f"async () => {{ document.querySelectorAll('#actors .bar span')[{n}].click(); {WAIT} }}"
        for n in range(len(HOSTILE))
    ]
    found = browse(
        find_python(), tmp_path / "page.html", [*opening, OPEN_ARTICLE, "document.images.length"], language=language
    )
    assert (found["dialogs"], found["errors"], found["requests"]) == ([], [], [])
    text, marked, _, scripts = found["returned"][-2]
    assert marked in HOSTILE
    assert text == f"😀 before {marked} after"
    assert found["returned"][-1] == 0
    packed = ("meta", "columns", "articles", "sentences", "texts")
    assert scripts == len(packed) + 1


@pytest.mark.browser
def test_a_figure_leads_to_its_sentence_and_the_sentence_to_its_place(tmp_path):
    text = "🇮🇶 قال الراشدي إنه يرفض البقاء. ثم انصرف."
    lines = [row("d", "x", "a", evidence=[said(text, "يرفض البقاء", "against")], mentions=[[7, 14]], title="عنوان")]
    page_of(
        tmp_path / "page.html", lines, [("other", "…"), ("d", text)], actors={"x": {"ar": "الراشدي", "en": "Rashidi"}}
    )
    steps = [f"async () => {{ document.querySelector('#actors .bar span').click(); {WAIT} }}", OPEN_ARTICLE]
    steps += ["[document.documentElement.dir, document.querySelector('#actors .name').textContent]"]
    steps += ["document.getElementById('language').click()", steps[-1]]
    found = browse(find_python(), tmp_path / "page.html", steps)
    assert found["errors"] == []
    shown, marked, mentions, _ = found["returned"][1]
    assert (shown, marked, mentions) == (text, "يرفض البقاء", [text[7:14]])
    assert (found["returned"][2], found["returned"][4]) == (["ltr", "Rashidi"], ["rtl", "الراشدي"])


def invented(n: int = 400) -> list[dict]:
    rng = np.random.default_rng(5)
    letters = list("famn")
    lines = [
        row(
            f"d{number}",
            f"actor {rng.integers(6)}",
            rng.choice(letters, p=[0.4, 0.4, 0.1, 0.1]),
            target=f"t{rng.integers(2)}",
            published=None if rng.random() < 0.1 else f"2031-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}",
            source=None if rng.random() < 0.1 else f"outlet {rng.integers(5)}",
            cluster=None if rng.random() < 0.3 else f"c{rng.integers(150)}",
            abstained=bool(rng.random() < 0.05),
            public=rng.choice([*letters, "-"]),
            private=rng.choice([*letters, "-"]),
            action=rng.choice([*letters, "-"]),
        )
        for number in range(n)
    ]
    return [*lines, *monthly("changing", "f" * 10 + "a" * 12)]


FIGURES = """({
  actors: actorsFigure(view).map((one) => [meta.actors[one.actor].id, one.list.length, one.articles, one.abstained,
    one.counts, one.shares, one.corrected]),
  timeline: timelineFigure(view).actors.flatMap((one) => one.points.map((point) => [meta.actors[one.actor].id,
    monthName(point.bin), point.counts, point.shares])),
  channels: channelsFigure(view).map((one) => [meta.actors[one.actor].id, one.opposed, one.both.length,
    one.channels.map((held) => held.counts)]),
  changes: changesFigure(view).map((one) => [meta.actors[one.actor].id, monthName(one.month), one.before, one.after,
    one.p, one.shown.length]),
  contested: contestedFigure(view).map((one) => [meta.actors[one.actor].id, one.contested, one.stories, one.share]),
  outlets: outletsFigure(view).map((one) => [meta.sources[one.source], one.list.length, one.articles, one.counts,
    one.shares, one.lean]),
  network: networkFigure(view).edges.map((one) => [
    [one.one, one.other].map((node) => meta.actors[node.actor].id).sort(), one.agreed, one.apart]),
})"""
SIDES, CLASSES = ("favor", "against", "ambivalent"), ("favor", "against", "ambivalent", "none")


def shares(line: dict) -> list:
    return [[line[f"{kind}_{side}"] for kind in ("share", "low", "high")] for side in SIDES]


def counts(line: dict, prefix: str = "n_") -> list:
    return [line[f"{prefix}{name}"] for name in CLASSES]


def tables(rows: ReportRows, known: Correction) -> dict:
    """The tables in the form of FIGURES."""

    def lines(table):
        return table.to_dict("records")

    poles = ("favor", "against")
    return {
        "actors": [
            [
                one["actor"],
                one["stories"],
                one["articles"],
                one["abstained"],
                counts(one),
                shares(one),
                one["corrected"],
            ]
            for one in lines(actors_table(rows, known))
        ],
        "timeline": [
            [one["actor"], one["period"], counts(one), shares(one)]
            for one in lines(timeline_table(rows))
            if not math.isnan(one["share_favor"])
        ],
        "channels": [
            [
                one["actor"],
                one["opposed"],
                one["opposed_stories"],
                [counts(one, f"{channel}_n_") for channel in ("public", "private", "action")],
            ]
            for one in lines(channels_table(rows))
        ],
        "changes": [
            [
                one["actor"],
                one["since"],
                *([one[f"{when}_{pole}"] for pole in poles] for when in ("before", "after")),
                one["p"],
                sum(len(one[f"{when}_articles"].split()) for when in ("before", "after")),
            ]
            for one in lines(changes_table(rows))
        ],
        "contested": [
            [one["actor"], one["contested"], one["stories"], [one["share"], one["low"], one["high"]]]
            for one in lines(contested_table(rows))
        ],
        "outlets": [
            [
                *(one[name] for name in ("outlet", "stories", "articles")),
                counts(one),
                shares(one),
                [one["lean"], one["lean_low"], one["lean_high"]],
            ]
            for one in lines(outlets_table(rows, known))
        ],
        "network": [
            [sorted([one["actor"], one["other"]]), one["agreed"], one["opposed"]]
            for one in lines(agreement_table(rows))
        ],
    }


def flat(value) -> list:
    """All leaves in order; a number that is none is None, as in JSON."""
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in flat(one)]
    if isinstance(value, float):
        return [None if math.isnan(value) else pytest.approx(value, abs=1e-6)]
    return [value]


@pytest.mark.browser
def test_the_page_counts_as_the_tables_do(tmp_path):
    answers = np.array([[0.8, 0.1, 0.1, 0.0], [0.1, 0.7, 0.1, 0.2], [0.0, 0.1, 0.7, 0.0], [0.1, 0.1, 0.1, 0.8]])
    draws = np.stack([np.linalg.inv(answers + 0.02 * np.roll(np.eye(4), n, axis=0)) for n in range(4)])
    known = Correction(np.linalg.inv(answers), draws.round(6), 100)
    rows = page_of(tmp_path / "page.html", invented(), correction=known)
    found = browse(find_python(), tmp_path / "page.html", [f"JSON.parse(JSON.stringify({FIGURES}))"])
    expected = tables(rows, known)
    assert found["errors"] == []
    assert len(expected["changes"]) == 1
    for name, lines in expected.items():
        drawn = found["returned"][0][name]
        if name in ("timeline", "network"):
            lines, drawn = sorted(lines, key=json.dumps), sorted(drawn, key=json.dumps)
        assert flat(drawn) == flat(lines), name


@pytest.mark.browser
def test_filters_reach_every_figure(tmp_path):
    page_of(tmp_path / "page.html", invented(), actors={"actor 1": {"en": "Only", "ar": "وحيد"}})
    choose = """([name, value]) => { document.querySelector(`[name=${name}]`).value = value;
      document.querySelector('#filters').dispatchEvent(new Event('change', {bubbles: true})); }"""
    steps = [f"({choose})(['actor', String(meta.actors.findIndex((one) => one.id === 'actor 1'))])"]
    steps += ["new Set([...document.querySelectorAll('section .name bdi')].map((one) => one.textContent)).size"]
    steps += [f"({choose})(['from', '2031-07-01'])", "Math.min(...view.stories.map((story) => story.day))"]
    steps += [f"({choose})(['outlet', '0'])", "new Set(view.stories.map((story) => story.source)).size"]
    steps += [
        f"({choose})(['channel', 'private'])",
        "view.stories.every((story) => story.copies.every((row) => rows.private[row] !== -1))",
    ]
    steps += [f"({choose})(['target', '0'])", "new Set(view.stories.map((story) => story.target)).size"]
    returned = browse(find_python(), tmp_path / "page.html", steps)["returned"]
    actors_and_outlets = 1 + 5
    assert returned[1] <= actors_and_outlets
    assert returned[3] >= 22461  # 2031-07-01
    assert (returned[5], returned[7], returned[9]) == (1, True, 1)


@pytest.mark.browser
@pytest.mark.parametrize(
    "lines", [[], [row("d", "x", "n")], [row("d", "x", "f", abstained=True)]], ids=["none", "silent", "abstained"]
)
def test_a_page_of_almost_nothing_opens(tmp_path, lines):
    page_of(tmp_path / "page.html", lines)
    found = browse(find_python(), tmp_path / "page.html", ["document.querySelectorAll('section h2').length"])
    assert found == {"dialogs": [], "errors": [], "requests": [], "returned": [7]}


def test_no_text_of_a_file_stands_in_the_page(tmp_path):
    page_of(tmp_path / "page.html", [row("secret-id", "secret", "f", title="</script>")], [("secret-id", "secret")])
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "secret" not in page
    assert page.count("<script>") == 1


def test_a_page_is_replaced_only_when_the_new_one_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old", "utf-8")
    monkeypatch.setattr("stance.evaluation.report_page._meta", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        page_of(path, [])
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text("utf-8") == "old"


@pytest.mark.browser
def test_a_model_of_another_label_set(tmp_path):
    frame = pandas.DataFrame(
        [
            row(f"d{n}", "x", "f") | {"stance": letter, "stance_private": "R", "p_L": 0.4, "p_N": 0.3, "p_R": 0.3}
            for n, letter in enumerate("LLRN")
        ]
    ).drop(columns=[f"p_{name}" for name in CLASSES])
    sentences = Sentences()
    rows = collect_rows([frame], sentences.add)
    sentences.close()
    write_page(Report(rows, sentences, Texts(rows, ()), {}, {}), tmp_path / "page.html")
    (line,) = actors_table(rows, None).to_dict("records")
    assert (line["share_L"], line["share_N"], line["share_R"]) == (0.5, 0.25, 0.25)
    steps = ["[...document.querySelectorAll('#actors .bar span')].map((one) => one.textContent)"]
    found = browse(
        find_python(), tmp_path / "page.html", [*steps, "document.querySelector('#actors .legend').textContent"]
    )
    assert found["errors"] == []
    assert found["returned"] == [["25%", "25%", "50%"], "RNL"]
