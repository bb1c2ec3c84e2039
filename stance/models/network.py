"""The actor network: a window is read once and serves every actor in it."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stance.data.batches import Batch
from stance.errors import ConfigurationError
from stance.labels import Channel, LabelSet
from stance.models.encoder import attend
from stance.models.links import NOWHERE, StatementLinks
from stance.models.memory import ActorMemory
from stance.models.pooling import masked_mean, pool, weighted_sum
from stance.models.statements import Derivation, StatementReader
from stance.models.wording import Wording

POOLINGS = ("mean", "max")
_CHANNEL_SHARPNESS = 2.0
"""Takes back how little a regularised regression dares to say."""


class Outputs(NamedTuple):
    """Logits. E examples, P (window, example) pairs, Q (pair, sentence) questions, K classes, C channels."""

    stance: Tensor
    """[E, K], over all windows of the document."""
    channel: Tensor
    """[E, C, K], the stance per channel."""
    pair: Tensor
    """[P, K], in one window."""
    sentence: Tensor
    """[Q, K], in one sentence: the evidence."""
    link: Tensor
    """[P, T], whether a token is part of what the actor says or does."""
    said: Tensor | None = None
    """[Q, K], the side of the words that annotators marked in a sentence; only in training, and only where the label
    is made of statements. The absent class has no chance.
    """


class ActorNetwork(nn.Module):
    """Encoder, links from words to actors, and what the words that are linked to an actor make of the target.

    `frozen` maps tokens [W, T] and attention [W, T] to states [W, T, H], which `encoder` takes as `inputs_embeds`.
    `memory`, where one is put there, adds what is known of an actor beyond the text, in label sets that are not made
    of statements. `wording` and `channel_wording`, where they are put there, have their word whenever nothing is
    trained: the first on the sides of statements, with the weight `wording_weight` beside the network's reading; the
    second alone on the channels, which stand mostly beside a statement ("behind closed doors"), where no link leads.

    An actor's vector in a window is the mean of its mentions' token vectors beside the mean of the window's text
    tokens, which targeted stance models found to carry the actor (https://aclanthology.org/2021.eacl-main.142/);
    an actor named nowhere has the window's mean twice. In each sentence the words that are linked to the actor
    (StatementLinks) are read on their own. Where a label is made of statements, the stance of a document is derived
    from its sentences by the rule that made the label (Derivation), and nothing goes by who the actor is. In other
    label sets the actor's vector and the maximum over its sentences decide, pooled over windows by `pooling`.
    """

    def __init__(
        self,
        frozen: Callable[[Tensor, Tensor], Tensor],
        encoder: nn.Module,
        labels: LabelSet,
        *,
        pooling: str,
        dropout: float,
        wording_weight: float = 0.0,
    ):
        super().__init__()
        if pooling not in POOLINGS:
            raise ConfigurationError(f"Expected model.pooling among {', '.join(POOLINGS)}, found {pooling!r}.")
        hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        # Not a submodule: what is frozen is no part of the weights.
        self.frozen = frozen
        self.encoder = encoder
        self.hidden, self.classes, self.pooling = hidden, len(labels.classes), pooling
        self.wording_weight = wording_weight
        self.memory: ActorMemory | None = None
        self.wording: Wording | None = None
        self.channel_wording: Wording | None = None
        self.links = StatementLinks(hidden)
        self.evidence = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(3 * hidden + 1, hidden), nn.Tanh(), nn.Dropout(dropout)
        )
        self.derivation: Derivation | None = None
        if labels.absent is not None and labels.mixed is not None:
            self.derivation = Derivation(labels)
            self.statements = StatementReader(hidden, sides=len(labels.sides), channels=len(Channel), dropout=dropout)
        else:
            self.joint = nn.Sequential(
                nn.Dropout(dropout), nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Dropout(dropout)
            )
            self.stance = nn.Linear(hidden, self.classes)
            self.channel = nn.Linear(hidden, len(Channel) * self.classes)
            self.sentence = nn.Linear(hidden, self.classes)

    def forward(self, batch: Batch) -> Outputs:
        """Logits of every example, pair and question in `batch`."""
        return self.answer(self.read(batch.tokens, batch.attention), batch)

    def read(self, tokens: Tensor, attention: Tensor) -> Tensor:
        """States [W, T, H] of windows `tokens` [W, T], of which `attention` [W, T] tells what is no padding."""
        attend(self.encoder, training=self.training)
        return self.encoder(
            inputs_embeds=self.frozen(tokens, attention), attention_mask=attention.long()
        ).last_hidden_state

    def answer(self, states: Tensor, batch: Batch) -> Outputs:
        """Logits of every example, pair and question in `batch`, whose windows have the `states` [W, T, H]."""
        context = masked_mean(states, batch.pair_window, batch.content[batch.pair_window])  # [P, H]
        named = batch.mentions.any(1, keepdim=True)
        mention = torch.where(named, masked_mean(states, batch.pair_window, batch.mentions), context)  # [P, H]
        link = self.links(states, batch)  # [P, T]
        sentence, strongest = self._linked_words(states, link, batch)  # [Q, H], [Q]
        actor = mention[batch.question_pair]  # [Q, H]
        surest = strongest[:, None].to(sentence.dtype)
        shown = self.evidence(torch.cat([sentence, actor, sentence * actor, surest], 1))  # [Q, H]
        if self.derivation is not None:
            return self._derived(self.derivation, states, link, (sentence, shown, strongest), batch)
        return self._decided(torch.cat([mention, context], 1), shown, link, batch)

    def _linked_words(self, states: Tensor, link: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """The words of each sentence by how they are linked to the actor, [Q, H], and the surest link's logit, [Q]."""
        tokens = batch.sentence_tokens[batch.question_sentence]  # [Q, T]
        scores = link[batch.question_pair].float().masked_fill(~tokens, NOWHERE)  # [Q, T]
        share = torch.where(tokens, scores.softmax(1), 0.0)
        sentence = weighted_sum(states, batch.sentence_window[batch.question_sentence], share)
        return sentence, scores.amax(1).clamp(min=-10.0)

    def _derived(
        self,
        rule: Derivation,
        states: Tensor,
        link: Tensor,
        read: tuple[Tensor, Tensor, Tensor],
        batch: Batch,
    ) -> Outputs:
        """What the statements in the sentences make together."""
        there, sides, channels = self.statements(*read)
        # It has learned its statements by heart: with it, training would find nothing left to learn.
        if self.wording is not None and not self.training:
            sides = (sides + self.wording_weight * self.wording(link, batch)).log_softmax(1)
        if self.channel_wording is not None and not self.training:
            whole = self.channel_wording(torch.zeros_like(link), batch)
            channels = (_CHANNEL_SHARPNESS * whole).log_softmax(1)
        sentence = rule.classes(there, sides)  # [Q, K]
        example = batch.pair_example[batch.question_pair]  # [Q]
        channel = [rule(rule.classes(there + one, sides), example, len(batch)) for one in channels.unbind(1)]
        return Outputs(
            stance=rule(sentence, example, len(batch)),
            channel=torch.stack(channel, 1),
            pair=rule(sentence, batch.question_pair, len(link)),
            sentence=sentence,
            link=link,
            said=self._said(rule, states, batch) if self.training else None,
        )

    def _said(self, rule: Derivation, states: Tensor, batch: Batch) -> Tensor:
        marked = (batch.statement_tokens[batch.question_pair] == 1) & batch.sentence_tokens[batch.question_sentence]
        words = masked_mean(states, batch.sentence_window[batch.question_sentence], marked)  # [Q, H]
        sides = self.statements.sides_of(words)
        return rule.placed(sides, sides.new_full((len(words),), NOWHERE))

    def _decided(self, actor: Tensor, shown: Tensor, link: Tensor, batch: Batch) -> Outputs:
        """What an actor's vectors [P, 2H] and its sentences make of the target."""
        joint = self.joint(actor)  # [P, H]
        joint = joint + pool(shown, batch.question_pair, len(joint), "max")
        if self.memory is not None:
            joint = joint + self.memory(batch)[batch.pair_example]
        document = pool(joint, batch.pair_example, len(batch), self.pooling)  # [E, H]
        return Outputs(
            stance=self.stance(document),
            channel=self.channel(document).view(len(batch), -1, self.classes),
            pair=self.stance(joint),
            sentence=self.sentence(shown),
            link=link,
        )
