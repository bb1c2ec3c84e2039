"""All scores of one model as flat names and numbers, as a tracking server wants them.

MLflow's UI makes a group of charts of everything before the last slash, and lists what has no slash by itself: so the
headlines have none, and every other name one, after one of a few groups. Names hold only what MLflow allows, and no
name is both a metric and the folder of another, which a store that keeps files could not hold.
"""

import math
import re
from collections.abc import Collection

import numpy as np

from stance.evaluation.calibration import brier_score, expected_calibration_error, negative_log_likelihood
from stance.evaluation.intervals import RESAMPLES, TARGET_MEAN, Interval, intervals, paired_differences
from stance.evaluation.metrics import class_scores, confusion, f_avg_target_mean, grouped_confusion
from stance.evaluation.scored import Scored
from stance.evaluation.slices import SliceScore, actors_apart, by_channel, unseen_actors
from stance.labels import LabelSet

HEADLINES = ("f_avg", "macro_f1", "accuracy")


def scorecard(
    scored: Scored,
    *,
    prior: Scored | None,
    training_actors: Collection[str] | None = None,
    resamples: int = RESAMPLES,
) -> dict[str, float]:
    """Every metric of `scored` under its name; what is undefined is left out, so that no value is nan.

    Headlines: `f_avg`, `macro_f1`, `accuracy`, `f_avg_target_mean`, and with `prior`, the actor prior on the same
    examples, `skill`: f_avg minus the prior's. Groups: `calibration/ece|brier|nll`; `channel/<channel>_…` and
    `slice/<slice>_…` with `f_avg`, `macro_f1`, `accuracy` and `n`; `class/<class>_precision|recall|f1`;
    `data/examples|documents|actors|targets|clusters` and `data/gold_<class>`; `interval/<score>_low|high` (95 %). With
    `training_actors`, the slice of unseen actors. Raises DataError where the prior holds other examples.
    """
    estimates = intervals(scored, resamples=resamples)
    card = {name: estimates[name].estimate for name in HEADLINES}
    card |= _class_metrics(scored) | _counts(scored) | _calibration(scored) | _slices(scored, training_actors)
    card |= _interval_metrics({name.replace("/", "_"): found for name, found in _slugged(estimates, scored).items()})
    if prior is not None:
        skill = paired_differences(scored, prior, resamples=resamples)["f_avg"]
        # Among the headlines, since a run's page lists metrics as they came.
        card = {"f_avg": card.pop("f_avg"), "skill": skill.estimate, **card, **_interval_metrics({"skill": skill})}
    return {name: float(value) for name, value in card.items() if math.isfinite(value)}


def slugs(label_set: LabelSet) -> dict[str, str]:
    """An ASCII name for each class: its own letters where MLflow takes them, `class_<index>` where that fails."""
    found: dict[str, str] = {}
    for index, name in enumerate(label_set.classes):
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._-")
        found[name] = slug if slug and slug not in found.values() else f"class_{index}"
    return found


def _slugged(estimates: dict[str, Interval], scored: Scored) -> dict[str, Interval]:
    # A class that neither gold nor the model holds has no F1 to give an interval of.
    seen = set(scored.gold) | set(scored.predicted)
    found = {name: estimates[name] for name in HEADLINES}
    for index, (name, slug) in enumerate(slugs(scored.label_set).items()):
        if index in seen:
            found[f"class/{slug}/f1"] = estimates[f"class/{name}/f1"]
    return found


def _interval_metrics(found: dict[str, Interval]) -> dict[str, float]:
    ends: dict[str, float] = {}
    for name, interval in found.items():
        ends |= {f"interval/{name}_low": interval.low, f"interval/{name}_high": interval.high}
    return ends


def _class_metrics(scored: Scored) -> dict[str, float]:
    matrix = confusion(scored.gold, scored.predicted, len(scored.label_set.classes))
    scores = class_scores(matrix)
    card = {}
    for index, slug in enumerate(slugs(scored.label_set).values()):
        card[f"class/{slug}_precision"] = scores.precision[index] if matrix[:, index].any() else math.nan
        card[f"class/{slug}_recall"] = scores.recall[index] if matrix[index].any() else math.nan
        card[f"class/{slug}_f1"] = scores.f1[index] if matrix[index].any() or matrix[:, index].any() else math.nan
    return card


def _counts(scored: Scored) -> dict[str, float]:
    columns = {name: getattr(scored, name) for name in ("documents", "actors", "targets", "clusters")}
    card: dict[str, float] = {"data/examples": len(scored)}
    card |= {f"data/{name}": len(set(values)) for name, values in columns.items()}
    support = np.bincount(scored.gold, minlength=len(scored.label_set.classes))
    named = zip(slugs(scored.label_set).values(), support, strict=True)
    return card | {f"data/gold_{slug}": count for slug, count in named}


def _calibration(scored: Scored) -> dict[str, float]:
    return {
        "calibration/ece": expected_calibration_error(scored.probabilities, scored.gold),
        "calibration/brier": brier_score(scored.probabilities, scored.gold),
        "calibration/nll": negative_log_likelihood(scored.probabilities, scored.gold),
    }


def _slices(scored: Scored, training_actors: Collection[str] | None) -> dict[str, float]:
    per_target = grouped_confusion(scored.gold, scored.predicted, scored.targets, len(scored.label_set.classes))[1]
    card = {TARGET_MEAN: float(f_avg_target_mean(per_target, scored.label_set))}
    for channel, score in by_channel(scored).items():
        card |= _slice_metrics(f"channel/{channel.value}", score)
    card |= _slice_metrics("slice/actors_apart", actors_apart(scored))
    if training_actors is not None:
        card |= _slice_metrics("slice/unseen_actors", unseen_actors(scored, training_actors))
    return card


def _slice_metrics(prefix: str, score: SliceScore | None) -> dict[str, float]:
    if score is None:
        return {}
    found = {name: getattr(score, name) for name in ("n", *HEADLINES)}
    return {f"{prefix}_{name}": value for name, value in found.items() if value is not None}
