"""A registry of actors as the finder wants it: every name with its spellings, and when it counts."""

from stance.annotation.registry import Actor, ActorKind, ActorRegistry
from stance.text.lexicon import Entry, Lexicon, Name, Term


def lexicon(registry: ActorRegistry) -> Lexicon:
    """What `stance.text.finder.Finder` looks for, from a registry of actors."""
    not_names = (*registry.not_names, *(name for actor in registry.actors for name in actor.not_names))
    return Lexicon(
        entries=tuple(_entry(actor, registry) for actor in registry.actors),
        not_names=_names(not_names, registry),
        not_after=registry.not_after,
    )


def _entry(actor: Actor, registry: ActorRegistry) -> Entry:
    return Entry(
        id=actor.id,
        kind=actor.kind,
        full=_names((*actor.name.values(), *actor.names), registry),
        short=_names(actor.short, registry),
        if_acting=_names(actor.if_acting, registry),
        terms=tuple(Term(office=term.office, since=term.since, until=term.until) for term in actor.held),
        body=actor.speaks_for if actor.kind == ActorKind.OFFICE else None,
        shared=actor.shared,
        spokesperson_of=actor.spokesperson_of,
        since=actor.since,
        until=actor.until,
    )


def _names(names: tuple[str, ...], registry: ActorRegistry) -> tuple[Name, ...]:
    return tuple(Name(name, registry.spelled(name)[1:]) for name in names)
