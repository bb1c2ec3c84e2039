"""Small data sets of invented rows, each in the form in which its authors publish it."""

import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ARABIC = "ابتثجحخدرزسشصطعغفقكلمنهوي"
LATIN = "abcdefghijklmnoprstuvw"


def invented(number: int, letters: str = ARABIC) -> str:
    """Twelve words that are none, two of them of ten that other numbers have too; they share next to nothing else."""
    chance = random.Random(number)
    words = ["".join(chance.choices(letters, k=5)) for _ in range(10)]
    common = [letters[2 * k : 2 * k + 4] for k in chance.sample(range(10), 2)]
    return " ".join([*words, *common])


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a CSV file; a field that a row lacks is left empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


MAWQIF_ASKED = ("ID", "text", "target")
MAWQIF_COLUMNS = (
    *MAWQIF_ASKED, "stance", "stance:confidence", "against_reason", "favor_reason", "none_reason", "sarcasm",
    "sarcasm:confidence", "sentiment", "sentiment:confidence", "datetime", "Date",
)  # fmt: skip
MAWQIF_TARGETS = ("Covid Vaccine", "Digital Transformation", "Women empowerment")


def tweet(number: int, **fields: str) -> dict[str, str]:
    """A row of Mawqif's train.csv."""
    return {
        "ID": str(number),
        "text": invented(number),
        "target": MAWQIF_TARGETS[number % 3],
        "stance": ("Favor", "Against", "None")[number // 3 % 3],
        "stance:confidence": "0.75",
        "sarcasm": "No",
        "sarcasm:confidence": "1",
        "sentiment": ("Positive", "Negative", "Neutral")[number % 3],
        "sentiment:confidence": "0.5",
        "datetime": "2021-01-16 03:19:19+00:00",
        **fields,
    }


def mawqif(folder: Path, rows: Iterable[Mapping[str, str]], asked: Iterable[Mapping[str, str]] = ()) -> Path:
    """Mawqif's folder, its files beginning with the mark that theirs begin with."""
    for name, given, columns in (("train", rows, MAWQIF_COLUMNS), ("test_unlabelled", asked, MAWQIF_ASKED)):
        path = folder / f"{name}.csv"
        write_csv(path, given, columns)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return folder


def arabicstancex(folder: Path, topics: Mapping[str, tuple[Mapping, Mapping]]) -> Path:
    """ArabicStanceX's folder; `topics` maps `<part>/<domain>/<Topic>` to its texts and its stances by id."""
    for name, (texts, stances) in topics.items():
        write_json(folder / f"{name}.json", {"text": texts, "stance": stances})
    return folder


def coded(text: str, mention: str, polarity: Any = 4.0, name: str = "Ann Example", **fields: Any) -> dict[str, Any]:
    """A target of NewsMTSC, at the first place of `mention` in `text`."""
    start = text.index(mention)
    end = start + len(mention)
    gid = f"allsides_12_34_5_{name}_{start}_{end}"
    return {"Input.gid": gid, "from": start, "to": end, "mention": mention, "polarity": polarity, **fields}


def sentence(text: str, *targets: dict[str, Any]) -> dict[str, Any]:
    """A line of NewsMTSC."""
    gid = targets[0].get("Input.gid", "") if targets else ""
    return {"primary_gid": gid, "sentence_normalized": text, "targets": list(targets)}


def newsmtsc(folder: Path, train: Iterable[Any] = (), rw: Iterable[Any] = (), mt: Iterable[Any] = ()) -> Path:
    """NewsMTSC's folder; a line that is a text is written as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("train", train), ("dev_rw", rw), ("dev_mt", mt)):
        written = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in written), "utf-8")
    return folder


def claim(name: str, *articles: tuple[str, str, str], text: str = "", **fields: Any) -> dict[str, Any]:
    """A claim of UnifiedFC with its articles: text, stance, rationale."""
    return {
        "id": name,
        "claim": text or f"زعم {name}",
        "fact": "true",
        "article": [article for article, _, _ in articles],
        "url": [f"https://www.news.example/{name}/{number}" for number in range(len(articles))],
        "stance": [stance for _, stance, _ in articles],
        "rationale": [rationale for _, _, rationale in articles],
        **fields,
    }


def unifiedfc(folder: Path, claims: Iterable[dict[str, Any]], folds: str) -> Path:
    """UnifiedFC's folder."""
    for one in claims:
        write_json(folder / "dataset" / f"{one['id']}.json", one)
    (folder / "train_test_splits.txt").write_text(folds, "utf-8")
    return folder


def ans(folder: Path, **parts: Iterable[tuple[str, str, str]]) -> Path:
    """ANS's folder; pairs of train, dev and test."""
    for name in ("train", "dev", "test"):
        rows = [dict(zip(("s1", "s2", "stance"), pair, strict=True)) for pair in parts.get(name, ())]
        write_csv(folder / f"{name}.csv", rows, ("s1", "s2", "stance"))
    return folder


UNITS = ("unit_id", "doc_id", "sentence", "actor", "topic", "text", "majority", "agreement", "coder_1", "coder_2")


def issuepositions(folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """The folder of issuepositions with the topics of `rows`."""
    rows = list(rows)
    write_csv(folder / "coded_units.csv", rows, UNITS)
    topics = {}
    for topic in sorted({row["topic"] for row in rows}):
        pole = {"label": {"en": topic, "nl": topic}, "description": {"nl": f"Over {topic}"}}
        topics[topic] = {**pole, "positive": pole, "negative": pole}
    (folder / "topics.yml").write_text(yaml.safe_dump(topics), "utf-8")
    return folder


def write_all(folder: Path, size: int = 48) -> dict[str, Path]:
    """A folder of each data set, large enough for each of its published splits and a validation part."""
    stances = ("Favor", "Against", "None")
    texts = {str(number): invented(number) for number in range(size)}
    topics = {
        f"{part}/{domain}/{topic}": (
            {key: text for key, text in texts.items() if int(key) % 8 in numbers},
            {key: stances[int(key) // 8 % 3] for key in texts if int(key) % 8 in numbers},
        )
        for part, domain, topic, numbers in (
            ("train", "economy", "Neom", range(3)), ("train", "sport", "Unheard_topic", range(3, 6)),
            ("test", "economy", "Neom", (6,)), ("test", "sport", "Unheard_topic", (7,)),
        )
    }  # fmt: skip
    sentences = [_sentence(number) for number in range(size)]
    labels = ("agree", "disagree", "discuss", "unrelated")
    claims = [
        claim(f"R-{n}", *((_article(10 * n + k), labels[k], "[1]" if k < 2 else "") for k in range(4)))
        for n in range(10)
    ]
    pairs = [(invented(1000 + n), invented(2000 + n), ("agree", "disagree", "other")[n % 3]) for n in range(size)]
    units = [
        {"doc_id": f"a{n}", "sentence": "1", "actor": f"party-{n % 3}", "topic": ("Fields", "Roads")[n % 2],
         "majority": "LNR"[n % 3], "text": f"De **partij** {invented(n, LATIN)}.", "coder_1": "LNR"[n % 3]}
        for n in range(size)
    ]  # fmt: skip
    return {
        "issuepositions": issuepositions(folder / "issuepositions", units),
        "mawqif": mawqif(folder / "mawqif", map(tweet, range(size)), [tweet(size)]),
        "arabicstancex": arabicstancex(folder / "arabicstancex", topics),
        "newsmtsc": newsmtsc(folder / "newsmtsc", sentences[: size - 12], sentences[size - 12 : -6], sentences[-6:]),
        "unifiedfc": unifiedfc(
            folder / "unifiedfc", claims, "".join(f"Fold_{n + 1}: R-{n} R-{n + 5} \n" for n in range(5))
        ),
        "ans": ans(folder / "ans", train=pairs[:-12], dev=pairs[-12:-6], test=pairs[-6:]),
    }


def _sentence(number: int) -> dict[str, Any]:
    text = f"Ann {invented(number, LATIN)} she."
    target = coded(text, "Ann", (2.0, 4.0, 6.0)[number % 3])
    return sentence(text, {**target, "Input.gid": f"polusa_v1_{number}_-1_3_Ann Example_0_3"})


def _article(number: int) -> str:
    return f"{invented(3000 + number)} .\n{invented(4000 + number)} .\n"
