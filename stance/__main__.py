"""The `stance` command: parses, calls, prints. A user's mistake ends with one clear message, no traceback."""

import argparse
import sys
from collections.abc import Sequence

from stance.commands.arguments import command, day, margin
from stance.commands.label_line import add_label
from stance.commands.predict_line import add_predict
from stance.commands.report_line import add_report
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
PRETRAIN = """examples:
  stance pretrain corpus=[pages/] out=encoders/read
  stance pretrain corpus=[pages/,export.json,articles.jsonl] out=encoders/read trainer.max_epochs=1
  stance pretrain corpus=[pages/] out=encoders/read encoder.frozen_layers=0      all layers, the lower ones too
  stance train encoder.name=encoders/read        what comes of it
Text is pages, folders of pages, documents (.jsonl) and exports (.json). The same line again goes on where it was
interrupted. Exit status: 0 all is done, 1 an input was passed over (and named), 2 a mistake.
"""
IMPORT = """examples:
  stance import issuepositions FOLDER --out data/issuepositions.json
  stance import mawqif FOLDER --out data/mawqif.json
writes the export, and beside it data/issuepositions.targets.yaml; of mawqif its sentiment and sarcasm, too, and the
unlabelled test as documents for stance predict. Rows that cannot be read are named and left out.
"""
COMPARE = """examples:
  stance compare 3f2a91bc 81d0c7ee
  stance compare 3f2a91bc 81d0c7ee 5b6e1f02 --out comparison.md
  stance compare 9c41d2aa                        a sweep: all its finished trials, seeds taken together
  stance compare 3f2a91bc 81d0c7ee --keep experiments/001-issuepositions/predictions
  stance compare experiments/001-issuepositions/predictions      the same tables from these files, without a store
  stance compare a.parquet b.parquet
Runs are named by id, or the beginning of one (make ui shows them); the first is the reference. MLFLOW_TRACKING_URI
names the store, mlflow.db in this folder by default. Files are a run's scored.parquet, or what --keep writes: ids,
labels and probabilities, no text. MODEL-seed-N.parquet are seeds of one model; in a folder tfidf_logreg is the
reference, where it is there.
"""
PROMOTE = """examples:
  stance promote 3f2a91bc --dry-run
  stance promote 3f2a91bc
  stance promote 3f2a91bc --no-worse-than 0.01   enough: not shown to be more than 0.01 f_avg behind
The 95 % interval of the difference to the champion in f_avg (paired cluster bootstrap, out of fold) must lie above 0,
or above -MARGIN. Exit status: 0 promoted, 1 not shown to be better and nothing changed, 2 a mistake.
"""
EVALUATE = """examples:
  stance evaluate 3f2a91bc                       a finished run: what its model cannot do, and the figures that say so
  stance evaluate models:/actor-stance@champion gold.json
  stance evaluate models:/actor-stance@champion gold.json --pages pages/ --out evaluation.md
  stance evaluate runs:/RUN gold.json --actors labels/actors.yaml --json evaluation.json
gold.json is a person's own export: stance label pull, or stance label adjudicate. With --pages, the folder it was made
from, documents count only where they are cut from their pages as gold has them. Nothing is sent to MLflow unless
--track says so, and then figures alone. Without an export a run of stance train is judged by what it keeps: texts that
were changed (experiment=validity), parts of its test data, how sure it is; the page is also in the run, validity.html.
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
    parser = command(argparse.ArgumentParser, "stance", EPILOG, "Each actor's stance on foreign troop presence.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train = command(commands.add_parser, "train", TRAIN, "train, compare and track models", run=_train)
    train.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="Hydra overrides of conf/train.yaml")
    train.add_argument("-m", "--multirun", action="store_true", help="sweep: a run for each combination of values")
    train.add_argument("--cfg", choices=["job"], help="show the resolved configuration and stop")
    train.add_argument("--strict", action="store_true", help="refuse an export with any problem (data.strict=true)")

    further = command(commands.add_parser, "pretrain", PRETRAIN, "an encoder reads on in your text", run=_pretrain)
    further.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="Hydra overrides of conf/pretrain.yaml")
    further.add_argument("--cfg", choices=["job"], help="show the resolved configuration and stop")
    further.set_defaults(again="The same line goes on.")

    imports = command(commands.add_parser, "import", IMPORT, "turn a public data set into an export", run=_import)
    imports.add_argument("name", metavar="NAME", help="issuepositions, mawqif, newsmtsc, arabicstancex, unifiedfc, ans")
    imports.add_argument("source", metavar="SOURCE", help="the folder in which its authors' files lie")
    imports.add_argument("--out", required=True, metavar="EXPORT", help="the export to write")

    compare = command(commands.add_parser, "compare", COMPARE, "test finished runs against each other", run=_compare)
    compare.add_argument("runs", nargs="+", metavar="RUN", help="two runs or more, a sweep, or files of predictions")
    compare.add_argument("--out", metavar="FILE.md", help="write the comparison as Markdown too")
    compare.add_argument("--keep", metavar="FOLDER", help="write the runs' predictions, ids and labels, as files")

    promote = command(commands.add_parser, "promote", PROMOTE, "make a better network the champion", run=_promote)
    promote.add_argument("run_id", metavar="RUN", help="a finished run whose network is registered")
    promote.add_argument("--no-worse-than", type=margin, metavar="MARGIN", help="allow this much less f_avg")
    promote.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")

    judge = command(commands.add_parser, "evaluate", EVALUATE, "a run, or a model against your own gold", run=_evaluate)
    judge.add_argument("model", metavar="MODEL", help="models:/…, runs:/…, a folder, or a run's id")
    judge.add_argument("export", metavar="EXPORT", nargs="?", help="gold, as a Label Studio export")
    judge.add_argument("--actors", metavar="REGISTRY", help="names to find actors by (default: the model's)")
    judge.add_argument("--targets", metavar="REGISTRY", help="targets to judge (default: the model's)")
    judge.add_argument("--pages", metavar="FOLDER", help="the pages that the export's documents were cut from")
    judge.add_argument("--seen", type=day, metavar="YYYY-MM-DD", help="when the pages were scraped")
    judge.add_argument("--out", metavar="FILE.md", help="write figures and every error as Markdown")
    judge.add_argument("--json", metavar="FILE", help="write figures and every error as JSON")
    judge.add_argument("--track", action="store_true", help="log the figures, and no texts, to MLflow")
    judge.set_defaults(again="Nothing was written; give the same line again.")

    add_predict(commands)
    add_report(commands)
    add_label(commands)
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


def _pretrain(options: argparse.Namespace) -> int:
    from stance.commands.composition import compose_pretrain, show

    composed = compose_pretrain(options.overrides)
    if options.cfg:
        print(show(composed), end="")
        return 0
    from stance.commands.pretraining import pretrain

    return pretrain(composed)


def _import(options: argparse.Namespace) -> None:
    from stance.commands.importing import import_source

    import_source(options.name, options.source, options.out)


def _compare(options: argparse.Namespace) -> None:
    from stance.commands.compare import compare

    compare(options.runs, options.out, options.keep)


def _promote(options: argparse.Namespace) -> int:
    from stance.commands.promote import promote

    return promote(options.run_id, options.no_worse_than, dry_run=options.dry_run)


def _evaluate(options: argparse.Namespace) -> int:
    from stance.commands.evaluating import EvaluateOptions, evaluate

    names = ("model", "export", "actors", "targets", "pages", "seen", "out", "json", "track")
    return evaluate(EvaluateOptions(**{name: getattr(options, name) for name in names}))


if __name__ == "__main__":
    sys.exit(main())
