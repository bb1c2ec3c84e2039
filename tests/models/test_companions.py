"""Several label sets, one encoder: what is shared, what is learned, what is stored, and a kill in between."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from stance.annotation.problems import Report
from stance.data.examples import Dataset, Example, build_dataset
from stance.data.loading import Loaded
from stance.data.sources import Source
from stance.errors import Pruned
from stance.labels import ISSUEPOSITIONS, MAIN, LabelSet
from stance.models.actor_network import ActorNetworkModel
from stance.models.catalogue import Workshop, build
from stance.models.companions import companion
from stance.models.lightning_module import Lesson
from stance.models.losses import StanceLoss
from stance.models.weights import WEIGHTS, trained
from stance.settings import DataSettings, NetworkSettings, SourceSettings
from tests.doubles import ACTORS, TARGETS, documents


def poles(dataset: Dataset) -> Dataset:
    """The same articles in another label set, about what a tiny encoder learns at once: who is asked about."""

    def told(example: Example) -> Example:
        label = ISSUEPOSITIONS.classes[sorted(ACTORS).index(example.actor) % 3]
        soft = tuple(float(name == label) for name in ISSUEPOSITIONS.classes)
        return msgspec.structs.replace(
            example, label=label, soft=soft, channels=(label, None, None), statements=(), rivals=()
        )

    examples = tuple(told(one) for one in dataset.examples)
    return replace(dataset, label_set=ISSUEPOSITIONS, examples=examples, digest="poles")


def source_of(dataset: Dataset, share: float = 1.0, name: str = "other", **beside: frozenset[str]) -> Source:
    settings = SourceSettings(DataSettings(export="", max_tokens=96), share=share)
    return Source(name, settings, Loaded(dataset, TARGETS, Report()), dataset, beside)


@pytest.fixture(scope="module")
def other() -> Dataset:
    return poles(build_dataset(documents(16, seed=7), MAIN))


def made(workshop: Workshop, *sources: Source, **options) -> ActorNetworkModel:
    model = build(NetworkSettings(), replace(workshop, sources=sources), **options)
    assert isinstance(model, ActorNetworkModel)
    return model


def lesson(workshop: Workshop, dataset: Dataset, labels: LabelSet = MAIN) -> Lesson:
    model = made(replace(workshop, labels=labels))
    return Lesson("main", model.network, StanceLoss(dataset, NetworkSettings()))


def shared(one: torch.nn.Module, two: torch.nn.Module) -> set[str]:
    """The children that are the very same modules."""
    others = dict(two.named_children())
    return {name for name, module in one.named_children() if others.get(name) is module}


def test_other_label_sets_share_all_but_heads_and_the_same_one_the_heads_too(
    workshop: Workshop, dataset: Dataset, other: Dataset
) -> None:
    main = lesson(workshop, dataset)
    assert shared(main.network, companion(main, ISSUEPOSITIONS)) == {"encoder", "links", "evidence"}
    same = companion(main, MAIN)
    assert shared(main.network, same) == {"encoder", "links", "evidence", "statements", "derivation"}
    assert same.wording is None
    decided = lesson(workshop, other, ISSUEPOSITIONS)
    heads = {"joint", "stance", "channel", "sentence"}
    assert shared(decided.network, companion(decided, ISSUEPOSITIONS)) == {"encoder", "links", "evidence"} | heads


def test_heads_of_another_label_set_learn_and_are_not_stored(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], other: Dataset, tmp_path: Path
) -> None:
    heard: list[dict[str, float]] = []
    longer = replace(workshop, trainer=replace(workshop.trainer, max_epochs=6, patience=6))
    model = made(longer, source_of(other), report=lambda _, metrics: heard.append(metrics))
    train, validation, _ = parts
    model.fit(train, validation)
    losses = [metrics["train/loss_other"] for metrics in heard]
    assert losses[-1] < 0.7 * losses[0], losses
    model.save(tmp_path)
    without = made(workshop)
    without.fit(train, validation)
    assert set(load_file(tmp_path / WEIGHTS)) == set(trained(without.network)) | set(without.expert.weights)
    assert [one.shape for one in trained(model.network).values()] == [
        one.shape for one in trained(without.network).values()
    ]
    read = ActorNetworkModel.load(tmp_path, TARGETS)
    assert (read.predict(parts[2]).probabilities == model.predict(parts[2]).probabilities).mean() > 0.99


def test_a_source_of_the_same_label_set_teaches_the_same_heads(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset]
) -> None:
    train, validation, _ = parts
    more = build_dataset(documents(16, seed=7), MAIN)
    alone, beside = made(workshop), made(workshop, source_of(more))
    for model in (alone, beside):
        model.fit(train, validation)
    names = [name for name in trained(alone.network) if name.startswith("statements.")]
    assert names
    assert any(not torch.equal(trained(alone.network)[name], trained(beside.network)[name]) for name in names)


def test_what_copies_a_held_out_text_is_not_learned_from(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], other: Dataset
) -> None:
    train, validation, test = parts
    tested = {example.document_id for example in test.examples} - {one.document_id for one in train.examples}
    copy = next(iter(sorted(tested)))
    copying = {example.document_id: frozenset([copy]) for example in other.examples[8:]}
    few = replace(other, examples=tuple(one for one in other.examples if one.document_id not in copying))
    held, never = made(workshop, source_of(other, **copying)), made(workshop, source_of(few))
    for model in (held, never):
        model.fit(train, validation)
    for name, value in trained(held.network).items():
        assert torch.equal(value, trained(never.network)[name]), name


def test_a_fit_that_was_stopped_and_continued_ends_like_one_left_alone(
    workshop: Workshop, parts: tuple[Dataset, Dataset, Dataset], other: Dataset, tmp_path: Path
) -> None:
    train, validation, _ = parts
    longer = replace(workshop, trainer=replace(workshop.trainer, max_epochs=4, patience=4))
    more = build_dataset(documents(8, seed=9), MAIN)
    sources = (source_of(other, 0.5), source_of(more, name="more"))

    def stop(epoch: int, _: dict[str, float]) -> None:
        if epoch == 1:
            raise Pruned("stopped")

    with pytest.raises(Pruned):
        made(longer, *sources, folder=tmp_path, report=stop).fit(train, validation)
    assert list(tmp_path.glob("last.ckpt"))
    # As another process would find the random numbers.
    torch.manual_seed(123)
    heard: list[int] = []
    continued = made(longer, *sources, folder=tmp_path, report=lambda epoch, _: heard.append(epoch))
    continued.fit(train, validation)
    assert heard[0] >= 1, "it did not begin again"
    alone = made(longer, *sources)
    alone.fit(train, validation)
    for name, value in trained(alone.network).items():
        assert torch.equal(value, trained(continued.network)[name]), name
