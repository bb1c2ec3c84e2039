"""Label sets, channels and attributions: the one order of classes and the one map between label and index."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from stance.errors import ConfigurationError

AUTHOR = "author"
"""The reserved actor of a text that marks no actor (a tweet, a headline): its author."""


class Channel(StrEnum):
    """How a stance reached the reader: said in public, reported as said in private, or shown by a deed."""

    PUBLIC = "public"
    PRIVATE = "private"
    ACTION = "action"


class Attribution(StrEnum):
    """Whose words carry the stance: the actor's own, a third party's, or the outlet's (an analyst's)."""

    OWN = "own"
    REPORTED = "reported"
    OUTLET = "outlet"


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of stance classes.

    `averaged` are the classes whose F1 is averaged in f_avg. `absent` is the class of an actor that is marked and has
    no statement (None: such an actor makes no example). `mixed` is both a statement's class that wins over one side
    and the class that two sides make together (None: two sides are a conflict, which makes no example). `scale` are the
    classes that lie between two poles, from one to the other; agreement takes far ones for worse mistakes.
    """

    id: str
    classes: tuple[str, ...]
    averaged: tuple[str, ...]
    absent: str | None = None
    mixed: str | None = None
    # Sets that were stored before there was a scale are the same sets.
    scale: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        named = set(self.averaged) | set(self.scale) | {name for name in (self.absent, self.mixed) if name is not None}
        if len(set(self.classes)) != len(self.classes) or not named <= set(self.classes):
            raise ConfigurationError(
                f"Label set {self.id!r}: classes must be distinct and hold {sorted(named)}, found {self.classes}."
            )

    @property
    def sides(self) -> tuple[str, ...]:
        """The classes a statement can carry, in the set's order."""
        return tuple(name for name in self.classes if name != self.absent)

    def index(self, label: str) -> int:
        """Position of `label` in `classes`; raises ConfigurationError for a label outside the set."""
        try:
            return self.classes.index(label)
        except ValueError:
            raise ConfigurationError(
                f"Label set {self.id!r}: expected one of {', '.join(self.classes)}, found {label!r}."
            ) from None

    def derive(self, stances: Iterable[str]) -> str | None:
        """The label that the statements of one (document, actor, target) make together.

        Leave `absent` out; two sides, or `mixed` beside anything, make `mixed`; one side makes itself; nothing makes
        `absent`. None where the set has no class for the case: a conflict, or nothing at all.
        """
        found = {stance for stance in stances if stance != self.absent}
        for stance in found:
            self.index(stance)
        if not found:
            return self.absent
        return self.mixed if len(found) > 1 else found.pop()


MAIN = LabelSet(
    id="stance",
    classes=("favor", "against", "ambivalent", "none"),
    averaged=("favor", "against"),
    absent="none",
    mixed="ambivalent",
    scale=("against", "ambivalent", "favor"),
)
ISSUEPOSITIONS = LabelSet(id="issuepositions", classes=("L", "N", "R"), averaged=("L", "R"), scale=("L", "N", "R"))

# What public data sets are labelled with. In none of them is a class what silence means: each was chosen for its text.
FAVOR_AGAINST_NONE = LabelSet(
    id="favor-against-none",
    classes=("favor", "against", "none"),
    averaged=("favor", "against"),
    scale=("against", "favor"),
)
"""A text's stance as in SemEval-2016 and StanceEval: Mawqif and ArabicStanceX mean the same by it, and share it."""
NEWSMTSC = LabelSet(
    id="newsmtsc",
    classes=("negative", "neutral", "positive"),
    averaged=("negative", "positive"),
    scale=("negative", "neutral", "positive"),
)
UNIFIEDFC = LabelSet(
    id="unifiedfc",
    classes=("agree", "disagree", "discuss", "unrelated"),
    averaged=("agree", "disagree"),
    scale=("disagree", "discuss", "agree"),
)
ANS = LabelSet(
    id="ans", classes=("agree", "disagree", "other"), averaged=("agree", "disagree"), scale=("disagree", "agree")
)
MAWQIF_SENTIMENT = LabelSet(
    id="mawqif-sentiment",
    classes=("positive", "negative", "neutral"),
    averaged=("positive", "negative"),
    scale=("negative", "neutral", "positive"),
)
MAWQIF_SARCASM = LabelSet(id="mawqif-sarcasm", classes=("sarcastic", "not_sarcastic"), averaged=("sarcastic",))

_ALL = (MAIN, ISSUEPOSITIONS, FAVOR_AGAINST_NONE, NEWSMTSC, UNIFIEDFC, ANS, MAWQIF_SENTIMENT, MAWQIF_SARCASM)
LABEL_SETS = {label_set.id: label_set for label_set in _ALL}


def label_set(name: str) -> LabelSet:
    """The label set called `name`; raises ConfigurationError naming those there are."""
    if name not in LABEL_SETS:
        raise ConfigurationError(f"Expected a label set among {', '.join(LABEL_SETS)}, found {name!r}.")
    return LABEL_SETS[name]
