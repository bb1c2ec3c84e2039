"""How the command line is written down: one form for all commands, and what their flags may hold."""

import argparse
import datetime
from collections.abc import Callable
from typing import Any


def command(
    make: Callable[..., argparse.ArgumentParser],
    name: str,
    epilog: str,
    description: str,
    run: Callable[[argparse.Namespace], int | None] | None = None,
) -> argparse.ArgumentParser:
    """A parser of one command or step, its examples below its flags; `run` is called with what was parsed."""
    options: dict[str, Any] = {
        "description": description,
        "epilog": epilog,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
    parser = make(name, **options) if make is argparse.ArgumentParser else make(name, help=description, **options)
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def takes_pages(parser: argparse.ArgumentParser) -> None:
    """Pages to read, and the registry to find actors by."""
    parser.add_argument("inputs", nargs="+", metavar="PAGES", help="files, folders, or - for standard input")
    parser.add_argument("--actors", default="labels/actors.yaml", metavar="REGISTRY", help="default: %(default)s")
    parser.add_argument("--seen", type=day, metavar="YYYY-MM-DD", help="when the pages were scraped")


def day(text: str) -> datetime.date:
    """A day of the calendar."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day such as 2031-05-02, found {text!r}") from None


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, found {text}")
    return share


def margin(text: str) -> float:
    """A number from 0 to below 1."""
    try:
        margin = float(text)
    except ValueError:
        margin = -1.0
    if not 0 <= margin < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, found {text}")
    return margin


def count(text: str) -> int:
    """A number of 1 or more."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, found {text}")
    return int(text)


def port(text: str) -> int:
    """A TCP port."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, found {text}")
    return int(text)
