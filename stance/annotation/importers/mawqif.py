"""Mawqif: Arabic tweets, each with its author's stance on one of three targets, https://aclanthology.org/2022.wanlp-1.16.

The folder holds `train.csv` and `test_unlabelled.csv`, the official test input. A tweet is a document, its actor the
reserved `author`, its stance a choice for the whole text; votes of single annotators are not published, so there is one
annotator. The share of annotators behind a label (`stance:confidence`) is the annotation's score: which class the
others chose is not known, so no soft label is made of it.

Sentiment and sarcasm are about the tweet and not about the target, so they are no stances: they stand beside, as
exports of their own with the same document ids, each with its label set and the question as its target.

All labelled tweets are in the part `train`; those of the test are documents to be judged. The rest of a document id
behind `mawqif-` is the published ID.
"""

import datetime

from stance.annotation.importers.source import Imported, Row, RowError, Source, chosen, text_of, whole_text
from stance.annotation.records import Document
from stance.annotation.registry import Target, TargetRegistry
from stance.labels import FAVOR_AGAINST_NONE, MAWQIF_SARCASM, MAWQIF_SENTIMENT

HOLDS = "train.csv and test_unlabelled.csv"
_ASKED = ("ID", "text", "target")
_COLUMNS = (
    *_ASKED,
    *(name for label in ("stance", "sentiment", "sarcasm") for name in (label, f"{label}:confidence")),
    "datetime",
)
# An empty cell is what some readers of CSV leave of the word None.
_STANCES = {"Favor": "favor", "Against": "against", "None": "none", "": "none"}
_SENTIMENTS = {"Positive": "positive", "Negative": "negative", "Neutral": "neutral"}
_SARCASM = {"Yes": "sarcastic", "No": "not_sarcastic"}
_TARGETS = {
    "Covid Vaccine": "covid-vaccine",
    "Digital Transformation": "digital-transformation",
    "Women empowerment": "women-empowerment",
}
_ARABIC = {
    "covid-vaccine": "لقاح كورونا",
    "digital-transformation": "التحول الرقمي",
    "women-empowerment": "تمكين المرأة",
}
POLES = {"favor": {"ar": "مع", "en": "in favour"}, "against": {"ar": "ضد", "en": "against"}}
"""How a tweet's author can stand to what a target's wording names."""
_SENTIMENT = Target(
    "sentiment",
    {"ar": "مشاعر التغريدة", "en": "the tweet's sentiment"},
    {"positive": {"ar": "إيجابية", "en": "positive"}, "negative": {"ar": "سلبية", "en": "negative"}},
)
_SARCASTIC = Target("sarcasm", {"ar": "هل التغريدة ساخرة", "en": "whether the tweet is sarcastic"}, {})


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    rows = list(source.table("train.csv", _COLUMNS, lambda row: _labelled(source, row)))
    return Imported(
        [stance for stance, _, _ in rows],
        TargetRegistry(tuple(Target(one, {"ar": _ARABIC[one], "en": name}, POLES) for name, one in _TARGETS.items())),
        FAVOR_AGAINST_NONE.id,
        unlabelled=list(source.table("test_unlabelled.csv", _ASKED, lambda row: _asked(source, row))),
        beside={
            "sentiment": Imported([one for _, one, _ in rows], TargetRegistry((_SENTIMENT,)), MAWQIF_SENTIMENT.id),
            "sarcasm": Imported([one for _, _, one in rows], TargetRegistry((_SARCASTIC,)), MAWQIF_SARCASM.id),
        },
        not_kept=("against_reason", "favor_reason", "none_reason"),
    )


def _labelled(source: Source, row: Row) -> tuple[Document, Document, Document]:
    """The tweet with its stance, with its sentiment and with its sarcasm."""
    fields = row.fields
    target = chosen(_TARGETS, fields["target"], "a target")
    labels = [
        (target, chosen(_STANCES, fields["stance"].strip(), "a stance"), _confidence(fields, "stance")),
        (_SENTIMENT.id, chosen(_SENTIMENTS, fields["sentiment"], "a sentiment"), _confidence(fields, "sentiment")),
        (_SARCASTIC.id, chosen(_SARCASM, fields["sarcasm"], "sarcasm"), _confidence(fields, "sarcasm")),
    ]
    published = _day(fields["datetime"])
    text, name = text_of(fields["text"]), _id(source, fields)
    stance, sentiment, sarcasm = (
        whole_text(
            Document(name, name, text, language="ar", target=about, split="train", published=published),
            label,
            score=confidence,
        )
        for about, label, confidence in labels
    )
    return stance, sentiment, sarcasm


def _asked(source: Source, row: Row) -> Document:
    target = chosen(_TARGETS, row.fields["target"], "a target")
    text, name = text_of(row.fields["text"]), _id(source, row.fields)
    return Document(name, name, text, language="ar", target=target, split="test")


def _id(source: Source, fields: dict[str, str]) -> str:
    return source.new_id(f"mawqif-{text_of(fields['ID'].strip(), 'an ID')}")


def _confidence(fields: dict[str, str], label: str) -> float:
    found = fields[f"{label}:confidence"]
    try:
        share = float(found)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise RowError(f"a number from 0 to 1 in {label}:confidence", repr(found))
    return share


def _day(found: str) -> str:
    try:
        return datetime.datetime.fromisoformat(found).date().isoformat()
    except ValueError:
        raise RowError("a time such as 2021-01-16 03:19:19+00:00 in datetime", repr(found)) from None
