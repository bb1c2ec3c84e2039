"""`stance evaluate` on a small trained network: from pages, from gold's texts, tracked, refused."""

import json
from pathlib import Path

import msgspec
import pytest

from stance.__main__ import main
from stance.annotation.writer import write_export
from stance.tracking.starting import search_runs
from stance.tracking.store import connect
from tests.doubles import ACTORS, documents
from tests.labelling.trained import Trained, train

COUNT = 6


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def gold(tmp_path: Path) -> str:
    path = tmp_path / "gold.json"
    write_export(path, documents(COUNT))
    return str(path)


@pytest.fixture
def pages(tmp_path: Path) -> str:
    """Each document on the page it names but the last, of whose page half is lost."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for document in documents(COUNT):
        text = document.text
        if document.document_id == f"d{COUNT - 1}":
            text = text[: text.index("\n")]
        (folder / f"{document.document_id}.txt").write_text(text, "utf-8")
    return str(folder)


def evaluated(trained: Trained, *arguments: str) -> int:
    return main(["evaluate", str(trained.folder / "network"), *arguments])


def test_figures_and_errors_from_the_page_to_the_stance(trained, gold, pages, tmp_path, capsys):
    out, file = tmp_path / "made" / "evaluation.md", tmp_path / "evaluation.json"
    renamed = [msgspec.structs.replace(one, page=f"{one.document_id}.txt") for one in documents(COUNT)]
    write_export(gold, renamed)
    assert evaluated(trained, gold, "--pages", pages, "--out", str(out), "--json", str(file)) == 0
    said = capsys.readouterr()
    assert not said.err.strip()
    assert f"on {gold}: {COUNT} documents, " in said.out
    assert said.out.splitlines()[-2:] == [f"Written: {out}", f"Written: {file}"]
    found = json.loads(file.read_text("utf-8"))
    assert found["sizes"] == {"documents": COUNT, "clusters": COUNT, "actors": 3 * COUNT, "stances": 3 * COUNT}
    assert found["scores"]["pages"]["boundaries"]["estimate"] == pytest.approx((COUNT - 1) / COUNT)
    # The doubles' names are all in the registry.
    assert {one["estimate"] for one in found["scores"]["actors"].values()} == {1.0}
    split = [one for one in found["errors"] if one["cause"] == "page split wrong"]
    assert [one["document_id"] for one in split] == [f"d{COUNT - 1}"] * 3
    stances = found["scores"]["stances"]["accuracy"]["estimate"]
    wrong = [one for one in found["errors"] if one["cause"] == "stance wrong"]
    whole = found["scores"]["end_to_end"]["recall"]["estimate"]
    assert whole == pytest.approx((3 * (COUNT - 1) - len(wrong)) / (3 * COUNT))
    assert whole <= stances
    written = out.read_text("utf-8")
    assert "## page split wrong: 3\n\n- d5 · " in written
    assert found["logged"] == {}


def test_golds_own_texts_where_no_pages_are_given(trained, gold, tmp_path, capsys):
    file = tmp_path / "evaluation.json"
    assert evaluated(trained, gold, "--json", str(file)) == 0
    assert "No pages were given: documents count as split right." in capsys.readouterr().out
    found = json.loads(file.read_text("utf-8"))
    assert "pages" not in found["scores"]
    # Every actor is found, by the mentions that gold has: the two ways to ask give the same stances.
    assert found["scores"]["end_to_end"]["recall"]["estimate"] == found["scores"]["stances"]["accuracy"]["estimate"]


def test_actors_that_no_registry_knows_are_missed(trained, gold, tmp_path, capsys):
    registry = tmp_path / "actors.yaml"
    entry = {"id": "army", "kind": "party", "name": {"ar": ACTORS["army"]}}
    registry.write_text(json.dumps({"actors": [entry]}, ensure_ascii=False), "utf-8")
    file = tmp_path / "evaluation.json"
    assert evaluated(trained, gold, "--actors", str(registry), "--json", str(file)) == 0
    assert "3 actors of gold are in no registry and cannot be found: name one with --actors." in capsys.readouterr().out
    found = json.loads(file.read_text("utf-8"))
    assert found["scores"]["actors"]["actor_precision"]["estimate"] == 1.0
    missed = [one["actor"] for one in found["errors"] if one["cause"] == "actor missed"]
    marked = [m.actor for one in documents(COUNT) for m in one.annotations[0].mentions]
    assert sorted(missed) == sorted(actor for actor in marked if actor != "army")


def test_nothing_is_tracked_unless_asked_for_and_then_figures_alone(trained, gold, client, capsys):
    assert evaluated(trained, gold) == 0
    assert client.get_experiment_by_name("stance-evaluation") is None
    assert evaluated(trained, gold, "--track") == 0
    experiment = client.get_experiment_by_name("stance-evaluation")
    (run,) = client.search_runs([experiment.experiment_id])
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Metrics, and no texts, in run {run.info.run_id} of the experiment stance-evaluation."
    )
    assert run.data.metrics["data/documents"] == COUNT
    assert 0 <= run.data.metrics["end_to_end/recall"] <= 1
    assert run.data.params == {}
    assert client.list_artifacts(run.info.run_id) == []
    told = "\n".join([*run.data.tags.values(), *run.data.metrics])
    assert not any(document.document_id in told.split() for document in documents(COUNT))
    assert gold not in told


def test_a_registered_model_stands_beside_what_its_run_logged(trained, gold, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", trained.uri)
    client = connect(trained.uri)
    for name, value in (("f_avg", 0.5), ("macro_f1", 0.25)):
        client.log_metric(trained.run_id, name, value)
    (run,) = search_runs(client, f"attributes.run_id = '{trained.run_id}'")
    baseline = client.create_run(
        run.info.experiment_id, tags={"stance.group": trained.run_id, "stance.model": "tfidf_logreg"}
    )
    for name, value in (("f_avg", 0.375), ("macro_f1", 0.125)):
        client.log_metric(baseline.info.run_id, name, value)
    file = tmp_path / "evaluation.json"
    for uri in ("models:/actor-stance@champion", "models:/actor-stance/1", f"runs:/{trained.run_id}"):
        assert main(["evaluate", uri, gold, "--json", str(file)]) == 0
        found = json.loads(file.read_text("utf-8"))
        assert found["model"] == "actor-stance/1"
        assert found["logged"]["tfidf_logreg"] == {"f_avg": 0.375, "macro_f1": 0.125}
        assert {"f_avg": 0.5, "macro_f1": 0.25} in found["logged"].values()
    assert "What its run logged, on its own test data" in capsys.readouterr().out


def test_an_export_of_another_label_set_is_refused(trained, gold, capsys):
    tasks = json.loads(Path(gold).read_text("utf-8"))
    for task in tasks:
        for item in task["annotations"][0]["result"]:
            if item.get("from_name") == "stance":
                item["value"]["choices"] = ["L"]
    Path(gold).write_text(json.dumps(tasks), "utf-8")
    assert evaluated(trained, gold) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(
        f"stance: {gold}: expected stances of the model's label set 'stance' (favor, against, ambivalent), found 'L'"
    )
    assert line.endswith("or mend the export: stance label check lists them.")


def test_other_mistakes_end_with_one_message(trained, gold, tmp_path, capsys):
    assert evaluated(trained, gold, "--pages", "none") == 2
    assert capsys.readouterr().err == (
        "stance: Expected a folder of pages at none, found none. Name the one that gold was cut from.\n"
    )
    assert main(["evaluate", "none", gold]) == 2
    assert capsys.readouterr().err == (
        "stance: Expected a folder, models:/NAME@alias or runs:/RUN as the model, found 'none'.\n"
    )
    write_export(gold, [msgspec.structs.replace(one, target="elsewhere") for one in documents(2)])
    assert evaluated(trained, gold) == 2
    assert capsys.readouterr().err == (
        f"stance: {gold}: expected settled stances on t1, which the model knows, found none in 2 tasks (6 other "
        "target). stance label check lists what is wrong.\n"
    )


def test_help_shows_commands_to_copy(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--help"])
    assert ended.value.code == 0
    assert "stance evaluate models:/actor-stance@champion gold.json --pages pages/ --out evaluation.md" in (
        capsys.readouterr().out
    )
