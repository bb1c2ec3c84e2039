"""What the network remembers of an actor, and when it forgets."""

from types import SimpleNamespace

import torch

from stance.models.memory import ActorMemory, remembered


def batch(*pairs: tuple[str, str]) -> SimpleNamespace:
    actors, targets = zip(*pairs, strict=True)
    return SimpleNamespace(actors=actors, targets=targets, labels=torch.zeros(len(pairs)))


def memory(dropout: float) -> ActorMemory:
    torch.manual_seed(0)
    return ActorMemory(remembered([("b", "t"), ("a", "t"), ("a", "u"), ("a", "t")]), size=4, dropout=dropout)


def test_pairs_are_numbered_without_regard_to_the_order_of_the_data() -> None:
    assert remembered([("b", "t"), ("a", "u"), ("a", "t")]) == [("a", "t"), ("a", "u"), ("b", "t")]


def test_an_unseen_actor_adds_nothing_and_an_unseen_pair_only_the_actor() -> None:
    found = memory(0.3).eval()
    rows = found(batch(("a", "t"), ("c", "t"), ("b", "u")))
    assert rows[1].tolist() == [0, 0, 0, 0]
    # a is actor 1 and (a, t) pair 1; b is actor 2, and (b, u) was never seen
    torch.testing.assert_close(rows[0], found.actor.weight[1] + found.pair.weight[1])
    torch.testing.assert_close(rows[2], found.actor.weight[2])


def test_actors_are_forgotten_in_training_only() -> None:
    found = memory(1.0)
    assert not found.train()(batch(("a", "t"))).any()
    assert found.eval()(batch(("a", "t"))).any()
