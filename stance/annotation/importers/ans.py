"""ANS: pairs of Arabic news headlines, and whether the second agrees with the first.

Paper: https://arxiv.org/abs/2005.10410. The folder holds `train.csv`, `dev.csv` and `test.csv`, with the columns s1, s2
and stance. The paper speaks of pairs of a claim and its evidence: s1 is taken for the claim, so it is the target, in
its own words; s2 is the document; the actor is the reserved `author`, since it is the headline that agrees, and the
stance a choice for the whole of it. There is one label a pair, so there is one annotator.

Most headlines were written after others, a word changed, so pairs of one claim share its page and no split parts them;
a few claims stand in two of the published parts. The file `dev.csv` is the part `validation`. A document's id ends with
the number of its row.
"""

from functools import partial

from stance.annotation.importers.source import Imported, Row, Source, chosen, one_line, text_of, whole_text
from stance.annotation.records import Document
from stance.annotation.registry import Target, TargetRegistry
from stance.labels import ANS

HOLDS = "train.csv, dev.csv and test.csv"
_FILES = {"train": "train", "dev": "validation", "test": "test"}
_STANCES = {name: name for name in ANS.classes}


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    documents: list[Document] = []
    claims: dict[str, str] = {}
    for name in _FILES:
        documents += source.table(f"{name}.csv", ("s1", "s2", "stance"), partial(_document, claims, name))
    targets = tuple(Target(name, {"ar": wording}, {}) for wording, name in claims.items())
    return Imported(documents, TargetRegistry(targets), ANS.id)


def _document(claims: dict[str, str], file: str, row: Row) -> Document:
    claim, text = text_of(row.fields["s1"], "a headline in s1"), text_of(row.fields["s2"], "a headline in s2")
    stance = chosen(_STANCES, row.fields["stance"], "a stance")
    # The claim's id is that of the first pair that has it.
    target = claims.setdefault(one_line(claim), f"{file}-{row.number}")
    name = f"ans-{file}-{row.number}"
    document = Document(name, name, text, language="ar", target=target, split=_FILES[file], page=f"ans-{target}")
    return whole_text(document, stance)
