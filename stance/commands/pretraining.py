"""`stance pretrain`: an encoder reads on in unlabelled text, tracked, and becomes a folder for `encoder.name`."""

import json
import math
import shlex
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.annotation.inputs import Given, read_inputs
from stance.annotation.records import Document
from stance.commands.composition import ComposedPretraining
from stance.commands.job import CONSOLE
from stance.commands.looking import warn
from stance.commands.progress import Tell, progress
from stance.commands.runs import IDENTITY
from stance.data.pretrained import weights_digest
from stance.data.unlabelled import Corpus, read_corpus
from stance.errors import DataError
from stance.evaluation.comparison import markdown_table, rich_table
from stance.models.pretraining import HeldOut, Pretraining, PretrainingPlan
from stance.models.training import resolve_precision, set_threads
from stance.settings import EncoderSettings, PretrainSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from stance.tracking.run import TrackedRun

MARKER = "pretraining.json"
"""What lies beside the weights: which pre-training wrote them, and what it scored."""

_HEADINGS = ("hidden words of held-out text, guessed by", "loss", "perplexity")
_SCORES = tuple(item.name for item in fields(HeldOut))
_ROWS = {
    "frequencies": "how frequent words are",
    "before": "the encoder as it was",
    "after": "the encoder as it is now",
}
# Settings that say where results lie, not what is computed.
_NOT_COMPUTED = ("out", "tracking", "runs")


def pretrain(composed: ComposedPretraining) -> int:
    """Train, score, write the folder, and print what helped; returns 1 where an input was passed over, else 0.

    The same call goes on where one was interrupted, and finds what is finished. Raises StanceError for what a user can
    mend, KeyboardInterrupt on Ctrl-C.
    """
    from stance.tracking.starting import close_orphans
    from stance.tracking.store import connect

    settings = composed.settings
    out = Path(settings.out).expanduser()
    made = _made(out)
    _check_inputs(settings.corpus)
    plan = PretrainingPlan(settings.encoder, settings.trainer, settings.max_tokens, settings.seed)
    set_threads(settings.trainer.threads)
    pretraining = Pretraining(plan)
    corpus, status = _read(settings, pretraining)
    identity = _identity(composed, pretraining, corpus)
    if made is not None:
        _show_made(made, identity, settings)
        return status
    client = connect(settings.tracking.uri)
    close_orphans(client, [settings.tracking.experiment])
    with _start(client, settings, identity) as run:
        _describe(run, composed, corpus)
        pretraining.folder = Path(settings.runs) / run.id
        pretraining.report = lambda passes, number, metrics: _report(run, settings, passes, number, metrics)
        scores = pretraining.fit(corpus)
        _log(run, scores, settings)
        _write(pretraining, out, run.id, {"identity": identity, "run": run.id, **asdict(scores)})
    shutil.rmtree(pretraining.folder, ignore_errors=True)
    _show(scores, settings)
    return status


def _made(out: Path) -> dict[str, Any] | None:
    """What an earlier pre-training wrote of itself into `out`; None where there is nothing yet."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return None
        made = json.loads((out / MARKER).read_text("utf-8"))
        return {name: made[name] for name in ("identity", "run", *_SCORES)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"Expected a place for a new folder, found {out}, which another program wrote or nobody can write to "
            f"({type(error).__name__}). Name another one: out=FOLDER."
        ) from None


def _check_inputs(inputs: Iterable[str]) -> None:
    # What is misspelt is told before hours are spent on the rest.
    missing = [name for name in inputs if not Path(name).exists()]
    if missing:
        raise DataError(f"Expected files and folders of text in corpus, found nothing at {', '.join(missing)}.")


def _read(settings: PretrainSettings, pretraining: Pretraining) -> tuple[Corpus, int]:
    failures: list[DataError] = []
    with progress() as tell:
        found = read_inputs(settings.corpus, seen=None, refused=failures.append)
        corpus = read_corpus(
            _documents(found, tell), pretraining.reader, held_out=settings.held_out, seed=settings.seed
        )
    status = warn(failures)
    train, held_out = (sum(len(one.text) for one in part) for part in (corpus.train, corpus.held_out))
    CONSOLE.print(
        f"{corpus.documents:,} texts that differ: {train:,} tokens to learn from, {held_out:,} held out, "
        "near-duplicates on one side.",
        soft_wrap=True,
    )
    return corpus, status


def _documents(found: Iterable[Given], tell: Tell) -> Iterator[Document]:
    for number, given in enumerate(found, 1):
        tell("reading", number, None)
        yield given.document


def _computed(composed: ComposedPretraining) -> dict[str, Any]:
    """The configuration as far as it changes a number."""
    whole = {name: value for name, value in composed.resolved.items() if name not in _NOT_COMPUTED}
    # Whether a bar is shown changes none.
    trainer = {name: value for name, value in whole["trainer"].items() if name != "progress"}
    return {**whole, "trainer": trainer}


def _identity(composed: ComposedPretraining, pretraining: Pretraining, corpus: Corpus) -> str:
    from stance.tracking.run import config_hash

    # Files of the same names may hold other text and other weights.
    content = {"text": corpus.digest, "weights": weights_digest(pretraining.source)}
    return config_hash({**_computed(composed), **content})


def _start(client: "MlflowClient", settings: PretrainSettings, identity: str) -> "TrackedRun":
    """A new run, or the latest that did not come to its end with the same settings, text and encoder."""
    from stance.tracking.guarding import tracking_errors
    from stance.tracking.starting import search_runs, start_run

    wanted = f"tags.`{IDENTITY}` = '{identity}' and attributes.status != 'FINISHED'"
    with tracking_errors("runs that can be searched"):
        resumed = next(search_runs(client, wanted, [settings.tracking.experiment]), None)
    if resumed is not None:
        CONSOLE.print(f"Continuing run {resumed.info.run_id}.")
    return start_run(
        client,
        settings.tracking.experiment,
        f"pretrain-{Path(settings.out).name}",
        tags={IDENTITY: identity, "stance.kind": "pretraining", "stance.seed": str(settings.seed)},
        run_id=None if resumed is None else resumed.info.run_id,
    )


def _describe(run: "TrackedRun", composed: ComposedPretraining, corpus: Corpus) -> None:
    from stance.tracking.names import flatten

    settings = composed.settings
    run.log_config(composed.resolved)
    run.log_params(flatten(_computed(composed)))
    run.set_tag("stance.precision", resolve_precision(settings.trainer.precision))
    run.set_tag("stance.threads", set_threads(settings.trainer.threads))
    name = "/".join(Path(settings.corpus[0]).parts[-2:])
    run.log_dataset(corpus.digest[:32], name, ", ".join(settings.corpus), corpus.documents, "training")
    run.log_metrics(
        {
            "data/documents": corpus.documents,
            "data/tokens": sum(len(one.text) for one in corpus.train),
            "data/tokens_held_out": sum(len(one.text) for one in corpus.held_out),
        }
    )


def _report(
    run: "TrackedRun", settings: PretrainSettings, passes: float, number: int, metrics: dict[str, float]
) -> None:
    values = {f"epoch/{name.replace('/', '_')}": value for name, value in metrics.items()}
    now, before = (math.exp(metrics[name]) for name in ("val/loss", "val/loss_before"))
    run.log_metrics({**values, "epoch/val_perplexity": now, "epoch/val_perplexity_before": before}, step=number)
    CONSOLE.print(
        f"Epoch {passes:.2f} of {settings.trainer.max_epochs}: perplexity of held-out text {now:.1f}, by the encoder "
        f"as it was {before:.1f}",
        soft_wrap=True,
    )


def _log(run: "TrackedRun", scores: HeldOut, settings: PretrainSettings) -> None:
    from stance.tracking.description import NOTE, code

    run.log_metrics(
        {
            **{f"loss_{name}": getattr(scores, name) for name in _ROWS},
            **{f"perplexity_{name}": value for name, value in scores.perplexities.items()},
            **dict(zip(("loss_change_low", "loss_change_high"), scores.change or (), strict=False)),
            "data/words_held_out": scores.words,
        }
    )
    table = markdown_table(_HEADINGS, _table(scores))
    run.log_text(table, "comparison.md")
    used = f"**Use it**: {code(_use(settings))}"
    run.set_tag(NOTE, f"{_verdict(scores)}\n\n{table}\n{used}\n")


def _write(pretraining: Pretraining, out: Path, run_id: str, marker: dict[str, Any]) -> None:
    """Write beside `out`, then rename: a process that dies half-way leaves nothing that looks whole."""
    working = out.with_name(f".{out.name}.{run_id}")
    try:
        shutil.rmtree(working, ignore_errors=True)
        pretraining.save(working)
        (working / MARKER).write_text(json.dumps(marker, indent=1) + "\n", "utf-8")
        working.rename(out)
    except OSError as error:
        shutil.rmtree(working, ignore_errors=True)
        raise DataError(
            f"Expected room and the right to write the encoder to {out}, found: {error}. What it has learned is kept; "
            "make room and give the same line again."
        ) from None


def _show_made(made: dict[str, Any], identity: str, settings: PretrainSettings) -> None:
    if made["identity"] != identity:
        raise DataError(
            f"Expected a place for a new folder, found {settings.out}, which was made from other text, another encoder "
            "or with other settings. Name another one: out=FOLDER."
        )
    CONSOLE.print(
        f"{settings.out} is there already, made from this text with these settings (run {made['run']}).", soft_wrap=True
    )
    _show(HeldOut(**{name: made[name] for name in _SCORES}), settings)


def _show(scores: HeldOut, settings: PretrainSettings) -> None:
    CONSOLE.print(rich_table(_HEADINGS, _table(scores)))
    CONSOLE.print(_verdict(scores), soft_wrap=True)
    CONSOLE.print(f"Train with it: {_use(settings)}", soft_wrap=True, markup=False)


def _table(scores: HeldOut) -> list[list[str]]:
    return [[row, f"{getattr(scores, name):.3f}", f"{scores.perplexities[name]:.1f}"] for name, row in _ROWS.items()]


def _verdict(scores: HeldOut) -> str:
    before, after = scores.perplexities["before"], scores.perplexities["after"]
    change = f"perplexity {before:.1f} → {after:.1f}, {after / before - 1:+.1%}"
    if scores.change is not None:
        low, high = (math.expm1(end) for end in scores.change)
        change += f" [{low:+.1%}, {high:+.1%}]"
    if scores.change is not None and scores.change[1] < 0:
        return f"Reading on helped: {change} (95 % interval)."
    return (
        f"That reading on helped is not shown: {change}. More text, more passes (trainer.max_epochs) or another rate "
        "(trainer.learning_rate) may."
    )


def _use(settings: PretrainSettings) -> str:
    line = [f"encoder.name={settings.out}"]
    if settings.encoder.prefix != EncoderSettings.prefix:
        line.append(f"encoder.prefix='{settings.encoder.prefix}'")
    return f"stance train {shlex.join(line)}"
