"""The page in its three forms: what stands where, and that names from outside are only names."""

import re
from dataclasses import replace

import numpy as np

from stance.evaluation.example_facts import ExampleFacts
from stance.evaluation.risk_coverage import RiskCoverage
from stance.evaluation.validity import AS_IT_IS, Validity, validity
from stance.evaluation.validity_page import curve, markdown, page, tables
from tests.evaluation.invented import invented

EVIL = "<img src=x> [a](http://b) | c"


def found() -> Validity:
    network, linear = invented(skill=0.4), invented(model="linear", skill=0.3)
    facts = [ExampleFacts(f"e{n}", EVIL if n < 30 else "y", (), (), n % 2 == 0, False, n, True) for n in range(60)]
    answers = {
        "network": {AS_IT_IS: network, "text_removed": invented(seed=3, skill=0.0), "swapped_actor": network},
        "linear": {AS_IT_IS: linear},
    }
    return validity(answers, "network", reference="linear", facts=facts, resamples=50)


def test_tables_hold_what_there_is():
    made = {table.title: table for table in tables(found())}
    assert list(made) == [
        "Changed texts",
        "Where answers go when names are exchanged",
        "Parts of the examples: network",
        "Calibration: network",
        "Errors where the least sure answers are left out",
    ]
    probes = made["Changed texts"]
    assert probes.headings[-2:] == ["f_avg minus as it is", "f_avg minus linear"]
    assert [line[:2] for line in probes.lines] == [
        ["network", AS_IT_IS],
        ["network", "text_removed"],
        ["network", "swapped_actor"],
        ["linear", AS_IT_IS],
    ]
    # The linear model was asked nothing else, and is not compared with itself.
    assert probes.lines[1][-1] == probes.lines[3][-1] == "–"
    assert all(len(line) == len(table.headings) for table in made.values() for line in table.lines)
    alone = replace(found(), reference=None, movements={})
    assert [table.title for table in tables(alone)][:2] == ["Changed texts", "Parts of the examples: network"]
    assert tables(alone)[0].headings[-1] == "f_avg minus as it is"


def test_names_from_outside_are_shown_and_nothing_more():
    shown = page(found(), EVIL, ["missing <b>"])
    assert "<img" not in shown
    assert "<b>" not in shown
    assert shown.count("&lt;img src=x&gt;") >= 3
    assert "default-src 'none'" in shown
    text = markdown(found(), EVIL, ["missing <b>"])
    assert not re.search(r"(?<!\\)<(img|b)", text)
    assert text.startswith("# \\<img src=x\\> \\[a\\](http\\://b) \\| c\n")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert any("&lt;img src=x> [a](http://b) \\| c" in line for line in rows)


def test_the_curve_goes_from_the_surest_to_all():
    risk = RiskCoverage(np.array([0.5, 1.0]), np.array([0.0, 0.4]), 0.2, 0.1)
    points = re.findall(r'polyline points="([^"]*)"', curve(risk))
    drawn = [tuple(map(float, point.split(","))) for point in points[-1].split()]
    # Half way along the axis at no error; then at its end, near the top, which is 1.1 times the largest risk.
    assert drawn == [(230.0, 235.0), (415.0, 62.3)]
