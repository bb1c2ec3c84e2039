import pytest
import torch

from stance.data.examples import Dataset
from stance.models.losses import StanceLoss
from stance.settings import NetworkSettings


def weights(dataset: Dataset, power: float) -> torch.Tensor:
    return StanceLoss(dataset, NetworkSettings(balanced=True, balance_power=power)).class_weights


def test_classes_weigh_alike_unless_something_else_is_asked_for(dataset: Dataset) -> None:
    assert StanceLoss(dataset, NetworkSettings()).class_weights.tolist() == [1, 1, 1, 1]
    assert weights(dataset, 0.0).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_rare_classes_weigh_more_and_examples_one_on_average(dataset: Dataset, power: float) -> None:
    counts = torch.bincount(torch.from_numpy(dataset.gold()), minlength=4).float()
    assert len(set(counts.tolist())) > 1
    found = weights(dataset, power)
    assert ((found * counts).sum() / counts.sum()).item() == pytest.approx(1)
    torch.testing.assert_close(found[0] / found[1], (counts[1] / counts[0]) ** power)


def test_wholly_balanced_classes_count_the_same_in_all(dataset: Dataset) -> None:
    counts = torch.bincount(torch.from_numpy(dataset.gold()), minlength=4).float()
    assert (weights(dataset, 1.0) * counts).tolist() == pytest.approx([len(dataset) / 4] * 4)
