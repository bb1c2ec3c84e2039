"""An encoder reads on: it learns, always the same, whatever interrupts it, and becomes a folder like any other."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from stance.data.pretrained import encoder_folder, load_tokenizer
from stance.data.unlabelled import Corpus, Passage, read_corpus
from stance.errors import ConfigurationError
from stance.models import pretraining as pretraining_module
from stance.models.pretraining import HeldOut, Pretraining, PretrainingPlan, Rounds, _held_out
from stance.settings import EncoderSettings, TrainerSettings
from tests.reading_on import articles, masking_encoder

ROUND = 3
Report = Callable[[float, int, dict[str, float]], None]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return masking_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def plan(source: Path) -> PretrainingPlan:
    trainer = TrainerSettings(
        max_epochs=2,
        monitor="val/loss",
        token_budget=200,
        learning_rate=1e-2,
        head_factor=1.0,
        layer_decay=1.0,
        precision="32-true",
        progress=False,
    )
    return PretrainingPlan(EncoderSettings(str(source), frozen_layers=1), trainer, max_tokens=64)


@pytest.fixture(scope="module")
def corpus(plan: PretrainingPlan) -> Corpus:
    return read_corpus(articles(), Pretraining(plan).reader, held_out=0.2, seed=0)


@pytest.fixture(autouse=True)
def short_rounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining_module, "ROUND", ROUND)
        yield


def test_it_learns_what_the_encoder_did_not_know(plan: PretrainingPlan) -> None:
    longer = Pretraining(replace(plan, trainer=replace(plan.trainer, max_epochs=12, patience=12, token_budget=400)))
    scores = longer.fit(read_corpus(articles(400), longer.reader, held_out=0.3, seed=0))
    assert scores.change is not None
    assert scores.change[0] < scores.after - scores.before < scores.change[1] < 0
    assert scores.after < scores.before < scores.frequencies


def test_the_same_seed_learns_the_same_and_another_something_else(plan: PretrainingPlan, corpus: Corpus) -> None:
    first, again, other = (Pretraining(replace(plan, seed=seed)).fit(corpus) for seed in (0, 0, 1))
    assert first == again
    assert first.after != other.after
    assert first.frequencies != other.frequencies, "another seed hides other words"


def test_it_goes_on_where_it_was_interrupted_as_if_nothing_had_been(
    plan: PretrainingPlan, corpus: Corpus, tmp_path: Path
) -> None:
    alone, heard = _saved(plan, corpus, tmp_path / "alone", tmp_path / "undisturbed")
    assert heard == list(range(len(heard)))
    assert len(heard) > 4, "several rounds a pass"

    def interrupt(passes: float, number: int, metrics: dict[str, float]) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pretraining(plan, folder=tmp_path / "work", report=interrupt).fit(corpus)
    continued, rest = _saved(plan, corpus, tmp_path / "work", tmp_path / "continued")
    assert rest == heard[3:], "the round that was not over is trained again"
    assert continued == alone
    assert _weights(tmp_path / "continued") == _weights(tmp_path / "undisturbed")


def test_what_was_trained_is_not_trained_again_where_only_writing_failed(
    plan: PretrainingPlan, corpus: Corpus, tmp_path: Path
) -> None:
    first, heard = _saved(plan, corpus, tmp_path / "work", tmp_path / "first")
    again, more = _saved(plan, corpus, tmp_path / "work", tmp_path / "again")
    assert heard
    assert not more
    assert first == again
    assert _weights(tmp_path / "again") == _weights(tmp_path / "first")


def test_the_folder_is_the_encoder_with_other_upper_layers(
    plan: PretrainingPlan, corpus: Corpus, source: Path, tmp_path: Path
) -> None:
    pretraining = Pretraining(plan)
    pretraining.fit(corpus)
    folder = tmp_path / "read"
    pretraining.save(folder)
    assert encoder_folder(str(folder)) == folder
    configurations = [json.loads((one / "config.json").read_text("utf-8")) for one in (folder, source)]
    assert configurations[0] == configurations[1]
    assert load_tokenizer(folder).to_str() == load_tokenizer(source).to_str()
    before, after = load_file(source / "model.safetensors"), load_file(folder / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)
    # Read as any encoder is read, it says what it said here.
    tokens = torch.tensor([[0, 5, 6, 7, 2]])
    whole = AutoModel.from_pretrained(folder).eval()(tokens).last_hidden_state
    here = pretraining.frozen.encoder.eval()(tokens).last_hidden_state
    torch.testing.assert_close(pretraining.layers.eval()(inputs_embeds=here).last_hidden_state, whole)


def test_the_lower_layers_of_another_family_read_on_too(
    plan: PretrainingPlan, corpus: Corpus, source: Path, tmp_path: Path
) -> None:
    from transformers import RobertaConfig, RobertaModel

    folder = tmp_path / "roberta"
    size = load_tokenizer(source).get_vocab_size()
    config = RobertaConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=1,
    )
    torch.manual_seed(0)
    RobertaModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    pretraining = Pretraining(replace(plan, encoder=EncoderSettings(str(folder), layers=1, frozen_layers=0)))
    assert pretraining.fit(corpus).words > 0
    pretraining.save(tmp_path / "read")
    model, found = AutoModel.from_pretrained(tmp_path / "read", output_loading_info=True)
    assert len(model.encoder.layer) == model.config.num_hidden_layers == 1
    assert {name.split(".")[0] for name in found["missing_keys"]} <= {"pooler"}, "which nobody reads"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"max_tokens": 600}, "Expected max_tokens from 32 to 512, which the encoder can read, found 600."),
        (
            {"trainer": TrainerSettings(monitor="val/f_avg")},
            "Expected trainer.monitor=val/loss, the held-out loss, found val/f_avg.",
        ),
        ({"max_tokens": 8}, "Expected max_tokens from 32 to 512, which the encoder can read, found 8."),
    ],
)
def test_what_cannot_run_is_refused_at_once(plan: PretrainingPlan, changed: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Pretraining(replace(plan, **changed))
    assert str(caught.value) == message


def test_rounds_are_the_passes_in_pieces() -> None:
    passages = [Passage(np.arange(length, dtype=np.int32), 1) for length in range(5, 45)]
    data = Rounds(passages, passages, token_budget=90, padding=1, seed=0)
    whole = [data.batches_of_pass(number) for number in (0, 1)]
    assert whole[0] != whole[1]
    assert data.rounds == -(-len(whole[0]) // ROUND) > 3
    for number, batches in enumerate(whole):
        pieces = [data.training_batches(number * data.rounds + part) for part in range(data.rounds)]
        assert [batch for piece in pieces for batch in piece] == batches
        assert all(pieces)


def test_scores_are_means_over_words_and_their_change_has_an_interval() -> None:
    # After, before, frequencies, words of four passages, the last two of one story.
    nats = np.array([[2.0, 4.0, 6.0, 2.0], [3.0, 5.0, 5.0, 1.0], [1.0, 2.0, 3.0, 1.0], [1.0, 2.0, 3.0, 1.0]])
    scores = _held_out(nats, ["a", "b", "c", "c"])
    assert (scores.after, scores.before, scores.frequencies, scores.words) == (1.4, 2.6, 3.4, 5)
    assert scores.perplexities["after"] == pytest.approx(np.exp(1.4))
    # By story: -2 in 2 words, -2 in 1, -2 in 2. Of 27 draws of three, one is of the second alone, eight without it.
    assert scores.change is not None
    assert scores.change == (pytest.approx(-2.0), pytest.approx(-1.0))
    assert _held_out(nats[2:], ["c", "c"]).change is None


def _saved(plan: PretrainingPlan, corpus: Corpus, work: Path, out: Path) -> tuple[HeldOut, list[int]]:
    """Its scores, and the rounds that were trained; the encoder is written to `out`."""
    heard: list[int] = []
    pretraining = Pretraining(plan, folder=work, report=lambda passes, number, metrics: heard.append(number))
    scores = pretraining.fit(corpus)
    pretraining.save(out)
    return scores, heard


def _weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()
