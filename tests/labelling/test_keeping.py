from stance.annotation.records import Annotation, Document, Mention, Statement
from stance.labelling.keeping import Keeping, pairs

SUGGESTED = Annotation(
    "5",
    "oracle/3",
    (Mention("a", 0, 4, "gov"), Mention("b", 10, 14, "party"), Mention("c", 20, 24, "army")),
    (
        Statement("s", 0, 9, "gov", "favor"),
        Statement("t", 10, 19, "party", "against"),
        Statement("u", 20, 30, "army", "favor"),
    ),
)


def annotation(mentions, statements, **fields):
    return Annotation("1", "lina", mentions, statements, **{"suggested_by": "5", **fields})


def counts(*annotations: Annotation, **fields) -> Keeping:
    keeping = Keeping()
    keeping.add(Document("d", "1", "أ" * 60, annotations, predictions=(SUGGESTED,), **fields))
    return keeping


def fields(keeping: Keeping) -> dict:
    return {name: dict(found) for name, found in keeping.fields.items() if found}


def test_each_field_counts_what_became_of_it():
    made = annotation(
        # The first as it was, the second renamed, the third gone, one new.
        (Mention("a#12", 0, 4, "gov"), Mention("b#12", 10, 15, "tribe"), Mention("n", 40, 44, "union")),
        # Another stance; the same with a new id but a longer span and another holder; the third gone.
        (Statement("s#12", 0, 9, "gov", "ambivalent"), Statement("v", 10, 21, "tribe", "against")),
    )
    keeping = counts(made)
    assert (keeping.annotations, keeping.others) == (1, 0)
    assert fields(keeping) == {
        "actor": {"kept": 1, "changed": 1, "removed": 1, "added": 1},
        "actor span": {"kept": 1, "changed": 1, "removed": 1, "added": 1},
        "stance": {"changed": 1, "kept": 1, "removed": 1},
        "channel": {"kept": 2, "removed": 1},
        "holder": {"kept": 1, "changed": 1, "removed": 1},
        "statement span": {"kept": 1, "changed": 1, "removed": 1},
    }


def test_what_was_left_as_it_was_is_kept_throughout():
    keeping = counts(annotation(SUGGESTED.mentions, SUGGESTED.statements))
    assert {name: dict(found) for name, found in keeping.fields.items()} == {
        name: {"kept": 3} for name in ("actor", "actor span", "stance", "channel", "holder", "statement span")
    }


def test_a_blind_task_counts_its_actors_only():
    keeping = counts(annotation(SUGGESTED.mentions, SUGGESTED.statements), blind=True)
    assert fields(keeping) == {"actor": {"kept": 3}, "actor span": {"kept": 3}}


def test_what_began_from_nothing_or_was_cancelled_is_not_compared():
    keeping = counts(
        annotation((), (), suggested_by=None),
        annotation((), (), suggested_by="4"),
        annotation((), (), cancelled=True),
    )
    assert (keeping.annotations, keeping.others) == (0, 2)
    assert not fields(keeping)


def test_regions_without_a_common_id_pair_by_the_text_they_share():
    old = [Mention("a", 0, 10, "gov"), Mention("b", 20, 30, "gov")]
    new = [Mention("x", 8, 22, "gov"), Mention("y", 0, 9, "gov"), Mention("z", 50, 51, "gov")]
    assert pairs(old, new) == [(old[0], new[1]), (old[1], new[0]), (None, new[2])]
