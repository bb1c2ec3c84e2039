from stance.tracking.description import Description, code, describe_code, describe_run
from stance.tracking.starting import start_run

METRICS = {
    "f_avg": 0.48612,
    "interval/f_avg_low": 0.402,
    "interval/f_avg_high": 0.5617,
    "skill": 0.0321,
    "interval/skill_low": -0.01,
    "interval/skill_high": 0.07,
    "macro_f1": 0.4286,
    "calibration/ece": 0.0742,
    "data/examples": 399.0,
    "class/favor_f1": 0.5,
}


def test_a_finished_run_says_how_good_what_beside_what_on_what_and_how_again():
    known = Description(
        metrics=METRICS,
        table="| model | f_avg |\n| --- | ---: |\n| major\\|ity | 0.0 |\n",
        data="`corpus`, digest `abc`",
        split="cv, 6 folds",
        code="version `123`",
    )
    assert describe_run("r1", known) == (
        "**f_avg 0.486** [0.402, 0.562], **macro_f1 0.429**, **skill +0.032** [-0.010, +0.070], calibration "
        "error 0.074 over 399 test examples\n\n"
        "On the same test examples, with 95 % intervals by cluster bootstrap:\n\n"
        "| model | f_avg |\n| --- | ---: |\n| major\\|ity | 0.0 |\n\n"
        "**Data**: `corpus`, digest `abc`\n\n"
        "**Split**: cv, 6 folds\n\n"
        "**Code**: version `123`\n\n"
        "**Repeat**: `stance train run=r1`\n\n"
        "**Look at** (Artifacts): `figures/` confusion matrix, reliability, actors (of a sweep, the best trial has "
        "them); `errors.html` the most confident "
        "errors; `predictions.parquet`; `config.yaml` the whole configuration; `split.json` which example was tested "
        "when\n"
    )


def test_a_run_without_a_result_says_so_and_invents_nothing():
    assert describe_run("r1", Description()) == "No result yet.\n\n**Repeat**: `stance train run=r1`\n"


def test_code_by_version_and_commit():
    tags = {"stance.code_version": "123", "mlflow.source.git.commit": "abc", "stance.git_dirty": "true"}
    assert describe_code(tags) == "version `123` (commit `abc`, with changes that were not committed)"
    assert describe_code({**tags, "stance.git_dirty": "false"}) == "version `123` (commit `abc`)"
    assert describe_code({"stance.code_version": "123"}) == "version `123`"


def test_names_from_outside_are_no_markup():
    assert code("a`b\n# *c*") == "`a'b # *c*`"


def test_cells_of_tables_stand_apart_in_the_tag(client):
    with start_run(client, "main", "table") as run:
        run.set_tag("mlflow.note.content", "a | b\n\n| m | f |\n| --- | ---: |\n| x\\|y | 0.0 |\n")
        run.set_tag("other", "| m | f |")
    tags = client.get_run(run.id).data.tags
    assert tags["mlflow.note.content"] == (
        "a | b\n\n|&nbsp;&nbsp;m |&nbsp;&nbsp;f |\n| --- | ---: |\n|&nbsp;&nbsp;x\\|y |&nbsp;&nbsp;0.0 |\n"
    )
    assert tags["other"] == "| m | f |"


def test_parts_of_a_description_come_one_after_the_other(client):
    with start_run(client, "main", "described") as run:
        run.describe(data="`d`")
        assert client.get_run(run.id).data.tags["mlflow.note.content"].startswith("No result yet.\n\n**Data**: `d`\n")
        run.describe(metrics=METRICS)
    note = client.get_run(run.id).data.tags["mlflow.note.content"]
    assert note.startswith("**f_avg 0.486**")
    assert "**Data**: `d`" in note
    assert f"**Code**: version `{client.get_run(run.id).data.tags['stance.code_version']}`" in note
    assert f"`stance train run={run.id}`" in note
