"""The queue: who is in it, in what order, and why, in words that give no stance away."""

import msgspec
import numpy as np
import pandas
import pytest

from stance.annotation.records import Annotation, Document
from stance.data.examples import Example, example_id
from stance.labelling.queueing import Doubts, Tasks, doubts, rank, sort_out
from stance.labelling.suspects import Suspect
from stance.labels import MAIN

WORDS = ("نهر جبل سهل", "بحر ميناء سفينة", "مدرسة كتاب قلم", "سوق خضار فاكهة", "طريق جسر نفق", "مطر ريح غيم")


def task(number: int, *, text: str | None = None, target: str = "t1", done: str = "", document: str = "") -> Document:
    """A task; `done` is "labelled", "skipped" or "draft"."""
    entry = Annotation(f"a{number}", "amal", (), (), cancelled=done == "skipped")
    return Document(
        document_id=document or f"d{number}",
        task_id=str(number),
        text=text or f"{WORDS[number % 6]} رقم{number}",
        target=target,
        annotations=(entry,) if done in ("labelled", "skipped") else (),
        drafts=(entry,) if done == "draft" else (),
    )


def tasks_of(*documents: Document) -> Tasks:
    return sort_out(documents)


def doubted(scores: list[float], actors: tuple[str, ...] = ("gov",)) -> Doubts:
    return Doubts(np.array(scores), (actors,) * len(scores))


def suspect(document: str, doubt: float, actor: str = "gov", target: str = "t1") -> Suspect:
    name = example_id(document, actor, target)
    return Suspect(Example(name, document, actor, target, "favor", (), (), (), ()), doubt)


def test_open_are_those_that_nobody_submitted() -> None:
    found = tasks_of(task(1), task(2, done="labelled"), task(3, done="skipped"), task(4, done="draft"))
    assert [one.task_id for one in found.open] == ["1", "4"]
    assert [one.task_id for one in found.labelled] == ["2"]
    assert found.skipped == 1


def test_by_uncertainty_the_least_sure_comes_first() -> None:
    queue = rank(tasks_of(*map(task, range(4))), "uncertainty", 3, doubted=doubted([0.2, 0.9, 0.1, 0.5]))
    assert [(one.task, one.score) for one in queue] == [("1", 0.9), ("3", 0.5), ("0", 0.2)]
    assert queue[0].reason == "unsure of gov"
    assert (queue[0].document_id, queue[0].target, queue[0].again) == ("d1", "t1", False)


def test_reasons_name_three_actors_and_count_the_rest() -> None:
    tasks = tasks_of(task(1))
    for actors, reason in (
        (("gov", "party", "army"), "unsure of gov, party, army"),
        (("gov", "party", "army", "tribe", "union"), "unsure of gov, party, army and 2 more"),
        ((), "no actor found"),
    ):
        assert rank(tasks, "uncertainty", 1, doubted=doubted([0.5], actors))[0].reason == reason


@pytest.mark.parametrize("by", ["uncertainty", "diversity", "mixed"])
def test_near_duplicates_are_not_queued_one_after_the_other(by: str) -> None:
    text = "اجتمع الوزراء أمس في العاصمة لبحث الميزانية الجديدة قبل نهاية العام"
    tasks = tasks_of(
        task(0, text=text + " واحد"), task(1, text=text + " اثنان"), task(2, text=text + " ثلاثة"), task(3), task(4)
    )
    queue = rank(tasks, by, 5, doubted=doubted([0.9, 0.8, 0.7, 0.2, 0.1]))
    assert {one.task for one in queue} == {"0", "1", "2", "3", "4"}
    copies = [one.task in "012" for one in queue]
    assert (sum(copies[:3]), copies[3:]) == (1, [True, True])


def test_a_copy_of_a_labelled_task_comes_last() -> None:
    text = "اجتمع الوزراء أمس في العاصمة لبحث الميزانية الجديدة قبل نهاية العام"
    tasks = tasks_of(task(0, text=text + " واحد"), task(1), task(2, text=text + " اثنان", done="labelled"))
    queue = rank(tasks, "uncertainty", 2, doubted=doubted([0.9, 0.1]))
    assert [one.task for one in queue] == ["1", "0"]


def test_by_diversity_what_is_labelled_is_far_behind() -> None:
    tasks = tasks_of(
        task(0, text="نهر جبل واد"), task(1, text="بحر ميناء سفينة"), task(2, text="نهر جبل سهل", done="labelled")
    )
    queue = rank(tasks, "diversity", 2)
    assert [one.task for one in queue] == ["1", "0"]
    assert queue[0].score == pytest.approx(1, abs=1e-4)
    assert 0 < queue[1].score < 1
    assert queue[0].reason == "unlike what is labelled or queued"


def test_mixed_is_doubt_times_unlikeness_with_every_fifth_place_to_look_again() -> None:
    done = [task(10 + number, done="labelled", text=f"قديم {WORDS[number]}") for number in range(3)]
    tasks = tasks_of(*(task(number) for number in range(6)), *done)
    suspected = [suspect("d11", 0.99), suspect("d11", 0.9, "party"), suspect("d10", 0.8)]
    queue = rank(tasks, "mixed", 8, doubted=doubted([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), suspected=suspected)
    assert [one.task for one in queue if one.again] == ["11", "10"]
    assert [one.again for one in queue] == [False] * 4 + [True] + [False] * 2 + [True]
    assert queue[0].task == "5"
    assert queue[0].reason == "unsure of gov; unlike what is labelled or queued"
    assert queue[4].reason == "label in doubt: gov"
    assert queue[4].score == 0.99


def test_by_label_error_each_doubtful_task_stands_once_on_its_own_target() -> None:
    tasks = tasks_of(
        task(1), task(2, done="labelled", document="d"), task(3, done="labelled", document="d", target="t2", text="آخر")
    )
    suspected = [suspect("d", 0.9, target="t2"), suspect("d", 0.8, "party", "t2"), suspect("d", 0.7, target="t9")]
    queue = rank(tasks, "label-error", 10, suspected=suspected)
    assert [(one.task, one.target, one.score) for one in queue] == [("3", "t2", 0.9), ("2", "t1", 0.7)]
    assert rank(tasks, "label-error", 1, suspected=suspected) == queue[:1]


def test_doubts_are_read_off_predictions_by_task() -> None:
    tasks = [task(5), task(6), task(7)]
    even, sure = [0.25] * 4, [1.0, 0, 0, 0]
    rows = [("7", "gov", sure), ("5", "party", sure), ("5", "gov", even)]
    frame = pandas.DataFrame(
        [
            {
                "document_id": name,
                "actor": actor,
                **{f"p_{label}": p for label, p in zip(MAIN.classes, row, strict=True)},
            }
            for name, actor, row in rows
        ]
    )
    found = doubts(tasks, frame, MAIN)
    assert found.scores.tolist() == pytest.approx([0.5, 0, 0])
    assert found.actors == (("gov", "party"), (), ("gov",))
    nothing = doubts(tasks, pandas.DataFrame(), MAIN)
    assert (nothing.scores.tolist(), nothing.actors) == ([0, 0, 0], ((), (), ()))


def test_no_reason_names_a_stance() -> None:
    tasks = tasks_of(*map(task, range(4)), task(9, done="labelled"))
    for by in ("uncertainty", "diversity", "label-error", "mixed"):
        queue = rank(tasks, by, 9, doubted=doubted([0.1, 0.2, 0.3, 0.4]), suspected=[suspect("d9", 0.9)])
        assert queue
        told = msgspec.json.encode(queue).decode()
        assert not any(label in told for label in MAIN.classes)


@pytest.mark.parametrize("by", ["uncertainty", "diversity", "label-error", "mixed"])
def test_where_everything_is_labelled_nothing_new_is_queued(by: str) -> None:
    tasks = tasks_of(task(1, done="labelled"))
    assert rank(tasks, by, 5, doubted=doubted([])) == []
