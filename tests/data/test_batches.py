from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.annotation.records import Statement
from stance.data.batches import Batch, batch_readings, batch_windows, collate, stack
from stance.data.datamodule import ReadingsModule
from stance.data.examples import Example
from stance.data.windows import UNKNOWN, Reading, Window

PADDING = 9


def example(name: str, *mentions: tuple[int, int], said: tuple[tuple[int, int], ...] = ()) -> Example:
    statements = tuple(Statement(f"s{number}", *span, name, "favor") for number, span in enumerate(said))
    return Example(name, "d", name, "troops", "favor", (1.0,), (None, None, None), mentions, statements)


def window(front: int, words: int, *sentences: tuple[int, int], begin: int = 0) -> Window:
    """`front` tokens without offsets, then words of one letter and a space each from `begin`, then an end."""
    offsets = [(-1, -1)] * front + [(begin + 2 * n, begin + 2 * n + 1) for n in range(words)] + [(-1, -1)]
    tokens = [5] * front + [10 + n for n in range(words)] + [2]
    return Window(np.array(tokens), np.array(offsets), np.array(sentences, dtype=np.int64).reshape(-1, 2))


def reading(*windows: Window, examples: tuple[Example, ...] | None = None, seed: int = 0) -> Reading:
    """Every example is asked about in every window; labels are drawn."""
    generator = np.random.default_rng(seed)
    examples = examples or (example("party"),)
    pairs = np.array([(w, e) for e in range(len(examples)) for w in range(len(windows))])
    return Reading(
        examples=examples,
        windows=windows,
        pairs=pairs,
        pair_labels=generator.integers(-1, 4, len(pairs)),
        sentence_labels=tuple(generator.integers(-1, 4, len(windows[w].sentences)) for w, _ in pairs),
        labels=generator.integers(0, 4, len(examples)),
        soft_labels=generator.dirichlet(np.ones(4), len(examples)).astype(np.float32),
        channel_labels=generator.integers(-1, 4, (len(examples), 3)),
    )


@st.composite
def some_readings(draw: st.DrawFn, most: int = 6) -> list[Reading]:
    made = []
    for seed in range(draw(st.integers(1, most))):
        windows = []
        for _ in range(draw(st.integers(1, 3))):
            words = draw(st.integers(0, 8))
            cut = draw(st.integers(0, words))
            sentences = [(2 * first, 2 * last - 1) for first, last in ((0, cut), (cut, words)) if first < last]
            windows.append(window(draw(st.integers(1, 3)), words, *sentences))
        spans = st.lists(st.tuples(st.integers(0, 14), st.integers(1, 4)), max_size=2)
        actors = tuple(
            example(
                f"actor {number}",
                *((start, start + size) for start, size in draw(spans)),
                said=tuple((start, start + size) for start, size in draw(spans)),
            )
            for number in range(draw(st.integers(1, 3)))
        )
        rivals = tuple(
            tuple((start, start + size) for start, size in draw(spans)) for _ in range(draw(st.integers(0, 2)))
        )
        made.append(replace(reading(*windows, examples=actors, seed=seed), rivals=rivals))
    return made


def naive(readings: list[Reading]) -> dict[str, list]:
    """The batch written out window by window, pair by pair, sentence by sentence, in lists."""
    width = max(len(found.tokens) for one in readings for found in one.windows)

    def shares(found: Window, spans: list[tuple[int, int]]) -> list[bool]:
        marks = [any(a < end and b > start for start, end in spans) and a >= 0 for a, b in found.offsets.tolist()]
        return marks + [False] * (width - len(marks))

    batch: dict[str, list] = {item.name: [] for item in fields(Batch) if item.name != "source"}
    first_sentence: list[int] = []
    for one in readings:
        window_base, example_base = len(batch["tokens"]), len(batch["labels"])
        for found in one.windows:
            short = width - len(found.tokens)
            first_sentence.append(len(batch["sentence_tokens"]))
            batch["sentence_window"] += [len(batch["tokens"])] * len(found.sentences)
            batch["sentence_tokens"] += [shares(found, [tuple(span)]) for span in found.sentences.tolist()]
            batch["tokens"].append(found.tokens.tolist() + [PADDING] * short)
            batch["attention"].append([True] * len(found.tokens) + [False] * short)
            for spans in one.rivals:
                if any(shares(found, list(spans))):
                    batch["rivals"].append(shares(found, list(spans)))
                    batch["rival_window"].append(len(batch["tokens"]) - 1)
            batch["content"].append([a >= 0 for a, _ in found.offsets.tolist()] + [False] * short)
        for number, (w, e) in enumerate(one.pairs.tolist()):
            for position, label in enumerate(one.sentence_labels[number].tolist()):
                batch["question_pair"].append(len(batch["pair_window"]))
                batch["question_sentence"].append(first_sentence[window_base + w] + position)
                batch["question_labels"].append(label)
            batch["pair_window"].append(window_base + w)
            batch["pair_example"].append(example_base + e)
            batch["pair_labels"].append(int(one.pair_labels[number]))
            batch["mentions"].append(shares(one.windows[w], list(one.examples[e].mentions)))
            said = shares(one.windows[w], [(said.start, said.end) for said in one.examples[e].statements])
            known = any(label != UNKNOWN for label in one.sentence_labels[number].tolist())
            batch["statement_tokens"].append([int(token) if known else UNKNOWN for token in said])
        batch["labels"] += one.labels.tolist()
        batch["soft_labels"] += one.soft_labels.tolist()
        batch["channel_labels"] += one.channel_labels.tolist()
        batch["actors"] += [found.actor for found in one.examples]
        batch["targets"] += [found.target for found in one.examples]
    return batch


@settings(max_examples=80, deadline=None)
@given(some_readings())
def test_collated_batch_is_the_one_written_out_by_hand(readings: list[Reading]) -> None:
    batch = collate(readings, PADDING)
    for name, expected in naive(readings).items():
        found = getattr(batch, name)
        assert (list(found) if isinstance(found, tuple) else found.tolist()) == expected, name


def test_collated_batch_of_two_windows_by_hand() -> None:
    readings = [
        reading(window(1, 2, (0, 3)), examples=(example("party", (2, 3)),)),
        reading(window(2, 3, (0, 1), (2, 5)), examples=(example("army", (0, 1), (4, 5)), example("guard"))),
    ]
    batch = collate(readings, PADDING)
    assert batch.tokens.tolist() == [[5, 10, 11, 2, 9, 9], [5, 5, 10, 11, 12, 2]]
    assert batch.attention.tolist() == [[True] * 4 + [False] * 2, [True] * 6]
    assert batch.content.int().tolist() == [[0, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0]]
    assert batch.mentions.int().tolist() == [[0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 1, 0], [0] * 6]
    assert batch.sentence_tokens.int().tolist() == [[0, 1, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0]]
    assert batch.sentence_window.tolist() == [0, 1, 1]
    assert (batch.pair_window.tolist(), batch.pair_example.tolist()) == ([0, 1, 1], [0, 1, 2])
    # The first pair asks of one sentence, the two of the second window of two each.
    assert (batch.question_pair.tolist(), batch.question_sentence.tolist()) == ([0, 1, 1, 2, 2], [0, 1, 2, 1, 2])
    assert len(batch) == 3


def test_words_are_known_to_be_said_or_not_where_somebody_marked_the_actors_sentences() -> None:
    said = (example("party", (0, 1), said=((2, 5),)), example("army", (0, 1)), example("guard", (0, 1)))
    marked = (np.array([0]), np.array([3]), np.array([UNKNOWN]))
    one = replace(reading(window(1, 4, (0, 7)), examples=said), sentence_labels=marked)
    expected = [[0, 0, 1, 1, 0, 0], [0] * 6, [UNKNOWN] * 6]
    assert collate([one], PADDING).statement_tokens.tolist() == expected


def test_collated_tensors_have_the_types_models_index_with() -> None:
    batch = collate([reading(window(1, 2, (0, 3)))], PADDING)
    flags = {"attention", "content", "mentions", "rivals", "sentence_tokens"}
    expected = {**dict.fromkeys(flags, torch.bool), "soft_labels": torch.float32}
    for item in fields(Batch):
        if item.type is torch.Tensor:
            assert getattr(batch, item.name).dtype == expected.get(item.name, torch.int64), item.name


def test_windows_without_sentences_ask_nothing() -> None:
    batch = collate([reading(window(3, 0))], PADDING)
    assert batch.sentence_tokens.shape == (0, 4)
    assert batch.question_pair.shape == (0,)
    assert batch.mentions.tolist() == [[False] * 4]


def test_moving_a_batch_keeps_every_tensor() -> None:
    batch = collate([reading(window(1, 2, (0, 3)))], PADDING)
    moved = batch.to("meta")
    names = [item.name for item in fields(Batch) if item.type is torch.Tensor]
    assert {getattr(moved, name).device.type for name in names} == {"meta"}
    assert [getattr(moved, name).shape for name in names] == [getattr(batch, name).shape for name in names]
    assert (moved.actors, moved.targets) == (batch.actors, batch.targets)


def many(number: int = 150) -> list[Reading]:
    generator = np.random.default_rng(4)
    return [
        reading(*(window(1, int(words)) for words in generator.integers(1, 60, generator.integers(1, 4))))
        for _ in range(number)
    ]


MANY = many()


@settings(deadline=None)
@given(some_readings(), st.integers(1, 60), st.none() | st.integers(0, 3))
def test_batches_hold_every_reading_once_within_the_budget(
    readings: list[Reading], budget: int, seed: int | None
) -> None:
    batches = batch_readings(readings, budget, seed=seed)
    assert sorted(number for numbers in batches for number in numbers) == list(range(len(readings)))
    for numbers in batches:
        widest = max(readings[number].length for number in numbers)
        windows = sum(len(readings[number].windows) for number in numbers)
        assert len(numbers) == 1 or windows * widest <= budget


@pytest.mark.parametrize("seed", [None, 0, 5])
def test_larger_sets_are_batched_whole_and_near_the_budget(seed: int | None) -> None:
    batches = batch_readings(MANY, 512, seed=seed)
    assert sorted(number for numbers in batches for number in numbers) == list(range(len(MANY)))
    tokens = sum(len(found.tokens) for one in MANY for found in one.windows)
    # A reading's own windows differ in length, so some padding there is; without sorting it would be about half.
    assert tokens / (512 * len(batches)) > 0.5


def test_same_seed_and_epoch_give_the_same_batches_and_others_give_others() -> None:
    assert batch_readings(MANY, 512, seed=1, epoch=2) == batch_readings(MANY, 512, seed=1, epoch=2)
    several = [batch_readings(MANY, 512, seed=seed, epoch=epoch)[:5] for seed in (1, 2) for epoch in (0, 1, 2)]
    assert all(one != other for position, one in enumerate(several) for other in several[:position])


def test_without_a_seed_readings_come_in_the_order_of_length() -> None:
    order = [number for numbers in batch_readings(MANY, 512, seed=None) for number in numbers]
    assert [MANY[number].length for number in order] == sorted(one.length for one in MANY)


def test_no_readings_make_no_batches() -> None:
    assert batch_readings([], 512, seed=0) == batch_readings([], 512, seed=None) == []


def module(**options) -> ReadingsModule:
    return ReadingsModule(MANY, MANY[:40], token_budget=512, padding=PADDING, seed=3, **options)


class Watching(pl.LightningModule):
    """Learns one number, and keeps the windows of every batch it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[list[torch.Tensor]] = []

    def on_train_epoch_start(self) -> None:
        self.seen.append([])

    def training_step(self, batch: Batch, _: int) -> torch.Tensor:
        self.seen[-1].append(batch.tokens)
        return self.weight**2

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore")  # Lightning's advice on workers and logging steps
def test_module_reads_the_batches_of_every_epoch(tmp_path: Path) -> None:
    watching = Watching()
    trainer = pl.Trainer(
        max_epochs=3,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
        limit_val_batches=0,
        default_root_dir=tmp_path,
    )
    trainer.fit(watching, datamodule=module())
    assert len(watching.seen) == 3
    for epoch, seen in enumerate(watching.seen):
        batches = batch_readings(MANY, 512, seed=3, epoch=epoch)
        expected = [collate([MANY[number] for number in numbers], PADDING).tokens for numbers in batches]
        assert all(torch.equal(one, other) for one, other in zip(seen, expected, strict=True))


def test_module_validates_all_readings_in_the_order_of_length() -> None:
    batches = list(module().val_dataloader())
    assert sum(len(batch) for batch in batches) == 40
    widths = [batch.tokens.shape[1] for batch in batches]
    assert widths == sorted(widths)


def test_module_can_be_limited_to_its_first_batches() -> None:
    limited = module(limit_batches=2)
    assert limited.training_batches(1) == module().training_batches(1)[:2]
    assert len(limited.val_dataloader()) <= 2


def test_unknown_labels_are_below_every_class() -> None:
    assert UNKNOWN == -1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=30), st.integers(32, 300))
def test_windows_that_are_only_read_are_batched_by_length_within_the_budget(lengths: list[int], budget: int) -> None:
    windows = [window(1, words) for words in lengths]
    batches = batch_windows(windows, budget)
    assert sorted(number for batch in batches for number in batch) == list(range(len(windows)))
    in_order = [len(windows[number].tokens) for batch in batches for number in batch]
    assert in_order == sorted(in_order)
    for batch in batches:
        tokens, attention = stack([windows[number] for number in batch], PADDING)
        # No more shapes than there are multiples: what is kept for each does not grow with the number of articles.
        assert tokens.shape[1] % 16 == 0
        assert tokens.shape[1] - attention.sum(1).max() < 16
        assert tokens.numel() <= budget or len(batch) == 1
        for row, number in enumerate(batch):
            length = len(windows[number].tokens)
            assert tokens[row, :length].tolist() == windows[number].tokens.tolist()
            assert set(tokens[row, length:].tolist()) <= {PADDING}
            assert attention[row].tolist() == [True] * length + [False] * (tokens.shape[1] - length)


def test_two_windows_are_stacked_by_hand() -> None:
    tokens, attention = stack([window(1, 2), window(2, 0)], PADDING)
    assert tokens.tolist() == [[5, 10, 11, 2] + [9] * 12, [5, 5, 2] + [9] * 13]
    assert attention.sum(1).tolist() == [4, 3]
