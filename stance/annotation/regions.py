"""The result items of one annotation as mentions and statements."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from stance.annotation.gathering import ACTOR, FIELDS, HOLDER, STATEMENT, Parts, gather
from stance.annotation.problems import Kind, Severity
from stance.annotation.records import Mention, Statement
from stance.annotation.spans import Place, describe, locate
from stance.annotation.wire import Item
from stance.labels import AUTHOR, Attribution, Channel, LabelSet

Chosen = TypeVar("Chosen")

_CHANNELS: dict[str, Channel] = {channel.value: channel for channel in Channel}
_ATTRIBUTIONS: dict[str, Attribution] = {attribution.value: attribution for attribution in Attribution}


class Rules(msgspec.Struct, frozen=True):
    """What is allowed: actors and targets None mean any. `whole` are the stances of a task-level choice."""

    stances: dict[str, str]
    whole: dict[str, str]
    actors: frozenset[str] | None
    targets: dict[str, str] | None

    @classmethod
    def of(cls, label_set: LabelSet, actors: frozenset[str] | None, targets: frozenset[str] | None) -> "Rules":
        """The rules that a label set and two registries make.

        The class of an actor without statement is no region's stance; of a whole text it can be said.
        """
        return cls(
            {name: name for name in label_set.sides},
            {name: name for name in label_set.classes},
            None if actors is None else actors | {AUTHOR},
            None if targets is None else {name: name for name in sorted(targets)},
        )


class Work(msgspec.Struct, frozen=True):
    """One annotation being read: its items, its text, and where problems go."""

    parts: Parts
    text: str
    rules: Rules
    place: Place


def read_regions(
    result: list[Item], text: str, rules: Rules, place: Place
) -> tuple[tuple[Mention, ...], tuple[Statement, ...]]:
    """Mentions and statements of one annotation, in the order of its items; problems go to `place`."""
    work = Work(gather(result, place), text, rules, place)
    mentions = _mentions(work)
    statements = _statements(work, {mention.id: mention.actor for mention in mentions})
    loose = {key for answers in work.parts.fields.values() for key in answers.keys() - work.parts.known}
    if loose:
        statements = _add_whole(work, loose, statements, result)
    return tuple(mentions), tuple(statements)


def _mentions(work: Work) -> list[Mention]:
    actors, allowed, place = work.parts.fields["actor"], work.rules.actors, work.place
    mentions = []
    for key, value in work.parts.actors.items():
        span = locate(key, value, work.text, place)
        found = actors.get(key)
        if not found:
            place.add(Kind.NO_ACTOR, "an actor", "none", Severity.REGION, describe(key, value))
            continue
        actor = found[0]
        if allowed is not None and actor not in allowed:
            place.add(Kind.ACTOR, "an actor of the registry", repr(actor), Severity.REGION, describe(key, value))
            continue
        if len(found) > 1:
            shown = f"{', '.join(found)}; {actor} kept"
            place.add(Kind.SEVERAL, "one actor", shown, Severity.NOTED, describe(key, value))
        if span is not None:
            mentions.append(Mention(key, span[0], span[1], actor))
    return mentions


def _statements(work: Work, actor_of: dict[str, str]) -> list[Statement]:
    """Statements over spans; one with several holders becomes one statement for each."""
    parts, fields = work.parts, work.parts.fields
    linked = _linked(work)
    statements = []
    for key, value in parts.statements.items():
        span = locate(key, value, work.text, work.place)
        region = _Region(work, key)
        stance = region.choice("stance", Kind.STANCE, work.rules.stances, None)
        channel = region.choice("channel", Kind.CHANNEL, _CHANNELS, Channel.PUBLIC)
        attribution = region.choice("attribution", Kind.ATTRIBUTION, _ATTRIBUTIONS, Attribution.OWN)
        target = region.choice("target", Kind.TARGET, work.rules.targets, None)
        if not fields["stance"].get(key):
            region.drop(Kind.NO_STANCE, " or ".join(work.rules.stances), "none")
        holders = region.holders(linked.get(key, []), actor_of)
        if region.dropped or span is None or stance is None or channel is None or attribution is None:
            continue
        for number, (holder, mention) in enumerate(holders.items()):
            name = key if not number else f"{key}:{number + 1}"
            statements.append(Statement(name, span[0], span[1], holder, stance, channel, attribution, target, mention))
    return statements


class _Region:
    """One statement being read; `dropped` once something about it is unusable."""

    __slots__ = ("dropped", "key", "work")

    def __init__(self, work: Work, key: str | None) -> None:
        self.work = work
        self.key = key
        self.dropped = False

    def choice(
        self, field: str, kind: Kind, allowed: Mapping[str, Chosen] | None, default: Chosen | None
    ) -> Chosen | None:
        """The answer to `field`, or `default` where there is none; anything else than one of `allowed` drops it."""
        found = self.work.parts.fields[field].get(self.key)
        if not found:
            return default
        if len(found) == 1:
            if allowed is None:
                return found[0]  # type: ignore[return-value]
            if found[0] in allowed:
                return allowed[found[0]]
        expected = f"one {field}" if allowed is None else _listed(allowed, field)
        self.drop(kind, expected, ", ".join(map(repr, found)))
        return None

    def holders(self, linked: list[str], actor_of: dict[str, str]) -> dict[str, str | None]:
        """Who holds the statement, with the mention that says so: of `linked` regions, else of its own actor field."""
        holders: dict[str, str | None] = {}
        for mention in linked:
            if mention in actor_of:
                holders.setdefault(actor_of[mention], mention)
        own = self.work.parts.fields["actor"].get(self.key)
        if not holders:
            return self._own_holder(own, linked)
        if own and own != list(holders):
            self.report(Kind.CONFLICT, f"the linked {', '.join(holders)}", ", ".join(own), Severity.NOTED)
        if len(holders) > 1:
            self.report(Kind.HOLDERS, "one holder", f"{', '.join(holders)}; a statement for each", Severity.NOTED)
        return holders

    def _own_holder(self, own: list[str] | None, linked: list[str]) -> dict[str, str | None]:
        allowed = self.work.rules.actors
        if not own:
            found = f"a relation to {', '.join(linked)}, which was dropped" if linked else "neither"
            self.drop(Kind.NO_HOLDER, "a holder relation to an actor, or an actor of its own", found)
        elif allowed is not None and own[0] not in allowed:
            self.drop(Kind.ACTOR, "an actor of the registry", repr(own[0]))
        else:
            if len(own) > 1:
                self.report(Kind.SEVERAL, "one actor", f"{', '.join(own)}; {own[0]} kept", Severity.NOTED)
            return {own[0]: None}
        return {}

    def drop(self, kind: Kind, expected: str, found: str) -> None:
        self.dropped = True
        self.report(kind, expected, found, Severity.REGION)

    def report(self, kind: Kind, expected: str, found: str, severity: Severity) -> None:
        value = self.work.parts.statements.get(self.key or "")
        shown = f"{self.key} (whole text)" if value is None else describe(self.key, value)
        self.work.place.add(kind, expected, found, severity, shown)


def _listed(allowed: Mapping[str, object], field: str) -> str:
    names = list(allowed)
    return " or ".join(names) if len(names) <= 8 else f"a {field} of the registry"


def _linked(work: Work) -> dict[str, list[str]]:
    """The regions that a holder relation links each statement to, in order."""
    parts = work.parts
    linked: dict[str, list[str]] = {}
    for item in work.parts.relations:
        source, goal = item.from_id or "", item.to_id or ""
        if item.direction == "left":
            source, goal = goal, source
        shown = f"{source} → {goal}"
        if source not in parts.known or goal not in parts.known:
            missing = goal if source in parts.known else source
            work.place.add(Kind.DANGLING, "two regions", f"no region {missing!r}", Severity.ITEM, shown)
            continue
        labels = item.labels if isinstance(item.labels, list | str) else []
        if labels and HOLDER not in labels:
            continue
        if source in parts.actors and goal in parts.statements and (labels or item.direction == "bi"):
            source, goal = goal, source
            if item.direction != "bi":
                expected = f"from {STATEMENT} to {ACTOR}"
                work.place.add(Kind.REVERSED, expected, f"from {ACTOR} to {STATEMENT}", Severity.REPAIRED, shown)
        if source in parts.statements and goal not in parts.statements:
            linked.setdefault(source, []).append(goal)
        elif labels and (source in parts.actors or goal in parts.statements):
            found = f"from {_role(source, parts)} to {_role(goal, parts)}"
            work.place.add(Kind.ENDS, f"from {STATEMENT} to {ACTOR}", found, Severity.ITEM, shown)
    return linked


def _role(key: str, parts: Parts) -> str:
    return ACTOR if key in parts.actors else STATEMENT if key in parts.statements else "a dropped region"


def _add_whole(work: Work, loose: set[str | None], statements: list[Statement], result: list[Item]) -> list[Statement]:
    """Add the author's statements, from stances chosen for the whole text, and report answers that belong nowhere."""
    fields = work.parts.fields
    whole = [key for key in fields["stance"] if key in loose and key in work.parts.loose]
    _share_answers(work, loose, whole)
    for name in FIELDS:
        for key in fields[name]:
            if key in loose and (key not in whole or name == "actor"):
                found = f"{name} {', '.join(map(repr, fields[name][key]))} of region {key}"
                work.place.add(Kind.ORPHAN, "an answer to a labelled region", found, Severity.ITEM, str(key))
    for key in whole:
        region = _Region(work, key)
        stance = region.choice("stance", Kind.STANCE, work.rules.whole, None)
        channel = region.choice("channel", Kind.CHANNEL, _CHANNELS, Channel.PUBLIC)
        attribution = region.choice("attribution", Kind.ATTRIBUTION, _ATTRIBUTIONS, Attribution.OWN)
        target = region.choice("target", Kind.TARGET, work.rules.targets, None)
        if not region.dropped and stance is not None and channel is not None and attribution is not None:
            name = key or "whole"
            statements.append(Statement(name, 0, len(work.text), AUTHOR, stance, channel, attribution, target))
    order = {item.id or "whole": number for number, item in reversed(list(enumerate(result)))}
    return sorted(
        statements, key=lambda statement: order.get(statement.id, order.get(statement.id.rpartition(":")[0], 0))
    )


def _share_answers(work: Work, loose: set[str | None], whole: list[str | None]) -> None:
    """Label Studio gives each task-level field an id of its own: hand its answer to every task-level stance."""
    for name in ("channel", "attribution", "target"):
        answers = work.parts.fields[name]
        shared = [key for key in answers if key in loose and key in work.parts.loose and key not in whole]
        if not whole or not shared:
            continue
        found = [answer for key in shared for answer in answers.pop(key)]
        for key in whole:
            answers.setdefault(key, found)
