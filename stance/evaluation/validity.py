"""Whether a score means what it seems to: figures on changed texts, on parts of the examples, and of sureness."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.data.probes import SWAPPED_ACTOR
from stance.evaluation.calibration import brier_score, expected_calibration_error, negative_log_likelihood
from stance.evaluation.example_facts import ExampleFacts
from stance.evaluation.intervals import (
    RESAMPLES,
    Interval,
    changed_differences,
    intervals,
    paired_differences,
    ratio_intervals,
)
from stance.evaluation.risk_coverage import RiskCoverage, risk_coverage
from stance.evaluation.scored import CHANNELS, Scored
from stance.evaluation.slices import slice_score, stances_apart

AS_IT_IS = "as it is"
"""The texts without any change, among the probes."""
SCORES = ("f_avg", "macro_f1")
APART, TOGETHER = "another actor of the text differs", "all actors of the text alike"
SEEN, UNSEEN = "trained on", "not trained on"
STATED, UNSTATED = "a statement is marked", "none is marked"
CHANNEL, ATTRIBUTION = "channel of a statement", "attribution of a statement"
"""Groups of the examples with a statement."""
IN_CHANNEL = "stance in a channel, where known"
_OUTLETS = 12

Answers = Mapping[str, Scored]
"""What one model scored, by probe; under AS_IT_IS the texts as they are."""


@dataclass(frozen=True)
class ProbeScore:
    """One model on the n examples of one probe: scores, and f_avg minus that on the same texts as they are.

    `against` is f_avg minus that of the model which differences are taken to, on the same probe. Both are None where
    there is nothing to compare with.
    """

    model: str
    probe: str
    n: int
    scores: Mapping[str, Interval]
    change: Interval | None = None
    against: Interval | None = None


@dataclass(frozen=True)
class Movement:
    """Where answers go when two actors exchange their names, of the n that were right before: shares that add up to 1.

    `moved` with the text (to what is now said of the actor), `stayed` with the name, or `other`.
    """

    n: int
    moved: Interval
    stayed: Interval
    other: Interval


@dataclass(frozen=True)
class SlicePart:
    """Scores of the n examples that `name` describes, as one of a `group`; f_avg as in SliceScore."""

    group: str
    name: str
    n: int
    f_avg: Interval | None
    macro_f1: Interval
    accuracy: Interval


@dataclass(frozen=True)
class Validity:
    """All figures of `model`'s page, and of those beside it where a figure compares.

    `calibration` holds error, Brier score and log-loss by stage; `classes` the examples and F1 of each class of gold.
    """

    model: str
    reference: str | None
    examples: int
    clusters: int
    probes: Sequence[ProbeScore]
    movements: Mapping[str, Movement]
    classes: Mapping[str, tuple[int, Interval]]
    slices: Sequence[SlicePart]
    calibration: Mapping[str, tuple[float, float, float]]
    risk: RiskCoverage

    def probe(self, name: str, model: str | None = None) -> ProbeScore | None:
        """The scores of one model (None: this one) on one probe."""
        wanted = (model or self.model, name)
        return next((one for one in self.probes if (one.model, one.probe) == wanted), None)

    def part(self, name: str) -> SlicePart | None:
        """The slice that is called so."""
        return next((one for one in self.slices if one.name == name), None)


def validity(
    answers: Mapping[str, Answers],
    model: str,
    *,
    reference: str | None = None,
    uncalibrated: Scored | None = None,
    facts: Sequence[ExampleFacts] | None = None,
    resamples: int = RESAMPLES,
) -> Validity:
    """The figures of `model` among `answers` by model; `reference` is the one that differences are taken to.

    `uncalibrated` is what the model said before its temperature; without it, or without `facts`, their figures are
    left out.
    """
    scored = answers[model][AS_IT_IS]
    known = reference if reference in answers else None
    stages = {"before temperature": uncalibrated, "after temperature": scored}
    found = intervals(scored, resamples=resamples)
    return Validity(
        model=model,
        reference=known,
        examples=len(scored),
        clusters=len(set(scored.clusters)),
        probes=[one for name in answers for one in probe_scores(answers, name, reference=known, resamples=resamples)],
        movements=_movements(answers, resamples),
        classes={
            label: (int((scored.gold == place).sum()), found[f"class/{label}/f1"])
            for place, label in enumerate(scored.label_set.classes)
            if (scored.gold == place).any()
        },
        slices=slice_parts(scored, facts, resamples=resamples),
        calibration={name: _calibration(one) for name, one in stages.items() if one is not None},
        risk=risk_coverage(scored),
    )


def probe_scores(
    answers: Mapping[str, Answers], model: str, *, reference: str | None = None, resamples: int = RESAMPLES
) -> list[ProbeScore]:
    """A line per probe of `model`, the texts as they are first."""
    found = []
    for probe, scored in answers[model].items():
        change = against = None
        if probe != AS_IT_IS:
            change = changed_differences(scored, answers[model][AS_IT_IS], resamples=resamples)["f_avg"]
        if reference is not None and model != reference and probe in answers[reference]:
            against = paired_differences(scored, answers[reference][probe], resamples=resamples)["f_avg"]
        scores = intervals(scored, resamples=resamples)
        kept = {name: scores[name] for name in SCORES}
        found.append(ProbeScore(model, probe, len(scored), kept, change, against))
    return found


def movement(scored: Scored, swapped: Scored, *, resamples: int = RESAMPLES) -> Movement | None:
    """Where answers go whose texts were right before, and whose actor has another's name since, and its gold.

    None where no such answer was right.
    """
    place = {name: number for number, name in enumerate(scored.ids)}
    before = scored.take([place[name] for name in swapped.ids])
    right = before.predicted == before.gold  # [N]
    if not right.any():
        return None
    moved, stayed = swapped.predicted == swapped.gold, swapped.predicted == before.gold
    shares = {"moved": moved, "stayed": stayed, "other": ~(moved | stayed)}
    ratios = {name: (share & right, right) for name, share in shares.items()}
    return Movement(int(right.sum()), **ratio_intervals(swapped.clusters, ratios, resamples=resamples))


def swap_of(answers: Answers, *, resamples: int = RESAMPLES) -> Movement | None:
    """The movement of one model's answers; None too where no names were exchanged."""
    if SWAPPED_ACTOR not in answers:
        return None
    return movement(answers[AS_IT_IS], answers[SWAPPED_ACTOR], resamples=resamples)


def probe_metrics(scores: Sequence[ProbeScore], moved: Movement | None, reference: str | None) -> dict[str, float]:
    """Figures of one model's probes under names for a tracking server, ends of intervals beside them."""
    found: dict[str, float] = {}
    for one in scores:
        name = f"probes/{one.probe.replace(' ', '_')}"
        found[f"{name}_n"] = float(one.n)
        figures: dict[str, Interval | None] = {**one.scores, "f_avg_change": one.change}
        figures[f"f_avg_minus_{reference}"] = one.against
        found |= _with_ends(name, figures)
    if moved is not None:
        found["probes/swapped_actor_right_before"] = float(moved.n)
        shares = {name: getattr(moved, name) for name in ("moved", "stayed", "other")}
        found |= _with_ends("probes/swapped_actor", shares)
    return found


def slice_parts(scored: Scored, facts: Sequence[ExampleFacts] | None, *, resamples: int = RESAMPLES) -> list[SlicePart]:
    """Scores of parts of the examples; without `facts`, those that need none: texts whose actors differ, channels."""
    apart = stances_apart(scored)
    groups: dict[str, list[tuple[str, ...]]] = {"actors of one text": [(APART if one else TOGETHER,) for one in apart]}
    if facts is not None:
        by_id = {one.id: one for one in facts}
        groups |= _groups([by_id[name] for name in scored.ids])
    found = []
    for group, names in groups.items():
        for name in dict.fromkeys(sorted(one for several in names for one in several)):
            mask = [name in several for several in names]
            found.append(_part(group, name, scored.take(np.array(mask)), resamples))
    for channel in CHANNELS:
        part = scored.channel(channel)
        if part is not None:
            found.append(_part(IN_CHANNEL, f"stance in {channel.value}", part, resamples))
    return found


def _groups(facts: Sequence[ExampleFacts]) -> dict[str, list[tuple[str, ...]]]:
    """By group, the parts that each example is in."""
    short, long = np.quantile([one.words for one in facts], [1 / 3, 2 / 3])
    outlets = {name for name, _ in Counter(one.outlet or "unknown" for one in facts).most_common(_OUTLETS)}

    def outlet(one: ExampleFacts) -> str:
        name = one.outlet or "unknown"
        return name if name in outlets else "other outlets"

    def length(one: ExampleFacts) -> str:
        if one.words <= short:
            return f"{short:.0f} words or fewer"
        return f"more than {long:.0f} words" if one.words > long else f"{short + 1:.0f} to {long:.0f} words"

    single: dict[str, Callable[[ExampleFacts], str]] = {
        "actor": lambda one: SEEN if one.seen else UNSEEN,
        "statement": lambda one: STATED if one.channels else UNSTATED,
        "negation": lambda one: "a negating word by the stance" if one.negated else "no negating word",
        "quotation": lambda one: "a quotation mark by the stance" if one.quoted else "no quotation mark",
        "length of the article": length,
        "outlet": outlet,
    }
    groups: dict[str, list[tuple[str, ...]]] = {name: [(of(one),) for one in facts] for name, of in single.items()}
    groups[CHANNEL] = [tuple(f"{name} statement" for name in one.channels) for one in facts]
    groups[ATTRIBUTION] = [tuple(f"{name} words" for name in one.attributions) for one in facts]
    return groups


def _part(group: str, name: str, scored: Scored, resamples: int) -> SlicePart:
    found = intervals(scored, resamples=resamples)
    complete = slice_score(name, scored).f_avg is not None
    return SlicePart(
        group, name, len(scored), found["f_avg"] if complete else None, found["macro_f1"], found["accuracy"]
    )


def _movements(answers: Mapping[str, Answers], resamples: int) -> dict[str, Movement]:
    found = {}
    for model, own in answers.items():
        moved = swap_of(own, resamples=resamples)
        if moved is not None:
            found[model] = moved
    return found


def _calibration(scored: Scored) -> tuple[float, float, float]:
    measures = (expected_calibration_error, brier_score, negative_log_likelihood)
    error, brier, loss = (measure(scored.probabilities, scored.gold) for measure in measures)
    return error, brier, loss


def _with_ends(prefix: str, figures: Mapping[str, Interval | None]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, interval in figures.items():
        if interval is not None:
            found[f"{prefix}_{name}"] = interval.estimate
            if interval.known:
                found |= {f"{prefix}_{name}_low": interval.low, f"{prefix}_{name}_high": interval.high}
    return found
