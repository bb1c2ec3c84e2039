"""Sentence boundaries in news text, as offsets into the text as given."""

import re
from bisect import bisect_right

# A sentence ends at a line's end, or at a closing mark (with its closing quotes) before white space. Scraped text
# often lost the white space after the full stop, so "kunnen.Daarom" and "البلاد.وقال" end one too; "3.5", "U.N." and
# "أ.د." do not, nor does a mark within a quotation that goes on.
_END = re.compile(
    r"[.!?؟…]+[»”\"'’)\]]*(?=\s)"
    r"|(?<=[a-zà-ÿ])[.!?][»”\"'’)]*(?=[A-ZÀ-Þ][a-zà-ÿ])"
    r"|(?<=[\u0620-\u064a][\u0620-\u0652»”\")\]])[.!؟][»”\"]*(?=[\u0620-\u064a]{2})"
    r"|\n+"
)
# What is written with a full stop and goes on: Dr, Prof., page, initials alone or in a row (U.N., أ.د.).
_TITLES = r"(?:[^\W\d_]\.)*[^\W\d_]|Dr|Mr|Mrs|Prof|dhr|mevr|bijv|nr|St|Gen|Col|Maj|Capt|Lt|Adm|Sen|Rep|Gov"
_ABBREVIATION = re.compile(rf"(?:^|[\s(«“\"])(?:{_TITLES})\.$")
_LIST_NUMBER = re.compile(r"\s*\d{1,2}\.$")
# A longer quotation is a text of its own, whose sentences count; one without its closing mark is none.
_QUOTATION = re.compile(r"«[^«»\n]{1,300}»|[“”][^“”\n]{1,300}[“”]")
_STRAIGHT = re.compile(r"\"[^\"\n]{1,300}\"")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as (start, end) code-point offsets, end exclusive, without surrounding white space.

    The spans are in order, do not overlap, and cover every character that is not white space.
    """
    spans: list[tuple[int, int]] = []
    quotations = _quotations(text)
    opened = [quotation[0] for quotation in quotations]
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if not text[match.start()].isspace():
            quotation = bisect_right(opened, end) - 1
            quoted = quotation >= 0 and end < quotations[quotation][1]
            if quoted or _ABBREVIATION.search(text, max(0, end - 12), end) or _LIST_NUMBER.fullmatch(text, start, end):
                continue
        _append(spans, text, start, end)
        start = end
    _append(spans, text, start, len(text))
    return spans


def sentences_over(text: str, start: int, end: int) -> str:
    """The sentences of `text` that share a character with the span [start, end), one after the other."""
    return " ".join(text[first:last] for first, last in sentence_spans(text) if first < end and last > start)


def _quotations(text: str) -> list[tuple[int, int]]:
    found = [match.span() for match in _QUOTATION.finditer(text)]
    if '"' in text:
        position = 0
        for line in text.split("\n"):
            # An odd mark would turn what stands between quotations into one.
            if line.count('"') % 2 == 0:
                found += (match.span() for match in _STRAIGHT.finditer(text, position, position + len(line)))
            position += len(line) + 1
        found.sort()
    return found


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if piece.strip():
        left = start + len(piece) - len(piece.lstrip())
        spans.append((left, start + len(piece.rstrip())))
