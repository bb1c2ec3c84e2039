"""Invented scored examples for the tests of this folder."""

import numpy as np

from stance.evaluation.scored import Scored
from stance.labels import MAIN

ACTORS = ("حكومة سهلان", "برلمان سهلان", "ريفاند", "حركة الجبل")


def invented(n: int = 60, *, model: str = "network", seed: int = 0, skill: float = 1.0, data_seed: int = 7) -> Scored:
    """N examples, the same for one `data_seed`; `skill` is how strongly the probabilities lean to gold."""
    data = np.random.default_rng(data_seed)
    gold = data.integers(0, 4, n)
    actors = [ACTORS[i] for i in data.integers(0, len(ACTORS), n)]
    clusters = data.integers(0, max(2, n // 3), n)
    channel_gold = data.integers(-1, 4, (n, 3))
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 4)) * 1.5 + skill * 2 * np.eye(4)[gold]
    channel_logits = rng.normal(size=(n, 3, 4)) + skill * np.eye(4)[np.maximum(channel_gold, 0)]
    return Scored(
        model=model,
        label_set=MAIN,
        ids=tuple(f"e{i}" for i in range(n)),
        documents=tuple(f"d{cluster}" for cluster in clusters),
        actors=tuple(actors),
        targets=tuple(f"t{i}" for i in data.integers(0, 2, n)),
        clusters=tuple(f"c{cluster}" for cluster in clusters),
        gold=gold,
        probabilities=softmax(logits),
        channel_gold=channel_gold,
        channel_probabilities=softmax(channel_logits),
    )


def certain(gold: str, predicted: str, **columns: tuple[str, ...]) -> Scored:
    """One example per letter of `gold` and `predicted` (f, a, m for ambivalent, n), each predicted with 0.97."""
    letters = "famn"
    chosen = [letters.index(letter) for letter in predicted]
    n = len(gold)
    named: dict = {
        "ids": tuple(f"e{i}" for i in range(n)),
        "documents": tuple(f"d{i}" for i in range(n)),
        "actors": ("x",) * n,
        "targets": ("t",) * n,
        "clusters": tuple(f"c{i}" for i in range(n)),
    }
    return Scored(
        model="m",
        label_set=MAIN,
        **(named | columns),
        gold=np.array([letters.index(letter) for letter in gold]),
        probabilities=np.full((n, 4), 0.01) + 0.96 * np.eye(4)[chosen],
        channel_gold=np.full((n, 3), -1),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows [..., K] that sum to 1."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
