"""A trained network by its addresses, and its suggestions."""

import re

import pytest

from stance.annotation.registry import read_actors, read_targets
from stance.errors import TrackingError
from stance.labelling.predictors import load_predictor
from stance.labelling.suggestions import Suggester
from stance.tracking.store import connect
from tests.doubles import documents
from tests.labelling.small import arrival, form
from tests.labelling.trained import Trained, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Trained:
    return train(tmp_path_factory.mktemp("trained"))


def test_every_address_of_a_registered_network_gives_its_version(trained):
    client = connect(trained.uri)
    (logged,) = client.get_run(trained.run_id).outputs.model_outputs
    addresses = (
        "models:/actor-stance@champion",
        "models:/actor-stance/1",
        f"runs:/{trained.run_id}",
        f"models:/{logged.model_id}",
    )
    assert {load_predictor(address, client)[1] for address in addresses} == {"actor-stance/1"}
    with pytest.raises(TrackingError, match="Expected a model models:/actor-stance/7 that can be read"):
        load_predictor("models:/actor-stance/7", client)


def test_a_folder_is_known_by_its_content(trained, tmp_path):
    predictor, version = load_predictor(str(trained.folder / "network"), None)
    assert predictor.model.targets.ids() == {"t1"}
    assert re.fullmatch(r"actor_network/[0-9a-f]{8}", version)
    with pytest.raises(TrackingError, match="Expected a folder, models:/NAME@alias or runs:/RUN as the model"):
        load_predictor(str(tmp_path / "none"), None)


def test_what_a_network_says_is_what_is_suggested(trained):
    actors = read_actors(trained.folder / "actors.yaml")
    targets = read_targets(trained.folder / "targets.yaml")
    predictor, version = load_predictor("models:/actor-stance@champion", connect(trained.uri))
    made = Suggester(actors, predictor, version)
    given = [arrival(document.document_id, document.text) for document in documents(12, seed=3)]
    suggestions = made.suggest(given, [False] * 6 + [True] * 6)
    shape = form(actors, targets)
    tasks = [
        shape.task(one.document, shape.data(one, blind=False, identity=made.identity), suggestion)
        for one, suggestion in zip(given, suggestions, strict=True)
    ]
    assert shape.problems(tasks, [suggestion.annotation for suggestion in suggestions]) == [None] * 12
    for number, (annotation, scores, _) in enumerate(suggestions):
        assert len(annotation.mentions) == 3
        assert annotation.annotator == "actor-stance/1"
        assert (annotation.score is None) == (number >= 6)
        assert annotation.score is None or 0.25 <= annotation.score <= 1
        assert scores.keys() == {statement.id for statement in annotation.statements}
        assert all(0.5 < p <= 1 for p in scores.values())
        holders = {mention.id: mention.actor for mention in annotation.mentions}
        assert all(holders[one.mention or ""] == one.holder for one in annotation.statements)
