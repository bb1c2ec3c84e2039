from pathlib import Path

import pytest
import yaml

from stance.commands.composition import compose_train, show
from stance.errors import ConfigurationError
from stance.settings import NetworkSettings, TfidfSettings, TrainSettings

ROOT = Path(__file__).parents[2]
ALL = "`stance train --cfg job` shows them all."


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def refused(*overrides: str, folder: Path = Path("conf")) -> str:
    with pytest.raises(ConfigurationError) as caught:
        compose_train(overrides, folder)
    return str(caught.value)


def test_defaults_are_the_network_on_the_projects_own_articles() -> None:
    composed = compose_train([])
    assert isinstance(composed.settings, TrainSettings)
    assert isinstance(composed.model, NetworkSettings)
    assert composed.settings.data.export == "labels/corpus/export.json"
    assert composed.settings.baselines == ["majority", "actor_prior", "tfidf_logreg"]
    assert composed.resolved == composed.defaults


def test_overrides_change_values_groups_and_whole_sets() -> None:
    composed = compose_train(["experiment=unseen_actors", "model=tfidf_logreg", "model.C=0.5", "seed=3"])
    assert composed.model == TfidfSettings(C=0.5)
    assert (composed.settings.split.strategy, composed.settings.split.folds) == ("unseen_actor", 3)
    assert composed.settings.seed == composed.resolved["seed"] == 3
    # What it departs from stays beside it.
    assert (composed.defaults["seed"], composed.defaults["model"]["name"]) == (0, "actor_network")


def test_last_override_of_a_key_wins_over_the_experiment() -> None:
    assert compose_train(["experiment=unseen_actors", "split.folds=7"]).settings.split.folds == 7


def test_tracking_server_of_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compose_train([]).settings.tracking.uri == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example:5000")
    assert compose_train([]).settings.tracking.uri == "http://tracking.example:5000"


def test_shown_configuration_is_yaml_of_what_runs() -> None:
    composed = compose_train(["split=temporal"])
    assert yaml.safe_load(show(composed)) == composed.resolved
    assert composed.resolved["split"]["strategy"] == "temporal"


@pytest.mark.parametrize(
    ("overrides", "found", "hint"),
    [
        (["trainer.max_epoch=3"], "trainer.max_epoch", "Did you mean trainer.max_epochs? "),
        (["trainer={max_epoch: 3}"], "trainer.max_epoch", "Did you mean trainer.max_epochs? "),
        (["spilt.folds=3"], "spilt.folds", "Did you mean split.folds? "),
        (["model.poolin=max"], "model.poolin", "Did you mean model.pooling? "),
        (["seeds=3"], "seeds", "Did you mean seed? "),
        (["modle=majority"], "modle", "Did you mean model? "),
        (["xyz=1"], "xyz", ""),
        (["seed=1", "data.exports=a.json", "split=cv"], "data.exports", "Did you mean data.export? "),
    ],
)
def test_unknown_keys_are_refused_and_the_nearest_named(overrides: list[str], found: str, hint: str) -> None:
    assert refused(*overrides) == f"Expected a known configuration key, found {found!r}. {hint}{ALL}"


@pytest.mark.parametrize("override", ["+data.exports=a.json", "++data.exports=a.json"])
def test_unknown_keys_cannot_be_added_either(override: str) -> None:
    message = f"Expected a known configuration key, found 'data.exports'. Did you mean data.export? {ALL}"
    assert refused(override) == message


def test_setting_of_another_model_is_said_to_be_one() -> None:
    assert refused("model=tfidf_logreg", "model.pooling=max") == (
        f"Expected a setting of the model, found 'model.pooling', which actor_network has. {ALL}"
    )
    assert refused("model=majority", "model.balanced=true") == (
        f"Expected a setting of the model, found 'model.balanced', which tfidf_logreg, actor_network has. {ALL}"
    )


@pytest.mark.parametrize("group", ["model", "split", "data", "encoder", "experiment", "debug"])
def test_unknown_options_of_a_group_list_those_there_are(group: str) -> None:
    known = ", ".join(sorted(path.stem for path in (ROOT / "conf" / group).glob("*.yaml")))
    assert refused(f"{group}=nope") == f"Expected {group} among {known}, found 'nope'."


def test_options_listed_are_those_of_the_folder_composed_from(tmp_path: Path) -> None:
    (tmp_path / "split").mkdir()
    (tmp_path / "split" / "halves.yaml").write_text("strategy: cv\n")
    (tmp_path / "train.yaml").write_text("defaults: [{split: halves}, _self_]\n")
    assert refused("split=thirds", folder=tmp_path) == "Expected split among halves, found 'thirds'."


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "trainer.max_epochs=abc",
            "Error merging override trainer.max_epochs=abc; "
            "Value 'abc' of type 'str' could not be converted to Integer.",
        ),
        (
            "split.folds=2.5",
            "Error merging override split.folds=2.5; Value '2.5' of type 'float' could not be converted to Integer.",
        ),
        (
            "data.strict=maybe",
            "Error merging override data.strict=maybe; Value 'maybe' is not a valid bool (type str).",
        ),
        ("seed=null", "Error merging override seed=null; field 'seed' is not Optional."),
        ("target.only=a", "Expected a list for target.only, found a. A list stands in brackets: target.only=[a]."),
    ],
)
def test_values_of_the_wrong_type_are_refused(override: str, message: str) -> None:
    assert refused(override) == message


@pytest.mark.parametrize(
    "override", ["trainer.max_epochs", "runs=a=b", "seed=[1", "model=null", "+experiment=temporal"]
)
def test_overrides_that_cannot_be_read_are_refused_on_one_line(override: str) -> None:
    message = refused(override)
    assert len(message.splitlines()) == 1
    assert message.endswith(".")


def test_values_left_to_the_user_are_asked_for() -> None:
    assert refused("data=export") == "Expected a value for data.export, found none. Set it: data.export=VALUE."
    assert refused("encoder=hub") == "Expected a value for encoder.name, found none. Set it: encoder.name=VALUE."


def test_folder_without_configurations_is_said_to_be_the_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused() == f"Expected conf/train.yaml, found none in {tmp_path}. Run from the project's folder."


def test_configuration_without_the_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text("model: {name: majority}\n")
    assert refused(folder=tmp_path) == (
        "Expected conf/train.yaml to start its defaults with train_schema, found it does not."
    )
