"""`stance label …`: the steps of the labelling loop as the command line knows them."""

import argparse
from typing import Any

from stance.commands.arguments import command, count, day, port, share, takes_pages

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
  stance label push --from stances.csv --documents articles.jsonl
  stance label push --from stances.csv --documents articles.jsonl --where "actor = iraq.government and p_favor < 0.6"
With --from, the rows of a predictions file that a person doubts: those that --where describes (= != < <= > >= in, and,
or, not), or those with a mark in a column "wrong" or the right stance in a column "correction", added by hand. The
prediction is suggested, corrected, and a note says which actors are doubted.
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
stance label pull; http://HOST:PORT/health tells how much. Label Studio refuses addresses of its own machine and network
unless it is started with ML_BLOCK_LOCAL_IP=false (to connect) and SSRF_PROTECTION_ENABLED=false (for the webhook).
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


def add_label(commands: Any) -> None:
    """Add `stance label` and its steps to the parsers of all commands."""
    label = command(commands.add_parser, "label", CHECK, "work with Label Studio")
    steps = label.add_subparsers(title="steps", required=True, metavar="STEP")
    init = command(steps.add_parser, "init", INIT, "make a Label Studio project, or compare it", run=_init)
    init.add_argument("--url", help="the server (default: LABEL_STUDIO_URL)")
    init.add_argument("--title", default="Actor stance", help="of the project (default: %(default)s)")
    _takes_sources(init)
    instead = init.add_mutually_exclusive_group()
    instead.add_argument("--update", action="store_true", help="bring an existing one to ours, if nothing is lost")
    instead.add_argument("--print", action="store_true", help="print the labelling configuration, ask no server")
    instead.add_argument("--out", metavar="FILE.xml", help="write the labelling configuration, ask no server")

    push = command(steps.add_parser, "push", PUSH, "documents → tasks of a Label Studio project", run=_push)
    push.add_argument("inputs", nargs="*", metavar="INPUT", help="pages, folders, .jsonl documents, .json exports")
    push.add_argument("--from", dest="predictions", metavar="PREDICTIONS", help="rows of a predictions file instead")
    push.add_argument("--where", metavar="EXPRESSION", help="which rows (default: those marked wrong or corrected)")
    push.add_argument("--documents", metavar="FILE", help="their articles: what stance predict --documents wrote")
    push.add_argument("--model", metavar="URI", help="models:/…, runs:/… or a folder: its stances as suggestions")
    push.add_argument("--target", metavar="ID", help="of documents that name none")
    push.add_argument(
        "--blind", type=share, default=0.2, metavar="SHARE", help="without stances (default: %(default)s)"
    )
    push.add_argument("--seen", type=day, metavar="YYYY-MM-DD", help="when the pages were scraped")
    _takes_project(push)

    pull = command(steps.add_parser, "pull", PULL, "a project's annotations → a dated export", run=_pull)
    pull.add_argument("--out", metavar="EXPORT.json", help="write there (default: exports/PROJECT-TIME.json)")
    _takes_project(pull)

    queue = command(steps.add_parser, "queue", QUEUE, "what to label next, and what to look at again", run=_queue)
    queue.add_argument("export", nargs="?", metavar="EXPORT", help="queue its tasks instead of a project's")
    queue.add_argument("--model", metavar="URI", help="models:/…, runs:/… or a folder")
    queue.add_argument(
        "--by",
        choices=["uncertainty", "diversity", "label-error", "mixed"],
        default="uncertainty",
        help="label-error: what to look at again; mixed: all three (default: %(default)s, which saved most labels)",
    )
    queue.add_argument("--limit", type=count, default=100, metavar="N", help="tasks (default: %(default)s)")
    queue.add_argument("--out", metavar="FILE.csv", help="write the queue as a list too")
    _takes_project(queue)

    serve = command(steps.add_parser, "serve", SERVE, "answer Label Studio while people label", run=_serve)
    serve.add_argument("--model", required=True, metavar="URI", help="models:/…, runs:/… or a folder")
    serve.add_argument("--host", default="127.0.0.1", help="any other needs STANCE_BACKEND_SECRET")
    serve.add_argument("--port", type=port, default=9090, help="default: %(default)s")
    _takes_sources(serve)

    check = command(steps.add_parser, "check", CHECK, "report every problem of an export", run=_check)
    check.add_argument("export", metavar="EXPORT", help="what Label Studio exported, as JSON")
    check.add_argument("--label-set", default="stance", metavar="ID", help="default: %(default)s")
    check.add_argument("--actors", metavar="REGISTRY", help="actors allowed (default: any)")
    check.add_argument("--targets", metavar="REGISTRY", help="targets allowed (default: any)")
    check.add_argument("--strict", action="store_true", help="exit with 2 where anything is wrong")

    agree = command(steps.add_parser, "agreement", AGREEMENT, "how far annotators agree, and where not", run=_agree)
    _takes_exports(agree)
    agree.add_argument("--html", metavar="FILE", help="write a page with the disagreements side by side")
    agree.add_argument("--json", metavar="FILE", help="write every figure")

    settle = command(steps.add_parser, "adjudicate", ADJUDICATE, "settle one label for each actor", run=_settle)
    _takes_exports(settle)
    settle.add_argument("--out", required=True, metavar="EXPORT", help="the gold export to write")
    methods = ("ground-truth", "majority", "dawid-skene", "mace")
    settle.add_argument("--method", default="majority", choices=methods, help="what decides (default: %(default)s)")
    settle.add_argument("--conflicts", metavar="FILE", help="write what is in conflict as tasks to import")
    settle.add_argument("--push", action="store_true", help="make a Label Studio project of what is in conflict")
    settle.add_argument("--title", default="Adjudication", help="of that project (default: %(default)s)")
    settle.add_argument("--url", help="the server (default: LABEL_STUDIO_URL)")

    offer = command(steps.add_parser, "actors", ACTORS, "offer names that no registry holds", run=_offer)
    offer.add_argument("--tagger", required=True, metavar="MODEL", help="runs:/RUN or a folder")
    offer.add_argument("--out", metavar="FILE.yaml", help="write them as entries of a registry")
    takes_pages(offer)


def _takes_exports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exports", nargs="+", metavar="EXPORT", help="what Label Studio exported, as JSON")
    parser.add_argument("--label-set", default="stance", metavar="ID", help="default: %(default)s")
    parser.add_argument("--actors", metavar="REGISTRY", help="actors allowed (default: any)")
    parser.add_argument("--targets", metavar="REGISTRY", help="targets allowed (default: any)")


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


# Each step's module is imported when it is called, so that --help answers at once.


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
            predictions=options.predictions,
            documents=options.documents,
            where=options.where,
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


def _check(options: argparse.Namespace) -> int:
    from stance.commands.checking import check

    return check(options.export, options.label_set, options.actors, options.targets, strict=options.strict)
