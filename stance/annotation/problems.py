"""What a reader of annotations found wrong: each problem as one line that leads a person to it in Label Studio."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from stance.errors import DataError


class Kind(StrEnum):
    """What is wrong."""

    MALFORMED = "malformed value"
    TEXT = "missing text"
    URL = "text is a URL"
    SURROGATE = "half a surrogate pair"
    DUPLICATE_TASK = "duplicate task id"
    DUPLICATE_DOCUMENT = "duplicate document id"
    EMPTY = "task without annotation"
    CANCELLED = "only cancelled annotations"
    LABEL = "unknown label"
    TYPE = "unknown region type"
    REGION_ID = "missing region id"
    DUPLICATE_REGION = "duplicate region id"
    OUTSIDE = "offsets outside the text"
    UTF16 = "offsets in UTF-16 units"
    SLICE = "text differs from offsets"
    CUT = "end cuts a word"
    ACTOR = "unknown actor"
    NO_ACTOR = "mention without actor"
    TARGET = "unknown target"
    NO_STANCE = "statement without stance"
    STANCE = "unknown stance"
    NO_HOLDER = "statement without holder"
    HOLDERS = "several holders"
    CONFLICT = "conflicting holder"
    CHANNEL = "unknown channel"
    ATTRIBUTION = "unknown attribution"
    SEVERAL = "several values"
    ORPHAN = "orphan choice"
    DANGLING = "dangling relation"
    ENDS = "holder relation between wrong regions"
    REVERSED = "holder relation drawn backwards"


class Severity(StrEnum):
    """What the reader did about it."""

    TASK = "task dropped"
    ANNOTATION = "annotation dropped"
    REGION = "region dropped"
    ITEM = "item dropped"
    REPAIRED = "repaired"
    NOTED = "noted"

    @property
    def dropped(self) -> bool:
        """Whether something is missing from the records because of it."""
        return self not in (Severity.REPAIRED, Severity.NOTED)


class Problem(msgspec.Struct, frozen=True):
    """One problem: `file`, `task`, `annotation` and `region` say where, `expected` and `found` what.

    `annotation` names the annotation, draft or prediction with its annotator; `region` the region's id with its
    offsets (code points, end exclusive) and text. Each is None where the problem is of a wider thing.
    """

    file: str
    task: str
    kind: Kind
    expected: str
    found: str
    severity: Severity
    annotation: str | None = None
    region: str | None = None

    def __str__(self) -> str:
        place = [f"task {self.task}"]
        if self.annotation is not None:
            place.append(self.annotation)
        if self.region is not None:
            place.append(f"region {self.region}")
        line = (
            f"{self.file}: {', '.join(place)}: {self.kind}: expected {self.expected}, found {self.found} "
            f"[{self.severity}]"
        )
        return " ".join(line.splitlines())


@dataclass
class Report:
    """What one or several reads met: counters, and the problems in the order of the file.

    `annotations`, `mentions` and `statements` count submitted work that was not cancelled. `counts` and `severities`
    count every problem; `problems` holds the first `limit`, so that a file in which everything is wrong does not fill
    the memory. `unlisted` counts the problems of drafts and cancelled annotations, unfinished by nature: their
    unusable regions are dropped like others, and listed nowhere.
    """

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)
    tasks: int = 0
    documents: int = 0
    annotations: int = 0
    cancelled: int = 0
    drafts: int = 0
    predictions: int = 0
    mentions: int = 0
    statements: int = 0
    unlisted: int = 0
    limit: int = 10_000

    def add(self, problem: Problem) -> None:
        """Count `problem`, and list it while there is room."""
        self.counts[problem.kind] += 1
        self.severities[problem.severity] += 1
        if len(self.problems) < self.limit:
            self.problems.append(problem)

    @property
    def dropped(self) -> int:
        """How many problems cost something: a task, an annotation, a region or an item."""
        return sum(count for severity, count in self.severities.items() if severity.dropped)

    @property
    def repaired(self) -> int:
        """How many problems were mended without loss."""
        return self.severities[Severity.REPAIRED]

    @property
    def noted(self) -> int:
        """How many problems changed nothing in the records."""
        return self.severities[Severity.NOTED]

    def summary(self) -> list[str]:
        """Lines for a terminal: what was read, then each kind of problem with its count, the most frequent first."""
        lines = [
            f"{self.tasks} tasks, {self.documents} documents",
            f"{self.annotations} annotations ({self.cancelled} more cancelled), {self.drafts} drafts, "
            f"{self.predictions} predictions",
            f"{self.mentions} mentions, {self.statements} statements",
            f"{sum(self.counts.values())} problems: {self.dropped} dropped, {self.repaired} repaired, "
            f"{self.noted} noted",
        ]
        lines += [f"  {count} × {kind}" for kind, count in self.counts.most_common()]
        if self.unlisted:
            lines.append(f"  {self.unlisted} more in drafts and cancelled annotations")
        return lines


def refuse(report: Report, *, noted: bool = False, show: int = 20) -> None:
    """Raise DataError if anything was dropped or repaired (with `noted`: any problem at all).

    The message gives the count and the first `show` problems, a line each.
    """
    count = report.dropped + report.repaired + (report.noted if noted else 0)
    if not count:
        return
    listed = [problem for problem in report.problems if noted or problem.severity != Severity.NOTED][:show]
    lines = [f"Expected an export without problems, found {count}:", *map(str, listed)]
    if count > len(listed):
        lines.append(f"… and {count - len(listed)} more.")
    lines.append("Mend them in Label Studio and export again, or read without the strict mode.")
    raise DataError("\n".join(lines))
