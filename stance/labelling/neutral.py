"""What several annotators' answers have in common, as an answer to begin from that takes no side."""

from collections.abc import Sequence

import msgspec

from stance.annotation.matching import match_statements
from stance.annotation.records import Annotation, Document, Mention, Statement

OPEN = ""
"""The stance of a statement that is still to be chosen. The screen accepts no submission that leaves one so."""
NAME = "to be settled"


def common_answer(document: Document, people: Sequence[Annotation]) -> Annotation:
    """All mentions and statements of `people`; a statement keeps its stance where everybody has it with the same.

    Statements are the same as in matching.match_statements; the first annotator's span and channel are kept.
    """
    mentions = {(one.start, one.end, one.actor): one for person in people for one in person.mentions}
    numbered = {key: f"mention-{number}" for number, key in enumerate(mentions, 1)}
    statements: list[Statement] = []
    holders: list[tuple[int, int, str] | None] = []
    times: list[int] = []
    for person in people:
        places = {one.id: (one.start, one.end, one.actor) for one in person.mentions}
        same = {id(theirs): ours for ours, theirs in match_statements(document, statements, person.statements)}
        position = {id(one): number for number, one in enumerate(statements)}
        for theirs in person.statements:
            if id(theirs) not in same:
                statements.append(theirs)
                holders.append(places.get(theirs.mention or ""))
                times.append(1)
                continue
            number = position[id(same[id(theirs)])]
            times[number] += 1
            if statements[number].stance != theirs.stance:
                statements[number] = msgspec.structs.replace(statements[number], stance=OPEN)
    return Annotation(
        id=NAME,
        annotator=NAME,
        mentions=tuple(Mention(numbered[key], *key) for key in mentions),
        statements=tuple(
            msgspec.structs.replace(
                statement,
                id=f"statement-{number}",
                stance=statement.stance if times[number] == len(people) else OPEN,
                mention=None if holder is None else numbered[holder],
            )
            for number, (statement, holder) in enumerate(zip(statements, holders, strict=True))
        ),
    )
