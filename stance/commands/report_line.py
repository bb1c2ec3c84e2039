"""The arguments of `stance report`."""

import argparse
from typing import Any

from stance.commands.arguments import command

REPORT = """examples:
  stance report stances.parquet --documents articles.jsonl --out report.html
  stance report stances.parquet --errors 3f2a91bc --out report.html --tables tables/ --graph actors.graphml
The page needs no network: send it, open it, switch between English and Arabic in it. --documents is what
`stance predict --documents` wrote; without it the page has sentences and no articles. --errors says which mistakes the
model makes, so that shares can be corrected: a run, or the scored.parquet of one; a registered model's are found
without it.
"""


def add_report(commands: Any) -> None:
    """The command `report`."""
    parser = command(commands.add_parser, "report", REPORT, "who stands where: a page, tables, a graph", run=_report)
    parser.add_argument("predictions", metavar="PREDICTIONS", help="what `stance predict` wrote")
    parser.add_argument("--out", required=True, metavar="REPORT.html", help="the page to write")
    parser.add_argument("--documents", metavar="FILE", help="the articles, .jsonl or .parquet")
    parser.add_argument("--actors", metavar="REGISTRY", help="whose names to show (default: the model's)")
    parser.add_argument("--targets", metavar="REGISTRY", help="default: the model's")
    parser.add_argument("--errors", metavar="RUN", help="whose mistakes to correct shares by: a run or scored.parquet")
    parser.add_argument("--tables", metavar="FOLDER", help="every figure as CSV and Parquet")
    parser.add_argument("--graph", metavar="FILE.graphml", help="the network of actors by agreement")


def _report(options: argparse.Namespace) -> None:
    from stance.commands.reporting import Wanted, report

    report(
        Wanted(
            predictions=options.predictions,
            out=options.out,
            actors=options.actors,
            targets=options.targets,
            documents=options.documents,
            errors=options.errors,
            tables=options.tables,
            graph=options.graph,
        )
    )
