"""Each sentence where its figure says so, and nothing where it does not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from stance.evaluation.intervals import Interval
from stance.evaluation.risk_coverage import RiskCoverage
from stance.evaluation.validity import (
    APART,
    AS_IT_IS,
    CHANNEL,
    IN_CHANNEL,
    SEEN,
    STATED,
    TOGETHER,
    UNSEEN,
    Movement,
    ProbeScore,
    SlicePart,
    Validity,
)
from stance.evaluation.validity_words import sentences

PERFECT = RiskCoverage(np.array([0.5, 1.0]), np.array([0.0, 0.0]), 0.0, 0.0)


def around(estimate: float, width: float = 0.05) -> Interval:
    return Interval(estimate, estimate - width, estimate + width)


def probe(name: str, f_avg: float = 0.5, change: Interval | None = None, against: Interval | None = None) -> ProbeScore:
    return ProbeScore("network", name, 100, {"f_avg": around(f_avg), "macro_f1": around(f_avg)}, change, against)


def part(name: str, accuracy: float, n: int = 50, group: str = "outlet") -> SlicePart:
    return SlicePart(group, name, n, None, around(accuracy), around(accuracy))


def said(*, probes: Sequence[ProbeScore] = (), moved: Movement | None = None, **changed: Any) -> list[str]:
    """Sentences on a model without fault but for what is given."""
    asked = [
        probe("text_removed", 0.0, around(-0.8)),
        probe("masked_actor", 0.8, around(0.0)),
        probe("swapped_actor", 0.8, around(0.0)),
    ]
    given = {one.probe: one for one in [*asked, *probes]}
    flawless: dict[str, Any] = {
        "model": "network",
        "reference": "linear",
        "examples": 100,
        "clusters": 40,
        "probes": list(given.values()),
        "movements": {"network": moved or Movement(90, around(1.0), around(0.0), around(0.0))},
        "classes": {"favor": (50, around(1.0))},
        "slices": [],
        "calibration": {"before temperature": (0.2, 0.1, 0.1), "after temperature": (0.01, 0.1, 0.1)},
        "risk": PERFECT,
    }
    return sentences(Validity(**{**flawless, **changed}))


def test_where_no_figure_shows_a_fault_that_is_no_proof():
    assert said() == ["No figure here shows anything that it cannot do; that is no proof that it can."]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"probes": [probe(AS_IT_IS, 0.5, against=around(0.02))]},
            "It cannot be shown to be better than linear: the difference in f_avg is +0.020 [-0.030, +0.070].",
        ),
        (
            {"probes": [probe("text_removed", 0.4, around(-0.03))]},
            "It cannot be shown to read: without the article its f_avg changes by -0.030 [-0.080, +0.020], to "
            "0.400 [0.350, 0.450].",
        ),
        (
            {"probes": [probe("text_removed", 0.3, around(-0.2))]},
            "Not all of its score is reading: with no text at all its f_avg is still 0.300 [0.250, 0.350]; the text "
            "adds 0.200 [0.150, 0.250].",
        ),
        (
            {"probes": [probe("masked_actor", 0.3, around(-0.2))]},
            "It does not do without the name: with the asked actor's names masked, its f_avg falls by "
            "0.200 [0.150, 0.250], to 0.300 [0.250, 0.350].",
        ),
        (
            {"moved": Movement(80, around(0.6), around(0.3), around(0.1))},
            "It does not always follow the text: where two actors exchange their names, 30% [25%, 35%] of the 80 "
            "answers that were right stay with the name, 60% [55%, 65%] move with the text, and 10% [5%, 15%] go "
            "elsewhere.",
        ),
        (
            {"moved": Movement(80, around(0.3), around(0.6), around(0.1))},
            "It does not always follow the text: where two actors exchange their names, 60% [55%, 65%] of the 80 "
            "answers that were right stay with the name, more than move with the text (30% [25%, 35%]), and "
            "10% [5%, 15%] go elsewhere.",
        ),
        (
            {"slices": [part(SEEN, 0.7, 100)]},
            "Nothing here says how it does on actors that it was not trained on: all 100 tested examples have an actor "
            "that it knows.",
        ),
        (
            {"slices": [part(SEEN, 0.7, 60), part(UNSEEN, 0.5, 40)]},
            "On actors that it was not trained on it is right in 50% [45%, 55%] of 40 examples, on others in "
            "70% [65%, 75%] of 60.",
        ),
        (
            {"slices": [part(APART, 0.6, 60), part(TOGETHER, 0.65, 40)]},
            "It does not tell the actors of a text apart reliably: where their stances differ it is right in "
            "60% [55%, 65%] of 60 examples, where they are alike in 65% [60%, 70%] of 40, which may be chance.",
        ),
        (
            {"classes": {"favor": (50, around(0.8)), "ambivalent": (9, around(0.4))}},
            "Of the classes it is worst at ambivalent (9 examples): F1 0.400 [0.350, 0.450].",
        ),
        (
            {"slices": [part("a", 0.7), part("b", 1.0), part("stance in private", 0.2, group=IN_CHANNEL)]},
            "It is right less often than on the whole on these of 2 parts, some of which may be chance: outlet: a "
            "(right in 70% [65%, 75%] of 50, against 100%).",
        ),
        (
            {
                "slices": [
                    part(STATED, 0.6),
                    part("private statement", 0.3, group=CHANNEL),
                    part("public statement", 0.62, group=CHANNEL),
                ]
            },
            "It is right less often than on the whole on these of 2 parts, some of which may be chance: channel of a "
            "statement: private statement (right in 30% [25%, 35%] of 50, against 60%).",
        ),
        (
            {"calibration": {"before temperature": (0.1, 0, 0), "after temperature": (0.12, 0, 0)}},
            "The temperature mends nothing: calibration error 0.100 before, 0.120 after.",
        ),
        (
            {"calibration": {"after temperature": (0.12, 0, 0)}},
            "Its probabilities do not mean what they say: they are off by 0.120 in the mean.",
        ),
        ({"slices": [part("tiny", 1.0, 3)]}, "Too few examples (under 20) to say anything of: tiny (n = 3)."),
        ({"clusters": 7}, "7 clusters of documents are few: all intervals here are too narrow."),
    ],
)
def test_a_figure_makes_its_sentence(changes: dict[str, Any], expected: str):
    assert expected in said(**changes)


def test_how_much_must_stay_unanswered():
    risk = RiskCoverage(np.array([0.25, 0.5, 0.75, 1.0]), np.array([0.15, 0.15, 0.2, 0.3]), 0.2, 0.1)
    found = [line for line in said(risk=risk) if "err in" in line]
    assert found == [
        "It cannot err in 10% of its answers or fewer, however few of them it gives.",
        "To err in no more than 20% of its answers it must leave 25% unanswered.",
    ]


def test_what_was_not_asked_is_not_claimed():
    found = said(probes=[], movements={})
    assert not [line for line in found if "no names were exchanged" in line], "names were exchanged, none was right"
    nothing = sentences(
        Validity("m", None, 9, 40, [], {}, {"x": (9, around(1.0))}, [], {"after temperature": (0, 0, 0)}, PERFECT)
    )
    assert nothing == [
        "Nobody knows what it says without any text: that was not asked.",
        "Nobody knows whether its answers follow the text or the name: no names were exchanged.",
    ]
