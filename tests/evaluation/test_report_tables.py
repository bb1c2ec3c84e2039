import numpy as np
import pytest

from stance.evaluation.report_correction import Correction
from stance.evaluation.report_graph import agreement_table, drawn_actors, layout, positions, write_graph
from stance.evaluation.report_tables import (
    actors_table,
    changes_table,
    channels_table,
    contested_table,
    outlets_table,
    timeline_table,
)
from tests.evaluation.reports import monthly, row, rows_of


def records(table):
    return table.to_dict("records")


def test_actors_are_counted_in_stories_and_articles():
    lines = [row(f"w{n}", "x", "a", cluster="wire") for n in range(20)]
    lines += [row("d1", "x", "f"), row("d2", "x", "n"), row("d3", "x", "f", abstained=True), row("d4", "y", "n")]
    first, second = records(actors_table(rows_of(lines), None))
    assert {name: first[name] for name in ("actor", "stories", "articles", "abstained", "n_none")} == {
        "actor": "x",
        "stories": 3,
        "articles": 22,
        "abstained": 1,
        "n_none": 1,
    }
    assert (first["share_favor"], first["share_against"], first["corrected"]) == (0.5, 0.5, False)
    assert np.isnan(second["share_favor"])


def test_shares_of_many_stories_are_corrected_and_of_few_are_not():
    answers = np.eye(4)
    answers[1, 1], answers[3, 1] = 0.8, 0.2
    known = Correction(np.linalg.inv(answers), np.linalg.inv(answers)[None], 10)
    lines = [
        row(f"{actor}{n}", actor, letter)
        for actor, times in (("x", 8), ("y", 1))
        for n, letter in enumerate("faaaann" * times)
    ]
    many, few = records(actors_table(rows_of(lines), known))
    assert (many["corrected"], few["corrected"]) == (True, False)
    # 8 favor and 32 against answered; 32 / 0.8 = 40 are against.
    assert many["share_against"] == pytest.approx(40 / 48)
    assert few["share_against"] == pytest.approx(4 / 5)


def test_timelines_by_month():
    table = records(timeline_table(rows_of([*monthly("x", "fa"), row("u", "x", "f")])))
    assert [(line["period"], line["n_favor"], line["n_against"]) for line in table] == [
        ("2031-01", 1, 0),
        ("2031-02", 0, 1),
    ]


def test_who_says_otherwise_in_private_comes_first():
    lines = [row(f"q{n}", "quiet", "f", public="f", private="f") for n in range(3)]
    lines += [
        row("o1", "other", "m", public="a", private="f", cluster="c"),
        row("o2", "other", "m", public="a", private="f", cluster="c"),
    ]
    lines += [row(f"s{n}", "said", "a", public="a") for n in range(3)] + [row("p", "said", "f", private="f")]
    table = records(channels_table(rows_of(lines)))
    assert [(line["actor"], line["opposed"], line["opposed_stories"]) for line in table] == [
        ("other", True, 1),
        ("said", True, 0),
        ("quiet", False, 0),
    ]
    assert (table[0]["public_n_against"], table[0]["private_n_favor"], table[0]["action_n_favor"]) == (1, 1, 0)


def test_changes_name_the_articles_on_both_sides():
    (line,) = records(changes_table(rows_of(monthly("x", "f" * 10 + "a" * 10))))
    assert (line["since"], line["before_favor"], line["after_against"]) == ("2031-11", 10, 10)
    assert line["before_articles"] == "x5 x6 x7 x8 x9"
    assert line["after_articles"] == "x10 x11 x12 x13 x14"


def test_a_change_of_side_is_no_contest_and_two_sides_in_one_quarter_are():
    lines = monthly("changed", "fffaaa") + monthly("contested", "fafafa")
    (line,) = records(contested_table(rows_of(lines)))
    assert (line["actor"], line["contested"], line["stories"]) == ("contested", 2, 6)


def test_outlets_lean_from_what_the_others_print_of_the_same_actors():
    lines = [row(f"a{n}", "x", "f", source="A") for n in range(4)]
    lines += [row(f"b{n}", "x", letter, source="B") for n, letter in enumerate("fffa")]
    lines += [row("alone", "y", "a", source="A"), row("nowhere", "x", "a")]
    first, second = records(outlets_table(rows_of(lines), None))
    assert (first["outlet"], first["stories"], first["lean"]) == ("A", 5, pytest.approx(0.25))
    assert second["lean"] == pytest.approx(-0.25)


def test_actors_agree_where_they_are_on_one_side_of_one_target():
    lines = [
        row(f"{actor}{n}", actor, letter) for actor, letter in (("x", "f"), ("y", "f"), ("z", "a")) for n in range(3)
    ]
    lines += [row(f"few{n}", "few", "f") for n in range(2)] + [row(f"split{n}", "split", "fa"[n % 2]) for n in range(4)]
    rows = rows_of(lines)
    assert positions(rows)[:, 0].tolist() == [1, 1, -1, 0, 0]
    assert [tuple(line) for line in agreement_table(rows).itertuples(index=False)] == [
        ("x", "y", 1, 0),
        ("x", "z", 0, 1),
        ("y", "z", 0, 1),
    ]
    assert drawn_actors(rows).tolist() == [0, 1, 2]
    assert layout(rows) == layout(rows)


def test_the_graph_holds_what_no_xml_may(tmp_path):
    import networkx

    rows = rows_of([row(f"{actor}{n}", actor, "f") for actor in ("<x>\x00&", "y") for n in range(3)])
    write_graph(rows, {"y": {"en": "A\x0b<b>", "ar": "ياء"}}, tmp_path / "new" / "graph.graphml")
    graph = networkx.read_graphml(tmp_path / "new" / "graph.graphml")
    assert set(graph.nodes) == {"<x>&", "y"}
    assert (graph.nodes["y"]["name_en"], graph.nodes["y"]["name_ar"], graph.nodes["y"]["stories"]) == ("A<b>", "ياء", 3)
    assert graph.edges["<x>&", "y"]["agreed"] == 1


def test_nothing_at_all_makes_empty_tables():
    rows = rows_of([])
    for table in (actors_table(rows, None), timeline_table(rows), channels_table(rows), changes_table(rows)):
        assert len(table) == 0
    for table in (contested_table(rows), outlets_table(rows, None), agreement_table(rows)):
        assert len(table) == 0
    assert layout(rows) == {}
