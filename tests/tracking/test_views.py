import json

from stance.evaluation.scorecard import scorecard
from stance.tracking.store import ensure_experiment
from tests.evaluation.invented import invented


def test_an_experiment_has_views_whose_columns_and_sections_are_those_of_runs(client):
    tags = client.get_experiment(ensure_experiment(client, "main")).tags
    views = [json.loads(value) for key, value in sorted(tags.items()) if key.startswith("mlflow.sharedViewState.")]
    assert [view["name"] for view in views] == ["Best first", "Newest first"]
    card = scorecard(invented(30), prior=invented(30, model="actor_prior", seed=1, skill=0))
    for view in views:
        state = json.loads(view["state"])
        metrics = {column.split("`")[1] for column in state["selectedColumns"] if column.startswith("metrics.")}
        metrics |= {chart["metricKey"] for chart in state["compareRunCharts"]}
        assert metrics <= set(card)
        sections = [section["name"] for section in state["compareRunSections"]]
        assert {name.rpartition("/")[0] for name in card} - {""} == {*sections} - {"Model metrics", "System metrics"}
        assert sections[0] == "Model metrics"
        identities = {section["uuid"] for section in state["compareRunSections"]}
        assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} <= identities
    assert json.loads(views[0]["state"])["orderByKey"] == "metrics.`f_avg`"
