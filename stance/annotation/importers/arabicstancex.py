"""ArabicStanceX: Arabic tweets with their author's stance on one topic each, https://doi.org/10.3389/frai.2025.1615800.

The folder holds `train/<domain>/<Topic>.json` and `test/…`, each `{"text": {id: …}, "stance": {id: …}}`. A tweet is a
document, its actor the reserved `author`, its stance a choice for the whole text. There is one label a tweet, so there
is one annotator. The topics are the targets, and the label set is Mawqif's, since both mean the same by it.

The source names a topic by its file alone. What is said for a favor below is what the tweets labelled so are for: of
`mosques_speakers`, that the loudspeakers be switched off. A topic that stands not below is worded as its file is named.
"""

from collections.abc import Iterator
from functools import partial

from stance.annotation.importers.mawqif import POLES
from stance.annotation.importers.source import Imported, Row, Source, chosen, text_of, whole_text
from stance.annotation.records import Document
from stance.annotation.registry import Target, TargetRegistry
from stance.errors import DataError
from stance.labels import FAVOR_AGAINST_NONE

HOLDS = "train/<domain>/<Topic>.json and test/<domain>/<Topic>.json"
_PARTS = ("train", "test")
_STANCES = {"Favor": "favor", "Against": "against", "None": "none"}
_WORDINGS = {
    "Abdulaziz_bin_Turki_Head_of_Sports": ("عبدالعزيز بن تركي وزيرا للرياضة", "Abdulaziz bin Turki as head of sports"),
    "Aramco": ("طرح أسهم أرامكو للاكتتاب", "Aramco going public"),
    "Faisal_bin_Turkis_resignation": ("استقالة فيصل بن تركي", "Faisal bin Turki's resignation"),
    "Neom": ("مشروع نيوم", "the project Neom"),
    "Qiddiya": ("مشروع القدية", "the project Qiddiya"),
    "Vaccine": ("التطعيم ضد كورونا", "vaccination against Covid"),
    "chineese": ("إدراج اللغة الصينية في المناهج", "Chinese in the curricula"),
    "fix_domestic_tourism": ("السياحة الداخلية", "domestic tourism"),
    "mosques_speakers": ("إغلاق مكبرات الصوت في المساجد", "switching off the loudspeakers of mosques"),
    "multi_mariage": ("تعدد الزوجات", "polygamy"),
    "online_learning": ("التعليم عن بعد", "online learning"),
    "sexual_education_fully": ("تدريس الثقافة الجنسية", "sexual education"),
    "update_curricula": ("تطوير المناهج الدراسية", "updating the curricula"),
    "women_driving": ("قيادة المرأة للسيارة", "women driving"),
}


def read(source: Source) -> Imported:
    """The data set in the folder of `source`; raises DataError for a file that cannot be used."""
    documents: list[Document] = []
    topics: set[str] = set()
    for part in _PARTS:
        files = sorted(path.relative_to(source.folder) for path in source.folder.glob(f"{part}/*/*.json"))
        if not files:
            raise DataError(f"{source.folder / part}: expected files <domain>/<Topic>.json, found none.")
        for file in files:
            topics.add(file.stem)
            rows = _rows(source, str(file))
            documents += source.each(str(file), rows, partial(_document, source, part, file.stem))
    return Imported(documents, TargetRegistry(tuple(map(_target, sorted(topics)))), FAVOR_AGAINST_NONE.id)


def _rows(source: Source, name: str) -> Iterator[Row]:
    found = source.json(name)
    texts, stances = (found.get(key) if isinstance(found, dict) else None for key in ("text", "stance"))
    if not isinstance(texts, dict) or not isinstance(stances, dict):
        raise DataError(f'{source.folder / name}: expected {{"text": {{…}}, "stance": {{…}}}}, found something else.')
    for number, key in enumerate(dict.fromkeys((*texts, *stances)), 1):
        yield Row(number, f"id {key}", (key, texts.get(key), stances.get(key)))


def _document(source: Source, part: str, topic: str, row: Row) -> Document:
    key, found, stance = row.fields
    text, label = text_of(found), chosen(_STANCES, stance, "a stance")
    name = source.new_id(f"arabicstancex-{topic}-{key}")
    return whole_text(Document(name, name, text, language="ar", target=topic, split=part), label)


def _target(topic: str) -> Target:
    plain = topic.replace("_", " ")
    arabic, english = _WORDINGS.get(topic, (plain, plain))
    return Target(topic, {"ar": arabic, "en": english}, POLES)
