import pytest

from stance.evaluation.comparison import markdown_table
from stance.evaluation.trials import Objective, Results, State, Trial
from stance.tracking.description import spaced
from stance.tracking.processes import own_process, process_started
from stance.tracking.starting import start_run
from stance.tracking.sweep_run import Heading, child_of, known_run, log_progress, start_sweep, still_written, summary

HEADING = Heading(
    "sweep-C", "s1", ("model.C=1,2", "name=two words"), {"sweep/sampler": "grid"}, {"stance.kind": "sweep"}
)
F1 = Objective("f_avg", "maximize")


def trial(number, value=None, error=None, **params):
    state = State.COMPLETE if value is not None else State.FAILED
    return Trial(number, params, state, () if value is None else (value,), f"run-{number}", error)


def results(*trials, seeds=1):
    return Results(trials, (F1,), seeds)


def tags_of(client, run):
    return client.get_run(run.id).data.tags


def test_the_command_can_be_copied_and_holds_no_secret():
    heading = Heading("x", "s", ("name=two words", "tracking.uri=http://me:hidden@host"), {}, {})
    assert heading.command == "stance train -m 'name=two words' tracking.uri=http://***@host"


def test_the_description_shows_the_standings_while_the_sweep_goes_on(client):
    with start_sweep(client, "main", HEADING, None) as run:
        log_progress(run, HEADING, results())
        assert "**Trials**: none yet." in tags_of(client, run)["mlflow.note.content"]
        log_progress(run, HEADING, results(trial(0, 0.5, C=1.0), trial(1, error="<b>no</b>", C=2.0)))
    tags = tags_of(client, run)
    page = f"#/experiments/{run.experiment_id}/runs/run-0"
    assert tags["mlflow.note.content"] == (
        "**Objective**: f_avg (maximize). **Trials**: 1 complete, 1 failed.\n\n"
        f"**Best**: C=1: f_avg 0.5000 ([trial 0]({page}))\n\n"
        f"{spaced(markdown_table(['setting', 'trial', 'f_avg'], [['C=1', '0', '0.5000']]))}\n"
        "Continue or repeat it: `stance train -m model.C=1,2 'name=two words'`"
    )
    assert (tags["best/C"], tags["stance.best_run"], tags["stance.sweep_id"]) == ("1", "run-0", "s1")


def test_the_best_may_change_and_each_point_of_its_curve_is_logged_once(client):
    with start_sweep(client, "main", HEADING, None) as run:
        log_progress(run, HEADING, results(trial(0, 0.5, C=1.0)))
        log_progress(run, HEADING, results(trial(0, 0.5, C=1.0), trial(1, 0.4, C=2.0), trial(2, 0.7, C=3.0)))
        log_progress(run, HEADING, results(trial(0, 0.5, C=1.0), trial(1, 0.4, C=2.0), trial(2, 0.7, C=3.0)))
    curve = client.get_metric_history(run.id, "best_so_far/f_avg")
    assert [(point.step, point.value) for point in curve] == [(0, 0.5), (1, 0.5), (2, 0.7)]
    assert tags_of(client, run)["best/C"] == "3"
    assert client.get_run(run.id).data.metrics["best/f_avg"] == 0.7


def test_a_description_fits_into_a_tag_however_much_there_is_to_say(client):
    many = results(*(trial(number, number / 100, **{f"key_{n}": "x" * 60 for n in range(12)}) for number in range(40)))
    with start_sweep(client, "main", HEADING, None) as run:
        log_progress(run, HEADING, many)
    note = tags_of(client, run)["mlflow.note.content"]
    assert 6000 < len(note) <= 8000
    assert note.endswith("\n\nContinue or repeat it: `stance train -m model.C=1,2 'name=two words'`")


def test_the_summary_names_what_has_no_score_and_holds_no_html():
    text = summary(HEADING, results(trial(0, 0.5, C=1.0), trial(1, error="<b>no</b>", C=2.0)), {}, "nothing varies")
    assert "- trial 1, C=2, failed: &lt;b>no&lt;/b>" in text
    assert "No importances of parameters: nothing varies." in text
    assert text.endswith("    stance train -m model.C=1,2 'name=two words'\n")


def test_a_finished_sweep_goes_on_under_its_own_run(client):
    with start_sweep(client, "main", HEADING, None) as run:
        pass
    assert known_run(client, "main", "s1", None) is None
    known = known_run(client, "main", "s1", run.id)
    with start_sweep(client, "main", HEADING, known) as again:
        assert (again.id, client.get_run(run.id).info.status) == (run.id, "RUNNING")
    assert client.get_run(run.id).info.status == "FINISHED"


def test_an_unfinished_sweep_is_known_by_its_id_alone(client):
    with pytest.raises(KeyboardInterrupt), start_sweep(client, "main", HEADING, None) as run:
        raise KeyboardInterrupt
    start_run(client, "main", "trial", tags={"stance.sweep_id": "s1"}, parent_run_id=run.id)
    assert known_run(client, "main", "s1", None).info.run_id == run.id
    assert known_run(client, "main", "s2", None) is None
    assert known_run(client, "main", "s1", "gone") is None


def test_a_trial_has_its_run_whatever_became_of_it(client):
    tags = {"stance.sweep_id": "s1", "stance.trial": "3"}
    with pytest.raises(ValueError, match="no"), start_run(client, "main", "t", tags=tags, parent_run_id="p") as run:
        raise ValueError("no")
    assert child_of(client, "main", "s1", 3) == run.id
    assert child_of(client, "main", "s1", 4) is None


def test_only_runs_that_another_process_may_still_write_are_waited_for(client):
    def child(name, **tags):
        return start_run(client, "main", name, tags={"stance.sweep_id": "s1", **tags}, parent_run_id="p")

    child("own")
    child("dead", **{"stance.pid": "1", "stance.process_started": "earlier"})
    child("other", **{"stance.sweep_id": "s2", "stance.pid": "1", "stance.process_started": process_started(1)})
    living = child("living", **{"stance.pid": "1", "stance.process_started": process_started(1)})
    away = child("away", **{"stance.pid": "7", "stance.host": "elsewhere"})
    host = own_process()["stance.host"]
    assert sorted(still_written(client, "main", "s1")) == [
        f"away (run {away.id}) by process 7 of elsewhere",
        f"living (run {living.id}) by process 1 of {host}",
    ]
