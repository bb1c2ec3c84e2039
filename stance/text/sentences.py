"""Sentence boundaries in news text, as offsets into the text as given."""

import re

# A sentence ends at a line's end, or at a closing mark (with its closing quotes) before white space. Scraped Latin
# text often lost the white space after the full stop, so "kunnen.Daarom" ends one too; "3.5" and "U.N." do not.
_END = re.compile(r"[.!?؟…]+[»”\"'’)\]]*(?=\s)|(?<=[a-zà-ÿ])[.!?][»”\"'’)]*(?=[A-ZÀ-Þ][a-zà-ÿ])|\n+")
# What is written with a full stop and goes on: Dr, Prof., page, initials alone or in a row (U.N., أ.د.).
_TITLES = r"(?:[^\W\d_]\.)*[^\W\d_]|Dr|Mr|Mrs|Prof|dhr|mevr|bijv|nr|St|Gen|Lt|Sen"
_ABBREVIATION = re.compile(rf"(?:^|[\s(«“\"])(?:{_TITLES})\.$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as (start, end) code-point offsets, end exclusive, without surrounding white space.

    The spans are in order, do not overlap, and cover every character that is not white space.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if not text[match.start()].isspace() and _ABBREVIATION.search(text, max(0, match.end() - 12), match.end()):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if piece.strip():
        left = start + len(piece) - len(piece.lstrip())
        spans.append((left, start + len(piece.rstrip())))
