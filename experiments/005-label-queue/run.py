"""How many labels a queue saves against random order, simulated on issuepositions with a linear model.

python experiments/005-label-queue/run.py data/issuepositions.json
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import t as student
from scipy.stats import ttest_1samp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from stance.annotation.export import read_export
from stance.annotation.problems import Report
from stance.data.examples import Dataset, build_dataset
from stance.data.near_duplicates import cluster
from stance.data.splits import Grouping, SplitPlan, group_documents, split
from stance.evaluation.metrics import confusion, f_avg, macro_f1
from stance.labelling.ranking import by_task, copies_last, document_vectors, farthest_first, uncertainty
from stance.labelling.suspects import suspects
from stance.labels import ISSUEPOSITIONS
from stance.models.ngrams import TfidfFeatures
from stance.settings import TfidfSettings

HERE = Path(__file__).parent
SIZES = (100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1250, 1500, 2000)
FRACTIONS = (0.85, 0.9, 0.95)
FEATURES = 10_000  # n-grams of each kind: the fits are four hundred
WRONG = 0.1  # share of labels that are made wrong


@dataclass(frozen=True)
class Stage:
    """What all seeds share: features of the examples, vectors of the texts, clusters for the splits, and of copies."""

    dataset: Dataset
    matrix: csr_matrix
    vectors: dict[str, np.ndarray]
    grouping: Grouping
    copies: dict[str, str]


class World:
    """One seed's test part, and a pool of tasks whose labels can be asked for."""

    def __init__(self, stage: Stage, seed: int):
        dataset, vectors, clusters = stage.dataset, stage.vectors, stage.copies
        fold = split(dataset, stage.grouping, SplitPlan("cluster", seed)).folds[0]
        place = {example.id: number for number, example in enumerate(dataset.examples)}
        self.labels, self.gold, self.matrix = dataset.label_set, dataset.gold(), stage.matrix
        self.test = np.array([place[name] for name in fold.test])
        pool = [place[name] for name in (*fold.train, *fold.validation)]
        documents = sorted({dataset.examples[number].document_id for number in pool})
        number_of = {name: number for number, name in enumerate(documents)}
        self.examples = np.array(pool)
        self.owners = np.array([number_of[dataset.examples[number].document_id] for number in pool])
        self.vectors = np.stack([vectors[name] for name in documents])
        self.clusters = [clusters[name] for name in documents]
        self.tasks = len(documents)
        self.chance = np.random.default_rng(seed)
        self.first = self.chance.permutation(self.tasks)[: SIZES[0]]

    def fit(self, tasks: np.ndarray) -> LogisticRegression:
        chosen = self.examples[np.isin(self.owners, tasks)]
        settings = TfidfSettings()
        weight = "balanced" if settings.balanced else None
        regression = LogisticRegression(C=settings.C, class_weight=weight, max_iter=300, tol=1e-3)
        return regression.fit(self.matrix[chosen], self.gold[chosen])

    def probabilities(self, model: LogisticRegression, examples: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(examples), len(self.labels.classes)))
        rows[:, model.classes_] = model.predict_proba(self.matrix[examples])
        return rows

    def score(self, model: LogisticRegression) -> dict[str, float]:
        predicted = self.probabilities(model, self.test).argmax(axis=1)
        matrix = confusion(self.gold[self.test], predicted, len(self.labels.classes))
        return {"f_avg": float(f_avg(matrix, self.labels)), "macro_f1": float(macro_f1(matrix)[0])}


class State:
    """What a strategy may look at: the open tasks, what the model says of them, what is labelled."""

    def __init__(self, world: World, labelled: np.ndarray, model: LogisticRegression):
        self.world, self.labelled = world, labelled
        self.open = np.setdiff1d(np.arange(world.tasks), labelled)
        self.rows = world.probabilities(model, world.examples)
        self.weights = by_task(entropy(self.rows), world.owners, world.tasks)
        self.close = by_task(uncertainty(self.rows), world.owners, world.tasks)

    def take(self, order: np.ndarray, count: int) -> np.ndarray:
        """The first `count` of the tasks in `order`, near-duplicates last."""
        known = [self.world.clusters[task] for task in self.labelled]
        ordered = copies_last(range(len(order)), [self.world.clusters[task] for task in order], known)
        return np.array([order[place] for place in ordered[:count]])

    def farthest(self, count: int, weights: np.ndarray | None) -> np.ndarray:
        vectors = self.world.vectors
        chosen = None if weights is None else weights[self.open]
        order, _ = farthest_first(vectors[self.open], vectors[self.labelled], 2 * count, chosen)
        return self.open[order]


def entropy(rows: np.ndarray) -> np.ndarray:
    """Of rows [E, K], none of which is 0: 0 to 1, [E]."""
    return -(rows * np.log(rows)).sum(axis=1) / np.log(rows.shape[1])


def at_random(state: State, count: int) -> np.ndarray:
    return state.world.chance.permutation(state.open)[:count]


def by_entropy(state: State, count: int) -> np.ndarray:
    return state.take(state.open[np.argsort(-state.weights[state.open], kind="stable")], count)


def by_margin(state: State, count: int) -> np.ndarray:
    return state.take(state.open[np.argsort(-state.close[state.open], kind="stable")], count)


def by_sum(state: State, count: int) -> np.ndarray:
    total = np.bincount(state.world.owners, weights=entropy(state.rows), minlength=state.world.tasks)
    return state.take(state.open[np.argsort(-total[state.open], kind="stable")], count)


def by_diversity(state: State, count: int) -> np.ndarray:
    return state.take(state.farthest(count, None), count)


def by_entropy_and_distance(state: State, count: int) -> np.ndarray:
    return state.take(state.farthest(count, state.weights), count)


def by_margin_and_distance(state: State, count: int) -> np.ndarray:
    return state.take(state.farthest(count, state.close), count)


def badge(state: State, count: int) -> np.ndarray:
    """k-means++ over gradient embeddings (Ash et al. 2020, https://arxiv.org/abs/1906.03671) of text vectors."""
    world = state.world
    gradient = state.rows - np.eye(state.rows.shape[1])[state.rows.argmax(axis=1)]  # [E, K]
    mean = np.stack([by_task(column, world.owners, world.tasks) for column in gradient.T], axis=1)[state.open]
    found = (mean[:, :, None] * world.vectors[state.open][:, None, :]).reshape(len(state.open), -1)
    chosen = [int((found**2).sum(axis=1).argmax())]
    distance = ((found - found[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chosen.append(int(world.chance.choice(len(found), p=distance / distance.sum())))
        distance = np.minimum(distance, ((found - found[chosen[-1]]) ** 2).sum(axis=1))
    return state.open[chosen]


STRATEGIES: dict[str, Callable[[State, int], np.ndarray]] = {
    "random": at_random,
    "entropy": by_entropy,
    "entropy, summed": by_sum,
    "margin": by_margin,
    "diversity": by_diversity,
    "entropy × distance": by_entropy_and_distance,
    "margin × distance": by_margin_and_distance,
    "badge": badge,
}


def curve(world: World, choose: Callable[[State, int], np.ndarray]) -> dict[str, list[float]]:
    """Scores at each size, and how many examples (actors) those tasks held."""
    labelled = world.first
    found: dict[str, list[float]] = {"f_avg": [], "macro_f1": [], "examples": []}
    for size, following in zip(SIZES, (*SIZES[1:], None), strict=True):
        model = world.fit(labelled)
        for name, value in world.score(model).items():
            found[name].append(value)
        found["examples"].append(int(np.isin(world.owners, labelled).sum()))
        if following is not None:
            more = choose(State(world, labelled, model), following - size)
            labelled = np.concatenate([labelled, more])
    return found


def label_errors(dataset: Dataset, matrix: csr_matrix, clusters: dict, seed: int) -> dict[str, float]:
    """A tenth of the labels made wrong: how many of the doubted ones are, out of fold."""
    chance = np.random.default_rng(seed)
    gold, classes = dataset.gold(), dataset.label_set.classes
    wrong = chance.random(len(gold)) < WRONG
    given = np.where(wrong, (gold + chance.integers(1, len(classes), len(gold))) % len(classes), gold)
    rows = out_of_fold(dataset, matrix, clusters, given)
    return {"share_wrong": float(wrong.mean()), **found_wrong(relabelled(dataset, given), rows, wrong)}


def dissent(dataset: Dataset, matrix: csr_matrix, clusters: dict) -> dict[str, float]:
    """The labels as they are: in how many of the doubted ones a coder had chosen another."""
    rows = out_of_fold(dataset, matrix, clusters, dataset.gold())
    split_votes = np.array([max(example.soft) < 1 for example in dataset.examples])
    return {"share_dissent": float(split_votes.mean()), **found_wrong(dataset, rows, split_votes)}


def found_wrong(dataset: Dataset, rows: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    place = {example.id: number for number, example in enumerate(dataset.examples)}
    doubted = suspects(dataset, {example.id: row for example, row in zip(dataset.examples, rows, strict=True)})
    hits = np.array([wrong[place[suspect.example.id]] for suspect in doubted])
    firsts = {f"precision_at_{count}": float(hits[:count].mean()) for count in (50, 100, 200, 500)}
    return {"doubted": len(hits), "precision": float(hits.mean()), "recall": float(hits.sum() / wrong.sum()), **firsts}


def out_of_fold(dataset: Dataset, matrix: csr_matrix, clusters: dict, labels: np.ndarray) -> np.ndarray:
    groups = [clusters[example.document_id] for example in dataset.examples]
    rows = np.zeros((len(labels), len(dataset.label_set.classes)))
    settings = TfidfSettings()
    for rest, part in GroupKFold(5).split(rows, groups=groups):
        weight = "balanced" if settings.balanced else None
        model = LogisticRegression(C=settings.C, class_weight=weight, max_iter=300, tol=1e-3)
        rows[part] = model.fit(matrix[rest], labels[rest]).predict_proba(matrix[part])
    return rows


def relabelled(dataset: Dataset, labels: np.ndarray) -> Dataset:
    import msgspec

    classes = dataset.label_set.classes
    examples = tuple(
        msgspec.structs.replace(example, label=classes[label])
        for example, label in zip(dataset.examples, labels, strict=True)
    )
    return Dataset(dataset.label_set, dataset.documents, examples, dataset.digest)


def summary(curves: dict[str, list[dict]], final: list[dict[str, float]], metric: str) -> dict[str, dict]:
    """Per strategy, over tasks and over the examples in them: mean curve, area under it, labels needed."""
    full = float(np.mean([one[metric] for one in final]))
    ends = [[one["examples"] for one in runs] for runs in curves.values()]
    grid = np.linspace(
        np.max([run[0] for runs in ends for run in runs]), np.min([run[-1] for runs in ends for run in runs]), 60
    )
    found = {}
    for name, runs in curves.items():
        scores = np.array([one[metric] for one in runs])  # [S, sizes]
        even = np.array([np.interp(grid, one["examples"], one[metric]) for one in runs])  # [S, grid]
        found[name] = {
            "tasks": told(scores, np.array([one[metric] for one in curves["random"]]), np.array(SIZES), full),
            "examples": told(
                even, np.array([np.interp(grid, one["examples"], one[metric]) for one in curves["random"]]), grid, full
            ),
            "examples_of_tasks": np.array([one["examples"] for one in runs]).mean(axis=0).round(1).tolist(),
        }
    return found


def told(scores: np.ndarray, at_random: np.ndarray, sizes: np.ndarray, full: float) -> dict:
    """Of curves [S, sizes]: the area's difference to random with a t-interval over seeds, and what is needed."""
    gain = area(scores, sizes) - area(at_random, sizes)
    half = p = 0.0
    if len(gain) > 1 and gain.any():
        half = float(student.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain)))
        p = float(ttest_1samp(gain, 0).pvalue)
    return {
        "area": float(area(scores, sizes).mean()),
        "minus_random": float(gain.mean()),
        "interval": [float(gain.mean() - half), float(gain.mean() + half)],
        "p": p,
        "needed": {str(share): needed(scores.mean(axis=0), sizes, share * full) for share in FRACTIONS},
        "mean": scores.mean(axis=0).round(4).tolist(),
    }


def area(scores: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mean height of the curves [S, sizes] between the first size and the last: [S]."""
    widths = np.diff(sizes)
    return ((scores[:, 1:] + scores[:, :-1]) / 2 * widths).sum(axis=1) / widths.sum()


def needed(mean: np.ndarray, sizes: np.ndarray, wanted: float) -> int | None:
    """Where the mean curve first reaches `wanted`, between two sizes on a line; None where it does not."""
    above = np.flatnonzero(mean >= wanted)
    if not len(above):
        return None
    at = int(above[0])
    if at == 0:
        return int(sizes[0])
    share = (wanted - mean[at - 1]) / (mean[at] - mean[at - 1])
    return round(float(sizes[at - 1] + share * (sizes[at] - sizes[at - 1])))


def draw(curves: dict[str, list[dict]], final: float, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, runs in curves.items():
        mean = np.array([one["f_avg"] for one in runs]).mean(axis=0)
        axes.plot(
            SIZES, mean, label=name, color="black" if name == "random" else None, lw=2.5 if name == "random" else 1.3
        )
    axes.axhline(final, color="grey", ls=":", label="all labelled")
    axes.set(xlabel="tasks labelled", ylabel="f_avg")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export")
    parser.add_argument("--seeds", type=int, default=7)
    options = parser.parse_args()
    begun = time.monotonic()
    documents = read_export(options.export, label_set=ISSUEPOSITIONS, actors=None, targets=None, report=Report())
    dataset = build_dataset(documents, ISSUEPOSITIONS)
    matrix = TfidfFeatures(dataset, FEATURES).of_training()
    grouping = group_documents(dataset)
    ids = list(dataset.documents)
    vectors = dict(zip(ids, document_vectors([dataset.documents[name].text for name in ids]), strict=True))
    stage = Stage(dataset, matrix, vectors, grouping, cluster(ids, grouping.pairs))
    curves: dict[str, list[dict]] = {name: [] for name in STRATEGIES}
    final: list[dict[str, float]] = []
    errors = [label_errors(dataset, matrix, grouping.clusters, number) for number in range(3)]
    doubts = dissent(dataset, matrix, grouping.clusters)
    for seed in range(options.seeds):
        world = World(stage, seed)
        final.append(world.score(world.fit(np.arange(world.tasks))))
        for name, choose in STRATEGIES.items():
            curves[name].append(curve(World(stage, seed), choose))
        print(f"seed {seed}: all labelled {final[-1]['f_avg']:.3f}, {time.monotonic() - begun:.0f} s", flush=True)
        found = {
            "sizes": SIZES,
            "seeds": seed + 1,
            "pool_tasks": world.tasks,
            "final": {key: float(np.mean([one[key] for one in final])) for key in final[0]},
            "f_avg": summary(curves, final, "f_avg"),
            "macro_f1": summary(curves, final, "macro_f1"),
            "label_errors": {key: float(np.mean([one[key] for one in errors])) for key in errors[0]},
            "dissent": doubts,
            "curves": curves,
            "seconds": round(time.monotonic() - begun),
        }
        (HERE / "metrics.json").write_text(json.dumps(found, indent=1) + "\n")
    draw(curves, found["final"]["f_avg"], HERE / "curves.png")


if __name__ == "__main__":
    main()
