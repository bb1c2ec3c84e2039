from dataclasses import replace
from pathlib import Path

import pytest

from stance.data.spans import actor_spans
from stance.errors import DataError
from stance.models.tagger import ActorTagger, TaggerPlan, _apart, _whole_name
from stance.settings import DataSettings, EncoderSettings, TaggerSettings, TrainerSettings
from tests.doubles import documents

DOCUMENTS = documents(16)


@pytest.fixture(scope="module")
def plan(encoder: str) -> TaggerPlan:
    return TaggerPlan(
        TaggerSettings(dropout=0.0),
        EncoderSettings(name=encoder, frozen_layers=1),
        DataSettings(max_tokens=96),
        TrainerSettings(max_epochs=25, token_budget=256, learning_rate=5e-3, progress=False, patience=25),
    )


@pytest.fixture(scope="module")
def tagger(plan: TaggerPlan) -> ActorTagger:
    tagger = ActorTagger(plan)
    tagger.fit(DOCUMENTS, DOCUMENTS[:4])
    return tagger


def gold(count: int) -> list[list[tuple[int, int]]]:
    return [[(span.start, span.end) for span in actor_spans(document)] for document in DOCUMENTS[:count]]


def test_it_learns_the_names_that_it_is_shown(tagger: ActorTagger) -> None:
    found = tagger.find(DOCUMENTS[:6])
    right = sum(len({*spans} & {*known}) for spans, known in zip(found, gold(6), strict=True))
    assert right >= 0.9 * sum(map(len, gold(6)))
    assert sum(map(len, found)) <= 1.2 * sum(map(len, gold(6)))


def test_spans_are_in_order_apart_and_within_the_text(tagger: ActorTagger) -> None:
    for document, spans in zip(DOCUMENTS, tagger.find(DOCUMENTS), strict=True):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert all(0 <= start < end <= len(document.text) for start, end in spans)


def test_what_is_stored_finds_the_same(tagger: ActorTagger, tmp_path: Path) -> None:
    tagger.save(tmp_path / "tagger")
    again = ActorTagger.load(tmp_path / "tagger")
    assert again.find(DOCUMENTS) == tagger.find(DOCUMENTS)
    with pytest.raises(DataError, match=r"expected a stored tagger with tagger\.json"):
        ActorTagger.load(tmp_path)


def test_the_same_seed_trains_the_same_and_hidden_actors_change_it(plan: TaggerPlan) -> None:
    short = replace(plan, trainer=replace(plan.trainer, max_epochs=1))
    losses = []
    for hidden in ((), (), {actor_spans(DOCUMENTS[0])[0].actor}):
        tagger = ActorTagger(short, report=lambda epoch, metrics: losses.append(metrics["train/loss"]))
        tagger.fit(DOCUMENTS, DOCUMENTS[:4], hidden)
    assert losses[0] == losses[1] != losses[2]


def test_a_name_is_whole_words_without_particle_and_marks() -> None:
    text = "قالت «والحكومة» وكتلة الميثاق"
    start = text.index("حكومة")
    # A piece of the word, as a tokenizer cuts it; the particle before the article goes, the quotes too.
    assert text[slice(*_whole_name(text, (start, start + 3)))] == "الحكومة"
    place = text.index("وكتلة")
    # Without an article the first letter may be the name's own.
    assert text[slice(*_whole_name(text, (place, place + 12)))] == "وكتلة الميثاق"
    assert _apart([(0, 5), (3, 8), (8, 9), (10, 10)]) == [(0, 8), (8, 9)]
