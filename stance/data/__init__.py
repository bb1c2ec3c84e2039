"""From records to what a model reads: examples, near-duplicates, splits, windows, batches."""
