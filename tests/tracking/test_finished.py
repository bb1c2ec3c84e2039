import numpy as np
import pytest

from stance.data.splits import Fold, Manifest
from stance.errors import TrackingError
from stance.evaluation.scored_file import write_scored
from stance.tracking.finished import config_of, find_run, find_sweep, manifest_of, scored_of
from stance.tracking.starting import start_run
from tests.evaluation.invented import invented


def ended(client, name, *, tags=None, parent=None, error=None, experiment="main"):
    try:
        with start_run(client, experiment, name, tags=tags, parent_run_id=parent) as run:
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    return run


def test_a_run_is_found_by_its_id_and_by_the_beginning_of_it_in_any_experiment(client):
    run = ended(client, "first", tags={"stance.seed": "3"}, experiment="one")
    ended(client, "second", experiment="two")
    found = find_run(client, run.id)
    assert (found.id, found.name, found.short, found.tags["stance.seed"]) == (run.id, "first", run.id[:8], "3")
    assert find_run(client, run.id[:10]) == found


def test_a_beginning_of_several_ids_and_a_name_are_answered_with_the_ids_they_may_mean(client):
    runs = [ended(client, "same name") for _ in range(17)]
    first = next(digit for digit in "0123456789abcdef" if sum(run.id[0] == digit for run in runs) > 1)
    with pytest.raises(TrackingError) as caught:
        find_run(client, first)
    lines = str(caught.value).splitlines()
    count = sum(run.id[0] == first for run in runs)
    assert lines[0] == (
        f"Expected the beginning of one run's id, found '{first}', with which {count} begin. Write more of it:"
    )
    assert {line.split()[0] for line in lines[1:]} == {run.id for run in runs if run.id[0] == first}
    runs[16].log_metrics({"f_avg": 0.5})
    with pytest.raises(TrackingError) as caught:
        find_run(client, "same name")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Expected a run's id, found the name 'same name'. Runs of that name:"
    assert lines[1] == f"  {runs[16].id}  same name, FINISHED, f_avg 0.500"
    assert (len(lines), lines[-1]) == (12, "  and 7 more")


@pytest.mark.parametrize("word", ["", "0" * 32, "f00d", "nobody's run", "a`b", "per%cent", "' or 1=1"])
def test_what_no_run_is_called_is_refused(client, word):
    with pytest.raises(TrackingError) as caught:
        find_run(client, word)
    assert str(caught.value).startswith(f"Expected a run's id or its beginning, found {word!r}, which no run of sqlite")


@pytest.mark.parametrize(("error", "status"), [(ValueError("no"), "FAILED"), (KeyboardInterrupt(), "KILLED")])
def test_a_run_that_did_not_finish_is_refused(client, error, status):
    run = ended(client, "a run", error=error)
    with pytest.raises(TrackingError) as caught:
        find_run(client, run.id)
    assert str(caught.value) == (
        f"Expected a run that is FINISHED, found {run.id} (a run) {status}. Name another run, or train it again."
    )


def test_a_deleted_run_is_not_found(client):
    run = ended(client, "a run")
    client.delete_run(run.id)
    with pytest.raises(TrackingError, match="It may be deleted"):
        find_run(client, run.id)


def test_a_sweep_is_found_by_its_parent_and_by_its_tag(client):
    parent = ended(client, "sweep C", tags={"stance.sweep_id": "linear C/1"})
    tags = {"stance.sweep_id": "linear C/1", "stance.trial": "0"}
    second = ended(client, "C=1", tags={**tags, "stance.trial": "10"}, parent=parent.id)
    first = ended(client, "C=0.1", tags={**tags, "stance.trial": "9"}, parent=parent.id)
    ended(client, "C=9", tags={**tags, "stance.trial": "3"}, parent=parent.id, error=ValueError("no"))
    ended(client, "C=8", tags={**tags, "stance.trial": "4"}, parent=parent.id, error=KeyboardInterrupt())
    for word in (parent.id, parent.id[:12], "linear C/1"):
        sweep = find_sweep(client, word)
        assert (sweep.name, [run.id for run in sweep.runs]) == ("sweep C", [first.id, second.id])
        assert sweep.unfinished == {"FAILED": 1, "KILLED": 1}
    assert find_sweep(client, first.id) is None
    with pytest.raises(TrackingError, match="found 'nothing', which no run of"):
        find_sweep(client, "nothing")


def test_trials_that_were_there_before_the_sweep_are_among_its_runs(client):
    before, unrelated, gone = ended(client, "C=1"), ended(client, "C=2"), ended(client, "C=4")
    client.delete_run(gone.id)
    with start_run(client, "main", "sweep C", tags={"stance.sweep_id": "1"}) as parent:
        own = ended(client, "C=0.1", tags={"stance.sweep_id": "1", "stance.trial": "1"}, parent=parent.id)
        rows = [f"0,complete,{before.id}", f"1,complete,{own.id}", f"2,pruned,{unrelated.id}", "3,failed,"]
        table = "\n".join(["trial,state,run_id", *rows, f"4,complete,{gone.id}"]) + "\n"
        parent.log_text(table, "trials.csv")
    sweep = find_sweep(client, "1")
    assert [run.id for run in sweep.runs] == [before.id, own.id]


def test_a_sweep_that_was_begun_anew_has_its_new_trials_only(client):
    for which in ("old", "new"):
        parent = ended(client, which, tags={"stance.sweep_id": "1"})
        own = ended(client, "C=1", tags={"stance.sweep_id": "1"}, parent=parent.id)
        if which == "old":
            client.delete_run(parent.id)
    assert [run.id for run in find_sweep(client, "1").runs] == [own.id]


def test_a_sweep_without_finished_trials_is_refused(client):
    parent = ended(client, "sweep C")
    ended(client, "C=9", parent=parent.id, error=ValueError("no"))
    with pytest.raises(TrackingError) as caught:
        find_sweep(client, parent.id)
    expected = f"Expected a sweep with finished trials, found sweep C ({parent.id}) with 1 FAILED."
    assert str(caught.value) == expected


def test_what_a_run_scored_its_split_and_its_configuration_are_read_back(client, tmp_path):
    scored = invented(30)
    manifest = Manifest("cv", 1, "d" * 32, "stance", (Fold(("e1",), ("e2",), ("e3",)),), {}, ("e4", "e5"))
    write_scored(scored, tmp_path / "scored.parquet")
    manifest.write(tmp_path / "split.json")
    with start_run(client, "main", "a run") as run:
        run.log_file(tmp_path / "scored.parquet")
        run.log_file(tmp_path / "split.json")
        run.log_config({"seed": 4, "data": {"export": "مقالات.json"}})
    found = find_run(client, run.id)
    back = scored_of(client, found)
    assert back.ids == scored.ids
    assert np.array_equal(back.probabilities, scored.probabilities)
    assert manifest_of(client, found) == manifest
    assert config_of(client, found) == {"seed": 4, "data": {"export": "مقالات.json"}}


def test_a_run_that_keeps_nothing_is_refused(client):
    run = find_run(client, ended(client, "a sweep").id)
    with pytest.raises(TrackingError) as caught:
        scored_of(client, run)
    assert str(caught.value) == (
        f"Expected a run that keeps what it scored in scored.parquet, found {run.id} (a sweep) without. Name a run of "
        "`stance train`; one from before that file was kept must be trained again, as its config.yaml says."
    )
    with pytest.raises(TrackingError, match=r"Expected an artifact split\.json of the run"):
        manifest_of(client, run)


def test_a_split_that_is_something_else_is_refused(client):
    with start_run(client, "main", "a run") as run:
        run.log_text("{}", "split.json")
    with pytest.raises(TrackingError, match=r"Expected a split in split\.json of the run"):
        manifest_of(client, find_run(client, run.id))
