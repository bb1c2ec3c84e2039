"""`stance predict`: pages, documents or an export → a predictions file, part by part."""

import datetime
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.annotation.inputs import read_inputs
from stance.commands.loading import LoadedModel, ModelAddress, cluster_names, clustered, part_ids
from stance.commands.looking import warn
from stance.commands.part_store import PartStore, locked
from stance.commands.progress import Tell, progress
from stance.errors import DataError
from stance.evaluation.documents_file import documents_writer, write_documents
from stance.evaluation.predictions import PROBABILITY, write_prediction_batches, writer_by_ending

if TYPE_CHECKING:
    import pandas

    from stance.models.parts import Part
    from stance.models.predictor import Article

_TOGETHER = 5000
"""Rows written together."""

Job = tuple[str, "list[Article]"]
"""A part's digest and its articles."""


@dataclass(frozen=True)
class PredictOptions:
    """What to predict; `target` is that of documents that name none, `seen` the day the pages were scraped.

    Rows abstain that would make more than a share of `risk` (None: any) of the answers wrong. `documents` names a file
    for the articles.
    """

    inputs: Sequence[str]
    output: str
    address: ModelAddress
    documents: str | None = None
    target: str | None = None
    seen: datetime.date | None = None
    risk: float | None = None
    engine: str = "local"


def predict(options: PredictOptions) -> int:
    """Write the predictions, and say what was done; returns 1 where an input was passed over, else 0.

    Parts that are there already are taken as they are. Raises StanceError for what a user can mend.
    """
    output = Path(options.output)
    writer_by_ending(output)
    if options.documents is not None:
        documents_writer(Path(options.documents))
    failures: list[DataError] = []
    with locked(output) as folder, progress() as tell:
        tell(f"loading {options.address.uri}", 0, None)
        model = options.address.load()
        # A risk that cannot be kept is told before the work, not after it.
        calibration = model.predictor.model.calibration
        threshold = 0.0 if options.risk is None else calibration.answered_from(options.risk)
        store = PartStore(folder, model.about())
        if store.begun_anew:
            print(f"stance: {folder} held parts of another model, registry or option: begun anew", file=sys.stderr)
        found = read_inputs(options.inputs, seen=options.seen, refused=failures.append)
        digests = _predict_missing(model, model.articles(found, options.target, failures.append), store, options, tell)
        tell("writing", 0, None)
        counts = _merge(store, digests, model, options, threshold)
    print(f"{counts[0]} articles, {counts[1]} stances by {model.version}: {output}")
    return warn(failures)


def _predict_missing(
    model: LoadedModel, articles: "Iterator[Article]", store: PartStore, options: PredictOptions, tell: Tell
) -> list[str]:
    """See that every part of `articles` is in `store`; returns the parts' digests in order."""
    from stance.models.parts import part_digest, parted

    digests: list[str] = []
    done = 0
    identity = repr(sorted(model.about().items()))

    def missing() -> Iterator[Job]:
        nonlocal done
        for part in parted(articles):
            digests.append(part_digest(part, identity))
            if digests[-1] not in store:
                yield digests[-1], part
            done += len(part)
            tell("articles", done, None)

    if options.engine == "ray":
        from stance.commands.ray_predicting import predict_on_ray

        packed = predict_on_ray(missing(), model.address)
    else:
        from stance.commands.part_threads import predict_in_threads

        packed = predict_in_threads(missing(), model.predictor)
    for digest, content in packed:
        store.write(digest, content)
    return digests


def _merge(
    store: PartStore, digests: Sequence[str], model: LoadedModel, options: PredictOptions, threshold: float
) -> tuple[int, int]:
    """Write the parts as one file, and the articles beside it; returns the numbers of documents and rows.

    Rows less probable than `threshold` abstain.
    """
    ids: list[str] = []
    sketches = bytearray()
    for part in _parts(store, digests):
        ids += part_ids(part)
        sketches += part.sketches
    clusters = iter(cluster_names(sketches, ids))
    del sketches
    found = (_judged(row, threshold) for part in _parts(store, digests) for row in clustered(part, clusters))
    rows = 0

    def frames() -> "Iterator[pandas.DataFrame]":
        nonlocal rows
        from stance.models.rows import prediction_frame

        labels = model.predictor.model.labels
        # Names the columns where there is no row.
        yield prediction_frame([], labels)
        # Not part by part: a Parquet file describes each batch of rows, and holds that until it is closed.
        while batch := list(islice(found, _TOGETHER)):
            rows += len(batch)
            yield prediction_frame(batch, labels)

    write_prediction_batches(frames(), options.output)
    if options.documents is not None:
        write_documents(_documents(_parts(store, digests)), options.documents)
    store.keep(digests)
    return len(set(ids)), rows


def _parts(store: PartStore, digests: Sequence[str]) -> "Iterator[Part]":
    from stance.models.parts import unpack

    return (unpack(store.read(digest)) for digest in digests)


def _judged(row: dict[str, Any], threshold: float) -> dict[str, Any]:
    surest = max(value for name, value in row.items() if name.startswith(PROBABILITY))
    return {**row, "abstained": surest < threshold}


def _documents(parts: "Iterator[Part]") -> Iterator[list[dict[str, Any]]]:
    """Each document once, whatever the number of its targets."""
    written: set[str] = set()
    for part in parts:
        new = {article["document_id"]: article for article in part.articles if article["document_id"] not in written}
        written |= set(new)
        yield list(new.values())
