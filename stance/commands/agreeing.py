"""`stance label agreement`: how far annotators agree, and where they don't."""

import msgspec
from rich.console import Console

from stance.annotation.agreement import measure_agreement, most_disputed
from stance.annotation.agreement_page import SHOWN_DOCUMENTS, agreement_page
from stance.annotation.agreement_report import opening, tables
from stance.annotation.agreement_table import tabulate
from stance.annotation.disputes import find_disputes
from stance.commands.exports import Asked, read_joined
from stance.commands.writing import write_text
from stance.errors import DataError
from stance.evaluation.comparison import rich_table

_WIDTH = 160


def agree(asked: Asked, html: str | None, json_file: str | None) -> None:
    """Print the report, and write it as a page and as JSON where asked.

    Raises DataError where no actor was marked by two annotators, or a file cannot be written.
    """
    documents = read_joined(asked)
    table = tabulate(documents, asked.label_set)
    agreement = measure_agreement(table, asked.label_set)
    if agreement.units == agreement.single:
        raise DataError(
            "Expected actors that two annotators marked in one document, found none: "
            f"{agreement.annotations} annotations of {agreement.documents} documents by "
            f"{', '.join(agreement.annotators) or 'nobody'}. Name the exports of all annotators' projects; documents "
            "are the same where document_id, target and text are."
        )
    if json_file is not None:
        _write(json_file, msgspec.json.format(msgspec.json.encode(agreement), indent=2).decode() + "\n")
    if html is not None:
        disputed = most_disputed(table, asked.label_set)
        shown = find_disputes([documents[place] for place in disputed[:SHOWN_DOCUMENTS]], asked.label_set)
        _write(html, agreement_page(agreement, shown, len(disputed) - len(shown), asked.label_set))
    # Tables keep their columns whole where the terminal is narrow, or no terminal at all.
    wide = Console(width=max(Console().width, _WIDTH), highlight=False)
    for line in opening(agreement):
        wide.print(line, markup=False, soft_wrap=True)
    for one in tables(agreement):
        wide.print(f"\n{one.title}", markup=False)
        wide.print(rich_table(one.columns, one.rows))
        if one.more:
            wide.print(one.more, markup=False)


def _write(name: str, text: str) -> None:
    write_text(name, text)
    print(f"Written: {name}")
