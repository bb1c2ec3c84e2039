"""What sentences make together, against the rule on every sure combination and against a sum over all of them."""

import itertools

import pytest
import torch

from stance.errors import ConfigurationError
from stance.labels import ISSUEPOSITIONS, MAIN
from stance.models.statements import Derivation, StatementReader


@pytest.mark.parametrize("stances", list(itertools.product(MAIN.classes, repeat=3)), ids=" ".join)
def test_sure_sentences_make_what_the_rule_of_the_label_set_makes(stances: tuple[str, ...]) -> None:
    rows = torch.full((3, 4), 1e-9)
    for row, stance in zip(rows, stances, strict=True):
        row[MAIN.index(stance)] = 1.0
    logits = Derivation(MAIN)(rows.log(), torch.zeros(3, dtype=torch.long), 1)
    assert MAIN.classes[int(logits.argmax())] == MAIN.derive(stances)


def test_unsure_sentences_make_the_sum_over_all_that_they_may_say() -> None:
    torch.manual_seed(0)
    rows = torch.randn(5, 4).softmax(1)
    group = torch.tensor([0, 1, 0, 1, 0])
    expected = torch.zeros(2, 4)
    for number in range(2):
        members = rows[group == number]
        for said in itertools.product(range(4), repeat=len(members)):
            label = MAIN.derive(MAIN.classes[one] for one in said)
            chance = torch.stack([row[one] for row, one in zip(members, said, strict=True)]).prod()
            expected[number, MAIN.index(str(label))] += chance
    torch.testing.assert_close(Derivation(MAIN)(rows.log(), group, 2).exp(), expected.clamp(min=1e-4))


def test_whom_no_sentence_is_asked_for_has_no_stance() -> None:
    logits = Derivation(MAIN)(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), 1)
    assert MAIN.classes[int(logits.argmax())] == "none"


def test_classes_stand_in_the_sets_order_and_sum_to_one() -> None:
    there, sides = torch.tensor([0.7]).log(), torch.tensor([[0.5, 0.3, 0.2]]).log()
    found = Derivation(MAIN).classes(there, sides).exp()
    torch.testing.assert_close(found, torch.tensor([[0.35, 0.21, 0.14, 0.3]]))


def test_a_set_whose_labels_are_not_made_of_statements_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected an absent and a mixed class"):
        Derivation(ISSUEPOSITIONS)


def test_the_side_is_read_from_the_words_alone() -> None:
    torch.manual_seed(0)
    reader = StatementReader(6, sides=3, channels=3, dropout=0.0)
    words = torch.randn(2, 6)
    one = reader(words, torch.randn(2, 6), torch.zeros(2))
    other = reader(words, torch.randn(2, 6), torch.tensor([3.0, -3.0]))
    assert not torch.equal(one[0], other[0])
    torch.testing.assert_close(one[1:], other[1:])
    torch.testing.assert_close(one[1], reader.sides_of(words).log_softmax(1))
