"""Print the counts that labels/corpus/README.md gives. Run: python experiments/benchmarks/corpus/counts.py"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from stance.annotation.export import read_export  # noqa: E402
from stance.annotation.problems import Report  # noqa: E402
from stance.annotation.registry import ActorKind, read_actors  # noqa: E402
from stance.data.examples import build_dataset  # noqa: E402
from stance.labels import MAIN  # noqa: E402

CORPUS = ROOT / "labels" / "corpus"


def main() -> None:
    """Read the first pass with the third reading, as `stance train` does."""
    actors = read_actors(CORPUS / "actors.yaml")
    kinds = {actor.id: actor.kind for actor in actors.actors}
    read = read_export(CORPUS / "export.json", label_set=MAIN, actors=actors.ids(), targets=None, report=Report())
    dataset = build_dataset(read, MAIN)
    examples, documents = dataset.examples, dataset.documents.values()
    lengths = sorted(len(document.text.split()) for document in documents)
    days = sorted(str(document.published) for document in documents)
    statements = [one for example in examples for one in example.statements]
    targets, labels = defaultdict(set), defaultdict(set)
    for example in examples:
        targets[example.document_id].add(example.target)
        labels[example.actor, example.target].add(example.label)
    clusters = yaml.safe_load((CORPUS / "clusters.yaml").read_text("utf-8"))["clusters"]
    cases = yaml.safe_load((CORPUS / "cases.yaml").read_text("utf-8"))["cases"]
    named = {example.actor for example in examples}
    outlets = {actor for actor in named if kinds[actor] is ActorKind.OUTLET}
    print(f"articles: {len(documents)}, {sum(lengths)} words, {lengths[0]} to {lengths[-1]}, ", end="")
    print(f"median {lengths[len(lengths) // 2]}; {days[0]} to {days[-1]}; {len({d.source for d in documents})} outlets")
    print(f"clusters: {len(clusters)} with {sum(map(len, clusters))} articles")
    print(f"planned hard cases: {dict(Counter({name: len(found) for name, found in cases.items()}).most_common())}")
    print(f"articles with two targets or more: {sum(len(found) > 1 for found in targets.values())}")
    print(f"examples: {len(examples)}, {dict(Counter(example.label for example in examples))}")
    print(f"of them outlets: {sum(example.actor in outlets for example in examples)}")
    print(f"per target: {dict(Counter(example.target for example in examples).most_common())}")
    print(f"actors: {len(named - outlets)} and {len(outlets)} outlets, of {len(kinds)} in the registry")
    print(
        f"actors both favor and against one target: {sum({'favor', 'against'} <= found for found in labels.values())}"
    )
    for name in ("stance", "channel", "attribution"):
        said = Counter(str(getattr(one, name)) for one in statements)
        shown = Counter(str(got) for example in examples for got in {getattr(one, name) for one in example.statements})
        print(f"{name}: statements {dict(said.most_common())}, examples {dict(shown.most_common())}")


if __name__ == "__main__":
    main()
