"""Invented stances for the benchmark, in files that stance reads; actors, targets and outlets of no real country."""

import datetime
import json
from pathlib import Path

import numpy as np
import yaml

ACTORS, TARGETS, OUTLETS, MONTHS = 60, 4, 15, 36
ACTORS_AN_ARTICLE = 5
LETTERS = "ابتجحخدرزسشصطعفقكلمنهوي"


def words(rng, count):
    """Invented words: their letters are drawn, so nothing compresses better than real text does."""
    return ["".join(rng.choice(list(LETTERS), rng.integers(2, 8))) for _ in range(count)]


def write_registries(folder: Path) -> None:
    actors = [
        {"id": f"land.actor{n}", "kind": "party", "name": {"ar": f"حزب الواحة {n}", "en": f"Oasis Party {n}"}}
        for n in range(ACTORS)
    ]
    targets = [
        {
            "id": f"land-force{n}",
            "wording": {"ar": f"قوات الجبل {n}", "en": f"Mountain force {n}"},
            "poles": {"favor": {"ar": "يريد البقاء", "en": "stay"}, "against": {"ar": "يريد الخروج", "en": "leave"}},
        }
        for n in range(TARGETS)
    ]
    text = {"actors": {"version": "1", "world": "invented", "actors": actors}, "targets": {"targets": targets}}
    for name, value in text.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(value, allow_unicode=True), "utf-8")


def write_articles(folder: Path, stances: int) -> None:
    """stances.jsonl and documents.jsonl: 400 words an article, a fifth of the articles copies of another."""
    rng = np.random.default_rng(0)
    lexicon = np.array(words(rng, 4000))
    lean = rng.uniform(0.05, 0.95, (ACTORS, TARGETS))
    later = np.where(rng.random((ACTORS, TARGETS)) < 0.1, 1 - lean, lean)
    first = datetime.date(2031, 1, 1)
    body, cluster = "", 0
    with (folder / "stances.jsonl").open("w") as rows, (folder / "documents.jsonl").open("w") as documents:
        for number in range(stances // ACTORS_AN_ARTICLE):
            if number == 0 or rng.random() > 0.2:
                sentences = [" ".join(rng.choice(lexicon, 20)) + "." for _ in range(20)]
                body, cluster = " ".join(sentences), number
                target, chosen = rng.integers(TARGETS), rng.choice(ACTORS, ACTORS_AN_ARTICLE, replace=False)
                day = int(rng.integers(MONTHS * 30))
                held = later if day > MONTHS * 15 else lean
                drawn = rng.random((ACTORS_AN_ARTICLE, 2))
            facts = {
                "document_id": f"a{number}",
                "title": sentences[0][:60],
                "published": (first + datetime.timedelta(day)).isoformat(),
                "source": f"صحيفة {rng.integers(OUTLETS)}",
                "page": None,
            }
            documents.write(json.dumps({**facts, "text": body}, ensure_ascii=False) + "\n")
            for place, actor in enumerate(chosen):
                row = stance_row(held[actor, target], drawn[place], sentences, place)
                named = {"actor": f"land.actor{actor}", "target": f"land-force{target}", "cluster": f"c{cluster}"}
                rows.write(json.dumps({**facts, **named, **row, "model": "invented"}, ensure_ascii=False) + "\n")


def stance_row(favor: float, drawn, sentences: list[str], place: int) -> dict:
    stance = "none" if drawn[1] < 0.2 else "favor" if drawn[0] < favor else "against"
    start = sum(len(one) + 1 for one in sentences[: place * 3])
    end = start + len(sentences[place * 3])
    said = {"start": start, "end": end, "text": sentences[place * 3], "stance": stance, "channel": "public", "p": 0.8}
    private = "none" if drawn[1] < 0.9 else "favor"
    return {
        "stance": stance,
        "abstained": bool(drawn[1] > 0.97),
        **{f"p_{name}": 0.7 if name == stance else 0.1 for name in ("favor", "against", "ambivalent", "none")},
        **{"stance_public": stance, "stance_private": private, "stance_action": "none"},
        **{"mentions": [[start, start + 5]], "evidence": [] if stance == "none" else [said]},
    }
