"""`stance evaluate RUN`: whether a run's scores mean what they seem to, from what it keeps, without training again."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from stance.commands.contenders import clean, open_store
from stance.commands.writing import write_text
from stance.errors import TrackingError
from stance.evaluation.comparison import REFERENCE, rich_table
from stance.evaluation.example_facts import ExampleFacts, unpack_facts
from stance.evaluation.scored import Scored
from stance.evaluation.scored_file import read_scored
from stance.evaluation.validity import AS_IT_IS, Answers, validity
from stance.evaluation.validity_page import CANNOT, markdown, page, tables
from stance.evaluation.validity_words import notes, sentences

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.finished import FinishedRun

PAGE = "validity.html"
_WIDTH = 150


def evaluate_run(word: str, out: str | None) -> int:
    """Print the figures of the run that `word` names (an id, or the model it made), keep them with it as a page.

    `out` is a Markdown file to write too. Raises StanceError for what a user can mend.
    """
    from stance.tracking.run import TrackedRun

    client = open_store()
    run, beside = _runs(client, word)
    model = run.tags.get("stance.model", run.name)
    answers = {one.tags.get("stance.model", one.name): _answers(client, one) for one in (run, *beside)}
    facts, uncalibrated = _facts(client, run), _uncalibrated(client, run)
    found = validity(answers, model, reference=REFERENCE, uncalibrated=uncalibrated, facts=facts)
    missing = _missing(run, answers[model], kept=facts is not None)
    title = f"{clean(run.name)}, run {run.short}"
    console = Console(width=max(Console().width, _WIDTH), highlight=False)
    for line in (title, "", f"{CANNOT}:", *(f"- {line}" for line in sentences(found))):
        console.print(line, markup=False, soft_wrap=True)
    for table in tables(found):
        console.print(f"\n{table.title}", markup=False)
        console.print(rich_table(table.headings, table.lines))
    for line in notes(found, missing):
        console.print(line, markup=False, soft_wrap=True)
    TrackedRun(client, run.id).log_text(page(found, title, missing), PAGE)
    console.print(f"Kept with the run as {PAGE}.")
    if out is not None:
        write_text(out, markdown(found, title, missing))
        console.print(f"Written: {out}", markup=False)
    return 0


def _runs(client: "MlflowClient", word: str) -> "tuple[FinishedRun, list[FinishedRun]]":
    """The run, and the baselines that were trained beside it."""
    from stance.commands.runs import GROUP
    from stance.tracking.finished import find_run, finished
    from stance.tracking.guarding import tracking_errors
    from stance.tracking.registry import run_of_model
    from stance.tracking.starting import search_runs

    named = run_of_model(client, word) if word.startswith(("models:/", "runs:/")) else word
    if named is None:
        raise TrackingError(f"Expected a model whose run is known, found {word!r}. Name its run.")
    run = find_run(client, named)
    with tracking_errors("runs that can be searched"):
        ended = "attributes.status = 'FINISHED'"
        beside = [finished(one) for one in search_runs(client, f"tags.`{GROUP}` = '{run.id}' and {ended}")]
    return run, beside


def _answers(client: "MlflowClient", run: "FinishedRun") -> Answers:
    from stance.data.probes import PROBES
    from stance.tracking.finished import scored_of

    kept = _kept(client, run)
    found = {AS_IT_IS: scored_of(client, run)}
    return found | {name: _scored(client, run, f"{name}.parquet") for name in PROBES if f"{name}.parquet" in kept}


def _facts(client: "MlflowClient", run: "FinishedRun") -> list[ExampleFacts] | None:
    from stance.tracking.finished import artifact
    from stance.tracking.results import FACTS, VALIDITY

    if FACTS not in _kept(client, run):
        return None
    with artifact(client, run.id, f"{VALIDITY}/{FACTS}") as path:
        return unpack_facts(path.read_text("utf-8"))


def _uncalibrated(client: "MlflowClient", run: "FinishedRun") -> Scored | None:
    from stance.tracking.results import UNCALIBRATED

    return _scored(client, run, UNCALIBRATED) if UNCALIBRATED in _kept(client, run) else None


def _kept(client: "MlflowClient", run: "FinishedRun") -> set[str]:
    """Names of the files that the figures are made from."""
    from stance.tracking.guarding import tracking_errors
    from stance.tracking.results import VALIDITY

    with tracking_errors(f"the run {run.id} and its artifacts"):
        return {Path(item.path).name for item in client.list_artifacts(run.id, VALIDITY)}


def _scored(client: "MlflowClient", run: "FinishedRun", name: str) -> Scored:
    from stance.tracking.finished import artifact
    from stance.tracking.results import VALIDITY

    with artifact(client, run.id, f"{VALIDITY}/{name}") as path:
        return read_scored(path)


def _missing(run: "FinishedRun", answers: Answers, *, kept: bool) -> list[str]:
    said = []
    if not kept:
        said.append(
            "The run is from before what its parts and its calibration are worked out from was kept; "
            f"`stance train run={run.id}` repeats it."
        )
    if answers.keys() == {AS_IT_IS}:
        said.append(
            "Changed texts were not asked. `stance train experiment=validity` does, and so does any training with "
            "`probes=[text_removed,masked_actor,swapped_actor]`."
        )
    return said
