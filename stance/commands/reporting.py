"""`stance report`: a predictions file as a page, as tables and as a graph."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stance.annotation.registry import STORED_ACTORS, STORED_TARGETS
from stance.errors import ConfigurationError, DataError, TrackingError
from stance.evaluation.scored import Scored

if TYPE_CHECKING:
    import pandas

    from stance.evaluation.report_correction import Correction
    from stance.evaluation.report_rows import ReportRows

ACTORS, TARGETS = "labels/actors.yaml", "labels/targets.yaml"
# As `stance predict` names a registered model: actor-stance/3.
_REGISTERED = re.compile(r"([A-Za-z][\w.-]*)/(\d+)")


@dataclass(frozen=True)
class Wanted:
    """What to read, and what to write: a page, and where they are named tables (a folder) and GraphML.

    `actors` and `targets` None: the registries of the registered model in the file, else those in `labels/`.
    """

    predictions: str
    out: str
    actors: str | None = None
    targets: str | None = None
    documents: str | None = None
    errors: str | None = None
    tables: str | None = None
    graph: str | None = None


def report(wanted: Wanted) -> None:
    """Read everything, write what is wanted, and say what was found. Raises DataError, ConfigurationError."""
    from stance.annotation.registry import read_actors, read_targets
    from stance.evaluation.predictions import read_prediction_batches
    from stance.evaluation.report_graph import write_graph
    from stance.evaluation.report_packing import Sentences, Texts, read_texts
    from stance.evaluation.report_page import Report, write_page
    from stance.evaluation.report_rows import collect_rows

    sentences = Sentences()
    rows = collect_rows(read_prediction_batches(wanted.predictions), sentences.add)
    sentences.close()
    stored = _stored_registries(rows.models) if None in (wanted.actors, wanted.targets) else {}
    actor_file = wanted.actors or stored.get(STORED_ACTORS, ACTORS)
    target_file = wanted.targets or stored.get(STORED_TARGETS, TARGETS)
    actors = {actor.id: actor.name for actor in read_actors(actor_file).actors}
    targets = {target.id: target.wording for target in read_targets(target_file).targets}
    texts = Texts(rows, read_texts(Path(wanted.documents)) if wanted.documents else ())
    known, weak = _correction(wanted, rows)
    write_page(Report(rows, sentences, texts, actors, targets, known, weak), Path(wanted.out))
    written = [wanted.out]
    if wanted.tables is not None:
        written += _write_tables(rows, known, Path(wanted.tables), actors)
    if wanted.graph is not None:
        write_graph(rows, actors, Path(wanted.graph))
        written.append(wanted.graph)
    _say(rows, texts.repeated, known is not None, weak)
    for name in written:
        print(f"Written: {name}")


def _registered(models: list[str]) -> tuple[str, str] | None:
    """Name and version of the one registered model that made the file; None where it was another, or several."""
    found = _REGISTERED.fullmatch(models[0]) if len(models) == 1 else None
    return None if found is None else (found[1], found[2])


def _stored_registries(models: list[str]) -> dict[str, str]:
    """The registries beside the registered model of the file, by name; none where no store here knows it."""
    from stance.commands.contenders import open_store
    from stance.tracking.registry import network_folder

    registered = _registered(models)
    if registered is None:
        return {}
    try:
        folder = network_folder(open_store(), "models:/{}/{}".format(*registered))
    except TrackingError:
        return {}
    return {name: str(folder / name) for name in (STORED_ACTORS, STORED_TARGETS) if (folder / name).is_file()}


def _correction(wanted: Wanted, rows: "ReportRows") -> "tuple[Correction | None, bool]":
    """The correction, and whether there are errors that are too many for one."""
    from stance.evaluation.report_correction import correction

    scored = _errors(wanted.errors, rows.models)
    if scored is None or not len(rows):
        return None, False
    if scored.label_set.classes != rows.label_set.classes:
        raise ConfigurationError(
            f"Expected errors of the label set {rows.label_set.id!r}, found {scored.label_set.id!r}. Name the scored "
            "predictions of the model that made this file (--errors)."
        )
    found = correction(scored)
    return found, found is None


def _errors(named: str | None, models: list[str]) -> Scored | None:
    """What the model scored out of fold: `named`, a file or a run, else that of the registered model in the file."""
    if named is not None and Path(named).suffix == ".parquet":
        from stance.evaluation.scored_file import read_scored

        return read_scored(Path(named))
    if named is not None:
        return _scored_of_run(named)
    registered = _registered(models)
    if registered is None:
        return None
    try:
        return _scored_of_version(*registered)
    except TrackingError as error:
        print(f"The model's errors were not found: {error}", file=sys.stderr)
        return None


def _scored_of_run(run: str) -> Scored:
    from stance.commands.contenders import open_store
    from stance.tracking.finished import find_run, scored_of

    client = open_store()
    return scored_of(client, find_run(client, run))


def _scored_of_version(name: str, version: str) -> Scored:
    from stance.commands.contenders import open_store
    from stance.tracking.guarding import tracking_errors

    client = open_store()
    with tracking_errors(f"a registry that knows version {version} of {name}"):
        run = client.get_model_version(name, version).run_id
    return _scored_of_run(str(run))


def _write_tables(
    rows: "ReportRows", known: "Correction | None", folder: Path, actors: Mapping[str, Mapping[str, str]]
) -> list[str]:
    from stance.evaluation import report_graph, report_tables

    made = {
        "actors": report_tables.actors_table(rows, known),
        "timeline": report_tables.timeline_table(rows),
        "channels": report_tables.channels_table(rows),
        "changes": report_tables.changes_table(rows),
        "contested": report_tables.contested_table(rows),
        "outlets": report_tables.outlets_table(rows, known),
        "agreement": report_graph.agreement_table(rows),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [name for figure, table in made.items() for name in _write_table(_named(table, actors), folder / figure)]
    except OSError as error:
        raise DataError(f"Expected a folder that can be written at {folder}, found: {error}.") from error


def _named(table: "pandas.DataFrame", actors: Mapping[str, Mapping[str, str]]) -> "pandas.DataFrame":
    """`table` with the names of its actors beside their ids."""
    for column in [name for name in ("other", "actor") if name in table.columns]:
        place = list(table.columns).index(column) + 1
        for language in ("en", "ar"):
            names = [actors.get(actor, {}).get(language) for actor in table[column]]
            table.insert(place, f"{column}_{language}", names)
    return table


def _write_table(table: "pandas.DataFrame", path: Path) -> list[str]:
    """The table as Parquet and as CSV, in which no cell can be a formula."""
    from stance.evaluation.cells import encode_text

    parquet, sheet = path.with_suffix(".parquet"), path.with_suffix(".csv")
    table.to_parquet(parquet, index=False)
    safe = table.map(lambda cell: encode_text(cell) if isinstance(cell, str) else cell)
    safe.to_csv(sheet, index=False, encoding="utf-8-sig")
    return [str(parquet), str(sheet)]


def _say(rows: "ReportRows", repeated: int, corrected: bool, weak: bool) -> None:
    print(
        f"{len(rows):,} stances of {len(rows.actors):,} actors in {len(rows.documents):,} articles, "
        f"{int(rows.abstained.sum()):,} abstained."
    )
    if repeated:
        print(f"{repeated} articles have an id that an earlier one has; the first of each is shown.")
    if weak:
        print("Shares are uncorrected: the classifier's known mistakes are too many to correct by.")
    elif not corrected:
        print("Shares are uncorrected: name what the model scored out of fold (--errors FILE or RUN) to correct them.")
