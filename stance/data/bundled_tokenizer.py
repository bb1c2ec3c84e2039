"""The tokenizer of the bundled encoder: unigram pieces, the file's normalisation, `<s> ... </s>` around a text.

The normalisation is SentencePiece's `nmt_nfkc`: NFKC, except that control characters vanish and that tabs, line ends,
zero-width characters and byte order marks become a space. It is written as a `Precompiled` normaliser, the form in
which hub checkpoints carry it, because `NFKC()` composes across more than a character and its mark and so differs.
"""

import struct
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from stance.data.bundled_format import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

METASPACE = "▁"
MASK = "<mask>"
# `Precompiled` looks up whole grapheme clusters only below six bytes; longer sequences would never be read.
LONGEST_KEY = 5

_LEAF = 1 << 8
_VALUE = 1 << 31
# An exclusive or with one byte stays within an aligned block of this many units.
_ALIGNED = 256


def build_tokenizer(vocabulary: Vocabulary) -> "Tokenizer":
    """The tokenizer of `vocabulary`; its ids are rows of the embedding, its offsets code points of the raw text."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces, unk = vocabulary.pieces, vocabulary.unk
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, vocabulary.scores, strict=True)), unk, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(character_map(vocabulary.norms)), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(METASPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(METASPACE, prepend_scheme="always")
    bos, eos = pieces[vocabulary.bos], pieces[vocabulary.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    special = [bos, pieces[vocabulary.pad], eos, pieces[unk]] + [MASK] * (MASK in pieces[-1:])
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return tokenizer


def character_map(norms: Mapping[str, str]) -> bytes:
    """The normalisation as SentencePiece's compiled map: u32 bytes of the trie, the trie, the norms ended by NUL.

    `norms` maps one character to its norm; letters followed by a mark they compose with are added from Unicode.
    """
    mapping = dict(norms) | dict(_compositions(norms))
    starts: dict[str, int] = {}
    blob = bytearray()
    for norm in sorted(set(mapping.values())):
        starts[norm] = len(blob)
        blob += norm.encode() + b"\0"
    units = _double_array({key.encode(): starts[norm] for key, norm in mapping.items()})
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(blob)


def _compositions(norms: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of a plain character and a mark with their composed character.

    A pair whose first character is itself mapped is left out: the normaliser takes the shortest key that fits, so
    the pair would never be reached.
    """
    marks: dict[str, list[str]] = {}
    for character, norm in norms.items():
        marks.setdefault(norm, []).append(character)
    for composed in map(chr, range(0x10000)):
        parts = unicodedata.decomposition(composed).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, mark = (chr(int(part, 16)) for part in parts)
        if first in norms or unicodedata.decomposition(first) or unicodedata.normalize("NFC", first + mark) != composed:
            continue
        for variant in [mark, *marks.get(mark, [])]:
            if len((first + variant).encode()) <= LONGEST_KEY:
                yield first + variant, composed


def _double_array(entries: Mapping[bytes, int]) -> list[int]:
    """A trie as darts-clone's double array: a unit holds its label, whether its key ends there, and its offset.

    The children of the unit at p lie at base ^ label, where base = p ^ offset; the value of a key at its base.
    """
    root: dict[int, dict] = {}
    for key, value in entries.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = {-1: value}
    units, free = [0] * _ALIGNED, _Places()
    waiting = [(root, 0)]
    while waiting:
        node, place = waiting.pop()
        base = free.base(sorted(node))
        if base >= len(units):
            units += [0] * (base // _ALIGNED * _ALIGNED + _ALIGNED - len(units))
        units[place] |= (base ^ place) << 10
        for label, child in node.items():
            if label:
                units[base ^ label] = label
                waiting.append((child, base ^ label))
            else:
                units[base] = child[-1] | _VALUE
                units[place] |= _LEAF
    return units


class _Places:
    """Which units and bases are taken. Two nodes never share a base, or one would find the other's children."""

    def __init__(self) -> None:
        self._taken, self._bases, self._first = {0}, {0}, 1

    def base(self, labels: list[int]) -> int:
        """Take a low base at which all `labels` are free."""
        while self._first in self._taken:
            self._first += 1
        place = self._first
        while True:
            base = place ^ labels[0]
            if base not in self._bases and self._taken.isdisjoint(base ^ label for label in labels):
                break
            place += 1
        # Holes far behind are given up: looking through them for every node would take seconds, not milliseconds.
        self._first = max(self._first, place - _ALIGNED)
        self._bases.add(base)
        self._taken.update(base ^ label for label in labels)
        return base
