"""`stance compare`: finished runs side by side on the same examples, tested, shown, and kept as a run of their own.

Or the predictions of models as they lie in files, which need no store and leave nothing in one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from stance.commands.contenders import Field, champion_field, choose, open_store
from stance.commands.stored import are_files, kept_files, read_contenders, write_files
from stance.commands.writing import write_text
from stance.errors import ConfigurationError, StanceError
from stance.evaluation.comparison import rich_table
from stance.evaluation.run_comparison import RunComparison, changed_sides, compare_runs
from stance.evaluation.run_report import footnotes, markdown, pairs_table, scores_table, sentence, sentences
from stance.tracking.finished import DIGEST, FinishedRun, find_run

if TYPE_CHECKING:
    import pandas
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

KIND = "stance.kind"
# Longer notes MLflow refuses.
_LONGEST_NOTE = 8000
_SHOWN_CHANGES = 1000
_SHOWN_ANSWERS = 10
_WIDTH_OF_SCORE = 80


def compare(words: Sequence[str], out: str | None, keep: str | None) -> None:
    """Compare runs (the first is the reference) or the trials of a sweep, print the tables and log them as a run.

    `out` is a Markdown file to write too, `keep` a folder for the predictions of the runs. Words that name files of
    predictions, or folders of them, are compared alike, and nothing is logged. Raises StanceError for what cannot be
    found or compared.
    """
    if are_files(words):
        _compare_files(words, out, keep)
        return
    client = open_store()
    chosen = choose(client, words)
    comparison = compare_runs(chosen.contenders)
    files = {} if keep is None else kept_files(client, chosen)
    text = _tell(comparison, chosen.notes, out)
    console = Console(highlight=False)
    if keep is not None:
        write_files(files, keep)
        names = ", ".join(files)
        console.print(f"Kept in {keep}: {names}. `stance compare {keep}` needs no store.", markup=False, soft_wrap=True)
    run_id = _log(client, chosen, comparison, text)
    console.print(f"Logged with pictures and changed sides as run {run_id}.", soft_wrap=True)


def against_champion(client: "MlflowClient", run_id: str) -> str:
    """One sentence on the finished run `run_id` against the champion; why there is none where they cannot be compared.

    Raises TrackingError where `run_id` is no finished run.
    """
    from stance.tracking.registry import MODEL, champion

    run, version = find_run(client, run_id), champion(client)
    if version is None:
        return f"There is no champion of {MODEL} to compare with."
    if version.run_id == run.id:
        return f"This run made the champion, version {version.version} of {MODEL}."
    try:
        (pair,) = against(client, run, version)[1].pairs
    except StanceError as error:
        return f"No comparison with the champion, version {version.version} of {MODEL}: {error}"
    return sentence(pair)


def against(client: "MlflowClient", challenger: FinishedRun, version: "ModelVersion") -> tuple[Field, RunComparison]:
    """`challenger` compared with the run behind `version`, the champion; raises StanceError where they cannot be."""
    chosen = champion_field(client, challenger, str(version.version), find_run(client, str(version.run_id)))
    return chosen, compare_runs(chosen.contenders)


def _compare_files(words: Sequence[str], out: str | None, keep: str | None) -> None:
    if keep is not None:
        raise ConfigurationError(
            f"Expected runs whose predictions --keep {keep} writes, found files already: {', '.join(words)}. Leave "
            "--keep out."
        )
    contenders, notes = read_contenders(words)
    _tell(compare_runs(contenders), notes, out)


def _tell(comparison: RunComparison, notes: Sequence[str], out: str | None) -> str:
    """Print a comparison, and write it to `out`; the text written."""
    _show(comparison, notes)
    text = markdown(comparison, notes)
    if out is not None:
        write_text(out, text)
    return text


def _show(comparison: RunComparison, notes: Sequence[str]) -> None:
    # Tables keep their columns whole where the terminal is narrow, or no terminal at all.
    wide = Console(width=max(Console().width, _WIDTH_OF_SCORE * len(comparison.scores)), highlight=False)
    wide.print(rich_table(*scores_table(comparison)[1:]))
    if comparison.pairs:
        wide.print(rich_table(*pairs_table(comparison)[1:]))
    for line in (*sentences(comparison), "", *notes, *footnotes(comparison)):
        wide.print(line, markup=False, soft_wrap=True)


def _log(client: "MlflowClient", chosen: Field, comparison: RunComparison, text: str) -> str:
    from stance.evaluation.comparison_figures import classes_figure, differences_figure
    from stance.tracking.description import NOTE
    from stance.tracking.guarding import tracking_errors
    from stance.tracking.starting import start_run

    first = chosen.first
    with tracking_errors(f"the experiment of the run {first.id}"):
        experiment = client.get_experiment(first.experiment_id).name
    compared = " ".join(run.id for group in chosen.runs for run in group)
    tags = {KIND: "comparison", "stance.compared": compared[:_LONGEST_NOTE], DIGEST: first.tags.get(DIGEST, "")}
    with start_run(client, experiment, chosen.title, tags=tags) as run:
        run.log_text(text, "comparison.md")
        run.set_tag(NOTE, _note(text))
        run.log_figure(classes_figure(comparison, chosen.contenders[0].pooled.label_set), "figures/classes.png")
        if comparison.pairs:
            run.log_figure(differences_figure(comparison), "figures/differences.png")
            changes = changed_sides(chosen.contenders[:_SHOWN_ANSWERS])
            run.log_text(_csv(changes), "changed-sides.csv")
            title = f"Examples on which answers differ: {len(changes)} of {comparison.standings[0].n}"
            run.log_table_html(changes.head(_SHOWN_CHANGES), "changed-sides.html", title)
    return run.id


def _csv(frame: "pandas.DataFrame") -> str:
    from stance.evaluation.cells import encode_text

    safe = frame.map(encode_text).rename(columns=encode_text)
    return safe.to_csv(index=False)


def _note(text: str) -> str:
    """`text` as a description shows it, as far as one may be long, cut at a line."""
    from stance.tracking.description import spaced

    # Spaced now, since that makes it longer.
    text = spaced(text)
    if len(text) <= _LONGEST_NOTE:
        return text
    rest = "\n… the rest is in comparison.md\n"
    return text[: _LONGEST_NOTE - len(rest)].rpartition("\n")[0] + rest
