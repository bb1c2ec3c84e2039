"""Who stands with whom: actors joined where they are on the same side of the same targets."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stance.evaluation.report_rows import ReportRows
from stance.evaluation.report_stories import Classes, stories, tally

if TYPE_CHECKING:
    import networkx
    import pandas

LEAST = 3
"""Stories on a pole that an actor needs on a target to be taken to stand there."""
DRAWN = 60
"""Actors in the picture: those with the most stories on a pole."""
_APART = 5.0
_NOT_XML = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True)
class Pair:
    """Two actors, first the lower number: the targets on which both are on one side, and on opposite ones."""

    first: int
    second: int
    agreed: int
    opposed: int


def positions(rows: ReportRows) -> np.ndarray:
    """Where each actor stands on each target [A, T]: +1 on the first pole, -1 on the second, 0 on none surely.

    The side of more than half of its stories on either pole, of which there must be `LEAST`.
    """
    poles = Classes.of(rows.label_set).poles
    found = np.zeros((len(rows.actors), len(rows.targets)), np.int8)
    counted = tally(stories(rows), ["actor", "target"], len(rows.label_set.classes))
    for (actor, target), counts in zip(counted.index, counted.to_numpy(), strict=True):
        first, second = counts[poles[0]], counts[poles[1]]
        if first + second >= LEAST:
            found[actor, target] = np.sign(int(first) - int(second))
    return found


def pairs(held: np.ndarray) -> list[Pair]:
    """All pairs of actors that stand surely on one target or more, from their positions [A, T]."""
    found = []
    for first, second in combinations(np.flatnonzero(held.any(axis=1)), 2):
        product = held[first] * held[second]
        agreed, opposed = int((product > 0).sum()), int((product < 0).sum())
        if agreed or opposed:
            found.append(Pair(int(first), int(second), agreed, opposed))
    return found


def drawn_actors(rows: ReportRows) -> np.ndarray:
    """The `DRAWN` actors with the most stories on a pole among those that stand somewhere surely, by number."""
    frame = stories(rows)
    held = frame[frame["stance"].isin(Classes.of(rows.label_set).poles)]
    counted = np.bincount(held["actor"], minlength=len(rows.actors)) * positions(rows).any(axis=1)
    # Stable, so that equals keep the file's order.
    first = np.argsort(-counted, kind="stable")[:DRAWN]
    return np.sort(first[counted[first] > 0])


def layout(rows: ReportRows) -> dict[int, tuple[float, float]]:
    """Where to draw each actor, from -1 to 1: allies close, opponents apart. The same rows make the same picture.

    A spring layout (Fruchterman and Reingold 1991, https://doi.org/10.1002/spe.4380211102) of the edges of agreement.
    """
    import networkx

    chosen = [int(actor) for actor in drawn_actors(rows)]
    held = positions(rows)
    graph = networkx.Graph()
    graph.add_nodes_from(chosen)
    numbered = dict(enumerate(chosen))
    for pair in pairs(held[chosen]) if chosen else []:
        if pair.agreed > pair.opposed:
            graph.add_edge(numbered[pair.first], numbered[pair.second])
    if not chosen:
        return {}
    found = networkx.spring_layout(graph, seed=0, k=_APART / len(chosen) ** 0.5, iterations=200, weight=None)
    places = np.array([found[actor] for actor in chosen])
    # Groups without a common edge fly apart, and crowd inside: half of each place is its rank, which fills the picture.
    low, high = places.min(axis=0), places.max(axis=0)
    ranks = places.argsort(axis=0).argsort(axis=0) / max(len(chosen) - 1, 1)
    places = (places - low) / np.where(high > low, high - low, 1) + ranks - 1
    return {actor: (round(float(x), 3), round(float(y), 3)) for actor, (x, y) in zip(chosen, places, strict=True)}


def agreement_table(rows: ReportRows) -> "pandas.DataFrame":
    """A line per pair of the drawn actors: targets on which they agree, and on which they are opposed."""
    import pandas

    chosen = drawn_actors(rows)
    lines = [
        (rows.actors[chosen[pair.first]], rows.actors[chosen[pair.second]], pair.agreed, pair.opposed)
        for pair in pairs(positions(rows)[chosen])
    ]
    return pandas.DataFrame(lines, columns=["actor", "other", "agreed", "opposed"])


def write_graph(rows: ReportRows, names: dict[str, dict[str, str]], path: Path) -> None:
    """The network as GraphML: a node per actor (id, names, stories, place), an edge per pair with a common target."""
    import networkx

    graph = _graph(rows, names)
    path.parent.mkdir(parents=True, exist_ok=True)
    networkx.write_graphml(graph, str(path))


def _graph(rows: ReportRows, names: dict[str, dict[str, str]]) -> "networkx.Graph":
    import networkx

    graph, frame = networkx.Graph(), stories(rows)
    counted = np.bincount(frame["actor"], minlength=len(rows.actors))
    held = positions(rows)
    for actor, (x, y) in layout(rows).items():
        name = rows.actors[actor]
        shown = {f"name_{language}": _plain(text) for language, text in names.get(name, {}).items()}
        sides = {f"on_{_plain(target)}": int(held[actor, place]) for place, target in enumerate(rows.targets)}
        graph.add_node(_plain(name), **shown, **sides, stories=int(counted[actor]), x=x, y=y)
    for line in agreement_table(rows).itertuples(index=False):
        graph.add_edge(_plain(line.actor), _plain(line.other), agreed=line.agreed, opposed=line.opposed)
    return graph


def _plain(text: str) -> str:
    """`text` without the characters that no XML can hold."""
    return text.translate(_NOT_XML)
