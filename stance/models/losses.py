"""What the actor network is told to get right: losses of one label set."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from stance.data.batches import Batch
from stance.data.examples import Dataset
from stance.data.windows import UNKNOWN
from stance.models.network import Outputs
from stance.settings import NetworkSettings

_STATEMENT_WEIGHT = 3.0
"""Weight of a token in a statement over one in none: most of a window is of no actor's saying."""


class StanceLoss(nn.Module):
    """Cross-entropy of the document's stance, plus those per channel, window, sentence and token, each weighted.

    The document's target mixes gold with the annotators' votes: where people disagree, the network should too
    (https://aclanthology.org/2021.naacl-main.204/). Label set and class weights are those of the examples in `train`.
    """

    def __init__(self, train: Dataset, settings: NetworkSettings):
        super().__init__()
        self.label_set, self.settings = train.label_set, settings
        self.class_weights: Tensor
        self.register_buffer("class_weights", _class_weights(train, settings), persistent=False)

    def forward(self, outputs: Outputs, batch: Batch) -> Tensor:
        """The weighted sum."""
        settings = self.settings
        votes = settings.soft_share * batch.soft_labels
        gold = one_hot(batch.labels, len(self.label_set.classes)) * (1 - settings.soft_share)
        total = cross_entropy(outputs.stance.float(), votes + gold, weight=self.class_weights)
        total = total + settings.channel_weight * _known(outputs.channel.flatten(0, 1), batch.channel_labels.flatten())
        # Where a document has one window, its stance and the window's are the same question.
        if len(batch.pair_window) > len(batch):
            pair = _known(outputs.pair, batch.pair_labels, weight=self.class_weights)
            total = total + settings.window_weight * pair
        total = total + settings.link_weight * _linked(outputs.link, batch)
        return total + settings.evidence_weight * self._evidence(outputs, batch)

    def _evidence(self, outputs: Outputs, batch: Batch) -> Tensor:
        """What each sentence shows, and what the marked words in it show where a reader is given them."""
        labels = batch.question_labels
        total = _known(outputs.sentence, labels)
        if outputs.said is None or self.label_set.absent is None:
            return total
        absent = self.label_set.index(self.label_set.absent)
        return total + _known(outputs.said, labels.masked_fill(labels == absent, UNKNOWN))


def _class_weights(dataset: Dataset, settings: NetworkSettings) -> Tensor:
    """The weight of each class, [K], by how rare it is in `dataset`: 1 on average over its examples."""
    counts = torch.bincount(torch.from_numpy(dataset.gold()), minlength=len(dataset.label_set.classes)).float()
    weights = counts.clamp(min=1) ** -(settings.balance_power if settings.balanced else 0.0)
    return weights * (counts.sum() / (weights * counts).sum())


def _known(logits: Tensor, labels: Tensor, **options: Any) -> Tensor:
    """Mean cross-entropy over the labels that somebody gave; 0 where nobody gave any."""
    if not bool((labels != UNKNOWN).any()):
        return logits.sum() * 0.0
    return cross_entropy(logits.float(), labels, ignore_index=UNKNOWN, **options)


def _linked(link: Tensor, batch: Batch) -> Tensor:
    """Mean binary cross-entropy over the text tokens for which it is known whether the actor's statements hold them."""
    known = (batch.statement_tokens != UNKNOWN) & batch.content[batch.pair_window]
    if not bool(known.any()):
        return link.sum() * 0.0
    gold = batch.statement_tokens[known].float()
    return binary_cross_entropy_with_logits(link[known], gold, pos_weight=link.new_tensor(_STATEMENT_WEIGHT))
