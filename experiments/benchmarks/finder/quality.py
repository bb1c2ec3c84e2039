"""What the finder finds of the mentions that the corpus's annotators marked, by reason, and what it misses.

Run: python experiments/benchmarks/finder/quality.py [--misses]
"""

import argparse
import datetime
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from stance.annotation.actor_names import lexicon  # noqa: E402
from stance.annotation.export import read_export  # noqa: E402
from stance.annotation.problems import Report  # noqa: E402
from stance.annotation.registry import read_actors  # noqa: E402
from stance.labels import MAIN  # noqa: E402
from stance.text.finder import Finder  # noqa: E402

CORPUS = HERE.parents[2] / "labels" / "corpus"


def main() -> None:
    """Print a row per reason, then all; with --misses every difference in its sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="print every difference")
    options = parser.parse_args()
    registry = read_actors(CORPUS / "actors.yaml")
    finder = Finder(lexicon(registry))
    right, wrong, marked, actors = Counter[str](), Counter[str](), 0, Counter[str]()
    for document in read_export(
        CORPUS / "export.json", label_set=MAIN, actors=registry.ids(), targets=None, report=Report()
    ):
        day = datetime.date.fromisoformat(str(document.published))
        truth = {(one.start, one.end, one.actor) for one in document.annotations[0].mentions}
        found = {}
        for one in finder.find(document.text, published=day, outlets=True).mentions:
            found[one.start, one.end, one.counts_to or one.actor] = one.why
        for place, why in found.items():
            (right if place in truth else wrong)[why] += 1
        marked += len(truth)
        names, theirs = {actor for *_, actor in found}, {actor for *_, actor in truth}
        actors.update(both=len(names & theirs), found=len(names), marked=len(theirs))
        if options.misses:
            for kind, places in (("found", found.keys() - truth), ("marked", truth - found.keys())):
                for start, end, actor in sorted(places):
                    near = f"{document.text[max(0, start - 40) : start]}[{document.text[start:end]}]"
                    print(
                        f"{document.document_id}\tonly {kind}\t{actor}\t{near}{document.text[end : end + 40]}".replace(
                            "\n", " "
                        )
                    )
    print("| reason | found | as annotated |\n|---|---:|---:|")
    for why in sorted({*right, *wrong}):
        print(f"| {why} | {right[why] + wrong[why]} | {right[why]} |")
    hits, found_all = right.total(), right.total() + wrong.total()
    print(f"\nMentions: {marked} marked, {found_all} found, {hits} alike to the character and the actor; ", end="")
    print(f"precision {hits / found_all:.3f}, recall {hits / marked:.3f}.")
    print(f"Actors per article: {actors['marked']} marked, {actors['found']} found, {actors['both']} alike; ", end="")
    print(f"precision {actors['both'] / actors['found']:.3f}, recall {actors['both'] / actors['marked']:.3f}.")


if __name__ == "__main__":
    main()
