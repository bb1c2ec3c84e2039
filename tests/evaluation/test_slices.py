from dataclasses import replace

import numpy as np
import pytest

from stance.evaluation.slices import (
    SliceScore,
    actors_apart,
    by_actor,
    by_channel,
    by_target,
    slice_score,
    unseen_actors,
)
from stance.labels import Channel

from .invented import certain, invented


def test_actors_worked_by_hand():
    # x: f→f, a→f. favor 2·1/(2+1) = 2/3, against 0. y: a→a, and a single class, so no f_avg.
    scored = certain("faa", "ffa", actors=("x", "x", "y"))
    assert by_actor(scored) == [
        SliceScore("x", n=2, f_avg=pytest.approx(1 / 3), macro_f1=pytest.approx(1 / 3), accuracy=0.5),
        SliceScore("y", n=1, f_avg=None, macro_f1=1.0, accuracy=1.0),
    ]


def test_equally_frequent_slices_come_by_name():
    names = [score.name for score in by_target(certain("ffff", "ffff", targets=("b", "a", "c", "c")))]
    assert names == ["c", "a", "b"]


def test_slices_share_out_all_examples():
    scored = invented(50)
    for parts in (by_actor(scored), by_target(scored)):
        assert sum(part.n for part in parts) == 50
        hits = sum(part.n * part.accuracy for part in parts)
        assert hits / 50 == pytest.approx(slice_score("all", scored).accuracy)


def test_channels_are_scored_where_known():
    # public is known for the first two (right, wrong), private for none, action for the last (right).
    scored = replace(
        certain("faf", "faf"),
        channel_gold=np.array([[0, -1, -1], [1, -1, -1], [-1, -1, 3]]),
        channel_probabilities=np.eye(4)[[[0, 0, 0], [0, 0, 0], [0, 0, 3]]],
    )
    found = by_channel(scored)
    assert list(found) == [Channel.PUBLIC, Channel.ACTION]
    assert (found[Channel.PUBLIC].n, found[Channel.PUBLIC].accuracy) == (2, 0.5)
    assert (found[Channel.ACTION].n, found[Channel.ACTION].accuracy) == (1, 1.0)
    assert by_channel(replace(scored, channel_probabilities=None)) == {}


def test_unseen_actors_are_those_outside_training():
    scored = certain("faa", "ffa", actors=("x", "x", "y"))
    assert unseen_actors(scored, ["x"]).n == 1
    assert unseen_actors(scored, []).n == 3
    assert unseen_actors(scored, ["x", "y"]) is None


def test_actors_apart_are_those_of_one_text_and_target_that_differ():
    # d1 holds favor and none towards t: apart. d2 agrees. d3 differs, but between targets, not between actors.
    scored = certain(
        "fnfffa",
        "ffffff",
        documents=("d1", "d1", "d2", "d2", "d3", "d3"),
        actors=("x", "y", "x", "y", "x", "x"),
        targets=("t", "t", "t", "t", "t", "u"),
    )
    found = actors_apart(scored)
    assert (found.n, found.accuracy) == (2, 0.5)
    assert actors_apart(certain("fa", "fa")) is None
