"""`stance label check`: every problem of an export, a line each."""

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.annotation.registry import read_actors, read_targets
from stance.labels import label_set


def check(export: str, labels: str, actors: str | None, targets: str | None, *, strict: bool) -> int:
    """Print the report and return the exit status: 2 in strict mode where anything is wrong."""
    report = Report()
    documents = read_export(
        export,
        label_set=label_set(labels),
        actors=read_actors(actors).ids() if actors else None,
        targets=read_targets(targets).ids() if targets else None,
        report=report,
    )
    for _ in documents:
        pass
    for problem in report.problems:
        print(problem)
    print("\n".join(report.summary()))
    return 2 if strict and report.counts else 0
