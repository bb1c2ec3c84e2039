"""Words are hidden as often and in the ways that are said, and never what is no word of the text."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import AddedToken, Tokenizer, models

from stance.data.hidden_words import TextBatch, Words, collate_passages, hide, mask_token, words_of
from stance.data.unlabelled import Corpus, Passage
from stance.errors import ConfigurationError

MASK = 9
WORDS = Words(torch.tensor([20, 21, 22, 23, 30]), torch.tensor([5, 1, 0, 2, 2]))


def passage(*tokens: int, begin: int = 1) -> Passage:
    return Passage(np.array(tokens, dtype=np.int32), begin)


def large_batch() -> TextBatch:
    """A hundred thousand tokens of text, which begins behind four others; token 3 is no word."""
    random = np.random.default_rng(0)
    rows = [np.concatenate([[0, 20, 21, 1], random.choice([20, 21, 23, 30, 3], 1000), [1]]) for _ in range(100)]
    return collate_passages([passage(*row, begin=4) for row in rows], padding=2)


def test_passages_become_a_batch() -> None:
    batch = collate_passages([passage(0, 20, 21, 1), passage(0, 5, 30, 1, begin=2), passage(0, 22, 1)], padding=2)
    assert batch.tokens.tolist() == [[0, 20, 21, 1], [0, 5, 30, 1], [0, 22, 1, 2]]
    assert batch.attention.tolist() == [[True] * 4, [True] * 4, [True, True, True, False]]
    assert batch.content.tolist() == [
        [False, True, True, False],
        [False, False, True, False],
        [False, True, False, False],
    ]
    assert batch.clusters == (0, 0, 0)
    assert len(batch) == 3


def test_hidden_words_are_as_many_as_bert_hides_and_told_apart_as_there() -> None:
    batch = large_batch()
    riddle = hide(batch, WORDS, MASK, np.random.default_rng(1))
    words = batch.content & (batch.tokens != 3)
    assert not (riddle.hidden & ~words).any()
    count = int(riddle.hidden.sum())
    # Four standard deviations around 15 % of 80,000.
    assert abs(count / int(words.sum()) - 0.15) < 4 * (0.15 * 0.85 / int(words.sum())) ** 0.5
    read, was = riddle.tokens[riddle.hidden], batch.tokens[riddle.hidden]
    # Of the words put in by chance, one in five is the word that stood there; 22 stands in no text.
    shares = {"mask": read == MASK, "same": read == was, "22": read == 22}
    expected = {"mask": 0.8, "same": 0.1 + 0.1 / 5, "22": 0.1 / 5}
    for name, share in expected.items():
        assert abs(float(shares[name].double().mean()) - share) < 4 * (share * (1 - share) / count) ** 0.5, name
    assert torch.equal(riddle.tokens[~riddle.hidden], batch.tokens[~riddle.hidden])
    assert torch.equal(WORDS.ids[riddle.answers], was)


def test_the_same_draw_hides_the_same_and_another_hides_others() -> None:
    batch = large_batch()
    first, again, other = (hide(batch, WORDS, MASK, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.tokens, again.tokens)
    assert torch.equal(first.hidden, again.hidden)
    assert not torch.equal(first.hidden, other.hidden)


def test_of_a_short_text_one_word_is_hidden_and_of_one_without_words_none() -> None:
    short = collate_passages([passage(0, 20, 3, 1)], padding=2)
    unknown = collate_passages([passage(0, 3, 1)], padding=2)
    for seed in range(30):
        riddle = hide(short, WORDS, MASK, np.random.default_rng(seed))
        assert riddle.hidden.tolist() == [[False, True, False, False]]
        assert riddle.answers.tolist() == [0]
        assert not hide(unknown, WORDS, MASK, np.random.default_rng(seed)).hidden.any()


def test_words_are_those_of_all_texts_counted_where_they_are_learned() -> None:
    tokenizer = Tokenizer(models.WordLevel({f"w{number}": number for number in range(40)}, unk_token="w3"))
    tokenizer.add_special_tokens([AddedToken("w3", special=True)])
    corpus = Corpus(
        train=(passage(0, 30, 20, 20, 3, 1), passage(0, 23, 20, 30, 1, begin=2)),
        held_out=(passage(0, 22, 3, 20, 1),),
        documents=3,
        digest="",
    )
    words = words_of(corpus, tokenizer)
    assert words.ids.tolist() == [20, 22, 30]
    # The 23 of the second passage is in front of its text.
    assert words.counts.tolist() == [3, 0, 2]
    assert words.shares.tolist() == pytest.approx([4 / 8, 1 / 8, 3 / 8])


def test_the_mask_is_the_one_that_the_encoder_names(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[MASK]": 1, "<gap>": 2, "<unk>": 3}, unk_token="<unk>"))
    assert mask_token(tmp_path, tokenizer) == 1
    (tmp_path / "special_tokens_map.json").write_text(json.dumps({"mask_token": {"content": "<gap>"}}), "utf-8")
    assert mask_token(tmp_path, tokenizer) == 2
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"mask_token": "a"}), "utf-8")
    assert mask_token(tmp_path, tokenizer) == 0
    without = Tokenizer(models.WordLevel({"b": 0, "<unk>": 1}, unk_token="<unk>"))
    with pytest.raises(ConfigurationError) as caught:
        mask_token(tmp_path, without)
    assert str(caught.value) == (
        "Expected an encoder whose tokenizer has a mask token, as those have that learned from hidden words, found "
        f"none in {tmp_path}. Name another encoder."
    )
