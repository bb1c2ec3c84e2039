"""`stance label push`: pages, documents or an export → tasks of a Label Studio project."""

import datetime
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stance.annotation.inputs import addressed
from stance.annotation.registry import ActorRegistry
from stance.commands.initialising import Sources
from stance.commands.progress import Tell, progress
from stance.errors import ConfigurationError, DataError
from stance.labelling.arrivals import Arrival, read_arrivals
from stance.labelling.client import connect
from stance.labelling.corrections import corrected_arrivals, read_corrections
from stance.labelling.project import check_project
from stance.labelling.pushing import Outcome, Push
from stance.labelling.spool import Spool
from stance.labelling.suggestions import Suggester, Suggests
from stance.labelling.tasks import Form

_SHOWN = 20  # of what was passed over


@dataclass(frozen=True)
class PushOptions:
    """What to push where; `target` is that of documents that name none, `blind` the share without stances.

    Instead of `inputs`, the rows of the file `predictions` that `where` describes (or a person marked there), with
    their articles from `documents`.
    """

    inputs: Sequence[str]
    project: str
    sources: Sources
    url: str | None = None
    model: str | None = None
    target: str | None = None
    blind: float = 0.2
    seen: datetime.date | None = None
    predictions: str | None = None
    documents: str | None = None
    where: str | None = None


def push(options: PushOptions) -> int:
    """Push, and print what was done; returns 1 where something was passed over or left as it was, else 0.

    Raises StanceError for what a user can mend; a repeat of the same line goes on.
    """
    _check(options)
    corrections = None if options.predictions is None else read_corrections(options.predictions, options.where)
    screen = options.sources.screen()
    allowed = None if screen.targets is None else frozenset(target.id for target in screen.offered)
    target = _target(options.target, allowed)
    server = connect(options.url)
    project = server.project(options.project)
    for line in check_project(server, project, screen.configuration()):
        print(f"stance: the project differs from ours: {line}", file=sys.stderr)
    actors = screen.actors or ActorRegistry(())
    form = Form(str(project.label_config), actors, screen.targets, screen.guidelines)
    failures: list[DataError] = []
    if corrections is None:
        arrivals = read_arrivals(
            options.inputs, target=target, targets=allowed, seen=options.seen, refused=failures.append
        )
    else:
        found = corrected_arrivals(corrections, str(options.documents), refused=failures.append)
        arrivals = addressed(found, target=None, targets=allowed, refused=failures.append)
    with progress() as tell, Spool() as spool:
        _fill(spool, arrivals, tell)
        suggester = corrections or _suggester(actors, options.model, tell)
        # What a person doubts is to be seen.
        share = options.blind if corrections is None else 0.0
        outcome = Push(server, project.id, form, suggester, share=share).run(spool, tell)
    print(*_done(outcome, suggester, server.address(project.id)), sep="\n")
    troubles = [f"passed over: {failure}" for failure in failures] + _troubles(outcome)
    for line in troubles[:_SHOWN]:
        print(f"stance: {line}", file=sys.stderr)
    if len(troubles) > _SHOWN:
        print(f"stance: … and {len(troubles) - _SHOWN} more", file=sys.stderr)
    return 1 if troubles else 0


def _check(options: PushOptions) -> None:
    if options.predictions is None:
        if not options.inputs:
            raise ConfigurationError("Expected documents to push, or --from PREDICTIONS, found neither.")
        if options.where is not None or options.documents is not None:
            raise ConfigurationError("Expected --from PREDICTIONS with --where and --documents, found them alone.")
    elif options.inputs or options.model or options.target:
        found = options.inputs[0] if options.inputs else "--model" if options.model else "--target"
        raise ConfigurationError(
            "Expected --from PREDICTIONS alone, which has documents, suggestions and targets, found it with "
            f"{found}. Push them one after the other."
        )
    elif options.documents is None:
        raise ConfigurationError(
            "Expected --documents FILE with --from, the articles that stance predict --documents wrote, found none."
        )


def _target(given: str | None, known: frozenset[str] | None) -> str | None:
    if given is None:
        return next(iter(known)) if known is not None and len(known) == 1 else None
    if known is not None and given not in known:
        raise DataError(f"Expected --target among {', '.join(sorted(known))}, found {given!r}.")
    return given


def _fill(spool: Spool, arrivals: Iterator[Arrival], tell: Tell) -> None:
    for number, arrival in enumerate(arrivals, 1):
        spool.add(arrival)
        tell("reading", number, None)


def _suggester(actors: ActorRegistry, model: str | None, tell: Tell) -> Suggester:
    if model is None:
        return Suggester(actors)
    from stance.labelling.predictors import load_predictor

    tell(f"loading {model}", 0, None)
    client = None
    if model.startswith(("models:/", "runs:/")):
        from stance.commands.contenders import open_store

        client = open_store()
    predictor, version = load_predictor(model, client)
    return Suggester(actors, predictor, version)


def _done(outcome: Outcome, suggester: Suggests, address: str) -> Iterator[str]:
    pushed = len(outcome.added) + len(outcome.updated) + len(outcome.unchanged)
    yield (
        f"{len(outcome.added)} added, {len(outcome.updated)} updated, {len(outcome.unchanged)} as they were: "
        f"{pushed} tasks in {address}"
    )
    yield f"suggestions: {suggester.version}; {outcome.blind} tasks are blind, with actors only"
    if outcome.unknown_target:
        yield f"{outcome.unknown_target} tasks on a target that the model does not know have actors only"
    if outcome.removed:
        yield f"{outcome.removed} doubles removed, which another push had added at the same time"
    if outcome.outdated:
        yield (
            f"{outcome.outdated} other tasks hold suggestions of another version, which Label Studio shows no more: "
            "push them again"
        )


def _troubles(outcome: Outcome) -> list[str]:
    lines = [f"passed over: {_name(key)}: {problem}" for key, problem in outcome.failed.items()]
    lines += [
        f"{_name(key)}: left as it was: expected the text that task {task} was labelled with, found another"
        for key, task in outcome.left.items()
    ]
    lines += [
        f"{_name(key)}: tasks {', '.join(map(str, tasks))} are one document, labelled in each: delete all but one"
        for key, tasks in outcome.doubled.items()
    ]
    return lines


def _name(key: tuple[str, str]) -> str:
    return f"document {key[0]!r} on {key[1]}"
