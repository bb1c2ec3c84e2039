"""What a network remembers of an actor beyond the text: its usual side, towards each target."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from stance.data.batches import Batch

UNKNOWN_ACTOR = 0


class ActorMemory(nn.Module):
    """A vector per actor, and one per actor and target; zeros for those that training never saw.

    In training an actor is forgotten with probability `dropout`, so that the rest of the network learns to do without.
    """

    def __init__(self, known: Sequence[tuple[str, str]], size: int, dropout: float):
        super().__init__()
        self.dropout = dropout
        self.actors = {actor: n for n, actor in enumerate(dict.fromkeys(actor for actor, _ in known), start=1)}
        self.pairs = {pair: n for n, pair in enumerate(known, start=1)}
        self.actor = nn.Embedding(len(self.actors) + 1, size, padding_idx=UNKNOWN_ACTOR)
        self.pair = nn.Embedding(len(self.pairs) + 1, size, padding_idx=UNKNOWN_ACTOR)
        for table in (self.actor, self.pair):
            # Small, so that training starts from the text.
            nn.init.normal_(table.weight, std=0.02)
            nn.init.zeros_(table.weight[UNKNOWN_ACTOR])

    def forward(self, batch: Batch) -> Tensor:
        """[E, size]."""
        device = batch.labels.device
        named = list(zip(batch.actors, batch.targets, strict=True))
        actors = torch.tensor([self.actors.get(actor, UNKNOWN_ACTOR) for actor, _ in named], device=device)
        pairs = torch.tensor([self.pairs.get(pair, UNKNOWN_ACTOR) for pair in named], device=device)
        if self.training:
            kept = torch.rand(len(named), device=device) >= self.dropout
            actors, pairs = actors * kept, pairs * kept
        return self.actor(actors) + self.pair(pairs)


def remembered(examples: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The distinct (actor, target) pairs, sorted, so that their numbers do not depend on the order of the data."""
    return sorted(set(examples))
