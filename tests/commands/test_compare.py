"""`stance compare` as a user runs it, over runs that stand in a real store."""

import csv
import io
import os
from pathlib import Path

import pytest

from stance.__main__ import main
from stance.commands.compare import against_champion
from stance.tracking.description import spaced
from stance.tracking.registry import promote
from stance.tracking.starting import start_run
from tests.commands.finished_runs import trained
from tests.evaluation.invented import invented

NAMES = ["a $1$ [bold]run[/]", "better | <b>حكومة</b>\x1b[2J"]
POOR, GOOD = {"seed": 1, "skill": 0.4}, {"seed": 2, "skill": 1.2}


def scored(**options):
    return invented(150, **options)


def compare(capsys, *words) -> str:
    assert main(["compare", *words]) == 0
    return capsys.readouterr().out


def refused(capsys, *words) -> str:
    assert main(["compare", *words]) == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return shown.err


def comparisons(client) -> list:
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(ids, "tags.`stance.kind` = 'comparison'"))


def artifact(client, run, path: str) -> str:
    return Path(client.download_artifacts(run.info.run_id, path)).read_text("utf-8")


def test_two_runs_are_shown_tested_written_and_kept(client, capsys, tmp_path):
    first, second = trained(client, NAMES[0], scored(**POOR)), trained(client, NAMES[1], scored(**GOOD))
    out = tmp_path / "new" / "comparison.md"
    shown = compare(capsys, first[:12], second, "--out", str(out))
    assert "better | <b>حكومة</b> [2J is better than a $1$ [bold]run[/] by +0." in shown
    assert "\x1b[2J" not in shown
    assert "McNemar's exact test takes examples for independent" in shown
    text = out.read_text("utf-8")
    assert text.startswith("- better | &lt;b>حكومة&lt;/b> [2J is better than a $1$ [bold]run[/] by +0.")
    (run,) = comparisons(client)
    assert run.info.run_id in shown
    assert (run.info.status, run.data.tags["stance.compared"]) == ("FINISHED", f"{first} {second}")
    assert run.info.run_name == "compare a $1$ [bold]run[/] vs better | <b>حكومة</b> [2J"
    assert run.info.experiment_id == client.get_run(first).info.experiment_id
    assert run.data.tags["mlflow.note.content"] == spaced(text)
    assert artifact(client, run, "comparison.md") == text
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == {
        *("comparison.md", "changed-sides.csv", "changed-sides.html", "figures")
    }
    pictures = {item.path for item in client.list_artifacts(run.info.run_id, "figures")}
    assert pictures == {"figures/classes.png", "figures/differences.png"}


def test_changed_sides_name_every_answer_and_are_safe_to_open(client, capsys):
    reference, other = scored(**POOR), scored(**GOOD)
    runs = [
        trained(client, name, part) for name, part in zip(["=HYPERLINK(1)", "<i>"], (reference, other), strict=True)
    ]
    compare(capsys, *runs)
    (run,) = comparisons(client)
    rows = list(csv.DictReader(io.StringIO(artifact(client, run, "changed-sides.csv"))))
    assert len(rows) == (reference.predicted != other.predicted).sum()
    classes = reference.label_set.classes
    for row in rows:
        place = reference.ids.index(row["id"])
        assert row["gold"] == classes[reference.gold[place]]
        assert row["answer of =HYPERLINK(1)"] == classes[reference.predicted[place]]
        assert row["answer of <i>"] == classes[other.predicted[place]]
    page = artifact(client, run, "changed-sides.html")
    assert "answer of &lt;i&gt;" in page
    assert f"Examples on which answers differ: {len(rows)} of 150" in page


def test_a_run_like_another_is_no_better(client, capsys):
    first, second = trained(client, "same", scored(seed=1)), trained(client, "same", scored(seed=7))
    shown = compare(capsys, first, second)
    # Runs of one name are told apart by their ids.
    told = [f"same ({run[:8]})" for run in (first, second)]
    assert any(f"No difference between {one} and {other} could be shown" in shown for one, other in (told, told[::-1]))


def test_differences_that_are_no_reason_to_refuse_are_said(client, capsys):
    machine = {"stance.precision": "bf16", "stance.threads": "2", "stance.host": "here", "stance.code_version": "1"}
    first = trained(client, "a", scored(**POOR), tags=machine)
    second = trained(client, "b", scored(**GOOD), tags={**machine, "stance.threads": "8", "stance.seed": "1"})
    third = trained(client, "c", scored(seed=3), tags={**machine, "stance.precision": "32"})
    shown = compare(capsys, first, second, third)
    assert "Number of threads differs: 2 (a, c); 8 (b)." in shown
    assert "Precision differs: bf16 (a, b); 32 (c)." in shown
    assert "Seed differs: 0 (a, c); 1 (b)." in shown
    assert "Code version differs" not in shown


def test_other_data_are_refused_with_both_digests_and_counts(client, capsys):
    params = {"model.name": "tfidf_logreg", "model.C": "3", "data.export": "old.json", "name": "a", "seed": "4"}
    first = trained(client, "a", scored(**POOR), params=params, tags={"stance.seed": "4"})
    newer = {"stance.data_digest": "e" * 32}
    second = trained(client, "b", scored(**GOOD).take(range(140)), params={"data.export": "new 1.json"}, tags=newer)
    assert refused(capsys, first, second) == (
        f"stance: 'a' ({first[:8]}) and 'b' ({second[:8]}) cannot be compared: expected one data set, found the "
        f"digests {'d' * 32} and {'e' * 32} (150 and 140 examples, 140 of the same id). Train the first on the "
        "second's data: stance train model=tfidf_logreg model.C=3 'data.export=new 1.json' seed=4\n"
    )
    assert comparisons(client) == []


def test_other_examples_of_the_same_data_are_refused(client, capsys):
    runs = [trained(client, "a", scored()), trained(client, "b", scored().take(range(5, 150)))]
    assert "expected the same examples, found 150 and 145 with 145 in common" in refused(capsys, *runs)


def test_what_is_no_finished_training_is_refused(client, capsys):
    good = trained(client, "good", scored())
    with pytest.raises(ValueError, match="no"), start_run(client, "main", "b") as failed:
        raise ValueError("no")
    with start_run(client, "main", "c") as other:
        pass
    assert f"found {failed.id} (b) FAILED" in refused(capsys, good, failed.id)
    assert f"found {other.id} (c) without" in refused(capsys, good, other.id)
    assert "Expected a run's id, found the name 'good'. Runs of that name:" in refused(capsys, good, "good")
    assert f"found {good} twice" in refused(capsys, good, good[:10])
    assert f"Expected two runs or more, or a sweep, found the single run {good}" in refused(capsys, good)


def test_no_store_is_made_where_there_is_none(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "Expected runs in mlflow.db, found no such file in" in refused(capsys, "abc", "def")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def sweep(client):
    """Two settings of two seeds, the poorer one first, and one that failed; C=1.0 is the default, so not logged."""
    config = {"model": {"C": 1.0}, "seed": 0}
    with start_run(client, "main", "sweep C", tags={"stance.sweep_id": "sweep-1"}) as parent:
        trial = 0
        for c, skill in (("0.01", 0.3), (None, 1.2)):
            for seed in ("0", "1"):
                tags = {"stance.seed": seed, "stance.sweep_id": "sweep-1", "stance.trial": str(trial)}
                params = {"model.name": "tfidf_logreg", "name": f"trial {trial}", **({"model.C": c} if c else {})}
                if seed == "1":
                    params["seed"] = seed
                options = {"tags": tags, "params": params, "config": config, "parent": parent.id}
                trained(client, f"C={c} seed={seed}", scored(seed=trial, skill=skill), **options)
                trial += 1
        with pytest.raises(ValueError, match="no"), start_run(client, "main", "C=9", parent_run_id=parent.id):
            raise ValueError("no")
    return parent.id


@pytest.mark.parametrize("word", ["parent", "sweep-1"])
def test_a_sweep_is_ranked_with_its_seeds_together(client, sweep, word, capsys):
    shown = compare(capsys, sweep if word == "parent" else word)
    found = [line for line in shown.splitlines() if "│ C=" in line]
    lines = [line for line in found if "averaged" not in line]
    assert [line.split()[1] for line in lines] == ["C=1", "C=0.01", "C=0.01"]
    assert len(found) == 5
    assert "0.150" not in lines[0]
    assert "C=1 is better than C=0.01 by +0." in shown
    assert "Left out of 5 trials: 1 FAILED." in shown
    assert "The best of 2 was chosen on these very examples" in shown
    assert " ± " in lines[0]
    (run,) = comparisons(client)
    assert run.info.run_name == "compare sweep sweep C"
    assert len(run.data.tags["stance.compared"].split()) == 4


def test_a_sweep_over_seeds_alone_is_a_table_without_tests(client, capsys):
    with start_run(client, "main", "seeds") as parent:
        for seed in range(3):
            tags = {"stance.seed": str(seed), "stance.trial": str(seed)}
            # Their splits test on different parts, which is no matter where nothing is compared.
            part = scored(seed=seed).take(range(seed, 100 + seed))
            trained(client, f"seed={seed}", part, tags=tags, parent=parent.id)
    shown = compare(capsys, parent.id)
    assert "tfidf_logreg" in shown
    assert "Holm" not in shown
    (run,) = comparisons(client)
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == {"comparison.md", "figures"}


def test_a_seed_that_was_run_twice_counts_once(client, capsys):
    with start_run(client, "main", "seeds") as parent:
        for trial, seed in enumerate("001"):
            tags = {"stance.seed": seed, "stance.trial": str(trial)}
            trained(client, f"seed={seed}", scored(seed=trial), tags=tags, parent=parent.id)
    compare(capsys, parent.id)
    (run,) = comparisons(client)
    assert len(run.data.tags["stance.compared"].split()) == 2


def test_a_long_comparison_has_a_note_that_the_store_takes(client, capsys):
    runs = [trained(client, f"run {number} {'x' * 150}", scored(seed=number)) for number in range(25)]
    compare(capsys, *runs)
    (run,) = comparisons(client)
    note = run.data.tags["mlflow.note.content"]
    assert len(note) <= 8000
    assert note.endswith("\n… the rest is in comparison.md\n")
    assert len(artifact(client, run, "comparison.md")) > 8000
    header = artifact(client, run, "changed-sides.csv").splitlines()[0]
    assert header.count("answer of") == 10


def register(client, run_id: str) -> str:
    if not client.search_registered_models():
        client.create_registered_model("actor-stance")
    return str(client.create_model_version("actor-stance", "nowhere", run_id=run_id).version)


def test_a_run_is_set_against_the_champion_in_a_sentence(client):
    old, new = trained(client, "old", scored(**POOR)), trained(client, "new", scored(**GOOD))
    assert against_champion(client, new) == "There is no champion of actor-stance to compare with."
    promote(client, register(client, old), {})
    assert against_champion(client, old) == "This run made the champion, version 1 of actor-stance."
    sentence = against_champion(client, new)
    assert sentence.startswith(
        f"new ({new[:8]}) is better than the champion (version 1, run {old[:8]}) by +0."
    )  # fmt: skip
    assert comparisons(client) == []


def test_a_run_that_cannot_be_set_against_the_champion_says_why(client):
    small, newer = {"model.name": "tfidf_logreg", "model.C": "0.1"}, {"stance.data_digest": "e" * 32}
    old = trained(client, "old", scored(**POOR), params={**small, "data.export": "old.json"})
    new = trained(client, "new", scored(**GOOD), tags=newer, params={"data.export": "new.json"})
    promote(client, register(client, old), {})
    assert against_champion(client, new) == (
        "No comparison with the champion, version 1 of actor-stance: Expected the champion and new on the same data, "
        f"found digests {'d' * 32} and {'e' * 32}, and no finished run of the champion's configuration on the latter. "
        "Train one: stance train model=tfidf_logreg model.C=0.1 data.export=new.json seed=0"
    )
    # The champion's configuration, trained on the new data, stands in for it; other configurations and seeds do not.
    trained(client, "other", scored(seed=8), tags=newer, params={**small, "model.C": "0.2"})
    trained(client, "other", scored(seed=9), tags={**newer, "stance.seed": "1"}, params=small)
    again = trained(client, "old", scored(**POOR), tags=newer, params={**small, "data.export": "new.json"})
    trained(client, "old", scored(seed=7), params=small)
    assert f"(version 1, run {again[:8]})" in against_champion(client, new)


def test_help_shows_a_command_to_copy(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", "--help"])
    assert ended.value.code == 0
    assert "stance compare 3f2a91bc 81d0c7ee\n" in capsys.readouterr().out
