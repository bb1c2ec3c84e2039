"""The network's parts against naive loops, and the evidence against rows worked by hand."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from stance.data.batches import Batch
from stance.data.pretrained import load_tokenizer
from stance.data.windows import WindowReader
from stance.errors import ConfigurationError
from stance.labels import MAIN
from stance.models.encoder import frozen_layers, trained_layers
from stance.models.evidence import evidence
from stance.models.links import StatementLinks, sentence_numbers
from stance.models.pooling import masked_mean, pool
from tests.doubles import TARGETS


def test_masked_mean_is_the_mean_of_the_marked_tokens_of_each_rows_window() -> None:
    states = torch.arange(12.0).view(2, 3, 2)
    window = torch.tensor([0, 1, 0])
    mask = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])
    # tokens (0, 1) and (4, 5) of the first window; (8, 9) of the second; none
    assert masked_mean(states, window, mask).tolist() == [[2.0, 3.0], [8.0, 9.0], [0.0, 0.0]]


@pytest.mark.parametrize("how", ["mean", "max"])
def test_pooling_equals_a_loop(how: str) -> None:
    torch.manual_seed(0)
    vectors, group = torch.randn(7, 3), torch.tensor([2, 0, 1, 0, 2, 2, 1])
    expected = []
    for number in range(3):
        rows = vectors[group == number]
        expected.append(rows.mean(0) if how == "mean" else rows.max(0).values)
    torch.testing.assert_close(pool(vectors, group, 3, how), torch.stack(expected))


def linked_batch(mentions: list[list[int]]) -> Batch:
    """Two windows of five tokens, three pairs; the sentences are tokens 1-2 and 3-4 of each window."""
    tokens = torch.zeros(2, 5, dtype=torch.long)
    sentence = [[False, True, True, False, False], [False, False, False, True, True]]
    nothing = {item.name: torch.zeros(0, dtype=torch.long) for item in fields(Batch) if item.type is torch.Tensor}
    return Batch(
        **nothing
        | {
            "tokens": tokens,
            "pair_window": torch.tensor([0, 1, 1]),
            "mentions": torch.tensor(mentions).bool(),
            "rivals": torch.zeros(0, 5, dtype=torch.bool),
            "sentence_tokens": torch.tensor([*sentence, *sentence]),
            "sentence_window": torch.tensor([0, 0, 1, 1]),
        },
        actors=(),
        targets=(),
    )


def test_sentences_are_numbered_through_the_batch() -> None:
    numbers = sentence_numbers(linked_batch([[0] * 5] * 3))
    assert numbers.tolist() == [[0, 1, 1, 2, 2], [0, 3, 3, 4, 4]]


def test_a_token_is_linked_to_the_actor_that_fits_it_best_as_a_loop_finds() -> None:
    torch.manual_seed(0)
    links = StatementLinks(6, size=4)
    for parameter in links.parameters():
        torch.nn.init.normal_(parameter)
    states = torch.randn(2, 5, 6)
    batch = linked_batch([[0, 1, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]])
    numbers = [[0, 1, 1, 2, 2], [0, 3, 3, 4, 4]]
    with torch.no_grad():
        found = links(states, batch)
        fits = torch.zeros(3, 5)
        pairs = [(0, [1, 4]), (1, []), (1, [2])]
        for pair, (window, places) in enumerate(pairs):
            for token in range(5):
                key = links.key(states[window, token])
                scores = [float(links.unnamed @ key) / 2] if not places else []
                for place in places:
                    step = token - place
                    # 1 step is in bucket 1 (log2 of 2), 2 too, 3 in bucket 2
                    bucket = {0: 0, 1: 1, 2: 1, 3: 2, 4: 2}[abs(step)] * (1 if step > 0 else -1)
                    apart = max(-3, min(3, numbers[window][token] - numbers[window][place]))
                    product = float(links.query(states[window, place]) @ key) / 2
                    scores.append(product + float(links.distance[bucket + 8]) + float(links.apart[apart + 3]))
                fits[pair, token] = max(scores)
        for pair, (window, _) in enumerate(pairs):
            rivals = [other for other, (where, _) in enumerate(pairs) if where == window]
            for token in range(5):
                # Nobody has a score of -4.
                whole = math.exp(-4) + sum(math.exp(fits[other, token]) for other in rivals)
                said = torch.sigmoid(links.said(states[window, token])).item()
                chance = said * math.exp(fits[pair, token]) / whole
                assert torch.sigmoid(found[pair, token]).item() == pytest.approx(chance, abs=2e-5)


def test_words_belong_at_first_to_who_was_named_last_before_them() -> None:
    links = StatementLinks(6, size=4)
    torch.nn.init.zeros_(links.query.weight)
    torch.nn.init.zeros_(links.query.bias)
    batch = linked_batch([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]])
    batch = replace(batch, pair_window=torch.tensor([0, 0, 1]))
    with torch.no_grad():
        found = links(torch.zeros(2, 5, 6), batch)
    assert (found[0] > found[1]).tolist() == [True, True, False, False, False]
    # Alone in its window, an actor has only nobody to compete with.
    assert (found[2, 1:] > found[0, 1:]).all()


def test_an_actor_who_is_not_asked_about_competes_as_if_he_were() -> None:
    torch.manual_seed(0)
    links = StatementLinks(6, size=4)
    states = torch.randn(2, 5, 6)
    both = replace(
        linked_batch([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]]), pair_window=torch.tensor([0, 0, 1])
    )
    alone = replace(both, pair_window=both.pair_window[[0, 2]], mentions=both.mentions[[0, 2]])
    rival = {"rivals": torch.tensor([[0, 0, 1, 0, 0]]).bool(), "rival_window": torch.tensor([0])}
    with torch.no_grad():
        torch.testing.assert_close(links(states, replace(alone, **rival)), links(states, both)[[0, 2]])
        assert (links(states, alone)[0] > links(states, both)[0]).all()


@pytest.mark.parametrize("count", [0, 1])
def test_frozen_and_trained_layers_together_are_the_encoder(encoder: str, count: int) -> None:
    from pathlib import Path

    from transformers.models.bert.modeling_bert import BertModel

    folder = Path(encoder)
    whole = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    tokens = torch.randint(4, 20, (3, 9))
    attention = torch.ones(3, 9, dtype=torch.bool)
    attention[1, 5:] = False
    with torch.no_grad():
        expected = whole(input_ids=tokens, attention_mask=attention.long()).last_hidden_state
        given = frozen_layers(folder, count)(tokens, attention)
        found = trained_layers(folder, count).eval()(inputs_embeds=given, attention_mask=attention.long())
    # the states between the two are kept in bfloat16: 8 bits
    torch.testing.assert_close(found.last_hidden_state[attention], expected[attention], atol=5e-2, rtol=0)


def test_all_layers_frozen_is_refused(encoder: str) -> None:
    from pathlib import Path

    with pytest.raises(ConfigurationError, match=r"^Expected encoder.frozen_layers from 0 to 1, found 2\.$"):
        trained_layers(Path(encoder), 2)
    with pytest.raises(ConfigurationError, match=r"^Expected encoder.frozen_layers from 0 to 0, found 1\.$"):
        trained_layers(Path(encoder), 1, layers=1)


def test_an_encoder_may_be_read_no_deeper_than_a_layer(encoder: str) -> None:
    from pathlib import Path

    from transformers.models.bert.modeling_bert import BertModel

    folder = Path(encoder)
    whole = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    tokens, attention = torch.randint(4, 20, (2, 7)), torch.ones(2, 7, dtype=torch.bool)
    with torch.no_grad():
        expected = whole(input_ids=tokens, output_hidden_states=True).hidden_states[1]
        given = frozen_layers(folder, 0)(tokens, attention)
        found = trained_layers(folder, 0, layers=1).eval()(inputs_embeds=given, attention_mask=attention.long())
    torch.testing.assert_close(found.last_hidden_state, expected, atol=5e-2, rtol=0)


@pytest.mark.parametrize("layers", [0, 3])
def test_layers_that_an_encoder_has_not_are_refused(encoder: str, layers: int) -> None:
    from pathlib import Path

    with pytest.raises(
        ConfigurationError, match=rf"^Expected encoder.layers from 1 to 2, or null for all, found {layers}"
    ):
        trained_layers(Path(encoder), 0, layers=layers)


def test_evidence_are_the_sentences_more_likely_to_show_a_stance_than_none(dataset, encoder: str) -> None:
    from pathlib import Path

    reader = WindowReader(load_tokenizer(Path(encoder)), TARGETS, max_tokens=512, overlap=0, prefix="")
    reading = reader.readings(dataset)[0]
    sentences = reading.windows[0].sentences
    quiet = [0.1, 0.1, 0.1, 0.7]
    rows = [np.array([quiet] * len(sentences)) for _ in reading.pairs]
    # the second example's third sentence: stance 0.6 in all, against ahead
    rows[1][2] = [0.2, 0.3, 0.1, 0.4]
    found = evidence([reading], [rows], MAIN)
    assert [len(items) for items in found] == [0, 1, 0]
    (item,) = found[1]
    assert (item.start, item.end, item.stance) == (*sentences[2].tolist(), "against")
    assert item.p == pytest.approx(0.6)
