"""Which statement of one annotator is which of another's.

Two statements can be the same where holder and target are the same and the spans share at least half of the shorter
one: annotators often agree on a clause and differ in whether its first words belong to it. Of all ways to pair them
one to one, the one with the most overlap (intersection over union, summed) is taken.
"""

from collections.abc import Sequence

from stance.annotation.records import Document, Statement

SHARED = 0.5
"""The least share of the shorter span that two spans of one statement have in common."""


def match_statements(
    document: Document, first: Sequence[Statement], second: Sequence[Statement]
) -> list[tuple[Statement, Statement]]:
    """Pairs of statements, of `first` and `second`, that are the same one, in the order of `first`."""
    others: dict[tuple[str, str | None], list[Statement]] = {}
    for statement in second:
        others.setdefault((statement.holder, statement.target or document.target), []).append(statement)
    ours: dict[tuple[str, str | None], list[Statement]] = {}
    for statement in first:
        ours.setdefault((statement.holder, statement.target or document.target), []).append(statement)
    return [pair for key, group in ours.items() if key in others for pair in _assign(group, others[key])]


def _assign(first: list[Statement], second: list[Statement]) -> list[tuple[Statement, Statement]]:
    if len(first) == len(second) == 1:
        return [(first[0], second[0])] if _likeness(first[0], second[0]) else []
    from scipy.optimize import linear_sum_assignment

    likeness = [[_likeness(ours, theirs) for theirs in second] for ours in first]
    chosen = zip(*linear_sum_assignment(likeness, maximize=True), strict=True)
    return [(first[row], second[column]) for row, column in chosen if likeness[row][column]]


def _likeness(first: Statement, second: Statement) -> float:
    """Intersection over union of two spans, 0 where they cannot be the same statement's."""
    shared = min(first.end, second.end) - max(first.start, second.start)
    shorter = min(first.end - first.start, second.end - second.start)
    if shared <= 0 or shared < SHARED * shorter:
        return 0.0
    return shared / (max(first.end, second.end) - min(first.start, second.start))
