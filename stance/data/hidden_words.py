"""Passages → batches in which words are hidden, to be guessed: BERT's task (https://arxiv.org/abs/1810.04805)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stance.data.unlabelled import Corpus, Passage
from stance.errors import ConfigurationError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HIDDEN, MASKED, EXCHANGED = 0.15, 0.8, 0.1
"""The share of a text's tokens that are hidden; of those, the shares behind the mask and behind another word."""

_MASKS = ("<mask>", "[MASK]")


@dataclass(frozen=True)
class Words:
    """The words of a corpus: vocabulary ids `ids` [V], ascending, and how often each is there to be learned [V]."""

    ids: Tensor
    counts: Tensor

    @property
    def shares(self) -> Tensor:
        """How likely each word is, [V], one more of each counted so that none is impossible."""
        return (self.counts + 1) / (self.counts + 1).sum()


@dataclass(frozen=True)
class TextBatch:
    """Tensors of W passages of T tokens: tokens, attention and content [W, T] (content: tokens of the text)."""

    tokens: Tensor
    attention: Tensor
    content: Tensor
    clusters: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device | str) -> "TextBatch":
        """The same batch on `device`."""
        tokens, attention, content = (tensor.to(device) for tensor in (self.tokens, self.attention, self.content))
        return TextBatch(tokens, attention, content, self.clusters)


@dataclass(frozen=True)
class Riddle:
    """A batch with words hidden: what is read [W, T], where words are to be guessed [W, T], and, in that order, which
    of the corpus's words they are [M]."""

    tokens: Tensor
    hidden: Tensor
    answers: Tensor


def collate_passages(passages: Sequence[Passage], padding: int) -> TextBatch:
    """Join passages into one batch; `padding` is the vocabulary id of the padding token."""
    shape = len(passages), max(passage.length for passage in passages)
    tokens = np.full(shape, padding)
    attention, content = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for row, passage in enumerate(passages):
        tokens[row, : passage.length] = passage.tokens
        attention[row, : passage.length] = True
        content[row, passage.begin : passage.length - 1] = True
    clusters = tuple(passage.cluster for passage in passages)
    return TextBatch(torch.from_numpy(tokens), torch.from_numpy(attention), torch.from_numpy(content), clusters)


def words_of(corpus: Corpus, tokenizer: "Tokenizer") -> Words:
    """The words that texts of `corpus` hold, special ones (an unknown word, the mask) left out."""
    special = [number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special]
    held_out = np.concatenate([passage.text for passage in corpus.held_out])
    ids, counts = np.unique(np.concatenate([passage.text for passage in corpus.train]), return_counts=True)
    every = np.setdiff1d(np.union1d(ids, held_out), special)
    known = np.zeros(len(every), dtype=np.int64)
    kept = np.isin(ids, every)
    known[np.searchsorted(every, ids[kept])] = counts[kept]
    return Words(torch.from_numpy(every.astype(np.int64)), torch.from_numpy(known))


def mask_token(folder: Path, tokenizer: "Tokenizer") -> int:
    """The vocabulary id of what stands for a hidden word to the encoder in `folder`.

    Raises ConfigurationError for a tokenizer without.
    """
    named = []
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        path = folder / file
        entry = json.loads(path.read_text("utf-8")).get("mask_token") if path.exists() else None
        named += [entry["content"] if isinstance(entry, dict) else entry] if entry else []
    for token in (*named, *_MASKS):
        number = tokenizer.token_to_id(token)
        if number is not None:
            return int(number)
    raise ConfigurationError(
        f"Expected an encoder whose tokenizer has a mask token, as those have that learned from hidden words, found "
        f"none in {folder}. Name another encoder."
    )


def hide(batch: TextBatch, words: Words, mask: int, random: np.random.Generator) -> Riddle:
    """Hide HIDDEN of the text's tokens, one at least: most behind `mask`, some behind a random word, some left there.

    The random words are the corpus's own: one in another script would be told from the text without reading it.
    """
    ids, device = words.ids.to(batch.tokens.device), batch.tokens.device
    shape = tuple(batch.tokens.shape)
    place = torch.searchsorted(ids, batch.tokens).clamp(max=len(ids) - 1)
    drawn = torch.from_numpy(random.random(shape)).to(device)
    how = torch.from_numpy(random.random(shape)).to(device)
    others = ids[torch.from_numpy(random.integers(len(ids), size=shape)).to(device)]
    drawn = torch.where(batch.content & (ids[place] == batch.tokens), drawn, torch.inf)
    hidden = (drawn <= drawn.min().clamp(min=HIDDEN)) & drawn.isfinite()
    tokens = torch.where(hidden & (how < MASKED), mask, batch.tokens)
    tokens = torch.where(hidden & (how >= MASKED) & (how < MASKED + EXCHANGED), others, tokens)
    return Riddle(tokens, hidden, place[hidden])
