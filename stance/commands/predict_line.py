"""`stance predict` as the command line knows it."""

import argparse
from typing import Any

from stance.commands.arguments import command, day, share
from stance.errors import ConfigurationError

PREDICT = """examples:
  stance predict --model models:/actor-stance@champion pages/ --output stances.parquet
  stance predict --model runs:/RUN documents.jsonl --output stances.csv --documents articles.jsonl
  stance predict --model FOLDER --target iraq-us --seen 2031-05-02 pages/ --output stances.parquet
  stance predict --model models:/actor-stance@champion --risk 0.2 pages/ --output stances.parquet
  cat page.txt | stance predict --model models:/actor-stance@champion --target iraq-us - --output stances.jsonl
  stance predict --actors-only pages/            articles and whom they name, without a model
  stance predict --actors-only --json page.txt > articles.jsonl
  stance predict --actors-only --actors labels/corpus/actors.yaml --tagger runs:/RUN page.html
Inputs are pages, folders of pages, documents (.jsonl) and exports (.json). The same line again does only what is
missing: finished parts lie in OUTPUT.parts, a folder that can be deleted when nothing is to be added. Exit status: 0
all is done, 1 an input was passed over (and named), 2 a mistake.
"""
_ACTORS = "labels/actors.yaml"
_OF_A_MODEL = ("output", "documents", "targets", "target")
_OF_ACTORS = ("json", "tagger")


def add_predict(commands: Any) -> None:
    """Add `stance predict` to the parsers of all commands."""
    predict = command(commands.add_parser, "predict", PREDICT, "each actor's stance in pages and documents", run=_run)
    predict.add_argument("inputs", nargs="+", metavar="INPUT", help="pages, folders, .jsonl, .json, - (standard input)")
    what = predict.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", metavar="URI", help="models:/…, runs:/… or a folder")
    what.add_argument("--actors-only", action="store_true", help="print articles and whom they name")
    predict.add_argument("--output", metavar="FILE", help="predictions to write: .parquet, .csv or .jsonl")
    predict.add_argument("--documents", metavar="FILE", help="write the articles too: .jsonl or .parquet")
    predict.add_argument("--target", metavar="ID", help="of documents that name none")
    predict.add_argument("--seen", type=day, metavar="YYYY-MM-DD", help="when the pages were scraped")
    predict.add_argument("--actors", metavar="REGISTRY", help=f"default: the model's; with --actors-only {_ACTORS}")
    predict.add_argument("--targets", metavar="REGISTRY", help="default: the model's")
    predict.add_argument(
        "--windows", choices=["all", "relevant"], default="all", help="relevant: only sentences that name an actor"
    )
    predict.add_argument(
        "--risk", type=share, metavar="R", help="abstain from what would make more than this share of answers wrong"
    )
    predict.add_argument(
        "--engine", choices=["local", "ray"], default="local", help="ray: on every machine of a Ray cluster"
    )
    predict.add_argument("--json", action="store_true", help="with --actors-only: a line of JSON per article")
    predict.add_argument("--tagger", metavar="MODEL", help="with --actors-only: runs:/RUN or a folder, for new names")
    predict.set_defaults(again="The same line goes on.")


# Each command's module is imported when it is called, so that --help answers at once.


def _run(options: argparse.Namespace) -> int:
    unfit = [name for name in (_OF_A_MODEL if options.actors_only else _OF_ACTORS) if getattr(options, name)]
    if unfit:
        this, other = ("--actors-only", "--model") if options.actors_only else ("--model", "--actors-only")
        raise ConfigurationError(f"Expected {other} beside --{unfit[0]}, found {this}. Leave one of them out.")
    if options.actors_only:
        from stance.commands.looking import look

        actors = options.actors or _ACTORS
        return look(options.inputs, actors, tagger=options.tagger, seen=options.seen, as_json=options.json)
    if options.output is None:
        raise ConfigurationError("Expected a file to write, found none. Name one: --output stances.parquet")
    from stance.commands.loading import ModelAddress
    from stance.commands.predicting import PredictOptions, predict

    address = ModelAddress(options.model, options.actors, options.targets, options.windows == "relevant")
    names = ("inputs", "output", "documents", "target", "seen", "risk", "engine")
    return predict(PredictOptions(address=address, **{name: getattr(options, name) for name in names}))
