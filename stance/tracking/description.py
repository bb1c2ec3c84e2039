"""A run's description: what its page in MLflow shows before all tables, for somebody who knows none of this code.

It says how good the model is and how sure that is, what it has to beat, what data it saw, and how to repeat it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description, in Markdown."""

HEADLINES = ("f_avg", "macro_f1", "accuracy", "skill")

_ARTIFACTS = (
    "**Look at** (Artifacts): `figures/` confusion matrix, reliability, actors (of a sweep, the best trial has "
    "them); `errors.html` the most confident "
    "errors; `predictions.parquet`; `config.yaml` the whole configuration; `split.json` which example was tested when"
)


@dataclass(frozen=True)
class Description:
    """What is known of a run so far; None and empty where it isn't yet.

    `metrics` are the run's (`stance.evaluation.scorecard`), `table` the models on the same examples as Markdown,
    `data`, `split` and `code` say each in a line what they were.
    """

    metrics: Mapping[str, float] | None = None
    table: str | None = None
    data: str = ""
    split: str = ""
    code: str = ""


def describe_run(run_id: str, known: Description) -> str:
    """The description of the run `run_id` as Markdown."""
    parts = ["No result yet." if known.metrics is None else _figures(known.metrics)]
    if known.table is not None:
        parts.append(f"On the same test examples, with 95 % intervals by cluster bootstrap:\n\n{known.table.rstrip()}")
    named = {"Data": known.data, "Split": known.split, "Code": known.code, "Repeat": f"`stance train run={run_id}`"}
    parts += [f"**{name}**: {text}" for name, text in named.items() if text]
    if known.metrics is not None:
        parts.append(_ARTIFACTS)
    return "\n\n".join(parts) + "\n"


def describe_code(tags: Mapping[str, str]) -> str:
    """The code behind a run, from the tags it was started with."""
    text = f"version {code(tags['stance.code_version'])}" if "stance.code_version" in tags else ""
    commit = tags.get("mlflow.source.git.commit")
    if commit is None:
        return text
    changed = ", with changes that were not committed" if tags.get("stance.git_dirty") == "true" else ""
    return f"{text} (commit {code(commit)}{changed})"


def spaced(markdown: str) -> str:
    """`markdown` with tables whose cells stand apart in MLflow's UI, which draws them without any space or line."""
    # Of a bar that is escaped its cell goes on; the rule below the headings stays as it is. No line breaks at &nbsp;.
    return "\n".join(
        re.sub(r"(?<!\\)\| (?=.)", "|&nbsp;&nbsp;", line) if line.startswith("|") and set(line) - set("|-: ") else line
        for line in markdown.split("\n")
    )


def code(text: str) -> str:
    """`text`, which may come from outside, as a piece of code in Markdown: nothing in it is markup."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def _figures(metrics: Mapping[str, float]) -> str:
    shown = [_figure(name, metrics) for name in HEADLINES if name in metrics]
    if "calibration/ece" in metrics:
        shown.append(f"calibration error {metrics['calibration/ece']:.3f}")
    examples = f" over {metrics['data/examples']:.0f} test examples" if "data/examples" in metrics else ""
    return f"{', '.join(shown)}{examples}"


def _figure(name: str, metrics: Mapping[str, float]) -> str:
    # Skill is a difference, whose sign says whether the text was of any use.
    sign = "+" if name == "skill" else ""
    low, high = metrics.get(f"interval/{name}_low"), metrics.get(f"interval/{name}_high")
    interval = "" if low is None or high is None else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"**{name} {metrics[name]:{sign}.3f}**{interval}"
