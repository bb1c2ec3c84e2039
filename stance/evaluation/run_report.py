"""A comparison of runs in words and tables: for the terminal, as Markdown, and the rules behind it."""

from collections.abc import Sequence
from typing import NamedTuple

from stance.evaluation.comparison import MISSING, markdown_table, with_interval
from stance.evaluation.intervals import TARGET_MEAN, Interval
from stance.evaluation.run_comparison import ALPHA, SCORES, Pair, RunComparison, Standing
from stance.evaluation.significance import Spread

FEW_CLUSTERS = 20


class Table(NamedTuple):
    """Headings and lines of texts, under a title."""

    title: str
    headings: list[str]
    lines: list[list[str]]


def scores_table(comparison: RunComparison) -> Table:
    """A line per contender: scores with intervals over documents, and over seeds where any has several.

    Several seeds that answered the same examples have a second line, of their mean probabilities.
    """
    seeded = any(standing.seeds for standing in comparison.standings)
    names = comparison.scores
    headings = ["run", "n", *names]
    if seeded:
        headings += ["seeds", *(f"{name} over seeds: mean ± sd [interval]" for name in names)]
    shown = [line for one in comparison.standings for line in (one, one.averaged) if line is not None]
    return Table("Scores", headings, [_scores_line(one, names, seeded=seeded) for one in shown])


def pairs_table(comparison: RunComparison) -> Table:
    """A line per contender but the reference: differences, p-values as they are and corrected, McNemar's counts."""
    headings = [f"run minus {comparison.reference}"]
    for name in comparison.scores:
        headings += [name, "p", "Holm p"]
    headings += ["only it right", "only the other", "McNemar Holm p"]
    return Table("Differences", headings, [_pair_line(pair, comparison.scores) for pair in comparison.pairs])


def sentences(comparison: RunComparison) -> list[str]:
    """What is shown, a sentence per pair; what is not, in one sentence where there are several."""
    shown = [sentence(pair) for pair in comparison.pairs if pair.shown]
    open_ = [pair for pair in comparison.pairs if not pair.shown]
    if len(open_) > 1:
        names = ", ".join(pair.name for pair in open_)
        return [*shown, f"No difference in {SCORES[0]} to {comparison.reference} could be shown for: {names}."]
    return [*shown, *map(sentence, open_)]


def sentence(pair: Pair) -> str:
    """Which of two is better by how much, or that no difference could be shown; the better one stands first."""
    found = pair.differences[SCORES[0]]
    first, second, interval = pair.name, pair.reference, found.interval
    if interval.estimate < 0:
        first, second = second, first
        interval = Interval(-interval.estimate, -interval.high, -interval.low)
    estimate, _, ends = with_interval(interval, sign="+").partition(" ")
    figures = f"{estimate} {SCORES[0]}{' ' + ends if ends else ''}, Holm p = {shown_p(found.holm)}"
    if pair.shown:
        return f"{first} is better than {second} by {figures}."
    return f"No difference between {first} and {second} could be shown: {figures}."


def footnotes(comparison: RunComparison) -> list[str]:
    """What the figures mean, a sentence each."""
    notes = [
        f"Intervals are 95 %, over documents: {comparison.resamples:,} resamples of {comparison.clusters} clusters of "
        "near-duplicates, the same for all runs."
    ]
    if comparison.clusters < FEW_CLUSTERS:
        notes.append(f"{comparison.clusters} clusters are few: intervals are too narrow and p-values too small.")
    if TARGET_MEAN in comparison.scores:
        notes.append(f"{TARGET_MEAN} is f_avg of each target, then their mean, as in StanceEval 2024.")
    if any(standing.seeds for standing in comparison.standings):
        notes.append(
            "Scores are means over seeds; sd is the sample standard deviation, its interval Student's t. Answers of "
            "several seeds (averaged, McNemar, changed sides) are those of their mean probabilities."
        )
    if comparison.pairs:
        count = len(comparison.pairs)
        times = "one comparison" if count == 1 else f"the {count} comparisons"
        notes += [
            f"p is two-sided, from the paired cluster bootstrap; Holm's correction is over {times}, each test for "
            f"itself. Better means a Holm p below {ALPHA} for {SCORES[0]}.",
            "McNemar's exact test takes examples for independent; those of one document are not, so it is optimistic.",
        ]
    return notes


def markdown(comparison: RunComparison, notes: Sequence[str]) -> str:
    """Sentences, tables and notes as Markdown; `notes` are said before the rules."""
    tables = [scores_table(comparison), *([pairs_table(comparison)] if comparison.pairs else [])]
    parts = ["\n".join(f"- {_plain(line)}" for line in sentences(comparison))] if comparison.pairs else []
    parts += [
        f"**{_plain(table.title)}**\n\n{markdown_table(table.headings, table.lines)}".rstrip() for table in tables
    ]
    parts.append("\n".join(f"- {_plain(note)}" for note in [*notes, *footnotes(comparison)]))
    return "\n\n".join(parts) + "\n"


def shown_p(p: float) -> str:
    """A p-value with two significant digits."""
    return f"{p:.2g}"


def _scores_line(standing: Standing, names: Sequence[str], *, seeded: bool) -> list[str]:
    line = [standing.name, str(standing.n), *(with_interval(standing.scores[name]) for name in names)]
    if seeded:
        line += [str(standing.runs), *(_spread(standing.seeds.get(name)) for name in names)]
    return line


def _pair_line(pair: Pair, names: Sequence[str]) -> list[str]:
    line = [pair.name]
    for name in names:
        found = pair.differences[name]
        line += [with_interval(found.interval, sign="+"), shown_p(found.p), shown_p(found.holm)]
    return [*line, str(pair.mcnemar.only_first), str(pair.mcnemar.only_second), shown_p(pair.mcnemar_holm)]


def _spread(found: Spread | None) -> str:
    if found is None:
        return MISSING
    return f"{found.mean:.3f} ± {found.deviation:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _plain(text: str) -> str:
    # Names come from outside, and Markdown may hold HTML.
    return text.replace("<", "&lt;")
