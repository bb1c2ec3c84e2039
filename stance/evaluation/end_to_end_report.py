"""An evaluation from page to stance as tables, as Markdown with every error, as JSON and as metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stance.evaluation.comparison import MISSING, markdown_table, with_interval
from stance.evaluation.end_to_end import Cause, Verdict
from stance.evaluation.intervals import Interval
from stance.text.offsets import readable

PAGES, ACTORS, STANCES, WHOLE = "pages", "actors", "stances", "end_to_end"
TITLES = {
    PAGES: "Documents split right",
    ACTORS: "Actors found, in gold's texts",
    STANCES: "Stances, given gold's actors",
    WHOLE: "All at once: document, actor and stance",
}
HEADINGS = ("score", "value [95 %]")
LOGGED = ("run", "f_avg", "macro_f1")
# What Markdown, with the additions of its common readers, may take for mark-up, a link, HTML or a formula.
_MARKS = re.compile(r"[\\`*_{}\[\]<>|~@&!$]|:(?=//)|(?<=www)\.|^[#+=-]", re.IGNORECASE)
_NUMBER = re.compile(r"^(\d+)([.)])")
_SHOWN = 300  # characters of a sentence


@dataclass(frozen=True)
class Evaluation:
    """What a model scored on an export, by the steps from page to stance.

    `scores` by step and name; `sizes` says what was judged, `logged` holds f_avg and macro-F1 of the model's own run
    and of its baselines on their test data, `notes` what a reader should know.
    """

    model: str
    export: str
    sizes: Mapping[str, int]
    scores: Mapping[str, Mapping[str, Interval]]
    verdicts: Sequence[Verdict]
    logged: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def errors(self) -> dict[Cause, list[Verdict]]:
        """What is not right, by its cause."""
        return {cause: [one for one in self.verdicts if one.cause is cause] for cause in Cause}


def tables(evaluation: Evaluation) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Title, headings and rows of each table: one for a step, the errors by cause, what the model's run logged."""
    found = [
        (TITLES[step], HEADINGS, [[name, with_interval(interval)] for name, interval in scores.items()])
        for step, scores in evaluation.scores.items()
    ]
    causes = [[cause.value, str(len(verdicts))] for cause, verdicts in evaluation.errors.items()]
    whole: list[tuple[str, tuple[str, ...], list[list[str]]]] = [*found, ("Errors by cause", ("cause", "n"), causes)]
    if evaluation.logged:
        rows = [[name, *(f"{value:.3f}" for value in pair)] for name, pair in evaluation.logged.items()]
        whole.append(("What its run logged, on its own test data", LOGGED, rows))
    return whole


def opening(evaluation: Evaluation) -> list[str]:
    """What was judged, and what a reader should know of it."""
    sizes = ", ".join(f"{number} {name}" for name, number in evaluation.sizes.items())
    return [f"{evaluation.model} on {evaluation.export}: {sizes}.", *evaluation.notes]


def markdown(evaluation: Evaluation) -> str:
    """Tables and every error with its document and sentence; whatever came from outside is escaped."""
    parts = ["# From the page to the stance", *map(escaped, opening(evaluation))]
    for title, headings, rows in tables(evaluation):
        parts.append(f"## {title}\n\n{markdown_table(headings, rows)}".rstrip())
    for cause, verdicts in evaluation.errors.items():
        if verdicts:
            parts.append(f"## {cause.value}: {len(verdicts)}\n\n" + "\n".join(map(_in_list, verdicts)))
    return "\n\n".join(parts) + "\n"


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every figure and every error, as plain data."""
    return {
        "model": evaluation.model,
        "export": evaluation.export,
        "sizes": dict(evaluation.sizes),
        "scores": {
            step: {name: _plain(interval) for name, interval in scores.items()}
            for step, scores in evaluation.scores.items()
        },
        "logged": {name: dict(zip(LOGGED[1:], pair, strict=True)) for name, pair in evaluation.logged.items()},
        "notes": list(evaluation.notes),
        "errors": [_error(one) for one in evaluation.verdicts if one.cause is not None],
    }


def metrics(evaluation: Evaluation) -> dict[str, float]:
    """Every figure under a name for a tracking server: no name, id or text of a document is among them."""
    found = {f"data/{name.replace(' ', '_')}": float(number) for name, number in evaluation.sizes.items()}
    for step, scores in evaluation.scores.items():
        for name, interval in scores.items():
            found[f"{step}/{name}"] = interval.estimate
            if interval.known:
                found |= {f"interval/{step}_{name}_low": interval.low, f"interval/{step}_{name}_high": interval.high}
    for cause, verdicts in evaluation.errors.items():
        found[f"errors/{cause.value.replace(' ', '_')}"] = float(len(verdicts))
    return found


def escaped(text: str) -> str:
    """`text` on one line as Markdown shows it, whatever it holds: no mark-up, no HTML, no link."""
    line = " ".join(readable(text).text.split())
    return _NUMBER.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", line))


def _in_list(verdict: Verdict) -> str:
    sentence = verdict.sentence if len(verdict.sentence) <= _SHOWN else f"{verdict.sentence[:_SHOWN]}…"
    said = f"{verdict.gold or MISSING} → {verdict.found or MISSING}"
    if verdict.other is not None:
        said += f", found {verdict.other}"
    facts = " · ".join(map(escaped, (verdict.document_id, verdict.actor, verdict.target)))
    return (
        f"- {facts}: {escaped(said)}\n  <br>{escaped(sentence)}" if sentence.strip() else f"- {facts}: {escaped(said)}"
    )


def _plain(interval: Interval) -> dict[str, float | None]:
    known = interval.known
    return {
        "estimate": interval.estimate,
        "low": interval.low if known else None,
        "high": interval.high if known else None,
    }


def _error(verdict: Verdict) -> dict[str, str | None]:
    return {
        "cause": None if verdict.cause is None else verdict.cause.value,
        "document_id": verdict.document_id,
        "actor": verdict.actor,
        "target": verdict.target,
        "gold": verdict.gold,
        "found": verdict.found,
        "other": verdict.other,
        "sentence": verdict.sentence,
    }
