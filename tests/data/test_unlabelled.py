"""Texts → passages to learn from and to score: every word once, copies on one side."""

import msgspec
import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from stance.annotation.records import Document
from stance.annotation.registry import TargetRegistry
from stance.data import unlabelled
from stance.data.unlabelled import Corpus, read_corpus
from stance.data.windows import WindowReader
from stance.errors import ConfigurationError, DataError

WORDS = [f"w{number}" for number in range(400)]


@pytest.fixture(scope="module")
def reader() -> WindowReader:
    vocabulary = {word: number for number, word in enumerate(["<s>", "</s>", "<unk>", "query", *WORDS, "."])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return WindowReader(tokenizer, TargetRegistry(()), max_tokens=32, overlap=0, prefix="query ")


def article(number: int, sentences: int = 5, **fields: str) -> Document:
    """Sentences of nine words, of which no two articles share any."""
    chance = np.random.default_rng(number)
    text = "\n".join(f"{' '.join(chance.choice(WORDS, 9))}." for _ in range(sentences))
    return Document(f"d{number}", "", text, **fields)


def said(corpus: Corpus, part: str, reader: WindowReader) -> list[str]:
    """The texts of a part's passages."""
    return [
        " ".join(reader.tokenizer.id_to_token(token) for token in passage.text) for passage in getattr(corpus, part)
    ]


def test_every_word_of_a_text_is_in_one_passage_and_the_front_in_none(reader: WindowReader) -> None:
    documents = [article(0, title="w7 w8"), article(1)]
    corpus = read_corpus(iter(documents), reader, held_out=0.5, seed=0)
    texts = [" ".join(said(corpus, part, reader)) for part in ("train", "held_out")]
    assert sorted(texts) == sorted(" ".join(one.text.replace(".", " .").split()) for one in documents)
    passages = [*corpus.train, *corpus.held_out]
    assert {passage.tokens[0] for passage in passages} == {0}
    assert {passage.tokens[-1] for passage in passages} == {1}
    assert max(passage.length for passage in passages) <= 32
    assert corpus.documents == 2


def test_copies_are_on_one_side_and_the_same_text_counts_once(reader: WindowReader) -> None:
    documents = [article(number) for number in range(20)]
    # A reprint with a word less is a near-duplicate, a second task with the same text no second text.
    reprints = [
        msgspec.structs.replace(one, document_id=f"r{one.document_id}", text=one.text.split(" ", 1)[1])
        for one in documents
    ]
    corpus = read_corpus([*documents, *reprints, *documents], reader, held_out=0.3, seed=0)
    assert corpus.documents == 40
    held, learned = ({one.cluster for one in part} for part in (corpus.held_out, corpus.train))
    assert not held & learned
    assert len(held | learned) == 20
    share = sum(len(one.text) for one in corpus.held_out) / sum(
        len(one.text) for part in (corpus.train, corpus.held_out) for one in part
    )
    assert 0.2 < share <= 0.3


def test_seed_and_content_tell_what_is_held_out(reader: WindowReader) -> None:
    documents = [article(number) for number in range(30)]
    first = read_corpus(documents, reader, held_out=0.2, seed=0)
    again = read_corpus(documents, reader, held_out=0.2, seed=0)
    other = read_corpus(documents, reader, held_out=0.2, seed=1)
    assert said(first, "held_out", reader) == said(again, "held_out", reader) != said(other, "held_out", reader)
    assert first.digest == again.digest == other.digest
    titled = [msgspec.structs.replace(documents[0], title="w1"), *documents[1:]]
    assert read_corpus(titled, reader, held_out=0.2, seed=0).digest != first.digest


def test_of_much_text_no_more_is_held_out_than_has_to_be(reader: WindowReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlabelled, "MOST_HELD_OUT", 120)
    corpus = read_corpus(map(article, range(30)), reader, held_out=0.5, seed=0)
    # Articles of fifty tokens.
    assert sum(len(one.text) for one in corpus.held_out) == 100


def test_where_nothing_fits_the_smallest_text_is_held_out(reader: WindowReader) -> None:
    corpus = read_corpus([article(0), article(1, sentences=2), article(2)], reader, held_out=0.01, seed=0)
    assert [len(one.text) for one in corpus.held_out] == [20]


def test_too_little_text_and_a_wrong_share_are_refused(reader: WindowReader) -> None:
    empty = msgspec.structs.replace(article(1), text=" \n ")
    for documents, count in (([], 0), ([article(0), empty, article(0)], 1)):
        with pytest.raises(DataError) as caught:
            read_corpus(documents, reader, held_out=0.1, seed=0)
        assert str(caught.value) == (
            f"Expected two texts or more that are no copies of each other, one of them to be held out, found {count}. "
            "Name more files in corpus=[…]."
        )
    for share in (0.0, 0.6):
        with pytest.raises(ConfigurationError, match=rf"^Expected held_out above 0 and at most 0\.5, found {share}\.$"):
            read_corpus([article(0), article(1)], reader, held_out=share, seed=0)


def test_a_passage_knows_its_text() -> None:
    passage = unlabelled.Passage(np.array([0, 3, 1, 5, 6, 1], dtype=np.int32), begin=3)
    assert passage.text.tolist() == [5, 6]
    assert passage.length == 6
    assert len(passage.windows) == 1
