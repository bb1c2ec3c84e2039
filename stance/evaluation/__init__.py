"""Scores, intervals, slices and pictures over plain predictions, whichever model made them.

Letters used throughout: N examples, K classes of the label set, C channels, G clusters of near-duplicates, B bootstrap
resamples.
"""
