"""`stance label pull`: a project's annotations as a dated export, with the reader's report and what became of hints."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stance.annotation.problems import Kind
from stance.commands.initialising import Sources
from stance.commands.writing import writing
from stance.labelling.backlog import Backlog, project_key
from stance.labelling.client import connect
from stance.labelling.keeping import FATES, Keeping
from stance.labelling.project import check_project
from stance.labelling.pulling import Pulled, about_path, default_path, pull

_SHOWN = 20  # problems
# Of a project in the making, no problem but its state: counted, not listed.
_UNFINISHED = frozenset({Kind.EMPTY, Kind.CANCELLED})


def pull_project(project: str, sources: Sources, *, url: str | None, out: str | None) -> int:
    """Pull, and print what came; raises StanceError for what a user can mend. Returns the exit status."""
    screen = sources.screen()
    server = connect(url)
    found = server.project(project)
    for difference in check_project(server, found, screen.configuration(), pulling=True):
        print(f"stance: the project differs from ours: {difference}", file=sys.stderr)
    began = datetime.now(UTC)
    path = Path(out) if out is not None else _free(default_path(found, time.gmtime()))
    columns = (SpinnerColumn(), TextColumn("pulling"), DownloadColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with writing(path), bar as bars:
        line = bars.add_task("", total=None)
        pulled = pull(
            server,
            found,
            path,
            screen=screen,
            progress=lambda done: bars.update(line, completed=done),
        )
    # What webhooks told of this project until then is in the export.
    Backlog().settle(project_key(found.id, found.created_at), began)
    _show(pulled)
    return 0


def _free(path: Path) -> Path:
    """`path`, or the first name beside it that no other pull of the same minute has."""
    number, found = 2, path
    while found.exists():
        found = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return found


def _show(pulled: Pulled) -> None:
    report = pulled.report
    problems = [problem for problem in report.problems if problem.kind not in _UNFINISHED]
    for problem in problems[:_SHOWN]:
        print(problem, file=sys.stderr)
    if len(problems) > _SHOWN:
        print(f"… and {len(problems) - _SHOWN} more: stance label check {pulled.path}", file=sys.stderr)
    print("\n".join(report.summary()))
    guidelines = ", ".join(f"{version} ({count})" for version, count in sorted(pulled.guidelines.items()))
    print(f"{pulled.ground_truth} of the annotations are ground truth; {pulled.blind} tasks were blind")
    print(f"guidelines: {guidelines or 'none'}")
    _show_keeping(pulled.keeping)
    if pulled.new:
        print(f"written: {pulled.path} and {about_path(pulled.path).name}")
    else:
        print(f"nothing has changed since {pulled.path}, which stays as it is")


def _show_keeping(keeping: Keeping) -> None:
    print(
        f"{keeping.annotations} annotations began from a suggestion, {keeping.others} did not"
        + (":" if keeping.annotations else "")
    )
    if not keeping.annotations:
        return
    table = Table("suggested", *FATES, "kept, %", box=None, pad_edge=False)
    for name, counts in keeping.fields.items():
        suggested = counts["kept"] + counts["changed"] + counts["removed"]
        share = f"{100 * counts['kept'] / suggested:.0f}" if suggested else "–"
        table.add_row(name, *(str(counts[fate]) for fate in FATES), share)
    Console(highlight=False).print(table)
