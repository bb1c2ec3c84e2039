"""`stance promote`: a registered network becomes the champion where a paired test says that it is better."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from stance.commands.compare import against
from stance.commands.contenders import clean, open_store
from stance.errors import DataError, TrackingError
from stance.evaluation.comparison import with_interval
from stance.evaluation.intervals import Interval
from stance.evaluation.run_comparison import SCORES, RunComparison
from stance.evaluation.run_report import shown_p
from stance.tracking.finished import DIGEST, FinishedRun, config_of, find_run, manifest_of
from stance.tracking.registry import (
    CHAMPION,
    FORMER,
    MODEL,
    champion,
    log_release,
    network_folder,
    released,
    version_of_run,
)
from stance.tracking.registry import promote as make_champion

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

    from stance.data.splits import Manifest
    from stance.evaluation.scored import Scored

NOT_BETTER = 1


@dataclass(frozen=True)
class Rule:
    """What a challenger must show: the low end of its 95 % interval over the champion in f_avg lies above -margin."""

    margin: float | None = None

    @property
    def bound(self) -> float:
        """Where the interval must lie above."""
        return 0.0 - (self.margin or 0.0)

    def allows(self, difference: Interval) -> bool:
        """Whether the difference shows it; never without an interval."""
        return difference.known and difference.low > self.bound

    def __str__(self) -> str:
        return "better" if self.margin is None else f"no worse than {self.margin:g}"


def promote(word: str, margin: float | None, *, dry_run: bool) -> int:
    """Make the network of the run `word` the champion if `Rule(margin)` allows it; returns 1 where it does not.

    A dry run looks at everything but the release part, says what would happen and changes nothing. Raises StanceError
    for a run that did not finish, registered nothing, or cannot be compared with the champion.
    """
    client = open_store()
    run = find_run(client, word)
    version, holder = _version(client, run), champion(client)
    _say(f"Challenger: {clean(run.name)} (run {run.short}), version {version.version} of {MODEL}.")
    if holder is None:
        _say("There is no champion: it becomes the first.")
        evidence = {**_origin(run, margin), "promotion.rule": "first champion"}
    elif holder.version == version.version:
        _say("It is the champion already.")
        _release(client, run, version, dry_run=dry_run)
        return 0
    else:
        rule = Rule(margin)
        chosen, comparison = against(client, run, holder)
        _show(comparison, chosen.notes, holder, rule)
        if not rule.allows(comparison.pairs[0].differences[SCORES[0]].interval):
            _say("Not promoted; nothing was changed.")
            return NOT_BETTER
        evidence = {**_origin(run, margin), **_evidence(comparison, holder, rule)}
    # Before anything changes, since data that changed refuse it.
    _release(client, run, version, dry_run=dry_run)
    if dry_run:
        _say(f"Dry run: version {version.version} would become {MODEL}@{CHAMPION}. Nothing was changed.")
        return 0
    former = make_champion(client, str(version.version), evidence)
    kept = "" if former is None else f"; version {former} keeps the alias {FORMER}"
    _say(f"Version {version.version} is {MODEL}@{CHAMPION}{kept}.")
    return 0


def _version(client: "MlflowClient", run: FinishedRun) -> "ModelVersion":
    version = version_of_run(client, run.id)
    if version is None:
        raise TrackingError(
            f"Expected a run whose network is a version of {MODEL}, found {run.id} ({clean(run.name)}) without one. "
            "A sweep refits and registers its best; to train and register another of its runs: "
            f"stance train run={run.id} tracking.register=true, then promote the run that this makes."
        )
    return version


def _show(comparison: RunComparison, notes: tuple[str, ...], holder: "ModelVersion", rule: Rule) -> None:
    (pair,) = comparison.pairs
    ours, theirs = comparison.standings[1], comparison.standings[0]
    _say(f"Champion: version {holder.version}, run {str(holder.run_id)[:8]}.")
    for name in SCORES:
        found = pair.differences[name]
        scores = f"{ours.scores[name].estimate:.3f} against {theirs.scores[name].estimate:.3f}"
        _say(f"{name}: {scores}, {with_interval(found.interval, sign='+')}, p = {shown_p(found.p)}")
    _say(
        f"Paired on {ours.n} examples, out of fold: 95 % intervals from {comparison.resamples:,} resamples of "
        f"{comparison.clusters} clusters of documents."
    )
    for note in notes:
        _say(note)
    interval = pair.differences[SCORES[0]].interval
    low = f"{interval.low:+.3f}" if interval.known else "unknown"
    wanted = f"the low end of the {SCORES[0]} interval, {low}, must lie above {rule.bound:g}"
    _say(f"Rule ({rule}): {wanted}. It {'does' if rule.allows(interval) else 'does not'}.")


def _origin(run: FinishedRun, margin: float | None) -> dict[str, str]:
    flag = "" if margin is None else f" --no-worse-than {margin:g}"
    return {
        "promotion.command": f"stance promote {run.id}{flag}",
        "promotion.data_digest": run.tags.get(DIGEST, ""),
    }


def _evidence(comparison: RunComparison, holder: "ModelVersion", rule: Rule) -> Mapping[str, str]:
    found = comparison.pairs[0].differences[SCORES[0]]
    return {
        "promotion.rule": str(rule),
        "promotion.against": f"version {holder.version}, run {holder.run_id}",
        "promotion.f_avg_difference": f"{found.interval.estimate:+.4f}",
        "promotion.f_avg_interval": f"[{found.interval.low:+.4f}, {found.interval.high:+.4f}]",
        "promotion.p": shown_p(found.p),
        "promotion.examples": str(comparison.standings[1].n),
        "promotion.clusters": str(comparison.clusters),
    }


def _release(client: "MlflowClient", run: FinishedRun, version: "ModelVersion", *, dry_run: bool) -> None:
    """Show what the version scores on the release part; score it where nobody has, which happens once."""
    figures = released(version)
    if not figures:
        manifest = manifest_of(client, run)
        if not manifest.release:
            _say("Its split set no release part aside (split.release_share): nothing untouched is left to judge it by.")
            return
        if dry_run:
            _say(f"Its release part of {len(manifest.release)} examples would be scored, once and for all.")
            return
        figures = _figures(_score(client, run, version, manifest))
        log_release(client, version, figures)
    _say(f"Release part ({figures['n']:.0f} untouched examples; shown, decides nothing):")
    for name in SCORES:
        ends = (figures.get(f"{name}_{end}", math.nan) for end in ("low", "high"))
        _say(f"  {name} {with_interval(Interval(figures[name], *ends))}")


def _score(client: "MlflowClient", run: FinishedRun, version: "ModelVersion", manifest: "Manifest") -> "Scored":
    from stance.data.loading import load
    from stance.data.splits import group_documents
    from stance.models.predictor import StancePredictor
    from stance.settings import DataSettings, TargetSettings

    config = config_of(client, run)
    try:
        data, target = DataSettings(**config["data"]), TargetSettings(**config["target"])
    except (KeyError, TypeError) as error:
        raise DataError(f"Expected a configuration of this version of stance in the run {run.id}: {error}") from error
    dataset = load(data, target).dataset
    if dataset.digest != manifest.digest:
        raise DataError(
            f"Expected {data.export} as it was when the run {run.id} was trained (digest {manifest.digest}), found "
            f"digest {dataset.digest}: its release part cannot be told. Put the old file back, or train on the new one."
        )
    untouched = dataset.take(manifest.release)
    predictor = StancePredictor.load(network_folder(client, f"models:/{MODEL}/{version.version}"))
    # No cluster is torn by the release part, so its own documents make the same clusters as all together.
    clusters = dict(group_documents(untouched).clusters)
    return predictor.model.predict(untouched).scored(predictor.name, untouched, clusters)


def _figures(scored: "Scored") -> dict[str, float]:
    from stance.evaluation.intervals import intervals

    found = intervals(scored)
    figures: dict[str, float] = {}
    for name in SCORES:
        figures[name] = found[name].estimate
        if found[name].known:
            figures |= {f"{name}_low": found[name].low, f"{name}_high": found[name].high}
    return {**figures, "n": len(scored)}


def _say(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)
