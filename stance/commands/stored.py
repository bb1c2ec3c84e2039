"""Predictions as files beside an experiment, ids and labels and no text: written from runs, read to be compared."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stance.commands.contenders import MODEL, OTHER_SEEDS, SEED, Field, clean, recipe, settings_apart
from stance.commands.writing import writing
from stance.errors import ConfigurationError, DataError, TrackingError
from stance.evaluation.comparison import REFERENCE
from stance.evaluation.run_comparison import Contender
from stance.evaluation.scored import Scored, average
from stance.evaluation.scored_file import read_scored, shortened, write_scored

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.finished import FinishedRun

_ENDING = ".parquet"
_SEEDED = re.compile(r"(.+)-seed-(\w+)")
_NOT_IN_NAMES = re.compile(r"[^\w.=,+-]+")


def are_files(words: Sequence[str]) -> bool:
    """Whether `words` name files, or folders of them, and not runs; raises ConfigurationError where they name both."""
    files = [word for word in words if word.endswith(_ENDING) or Path(word).is_dir() or len(Path(word).parts) > 1]
    runs = [word for word in words if word not in files]
    if files and runs:
        raise ConfigurationError(
            f"Expected runs, or files of predictions, found both: {', '.join(runs)} and {', '.join(files)}. Keep the "
            "runs' predictions as files too (stance compare RUN RUN --keep FOLDER), and compare the files."
        )
    return bool(files)


def read_contenders(words: Iterable[str]) -> tuple[list[Contender], list[str]]:
    """The models whose predictions lie in the files or folders that `words` name, and what is said under their table.

    The first is the reference; of a folder `tfidf_logreg` comes first, where it is there, then all by name. Files that
    are named `<model>-seed-<seed>` are seeds of one model. Raises DataError for what is missing, no such file, or
    there twice.
    """
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in _paths(words):
        model, seed = _model_and_seed(path)
        seeds = groups.setdefault((path.parent, model), {})
        seeds[seed] = path
        if len(seeds) > 1 and "" in seeds:
            both = " and ".join(map(str, seeds.values()))
            raise DataError(
                f"Expected {model} as one file, or as one for each seed, found {both}. Remove one, or rename it."
            )
    named = Counter(model for _, model in groups)
    contenders = [
        Contender(clean(model if named[model] == 1 else str(folder / model)), tuple(map(read_scored, seeds.values())))
        for (folder, model), seeds in groups.items()
    ]
    return contenders, [OTHER_SEEDS] if len({frozenset(seeds) for seeds in groups.values()}) > 1 else []


def kept_files(client: "MlflowClient", chosen: Field) -> dict[str, Scored]:
    """What each run of `chosen` scored, as it is to be kept, by the name of its file.

    That is `<model>.parquet`, `<model>-seed-<seed>.parquet` of models with several seeds, with the settings after the
    model's name where several differ in more than the seed. All tables of a comparison, over seeds too, come out the
    same: they are made from answers, and what is shortened answers alike. Raises TrackingError for two runs of one
    name.
    """
    parts = {
        run.id: part
        for contender, group in zip(chosen.contenders, chosen.runs, strict=True)
        for run, part in zip(group, contender.parts, strict=True)
    }
    files: dict[str, Scored] = {}
    for name, runs in _by_model(client, [run for group in chosen.runs for run in group]).items():
        for run, part in zip(runs, _short([parts[run.id] for run in runs]), strict=True):
            seed = f"-seed-{run.tags.get(SEED, run.short)}" if len(runs) > 1 else ""
            file = f"{_NOT_IN_NAMES.sub('_', name + seed).strip('._')}{_ENDING}"
            if file in files:
                raise TrackingError(
                    f"Expected a run for each file of predictions, found several for {file}, the last "
                    f"{run.id} ({clean(run.name)}). Leave one out: they differ in neither settings nor seed."
                )
            files[file] = part
    return files


def write_files(files: Mapping[str, Scored], folder: str) -> None:
    """Write each of `files` into `folder`; raises DataError where that cannot be."""
    for name, scored in files.items():
        with writing(Path(folder) / name) as path:
            write_scored(scored, path)


def _paths(words: Iterable[str]) -> list[Path]:
    paths = [path for word in words for path in _of_word(Path(word))]
    twice = [path for path, count in Counter(path.resolve() for path in paths).items() if count > 1]
    if twice:
        raise DataError(f"Expected different files, found {twice[0]} twice.")
    return paths


def _of_word(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise DataError(f"Expected predictions at {path}, found no such file or folder. Runs go by their ids.")
        return [path]
    found = sorted(path.glob(f"*{_ENDING}"), key=lambda file: (_model_and_seed(file)[0] != REFERENCE, file.name))
    if not found:
        raise DataError(
            f"Expected predictions in {path}, found no {_ENDING} file. `stance compare RUN RUN --keep {path}` writes "
            "those of runs."
        )
    return found


def _model_and_seed(path: Path) -> tuple[str, str]:
    """What a file's name says; the seed is empty where it says none."""
    seeded = _SEEDED.fullmatch(path.stem)
    return (seeded[1], seeded[2]) if seeded else (path.stem, "")


def _by_model(client: "MlflowClient", runs: "Sequence[FinishedRun]") -> "dict[str, list[FinishedRun]]":
    """Runs that differ in their seed alone, by their model's name, with its settings where there are several."""
    models: dict[str, list[FinishedRun]] = {}
    for run in runs:
        models.setdefault(run.tags.get(MODEL, run.name), []).append(run)
    found: dict[str, list[FinishedRun]] = {}
    for model, group in models.items():
        several = len({tuple(sorted(recipe(run).items())) for run in group}) > 1
        settings = settings_apart(client, group) if several else [""] * len(group)
        for run, words in zip(group, settings, strict=True):
            found.setdefault(f"{model} {words}".strip(), []).append(run)
    return found


def _short(parts: Sequence[Scored]) -> list[Scored]:
    """The seeds of one model shortened, or without channels only where that would change what they answer together."""
    short = [shortened(part) for part in parts]
    if (average(short).predicted == average(parts).predicted).all():
        return short
    return [replace(one, probabilities=part.probabilities) for one, part in zip(short, parts, strict=True)]
