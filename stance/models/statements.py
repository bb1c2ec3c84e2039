"""From what single sentences say of an actor to the stance that they make together."""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from stance.errors import ConfigurationError
from stance.labels import LabelSet

_FLOOR = 1e-4
"""No class is ruled out: sentences are not as independent as the rule takes them for."""


class StatementReader(nn.Module):
    """Whether a sentence holds a statement of an actor, which side that takes, and through which channel.

    The side is read from the words alone that are linked to the actor, not from who it is.
    """

    def __init__(self, hidden: int, *, sides: int, channels: int, dropout: float):
        super().__init__()
        self.there = nn.Linear(hidden, 1)
        self.linked = nn.Parameter(torch.tensor([0.5, -0.5]))
        self.words = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.Tanh(), nn.Dropout(dropout))
        self.side = nn.Linear(hidden, sides)
        self.channel = nn.Linear(hidden, channels)

    def forward(self, sentence: Tensor, shown: Tensor, strongest: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log-probabilities of a statement [Q], of its sides [Q, S] and of its channels [Q, C].

        `sentence` [Q, H] are the linked words, `shown` [Q, H] what they are to the actor, `strongest` [Q] the log-odds
        of the link that is surest.
        """
        there = self.there(shown).float()[:, 0] + self.linked[0] * strongest + self.linked[1]
        words = self.words(sentence)
        return logsigmoid(there), self.side(words).float().log_softmax(1), self.channel(words).float().log_softmax(1)

    def sides_of(self, words: Tensor) -> Tensor:
        """Logits [R, S] of the sides that `words` [R, H] take, whoever says them."""
        return self.side(self.words(words)).float()


class Derivation(nn.Module):
    """LabelSet.derive over sentences whose classes are only probable, taken for independent of each other.

    No statement makes the absent class; statements of one side make that side; anything else makes the mixed class.
    With P(s, c) the probability that sentence s takes side c, the probability of side c is the product over s of
    P(s, absent) + P(s, c), less that of P(s, absent): a noisy-or for each class. `scale` and `tilt` take the
    independence back.
    """

    def __init__(self, labels: LabelSet):
        super().__init__()
        if labels.absent is None or labels.mixed is None:
            raise ConfigurationError(f"Label set {labels.id!r}: expected an absent and a mixed class to derive.")
        self.absent, self.mixed = labels.index(labels.absent), labels.index(labels.mixed)
        self.scale = nn.Parameter(torch.ones(1))
        self.tilt = nn.Parameter(torch.zeros(len(labels.classes)))

    def classes(self, there: Tensor, sides: Tensor) -> Tensor:
        """Log-probabilities [Q, K] in the set's order; `there` [Q] is the log-probability of a statement, `sides`
        [Q, S] those of its sides.
        """
        return self.placed(sides + there[:, None], torch.log1p(-there.exp().clamp(max=1 - 1e-6)))

    def placed(self, sides: Tensor, absent: Tensor) -> Tensor:
        """Columns [Q, K] in the set's order, of those of the sides [Q, S] and that of the absent class [Q]."""
        columns = sides.unbind(1)
        return torch.stack([*columns[: self.absent], absent, *columns[self.absent :]], 1)

    def forward(self, sentences: Tensor, group: Tensor, groups: int) -> Tensor:
        """Logits [G, K] of the `groups` whose sentences [Q, K], log-probabilities, `group` [Q] tells."""
        together = sentences.new_zeros(groups, sentences.shape[1])
        either = torch.logaddexp(sentences, sentences[:, [self.absent]])
        either[:, self.absent] = sentences[:, self.absent]
        made = together.index_add(0, group, either).exp()  # [G, K]: nothing but this side, or nothing
        nothing = made[:, [self.absent]]
        single = torch.ones_like(made, dtype=torch.bool)
        single[:, [self.absent, self.mixed]] = False
        sides = torch.where(single, made - nothing, 0.0)
        mixed = 1 - nothing[:, 0] - sides.sum(1)
        columns = list(sides.unbind(1))
        columns[self.absent], columns[self.mixed] = nothing[:, 0], mixed
        return self.scale * torch.stack(columns, 1).clamp(min=_FLOOR).log() + self.tilt
