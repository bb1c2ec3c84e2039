"""An encoder that knows what a hidden word is, and texts from which it can learn to guess one."""

import json
import random
from pathlib import Path

from stance.annotation.records import Document
from tests.doubles import tiny_encoder

MASK = "مخفي"
SUBJECTS = tuple(tuple(f"{name}{number}" for number in range(20)) for name in ("نهر", "سوق", "برج", "خبز"))
"""Words that stand together in a text: which they are can be told from the words around."""


def articles(count: int = 160, seed: int = 0) -> list[Document]:
    """Texts of two sentences, each about one subject."""
    chance = random.Random(seed)
    return [_article(number, chance) for number in range(count)]


def _article(number: int, chance: random.Random) -> Document:
    subject = SUBJECTS[number % len(SUBJECTS)]
    return Document(
        f"t{number}", f"{number + 1}", "\n".join(f"{' '.join(chance.sample(subject, 5))}." for _ in range(2))
    )


def masking_encoder(folder: Path) -> Path:
    """The tiny encoder with a mask token, its tokenizer made from the words of these texts."""
    encoder = tiny_encoder(folder, [*(" ".join(words) for words in SUBJECTS), ".", MASK])
    (encoder / "tokenizer_config.json").write_text(json.dumps({"mask_token": MASK}), "utf-8")
    return encoder
