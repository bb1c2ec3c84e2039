"""The `stance` command: parses, calls, prints. A user's mistake ends with one clear message, no traceback."""

import argparse
import datetime
import sys
from collections.abc import Callable, Sequence
from typing import Any

from stance.errors import StanceError

CONTINUE = "`stance train … ckpt=last` continues a training."
EPILOG = """examples:
  stance train                                   the main job: network and baselines on the project's articles
  stance train model=tfidf_logreg split=temporal one model, another split
  stance train --cfg job                         show what would run
  stance import issuepositions FOLDER --out data/issuepositions.json
  stance train experiment=issuepositions
  stance compare 3f2a91bc 81d0c7ee               two finished runs on the same examples, tested
  stance promote 3f2a91bc                        make a better network the champion
"""
TRAIN = """examples:
  stance train
  stance train trainer.max_epochs=4 seed=1
  stance train data=export data.export=FILE.json data.actors=ACTORS.yaml
  stance train experiment=issuepositions model=tfidf_logreg
  stance train debug=fast
  stance train ckpt=last                         continue what was interrupted
  stance train run=RUN_ID                        repeat a finished run, and say whether its metrics agree
  stance train -m model=tfidf_logreg model.C=0.1,1,10 seed=0,1      a sweep: every combination; the same line continues
  stance train -m experiment=sweep/network       a sweep whose values are chosen from what came before
"""
IMPORT = """example:
  stance import issuepositions FOLDER --out data/issuepositions.json
writes the export, and beside it data/issuepositions.targets.yaml
"""
COMPARE = """examples:
  stance compare 3f2a91bc 81d0c7ee
  stance compare 3f2a91bc 81d0c7ee 5b6e1f02 --out comparison.md
  stance compare 9c41d2aa                        a sweep: all its finished trials, seeds taken together
Runs are named by id, or the beginning of one (make ui shows them); the first is the reference. MLFLOW_TRACKING_URI
names the store, mlflow.db in this folder by default.
"""
PROMOTE = """examples:
  stance promote 3f2a91bc --dry-run
  stance promote 3f2a91bc
  stance promote 3f2a91bc --no-worse-than 0.01   enough: not shown to be more than 0.01 f_avg behind
The 95 % interval of the difference to the champion in f_avg (paired cluster bootstrap, out of fold) must lie above 0,
or above -MARGIN. Exit status: 0 promoted, 1 not shown to be better and nothing changed, 2 a mistake.
"""
PREDICT = """examples:
  stance predict --actors-only pages/
  stance predict --actors-only --json page.txt > articles.jsonl
  stance predict --actors-only --actors labels/corpus/actors.yaml --tagger runs:/RUN page.html
  cat page.txt | stance predict --actors-only -
"""
ACTORS = """examples:
  stance label actors pages/ --tagger runs:/RUN
  stance label actors pages/ --tagger runs:/RUN --out new-actors.yaml
the run is one of: stance train experiment=actor_tagger
"""
INIT = """examples:
  export LABEL_STUDIO_URL=http://localhost:8080 LABEL_STUDIO_API_KEY=…
  stance label init
  stance label init --title "Corpus" --actors labels/corpus/actors.yaml
  stance label init --title "Corpus" --actors labels/corpus/actors.yaml --update
  stance label init --label-set issuepositions --actors any --targets data/issuepositions.targets.yaml
  stance label init --print                      the configuration alone, to paste it by hand
The token is asked for where LABEL_STUDIO_API_KEY is not set. Exit status: 0 the project is as ours, 1 it is there and
differs (each difference is printed), 2 a mistake.
"""
PUSH = """examples:
  stance label push pages/ --target iraq-us
  stance label push pages/ --target iraq-us --model models:/actor-stance@champion
  stance label push documents.jsonl --project 3 --blind 0.3
  stance label push labels/corpus/export.json --project Corpus --actors labels/corpus/actors.yaml
The same line again adds what is new, changes what changed, and leaves alone what somebody has labelled; interrupted,
it goes on. Without --model, actors only are suggested. Whether a task is blind stays as it was first pushed. Exit
status: 0 all is there, 1 something was passed over (and named), 2 a mistake or a server that is away.
"""
PULL = """examples:
  stance label pull
  stance label pull --project Corpus --actors labels/corpus/actors.yaml
  stance label pull --project 3 --out data/mine.json
writes exports/PROJECT-YYYYMMDDTHHMM.json (time of UTC) and beside it ….about.json: digest, counts, versions
"""
QUEUE = """examples:
  stance label queue --model models:/actor-stance@champion
  stance label queue --project Corpus --model models:/actor-stance@champion --by label-error --limit 50
  stance label queue --by diversity              what is unlike anything labelled; needs no model
  stance label queue exports/corpus.json --model runs:/RUN --out queue.csv
writes queue_rank, queue_score and queue_reason into the tasks, and a tab "Queue" that shows them in order. Run again
after a pull or a training: what was labelled leaves, what is worth more comes first. With an EXPORT no server is asked.
"""
SERVE = """examples:
  stance label serve --model models:/actor-stance@champion
  STANCE_BACKEND_SECRET=… stance label serve --model models:/actor-stance@champion --host 0.0.0.0
the ML backend: connect it in Label Studio under Settings → Model. What annotators do is noted, and waits for
stance label pull; http://HOST:PORT/health tells how much.
"""
CHECK = """examples:
  stance label check export.json
  stance label check export.json --actors labels/corpus/actors.yaml --targets labels/targets.yaml --strict
"""
ADJUDICATE = """examples:
  stance label adjudicate lina.json sami.json --out gold.json
  stance label adjudicate lina.json sami.json --out gold.json --method dawid-skene --conflicts conflicts.json
  stance label adjudicate lina.json sami.json --out gold.json --actors ACTORS.yaml --push --title "Third reading"
  stance label adjudicate lina.json sami.json third-reading.json --out gold.json
Ground truth goes first, whatever the method, and what a third person submits to the tasks of conflicts is ground truth.
--push needs the files the annotators' own project was made with (--actors, --targets) for its lists.
"""
AGREEMENT = """examples:
  stance label agreement lina.json sami.json
  stance label agreement lina.json sami.json --html agreement.html --json agreement.json
  stance label agreement data/issuepositions.json --label-set issuepositions
Each annotator's own project may come as its own export; documents are the same where document_id, target and text are.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parse(arguments)
    try:
        return int(options.run(options) or 0)
    except StanceError as error:
        print(f"stance: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        again = getattr(options, "again", CONTINUE)
        if getattr(options, "multirun", False):
            again = "The same line continues the sweep."
        print(f"stance: interrupted. {again}", file=sys.stderr)
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options, more = parser.parse_known_args(arguments)
    # argparse ends a list of words at the first flag; overrides may stand after one too.
    if any(word.startswith("-") for word in more) or (more and not hasattr(options, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if more:
        options.overrides = [*options.overrides, *more]
    return options


def _parser() -> argparse.ArgumentParser:
    parser = _command(argparse.ArgumentParser, "stance", EPILOG, "Each actor's stance on foreign troop presence.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train = _command(commands.add_parser, "train", TRAIN, "train, compare and track models", run=_train)
    train.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="Hydra overrides of conf/train.yaml")
    train.add_argument("-m", "--multirun", action="store_true", help="sweep: a run for each combination of values")
    train.add_argument("--cfg", choices=["job"], help="show the resolved configuration and stop")
    train.add_argument("--strict", action="store_true", help="refuse an export with any problem (data.strict=true)")

    imports = _command(commands.add_parser, "import", IMPORT, "turn a public data set into an export", run=_import)
    imports.add_argument("name", metavar="NAME", help="issuepositions")
    imports.add_argument("source", metavar="SOURCE", help="the folder in which its authors' files lie")
    imports.add_argument("--out", required=True, metavar="EXPORT", help="the export to write")

    compare = _command(commands.add_parser, "compare", COMPARE, "test finished runs against each other", run=_compare)
    compare.add_argument("runs", nargs="+", metavar="RUN", help="two runs or more, or one sweep")
    compare.add_argument("--out", metavar="FILE.md", help="write the comparison as Markdown too")

    promote = _command(commands.add_parser, "promote", PROMOTE, "make a better network the champion", run=_promote)
    promote.add_argument("run_id", metavar="RUN", help="a finished run whose network is registered")
    promote.add_argument("--no-worse-than", type=_margin, metavar="MARGIN", help="allow this much less f_avg")
    promote.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")

    predict = _command(commands.add_parser, "predict", PREDICT, "find articles and actors in pages", run=_predict)
    predict.add_argument("--actors-only", action="store_true", required=True, help="articles and whom they name")
    predict.add_argument("--json", action="store_true", help="a line of JSON per article")
    predict.add_argument("--tagger", metavar="MODEL", help="runs:/RUN or a folder: names in no registry too")
    _takes_pages(predict)

    label = _command(commands.add_parser, "label", CHECK, "work with Label Studio")
    steps = label.add_subparsers(title="steps", required=True, metavar="STEP")
    init = _command(steps.add_parser, "init", INIT, "make a Label Studio project, or compare it", run=_init)
    init.add_argument("--url", help="the server (default: LABEL_STUDIO_URL)")
    init.add_argument("--title", default="Actor stance", help="of the project (default: %(default)s)")
    _takes_sources(init)
    instead = init.add_mutually_exclusive_group()
    instead.add_argument("--update", action="store_true", help="bring an existing one to ours, if nothing is lost")
    instead.add_argument("--print", action="store_true", help="print the labelling configuration, ask no server")
    instead.add_argument("--out", metavar="FILE.xml", help="write the labelling configuration, ask no server")

    push = _command(steps.add_parser, "push", PUSH, "documents → tasks of a Label Studio project", run=_push)
    push.add_argument("inputs", nargs="+", metavar="INPUT", help="pages, folders, .jsonl documents, .json exports")
    push.add_argument("--model", metavar="URI", help="models:/…, runs:/… or a folder: its stances as suggestions")
    push.add_argument("--target", metavar="ID", help="of documents that name none")
    push.add_argument(
        "--blind", type=_share, default=0.2, metavar="SHARE", help="without stances (default: %(default)s)"
    )
    push.add_argument("--seen", type=_day, metavar="YYYY-MM-DD", help="when the pages were scraped")
    _takes_project(push)

    pull = _command(steps.add_parser, "pull", PULL, "a project's annotations → a dated export", run=_pull)
    pull.add_argument("--out", metavar="EXPORT.json", help="write there (default: exports/PROJECT-TIME.json)")
    _takes_project(pull)

    queue = _command(steps.add_parser, "queue", QUEUE, "what to label next, and what to look at again", run=_queue)
    queue.add_argument("export", nargs="?", metavar="EXPORT", help="queue its tasks instead of a project's")
    queue.add_argument("--model", metavar="URI", help="models:/…, runs:/… or a folder")
    queue.add_argument("--by", choices=["uncertainty", "diversity", "label-error", "mixed"], default="mixed")
    queue.add_argument("--limit", type=_count, default=100, metavar="N", help="tasks (default: %(default)s)")
    queue.add_argument("--out", metavar="FILE.csv", help="write the queue as a list too")
    _takes_project(queue)

    serve = _command(steps.add_parser, "serve", SERVE, "answer Label Studio while people label", run=_serve)
    serve.add_argument("--model", required=True, metavar="URI", help="models:/…, runs:/… or a folder")
    serve.add_argument("--host", default="127.0.0.1", help="any other needs STANCE_BACKEND_SECRET")
    serve.add_argument("--port", type=_port, default=9090, help="default: %(default)s")
    _takes_sources(serve)

    check = _command(steps.add_parser, "check", CHECK, "report every problem of an export", run=_check)
    check.add_argument("export", metavar="EXPORT")
    check.add_argument("--label-set", default="stance", metavar="ID")
    check.add_argument("--actors", metavar="REGISTRY", help="actors allowed (default: any)")
    check.add_argument("--targets", metavar="REGISTRY", help="targets allowed (default: any)")
    check.add_argument("--strict", action="store_true", help="exit with 2 where anything is wrong")

    agree = _command(steps.add_parser, "agreement", AGREEMENT, "how far annotators agree, and where not", run=_agree)
    _takes_exports(agree)
    agree.add_argument("--html", metavar="FILE", help="write a page with the disagreements side by side")
    agree.add_argument("--json", metavar="FILE", help="write every figure")

    settle = _command(steps.add_parser, "adjudicate", ADJUDICATE, "settle one label for each actor", run=_settle)
    _takes_exports(settle)
    settle.add_argument("--out", required=True, metavar="EXPORT", help="the gold export to write")
    methods = ("ground-truth", "majority", "dawid-skene", "mace")
    settle.add_argument("--method", default="majority", choices=methods, help="what decides (default: %(default)s)")
    settle.add_argument("--conflicts", metavar="FILE", help="write what is in conflict as tasks to import")
    settle.add_argument("--push", action="store_true", help="make a Label Studio project of what is in conflict")
    settle.add_argument("--title", default="Adjudication", help="of that project (default: %(default)s)")
    settle.add_argument("--url", help="the server (default: LABEL_STUDIO_URL)")

    offer = _command(steps.add_parser, "actors", ACTORS, "offer names that no registry holds", run=_offer)
    offer.add_argument("--tagger", required=True, metavar="MODEL", help="runs:/RUN or a folder")
    offer.add_argument("--out", metavar="FILE.yaml", help="write them as entries of a registry")
    _takes_pages(offer)
    return parser


def _takes_exports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exports", nargs="+", metavar="EXPORT")
    parser.add_argument("--label-set", default="stance", metavar="ID")
    parser.add_argument("--actors", metavar="REGISTRY", help="actors allowed (default: any)")
    parser.add_argument("--targets", metavar="REGISTRY", help="targets allowed (default: any)")


def _takes_pages(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="PAGES", help="files, folders, or - for standard input")
    parser.add_argument("--actors", default="labels/actors.yaml", metavar="REGISTRY", help="default: %(default)s")
    parser.add_argument("--seen", type=_day, metavar="YYYY-MM-DD", help="when the pages were scraped")


def _takes_sources(parser: argparse.ArgumentParser) -> None:
    """What a labelling screen is made from."""
    parser.add_argument(
        "--actors",
        default="labels/actors.yaml",
        metavar="REGISTRY",
        help="actors to choose from, or: any (typed), author (a stance per text, no spans) (default: %(default)s)",
    )
    parser.add_argument(
        "--targets",
        default="labels/targets.yaml",
        metavar="REGISTRY",
        help="targets to choose from, or: any (the task's own alone) (default: %(default)s)",
    )
    parser.add_argument("--label-set", default="stance", metavar="ID", help="default: %(default)s")


def _takes_project(parser: argparse.ArgumentParser) -> None:
    """A project on a server, and what it was made from."""
    parser.add_argument("--project", default="Actor stance", metavar="ID|TITLE", help="default: %(default)s")
    parser.add_argument("--url", help="the server (default: LABEL_STUDIO_URL)")
    parser.set_defaults(again="The same line goes on.")
    _takes_sources(parser)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, found {text}")
    return share


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day such as 2031-05-02, found {text!r}") from None


def _command(
    make: Callable[..., argparse.ArgumentParser],
    name: str,
    epilog: str,
    description: str,
    run: Callable[[argparse.Namespace], int | None] | None = None,
) -> argparse.ArgumentParser:
    options: dict[str, Any] = {
        "description": description,
        "epilog": epilog,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
    parser = make(name, **options) if make is argparse.ArgumentParser else make(name, help=description, **options)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


# Each command's module is imported when it is called, so that --help answers at once.


def _train(options: argparse.Namespace) -> int:
    from stance.commands.composition import compose_train, show

    overrides = [*options.overrides, *(["data.strict=true"] if options.strict else [])]
    if options.multirun:
        _sweep(overrides, show_only=bool(options.cfg))
        return 0
    composed = compose_train(overrides)
    if options.cfg:
        print(show(composed), end="")
        return 0
    if composed.settings.run is not None:
        from stance.commands.repeating import repeat

        return 0 if repeat(composed) else 1
    if composed.model.name == "actor_tagger":
        from stance.commands.tagging import train_tagger

        train_tagger(composed)
        return 0
    from stance.commands.train import train

    train(composed)
    return 0


def _sweep(overrides: Sequence[str], *, show_only: bool) -> None:
    from stance.commands.sweep_plan import plan_sweep, show_plan

    plan = plan_sweep(overrides)
    if show_only:
        print(show_plan(plan), end="")
        return
    from stance.commands.sweep import sweep

    sweep(plan)


def _import(options: argparse.Namespace) -> None:
    from stance.commands.importing import import_source

    import_source(options.name, options.source, options.out)


def _compare(options: argparse.Namespace) -> None:
    from stance.commands.compare import compare

    compare(options.runs, options.out)


def _promote(options: argparse.Namespace) -> int:
    from stance.commands.promote import promote

    return promote(options.run_id, options.no_worse_than, dry_run=options.dry_run)


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = -1.0
    if not 0 <= margin < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, found {text}")
    return margin


def _predict(options: argparse.Namespace) -> int:
    from stance.commands.looking import look

    return look(options.inputs, options.actors, tagger=options.tagger, seen=options.seen, as_json=options.json)


def _offer(options: argparse.Namespace) -> int:
    from stance.commands.actors import offer_actors

    return offer_actors(options.inputs, options.actors, tagger=options.tagger, seen=options.seen, out=options.out)


def _init(options: argparse.Namespace) -> int:
    from stance.commands.initialising import Sources, initialise, write_configuration

    sources = Sources(options.actors, options.targets, options.label_set)
    if options.print or options.out:
        write_configuration(sources, options.out)
        return 0
    return initialise(options.url, options.title, sources, update=options.update)


def _agree(options: argparse.Namespace) -> None:
    from stance.commands.agreeing import agree

    agree(_asked(options), options.html, options.json)


def _settle(options: argparse.Namespace) -> None:
    from stance.annotation.adjudication import Method
    from stance.commands.adjudicating import Conflicts, settle

    conflicts = Conflicts(options.conflicts, options.push, options.title, options.url)
    settle(_asked(options), Method(options.method), options.out, conflicts)


def _asked(options: argparse.Namespace) -> Any:
    from stance.commands.exports import Asked
    from stance.labels import label_set

    return Asked(tuple(options.exports), label_set(options.label_set), options.actors, options.targets)


def _push(options: argparse.Namespace) -> int:
    from stance.commands.initialising import Sources
    from stance.commands.pushing import PushOptions, push

    return push(
        PushOptions(
            options.inputs,
            options.project,
            Sources(options.actors, options.targets, options.label_set),
            url=options.url,
            model=options.model,
            target=options.target,
            blind=options.blind,
            seen=options.seen,
        )
    )


def _pull(options: argparse.Namespace) -> int:
    from stance.commands.initialising import Sources
    from stance.commands.pulling import pull_project

    sources = Sources(options.actors, options.targets, options.label_set)
    return pull_project(options.project, sources, url=options.url, out=options.out)


def _queue(options: argparse.Namespace) -> int:
    from stance.commands.initialising import Sources
    from stance.commands.queueing import QueueOptions, queue

    sources = Sources(options.actors, options.targets, options.label_set)
    return queue(
        QueueOptions(
            by=options.by,
            limit=options.limit,
            sources=sources,
            project=options.project,
            url=options.url,
            model=options.model,
            export=options.export,
            out=options.out,
        )
    )


def _serve(options: argparse.Namespace) -> None:
    from stance.commands.initialising import Sources
    from stance.commands.serving import serve

    sources = Sources(options.actors, options.targets, options.label_set)
    serve(options.model, sources, host=options.host, port=options.port)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, found {text}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, found {text}")
    return int(text)


def _check(options: argparse.Namespace) -> int:
    from stance.commands.checking import check

    return check(options.export, options.label_set, options.actors, options.targets, strict=options.strict)


if __name__ == "__main__":
    sys.exit(main())
