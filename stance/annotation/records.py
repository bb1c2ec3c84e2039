"""Typed records of what annotators marked: the one form in which every source ends.

Offsets are code points of `Document.text`, end exclusive.
"""

import msgspec

from stance.labels import Attribution, Channel


class Mention(msgspec.Struct, frozen=True, gc=False):
    """A span that names an actor."""

    id: str
    start: int
    end: int
    actor: str


class Statement(msgspec.Struct, frozen=True, gc=False):
    """A span that shows one holder's stance towards one target through one channel.

    `target` None means the document's default target. `mention` is the region id of the holder's mention, where a
    `holder` relation was drawn. A task-level choice is a statement over the whole text with holder `author`.
    """

    id: str
    start: int
    end: int
    holder: str
    stance: str
    channel: Channel = Channel.PUBLIC
    attribution: Attribution = Attribution.OWN
    target: str | None = None
    mention: str | None = None


class Annotation(msgspec.Struct, frozen=True):
    """What one annotator (or one model, for a prediction) marked in one document.

    `annotator` is the annotator's e-mail where the export has it, else its id as text; a prediction's is its model
    version. `suggested_by` is the id of the prediction that the annotator started from. `lead_time` is in seconds.
    """

    id: str
    annotator: str
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]
    ground_truth: bool = False
    cancelled: bool = False
    suggested_by: str | None = None
    lead_time: float | None = None
    score: float | None = None


class Gold(msgspec.Struct, frozen=True):
    """The settled label of one actor towards one target in its document.

    `source` says what settled it; `probabilities` are per class of the label set, in its order: shares of the votes, or
    a model's posterior.
    """

    actor: str
    target: str
    label: str
    source: str
    probabilities: tuple[float, ...]


class Document(msgspec.Struct, frozen=True):
    """One article with all that was said of it.

    `annotations` hold the cancelled ones too, flagged; `drafts` are unsubmitted, `predictions` a model's. `page` is
    the page an article was cut from (the document's own id where none is given): documents of one page are never
    told apart by a split. `blind` says whether the annotators were spared the model's stances (None: not known). Where
    `gold` is given, it holds all that is settled of the document (None: nobody adjudicated it).
    """

    document_id: str
    task_id: str
    text: str
    annotations: tuple[Annotation, ...] = ()
    drafts: tuple[Annotation, ...] = ()
    predictions: tuple[Annotation, ...] = ()
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: str | None = None
    language: str | None = None
    target: str | None = None
    split: str | None = None
    page: str | None = None
    guidelines: str | None = None
    blind: bool | None = None
    gold: tuple[Gold, ...] | None = None

    @property
    def completed(self) -> tuple[Annotation, ...]:
        """The submitted annotations that were not cancelled."""
        return tuple(annotation for annotation in self.annotations if not annotation.cancelled)
