"""The wording of statements: read as a naive loop over n-grams reads it, learned, and left out of training."""

import json
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from stance.data.batches import Batch
from stance.errors import ConfigurationError, DataError
from stance.models.actor_network import ActorNetworkModel
from stance.models.catalogue import Workshop, build
from stance.models.wording import BUCKETS, Wording
from stance.settings import NetworkSettings

PIECES = ["▁نرفض", "▁بقاء", "▁القوات", "▁نرحب", "هم", "▁رحيل"]
STATEMENTS = [[0, 1, 2], [0, 1], [0, 1, 4], [3, 1, 2], [3, 1], [3, 1, 4], [3, 5], [0, 5]]
SIDES = np.array([1, 1, 1, 0, 0, 0, 1, 0])


def asked(tokens: list[int], sentences: list[list[int]]) -> Batch:
    """One window, one actor, and a question about each of its sentences."""
    nothing = {item.name: torch.zeros(0, dtype=torch.long) for item in fields(Batch) if item.type is torch.Tensor}
    masks = torch.zeros(len(sentences), len(tokens), dtype=torch.bool)
    for mask, places in zip(masks, sentences, strict=True):
        mask[places] = True
    return Batch(
        **nothing
        | {
            "tokens": torch.tensor([tokens]),
            "sentence_tokens": masks,
            "sentence_window": torch.zeros(len(sentences), dtype=torch.long),
            "question_pair": torch.zeros(len(sentences), dtype=torch.long),
            "question_sentence": torch.arange(len(sentences)),
        },
        actors=(),
        targets=(),
    )


@pytest.fixture(scope="module")
def wording() -> Wording:
    found = Wording(dict(enumerate(PIECES)).get, 3, strength=10.0)
    found.fit(STATEMENTS, SIDES)
    return found


def naive(wording: Wording, share: dict[int, tuple[int, float]]) -> np.ndarray:
    """Scores summed n-gram by n-gram over {place: (vocabulary id, share)}."""
    square = 0.0
    table, rows = wording.table.numpy(), np.zeros(3)
    for place, (number, weight) in share.items():
        for bucket in wording._of_piece(number):
            rows += weight * table[bucket, :3]
            square += weight**2 * table[bucket, 3]
        if place + 1 in share:
            following, other = share[place + 1]
            bucket = (number * 1_000_003 + following * 7_919 + 12_345) % BUCKETS
            rows += weight * other * table[bucket, :3]
            square += (weight * other) ** 2 * table[bucket, 3]
    scores = rows / np.sqrt(square) + wording.bias.numpy()
    return scores - np.log(np.exp(scores).sum())


def test_the_linked_words_of_each_sentence_are_read_as_a_loop_reads_them(wording: Wording) -> None:
    tokens = [5, 0, 1, 2, 3, 4, 1]
    batch = asked(tokens, [[1, 2, 3], [4, 5, 6]])
    link = torch.tensor([[9.0, 0.0, 1.0, -2.0, 3.0, -1.0, 0.5]])
    found = wording(link, batch).numpy()
    weights = link[0].sigmoid().numpy()
    for row, places in zip(found, ([1, 2, 3], [4, 5, 6]), strict=True):
        surest = max(weights[place] for place in places)
        expected = naive(wording, {place: (tokens[place], weights[place] / surest) for place in places})
        np.testing.assert_allclose(row, expected, rtol=1e-4)


def test_what_it_learns_is_scikit_learns_regression_over_weighted_counts(wording: Wording) -> None:
    """Grams by name instead of buckets: of these few words no two share one."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    def grams(ids: list[int]) -> list[str]:
        texts = [PIECES[number].replace("▁", " ") for number in ids]
        runs = [text[a : a + n] for text in texts for n in (3, 4, 5) for a in range(len(text) - n + 1)]
        return [*map(str, ids), *(f"{a} {b}" for a, b in pairwise(ids)), *runs]

    tfidf = TfidfVectorizer(analyzer=grams, norm=None, use_idf=True)
    counts = tfidf.fit_transform(STATEMENTS)
    idf = tfidf.idf_
    # An n-gram that is met twice adds its length twice.
    lengths = np.sqrt((counts.toarray() / idf) @ idf**2)[:, None]
    oracle = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000).fit(counts.toarray() / lengths, SIDES)
    expected = oracle.predict_log_proba(counts.toarray() / lengths)
    for ids, row in zip(STATEMENTS, expected, strict=True):
        found = wording(torch.full((1, len(ids)), 30.0), asked(ids, [list(range(len(ids)))]))[0, :2]
        np.testing.assert_allclose(found.log_softmax(0).numpy(), row, atol=2e-3)


def test_pieces_of_wordpiece_that_go_on_are_read_without_their_mark() -> None:
    wordpiece = Wording({0: "##هماك"}.get, 2, strength=1.0)
    plain = Wording({0: "هماك"}.get, 2, strength=1.0)
    assert wordpiece._of_piece(0) == plain._of_piece(0)


def test_it_learns_which_side_words_take_and_never_the_side_that_nobody_took(wording: Wording) -> None:
    held = [([0, 1, 2, 4], 1), ([3, 1, 2, 4], 0)]
    for pieces, side in held:
        row = wording(torch.full((1, len(pieces)), 9.0), asked(pieces, [list(range(len(pieces)))]))[0]
        assert int(row.argmax()) == side
        assert float(row[2]) < -1e3


def test_other_words_around_change_nothing(wording: Wording) -> None:
    alone = wording(torch.full((1, 2), 4.0), asked([0, 1], [[0, 1]]))
    among = wording(torch.full((1, 5), 4.0), asked([3, 5, 0, 1, 3], [[2, 3]]))
    torch.testing.assert_close(alone, among)


@pytest.mark.parametrize("statements", [[], [[0, 1], [2]]], ids=["none", "one side"])
def test_without_two_sides_it_has_no_opinion(statements: list[list[int]]) -> None:
    found = Wording(dict(enumerate(PIECES)).get, 3, strength=10.0)
    found.fit(statements, np.zeros(len(statements), dtype=np.int64))
    row = found(torch.zeros(1, 2), asked([0, 1], [[0, 1]]))[0]
    torch.testing.assert_close(row, torch.full((3,), 1 / 3).log())


def test_a_network_answers_with_it_and_is_trained_without_it(workshop: Workshop, parts) -> None:
    train, validation, test = parts
    plain, worded = (
        build(NetworkSettings(wording=weight, lexical=0.0, renamed=0), replace(workshop, seed=3))
        for weight in (0.0, 3.0)
    )
    for model in (plain, worded):
        model.fit(train, validation)
    own, other = (dict(model.network.named_parameters()) for model in (plain, worded))
    for name, value in own.items():
        torch.testing.assert_close(value, other[name], rtol=0, atol=0)
    assert not np.allclose(plain.predict(test).probabilities, worded.predict(test).probabilities, atol=0.01)


@pytest.mark.parametrize("settings", [{"lexical": 1.5}, {"lexical": -0.1}, {"wording": -1.0}], ids=str)
def test_shares_and_weights_that_mean_nothing_are_refused(workshop: Workshop, settings: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=r"^Expected model.lexical between 0 and 1 and model.wording of 0 or"):
        build(NetworkSettings(**settings), workshop)


def test_the_articles_n_grams_count_for_less_where_wording_is_read(workshop: Workshop) -> None:
    shares = [build(NetworkSettings(wording=weight), workshop).lexical for weight in (3.0, 0.0)]  # type: ignore[attr-defined]
    assert shares == [0.3, 0.5]


def test_channels_are_told_by_the_sentence_around(workshop: Workshop, parts) -> None:
    train, validation, test = parts
    model = build(NetworkSettings(lexical=0.0, renamed=0), workshop)
    model.fit(train, validation)
    before = model.predict(test).channels
    model.network.channel_wording.bias.copy_(torch.tensor([0.0, 0.0, 50.0]))  # type: ignore[attr-defined]
    after = model.predict(test).channels
    # Whatever is said is an action now, and nothing is said in public.
    absent = workshop.labels.index("none")
    assert (after[:, 0, absent] > before[:, 0, absent]).all()
    assert after[:, 0].argmax(1).tolist() == [absent] * len(test)


def test_a_network_of_an_earlier_version_is_refused(workshop: Workshop, parts, tmp_path) -> None:
    train, validation, _ = parts
    model = build(NetworkSettings(lexical=0.0, renamed=0), workshop)
    model.fit(train, validation)
    model.save(tmp_path)  # type: ignore[attr-defined]
    described = json.loads((tmp_path / "network.json").read_text("utf-8"))
    del described["model"]["wording"]
    (tmp_path / "network.json").write_text(json.dumps(described), "utf-8")
    with pytest.raises(DataError, match="found one of an earlier, which read otherwise"):
        ActorNetworkModel.load(tmp_path, workshop.targets)
