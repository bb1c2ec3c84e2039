"""Each kind of problem as the line a person reads, and what is left of the export."""

import json
from typing import Any

import pytest

from stance.annotation.problems import Kind, Problem, Report, Severity, refuse
from stance.errors import DataError

TEXT = "قالت الحكومة إن القوات باقية"
AT = "export.json: task 5, annotation 7 by 1, region "
TASK = "export.json: task 5: "
ACTOR = "m (5–12 'الحكومة')"
STATEMENT = "s (16–28 'القوات باقية')"


def kept(documents: list[Any]) -> tuple[list[str], list[str]]:
    """Ids of the mentions and statements that were read."""
    annotations = [annotation for document in documents for annotation in document.annotations]
    mentions = [mention.id for annotation in annotations for mention in annotation.mentions]
    return mentions, [statement.id for annotation in annotations for statement in annotation.statements]


def test_an_export_without_fault_reports_nothing(read: Any, build: Any) -> None:
    documents, report = read([build.task(build.actor(), build.statement(), build.holder())])
    assert kept(documents) == (["m"], ["s"])
    assert not report.problems
    assert not report.counts
    refuse(report, noted=True)


REGIONS: list[tuple[str, Any, list[str], tuple[list[str], list[str]]]] = [
    (
        "unknown label",
        lambda b: [b.region("m", "الحكومة", label="Aktor", actor="government")],
        [AT + ACTOR + ": unknown label: expected Actor or Statement, found 'Aktor' [region dropped]"],
        ([], []),
    ),
    (
        "several labels",
        lambda b: (
            [{**item, "value": {**item["value"], "labels": ["Actor", "Statement"]}} for item in b.actor()[:1]]
            + b.actor()[1:]
        ),
        [AT + ACTOR + ": several values: expected one label, found Actor, Statement; Actor kept [noted]"],
        (["m"], []),
    ),
    (
        "unknown type",
        lambda b: [b.item("m", "label", "brushlabels", {"start": 5, "end": 12, "text": "الحكومة"})],
        [AT + ACTOR + ": unknown region type: expected labels, found 'brushlabels' [region dropped]"],
        ([], []),
    ),
    (
        "orphan choice",
        lambda b: [b.actor(), b.statement("x")[1:]],
        [
            AT + "x: orphan choice: expected an answer to a labelled region, found stance 'favor' of region x "
            "[item dropped]"
        ],
        (["m"], []),
    ),
    (
        "answer to a text without stance",
        lambda b: [b.item("c", "channel", "choices", {"choices": ["private"]})],
        [
            AT + "c: orphan choice: expected an answer to a labelled region, found channel 'private' of region c "
            "[item dropped]"
        ],
        ([], []),
    ),
    (
        "missing region id",
        lambda b: b.actor(None),
        [
            AT + "None (5–12 'الحكومة'): missing region id: expected an id, found none [region dropped]",
            AT
            + "None: orphan choice: expected an answer to a labelled region, found actor 'government' of region None "
            "[item dropped]",
        ],
        ([], []),
    ),
    (
        "statement without stance",
        lambda b: [b.actor(), b.statement()[:1], b.holder()],
        [
            AT + STATEMENT + ": statement without stance: expected favor or against or ambivalent, found none "
            "[region dropped]"
        ],
        (["m"], []),
    ),
    (
        "statement without holder",
        lambda b: [b.actor(), b.statement()],
        [
            AT + STATEMENT + ": statement without holder: expected a holder relation to an actor, or an actor of its "
            "own, found neither [region dropped]"
        ],
        (["m"], []),
    ),
    (
        "holder dropped",
        lambda b: [b.actor(actor="nobody"), b.statement(), b.holder()],
        [
            AT + ACTOR + ": unknown actor: expected an actor of the registry, found 'nobody' [region dropped]",
            AT + STATEMENT + ": statement without holder: expected a holder relation to an actor, or an actor of its "
            "own, found a relation to m, which was dropped [region dropped]",
        ],
        ([], []),
    ),
    (
        "unknown stance",
        lambda b: [b.statement(stance="none", actor="government")],
        [AT + STATEMENT + ": unknown stance: expected favor or against or ambivalent, found 'none' [region dropped]"],
        ([], []),
    ),
    (
        "unknown channel and attribution at once",
        lambda b: [b.statement(channel="secret", attribution="his", actor="government")],
        [
            AT + STATEMENT + ": unknown channel: expected public or private or action, found 'secret' [region dropped]",
            AT + STATEMENT + ": unknown attribution: expected own or reported or outlet, found 'his' [region dropped]",
        ],
        ([], []),
    ),
    (
        "two stances",
        lambda b: (
            b.statement()[:1]
            + b.region("s", "القوات باقية", label="Statement", actor="government")[1:]
            + [b.item("s", "stance", "choices", {"choices": ["favor", "against"]})]
        ),
        [
            AT + STATEMENT + ": unknown stance: expected favor or against or ambivalent, found 'favor', 'against' "
            "[region dropped]"
        ],
        ([], []),
    ),
    (
        "two items for one field",
        lambda b: [b.statement(actor="government"), b.statement(stance="against")[1:]],
        [AT + STATEMENT + ": several values: expected one stance, found another item [item dropped]"],
        ([], ["s"]),
    ),
    (
        "unknown holder",
        lambda b: [b.statement(actor="nobody")],
        [AT + STATEMENT + ": unknown actor: expected an actor of the registry, found 'nobody' [region dropped]"],
        ([], []),
    ),
    (
        "mention without actor",
        lambda b: b.actor()[:1],
        [AT + ACTOR + ": mention without actor: expected an actor, found none [region dropped]"],
        ([], []),
    ),
    (
        "several actors",
        lambda b: [b.actor()[:1], b.item("m", "actor", "taxonomy", {"taxonomy": [["x", "government"], ["diya-bloc"]]})],
        [AT + ACTOR + ": several values: expected one actor, found government, diya-bloc; government kept [noted]"],
        (["m"], []),
    ),
    (
        "unknown target",
        lambda b: [b.statement(target="moon", actor="government")],
        [AT + STATEMENT + ": unknown target: expected advisers or troops, found 'moon' [region dropped]"],
        ([], []),
    ),
    (
        "offsets outside",
        lambda b: [b.actor(end=40), b.actor("n", start=-3), b.actor("o", start=5, end=5)],
        [
            AT + "m (5–40 'الحكومة'): offsets outside the text: expected 0 ≤ start < end ≤ 28, found 5–40 "
            "[region dropped]",
            AT + "n (-3–4 'الحكومة'): offsets outside the text: expected 0 ≤ start < end ≤ 28, found -3–4 "
            "[region dropped]",
            AT + "o (5–5 'الحكومة'): offsets outside the text: expected 0 ≤ start < end ≤ 28, found 5–5 "
            "[region dropped]",
        ],
        ([], []),
    ),
    (
        "offsets that are no numbers",
        lambda b: [b.actor(start=None, end="x")],
        [
            AT + "m (5–x 'الحكومة'): malformed value: expected whole numbers for start and end, found 5, 'x' "
            "[region dropped]"
        ],
        ([], []),
    ),
    (
        "slice differs",
        lambda b: [b.actor(start=4)],
        [AT + "m (4–11 'الحكومة'): text differs from offsets: expected 'الحكومة', found ' الحكوم' [region dropped]"],
        ([], []),
    ),
    (
        "end cuts a word",
        lambda b: [b.actor(part="الحكو")],
        [
            AT + "m (5–10 'الحكو'): end cuts a word: expected the end between two words, found "
            "'قالت الحكو|مة إن القوات با' [noted]"
        ],
        (["m"], []),
    ),
    (
        "duplicate region",
        lambda b: [b.actor(), b.actor("m", "القوات")],
        [
            AT + "m (16–22 'القوات'): duplicate region id: expected one region of this id, found another "
            "[region dropped]",
            AT + "m (16–22 'القوات'): several values: expected one actor, found another item [item dropped]",
        ],
        (["m"], []),
    ),
    (
        "dangling relation",
        lambda b: [b.actor(), b.holder()],
        [AT + "s → m: dangling relation: expected two regions, found no region 's' [item dropped]"],
        (["m"], []),
    ),
    (
        "relation between actors",
        lambda b: [b.actor(), b.actor("n", "القوات"), b.holder("m", "n")],
        [
            AT + "m → n: holder relation between wrong regions: expected from Statement to Actor, found from Actor to "
            "Actor [item dropped]"
        ],
        (["m", "n"], []),
    ),
    (
        "relation backwards",
        lambda b: [b.actor(), b.statement(), b.holder("m", "s")],
        [
            AT + "m → s: holder relation drawn backwards: expected from Statement to Actor, found from Actor to "
            "Statement [repaired]"
        ],
        (["m"], ["s"]),
    ),
    (
        "two holders",
        lambda b: [b.actor(), b.actor("n", "القوات", actor="diya-bloc"), b.statement(), b.holder(), b.holder("s", "n")],
        [
            AT
            + STATEMENT
            + ": several holders: expected one holder, found government, diya-bloc; a statement for each "
            "[noted]"
        ],
        (["m", "n"], ["s", "s:2"]),
    ),
    (
        "conflicting holder",
        lambda b: [b.actor(), b.statement(actor="diya-bloc"), b.holder()],
        [AT + STATEMENT + ": conflicting holder: expected the linked government, found diya-bloc [noted]"],
        (["m"], ["s"]),
    ),
    (
        "item without value",
        lambda b: [b.actor(), b.item("v", "stance", "choices", None)],
        [AT + "v: malformed value: expected a value, found an item of type choices without one [item dropped]"],
        (["m"], []),
    ),
]


@pytest.mark.parametrize(
    ("result", "wanted", "left"), [case[1:] for case in REGIONS], ids=[case[0] for case in REGIONS]
)
def test_a_region_at_fault(read: Any, lines: Any, build: Any, result: Any, wanted: Any, left: Any) -> None:
    tasks = [build.task(*result(build))]
    assert lines(tasks) == wanted
    assert kept(read(tasks)[0]) == left


TASKS: list[tuple[str, Any, list[str], int]] = [
    (
        "duplicate task",
        lambda b: [b.task(b.actor()), b.task(b.actor())],
        [
            TASK
            + "duplicate task id: expected one task of this id, found another, number 2 in the file, after number 1 "
            "[task dropped]"
        ],
        1,
    ),
    (
        "duplicate document",
        lambda b: [b.task(b.actor(), data={"text": TEXT, "document_id": "d"}, number=n) for n in (4, 5)],
        [
            TASK
            + "duplicate document id: expected one task for each data.document_id, found 'd' again, number 2 in the "
            "file, after number 1 [noted]"
        ],
        2,
    ),
    (
        "empty",
        lambda b: [b.task(annotations=[])],
        [TASK + "task without annotation: expected at least one annotation, found none [noted]"],
        1,
    ),
    (
        "only cancelled",
        lambda b: [b.task(annotations=[b.annotation(was_cancelled=True)])],
        [TASK + "only cancelled annotations: expected an annotation that was submitted, found 1 cancelled [noted]"],
        1,
    ),
    (
        "text under another name",
        lambda b: [b.task(b.actor(), data={"article": TEXT, "id": 3})],
        [TASK + "missing text: expected a text in data.text, found only article, id [task dropped]"],
        0,
    ),
    (
        "empty text",
        lambda b: [b.task(text=" \n")],
        [TASK + "missing text: expected a text in data.text, found an empty text [task dropped]"],
        0,
    ),
    (
        "text of another type",
        lambda b: [b.task(text=7)],
        [TASK + "missing text: expected a text in data.text, found int there [task dropped]"],
        0,
    ),
    (
        "URL",
        lambda b: [b.task(text="https://news.example/7.txt")],
        [
            TASK + "text is a URL: expected the text itself (a project without valueType=url), found "
            "'https://news.example/7.txt' [task dropped]"
        ],
        0,
    ),
    (
        "unknown default target",
        lambda b: [b.task(b.actor(), data={"text": TEXT, "target": "moon"})],
        [TASK + "unknown target: expected a target of the registry in data.target, found 'moon' [task dropped]"],
        0,
    ),
    (
        "half a pair",
        lambda b: [b.task(b.actor(), text=TEXT + " \\ud83d")],
        [TASK + "half a surrogate pair: expected whole characters, found 1, each replaced by U+FFFD [repaired]"],
        1,
    ),
    (
        "wrong types",
        lambda b: [b.task(b.actor(), b.statement(), {"id": [1], "type": "labels", "value": 3}, "x", drafts={"a": 1})],
        [
            TASK + "malformed value: expected a value of the right type in annotations[id 7].result[4].id, found "
            "Expected `str | null`, got `array` [item dropped]",
            TASK + "malformed value: expected a value of the right type in annotations[id 7].result[4].value, found "
            "Expected `object | null`, got `int` [item dropped]",
            TASK + "malformed value: expected a value of the right type in annotations[id 7].result[5], found Expected "
            "`object`, got `str` [item dropped]",
            TASK + "malformed value: expected a value of the right type in drafts, found Expected `array | null`, got "
            "`object` [item dropped]",
            AT.removesuffix(", region ")
            + ": malformed value: expected a value, found an item of type labels without one [item dropped]",
            AT + STATEMENT + ": statement without holder: expected a holder relation to an actor, or an actor of its "
            "own, found neither [region dropped]",
        ],
        1,
    ),
]


@pytest.mark.parametrize(("tasks", "wanted", "left"), [case[1:] for case in TASKS], ids=[case[0] for case in TASKS])
def test_a_task_at_fault(read: Any, lines: Any, build: Any, tasks: Any, wanted: Any, left: int) -> None:
    text = json.dumps(tasks(build), ensure_ascii=False).replace("\\\\ud83d", "\\ud83d")
    assert lines(text) == wanted
    documents, report = read(text)
    assert len(documents) == report.documents == left


def test_offsets_in_utf16_units_are_repaired(read: Any, lines: Any, build: Any) -> None:
    text = "👩‍⚕️🇮🇶 " + TEXT
    start = text.index("الحكومة")
    tasks = [build.task(build.actor(text=text, start=start + 3), text=text)]
    documents, report = read(tasks)
    [mention] = documents[0].annotations[0].mentions
    assert text[mention.start : mention.end] == "الحكومة"
    assert report.repaired == 1
    assert lines(tasks) == [
        AT
        + "m (15–22 'الحكومة'): offsets in UTF-16 units: expected offsets in code points, found UTF-16 units, read as "
        "12–19 [repaired]"
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_span_over_several_lines_holds_a_written_newline(read: Any, build: Any, newline: str) -> None:
    text = f"قالت الحكومة{newline}إن القوات باقية"
    span = build.actor(part=f"الحكومة{newline}إن", text=text)
    for item in span:
        item["value"]["text"] = "الحكومة\\nإن"
    documents, report = read([build.task(span, text=text)])
    assert not report.problems
    assert documents[0].text == text
    [mention] = documents[0].annotations[0].mentions
    assert text[mention.start : mention.end] == f"الحكومة{newline}إن"


@pytest.mark.parametrize(
    ("text", "part", "cut"),
    [
        ("بالحكومة هنا", "الحكومة", False),  # a clitic in front is no fault
        ("الحكومة، هنا", "الحكومة", False),
        ("الحكومةُ هنا", "الحكومة", True),  # the vowel sign belongs to the last letter
        ("عام 2025", "عام 20", True),
        ("الحكومة", "الحكومة", False),
    ],
)
def test_only_an_end_inside_a_word_is_flagged(read: Any, build: Any, text: str, part: str, cut: bool) -> None:
    report = read([build.task(build.actor(part=part, text=text), text=text)])[1]
    assert report.counts == ({Kind.CUT: 1} if cut else {})
    assert report.noted == report.counts.total()


def test_registries_of_none_allow_anything(read: Any, build: Any) -> None:
    tasks = [build.task(build.actor(actor="nobody"), build.statement(target="moon"), build.holder())]
    documents, report = read(tasks, actors=None, targets=None)
    assert kept(documents) == (["m"], ["s"])
    assert not report.problems


def test_unfinished_work_is_counted_and_not_listed(read: Any, build: Any) -> None:
    draft = build.annotation(build.statement()[:1], number=9)
    cancelled = build.annotation(build.actor(actor="nobody"), was_cancelled=True)
    report = read([build.task(drafts=[draft], annotations=[cancelled, build.annotation(number=8)])])[1]
    assert not report.problems
    assert report.unlisted == 3
    assert (report.annotations, report.cancelled, report.drafts) == (1, 1, 1)


def test_a_prediction_is_named_as_one(lines: Any, build: Any) -> None:
    prediction = {"id": 3, "model_version": "m-1", "result": build.actor()[:1]}
    assert lines([build.task(predictions=[prediction])]) == [
        "export.json: task 5, prediction 3 by m-1, region m (5–12 'الحكومة'): mention without actor: expected an "
        "actor, found none [region dropped]"
    ]


def problem(severity: Severity) -> Problem:
    return Problem("e.json", "1", Kind.LABEL, "a\nb", "c", severity)


def test_summary_counts_everything() -> None:
    report = Report(limit=2, tasks=3, documents=2, annotations=4, mentions=5, statements=6)
    for severity in (Severity.REGION, Severity.REGION, Severity.REPAIRED, Severity.NOTED):
        report.add(problem(severity))
    assert len(report.problems) == 2
    assert report.summary() == [
        "3 tasks, 2 documents",
        "4 annotations (0 more cancelled), 0 drafts, 0 predictions",
        "5 mentions, 6 statements",
        "4 problems: 2 dropped, 1 repaired, 1 noted",
        "  4 × unknown label",
    ]


def test_strict_mode_lists_the_first_and_counts_the_rest() -> None:
    report = Report()
    for _ in range(30):
        report.add(problem(Severity.REGION))
    report.add(problem(Severity.NOTED))
    with pytest.raises(DataError) as raised:
        refuse(report)
    lines = str(raised.value).splitlines()
    assert lines[0] == "Expected an export without problems, found 30:"
    assert lines[1:21] == ["e.json: task 1: unknown label: expected a b, found c [region dropped]"] * 20
    assert lines[21:] == [
        "… and 10 more.",
        "Mend them in Label Studio and export again, or read without the strict mode.",
    ]


def test_strict_mode_lets_notes_pass_unless_told() -> None:
    report = Report()
    report.add(problem(Severity.NOTED))
    refuse(report)
    with pytest.raises(DataError, match="found 1:"):
        refuse(report, noted=True)
