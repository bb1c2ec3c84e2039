"""A model against a person's own gold, from the page to the stance: what went right at each step, and why not.

A (document, actor, target) of gold is right where its document was cut right, its actor found, and the stance is
gold's. What is not has one cause, the first on the way from the page to the stance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stance.evaluation.intervals import RESAMPLES, Interval, intervals, ratio_intervals
from stance.evaluation.page_matching import Cut
from stance.evaluation.scorecard import slugs
from stance.evaluation.scored import Scored
from stance.evaluation.span_scores import Span, count_spans
from stance.labels import AUTHOR, Channel, LabelSet

Mentions = Mapping[str, Sequence[Span]]
Labels = tuple[str | None, ...]
"""A label per channel, in Channel's order; None where nothing is known."""


class Cause(StrEnum):
    """Why something is not right, in the order in which causes are looked for."""

    PAGE = "page split wrong"
    OTHER = "wrong actor"
    MISSED = "actor missed"
    ABSTAINED = "abstained"
    STANCE = "stance wrong"
    INVENTED = "actor invented"


@dataclass(frozen=True)
class Settled:
    """What gold says of one actor towards one target; `sentence` shows it."""

    actor: str
    target: str
    label: str
    channels: Labels
    sentence: str


@dataclass(frozen=True)
class GoldDocument:
    """A document of gold: every actor that was marked in it, and the stances that are settled.

    `target` is its default one; `cluster` names its group of near-duplicates.
    """

    document_id: str
    cluster: str
    target: str | None
    mentions: Mentions
    settled: tuple[Settled, ...]


@dataclass(frozen=True)
class Answer:
    """What the model says of one actor towards one target, and the sentence that names the actor first."""

    label: str
    abstained: bool
    channels: Labels
    sentence: str


@dataclass(frozen=True)
class Outcome:
    """What was made of a document of gold.

    `mentions` are found in gold's text. `cut` is None where no page was given, and gold's text is what was read.
    `answers` are about what was read, for the actors found there, and for AUTHOR where gold asks for it.
    """

    mentions: Mentions
    answers: Mapping[tuple[str, str], Answer]
    cut: Cut | None = None

    @property
    def cut_right(self) -> bool:
        """Whether the text that was read is gold's."""
        return self.cut is None or self.cut.boundaries


@dataclass(frozen=True)
class Verdict:
    """One (document, actor, target), right where `cause` is None.

    `gold` is None for an actor that nobody marked, `found` where the model gave no stance; `other` is the actor that
    was found in the place of gold's. `channels` says of each channel with a stance in gold whether it is right.
    """

    document_id: str
    cluster: str
    actor: str
    target: str
    gold: str | None
    found: str | None
    cause: Cause | None
    sentence: str
    channels: Mapping[Channel, bool]
    other: str | None = None


def judge(gold: GoldDocument, outcome: Outcome, *, absent: str | None) -> list[Verdict]:
    """A verdict on each settled stance of `gold`, then one on each actor found that gold does not mark.

    A channel counts where its label in gold is known and not `absent`, the class that says nothing. Actors found in a
    text that is not gold's are not said to be invented.
    """
    verdicts = [_verdict(gold, outcome, settled, absent) for settled in gold.settled]
    replaced = {verdict.other for verdict in verdicts}
    if not outcome.cut_right:
        return verdicts
    for (actor, target), answer in outcome.answers.items():
        if target == gold.target and actor not in gold.mentions and actor not in replaced and actor != AUTHOR:
            verdicts.append(
                Verdict(
                    *(gold.document_id, gold.cluster, actor, target, None, answer.label),
                    cause=Cause.INVENTED,
                    sentence=answer.sentence,
                    channels={},
                )
            )
    return verdicts


def _verdict(gold: GoldDocument, outcome: Outcome, settled: Settled, absent: str | None) -> Verdict:
    answer = outcome.answers.get((settled.actor, settled.target))
    other = _instead(gold, outcome, settled.actor) if answer is None else None
    cause = None
    if not outcome.cut_right:
        cause = Cause.PAGE
    elif answer is None:
        cause = Cause.MISSED if other is None else Cause.OTHER
    elif answer.abstained:
        cause = Cause.ABSTAINED
    elif answer.label != settled.label:
        cause = Cause.STANCE
    read = answer is not None and cause in (None, Cause.STANCE)
    return Verdict(
        *(gold.document_id, gold.cluster, settled.actor, settled.target, settled.label),
        found=None if answer is None or answer.abstained else answer.label,
        cause=cause,
        sentence=settled.sentence,
        channels={
            channel: read and answer is not None and answer.channels[place] == label
            for place, (channel, label) in enumerate(zip(Channel, settled.channels, strict=True))
            if label is not None and label != absent
        },
        other=other if cause is Cause.OTHER else None,
    )


def _instead(gold: GoldDocument, outcome: Outcome, actor: str) -> str | None:
    """The actor, unknown to gold, that was found where gold has a mention of `actor`."""
    for start, end in gold.mentions.get(actor, ()):
        for other, spans in outcome.mentions.items():
            if other not in gold.mentions and any(a < end and b > start for a, b in spans):
                return other
    return None


def end_to_end_scores(
    verdicts: Sequence[Verdict], label_set: LabelSet, *, resamples: int = RESAMPLES
) -> dict[str, Interval]:
    """`recall`, the share of gold's stances that are right; `precision`, of those that the model gave; `f1` of both.

    Beside them the recall of each class (`class_<slug>`) and of each channel (`channel_<channel>`).
    """
    right = np.array([one.cause is None for one in verdicts])
    asked = np.array([one.gold is not None for one in verdicts])
    given = np.array([one.found is not None or one.other is not None for one in verdicts])
    ratios = {"recall": (right, asked), "precision": (right, given), "f1": (2 * right, asked + 1 * given)}
    for name, slug in slugs(label_set).items():
        of_class = np.array([one.gold == name for one in verdicts])
        ratios[f"class_{slug}"] = (right & of_class, of_class)
    for channel in Channel:
        ratios[f"channel_{channel.value}"] = (
            np.array([one.channels.get(channel, False) for one in verdicts]),
            np.array([channel in one.channels for one in verdicts]),
        )
    return ratio_intervals([one.cluster for one in verdicts], ratios, resamples=resamples)


def cut_scores(cuts: Sequence[Cut], clusters: Sequence[str], *, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """The share of documents with the right `boundaries`, `title` and `published`, and with `all` that gold knows.

    Title and date count where gold has them.
    """
    ratios: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "boundaries": (np.array([cut.boundaries for cut in cuts]), np.ones(len(cuts)))
    }
    for name in ("title", "published"):
        said = [getattr(cut, name) for cut in cuts]
        ratios[name] = (np.array([one is True for one in said]), np.array([one is not None for one in said]))
    ratios["all"] = (np.array([cut.whole for cut in cuts]), np.ones(len(cuts)))
    return ratio_intervals(clusters, ratios, resamples=resamples)


def finder_scores(
    gold: Sequence[GoldDocument], outcomes: Sequence[Outcome], *, resamples: int = RESAMPLES
) -> dict[str, Interval]:
    """`actor_precision|recall|f1` of (document, actor), and `mention_…` of the mentions, all found in gold's texts.

    A mention is found where one of the same actor shares a character with it, each counted once.
    """
    counts: dict[str, list[tuple[int, int, int]]] = {"actor": [], "mention": []}
    for one, outcome in zip(gold, outcomes, strict=True):
        marked, found = set(one.mentions) - {AUTHOR}, set(outcome.mentions)
        counts["actor"].append((len(marked & found), len(marked), len(found)))
        spans = [
            count_spans(
                dict.fromkeys(one.mentions.get(actor, ()), True), list(outcome.mentions.get(actor, ())), exact=False
            )
            for actor in marked | found
        ]
        hits = sum(span.found_seen for span in spans)
        missed, spurious = sum(span.missed_seen for span in spans), sum(span.spurious for span in spans)
        counts["mention"].append((hits, hits + missed, hits + spurious))
    ratios = {}
    for name, rows in counts.items():
        hit, marked_ones, found_ones = np.array(rows, dtype=float).reshape(-1, 3).T
        ratios[f"{name}_precision"] = (hit, found_ones)
        ratios[f"{name}_recall"] = (hit, marked_ones)
        ratios[f"{name}_f1"] = (2 * hit, marked_ones + found_ones)
    return ratio_intervals([one.cluster for one in gold], ratios, resamples=resamples)


def stance_scores(scored: Scored, abstained: np.ndarray, *, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """`f_avg`, `macro_f1` and `accuracy` of gold's actors, `class_<slug>_f1`, and `channel_<channel>_accuracy`.

    Of a channel those count whose gold says something in it. `abstained` [N] says where the model gave no stance: then
    their share is there too, and the accuracy of the others (`accuracy_answered`). All else asks what is likeliest.
    """
    found = intervals(scored, resamples=resamples)
    present = set(scored.gold) | set(scored.predicted)
    scores = {name: found[name] for name in ("f_avg", "macro_f1", "accuracy")}
    for place, (name, slug) in enumerate(slugs(scored.label_set).items()):
        if place in present:
            scores[f"class_{slug}_f1"] = found[f"class/{name}/f1"]
    for channel in Channel:
        part = scored.channel(channel)
        # Most actors say nothing in most channels: those that do are what is asked for.
        said = None if part is None else _without_absent(part)
        if said is not None:
            scores[f"channel_{channel.value}_accuracy"] = intervals(said, resamples=resamples)["accuracy"]
    if abstained.any():
        right = scored.gold == scored.predicted
        kept = {"abstained": (abstained, np.ones(len(scored))), "accuracy_answered": (right & ~abstained, ~abstained)}
        scores |= ratio_intervals(scored.clusters, kept, resamples=resamples)
    return scores


def _without_absent(part: Scored) -> Scored | None:
    absent = part.label_set.absent
    said = np.ones(len(part), bool) if absent is None else part.gold != part.label_set.index(absent)
    return part.take(said) if said.any() else None
