"""What a predictor makes of articles: who is asked about, and who else is there."""

from dataclasses import replace

import pytest

from stance.errors import DataError
from stance.models.catalogue import Workshop, build
from stance.models.predictor import Article, ArticleActor, StancePredictor, add_registries
from stance.settings import NetworkSettings
from tests.doubles import documents, write_registries


@pytest.fixture(scope="module")
def predictor(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> StancePredictor:
    folder = tmp_path_factory.mktemp("network")
    actors, targets = write_registries(folder)
    model = build(
        NetworkSettings(lexical=0.0), replace(workshop, trainer=replace(workshop.trainer, precision="32-true"))
    )
    model.save(folder / "network")  # type: ignore[attr-defined]
    add_registries(folder / "network", targets=targets, actors=str(actors))
    return StancePredictor.load(folder / "network")


def article(*actors: ArticleActor) -> Article:
    return Article("d", documents(1)[0].text, target="t1", actors=actors or None)


def test_an_actors_answer_does_not_depend_on_who_else_is_asked_about(predictor: StancePredictor) -> None:
    everybody = {row["actor"]: row for row in predictor.rows([article()])}
    assert len(everybody) == 3
    for actor, row in everybody.items():
        (alone,) = predictor.rows([article(ArticleActor(actor))])
        for name in ("p_favor", "p_against", "p_ambivalent", "p_none"):
            # Who is not asked about competes for the words all the same.
            assert alone[name] == pytest.approx(row[name], abs=1e-5), (actor, name)


def test_nor_where_mentions_are_given_otherwise_than_they_are_found(
    predictor: StancePredictor,
) -> None:
    found = predictor.rows([article()])
    given = [ArticleActor(row["actor"], tuple((a, b - 1) for a, b in row["mentions"])) for row in found]
    everybody = {row["actor"]: row for row in predictor.rows([article(*given)])}
    for one in given:
        (alone,) = predictor.rows([article(one)])
        for name in ("p_favor", "p_against", "p_ambivalent", "p_none"):
            assert alone[name] == pytest.approx(everybody[one.actor][name], abs=1e-2), (one.actor, name)


def test_a_mention_outside_of_the_text_is_refused(predictor: StancePredictor) -> None:
    with pytest.raises(DataError, match="expected mentions within the text"):
        predictor.rows([article(ArticleActor("a", ((0, 10_000),)))])
