"""Finished runs as the contenders of a comparison: what belongs together, what each is called, what sets them apart."""

import json
import os
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import TrackingError
from stance.evaluation.run_comparison import Contender
from stance.evaluation.trials import Value, label, short_names
from stance.tracking.finished import (
    DIGEST,
    FinishedRun,
    Sweep,
    config_of,
    find_run,
    find_sweep,
    finished,
    scored_of,
)
from stance.tracking.guarding import tracking_errors
from stance.tracking.names import parameter_text
from stance.tracking.starting import search_runs
from stance.tracking.store import DEFAULT_URI, connect

if TYPE_CHECKING:
    from mlflow import MlflowClient

# The groups of the configuration that shape what is learned; seeds, names and places do not.
_SHAPING = ("data", "split", "target", "model", "encoder", "trainer", "sources")
# What sources held when they were read.
_FOUND_OUT = re.compile(r"sources\.[^.]+\.digest")
_FILES = ("data.export", "data.actors", "target.registry")
MODEL, SEED = "stance.model", "stance.seed"
OTHER_SEEDS = "Not every configuration has the same seeds: means over seeds are compared with that."
_SQLITE = "sqlite:///"
_SAID = {
    MODEL: "Model",
    "stance.split": "Split",
    "stance.precision": "Precision",
    "stance.threads": "Number of threads",
    "stance.code_version": "Code version",
    "stance.host": "Machine",
}
"""Tags whose difference is said, since it may explain the figures, and refuses nothing."""


@dataclass(frozen=True)
class Field:
    """Contenders, the reference first, with the runs behind each, and what should be said under their table."""

    title: str
    contenders: tuple[Contender, ...]
    runs: tuple[tuple[FinishedRun, ...], ...]
    notes: tuple[str, ...]

    @property
    def first(self) -> FinishedRun:
        """The first run of the reference."""
        return self.runs[0][0]


def open_store() -> "MlflowClient":
    """A client of the store MLFLOW_TRACKING_URI names, else of the one in this folder; TrackingError without one."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    path = Path(uri.removeprefix(_SQLITE)).expanduser()
    # To connect would make an empty one.
    if uri.startswith(_SQLITE) and not path.exists():
        raise TrackingError(
            f"Expected runs in {path}, found no such file in {Path.cwd()}. Go to the folder that was trained in, or "
            "set MLFLOW_TRACKING_URI."
        )
    return connect(uri)


def choose(client: "MlflowClient", words: Sequence[str]) -> Field:
    """The runs that `words` name, the first as the reference; of the trials of one sweep the best is the reference.

    Raises StanceError where a run cannot be found or is on other data.
    """
    if len(words) > 1:
        return field(client, [find_run(client, word) for word in words])
    sweep = find_sweep(client, words[0])
    if sweep is None:
        raise TrackingError(
            f"Expected two runs or more, or a sweep, found the single run {words[0]}. Name another one."
        )
    return _sweep_field(client, sweep)


def field(client: "MlflowClient", runs: Sequence[FinishedRun]) -> Field:
    """Runs as they are, a contender each; raises StanceError for a run named twice and for other data."""
    twice = [run_id for run_id, count in Counter(run.id for run in runs).items() if count > 1]
    if twice:
        raise TrackingError(f"Expected different runs, found {twice[0]} twice.")
    names = _distinct(runs)
    contenders = [Contender(name, (scored_of(client, run),)) for name, run in zip(names, runs, strict=True)]
    groups = tuple((run,) for run in runs)
    _check_digests(contenders, groups)
    rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
    notes = _differing(names, groups, {**_SAID, SEED: "Seed"})
    return Field(f"compare {names[0]} vs {names[1]}{rest}", tuple(contenders), groups, tuple(notes))


def champion_field(client: "MlflowClient", challenger: FinishedRun, version: str, run: FinishedRun) -> Field:
    """The champion, `version` from `run`, as the reference, and a challenger.

    Data grow, and the champion's run is then on other data than the challenger's: the latest run of the champion's
    configuration on the challenger's data stands in for it. Raises TrackingError where there is none.
    """
    notes = []
    if run.tags.get(DIGEST) != challenger.tags.get(DIGEST):
        stand_in = _stand_in(client, run, challenger)
        if stand_in is None:
            raise TrackingError(
                f"Expected the champion and {clean(challenger.name)} on the same data, found digests "
                f"{run.tags.get(DIGEST)} and {challenger.tags.get(DIGEST)}, and no finished run of the champion's "
                f"configuration on the latter. Train one: {command_of(run, data=challenger)}"
            )
        notes.append(f"The champion was trained on other data; run {stand_in.short} of its configuration stands in.")
        run = stand_in
    groups = ((run,), (challenger,))
    names = (f"the champion (version {version}, run {run.short})", f"{clean(challenger.name)} ({challenger.short})")
    contenders = [Contender(name, (scored_of(client, one),)) for name, (one,) in zip(names, groups, strict=True)]
    _check_digests(contenders, groups)
    notes += _differing(names, groups, _SAID)
    return Field(f"compare {names[0]} vs {names[1]}", tuple(contenders), groups, tuple(notes))


def command_of(run: FinishedRun, *, data: FinishedRun) -> str:
    """The command that trains the configuration of `run` on the files that the run `data` read, as they are now."""
    kept = recipe(run) | {key: data.params[key] for key in _FILES if key in data.params}
    if SEED in run.tags:
        kept["seed"] = run.tags[SEED]
    model = kept.pop("model.name", run.tags.get(MODEL, ""))
    sources = dict.fromkeys(key.split(".")[1] for key in kept if key.startswith("sources."))
    chosen = [f"model={model}", *([f"sources=[{','.join(sources)}]"] if sources else [])]
    # What they held is no setting, but found out.
    overrides = [*chosen, *(f"{key}={value}" for key, value in kept.items() if not _FOUND_OUT.fullmatch(key))]
    return shlex.join(["stance", "train", *overrides])


def clean(name: str) -> str:
    """A name on one line, without what would steer a terminal."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in name)
    return " ".join(kept.split()) or "unnamed"


def _sweep_field(client: "MlflowClient", sweep: Sweep) -> Field:
    groups: dict[tuple, dict[str, FinishedRun]] = {}
    for run in sweep.runs:
        # The same seed again is no other draw; the later run stands for both.
        groups.setdefault(tuple(sorted(_shape(run).items())), {})[run.tags.get(SEED, run.id)] = run
    runs = [tuple(group.values()) for group in groups.values()]
    contenders = [
        Contender(name, tuple(scored_of(client, run) for run in group))
        for name, group in zip(settings_apart(client, [group[0] for group in runs]), runs, strict=True)
    ]
    _check_digests(contenders, runs)
    order = sorted(range(len(runs)), key=lambda place: -contenders[place].f_avg)
    ranked = tuple(contenders[place] for place in order)
    by_rank = tuple(runs[place] for place in order)
    notes = _sweep_notes(sweep, by_rank) + _differing([one.name for one in ranked], by_rank, _SAID)
    return Field(f"compare sweep {clean(sweep.name)}", ranked, by_rank, tuple(notes))


def _sweep_notes(sweep: Sweep, runs: Sequence[Sequence[FinishedRun]]) -> list[str]:
    notes = []
    if sweep.unfinished:
        counted = ", ".join(f"{count} {status}" for status, count in sorted(sweep.unfinished.items()))
        notes.append(f"Left out of {len(sweep.runs) + sum(sweep.unfinished.values())} trials: {counted}.")
    if len(runs) > 1:
        notes.append(
            f"The best of {len(runs)} was chosen on these very examples, so its score is optimistic and so are the "
            "comparisons with it; another seed or the release part is an independent word."
        )
    if len({tuple(sorted(run.tags.get(SEED, "") for run in group)) for group in runs}) > 1:
        notes.append(OTHER_SEEDS)
    return notes


def _check_digests(contenders: Sequence[Contender], runs: Sequence[Sequence[FinishedRun]]) -> None:
    """Raise with what differs and what to do, unless all runs are on the same data."""
    first, reference = runs[0][0], contenders[0]
    for contender, group in zip(contenders, runs, strict=True):
        for run, part in zip(group, contender.parts, strict=True):
            ours, theirs = run.tags.get(DIGEST, "none"), first.tags.get(DIGEST, "none")
            if ours == theirs:
                continue
            shared = len(set(part.ids) & set(reference.parts[0].ids))
            raise TrackingError(
                f"{reference.name!r} ({first.short}) and {contender.name!r} ({run.short}) cannot be compared: expected "
                f"one data set, found the digests {theirs} and {ours} ({len(reference.parts[0])} and {len(part)} "
                f"examples, {shared} of the same id). Train the first on the second's data: "
                f"{command_of(first, data=run)}"
            )


def _stand_in(client: "MlflowClient", run: FinishedRun, challenger: FinishedRun) -> FinishedRun | None:
    tags = {DIGEST: challenger.tags.get(DIGEST, ""), **{tag: run.tags.get(tag, "") for tag in (MODEL, SEED)}}
    wanted = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
    with tracking_errors("runs that can be searched"):
        for found in search_runs(client, f"attributes.status = 'FINISHED' and {wanted}"):
            candidate = finished(found)
            if recipe(candidate) == recipe(run):
                return candidate
    return None


def _shape(run: FinishedRun) -> dict[str, str]:
    """The parameters that shape what is learned, without the seed."""
    return {key: value for key, value in run.params.items() if key.partition(".")[0] in _SHAPING}


def recipe(run: FinishedRun) -> dict[str, str]:
    """The parameters that shape what is learned, without the files it read, which may have been moved, or grown."""
    return {key: value for key, value in _shape(run).items() if key not in _FILES}


def settings_apart(client: "MlflowClient", runs: Sequence[FinishedRun]) -> list[str]:
    """What sets runs apart, a text for each, as `C=0.3 balanced=false`; the model where nothing does."""
    shapes = [_shape(run) for run in runs]
    keys = sorted({key for shape in shapes for key in shape if len({other.get(key) for other in shapes}) > 1})
    names = short_names(keys)
    told = []
    for run, shape in zip(runs, shapes, strict=True):
        # A value that is the usual one is no parameter of the run.
        usual = config_of(client, run) if set(keys) - set(shape) else {}
        values = {key: shape.get(key) or _usual(usual, key) for key in keys}
        words = label({key: _value(text) for key, text in values.items() if text is not None}, names)
        told.append(clean(words or run.tags.get(MODEL, run.name)))
    return told


def _value(text: str) -> Value:
    """The value that a parameter's text stands for: 1.0 and not "1.0", so that it is shown as sweeps show it."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | None) else text


def _usual(config: dict[str, Any], key: str) -> str | None:
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return None if value is None else parameter_text(value)


def _distinct(runs: Sequence[FinishedRun]) -> list[str]:
    names = [clean(run.name) for run in runs]
    return [name if names.count(name) == 1 else f"{name} ({run.short})" for name, run in zip(names, runs, strict=True)]


def _differing(names: Iterable[str], runs: Sequence[Sequence[FinishedRun]], said: dict[str, str]) -> list[str]:
    """A sentence for each tag whose value is not the same in all runs that have it."""
    notes = []
    for tag, word in said.items():
        holders: dict[str, dict[str, None]] = {}
        for name, group in zip(names, runs, strict=True):
            for run in group:
                if tag in run.tags:
                    holders.setdefault(clean(run.tags[tag]), {})[name] = None
        if len(holders) > 1:
            values = "; ".join(f"{value} ({_several(list(who))})" for value, who in holders.items())
            notes.append(f"{word} differs: {values}.")
    return notes


def _several(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
