"""Hidden words are guessed as BERT guesses them, and by two readers that have nothing in common."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers.models.bert.modeling_bert import BertConfig, BertLMPredictionHead

from stance.data.hidden_words import TextBatch, Words, collate_passages, hide
from stance.data.unlabelled import Passage
from stance.models.encoder import FrozenLayers, trained_layers
from stance.models.masked_language import MaskedLanguageModule, MaskedLanguageNetwork, WordHead
from stance.settings import TrainerSettings
from tests.reading_on import masking_encoder

WORDS = Words(torch.arange(4, 60), torch.arange(56) % 7)
MASK = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return masking_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def module(folder: Path) -> MaskedLanguageModule:
    torch.manual_seed(0)
    network = MaskedLanguageNetwork(
        FrozenLayers(folder, 1), trained_layers(folder, 1), trained_layers(folder, 1), words=WORDS
    )
    settings = TrainerSettings(learning_rate=1e-3, head_factor=5.0, warmup=0.5, layer_decay=0.5)
    return MaskedLanguageModule(network, WORDS, settings, mask=MASK, steps=8, seed=0).eval()


@pytest.fixture
def batch() -> TextBatch:
    random = np.random.default_rng(0)
    rows = [np.concatenate([[0, 5], random.integers(4, 60, 20 + row), [2]]) for row in range(6)]
    return collate_passages([Passage(row.astype(np.int32), 2) for row in rows], padding=1)


def weights(module: torch.nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten() for value in module.parameters()]).clone()


def test_the_head_scores_words_as_berts_own_does() -> None:
    torch.manual_seed(0)
    whole, ids, states = torch.randn(50, 16), torch.tensor([3, 4, 9, 40]), torch.randn(5, 16)
    bert = BertLMPredictionHead(BertConfig(hidden_size=16, vocab_size=50, layer_norm_eps=1e-5))
    torch.nn.init.normal_(bert.bias)
    bert.decoder.weight.data, bert.decoder.bias = whole, bert.bias
    torch.nn.init.normal_(bert.transform.LayerNorm.weight)
    head = WordHead(16, whole[ids], torch.ones(4))
    head.dense.load_state_dict(bert.transform.dense.state_dict())
    head.norm.load_state_dict(bert.transform.LayerNorm.state_dict())
    head.bias.data = bert.bias.data[ids]
    torch.testing.assert_close(head(states), bert(states)[:, ids])


def test_a_new_head_guesses_by_frequency_first() -> None:
    torch.manual_seed(0)
    shares = torch.tensor([0.7, 0.2, 0.1])
    embeddings = 30 * torch.randn(3, 16)
    logits = WordHead(16, embeddings, shares)(100 * torch.randn(2000, 16))
    assert torch.allclose(logits.std(0), torch.ones(3), atol=0.35), "however long embeddings and states are"
    average = (logits - shares.log()).mean(0)
    assert average.abs().max() < 0.5


def test_both_readers_begin_alike(module: MaskedLanguageModule, batch: TextBatch) -> None:
    riddle = hide(batch, WORDS, MASK, np.random.default_rng(0))
    guesses = module.network(batch, riddle)
    assert guesses.after.shape == (int(riddle.hidden.sum()), 56)
    assert torch.equal(guesses.after, guesses.before)


def test_nats_are_those_of_a_slow_count(module: MaskedLanguageModule, batch: TextBatch) -> None:
    with torch.no_grad():
        torch.nn.init.normal_(module.network.head_before.bias)
        found = module.nats(batch, 3)
        assert torch.equal(module.nats(batch, 3), found)
        assert not torch.equal(module.nats(batch, 4), found), "another batch has other words hidden"
        riddle = hide(batch, WORDS, MASK, np.random.default_rng([0, 1, 3]))
        guesses = module.network(batch, riddle)
    expected = torch.zeros(6, 4, dtype=torch.double)
    places = [(row, place) for row in range(6) for place in range(batch.tokens.shape[1]) if riddle.hidden[row, place]]
    for number, (row, place) in enumerate(places):
        word = WORDS.ids.tolist().index(int(batch.tokens[row, place]))
        for column, logits in enumerate(guesses):
            expected[row, column] -= logits[number].double().softmax(0)[word].log()
        expected[row, 2] -= torch.log((WORDS.counts[word] + 1) / (WORDS.counts + 1).sum())
        expected[row, 3] += 1
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-5)


def test_padding_changes_no_guess(module: MaskedLanguageModule, batch: TextBatch) -> None:
    riddle = hide(batch, WORDS, MASK, np.random.default_rng(0))
    whole = module.network(batch, riddle).after
    length = int(batch.attention[0].sum())
    alone = TextBatch(batch.tokens[:1, :length], batch.attention[:1, :length], batch.content[:1, :length], (0,))
    first = type(riddle)(riddle.tokens[:1, :length], riddle.hidden[:1, :length], riddle.answers)
    torch.testing.assert_close(module.network(alone, first).after, whole[: int(first.hidden.sum())])


def test_only_what_learns_is_among_the_weights_and_gradients(module: MaskedLanguageModule, batch: TextBatch) -> None:
    riddle = hide(batch, WORDS, MASK, np.random.default_rng(0))
    guesses = module.network(batch, riddle)
    names = {name for name, _ in module.network.named_parameters()}
    assert {name.split(".")[0] for name in names} == {"encoder", "head", "head_before"}
    assert not [name for name in names if "embeddings" in name]
    assert set(module.network.state_dict()) == names, "the words' embeddings are in no checkpoint"
    guesses.before.sum().backward()
    learned = {name for name, parameter in module.network.named_parameters() if parameter.grad is not None}
    assert {name.split(".")[0] for name in learned} == {"head_before"}


def test_each_readers_gradients_are_clipped_by_their_own_norm(module: MaskedLanguageModule) -> None:
    network = module.network
    for part, size in ((network.encoder, 100.0), (network.head, 100.0), (network.head_before, 1e-4)):
        for parameter in part.parameters():
            parameter.grad = torch.full_like(parameter, size)
    module.configure_gradient_clipping(None)
    clipped = torch.cat([p.grad.flatten() for part in (network.encoder, network.head) for p in part.parameters()])
    assert float(clipped.norm()) == pytest.approx(1.0, rel=1e-4)
    assert all(torch.equal(p.grad, torch.full_like(p, 1e-4)) for p in network.head_before.parameters())


def test_heads_learn_at_once_and_layers_as_their_rate_rises(module: MaskedLanguageModule) -> None:
    found = module.configure_optimizers()
    optimizer, schedule = found["optimizer"], found["lr_scheduler"]["scheduler"]
    names = [name for name, _ in module.network.named_parameters()]
    head = names.index("head.dense.weight")
    layer = next(number for number, name in enumerate(names) if name.startswith("encoder"))
    rates = []
    for _ in range(9):
        rates.append([optimizer.param_groups[number]["lr"] for number in (head, layer)])
        optimizer.step()
        schedule.step()
    # Eight steps, of which the first four are the layers' warm-up; the head's is one step long.
    heads = [5e-3 * min(1, (8 - step) / 7) for step in range(9)]
    layers = [1e-3 * min((step + 1) / 4, (8 - step) / 4) for step in range(9)]
    assert rates == [pytest.approx(pair) for pair in zip(heads, layers, strict=True)]
    decayed = [group["weight_decay"] for group in optimizer.param_groups]
    assert decayed[head] == 0.01
    assert decayed[names.index("head.bias")] == decayed[names.index("head.norm.weight")] == 0


def test_a_step_moves_one_readers_layers_and_no_others(module: MaskedLanguageModule, batch: TextBatch) -> None:
    network = module.network
    original, frozen, layers = weights(network._original[0]), weights(network.frozen.encoder), weights(network.encoder)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    riddle = hide(batch, WORDS, MASK, np.random.default_rng(0))
    guesses = network(batch, riddle)
    sum(torch.nn.functional.cross_entropy(logits, riddle.answers) for logits in guesses).backward()
    optimizer.step()
    assert torch.equal(weights(network._original[0]), original)
    assert torch.equal(weights(network.frozen.encoder), frozen)
    assert not torch.equal(weights(network.encoder), layers)
