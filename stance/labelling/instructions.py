"""The guidelines as an annotator finds them in Label Studio: before the first task, and behind "Instructions"."""

import re
from pathlib import Path

from stance.annotation.labelling_configuration import GUIDELINES
from stance.errors import DataError

# Label Studio takes ids out, and so leaves nothing that a link within the page could lead to.
_WITHIN = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)]*\)")


def instructions(path: str | Path = GUIDELINES) -> str:
    """The guidelines at `path` as HTML, without links that lead nowhere on a server; raises DataError without them."""
    from markdown_it import MarkdownIt

    try:
        words = Path(path).read_text("utf-8")
    except OSError as error:
        raise DataError(f"{path}: expected the annotation guidelines, found none ({error.strerror}).") from None
    html: str = MarkdownIt("commonmark", {"html": True}).enable("table").render(_WITHIN.sub(r"\1", words))
    return html
