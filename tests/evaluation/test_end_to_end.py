"""A small world in which every cause occurs once, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stance.evaluation.end_to_end import (
    Answer,
    Cause,
    GoldDocument,
    Outcome,
    Settled,
    cut_scores,
    end_to_end_scores,
    finder_scores,
    judge,
    stance_scores,
)
from stance.evaluation.page_matching import Cut
from stance.labels import AUTHOR, MAIN

from .invented import certain

RIGHT, WRONG = Cut(True, True, None), Cut(False, False, None)


def settled(actor: str, label: str, target: str = "t") -> Settled:
    return Settled(actor, target, label, (label, None, "none"), f"{actor} says")


def answer(label: str, *, abstained: bool = False) -> Answer:
    return Answer(label, abstained, (label, "favor", "against"), "shown")


def document(name: str, *stances: Settled, **mentions: list) -> GoldDocument:
    return GoldDocument(name, name, "t", mentions, stances)


# Documents of one sentence each, their actors marked at ten characters apart.
GOLD = [
    document("right", settled("gov", "favor"), settled("party", "none"), gov=[(0, 5)], party=[(10, 15), (20, 25)]),
    document("cut", settled("gov", "favor"), gov=[(0, 5)]),
    document("actors", settled("gov", "against"), settled("party", "none"), gov=[(0, 5)], party=[(10, 15)]),
    document("stances", settled("gov", "against"), settled("army", "favor"), gov=[(0, 5)], army=[(10, 15)]),
]
OUTCOMES = [
    # Right twice, one mention of two found; and an actor that nobody marked.
    Outcome(
        {"gov": [(0, 5)], "party": [(11, 14)], "tribe": [(30, 35)]},
        {("gov", "t"): answer("favor"), ("party", "t"): answer("none"), ("tribe", "t"): answer("against")},
        RIGHT,
    ),
    # Cut wrong: what the model says of it helps nobody.
    Outcome({"gov": [(0, 5)]}, {("gov", "t"): answer("favor"), ("union", "t"): answer("favor")}, WRONG),
    # The government's mention is taken for another body's; the party is not found.
    Outcome({"ministry": [(2, 8)]}, {("ministry", "t"): answer("favor")}, RIGHT),
    # A stance that is not gold's, and none at all.
    Outcome(
        {"gov": [(0, 5)], "army": [(10, 15)]},
        {("gov", "t"): answer("favor"), ("army", "t"): answer("favor", abstained=True)},
        RIGHT,
    ),
]
VERDICTS = [
    verdict for one, outcome in zip(GOLD, OUTCOMES, strict=True) for verdict in judge(one, outcome, absent="none")
]


def estimates(scores: dict) -> dict[str, float]:
    return {name: interval.estimate for name, interval in scores.items()}


def test_each_cause_is_told_once() -> None:
    told = [(one.document_id, one.actor, one.gold, one.found, one.cause) for one in VERDICTS]
    assert told == [
        ("right", "gov", "favor", "favor", None),
        ("right", "party", "none", "none", None),
        ("right", "tribe", None, "against", Cause.INVENTED),
        ("cut", "gov", "favor", "favor", Cause.PAGE),
        ("actors", "gov", "against", None, Cause.OTHER),
        ("actors", "party", "none", None, Cause.MISSED),
        ("stances", "gov", "against", "favor", Cause.STANCE),
        ("stances", "army", "favor", None, Cause.ABSTAINED),
    ]
    assert [one.other for one in VERDICTS if one.other] == ["ministry"]
    assert [one.sentence for one in VERDICTS[:3]] == ["gov says", "party says", "shown"]


def test_all_at_once_counts_what_is_right_from_page_to_stance() -> None:
    scores = estimates(end_to_end_scores(VERDICTS, MAIN))
    # Two of seven stances of gold are right. Answered: gov, party, tribe, the one cut wrong, ministry, gov.
    assert scores["recall"] == pytest.approx(2 / 7)
    assert scores["precision"] == pytest.approx(2 / 6)
    assert scores["f1"] == pytest.approx(2 * 2 / (7 + 6))
    assert scores["class_favor"] == pytest.approx(1 / 3)
    assert scores["class_against"] == 0
    assert scores["class_none"] == pytest.approx(1 / 2)
    assert "class_ambivalent" not in scores
    # In public five say something; only the first was read right. Silence in a channel is not asked for.
    assert scores["channel_public"] == pytest.approx(1 / 5)
    assert not {"channel_private", "channel_action"} & scores.keys()


def test_actors_and_mentions_are_counted_in_golds_texts() -> None:
    scores = estimates(finder_scores(GOLD, OUTCOMES))
    # Marked 7 actors, found 7 (tribe and ministry among them), 5 of them right.
    assert scores["actor_precision"] == pytest.approx(5 / 7)
    assert scores["actor_recall"] == pytest.approx(5 / 7)
    # Marked 8 mentions; found 7, of which 5 are mentions of the same actor.
    assert scores["mention_recall"] == pytest.approx(5 / 8)
    assert scores["mention_precision"] == pytest.approx(5 / 7)
    assert scores["mention_f1"] == pytest.approx(10 / 15)


def test_cuts_count_title_and_date_where_gold_has_them() -> None:
    cuts = [one.cut for one in OUTCOMES if one.cut is not None]
    assert estimates(cut_scores(cuts, ["a", "b", "c", "d"])) == {"boundaries": 0.75, "title": 0.75, "all": 0.75}


def test_flawless_answers_are_right_everywhere() -> None:
    outcomes = [
        Outcome(
            one.mentions,
            {(stance.actor, "t"): Answer(stance.label, False, stance.channels, "") for stance in one.settled},
            Cut(True, True, True),
        )
        for one in GOLD
    ]
    verdicts = [
        verdict for one, outcome in zip(GOLD, outcomes, strict=True) for verdict in judge(one, outcome, absent="none")
    ]
    scores = {
        **end_to_end_scores(verdicts, MAIN),
        **finder_scores(GOLD, outcomes),
        **cut_scores([Cut(True, True, True)] * 4, ["a", "b", "c", "d"]),
    }
    assert {(one.estimate, one.low, one.high) for one in scores.values()} == {(1.0, 1.0, 1.0)}
    assert len(scores) == 7 + 6 + 4


def test_answers_about_each_others_actors_are_wrong_where_they_differ() -> None:
    gold = document("d", settled("a", "favor"), settled("b", "against"), settled("c", "favor"), a=[], b=[], c=[])
    turned = {("a", "t"): answer("against"), ("b", "t"): answer("favor"), ("c", "t"): answer("favor")}
    verdicts = judge(gold, Outcome({}, turned), absent="none")
    assert [one.cause for one in verdicts] == [Cause.STANCE, Cause.STANCE, None]
    assert estimates(end_to_end_scores(verdicts, MAIN))["f1"] == pytest.approx(1 / 3)


def test_without_pages_golds_text_is_what_was_read() -> None:
    outcome = Outcome(GOLD[0].mentions, {("gov", "t"): answer("favor")})
    assert [one.cause for one in judge(GOLD[0], outcome, absent="none")] == [None, Cause.MISSED]


def test_an_actor_is_invented_on_the_documents_own_target_only_and_an_author_never() -> None:
    gold = GoldDocument("d", "d", "t", {"gov": []}, (settled("gov", "favor", "other"),))
    answers = {(actor, target): answer("favor") for actor in ("gov", "tribe", AUTHOR) for target in ("t", "other")}
    told = [(one.actor, one.target, one.cause) for one in judge(gold, Outcome({}, answers), absent="none")]
    assert told == [("gov", "other", None), ("tribe", "t", Cause.INVENTED)]


def test_marked_without_a_settled_stance_is_not_invented() -> None:
    gold = document("d", settled("gov", "favor"), gov=[(0, 5)], tied=[(10, 15)])
    outcome = Outcome(gold.mentions, {("gov", "t"): answer("favor"), ("tied", "t"): answer("against")})
    assert [one.cause for one in judge(gold, outcome, absent="none")] == [None]
    assert set(estimates(finder_scores([gold], [outcome])).values()) == {1.0}


def test_stances_are_scored_by_class_and_channel_and_without_abstentions() -> None:
    scored = certain("ffann", "fafnn")
    # In public gold says favor of the first two, against of the third, nothing of the fourth; the last is not known.
    gold = np.full((5, 3), -1)
    gold[:4, 0] = [0, 0, 1, 3]
    said = np.eye(4)[np.array([[0, 3, 3], [0, 3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]])]
    scores = estimates(
        stance_scores(replace(scored, channel_gold=gold, channel_probabilities=said), np.zeros(5, bool), resamples=50)
    )
    # favor: one of two found, one of two right; against: none; none: both.
    assert scores == pytest.approx(
        {
            "f_avg": 0.25,
            "macro_f1": 0.5,
            "accuracy": 0.6,
            "class_favor_f1": 0.5,
            "class_against_f1": 0.0,
            "class_none_f1": 1.0,
            "channel_public_accuracy": 2 / 3,
        }
    )
    doubtful = stance_scores(scored, np.array([False, True, False, False, True]), resamples=50)
    assert doubtful["abstained"].estimate == 0.4
    assert doubtful["accuracy_answered"].estimate == pytest.approx(2 / 3)
