"""What one `stance train` works on: its configuration, its data, and how they are split."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from stance.commands.composition import Composed
from stance.data.cache import remembered
from stance.data.examples import Dataset
from stance.data.leakage import leakage_report
from stance.data.loading import Loaded, load
from stance.data.pretrained import encoder_folder, weights_digest
from stance.data.sources import Source, load_source
from stance.data.splits import Fold, Grouping, Manifest, SplitPlan, group_documents, split
from stance.errors import DataError
from stance.evaluation.example_facts import ExampleFacts, example_facts
from stance.models.catalogue import Workshop
from stance.settings import ModelSettings, NetworkSettings

CONSOLE = Console(highlight=False)


@dataclass(frozen=True)
class Job:
    """A composed configuration with its data split into folds; `begins_at` is a stored network to begin from.

    `sources` are what a network learns from beside; other models have none.
    """

    composed: Composed
    loaded: Loaded
    grouping: Grouping
    manifest: Manifest
    leakage: dict[str, float]
    begins_at: Path | None
    sources: tuple[Source, ...] = ()

    @property
    def dataset(self) -> Dataset:
        """The data set that is learned from."""
        return self.loaded.dataset

    @property
    def learnable(self) -> Dataset:
        """All examples but those of the release part, which nothing is ever trained on."""
        held = set(self.manifest.release)
        return self.dataset.take(example.id for example in self.dataset.examples if example.id not in held)

    @cached_property
    def encoder_weights(self) -> str | None:
        """A digest of the encoder in a local folder; None for the bundled one and those of a hub, whose names last."""
        name = self.composed.settings.encoder.name
        return weights_digest(encoder_folder(name)) if Path(name).expanduser().is_dir() else None

    @cached_property
    def facts(self) -> list[ExampleFacts]:
        """What is known of each tested example beside its label."""
        return example_facts(self.dataset, self.manifest)

    @cached_property
    def workshop(self) -> Workshop:
        """What models are built with."""
        settings = self.composed.settings
        return Workshop(
            encoder=settings.encoder,
            data=settings.data,
            trainer=settings.trainer,
            labels=self.dataset.label_set,
            targets=self.loaded.targets,
            seed=settings.seed,
            actors=self.loaded.actors,
            begins_at=self.begins_at,
            sources=self.sources,
        )

    def resolved(self, model: ModelSettings) -> dict[str, Any]:
        """The whole configuration as plain data, with `model` in the model's place."""
        return {**self.composed.resolved, "model": asdict(model)}


def _network_of(run_id: str, uri: str) -> Path:
    from stance.tracking.registry import network_folder
    from stance.tracking.store import connect

    return network_folder(connect(uri), f"runs:/{run_id}")


def prepare(composed: Composed) -> Job:
    """Load and split the data, and say what was found in it."""
    settings = composed.settings
    begins_at = None if settings.init_from is None else _network_of(settings.init_from, settings.tracking.uri)
    loaded = load(settings.data, settings.target)
    dataset = loaded.dataset
    for line in loaded.report.summary():
        CONSOLE.print(line)
    left_out = ", ".join(f"{count} × {reason}" for reason, count in dataset.left_out.items()) or "none"
    CONSOLE.print(f"{len(dataset)} examples; left out: {left_out}")
    grouping = group_documents(dataset)
    manifest, leakage = _split(dataset, grouping, _plan(composed))
    clusters = len(set(grouping.clusters.values()))
    CONSOLE.print(
        f"Split {manifest.strategy}: {len(manifest.folds)} folds over {clusters} clusters of documents; "
        f"near-duplicates across parts: {leakage['near_duplicate_pairs']:.0f}; "
        f"test examples whose actor was trained on: {leakage['seen_actors']:.0%}",
        soft_wrap=True,
    )
    if manifest.release:
        CONSOLE.print(f"{len(manifest.release)} examples are set aside for release, in no fold.")
    return Job(composed, loaded, grouping, manifest, leakage, begins_at, _sources(composed, loaded, manifest))


def _sources(composed: Composed, main: Loaded, manifest: Manifest) -> tuple[Source, ...]:
    """What the model learns from beside `main`, if it is a network, and what of it each fold has to leave out."""
    if not isinstance(composed.model, NetworkSettings):
        return ()
    export = composed.settings.data.export
    sources = [load_source(name, one, main, export) for name, one in composed.settings.sources.items()]
    for source in sources:
        kept = [len(source.learnable(_documents(main.dataset, fold))) for fold in manifest.folds]
        if not min(kept):
            raise DataError(
                f"{source.settings.data.export}: expected examples to learn from in every fold, found one in which all "
                f"are copies of what is held out there. Leave {source.name} out of sources."
            )
        left_out = sorted({len(source.dataset) - count for count in kept})
        each = " to ".join(str(count) for count in dict.fromkeys((left_out[0], left_out[-1])))
        tested = len(source.loaded.dataset) - len(source.dataset)
        CONSOLE.print(
            f"Source {source.name}: {len(source.dataset)} examples to learn from; left out: {tested} of its published "
            f"test part or copies of it, and in each fold {each} that copy what the fold does not train on",
            soft_wrap=True,
            markup=False,
        )
        for line in source.loaded.report.summary():
            CONSOLE.print(line)
    return tuple(sources)


def _documents(dataset: Dataset, fold: Fold) -> set[str]:
    return {example.document_id for example in dataset.take(fold.train).examples}


def _split(dataset: Dataset, grouping: Grouping, plan: SplitPlan) -> tuple[Manifest, dict[str, float]]:
    """The split and what it lets through, once for all trainings of this process that ask for it."""

    def work_out() -> tuple[Manifest, dict[str, float]]:
        manifest = split(dataset, grouping, plan)
        return manifest, leakage_report(dataset, grouping, manifest)

    examples = [(example.id, example.label) for example in dataset.examples]
    grouped = [grouping.pairs, list(grouping.clusters.items())]
    return remembered(
        "split", [dataset.digest, dataset.label_set.id, examples, grouped, asdict(plan)], work_out, most=8
    )


def _plan(composed: Composed) -> SplitPlan:
    settings, seed = composed.settings.split, composed.settings.seed
    return SplitPlan(
        strategy=settings.strategy,
        seed=seed,
        folds=settings.folds,
        repeats=settings.repeats,
        test_share=settings.test_share,
        validation_share=settings.validation_share,
        release_share=settings.release_share,
        tested_from=settings.tested_from,
    )
