"""Text cells of a CSV file that spreadsheets neither run nor lose."""

# What starts a formula or a command in some spreadsheet (OWASP, CSV injection), full-width forms included.
STARTERS = frozenset("=+-@\t\r\n＝＋－＠")
GUARD = "'"


def encode_text(text: str | None) -> str:
    """A cell that reads back as `text`: nothing for None, and an apostrophe before what is not safe as it stands."""
    if text is None:
        return ""
    return GUARD + text if _needs_guard(text) else text


def decode_text(cell: str) -> str | None:
    """The text that `encode_text` made `cell` of; text typed by hand with an apostrophe of its own keeps it."""
    if not cell:
        return None
    return cell[1:] if cell[0] == GUARD and _needs_guard(cell[1:]) else cell


def _needs_guard(text: str) -> bool:
    # Empty text is guarded to differ from None, and text that looks guarded already to read back as itself.
    bare = text.lstrip(GUARD)
    return not bare or bare[0] in STARTERS or bare.lstrip()[:1] in STARTERS
