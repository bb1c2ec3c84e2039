"""What a model cannot do, in plain words: each sentence rests on a figure, and is said only where the figure is so."""

from collections.abc import Iterator, Sequence

from stance.data.probes import MASKED_ACTOR, SWAPPED_ACTOR, TEXT_REMOVED
from stance.evaluation.comparison import with_interval
from stance.evaluation.intervals import Interval
from stance.evaluation.validity import (
    APART,
    AS_IT_IS,
    ATTRIBUTION,
    CHANNEL,
    IN_CHANNEL,
    SEEN,
    STATED,
    TOGETHER,
    UNSEEN,
    UNSTATED,
    ProbeScore,
    SlicePart,
    Validity,
)

FEW = 20
"""Examples below which a part says too little to be spoken of, and clusters below which intervals are too narrow."""
RISKS = (0.1, 0.2)
_CALIBRATED = 0.05
_LISTED = 8


def sentences(found: Validity) -> list[str]:
    """What `found.model` cannot do or cannot be shown to do, what was said of it first by the changed texts."""
    said = [
        *_against_reference(found),
        *_without_text(found),
        *_masked(found),
        *_swapped(found),
        *_unseen(found),
        *_apart(found),
        *_classes(found),
        *_weak_parts(found),
        *_unsure(found),
        *_small(found),
    ]
    return said or ["No figure here shows anything that it cannot do; that is no proof that it can."]


def _against_reference(found: Validity) -> Iterator[str]:
    own = found.probe(AS_IT_IS)
    if own is not None and own.against is not None and not _above(own.against):
        yield (
            f"It cannot be shown to be better than {found.reference}: the difference in f_avg is "
            f"{_signed(own.against)}."
        )


def _without_text(found: Validity) -> Iterator[str]:
    removed = found.probe(TEXT_REMOVED)
    if removed is None or removed.change is None:
        yield "Nobody knows what it says without any text: that was not asked."
    elif not _below(removed.change):
        yield (
            f"It cannot be shown to read: without the article its f_avg changes by {_signed(removed.change)}, to "
            f"{_score(removed)}."
        )
    elif removed.scores["f_avg"].estimate > 0:
        yield (
            f"Not all of its score is reading: with no text at all its f_avg is still {_score(removed)}; the text adds "
            f"{_fall(removed.change)}."
        )


def _masked(found: Validity) -> Iterator[str]:
    masked = found.probe(MASKED_ACTOR)
    if masked is not None and masked.change is not None and _below(masked.change):
        yield (
            f"It does not do without the name: with the asked actor's names masked, its f_avg falls by "
            f"{_fall(masked.change)}, to {_score(masked)}."
        )


def _swapped(found: Validity) -> Iterator[str]:
    moved = found.movements.get(found.model)
    if moved is None:
        if found.probe(SWAPPED_ACTOR) is None:
            yield "Nobody knows whether its answers follow the text or the name: no names were exchanged."
    elif moved.moved.estimate < 1:
        stayed, moved_on = _share(moved.stayed), _share(moved.moved)
        rest = f"more than move with the text ({moved_on})"
        if moved.stayed.estimate <= moved.moved.estimate:
            rest = f"{moved_on} move with the text"
        yield (
            f"It does not always follow the text: where two actors exchange their names, {stayed} of the {moved.n} "
            f"answers that were right stay with the name, {rest}, and {_share(moved.other)} go elsewhere."
        )


def _unseen(found: Validity) -> Iterator[str]:
    unseen, seen = found.part(UNSEEN), found.part(SEEN)
    if unseen is None:
        if seen is not None:
            yield (
                f"Nothing here says how it does on actors that it was not trained on: all {seen.n} tested examples "
                "have an actor that it knows."
            )
    elif seen is None:
        yield f"On actors that it was not trained on, all {unseen.n} examples here, it is right in {_right(unseen)}."
    else:
        yield (
            f"On actors that it was not trained on it is right in {_right(unseen)} of {unseen.n} examples, on others "
            f"in {_right(seen)} of {seen.n}{_overlap(unseen.accuracy, seen.accuracy)}."
        )


def _apart(found: Validity) -> Iterator[str]:
    apart, together = found.part(APART), found.part(TOGETHER)
    if apart is not None and together is not None and apart.accuracy.estimate < together.accuracy.estimate:
        yield (
            f"It does not tell the actors of a text apart reliably: where their stances differ it is right in "
            f"{_right(apart)} of {apart.n} examples, where they are alike in {_right(together)} of {together.n}"
            f"{_overlap(apart.accuracy, together.accuracy)}."
        )


def _classes(found: Validity) -> Iterator[str]:
    label, (count, score) = min(found.classes.items(), key=lambda one: one[1][1].estimate)
    if score.estimate < 1:
        yield f"Of the classes it is worst at {label} ({count} examples): F1 {with_interval(score)}."


def _weak_parts(found: Validity) -> Iterator[str]:
    # The others have sentences of their own, or answer another question.
    apart = (APART, TOGETHER, SEEN, UNSEEN, STATED, UNSTATED)
    parts = [one for one in found.slices if one.name not in apart and one.group != IN_CHANNEL]
    stated = found.part(STATED)
    weak = []
    for one in parts:
        # Who has a statement is on a side, and so harder to be right on.
        whole = stated.accuracy.estimate if stated and one.group in (CHANNEL, ATTRIBUTION) else _accuracy(found)
        if one.n >= FEW and one.accuracy.known and one.accuracy.high < whole:
            # A Latin word behind a name keeps the digits after it from running the name's way.
            right = f"right in {_right(one)} of {one.n}, against {whole:.0%}"
            weak.append((one.accuracy.estimate, f"{one.group}: {one.name} ({right})"))
    if weak:
        named = "; ".join(words for _, words in sorted(weak)[:_LISTED])
        yield (
            f"It is right less often than on the whole on these of {len(parts)} parts, some of which may be chance: "
            f"{named}."
        )


def _unsure(found: Validity) -> Iterator[str]:
    before, after = found.calibration.get("before temperature"), found.calibration["after temperature"]
    if before is not None and after[0] >= before[0]:
        yield f"The temperature mends nothing: calibration error {before[0]:.3f} before, {after[0]:.3f} after."
    if after[0] >= _CALIBRATED:
        yield f"Its probabilities do not mean what they say: they are off by {after[0]:.3f} in the mean."
    for risk in RISKS:
        share = found.risk.coverage_at(risk)
        if share == 0:
            yield f"It cannot err in {risk:.0%} of its answers or fewer, however few of them it gives."
        elif share < 1:
            yield f"To err in no more than {risk:.0%} of its answers it must leave {1 - share:.0%} unanswered."


def _small(found: Validity) -> Iterator[str]:
    few = [one for one in found.slices if one.n < FEW]
    if few:
        names = ", ".join(f"{one.name} (n = {one.n})" for one in few[:_LISTED])
        rest = f" and {len(few) - _LISTED} more" if len(few) > _LISTED else ""
        yield f"Too few examples (under {FEW}) to say anything of: {names}{rest}."
    if found.clusters < FEW:
        yield f"{found.clusters} clusters of documents are few: all intervals here are too narrow."


def _above(interval: Interval) -> bool:
    return interval.known and interval.low > 0


def _below(interval: Interval) -> bool:
    return interval.known and interval.high < 0


def _accuracy(found: Validity) -> float:
    return float(1 - found.risk.risk[-1])


def _score(one: ProbeScore) -> str:
    return with_interval(one.scores["f_avg"])


def _signed(interval: Interval) -> str:
    return with_interval(interval, sign="+")


def _fall(change: Interval) -> str:
    """A change below 0 by its size."""
    return with_interval(Interval(-change.estimate, -change.high, -change.low))


def _share(interval: Interval) -> str:
    ends = f" [{interval.low:.0%}, {interval.high:.0%}]" if interval.known else ""
    return f"{interval.estimate:.0%}{ends}"


def _right(part: SlicePart) -> str:
    return _share(part.accuracy)


def _overlap(one: Interval, other: Interval) -> str:
    apart = one.known and other.known and (one.high < other.low or other.high < one.low)
    return "" if apart else ", which may be chance"


def notes(found: Validity, missing: Sequence[str]) -> list[str]:
    """What the figures mean, and what is `missing`."""
    return [
        f"{found.examples} tested examples in {found.clusters} clusters of near-duplicate documents; brackets are 95 % "
        "intervals by resampling clusters.",
        f"{TEXT_REMOVED}: title and text are empty, so only actor and target are left. {MASKED_ACTOR}: every name of "
        "the asked actor is a neutral word, and the model is not told who is asked about.",
        f"{SWAPPED_ACTOR}: two actors of a text with different stances exchange their names; gold is then what was "
        "said of the other. Moved, stayed and other are shares of the answers that were right before.",
        "An f_avg is left out where gold lacks one of the classes that it averages.",
        *missing,
    ]
