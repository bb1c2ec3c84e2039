"""Which side words take, and through which channel, as the n-grams in them tell: what a linear model learns from few
statements.

The network and this err in different places, so that their product beats each (products of experts, Hinton 2002,
https://doi.org/10.1162/089976602760128018).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, log_softmax

from stance.data.batches import Batch
from stance.models.linear import class_rows
from stance.models.pooling import weighted_sum

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BUCKETS = 1 << 16
_SHORTEST, _LONGEST = 3, 5
_WORD_BEGINS, _WORD_GOES_ON = "▁", "##"  # as SentencePiece and WordPiece write it


class Wording(nn.Module):
    """A logistic regression over the vocabulary pieces of a statement, neighbouring pairs of them, and the runs of 3 to
    5 characters in each, hashed and weighted by inverse document frequency.

    `piece` gives the text of a vocabulary id, in byte-level vocabularies its bytes; what is told apart are `kinds`, S
    sides or channels; `strength` is the inverse penalty. `fit` learns all at once, so nothing here is trained with the
    network: `table` [B, S + 1] holds per bucket the weights of the kinds and the squared length that it adds, `bias`
    [S].
    """

    def __init__(self, piece: Callable[[int], str | None], kinds: int, *, strength: float):
        super().__init__()
        self.piece, self.strength = piece, strength
        self.table = nn.Parameter(torch.zeros(BUCKETS, kinds + 1), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(kinds), requires_grad=False)
        self._buckets: dict[int, list[int]] = {}

    def fit(self, statements: Sequence[Sequence[int]], kinds: np.ndarray) -> None:
        """Learn from `statements`, each its vocabulary ids, and the kind of each [N].

        Where all are of one kind, nothing is learned.
        """
        if len(np.unique(kinds)) < 2:
            return
        from sklearn.linear_model import LogisticRegression

        counts = self._counts(statements)
        idf = np.log((1 + len(statements)) / (1 + np.bincount(counts.indices, minlength=BUCKETS))) + 1
        weighted = counts.multiply(idf).tocsr()
        lengths = np.sqrt(counts @ idf**2)
        regression = LogisticRegression(C=self.strength, class_weight="balanced", max_iter=1000)
        regression.fit(weighted.multiply(1 / lengths[:, None]).tocsr(), kinds)
        coefficients, bias = class_rows(regression, self.bias.numel())
        table = np.concatenate([coefficients.T * idf[:, None], idf[:, None] ** 2], 1)
        self.table.copy_(torch.from_numpy(table))
        self.bias.copy_(torch.from_numpy(bias))

    def forward(self, link: Tensor, batch: Batch) -> Tensor:
        """Log-probabilities [Q, S] of the kinds of each question's words: the tokens of its sentence, by how they are
        linked to its actor, `link` [P, T] log-odds; the surest counts whole.
        """
        single, double = self._tokens(batch.tokens)  # [W, T, S + 1], [W, T - 1, S + 1]
        there = batch.sentence_tokens[batch.question_sentence]  # [Q, T]
        share = torch.where(there, link[batch.question_pair].float().sigmoid(), 0.0)
        share = share / share.amax(1, keepdim=True).clamp(min=1e-9)
        both = share[:, :-1] * share[:, 1:]
        window = batch.sentence_window[batch.question_sentence]
        scores = weighted_sum(single[..., :-1], window, share) + weighted_sum(double[..., :-1], window, both)
        squares = weighted_sum(single[..., -1:], window, share**2) + weighted_sum(double[..., -1:], window, both**2)
        return log_softmax(scores / squares.clamp(min=1e-9).sqrt() + self.bias, 1)

    def _tokens(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """What each token [W, T, S + 1] and each pair of neighbours [W, T - 1, S + 1] adds."""
        unique, place = torch.unique(tokens, return_inverse=True)
        buckets = [self._of_piece(number) for number in unique.tolist()]
        first = np.cumsum([0, *map(len, buckets[:-1])])
        flat = torch.tensor([bucket for row in buckets for bucket in row], device=tokens.device)
        single = embedding_bag(flat, self.table, torch.from_numpy(first).to(tokens.device), mode="sum")
        return single[place], self.table[_pair_bucket(tokens[:, :-1], tokens[:, 1:])]

    def _of_piece(self, number: int) -> list[int]:
        """The buckets of a vocabulary id: its own, and those of the runs of characters in it."""
        if number not in self._buckets:
            text = (self.piece(number) or "").removeprefix(_WORD_GOES_ON).replace(_WORD_BEGINS, " ")
            runs = [text[a : a + n] for n in range(_SHORTEST, _LONGEST + 1) for a in range(len(text) - n + 1)]
            self._buckets[number] = [crc32(name.encode()) % BUCKETS for name in (f"id {number}", *runs)]
        return self._buckets[number]

    def _counts(self, statements: Sequence[Sequence[int]]) -> "csr_matrix":
        """How often each bucket is met in each statement, [N, B]."""
        from scipy.sparse import csr_matrix

        rows = []
        for ids in statements:
            pieces = torch.tensor(ids, dtype=torch.long)
            pairs = _pair_bucket(pieces[:-1], pieces[1:]).tolist()
            rows.append([*(bucket for number in ids for bucket in self._of_piece(number)), *pairs])
        ends = np.cumsum([0, *map(len, rows)])
        columns = np.array([bucket for row in rows for bucket in row], dtype=np.int64)
        found = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), BUCKETS))
        found.sum_duplicates()
        return found


def _pair_bucket(first: Tensor, second: Tensor) -> Tensor:
    return (first * 1_000_003 + second * 7_919 + 12_345) % BUCKETS
