"""Means, sums and maxima of token vectors over rows of a batch."""

import torch
from torch import Tensor


def masked_mean(states: Tensor, window: Tensor, mask: Tensor) -> Tensor:
    """Means [R, H] of the tokens of `states` [W, T, H] that `mask` [R, T] marks in row r's window, `window` [R].

    Zeros where nothing is marked.
    """
    return weighted_sum(states, window, mask) / mask.sum(1, keepdim=True).clamp(min=1)


def weighted_sum(states: Tensor, window: Tensor, share: Tensor) -> Tensor:
    """Sums [R, H] of the tokens of `states` [W, T, H] in row r's window, `window` [R], weighted by `share` [R, T].

    One matrix product: on a processor, gathering the windows row by row costs more than the encoder's layers, most of
    all on the way back.
    """
    weights = states.new_zeros(len(window), *states.shape[:2])
    weights[torch.arange(len(window), device=window.device), window] = share.to(states.dtype)
    return weights.flatten(1) @ states.flatten(0, 1)


def pool(vectors: Tensor, group: Tensor, groups: int, how: str) -> Tensor:
    """Mean or elementwise maximum of `vectors` [P, H] per `group` [P]: [groups, H]; zeros for a group without any."""
    index = group.unsqueeze(1).expand_as(vectors)
    start = vectors.new_zeros(groups, vectors.shape[1])
    return start.scatter_reduce(0, index, vectors, "mean" if how == "mean" else "amax", include_self=False)
